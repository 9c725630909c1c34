"""Which cause a cell has: the first of the known ones that fits, or an id of its own kind."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from functools import lru_cache

from packaging.version import InvalidVersion, Version

from matrix.causes.known_cause import Condition, Direction, KnownCause, Signature
from matrix.causes.unknown import unknown
from matrix.model import Cell, EnvInfo, Group

_FRAME = re.compile(r'^\s*File "([^"\n]+)", line \d+, in (\S+)', re.MULTILINE)


def cause_of(
    cell: Cell,
    causes: Iterable[KnownCause],
    *,
    estimators: Sequence[str],
    writer: EnvInfo | None,
    reader: EnvInfo | None,
) -> str | None:
    """The id of the cause of a cell that changes or fails; None for others.

    Args:
        cell: judged.
        causes: the first that fits is the one.
        estimators: the full names of the classes in the model.
        writer, reader: what was found in the two environments; None if nothing is known of them.
    """
    if cell.verdict.group not in (Group.CHANGES, Group.FAILS):
        return None
    for cause in causes:
        if any(
            fits(cell, one, estimators) and crosses(cause, one, writer, reader)
            for one in cause.signatures
        ):
            return cause.id
    return unknown(cell, estimators)


# --------------------------------------------------------------------------- what a cell shows


def fits(cell: Cell, signature: Signature, estimators: Sequence[str]) -> bool:
    """Whether a cell shows what a signature says, whatever the versions are."""
    if cell.verdict.group is not signature.group:
        return False
    return (
        _matches(cell.stage, signature.stages)
        and _matches(cell.format, signature.formats)
        and _raised(cell, signature)
        and _share(cell) <= signature.share
        and _inside(signature.estimators, estimators)
    )


def _matches(name: str, globs: tuple[str, ...]) -> bool:
    return not globs or any(fnmatchcase(name, glob) for glob in globs)


def _raised(cell: Cell, signature: Signature) -> bool:
    raised = cell.exception
    if signature.exceptions and (raised is None or raised.type not in signature.exceptions):
        return False
    if signature.message is not None and not _found(signature.message, _said(cell)):
        return False
    if signature.frame is None:
        return True
    return raised is not None and _found(signature.frame, last_frame(raised.traceback))


def _said(cell: Cell) -> str:
    """What was raised; for a change, what is noted of the method that it shows in."""
    if cell.exception is not None:
        return cell.exception.message
    output = cell.outputs.get(cell.stage)
    return "" if output is None else output.note


def _share(cell: Cell) -> float:
    """Of the rows, how many differ in the method that a change shows in."""
    output = cell.outputs.get(cell.stage)
    return output.n_changed / output.n if output is not None and output.n else 0.0


_LONGEST = 4000
"""Characters of a message that are looked at."""


@lru_cache(maxsize=65536)
def _found(pattern: re.Pattern[str], text: str) -> bool:
    return pattern.search(text[:_LONGEST]) is not None


@lru_cache(maxsize=4096)
def last_frame(traceback: str) -> str:
    """The function that raised, as ``folder/file.py:function``; empty if there is none."""
    frames = _FRAME.findall(traceback)
    if not frames:
        return ""
    file, function = frames[-1]
    return "/".join(file.replace("\\", "/").split("/")[-2:]) + f":{function}"


def _inside(wanted: tuple[str, ...], estimators: Sequence[str]) -> bool:
    if not wanted:
        return True
    names = (name.split(".") for name in estimators)
    return any(parts[0] == "sklearn" and parts[-1] in wanted for parts in names)


# --------------------------------------------------------------------------- versions


def crosses(
    cause: KnownCause, signature: Signature, writer: EnvInfo | None, reader: EnvInfo | None
) -> bool:
    """Whether a file goes over the release of a cause, and both ends are as a signature says."""
    if cause.since:
        before, after = _at(cause, writer), _at(cause, reader)
        if before is None or after is None or before == after:
            return False
        way = Direction.UPGRADE if after else Direction.ROLLBACK
        if signature.direction not in (None, way):
            return False
    return _holds(signature.writer, writer) and _holds(signature.reader, reader)


def _at(cause: KnownCause, info: EnvInfo | None) -> bool | None:
    """Whether an environment has the release of a cause, or a later one; None if unknown."""
    found = _version(cause.package, info)
    wanted = _parsed(cause.since)
    if found is None or wanted is None:
        return None
    return found >= wanted


def _holds(conditions: tuple[Condition, ...], info: EnvInfo | None) -> bool:
    for one in conditions:
        found = _version(one.package, info)
        if found is None or not one.versions.contains(found, prereleases=True):
            return False
    return True


def _version(package: str, info: EnvInfo | None) -> Version | None:
    """A version that was found; a pre-release counts as the release that it leads to."""
    if info is None:
        return None
    return _parsed(info.python if package == "python" else info.packages.get(package, ""))


@lru_cache(maxsize=4096)
def _parsed(text: str) -> Version | None:
    try:
        return Version(Version(text).base_version)
    except InvalidVersion:
        return None
