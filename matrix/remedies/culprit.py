"""What came of swapping one package at a time, and what that means."""

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
    """Whether the change shows there; None if that cannot be told."""
    hold: Hold = Hold.ALL
    """How much of the rest was held."""
    moved: tuple[str, ...] = ()
    """Further packages that had to move along."""

    @property
    def responsible(self) -> bool | None:
        """Whether this package does it: alone it brings the change, or put back it takes it away.

        A change that stays when the package is put back says that others can do it too, and one
        that does not come with the package alone says that others are needed: neither blames it.
        """
        if self.shows is None:
            return None
        return self.shows is not self.back

    @property
    def words(self) -> str:
        """What was seen, in a line."""
        here = f"with {self.package} {self.after} alone changed"
        if self.back:
            here = f"with {self.package} alone put back to {self.before}"
        if self.shows is None:
            said = f"cannot be told: {self.cell.reason or 'nobody could be asked'}"
        elif self.shows:
            said = "it shows"
        elif self.cell.verdict.safe:
            said = "it does not show"
        else:
            said = f"it does not show, but another one does: {self.cell.verdict.value}"
        along = f" ({', '.join(self.moved)} had to move along)" if self.moved else ""
        return f"{here}: {said}{along}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Culprit:
    """Whose fault a change is."""

    swaps: tuple[PackageSwap, ...]
    """All that were asked, in the order of asking."""
    alone: tuple[str, ...] = ()
    """Packages of which each alone does it."""
    together: tuple[str, ...] = ()
    """Where none alone does it: packages without each of which it does not show."""
    words: str
    """In a line: ``scikit-learn alone does this (1.2.2 → 1.3.2)``."""

    @property
    def package(self) -> str:
        """The one package to blame; empty if there is none or several."""
        return self.alone[0] if len(self.alone) == 1 else ""

    def swap(self, package: str) -> PackageSwap | None:
        """The swap that blames a package; None if none does."""
        return next((one for one in self.swaps if one.package == package and one.responsible), None)


def alike(cell: Cell, other: Cell) -> bool:
    """Whether two cells are bad in the same way: loudly with the same exception, or silently."""
    if cell.verdict.group is not other.verdict.group or cell.verdict.safe:
        return False
    if cell.exception is not None and other.exception is not None:
        return (cell.stage, cell.exception.type) == (other.stage, other.exception.type)
    return cell.verdict.group is Group.CHANGES or cell.verdict is other.verdict


def judged(swaps: Sequence[PackageSwap]) -> Culprit:
    """What swaps mean together.

    Args:
        swaps: at least one for each package that differs; those put back come after the others.
    """
    forth = [one for one in swaps if not one.back]
    back = [one for one in swaps if one.back]
    alone = _names(one for one in forth if one.shows)
    if alone:
        return Culprit(swaps=tuple(swaps), alone=alone, words=_each(swaps, alone))
    needed = _names(one for one in back if one.shows is False and one.cell.verdict.safe)
    untold = _names(one for one in forth if one.shows is None)
    if len(needed) == 1 and set(untold) <= set(needed):
        words = f"{_each(swaps, needed)}: put back alone, it takes the change away"
        return Culprit(swaps=tuple(swaps), alone=needed, words=words)
    if len(needed) > 1:
        words = f"none alone; it takes {_listed(needed)} together"
        return Culprit(swaps=tuple(swaps), together=needed, words=words)
    if needed:
        words = f"not without {needed[0]}; whether it takes more cannot be told: {_why(forth)}"
        return Culprit(swaps=tuple(swaps), together=needed, words=words)
    if untold:
        return Culprit(swaps=tuple(swaps), words=f"cannot be told: {_why(forth)}")
    names = _names(swaps)
    if not names:
        words = "none of the packages that are asked differs"
    else:
        words = f"none alone: not {', not '.join(names)}; it takes several of them together"
    return Culprit(swaps=tuple(swaps), words=words)


def _each(swaps: Sequence[PackageSwap], names: Sequence[str]) -> str:
    responsible = [
        next(one for one in swaps if one.package == name and one.responsible) for name in names
    ]
    told = [f"{one.package} ({one.before} → {one.after})" for one in responsible]
    if len(told) > 1:
        return f"each of {_listed(told)} alone does this"
    (one,) = responsible
    along = _not_cleared(one, swaps)
    if along:
        return f"{told[0]} does this, or {_listed(along)}, which had to move along"
    return f"{one.package} alone does this ({one.before} → {one.after})"


def _not_cleared(swap: PackageSwap, swaps: Sequence[PackageSwap]) -> list[str]:
    """What moved along with a package and may have done it: it was not seen to be innocent."""
    innocent = {one.package for one in swaps if not one.back and one.shows is False}
    return [name for name in swap.moved if name in SUSPECTS and name not in innocent]


def _why(swaps: Iterable[PackageSwap]) -> str:
    """Why some swaps told nothing."""
    return "; ".join(
        f"{one.package} {one.after} cannot be had with the rest ({one.cell.reason})"
        if not one.environment.ready
        else f"with {one.package} {one.after} it cannot be told ({one.cell.reason})"
        for one in swaps
        if one.shows is None
    )


def _names(swaps: Iterable[PackageSwap]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.package for one in swaps))


def _listed(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)
