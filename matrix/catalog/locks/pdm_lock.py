"""Read ``pdm.lock``: the default group and the groups for development."""

from __future__ import annotations

from collections.abc import Iterator

from matrix.catalog.locks.parse_file import read_toml, refuse_version
from matrix.catalog.locks.pins import Pin, applies, for_pythons, left_out, normalized
from matrix.catalog.requirement_set import RequirementSet
from matrix.catalog.source_file import SourceFile
from matrix.catalog.toml_table import TomlTable
from matrix.errors import UsageError

EXPORT = "pdm export --without-hashes --output requirements.txt"
_PLACES = ("git", "path", "url", "hg", "svn", "bzr")


def read(file: SourceFile, python: str = "") -> RequirementSet:
    """Read the locked packages.

    Args:
        file: the lock.
        python: is not used: each requirement has a marker.

    Raises:
        UsageError: the file is not such a lock, or several versions have nothing that tells when
            each is installed.
    """
    document = read_toml(file)
    metadata = document.table("metadata")
    version = metadata.text("lock_version")
    if version.split(".")[0] != "4":
        raise refuse_version(file, version or "unknown", "4", EXPORT)
    pythons = _pythons(file, metadata)
    groups = _groups(file, metadata)
    packages = document.tables("package")

    def pinned(python: str) -> Iterator[Pin]:
        return _pinned(file, packages, groups, python)

    return RequirementSet(
        requirements=for_pythons(file, pythons, pinned),
        pythons=pythons,
        notes=left_out(file, pythons, pinned),
    )


def _pinned(
    file: SourceFile, packages: list[TomlTable], groups: frozenset[str], python: str
) -> Iterator[Pin]:
    taken: dict[str, str] = {}
    for table in packages:
        name = normalized(table.required("name"))
        of_group = "groups" not in table or groups.intersection(table.texts("groups"))
        if not of_group or not applies(file, table.text("marker"), python):
            continue
        located = any(key in table for key in _PLACES)
        version = table.text("version") if located else table.required("version")
        if taken.setdefault(name, version) != version:
            raise UsageError(
                f"{file}: has several versions of {name[:60]} for Python {python}",
                advice="Lock with the strategy inherit_metadata, or export it: " + EXPORT,
            )
        yield Pin(name, "" if located else version)


def _pythons(file: SourceFile, metadata: TomlTable) -> str:
    """Return the specifier of the first target; older locks have it in ``pyproject.toml``."""
    for target in metadata.tables("targets"):
        return target.text("requires_python")
    manifest = file.beside("pyproject.toml")
    if manifest.exists():
        return read_toml(manifest).table("project").text("requires-python").replace(" ", "")
    return ""


def _groups(file: SourceFile, metadata: TomlTable) -> frozenset[str]:
    """Return the groups that ``pdm sync`` installs."""
    locked = metadata.texts("groups")
    manifest = file.beside("pyproject.toml")
    if not manifest.exists():
        return frozenset({"default", "dev"})
    document = read_toml(manifest)
    for_development = {
        *document.table("dependency-groups"),
        *document.table("tool").table("pdm").table("dev-dependencies"),
    }
    named = {normalized(name) for name in for_development}
    return frozenset({"default", *(name for name in locked if normalized(name) in named)})
