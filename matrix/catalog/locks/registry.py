"""Choose the reader of a file by its name, and by its content where names say too little."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import PurePath
from typing import cast

from packaging.specifiers import InvalidSpecifier
from packaging.utils import canonicalize_name

from matrix.catalog import python_markers
from matrix.catalog.locks.parse_file import CUT_SHORT, refuse_conflicts
from matrix.catalog.requirement_set import RequirementSet
from matrix.catalog.source_file import SourceFile
from matrix.errors import ConfigError, UsageError

ReadLock = Callable[[SourceFile, str], RequirementSet]
_LOCKS = "matrix.catalog.locks"
_VERSION_FILE = re.compile(r"(?:cpython[-@])?(\d+\.\d+)(?:\.\d+)?(?:\s.*)?")
_FROM_ENVIRONMENT = "pip list --format=freeze > requirements.txt"


@dataclass(frozen=True, slots=True)
class LockKind:
    """A kind of file: its reader is imported when it is needed, because some need more packages."""

    names: re.Pattern[str]
    """Of its files, in lower case."""
    module: str
    content: re.Pattern[str] | None = None
    """What its text must have; None for anything."""
    function: str = "read"

    def reader(self) -> ReadLock:
        """Return the function that reads such files."""
        return cast(ReadLock, getattr(import_module(self.module), self.function))


def _kind(names: str, module: str, content: str = "", function: str = "read") -> LockKind:
    pattern = re.compile(content, re.M) if content else None
    return LockKind(re.compile(names), module, pattern, function)


_KINDS = (
    _kind(r"uv\.lock", f"{_LOCKS}.uv_lock"),
    _kind(r"poetry\.lock", f"{_LOCKS}.poetry_lock"),
    _kind(r"pdm(\..+)?\.lock", f"{_LOCKS}.pdm_lock"),
    _kind(r"pipfile\.lock", f"{_LOCKS}.pipfile_lock"),
    _kind(r"pixi\.lock", f"{_LOCKS}.pixi_lock"),
    _kind(r"pyproject\.toml", f"{_LOCKS}.pyproject"),
    _kind(r".*\.toml", "matrix.catalog.pylock", function="read_pylock"),
    _kind(r".*\.ya?ml", f"{_LOCKS}.conda_lock", r"^package:[ \t]*$"),
    _kind(r".*\.ya?ml", f"{_LOCKS}.pixi_lock", r"^environments:[ \t]*$"),
    _kind(r"(conda-lock|.*\.conda-lock)\.ya?ml", f"{_LOCKS}.conda_lock"),
    _kind(r".*\.ya?ml", f"{_LOCKS}.conda_environment"),
    _kind(
        r"(.*\.)?(docker|container)file(\..*)?", f"{_LOCKS}.registry", function="read_dockerfile"
    ),
    _kind(r".*", f"{_LOCKS}.conda_explicit", r"^@EXPLICIT\b"),
)
"""The first that fits decides; what none fits is a requirements file."""
_LOCK_NAMES = re.compile(
    r"uv\.lock|poetry\.lock|pdm(\..+)?\.lock|pipfile\.lock|pixi\.lock|pylock(\..+)?\.toml"
    r"|pyproject\.toml|(.*[-_.])?(environment|env|conda)([-_.].*)?\.ya?ml"
    r"|(.*\.)?conda-lock\.ya?ml|(.*\.)?(docker|container)file(\..*)?"
    r"|(.*[-_.])?(requirements?|constraints?|freeze)([-_.].*)?\.(txt|in|lock)"
    r"|requirements\.lock|(conda|explicit)[-_.].*(\.txt|\.lock)"
)
_REFUSED = {
    "pipfile": "Name Pipfile.lock.",
    "pixi.toml": "Name pixi.lock.",
    "setup.py": f"Export what is installed: {_FROM_ENVIRONMENT}",
    "setup.cfg": f"Export what is installed: {_FROM_ENVIRONMENT}",
}
_REFUSED_KINDS = (".json", ".cfg", ".ini", ".py")
_FILES = (".txt", ".in", ".lock", ".toml", ".yml", ".yaml", ".json", ".cfg", ".ini")


def looks_like_file(text: str) -> bool:
    """Whether a name is that of a file that is read, or that is refused with advice."""
    name = PurePath(text).name.lower()
    is_dockerfile = re.fullmatch(r"(.*\.)?(docker|container)file(\.[\w-]+)?", name) is not None
    return name.endswith(_FILES) or is_dockerfile or name in _REFUSED


def is_lock_name(path: str) -> bool:
    """Whether a file of a repository is called like one that says which packages are installed.

    Workflows of GitHub may have such names too, and are left out.
    """
    if ".github" in PurePath(path).parts:
        return False
    return _LOCK_NAMES.fullmatch(PurePath(path).name.lower()) is not None


def read_lock(file: SourceFile, python: str) -> RequirementSet:
    """Read a requirements file, a lock or whatever else says which packages are installed.

    Args:
        file: its name, and sometimes its content, decides how it is read.
        python: the requested Python; empty if none is requested.

    Raises:
        UsageError: the file cannot be read; one clear message.
    """
    name = file.name.lower()
    if name in _REFUSED or name.endswith(_REFUSED_KINDS):
        advice = _REFUSED.get(name, f"Export what is installed: {_FROM_ENVIRONMENT}")
        raise UsageError(f"{file}: is not read", advice=advice)
    text = file.text()
    refuse_conflicts(file, text)
    kind = next((one for one in _KINDS if _fits(one, name, text)), None)
    if kind is None:
        from matrix.catalog.requirement_files import read_requirements

        found = read_requirements(file, python)
    else:
        try:
            found = kind.reader()(file, python)
        except ConfigError as error:  # the table of a lock has another form
            raise UsageError(error.message, advice=error.advice or CUT_SHORT) from None
    return _with_place(file, text, _with_python(file, found))


def read_dockerfile(file: SourceFile, python: str) -> RequirementSet:
    """Read a Dockerfile, with the files that it installs from."""
    from matrix.catalog.locks import dockerfile

    return dockerfile.read(file, python, read_lock)


def _fits(kind: LockKind, name: str, text: str) -> bool:
    if kind.names.fullmatch(name) is None:
        return False
    return kind.content is None or kind.content.search(text) is not None


def _with_python(file: SourceFile, found: RequirementSet) -> RequirementSet:
    """Add the Python of ``.python-version`` beside a file that does not say which it is for."""
    versions = file.beside(".python-version")
    if found.made_with or not versions.exists():
        return found
    lines = (line.strip() for line in versions.text().splitlines())
    first = next((line for line in lines if line and not line.startswith("#")), "")
    version = _VERSION_FILE.fullmatch(first)
    if version is None or not _allows(found.pythons, version[1]):
        return found
    return replace(found, made_with=version[1], made_with_by=".python-version")


def _allows(pythons: str, minor: str) -> bool:
    try:
        return int(minor.partition(".")[2]) in python_markers.within(pythons)
    except InvalidSpecifier:
        return False


_PLACES = (
    re.compile(r"^\s*(- )?\"?name\"?\s*[:=]\s*\"?scikit-learn\"?\s*,?\s*$", re.M),
    re.compile(r"^(?!\s*#).*\bscikit[-_]learn\b.*$", re.M),
)


def _with_place(file: SourceFile, text: str, found: RequirementSet) -> RequirementSet:
    """Add the line that names scikit-learn, where the reader does not know it."""
    if found.place is not None and found.place.line > 0:
        return found
    learn = (one for one in found.requirements if canonicalize_name(one.name) == "scikit-learn")
    version = str(next(learn, "")).partition("==")[2].partition(";")[0].strip()
    pinned = re.compile(rf"^(?!\s*#).*\bscikit[-_]learn\b.*\b{re.escape(version)}\b.*$", re.M)
    for pattern in (*([pinned] if version else []), *_PLACES):
        line = pattern.search(text)
        if line:
            start = line.start() + len(line.group()) - len(line.group().lstrip())
            return replace(found, place=file.place(text.count("\n", 0, start) + 1))
    return replace(found, place=None)
