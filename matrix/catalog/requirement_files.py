"""Read requirements files as pip, pip-tools and uv write them.

Only lines with versions are read. Options and locations (paths, addresses) are ignored, with a note
for each.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from matrix.catalog.requirement_set import RequirementSet, joined, parsed
from matrix.errors import UsageError
from matrix.model import FileLine

_LARGEST = 4 * 2**20
_COMMENT = re.compile(r"(^|\s+)#.*$")
_OPTION = re.compile(r"\s+--?[A-Za-z].*$")
_INCLUDE = re.compile(r"(-r|--requirement|-c|--constraint)\s*=?\s*(?P<file>.+)")
_PLACE = re.compile(
    r"(\w+\+)?\w[\w+.-]*://|\.{0,2}[\\/]|\.{1,2}$|~|[A-Za-z]:\\|.*\.(whl|zip|tar\.gz)$"
)
_MADE_WITH = re.compile(
    r"^#.*(?:pip-compile with python |--python-version[ =])(\d+\.\d+(?:\.\d+)?).*$", re.I | re.M
)
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def read_text(file: Path) -> str:
    """Return the text of a UTF-8 or UTF-16 file.

    Raises:
        UsageError: the file does not exist, is too large, cannot be read, or is not such text.
    """
    try:
        if not file.is_file():
            raise UsageError(f"{file}: there is no such file")
        if file.stat().st_size > _LARGEST:
            raise UsageError(f"{file}: is too large for a requirements file")
        content = file.read_bytes()
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror or error}") from None
    encoding = next((name for bom, name in _BOMS if content.startswith(bom)), "utf-8")
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise UsageError(f"{file}: is not UTF-8 (byte {error.start})") from None


def made_with(text: str) -> str:
    """Return the Python in the comment at the head of a lock; empty if there is none."""
    found = _MADE_WITH.search(text)
    return found.group(1) if found and "--universal" not in found.group() else ""


def read_requirements(file: Path) -> RequirementSet:
    """Read a requirements file and all files that it includes.

    Raises:
        UsageError: a line is not valid; the message has the file and the line.
    """
    return _read(file, {})


def _read(file: Path, seen: dict[Path, None]) -> RequirementSet:
    """Read a file; one that was read before adds nothing, so that circular includes end."""
    if file.resolve() in seen:
        return RequirementSet()
    seen[file.resolve()] = None
    text = read_text(file)
    lines = [_line(file, number, line, seen) for number, line in _lines(text)]
    return joined([RequirementSet(made_with=made_with(text)), *lines])


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


def _line(file: Path, number: int, line: str, seen: dict[Path, None]) -> RequirementSet:
    where = f"{file}, line {number}"
    if not line.isprintable():
        raise UsageError(f"{where}: {line!r} holds a control character")
    include = _INCLUDE.fullmatch(line)
    if include:
        return _included(file, where, include, seen)
    if line.startswith("-"):
        return RequirementSet(notes=(_option(where, line),))
    text = _OPTION.sub("", line)
    if _PLACE.match(text) or _is_reference(text):
        return RequirementSet(notes=(_place(where, text),))
    requirement = parsed(text, where)
    learn = canonicalize_name(requirement.name) == "scikit-learn"
    place = FileLine(file=file, line=number) if learn else None
    return RequirementSet(requirements=(requirement,), place=place)


def _included(
    file: Path, where: str, include: re.Match[str], seen: dict[Path, None]
) -> RequirementSet:
    name = include["file"].strip().strip("'\"")
    if "://" in name:
        raise UsageError(f"{where}: includes {name}", advice="fetch it first, and include the file")
    included = _read(file.parent / name, seen)
    if include[1] in {"-r", "--requirement"}:
        return included
    constraints = included.requirements + included.constraints
    return RequirementSet(constraints=constraints, notes=included.notes, place=included.place)


def _option(where: str, line: str) -> str:
    """The note for an ignored option, without its value: it may be an address with a password."""
    name = re.split(r"[\s=]", line, maxsplit=1)[0]
    if name in {"-e", "--editable"}:
        return f"{where}: an editable install is left out: it names a location, not a version"
    return f"{where}: the option {name} is not passed on; uv's own settings and variables hold"


def _place(where: str, text: str) -> str:
    name = text.partition("@")[0].strip() if _is_reference(text) else ""
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
