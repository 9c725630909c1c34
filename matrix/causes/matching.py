"""Finds the cause of a cell: the first known cause that matches, else a generated id."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from functools import lru_cache

from packaging.version import InvalidVersion, Version

from matrix.causes.known_cause import Condition, KnownCause, Pattern, Signature
from matrix.causes.unknown import unknown
from matrix.frameworks import BY_MODULE
from matrix.model import Cell, Direction, EnvInfo, Group, Verdict
from matrix.worker.compat_worker.formats import READABLE

_FRAME = re.compile(r'^\s*File "([^"\n]+)", line \d+, in (\S+)', re.MULTILINE)


def cause_of(
    cell: Cell,
    causes: Iterable[KnownCause],
    *,
    estimators: Sequence[str],
    writer: EnvInfo | None,
    reader: EnvInfo | None,
) -> str | None:
    """Return the id of the cause of a cell that is known not to be safe; None for other cells.

    Args:
        cell: with its verdict.
        causes: the first match is returned.
        estimators: full names of the classes in the model.
        writer, reader: what is installed in the two environments; None if unknown.
    """
    if not cell.verdict.group.unsafe:
        return None
    for cause in causes:
        if any(
            fits(cell, one, estimators) and crosses(cause, one, writer, reader)
            for one in cause.signatures
        ):
            return cause.id
    return unknown(cell, estimators)


# --------------------------------------------------------------------------- evidence of a cell


def fits(cell: Cell, signature: Signature, estimators: Sequence[str]) -> bool:
    """Whether a cell matches a signature, apart from the versions.

    A file that a runtime runs has no estimators: only signatures that name its format match.
    """
    if _evidence_group(cell) is not signature.group:
        return False
    if not signature.formats and _is_portable(cell.format):
        return False
    return (
        _matches(cell.stage, signature.stages)
        and _matches(cell.format, signature.formats)
        and _made_otherwise(cell, signature)
        and _raised(cell, signature)
        and _share(cell) <= signature.share
        and _has_estimator(signature.estimators, estimators)
    )


def _is_portable(format_name: str) -> bool:
    return format_name in READABLE and bool(READABLE[format_name].methods)


def _evidence_group(cell: Cell) -> Group:
    """Return the group that signatures name: a ``repr`` fails with an exception, as others do."""
    group = cell.verdict.group
    return Group.FAILS if group is Group.LIMITED else group


def _matches(name: str, globs: tuple[str, ...]) -> bool:
    return not globs or any(fnmatchcase(name, glob) for glob in globs)


def _made_otherwise(cell: Cell, signature: Signature) -> bool:
    """Whether the table decided the verdict as the signature says, or the model as it says."""
    by_table = cell.verdict is Verdict.INPUT_CHANGED or (
        cell.verdict is Verdict.USE_FAILED and bool(cell.reason)
    )
    if signature.table is None:
        return not by_table
    return by_table and _found(signature.table, cell.reason)


def _raised(cell: Cell, signature: Signature) -> bool:
    raised = cell.exception
    if signature.exceptions and (raised is None or raised.type not in signature.exceptions):
        return False
    if signature.message is not None and not _found(signature.message, _message(cell)):
        return False
    if signature.frame is None:
        return True
    return raised is not None and _found(signature.frame, last_frame(raised.traceback))


def _message(cell: Cell) -> str:
    """Return the message of the exception; for a change, the note of the deciding method."""
    if cell.exception is not None:
        return cell.exception.message
    output = cell.outputs.get(cell.stage)
    return "" if output is None else output.note


def _share(cell: Cell) -> float:
    """Return the fraction of rows that differ in the deciding method."""
    output = cell.outputs.get(cell.stage)
    return output.n_changed / output.n if output is not None and output.n else 0.0


_LONGEST = 4000
"""Characters of a message that are searched."""


@lru_cache(maxsize=65536)
def _found(pattern: Pattern, text: str) -> bool:
    return pattern.search(text[:_LONGEST]) is not None


@lru_cache(maxsize=4096)
def last_frame(traceback: str) -> str:
    """Return the function that raised, as ``folder/file.py:function``; empty if unknown."""
    frames = _FRAME.findall(traceback)
    if not frames:
        return ""
    file, function = frames[-1]
    return "/".join(file.replace("\\", "/").split("/")[-2:]) + f":{function}"


def _has_estimator(names: tuple[str, ...], estimators: Sequence[str]) -> bool:
    if not names:
        return True
    paths = (name.split(".") for name in estimators)
    return any(parts[0] in BY_MODULE and parts[-1] in names for parts in paths)


# --------------------------------------------------------------------------- versions


def crosses(
    cause: KnownCause, signature: Signature, writer: EnvInfo | None, reader: EnvInfo | None
) -> bool:
    """Whether a file crosses the release of a cause, and the versions match the signature."""
    if cause.since:
        before, after = _has_release(cause, writer), _has_release(cause, reader)
        if before is None or after is None or before == after:
            return False
        direction = Direction.UPGRADE if after else Direction.ROLLBACK
        if signature.direction not in (None, direction):
            return False
    return _holds(signature.writer, writer) and _holds(signature.reader, reader)


def _has_release(cause: KnownCause, info: EnvInfo | None) -> bool | None:
    """Whether an environment has the release of a cause or a later one; None if unknown."""
    found = _version(cause.package, info)
    release = _parsed(cause.since)
    if found is None or release is None:
        return None
    return found >= release


def _holds(conditions: tuple[Condition, ...], info: EnvInfo | None) -> bool:
    for one in conditions:
        found = _version(one.package, info)
        if found is None or not one.versions.contains(found, prereleases=True):
            return False
    return True


def _version(package: str, info: EnvInfo | None) -> Version | None:
    """Return the installed version; a pre-release counts as its final release."""
    if info is None:
        return None
    return _parsed(info.python if package == "python" else info.packages.get(package, ""))


@lru_cache(maxsize=4096)
def _parsed(text: str) -> Version | None:
    try:
        return Version(Version(text).base_version)
    except InvalidVersion:
        return None
