"""Read ``poetry.lock``: the main packages and the groups that are not optional."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from packaging.requirements import Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from matrix.catalog.locks import poetry_constraints, pyproject
from matrix.catalog.locks.parse_file import read_toml, refuse_version
from matrix.catalog.locks.pins import Pin, applies, for_pythons, left_out, normalized
from matrix.catalog.requirement_set import RequirementSet
from matrix.catalog.source_file import SourceFile
from matrix.catalog.toml_table import TomlTable
from matrix.errors import UsageError

EXPORT = "poetry export --without-hashes --output requirements.txt"
_PLACES = ("git", "directory", "file", "url")


def read(file: SourceFile, python: str = "") -> RequirementSet:
    """Read the locked packages.

    Locks of Poetry 2 say of each package which groups need it, and when. For older ones the
    ``pyproject.toml`` beside the lock says what the project needs; without it, every package that
    is not optional is taken.

    Args:
        file: the lock.
        python: is not used: each requirement has a marker.

    Raises:
        UsageError: the file is not such a lock.
    """
    document = read_toml(file)
    metadata = document.table("metadata")
    version = metadata.text("lock-version")
    if version.split(".")[0] not in {"1", "2"}:
        raise refuse_version(file, version or "unknown", "1.0 to 2.1", EXPORT)
    pythons = _pythons(metadata)
    packages = [_PoetryPackage.of(table) for table in document.tables("package")]
    manifest = file.beside("pyproject.toml")
    lock = _PoetryLock(file, packages, _optional(manifest))
    pinned = lock.by_groups
    if not any("groups" in package.table for package in packages):
        pinned = lock.without_groups
        if manifest.exists():
            lock = _PoetryLock(file, packages, lock.optional, pyproject.read(manifest).requirements)
            pinned = lock.reached
    return RequirementSet(
        requirements=for_pythons(file, pythons, pinned),
        pythons=pythons,
        notes=left_out(file, pythons, pinned),
    )


def _pythons(metadata: TomlTable) -> str:
    try:
        return poetry_constraints.specifier(metadata.required("python-versions"))
    except ValueError:
        return ""  # alternatives: the markers of the packages say the same


def _optional(manifest: SourceFile) -> frozenset[str]:
    """Return the optional groups; all but the main one count where nothing says so."""
    if not manifest.exists():
        return frozenset()
    document = read_toml(manifest)
    groups = document.table("tool").table("poetry").table("group")
    return frozenset(
        normalized(name) for name in groups if groups.table(name).value.get("optional") is True
    )


@dataclass(frozen=True, slots=True)
class _PoetryPackage:
    pin: Pin
    version: str
    optional: bool
    table: TomlTable

    @classmethod
    def of(cls, table: TomlTable) -> _PoetryPackage:
        name, version = normalized(table.required("name")), table.required("version")
        located = table.table("source").text("type") in _PLACES
        pin = Pin(name, "" if located else version)
        return cls(pin, version, table.value.get("optional") is True, table)


@dataclass(frozen=True, slots=True)
class _PoetryLock:
    file: SourceFile
    packages: list[_PoetryPackage]
    optional: frozenset[str]
    """Optional groups."""
    roots: tuple[Requirement, ...] = ()
    """What the project needs."""

    def by_groups(self, python: str) -> Iterator[Pin]:
        """Yield what is installed with one Python: each package has its groups and markers."""
        for package in self.packages:
            groups = [one for one in package.table.texts("groups") if one not in self.optional]
            markers = package.table.value.get("markers", "")
            if isinstance(markers, dict):
                table = package.table.table("markers")
                wanted = any(applies(self.file, table.text(one), python) for one in groups)
            else:
                marker = package.table.text("markers")
                wanted = bool(groups) and applies(self.file, marker, python)
            if wanted and not package.optional:
                yield package.pin

    def without_groups(self, python: str) -> Iterator[Pin]:
        """Yield every package that is not optional and is for this Python."""
        taken: dict[str, str] = {}
        for package in self.packages:
            main = package.table.text("category", "main") == "main"
            if not main or package.optional or not self._is_for(package, python):
                continue
            name = package.pin.name
            if taken.setdefault(name, package.version) != package.version:
                raise UsageError(
                    f"{self.file}: has several versions of {name[:60]}, and there is no "
                    "pyproject.toml beside it that says when each is installed",
                    advice=f"Keep both together, or export it: {EXPORT}",
                )
            yield package.pin

    def reached(self, python: str) -> Iterator[Pin]:
        """Yield what the project needs with one Python, and what that needs."""
        waiting = [
            (normalized(root.name), str(root.specifier), frozenset(root.extras))
            for root in self.roots
            if root.marker is None or applies(self.file, str(root.marker), python)
        ]
        seen: set[tuple[Pin, frozenset[str]]] = set()
        while waiting:
            name, constraint, extras = waiting.pop()
            package = self._chosen(name, constraint, python)
            if package is None or (package.pin, extras) in seen:
                continue
            seen.add((package.pin, extras))
            waiting += self._needs(package, extras, python)
        pins = {pin for pin, _ in seen}
        yield from (package.pin for package in self.packages if package.pin in pins)

    def _chosen(self, name: str, constraint: str, python: str) -> _PoetryPackage | None:
        found = [one for one in self.packages if one.pin.name == name]
        if len(found) > 1:
            try:
                allowed = SpecifierSet(constraint)
            except InvalidSpecifier:
                allowed = SpecifierSet()
            found = [
                one
                for one in found
                if allowed.contains(one.version, prereleases=True) and self._is_for(one, python)
            ]
        return found[-1] if found else None

    def _is_for(self, package: _PoetryPackage, python: str) -> bool:
        try:
            allowed = poetry_constraints.specifier(package.table.text("python-versions", "*"))
        except ValueError:
            return True
        return any(SpecifierSet(allowed).contains(f"{python}.{patch}") for patch in range(40))

    def _needs(
        self, package: _PoetryPackage, extras: frozenset[str], python: str
    ) -> Iterator[tuple[str, str, frozenset[str]]]:
        table = package.table.table("dependencies")
        for name in table:
            value = table.raw(name)
            for each in value if isinstance(value, list) else [value]:
                entry = {"version": each} if isinstance(each, str) else each
                one = TomlTable(table.source, table.at(name), entry)
                if one.value.get("optional") is True and not extras:
                    continue
                if applies(self.file, _without_extras(one.text("markers")), python):
                    wanted = frozenset(one.texts("extras"))
                    yield normalized(name), _specifier(one.text("version", "*")), wanted


def _without_extras(marker: str) -> str:
    """Return a marker; none where it depends on an extra, which its package decides."""
    return "" if "extra" in marker else marker


def _specifier(text: str) -> str:
    try:
        return poetry_constraints.specifier(text)
    except ValueError:
        return ""
