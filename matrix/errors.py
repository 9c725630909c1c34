"""What can go wrong in the tool itself, each with advice and an exit code.

A model that does not load is no error here: it is a finding, and becomes a cell.
"""

from __future__ import annotations

import enum
import errno

MACHINE = frozenset(
    {errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO, errno.EFBIG}
    | {errno.EMFILE, errno.ENFILE, errno.ENOMEM, getattr(errno, "EDQUOT", errno.ENOSPC)}
)
"""Numbers of errors that are the machine's or its disk's, wherever they show."""


class Exit(enum.IntEnum):
    """Exit codes of every command."""

    OK = 0
    """Nothing worse than what was allowed."""
    UNSAFE = 1
    """Something unsafe, or newly worse."""
    USAGE = 2
    """Usage or configuration: nothing was done."""
    CANNOT_TELL = 3
    """The answer needs something that is missing, or a self-check was missed."""
    INTERRUPTED = 130
    """Ctrl-C; what was finished is kept."""


class MatrixError(Exception):
    """Base of the errors this tool raises on purpose.

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
    """The command line asks for something that cannot be."""


class SandboxError(MatrixError):
    """What is to hold the models is not to be had."""

    exit_code = Exit.CANNOT_TELL


class ConfigError(MatrixError):
    """The configuration is wrong.

    Args:
        source: the file it was read from.
        path: where in that file, such as ``tool.matrix.sets.default.exclude[2].reason``.
        problem: what is wrong there.
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
    """A file is no saved model, or none that can be read.

    Args:
        path: the file.
        problem: what is wrong with it, such as "is empty".
    """

    def __init__(self, path: object, problem: str, *, advice: str = "") -> None:
        shown = str(path)
        super().__init__(
            f"{shown if shown.isprintable() else ascii(shown)} {problem}", advice=advice
        )
        self.path = path
        self.problem = problem


class StoreError(MatrixError):
    """Results cannot be kept or read: no space, no permission, damage."""

    exit_code = Exit.CANNOT_TELL


class CannotTellError(MatrixError):
    """The question has no answer here, such as a run without a single environment."""

    exit_code = Exit.CANNOT_TELL
