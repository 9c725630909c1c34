"""The results of swapping one package at a time, and which package is responsible."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from matrix.model import Cell, Environment, Group
from matrix.remedies.environment_factory import SUSPECTS, Hold


@dataclass(frozen=True, kw_only=True, slots=True)
class PackageSwap:
    """One environment with one package at the version that the other has."""

    package: str
    before: str
    """Its version where the file comes from."""
    after: str
    """Its version where the file goes."""
    back: bool = False
    """False: the writer's environment with this package at the reader's version. True: the
    reader's, with this package put back at the writer's."""
    environment: Environment
    cell: Cell
    shows: bool | None
    """Whether the change shows there; None if unknown."""
    hold: Hold = Hold.ALL
    """How much of the rest was held."""
    moved: tuple[str, ...] = ()
    """Further packages whose versions had to change too."""

    @property
    def responsible(self) -> bool | None:
        """Whether this package is responsible: alone it causes the change, or put back removes it.

        If the change stays when the package is put back, others can cause it too; if it does not
        show with the package alone, others are needed. Neither makes this package responsible.
        """
        if self.shows is None:
            return None
        return self.shows is not self.back

    @property
    def words(self) -> str:
        """The result in one line."""
        here = f"with {self.package} {self.after} alone changed"
        if self.back:
            here = f"with {self.package} alone put back to {self.before}"
        if self.shows is None:
            result = f"unknown: {self.cell.reason or 'nothing was run'}"
        elif self.shows:
            result = "the change shows"
        elif self.cell.verdict.safe:
            result = "the change does not show"
        else:
            result = f"another change shows: {self.cell.verdict.value}"
        along = f" ({', '.join(self.moved)} had to change too)" if self.moved else ""
        return f"{here}: {result}{along}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Culprit:
    """The packages that are responsible for a change."""

    swaps: tuple[PackageSwap, ...]
    """All swaps that were run, in the order of running."""
    alone: tuple[str, ...] = ()
    """Packages that each cause the change alone."""
    together: tuple[str, ...] = ()
    """If none causes it alone: the packages without which it does not show."""
    words: str
    """In one line: ``scikit-learn alone is responsible (1.2.2 → 1.3.2)``."""

    @property
    def package(self) -> str:
        """The one responsible package; empty if there is none or several."""
        return self.alone[0] if len(self.alone) == 1 else ""

    def swap(self, package: str) -> PackageSwap | None:
        """The swap that shows that a package is responsible; None if there is none."""
        return next((one for one in self.swaps if one.package == package and one.responsible), None)


def alike(cell: Cell, other: Cell) -> bool:
    """Whether two cells are bad in the same way: loudly with the same exception, or silently."""
    if cell.verdict.group is not other.verdict.group or cell.verdict.safe:
        return False
    if cell.exception is not None and other.exception is not None:
        return (cell.stage, cell.exception.type) == (other.stage, other.exception.type)
    return cell.verdict.group is Group.CHANGES or cell.verdict is other.verdict


def judged(swaps: Sequence[PackageSwap]) -> Culprit:
    """Which packages are responsible, according to all swaps.

    Args:
        swaps: at least one for each package that differs, those put back after the others.
    """
    forth = [one for one in swaps if not one.back]
    back = [one for one in swaps if one.back]
    alone = _names(one for one in forth if one.shows)
    if alone:
        return Culprit(swaps=tuple(swaps), alone=alone, words=_each(swaps, alone))
    needed = _names(one for one in back if one.shows is False and one.cell.verdict.safe)
    unknown = _names(one for one in forth if one.shows is None)
    if len(needed) == 1 and set(unknown) <= set(needed):
        words = f"{_each(swaps, needed)}: put back alone, it removes the change"
        return Culprit(swaps=tuple(swaps), alone=needed, words=words)
    if len(needed) > 1:
        words = f"no package alone; {_listed(needed)} together are responsible"
        return Culprit(swaps=tuple(swaps), together=needed, words=words)
    if needed:
        words = f"not without {needed[0]}; unknown whether others are needed: {_why(forth)}"
        return Culprit(swaps=tuple(swaps), together=needed, words=words)
    if unknown:
        return Culprit(swaps=tuple(swaps), words=f"unknown: {_why(forth)}")
    names = _names(swaps)
    if not names:
        words = "none of the tested packages differs"
    else:
        words = f"none of {_listed(names)} alone; several of them together are responsible"
    return Culprit(swaps=tuple(swaps), words=words)


def _each(swaps: Sequence[PackageSwap], names: Sequence[str]) -> str:
    responsible = [
        next(one for one in swaps if one.package == name and one.responsible) for name in names
    ]
    named = [f"{one.package} ({one.before} → {one.after})" for one in responsible]
    if len(named) > 1:
        return f"each of {_listed(named)} alone is responsible"
    (one,) = responsible
    along = _not_cleared(one, swaps)
    if along:
        return f"{named[0]} is responsible, or {_listed(along)}, which had to change too"
    return f"{one.package} alone is responsible ({one.before} → {one.after})"


def _not_cleared(swap: PackageSwap, swaps: Sequence[PackageSwap]) -> list[str]:
    """What changed together with a package and was not shown to be not responsible."""
    cleared = {one.package for one in swaps if not one.back and one.shows is False}
    return [name for name in swap.moved if name in SUSPECTS and name not in cleared]


def _why(swaps: Iterable[PackageSwap]) -> str:
    """Why the results of some swaps are unknown."""
    return "; ".join(
        f"{one.package} {one.after} is not available with the rest ({one.cell.reason})"
        if not one.environment.ready
        else f"with {one.package} {one.after} unknown ({one.cell.reason})"
        for one in swaps
        if one.shows is None
    )


def _names(swaps: Iterable[PackageSwap]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.package for one in swaps))


def _listed(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)
