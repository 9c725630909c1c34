"""Read locks in the format of PEP 751: ``pylock.toml``."""

from __future__ import annotations

from collections.abc import Iterator

from packaging.pylock import Package, Pylock, PylockValidationError
from packaging.requirements import Requirement

from matrix.catalog import python_markers, toml
from matrix.catalog.requirement_files import made_with
from matrix.catalog.requirement_set import RequirementSet, parsed
from matrix.catalog.source_file import SourceFile
from matrix.errors import UsageError

_NEWEST = f"3.{python_markers.MINORS[-1]}"


def read_pylock(file: SourceFile, python: str = "") -> RequirementSet:
    """Read the versions in a lock, with their markers.

    Args:
        file: the lock.
        python: the requested version; empty if none is requested. Markers with extras or groups
            are not valid in requirements, so they are evaluated here, for this Python.

    Raises:
        UsageError: the file is not such a lock.
    """
    text = file.text()
    try:
        lock = Pylock.from_dict(toml.loads(text))
    except (PylockValidationError, ValueError, TypeError, RecursionError) as error:
        raise UsageError(f"{file}: is not a lock in the format of pylock.toml: {error}") from None
    made = made_with(text)
    requirements, notes = [], []
    for package in _of_default_groups(lock, python or made or _NEWEST):
        if package.version is None or package.archive or package.vcs or package.directory:
            notes.append(f"{file}: {package.name} is left out: it names a location, not a version")
        else:
            requirements.append(_requirement(file, package))
    return RequirementSet(
        requirements=tuple(requirements),
        made_with=made,
        pythons=_pythons(lock),
        notes=tuple(notes),
    )


def _of_default_groups(lock: Pylock, python: str) -> Iterator[Package]:
    """Yield the packages that are installed without naming an extra or a group."""
    groups = {
        "extras": frozenset[str](),
        "dependency_groups": frozenset[str](lock.default_groups or ()),
    }
    for package in lock.packages:
        if not _uses_groups(package) or python_markers.holds(package.marker, python, groups):
            yield package


def _uses_groups(package: Package) -> bool:
    """Whether the marker of a package depends on extras or groups."""
    text = str(package.marker or "")
    return "extras" in text or "dependency_groups" in text


def _requirement(file: SourceFile, package: Package) -> Requirement:
    marker = "" if package.marker is None or _uses_groups(package) else f" ; {package.marker}"
    return parsed(f"{package.name}=={package.version}{marker}", f"{file}: {package.name}")


def _pythons(lock: Pylock) -> str:
    """Return the specifier of the Pythons that a lock is for; empty for all."""
    if not lock.environments:
        return str(lock.requires_python or "")
    minors = [
        minor
        for minor in python_markers.MINORS
        if any(python_markers.holds(marker, f"3.{minor}") for marker in lock.environments)
    ]
    parts = [str(lock.requires_python or ""), python_markers.specifier(minors) if minors else ""]
    return ",".join(filter(None, parts))
