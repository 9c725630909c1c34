"""What is wrong with a stream of bytes, told to those who know the file's name."""

from __future__ import annotations

ANEW = "Copy or download it again, or save the model anew."
"""What to do about a file that came here damaged."""


class UnreadableError(Exception):
    """The bytes cannot be read on.

    Args:
        problem: what is wrong, such as "holds byte 0xff where an instruction belongs".
        advice: what to do about it.
        position: after how many (unpacked) bytes, if it is known.
    """

    def __init__(self, problem: str, *, advice: str = "", position: int | None = None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.advice = advice
        self.position = position


class DamageError(UnreadableError):
    """The bytes are no sound pickle."""


class TruncatedError(UnreadableError):
    """The bytes end too early."""


class TooMuchError(UnreadableError):
    """The bytes would take more than is allowed."""
