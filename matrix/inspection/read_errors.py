"""Errors of reading a stream of bytes; callers add the name of the file."""

from __future__ import annotations

COPY_AGAIN = "Copy or download it again, or save the model again."
"""Advice for damaged files."""


class UnreadableError(Exception):
    """The bytes cannot be read.

    Args:
        problem: what is wrong, such as "holds byte 0xff instead of an opcode".
        advice: what to do about it.
        position: offset in (decompressed) bytes; None if unknown.
        other: what the file is, if it is certainly no model; empty if it may be one.
    """

    def __init__(
        self, problem: str, *, advice: str = "", position: int | None = None, other: str = ""
    ) -> None:
        super().__init__(problem)
        self.problem = problem
        self.advice = advice
        self.position = position
        self.other = other


class DamageError(UnreadableError):
    """The bytes are not a valid pickle."""


class TruncatedError(UnreadableError):
    """The bytes end too early."""


class TooMuchError(UnreadableError):
    """Reading the bytes would exceed a limit."""
