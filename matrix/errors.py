"""Errors of the tool itself, each with advice and an exit code.

A model that does not load is not an error: it is a finding, and becomes a cell.
"""

from __future__ import annotations

import enum
import errno
from collections.abc import Iterable

MACHINE = frozenset(
    {errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO, errno.EFBIG}
    | {errno.EMFILE, errno.ENFILE, errno.ENOMEM, getattr(errno, "EDQUOT", errno.ENOSPC)}
)
"""Error numbers of failures of the machine or its disk."""


class Exit(enum.IntEnum):
    """Exit codes of every command."""

    OK = 0
    """Nothing worse than allowed."""
    UNSAFE = 1
    """Something unsafe, or newly worse."""
    USAGE = 2
    """An error in the usage or the configuration; nothing was done. Never for a model that cannot
    be checked."""
    CANNOT_TELL = 3
    """No answer: something required is missing, or a self-check failed."""
    INTERRUPTED = 130
    """Interrupted with Ctrl-C or SIGTERM; finished work is shown and kept."""


def worst(codes: Iterable[Exit]) -> Exit:
    """The exit code of several checks of one command."""
    order = (Exit.INTERRUPTED, Exit.UNSAFE, Exit.CANNOT_TELL, Exit.USAGE)
    found = set(codes)
    return next((code for code in order if code in found), Exit.OK)


class MatrixError(Exception):
    """Base of the errors that this tool raises deliberately.

    Args:
        message: what happened, and where.
        advice: what to do about it.
    """

    exit_code: Exit = Exit.USAGE

    def __init__(self, message: str, *, advice: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice

    def __str__(self) -> str:
        return f"{self.message}\n  {self.advice}" if self.advice else self.message


class UsageError(MatrixError):
    """An invalid command line."""


class MissingOptionError(UsageError):
    """There is no answer without an option that the user has to decide about.

    Args:
        message: what is unknown.
        why: what the option decides; a sentence without its full stop.
        option: with its value, as it can be pasted.
    """

    def __init__(self, message: str, *, why: str, option: str) -> None:
        super().__init__(message, advice=f"{why}: {option}")
        self.why = why
        self.option = option


class SandboxError(MatrixError):
    """The sandbox is not available."""

    exit_code = Exit.CANNOT_TELL


class ConfigError(MatrixError):
    """The configuration has an error.

    Args:
        source: the file it was read from.
        path: the key in the file, such as ``tool.matrix.sets.default.exclude[2].reason``.
        problem: what is wrong with the value.
    """

    def __init__(self, source: object, path: str, problem: str, *, advice: str = "") -> None:
        where = f"{source}: {path}" if path else str(source)
        super().__init__(f"{where}: {problem}", advice=advice)
        self.source = source
        self.path = path
        self.problem = problem


class PipelineFileError(MatrixError):
    """A file of reference pipelines cannot be used."""


class NotAModelError(MatrixError):
    """A file is not a saved model, or cannot be read: the question about it has no answer.

    Args:
        path: the file.
        problem: what is wrong with it, such as "is empty".
        other: what the file is, such as "CSV text", if its content is certainly no model; empty
            if it may be one.
    """

    exit_code = Exit.CANNOT_TELL

    def __init__(self, path: object, problem: str, *, advice: str = "", other: str = "") -> None:
        shown = str(path)
        super().__init__(
            f"{shown if shown.isprintable() else ascii(shown)} {problem}", advice=advice
        )
        self.path = path
        self.problem = problem
        self.other = other


class NoSuchFileError(NotAModelError):
    """A path names no file: it does not exist, or is a folder. The command line is wrong."""

    exit_code = Exit.USAGE


class StoreError(MatrixError):
    """Results cannot be stored or read: no space, no permission, damage."""

    exit_code = Exit.CANNOT_TELL


class CannotTellError(MatrixError):
    """There is no answer, such as for a run without any environment."""

    exit_code = Exit.CANNOT_TELL
