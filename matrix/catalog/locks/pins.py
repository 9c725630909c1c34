"""Collect what a lock pins, for each Python, and turn it into requirements with markers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

from packaging.markers import InvalidMarker, Marker
from packaging.requirements import Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from matrix.catalog import python_markers
from matrix.catalog.requirement_set import parsed, refuse_unknown_scikit_learn
from matrix.catalog.source_file import SourceFile
from matrix.errors import UsageError

_NEVER = "<empty>"
"""What Poetry writes for a marker that is never true."""


@dataclass(frozen=True, slots=True)
class Pin:
    """A package at one version."""

    name: str
    """Normalized."""
    version: str
    """Empty if the lock names a location instead."""


def for_pythons(
    file: SourceFile, pythons: str, pinned: Callable[[str], Iterable[Pin]]
) -> tuple[Requirement, ...]:
    """Return a requirement for each pin, with a marker for the Pythons that have it.

    Args:
        file: the lock, for messages.
        pythons: the specifier of the Pythons that the lock is for; empty for all.
        pinned: returns what is installed with one Python, such as ``3.11``.

    Raises:
        UsageError: a version or the specifier is not valid.
    """
    minors = minors_of(file, pythons)
    found: dict[Pin, list[int]] = {}
    for minor in minors:
        for pin in dict.fromkeys(pinned(f"3.{minor}")):
            found.setdefault(pin, []).append(minor)
    return tuple(
        requirement(file, pin, "" if len(has) == len(minors) else _marker(has))
        for pin, has in found.items()
        if pin.version
    )


def left_out(
    file: SourceFile, pythons: str, pinned: Callable[[str], Iterable[Pin]]
) -> tuple[str, ...]:
    """Return a note for each package that the lock takes from a location.

    Raises:
        UsageError: scikit-learn is one of them.
    """
    names = {
        pin.name: None
        for minor in minors_of(file, pythons)
        for pin in pinned(f"3.{minor}")
        if not pin.version
    }
    return tuple(location_note(str(file), name) for name in names)


def location_note(where: str, name: str) -> str:
    """Return the note for a package from a location.

    Raises:
        UsageError: it is scikit-learn, whose release decides everything.
    """
    refuse_unknown_scikit_learn(where, name)
    return f"{where}: {name} is left out: it names a location, not a version"


def requirement(file: SourceFile, pin: Pin, marker: str = "") -> Requirement:
    """Return the requirement of a pin.

    Raises:
        UsageError: name, version or marker is not valid; the message does not repeat them.
    """
    text = f"{pin.name}=={pin.version}" + (f" ; {marker}" if marker else "")
    return parsed(text, str(file), "an entry")


def minors_of(file: SourceFile, pythons: str) -> list[int]:
    """Return the minor versions of Python 3 that a specifier allows.

    Raises:
        UsageError: it is not a specifier, or allows none.
    """
    try:
        found = _within(pythons)
    except InvalidSpecifier:
        raise UsageError(f"{file}: requires a Python that is not valid") from None
    if not found:
        raise UsageError(f"{file}: allows no version of Python 3")
    return found


@lru_cache(maxsize=256)
def _within(pythons: str) -> list[int]:
    return python_markers.within(pythons)


def _marker(minors: list[int]) -> str:
    """Return the marker that holds for these minor versions alone."""
    parts = (each for each in str(SpecifierSet(python_markers.specifier(minors))).split(","))
    words = []
    for part in sorted(parts):
        operator = part.rstrip("0123456789.*")
        version = part[len(operator) :].removesuffix(".*")
        words.append(f"python_version {operator} '{version}'")
    return " and ".join(words)


def applies(file: SourceFile, marker: str, python: str) -> bool:
    """Whether a marker holds on this platform; an empty one always does.

    Raises:
        UsageError: the marker is not valid.
    """
    if not marker:
        return True
    if marker == _NEVER:
        return False
    try:
        return _applies(marker, python)
    except (InvalidMarker, UsageError, RecursionError):
        raise UsageError(f"{file}: a marker in it is not valid") from None


@lru_cache(maxsize=65536)
def _applies(marker: str, python: str) -> bool:
    return python_markers.holds(Marker(marker), python)


def normalized(name: str) -> str:
    """Return the name of a package in its normal form."""
    return str(canonicalize_name(name))
