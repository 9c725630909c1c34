"""Choose the release of scikit-learn from a lock that has several, and the Pythons it is for.

A lock for many Pythons may pin several releases, each with a marker. Where a marker is false, an
installer skips the line without a warning. The markers therefore limit the Pythons that can be
chosen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from matrix.catalog import python_markers
from matrix.errors import UsageError


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """The scikit-learn to install, and the Pythons to install it on."""

    scikit_learn: SpecifierSet
    python: str
    """A version or a specifier; empty for all Pythons."""
    note: str = ""
    """The choice in words; empty if there was only one."""


def choose(entries: Sequence[Requirement], python: str, within: str, source: str) -> Choice:
    """Combine the entries for scikit-learn.

    Args:
        entries: with their markers; empty if scikit-learn is not mentioned.
        python: the requested version or specifier; empty if none is requested.
        within: the specifier of the Pythons that the lock is for; empty for all.
        source: the name of the input, for messages.

    Raises:
        UsageError: no entry applies to the requested Python.
    """
    if not python[:1].isdigit():
        return _for_newest(entries, ",".join(filter(None, (within, python))), source)
    if within and not _is_within(python, within):
        raise UsageError(f"{source}: the lock is for Python {within}, not {python}")
    holding = _holding(entries, python)
    if entries and not holding:
        raise UsageError(f"{source}: scikit-learn is not in it for Python {python}")
    return Choice(scikit_learn=_together(holding), python=python)


def _for_newest(entries: Sequence[Requirement], within: str, source: str) -> Choice:
    """Return the choice for the newest Python to which an entry applies.

    The choice includes all other Pythons to which the same entries apply.
    """
    if not entries:
        return Choice(scikit_learn=SpecifierSet(), python=within)
    found = {
        minor: _together(holding)
        for minor in python_markers.within(within)
        if (holding := _holding(entries, f"3.{minor}"))
    }
    if not found:
        raise UsageError(f"{source}: scikit-learn is not in it for any Python on this platform")
    newest = found[max(found)]
    python = python_markers.specifier([minor for minor, each in found.items() if each == newest])
    note = ""
    if len(set(found.values())) > 1:
        note = f"scikit-learn{newest} was taken, for Python {python}; python==… chooses another"
    patches = [part for part in within.split(",") if part.count(".") > 1 and "*" not in part]
    return Choice(scikit_learn=newest, python=",".join(filter(None, (python, *patches))), note=note)


def _holding(entries: Sequence[Requirement], python: str) -> list[Requirement]:
    return [entry for entry in entries if python_markers.holds(entry.marker, python)]


def _together(entries: Sequence[Requirement]) -> SpecifierSet:
    specifier = SpecifierSet()
    for entry in entries:
        specifier &= entry.specifier
    return specifier


def _is_within(python: str, specifier: str) -> bool:
    if python.count(".") > 1:
        return SpecifierSet(specifier).contains(python, prereleases=True)
    return int(python.split(".")[1]) in python_markers.within(specifier)
