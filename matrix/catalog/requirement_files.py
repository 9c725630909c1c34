"""Read requirements files as pip, pip-tools and uv write them.

Only lines with versions are read. Options and locations (paths, addresses) are ignored, with a note
for each.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from matrix.catalog.requirement_set import (
    RequirementSet,
    joined,
    parsed,
    refuse_unknown_scikit_learn,
)
from matrix.catalog.source_file import SourceFile
from matrix.errors import UsageError
from matrix.model.package_sources import without_password
from matrix.user_files import shown_requirement

_COMMENT = re.compile(r"(^|\s+)#.*$")
_OPTION = re.compile(r"\s+--?[A-Za-z].*$")
_OPTION_NAME = re.compile(r"-[A-Za-z]|--[a-z]{2,20}(-[a-z]{2,20}){0,3}")
_INCLUDE = re.compile(r"(-r|--requirement|-c|--constraint)\s*=?\s*(?P<file>.+)")
_PLACE = re.compile(
    r"(\w+\+)?\w[\w+.-]*://|\.{0,2}[\\/]|\.{1,2}$|~|[A-Za-z]:\\|.*\.(whl|zip|tar\.gz)$"
)
_REPOSITORY = re.compile(r"/scikit-learn(\.git)?([@#/]|$)")
_EGG = re.compile(r"[#&]egg=(?P<name>[\w.-]+)")
_MADE_WITH = re.compile(
    r"^#.*(?:pip-compile with python |--python-version[ =])(\d+\.\d+(?:\.\d+)?).*$", re.I | re.M
)


def made_with(text: str) -> str:
    """Return the Python in the comment at the head of a lock; empty if there is none."""
    found = _MADE_WITH.search(text)
    return found.group(1) if found and "--universal" not in found.group() else ""


def read_requirements(file: SourceFile, python: str = "") -> RequirementSet:
    """Read a requirements file and all files that it includes.

    No message repeats what a file outside of the folder of the first one holds, and of the others
    only what looks like a requirement: ``-r`` may name a file with secrets.

    Args:
        file: the requirements file.
        python: is not used: each line keeps its marker.

    Raises:
        UsageError: a line is not valid; the message has the file and the line. Or a file outside
            of the folder is not called like a requirements file.
    """
    return _IncludeReader().read(file)


def read_line(file: SourceFile, number: int, line: str) -> RequirementSet:
    """Read one line as :func:`read_requirements` does, with what it includes.

    Raises:
        UsageError: the line is not valid.
    """
    return _IncludeReader().line(file, number, line, outside=file.outside)


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield number and text of each line without comments; a backslash joins it to the next."""
    begun, start = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        start = start if begun else number
        if line.endswith("\\") and not line.lstrip().startswith("#"):
            begun += line[:-1].strip() + " "
            continue
        whole = _COMMENT.sub("", (begun + line).replace("\t", " ")).strip()
        begun = ""
        if whole:
            yield start, whole
    if begun.strip():
        yield start, _COMMENT.sub("", begun.replace("\t", " ")).strip()


@dataclass(frozen=True, kw_only=True, slots=True)
class _IncludeReader:
    """Reads a file with all that it includes."""

    seen: set[Hashable] = field(default_factory=set)

    def read(self, file: SourceFile) -> RequirementSet:
        """Read a file; one that was read before adds nothing, so that circular includes end."""
        if file.identity in self.seen:
            return RequirementSet()
        self.seen.add(file.identity)
        text = file.text()
        outside = file.outside
        lines = [self.line(file, number, line, outside=outside) for number, line in _lines(text)]
        return joined([RequirementSet(made_with=made_with(text)), *lines])

    def line(self, file: SourceFile, number: int, line: str, *, outside: bool) -> RequirementSet:
        """Read one line, with what it includes.

        Args:
            file: that has it.
            number: of the line, from 1.
            line: its text.
            outside: whether the file is outside of its folder, and messages repeat little of it.
        """
        where = f"{file}, line {number}"
        if not line.isprintable():
            raise UsageError(f"{where}: holds a control character")
        include = _INCLUDE.fullmatch(line)
        if include:
            return self._included(file, where, include)
        if line.startswith("-"):
            return RequirementSet(notes=(_option(where, line),))
        text = _OPTION.sub("", line)
        if _PLACE.match(text) or _is_reference(text):
            return RequirementSet(notes=(_place(where, text),))
        shown = shown_requirement(text, outside=outside)
        requirement = parsed(text, where, shown)
        learn = canonicalize_name(requirement.name) == "scikit-learn"
        place = file.place(number) if learn else None
        return RequirementSet(requirements=(requirement,), place=place)

    def _included(self, file: SourceFile, where: str, include: re.Match[str]) -> RequirementSet:
        name = include["file"].strip().strip("'\"")
        if "://" in name:
            raise UsageError(
                f"{where}: includes {without_password(name)}",
                advice="fetch it first, and include the file",
            )
        included = self.read(file.beside(name, where))
        if include[1] in {"-r", "--requirement"}:
            return included
        constraints = included.requirements + included.constraints
        return RequirementSet(constraints=constraints, notes=included.notes, place=included.place)


def _option(where: str, line: str) -> str:
    """The note for an ignored option, without its value: it may be an address with a password."""
    name = re.split(r"[\s=]", line, maxsplit=1)[0]
    if not _OPTION_NAME.fullmatch(name):
        return f"{where}: is left out: it is not a requirement"
    if name in {"-e", "--editable"}:
        egg = _EGG.search(line)
        refuse_unknown_scikit_learn(where, egg["name"] if egg else "")
        return f"{where}: an editable install is left out: it names a location, not a version"
    return f"{where}: the option {name} is not passed on; uv's own settings and variables hold"


def _place(where: str, text: str) -> str:
    name = text.partition("@")[0].strip() if _is_reference(text) else ""
    repository = _REPOSITORY.search(text)
    refuse_unknown_scikit_learn(where, name or ("scikit-learn" if repository else ""))
    subject = name or "a path or address"
    return f"{where}: {subject} is left out: it names a location, not a version"


def _is_reference(text: str) -> bool:
    """Whether the text has the form ``name @ address``."""
    if "@" not in text:
        return False
    try:
        return Requirement(text).url is not None
    except (InvalidRequirement, ValueError, RecursionError):
        return False
