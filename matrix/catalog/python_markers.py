"""Find the Pythons for which a marker is true, by evaluating the marker for each of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from packaging.markers import Marker
from packaging.specifiers import SpecifierSet

from matrix.errors import UsageError

MINORS = range(6, 31)
"""The minor versions of Python 3 for which markers are evaluated."""


def holds(marker: Marker | None, python: str, more: Mapping[str, object] | None = None) -> bool:
    """Whether a marker is true for a Python on this machine's platform.

    Args:
        marker: None is always true.
        python: ``3.11`` or ``3.11.7``.
        more: values of further variables: ``extras`` and ``dependency_groups`` in a lock.

    Raises:
        UsageError: the marker cannot be evaluated.
    """
    if marker is None:
        return True
    minor = ".".join(python.split(".")[:2])
    environment: dict[str, object] = {
        "python_version": minor,
        "python_full_version": python if python.count(".") > 1 else f"{minor}.9",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "extra": "",
        **(more or {}),
    }
    try:
        return marker.evaluate(environment, context="lock_file" if more else "requirement")  # type: ignore[arg-type]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise UsageError(f"the marker {str(marker)!r} cannot be evaluated: {error}") from None


def within(specifier: str) -> list[int]:
    """Return the minor versions with a patch that a specifier contains; all if it is empty."""
    specifiers = SpecifierSet(specifier)
    return [m for m in MINORS if any(specifiers.contains(f"3.{m}.{p}") for p in range(40))]


def specifier(minors: Collection[int]) -> str:
    """Return the specifier of some minor versions; empty for all of ``MINORS``."""
    first, last = min(minors), max(minors)
    parts = [f">=3.{first}"] if first > MINORS[0] else []
    parts += [f"<3.{last + 1}"] if last < MINORS[-1] else []
    parts += [f"!=3.{m}.*" for m in range(first, last) if m not in minors]
    return ",".join(parts)
