"""Compare what one method returned before saving and after loading."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from matrix.judge import neighbors
from matrix.judge.content import Leaf, MethodOutput
from matrix.judge.number_changes import number_changes
from matrix.judge.tolerance import close, for_single_precision
from matrix.model import OutputDifference, Tolerance, Verdict

NAMES = frozenset({"classes_", "feature_names_in_", "get_feature_names_out"})
"""Facts whose order and text are the structure of the other outputs."""

NEIGHBORS = frozenset({"kneighbors"})
"""Methods that return distances, then the indices of the neighbors at these distances."""

PREDICTIONS = frozenset({"predict"})
"""Methods whose whole numbers, texts and booleans are labels."""

STATE = frozenset({"training_state"})
"""What a training that goes on needs: any difference is one of structure, whatever its size."""
TRAINING = frozenset({*STATE, "training_step"})
"""Methods whose failure is a change of structure, because the model still predicts."""

_DOUBLE = float(np.finfo(np.float64).eps)
_SINGLE = float(np.finfo(np.float32).eps)
_BFLOAT16 = 2.0**-7


def compare(
    method: str, before: MethodOutput, after: MethodOutput, tolerance: Tolerance
) -> OutputDifference:
    """How the output after loading differs from the one before saving.

    Both are known not to be bit for bit the same, so the best answer is ``equivalent``.

    Args:
        method: its name, as in ``Saving.outputs``.
        before: what the writer recorded.
        after: what the reader returned.
        tolerance: what counts as rounding noise.
    """
    broken = _structure(before, after)
    if broken:
        return OutputDifference(verdict=Verdict.STRUCTURE_CHANGED, note=broken)
    tally = _LeafTally()
    for left, right in zip(before.leaves, after.leaves, strict=True):
        _compare_leaf(left, right, tolerance, tally)
        if method in NEIGHBORS and not tally.numbers and _are_neighbors(before.leaves):
            return _compare_neighbors(before, after, tolerance)
    return _difference(method, after, tally)


def _are_neighbors(leaves: tuple[Leaf, ...]) -> bool:
    return (
        len(leaves) == 2
        and leaves[0].sort == "number"
        and leaves[1].sort == "label"
        and leaves[0].array.ndim == 2
        and leaves[0].array.shape == leaves[1].array.shape
    )


def _compare_neighbors(
    before: MethodOutput, after: MethodOutput, tolerance: Tolerance
) -> OutputDifference:
    """Compare the indices of neighbors at distances that are known to be the same."""
    distances, left = (leaf.array for leaf in before.leaves)
    nearer, farthest = neighbors.differing(
        distances, left, after.leaves[1].array, rtol=tolerance.rtol
    )
    n, n_changed = len(left), int(np.count_nonzero(nearer))
    n_tied = int(np.count_nonzero(farthest))
    if n_changed or n_tied > neighbors.MOST * n:
        note = f"other neighbors at equal distances in {n_changed + n_tied} of {n} rows"
        return OutputDifference(
            verdict=Verdict.SCORES_CHANGED, n_changed=n_changed + n_tied, n=n, note=note
        )
    note = "equal distances; neighbors that tie may come in another order"
    if n_tied:
        note += f", and in {n_tied} of {n} rows another of those that tie for the last place"
    return OutputDifference(verdict=Verdict.EQUIVALENT, n=n, note=note)


@dataclass
class _LeafTally:
    """What has been found over the leaves of an output."""

    max_abs: float | None = None
    max_rel: float | None = None
    changed: dict[int, NDArray[np.bool_]] = field(default_factory=dict)
    """By number of rows: which of them changed."""
    labels: bool = False
    numbers: bool = False
    parts: list[tuple[NDArray[np.float64], NDArray[np.float64]]] = field(default_factory=list)
    """The numbers before and after, without missing ones."""

    def rows(self, differs: NDArray[np.bool_]) -> None:
        by_row = np.atleast_1d(differs)
        flat: NDArray[np.bool_] = np.any(by_row, axis=tuple(range(1, by_row.ndim)))
        known = self.changed.get(len(flat))
        self.changed[len(flat)] = flat if known is None else known | flat

    def largest(self, apart: float, relative: float) -> None:
        self.max_abs = max(self.max_abs or 0.0, apart)
        self.max_rel = max(self.max_rel or 0.0, relative)


def _structure(before: MethodOutput, after: MethodOutput) -> str:
    """What differs in form, in words; empty if the values can be compared one by one."""
    if before.form != after.form:
        return f"{before.form} became {after.form}"
    if len(before.leaves) != len(after.leaves):
        return f"{len(before.leaves)} parts became {len(after.leaves)}"
    for left, right in zip(before.leaves, after.leaves, strict=True):
        problem = _leaf_structure(left, right)
        if problem:
            return f"{left.place}: {problem}" if left.place else problem
    return ""


def _leaf_structure(left: Leaf, right: Leaf) -> str:
    if left.array.shape != right.array.shape:
        return f"shape {left.array.shape} became {right.array.shape}"
    if left.sort != right.sort:
        return f"type {left.array.dtype} became {right.array.dtype}"
    if left.sort == "number":
        missing = np.isnan(left.array) != np.isnan(right.array)
        if missing.any():
            return f"missing values (NaN) differ in {int(np.count_nonzero(missing))} places"
    return ""


def _compare_leaf(left: Leaf, right: Leaf, tolerance: Tolerance, tally: _LeafTally) -> None:
    if left.sort == "number":
        _compare_numbers(left, right, tolerance, tally)
        return
    differs = np.asarray(left.array != right.array)
    if left.array.dtype.kind in "mM":  # a missing time differs from itself
        differs &= ~(np.isnat(left.array) & np.isnat(right.array))
    tally.rows(differs)
    if not differs.any():
        return
    tally.labels = True
    if left.sort == "label":
        _measure(left.array.astype(np.float64), right.array.astype(np.float64), tally)


def _compare_numbers(left: Leaf, right: Leaf, tolerance: Tolerance, tally: _LeafTally) -> None:
    epsilon = _DOUBLE
    widest = max(map(_epsilon, (left, right)))
    if widest > _DOUBLE:
        epsilon, tolerance = _SINGLE, for_single_precision(tolerance)
    if widest > _SINGLE:
        epsilon, tolerance = widest, _for_half_precision(tolerance, widest)
    before, after = _real(left.array), _real(right.array)
    missing = np.isnan(before)
    tally.parts.append((before[~missing], after[~missing]))
    if missing.any():
        before, after = np.where(missing, 0.0, before), np.where(missing, 0.0, after)
    differs = ~close(before, after, tolerance, epsilon=epsilon, columns=left.columns)
    tally.rows(differs)
    tally.numbers |= bool(differs.any())
    _measure(before, after, tally)


def _epsilon(leaf: Leaf) -> float:
    """The spacing of numbers at 1.0 in the precision in which a part was computed.

    numpy has no bfloat16: such numbers stand in single precision under that name.
    """
    if "bfloat16" in leaf.place:
        return _BFLOAT16
    return float(np.finfo(leaf.array.dtype).eps)


def _for_half_precision(tolerance: Tolerance, epsilon: float) -> Tolerance:
    """The same tolerance, but not finer than half precision or bfloat16 can hold."""
    least = _BFLOAT16_RTOL if epsilon >= _BFLOAT16 else _HALF_RTOL
    rtol = max(tolerance.rtol, least)
    return Tolerance(rtol=rtol, atol=max(tolerance.atol, rtol / 10))


_HALF_RTOL = 2e-3
_BFLOAT16_RTOL = 2e-2


def _real(array: NDArray[np.generic]) -> NDArray[np.float64]:
    """Numbers in double precision; of complex ones both parts, along a last axis of their own."""
    if array.dtype.kind == "c":
        array = np.stack([array.real, array.imag], axis=-1)
    return array.astype(np.float64, copy=False)


def _measure(before: NDArray[np.float64], after: NDArray[np.float64], tally: _LeafTally) -> None:
    """Take down the largest absolute and relative difference."""
    if not before.size:
        return
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        # Equal infinities are no difference; their subtraction would be NaN.
        apart = np.where(before == after, 0.0, np.abs(before - after))
        largest = np.maximum(np.abs(before), np.abs(after))
        relative = np.where(apart == 0.0, 0.0, np.where(np.isinf(apart), 1.0, apart / largest))
    tally.largest(float(apart.max()), float(relative.max()))


def _difference(method: str, after: MethodOutput, tally: _LeafTally) -> OutputDifference:
    n = max(tally.changed, default=0)
    n_changed = int(np.count_nonzero(tally.changed[n])) if n else 0
    if not n_changed:  # the change is in a part with fewer rows, if anywhere
        n_changed = max((int(np.count_nonzero(rows)) for rows in tally.changed.values()), default=0)
    return OutputDifference(
        verdict=_verdict(method, tally),
        max_abs=tally.max_abs,
        max_rel=tally.max_rel,
        n_changed=n_changed,
        n=n,
        note=_note(method, after) if tally.numbers else "",
        numbers=number_changes(tally.parts) if tally.numbers else None,
    )


def _verdict(method: str, tally: _LeafTally) -> Verdict:
    if method in STATE and (tally.labels or tally.numbers):
        return Verdict.STRUCTURE_CHANGED
    if tally.labels and method in NAMES:
        return Verdict.STRUCTURE_CHANGED
    if tally.labels and method in PREDICTIONS:
        return Verdict.LABELS_CHANGED
    if tally.labels or tally.numbers:
        return Verdict.SCORES_CHANGED
    return Verdict.EQUIVALENT


def _note(method: str, after: MethodOutput) -> str:
    """What no reference is needed to see: probabilities that are none."""
    if method != "predict_proba":
        return ""
    for leaf in after.leaves:
        if leaf.sort != "number" or leaf.array.ndim != 2:
            continue
        values = np.asarray(leaf.array, dtype=np.float64)
        low, high = float(np.nanmin(values)), float(np.nanmax(values))
        if low < -1e-9 or high > 1 + 1e-9:
            return f"no longer probabilities: they reach from {low:.6g} to {high:.6g}"
        if not np.allclose(values.sum(axis=1), 1.0, atol=1e-6, equal_nan=True):
            return "no longer probabilities: they do not sum to one"
    return ""
