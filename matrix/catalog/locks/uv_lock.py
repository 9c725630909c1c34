"""Read ``uv.lock``: what ``uv sync`` installs from it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from matrix.catalog.locks.parse_file import CUT_SHORT, read_toml, refuse_version
from matrix.catalog.locks.pins import Pin, applies, for_pythons, left_out, normalized
from matrix.catalog.requirement_set import RequirementSet
from matrix.catalog.source_file import SourceFile
from matrix.catalog.toml_table import TomlTable
from matrix.errors import UsageError

EXPORT = "uv export --format pylock.toml --output-file pylock.toml"
_KNOWN = 1
_CONFLICT_MARKER = re.compile(
    r"extra\s*(==|!=)\s*(['\"])(?P<name>(?:extra|group|project)-\d+-[^'\"]*)\2"
)
_LOCAL = ("virtual", "editable", "directory")
_PLACES = (*_LOCAL, "git", "path", "url")


def read(file: SourceFile, python: str = "") -> RequirementSet:
    """Read the packages of the project in the folder of the lock, with its default groups.

    Without a project in that folder, those of all members of the workspace.

    Args:
        file: the lock.
        python: is not used: each requirement has a marker.

    Raises:
        UsageError: the file is not such a lock.
    """
    document = read_toml(file)
    version = document.integer("version", 0)
    if version != _KNOWN:
        raise refuse_version(file, str(version or "unknown"), str(_KNOWN), EXPORT)
    pythons = document.required("requires-python").replace(" ", "")
    lock = _UvLock.of(file, document)
    return RequirementSet(
        requirements=for_pythons(file, pythons, lock.pinned),
        pythons=pythons,
        notes=(*lock.notes, *left_out(file, pythons, lock.pinned)),
    )


@dataclass(frozen=True, slots=True)
class _UvPackage:
    name: str
    version: str
    source: str
    """Of its source table, in one text; equal for equal sources."""
    local: bool
    """Whether it is a project of this folder or below."""
    located: bool
    """Whether it comes from a location."""
    table: TomlTable


@dataclass(frozen=True, slots=True)
class _UvLock:
    file: SourceFile
    packages: dict[str, list[_UvPackage]]
    roots: tuple[_UvPackage, ...]
    groups: dict[str, tuple[str, ...]]
    """The default groups of each root."""
    active: frozenset[str]
    """These groups, as uv names them in the markers of conflicting groups."""
    notes: tuple[str, ...]

    @classmethod
    def of(cls, file: SourceFile, document: TomlTable) -> _UvLock:
        packages: dict[str, list[_UvPackage]] = {}
        for table in document.tables("package"):
            package = _package(table)
            packages.setdefault(package.name, []).append(package)
        everything = [package for each in packages.values() for package in each]
        here = [package for package in everything if _folder(package) == "."]
        members = [package for package in everything if package.local]
        roots = tuple(here or members)
        if not roots:
            raise UsageError(f"{file}: names no project", advice=CUT_SHORT)
        groups = {root.name: _default_groups(file, root) for root in roots}
        active = frozenset(
            f"group-{len(root)}-{root}-{group}" for root in groups for group in groups[root]
        ) | {f"project-{len(root)}-{root}" for root in groups}
        return cls(file, packages, roots, groups, active, _notes(file, roots, groups))

    def pinned(self, python: str) -> Iterator[Pin]:
        """Yield what is installed with one Python."""
        waiting = [(root, dependency) for root in self.roots for dependency in self._of_root(root)]
        seen: set[tuple[str, str, str, str]] = set()
        while waiting:
            parent, dependency = waiting.pop()
            if not self._applies(dependency.text("marker"), python):
                continue
            package = self._chosen(parent, dependency, python)
            if package is None:
                continue
            for extra in ("", *dependency.texts("extra")):
                key = (package.name, package.version, package.source, extra)
                if key not in seen:
                    seen.add(key)
                    waiting += [(package, one) for one in _dependencies(package, extra)]
        for package in (one for each in self.packages.values() for one in each):
            if (package.name, package.version, package.source, "") in seen and not package.local:
                yield Pin(package.name, "" if package.located else package.version)

    def _of_root(self, root: _UvPackage) -> Iterator[TomlTable]:
        yield from root.table.tables("dependencies")
        groups = root.table.table("dev-dependencies")
        for group in self.groups[root.name]:
            yield from groups.tables(group)

    def _applies(self, marker: str, python: str) -> bool:
        """Whether a marker holds; uv writes the active groups into it as extras."""
        plain = _CONFLICT_MARKER.sub(self._as_marker, marker)
        return applies(self.file, plain, python)

    def _as_marker(self, found: re.Match[str]) -> str:
        is_active = found["name"] in self.active
        return (
            "python_version >= '3'" if is_active == (found[1] == "==") else "python_version < '3'"
        )

    def _chosen(self, parent: _UvPackage, dependency: TomlTable, python: str) -> _UvPackage | None:
        name = normalized(dependency.required("name"))
        version, source = dependency.text("version"), _source(dependency)
        found = [
            package
            for package in self.packages.get(name, ())
            if (not version or package.version == version)
            and ("source" not in dependency or package.source == source)
        ]
        if not found:
            raise UsageError(
                f"{self.file}: {parent.name} needs {name[:60]}, which is not in it",
                advice=CUT_SHORT,
            )
        if len(found) > 1:
            found = [one for one in found if self._in_fork(one, python)]
        return found[0] if found else None

    def _in_fork(self, package: _UvPackage, python: str) -> bool:
        markers = package.table.texts("resolution-markers")
        return not markers or any(self._applies(marker, python) for marker in markers)


def _package(table: TomlTable) -> _UvPackage:
    source = table.table("source")
    return _UvPackage(
        name=normalized(table.required("name")),
        version=table.text("version"),
        source=_source(table),
        local=any(key in source for key in _LOCAL),
        located=any(key in source for key in _PLACES),
        table=table,
    )


def _source(table: TomlTable) -> str:
    return repr(sorted(table.table("source").value.items()))


def _folder(package: _UvPackage) -> str:
    source = package.table.table("source")
    return next((source.text(key) for key in _LOCAL if key in source), "")


def _dependencies(package: _UvPackage, extra: str) -> list[TomlTable]:
    if extra:
        return package.table.table("optional-dependencies").tables(extra)
    return package.table.tables("dependencies")


def _default_groups(file: SourceFile, root: _UvPackage) -> tuple[str, ...]:
    """Return the groups that are installed without naming them.

    uv 0.12 and later write them into the lock; before, only ``pyproject.toml`` has them.
    """
    locked = root.table.table("dev-dependencies")
    if "default-groups" in root.table:
        return _existing(root.table, locked)
    folder = _folder(root)
    manifest = file.beside("pyproject.toml" if folder in {"", "."} else f"{folder}/pyproject.toml")
    if manifest.exists():
        settings = read_toml(manifest).table("tool").table("uv")
        if "default-groups" in settings:
            return _existing(settings, locked)
    return ("dev",) if "dev" in locked else ()


def _existing(table: TomlTable, locked: TomlTable) -> tuple[str, ...]:
    """Return the default groups that a table names and a lock has."""
    if table.raw("default-groups") == "all":
        return tuple(locked)
    return tuple(name for name in table.texts("default-groups") if name in locked)


def _notes(
    file: SourceFile, roots: Iterable[_UvPackage], groups: dict[str, tuple[str, ...]]
) -> tuple[str, ...]:
    """Return a note on the groups and extras of each root that are not installed by default."""
    notes = []
    for root in roots:
        locked = [
            name for name in root.table.table("dev-dependencies") if name not in groups[root.name]
        ]
        extras = list(root.table.table("optional-dependencies"))
        if locked or extras:
            words = [f"group {name}" for name in locked] + [f"extra {name}" for name in extras]
            notes.append(f"{file}: left out, as by default: {', '.join(words)}")
    return tuple(notes)
