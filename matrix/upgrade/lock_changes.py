"""Find what changed in the locks of a repository between a base and the working tree."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from matrix.catalog import python_markers
from matrix.catalog.git import GitFile, Repository
from matrix.catalog.locks.registry import is_lock_name, read_lock
from matrix.catalog.model_packages import MODEL_PACKAGES
from matrix.catalog.requirement_set import RequirementSet
from matrix.catalog.requirements import EnvironmentRequest, read_lock_request
from matrix.catalog.source_file import DiskFile, SourceFile
from matrix.errors import MatrixError, UsageError
from matrix.upgrade.upgrade_request import has_library

_BASES = ("origin/HEAD", "origin/main", "origin/master", "main", "master")
_MANIFEST = "pyproject.toml"
_EXACT = ("uv.lock", "poetry.lock", "pdm.lock", "pylock.toml")
_SHORT = 12


@dataclass(frozen=True, slots=True)
class PackageChange:
    """One package whose version differs; empty where a side does not have it."""

    name: str
    before: str
    after: str

    @property
    def bears_on_models(self) -> bool:
        """Whether models are made of it or are read with it."""
        return self.name == "python" or self.name in MODEL_PACKAGES


@dataclass(frozen=True, kw_only=True, slots=True)
class LockChange:
    """One lock that differs between the base and the working tree, or is new."""

    path: str
    """From the root of the repository."""
    base: str
    """The text that names the base's file: ``3f1c2d4a5b6c:uv.lock``; empty if there is none."""
    origin: EnvironmentRequest | None
    """None for a new lock that replaces no other."""
    target: EnvironmentRequest
    packages: tuple[PackageChange, ...]
    """Sorted by name."""
    python: str = ""
    """The Python that the change is for, if it is not the one that the lock is read for."""

    @property
    def bears_on_models(self) -> bool:
        return any(one.bears_on_models for one in self.packages)

    def has(self, package: str) -> bool:
        """Whether both sides have a package, by its normalized name."""
        sides = [one for one in (self.origin, self.target) if one is not None]
        return all(package in _versions(one) for one in sides)


@dataclass(frozen=True, slots=True)
class LockProblem:
    """A lock that may differ and cannot be compared."""

    path: str
    """From the root of the repository."""
    error: MatrixError


@dataclass(frozen=True, kw_only=True, slots=True)
class LockChanges:
    """All locks that differ."""

    base: str
    """As the user named it, or as it was found."""
    commit: str
    """Where the branch left the base, in short."""
    changes: tuple[LockChange, ...]
    """Of the locks that the working tree has."""
    notes: tuple[str, ...]
    """Locks that only one side has and that are not compared, in words."""
    problems: tuple[LockProblem, ...] = ()


def find_changes(folder: Path, base: str | None) -> LockChanges:
    """Compare the locks of the working tree with those of the merge base.

    Args:
        folder: in the repository.
        base: a revision; None looks for the main branch.

    Raises:
        UsageError: no repository, no such revision, or no common commit.
    """
    repository = Repository.around(folder)
    named = base or _default_base(repository)
    commit = repository.merge_base(named)
    before = {path for path in repository.paths(commit) if _counts(path)}
    after = {path for path in repository.working_paths() if _counts(path)}
    changed = {
        path
        for path in before & after
        if _lines(_at(repository, commit, path)) != _lines(_here(repository, path))
    }
    locks = [path for path in sorted(before & after) if is_lock_name(path)]
    wanted = [
        path for path in locks if _may_differ(path, changed) and not _has_lock(path, before & after)
    ]
    there = before & after
    new = {path for path in after - before if is_lock_name(path) and not _has_lock(path, after)}
    old = {path: _replaced_by(path, before, after) for path in new}
    changes, problems = [], []
    for path in (*wanted, *sorted(new)):
        try:
            changes.append(_compared(repository, commit, old.get(path, path), path))
        except UsageError as error:
            problems.append(LockProblem(path, error))
    told = [one for one in changes if one.path in there or one.bears_on_models]
    same = [one for one in changes if one.path in old and one.origin and not one.packages]
    counted = [*told, *same]
    compared = {one.path for one in counted} | {old[o.path] for o in counted if o.path in old}
    return LockChanges(
        base=named,
        commit=commit[:_SHORT],
        changes=_unique(one for one in told if one.packages),
        notes=(
            *(f"{one.path} is new, and has the same versions as {one.base}" for one in same),
            *_on_one_side(before - compared, after - compared, before, after, commit),
        ),
        problems=tuple(problems),
    )


def of_project(found: LockChanges, folder: Path) -> LockChanges:
    """Leave out the locks of other projects of a repository, with a note for each.

    A lock belongs to the nearest folder above it with a ``pyproject.toml``, or else to the
    repository. The projects of a folder are its own, those below it and those around it.

    Args:
        found: of the whole repository.
        folder: in it.
    """
    root = Repository.around(folder).root.resolve()
    own = _project(root, folder.resolve())
    changes, notes = [], []
    for one in found.changes:
        project = _project(root, (root / one.path).parent)
        if own.is_relative_to(project) or project.is_relative_to(folder.resolve()):
            changes.append(one)
        else:
            where = project.relative_to(root).as_posix()
            notes.append(f"{one.path} changed too; it belongs to {where}: run the command there")
    return replace(found, changes=tuple(changes), notes=(*found.notes, *notes))


def _project(root: Path, folder: Path) -> Path:
    """The nearest folder with a manifest, from a folder up to the root; the root without any."""
    around = [folder, *folder.parents]
    within = around[: around.index(root)] if root in around else []
    return next((one for one in within if (one / _MANIFEST).is_file()), root)


def resolved(
    change: LockChange, origin: EnvironmentRequest, target: EnvironmentRequest
) -> LockChange:
    """A change of ranges as that of the exact versions which they stand for."""
    packages = _differences(_versions(origin), _versions(target))
    return replace(change, origin=origin, target=target, packages=packages)


def _default_base(repository: Repository) -> str:
    """Return the branch that a pull request goes to, or the main branch."""
    target = os.environ.get("GITHUB_BASE_REF")
    if target:
        return f"origin/{target}"
    found = next((one for one in _BASES if repository.find_commit(one)), "")
    if found:
        return found
    repository.refuse_shallow("the main branch")
    raise UsageError(
        "the base of this branch is not known",
        advice="Name it, as git does: compat-matrix pr --base origin/main",
    )


def _counts(path: str) -> bool:
    """Whether a file may decide what is installed."""
    name = posixpath.basename(path)
    return is_lock_name(path) or name == ".python-version" or name.endswith((".txt", ".in"))


def _may_differ(lock: str, changed: set[str]) -> bool:
    """Whether a lock changed, or a file that may belong to it."""
    if lock in changed:
        return True
    folder = posixpath.dirname(lock)
    beside = {posixpath.join(folder, name) for name in (_MANIFEST, ".python-version")}
    includes = lock.endswith((".txt", ".in", ".yml", ".yaml", "file"))
    return bool(beside & changed) or (
        includes and any(one.endswith((".txt", ".in")) for one in changed)
    )


def _has_lock(path: str, paths: set[str]) -> bool:
    """Whether a file has ranges only, and a lock with the versions is beside it."""
    folder, name = posixpath.split(path)
    locks = _EXACT if name == _MANIFEST else (f"{name.removesuffix('.in')}.txt",)
    may_have = name == _MANIFEST or name.endswith(".in")
    return may_have and any(posixpath.join(folder, one) in paths for one in locks)


def _at(repository: Repository, commit: str, path: str) -> SourceFile:
    return GitFile(repository, commit[:_SHORT], commit, path)


def _here(repository: Repository, path: str) -> SourceFile:
    file = repository.root / path
    shown = Path(os.path.relpath(file))
    return DiskFile(shown if ".." not in shown.parts else file, repository.root)


def _lines(file: SourceFile) -> list[bytes]:
    """The content without the ends of lines, which git may convert."""
    return file.content().splitlines()


def _on_one_side(
    old: set[str], new: set[str], before: set[str], after: set[str], commit: str
) -> Iterator[str]:
    for path in sorted(filter(is_lock_name, new - before)):
        yield f"{path} is new since {commit[:_SHORT]}, and has nothing else that models are made of"
    for path in sorted(filter(is_lock_name, old - after)):
        yield f"{path} was removed since {commit[:_SHORT]}"


def _replaced_by(path: str, before: set[str], after: set[str]) -> str:
    """The lock of the base that a new one stands for; empty if there is none.

    It is one that was removed, or else one beside it with the versions, or else with ranges.
    """
    locks = sorted(filter(is_lock_name, before))
    folder, name = posixpath.split(path)
    beside = [one for one in locks if posixpath.dirname(one) == folder]
    moved = [one for one in locks if posixpath.basename(one) == name and one not in after]
    candidates = [
        *(one for one in beside if one not in after),
        *moved,
        *(one for one in beside if not one.endswith((_MANIFEST, ".in"))),
        *beside,
    ]
    return next(iter(candidates), "")


# ------------------------------------------------------------------------ one lock


def _compared(repository: Repository, commit: str, old: str, path: str) -> LockChange:
    """Compare two locks, mostly of the same path.

    Args:
        repository: that they are in.
        commit: of the base.
        old: the path of the base's lock; empty if there is none.
        path: of the lock in the working tree.
    """
    if not old:
        return _new(_here(repository, path), path)
    sides = _at(repository, commit, old), _here(repository, path)
    origin, target = (read_lock_request(side) for side in sides)
    if path != old and not has_library(target):
        return _new(sides[1], path)  # a lock for something else than the models
    found = LockChange(
        path=path,
        base=str(sides[0]),
        origin=origin,
        target=target,
        packages=_differences(_versions(origin), _versions(target)),
    )
    return found if found.bears_on_models else _for_other_python(found, sides)


def _new(file: SourceFile, path: str) -> LockChange:
    """A lock that replaces no other; models go from where their files say to it."""
    target = read_lock_request(file)
    packages = _differences({}, _versions(target)) if has_library(target) else ()
    return LockChange(path=path, base="", origin=None, target=target, packages=packages)


def _for_other_python(found: LockChange, sides: tuple[SourceFile, SourceFile]) -> LockChange:
    """Return the change for the newest Python that shows one which bears on models."""
    before, after = (read_lock(side, "") for side in sides)
    for minor in reversed(python_markers.MINORS):
        python = f"3.{minor}"
        if _for_models(before, python) == _for_models(after, python) and not _is_pylock(found.path):
            continue  # without reading the locks again
        try:
            origin, target = (read_lock_request(side, python) for side in sides)
        except UsageError:  # the lock is not for this Python
            continue
        packages = _differences(_versions(origin, python), _versions(target, python))
        if any(one.bears_on_models for one in packages):
            return LockChange(
                path=found.path,
                base=found.base,
                origin=origin,
                target=target,
                packages=packages,
                python=python,
            )
    return found


def _for_models(lock: RequirementSet, python: str) -> set[tuple[str, str]]:
    """The packages that bear on models, with their specifiers, that a lock has for one Python."""
    return {
        (name, str(one.specifier))
        for one in (*lock.requirements, *lock.constraints)
        if (name := str(canonicalize_name(one.name))) in MODEL_PACKAGES
        and python_markers.holds(one.marker, python)
    }


def _is_pylock(path: str) -> bool:
    """Whether a lock may have groups, whose markers are only read for one Python."""
    return posixpath.basename(path).startswith("pylock.")


def _versions(request: EnvironmentRequest, python: str = "") -> Mapping[str, str]:
    """The specifiers by normalized name, as far as they apply to the Python of the request."""
    minor = python or (request.python or "")
    minor = minor if minor[:1].isdigit() else _newest(minor)
    found = {"python": request.python or ""}
    if request.scikit_learn is not None:
        found["scikit-learn"] = request.scikit_learn
    pinned = [Requirement(text) for text in request.constraints]
    for requirement in (*pinned, *map(Requirement, request.others)):
        if python_markers.holds(requirement.marker, minor):
            text = str(requirement.specifier)
            found[str(canonicalize_name(requirement.name))] = text.removeprefix("==")
    return found


def _newest(specifier: str) -> str:
    return f"3.{max(python_markers.within(specifier), default=python_markers.MINORS[-1])}"


def _differences(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[PackageChange, ...]:
    return tuple(
        PackageChange(name, before.get(name, ""), after.get(name, ""))
        for name in sorted({*before, *after})
        if before.get(name) != after.get(name)
    )


def _unique(changes: Iterator[LockChange]) -> tuple[LockChange, ...]:
    """Leave out a lock whose two sides are those of another: an export beside its lock."""
    found: dict[object, LockChange] = {}
    for one in changes:
        sides = [
            (side.scikit_learn, side.python, sorted(side.others), sorted(side.constraints))
            for side in (one.origin, one.target)
            if side is not None
        ]
        found.setdefault(repr(sides), one)
    return tuple(found.values())
