"""How outputs differ from the reference outputs, and how far they may."""

from __future__ import annotations

from dataclasses import dataclass

from matrix.model.verdicts import Verdict


@dataclass(frozen=True, kw_only=True, slots=True)
class Tolerance:
    """How far two numbers may differ and still count as rounding noise.

    They are close if ``|a - b| <= rtol * max(|a|, |b|) + atol * scale``, where ``scale`` is that
    of the column before saving: the lower 0.75-quantile of its magnitudes that are not zero.
    ``atol`` forgives noise around zero, without forgiving a change in a column whose numbers are
    all small; neither a large column beside it nor a far outlier in it widens that.
    :mod:`matrix.judge.tolerance` adds a few units in the last place for what sums lose.

    Gaussian processes, mixtures, PCA and networks drift by up to 1e-8 relative from BLAS alone,
    single precision by 1e-6; measured on real releases.
    """

    rtol: float = 1e-6
    atol: float = 1e-8
    float32_rtol: float = 1e-4
    """Replaces both, where it is larger, for outputs of single precision."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NumberChanges:
    """How far the numbers of one output moved, for pictures."""

    counts: tuple[int, ...]
    """How many are the same, then how many differ by less than 1e-12, 1e-9, 1e-6, 0.001, 0.01 and
    0.1 relative to the larger of the two, then how many by more."""
    pairs: tuple[tuple[float, float], ...]
    """Some numbers before and after, with four digits: those that moved most, and others."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OutputDifference:
    """How one method's output in the reader compares with the writer's."""

    verdict: Verdict
    max_abs: float | None = None
    """Largest absolute difference; None if no numbers were compared."""
    max_rel: float | None = None
    """Largest difference relative to the larger of the two."""
    n_changed: int = 0
    """Rows that differ beyond the tolerance, or in a label."""
    n: int = 0
    """Rows compared."""
    note: str = ""
    """The difference for people, where no number describes it: ``shape (120, 3) became (120,)``."""
    numbers: NumberChanges | None = None
    """Of an output that changed: how far its numbers moved. None if it has none, or in older
    results."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RowChange:
    """The outputs for one row before and after, as text."""

    row: int
    """Counted from 0."""
    before: str
    after: str
    inputs: str = ""
    """What the row holds, cut if it is long: ``age 31, city Oslo``. Empty if it cannot be shown."""
    truth: str = ""
    """The true answer; empty if it is unknown."""

    @property
    def change(self) -> str:
        """``[0.1, 0.9] → [0.3, 0.7] (true: spam)``."""
        true = f" (true: {self.truth})" if self.truth else ""
        return f"{self.before} → {self.after}{true}"
