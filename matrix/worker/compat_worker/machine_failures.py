"""Failures of the machine: no memory, no room, too many open files. They say nothing of versions.

No answer may come of them. A worker that meets one gives up its piece and ends with an exit status
of its own, which needs neither memory nor disk to be told. The orchestrator reads the statuses from
here too, so nothing is imported but the standard library.
"""

import contextlib
import errno
import os
import sys
from typing import Iterator, List, Optional

OUT_OF_MEMORY = 81
"""Exit status: memory ran out, or the limit on it was reached."""

FAILED = 82
"""Exit status: something else of the machine failed, such as a full disk."""

_NUMBERS = {
    getattr(errno, name)
    for name in (
        "EAGAIN",
        "EDQUOT",
        "EFBIG",
        "EIO",
        "EMFILE",
        "ENFILE",
        "ENOMEM",
        "ENOSPC",
        "EROFS",
        "ESTALE",
    )
    if hasattr(errno, name)
}

_WORDS = ("can't start new thread", "failed to map segment")
"""What errors without a number say: of Python, of the dynamic loader."""


class GivenUp(BaseException):
    """A piece is given up; raised from what the machine raised.

    No Exception, so that no model and no library takes it for one of its own.
    """


def status(error: BaseException) -> Optional[int]:
    """The exit status for an exception that is the machine's, or came of one; None for others."""
    for one in _chain(error):
        if isinstance(one, MemoryError):
            return OUT_OF_MEMORY
        number = _number(one)
        if number is not None:
            return OUT_OF_MEMORY if number == errno.ENOMEM else FAILED
        if isinstance(one, (ImportError, RuntimeError)) and any(w in str(one) for w in _WORDS):
            return OUT_OF_MEMORY
    return FAILED if isinstance(error, GivenUp) else None


def give_up_on(error: BaseException) -> None:
    """Raise GivenUp if an exception is the machine's, or came of one that was."""
    if status(error) is not None:
        raise GivenUp from error


def leave(error: BaseException) -> None:
    """End the interpreter at once if an exception is the machine's; else return."""
    found = status(error)
    if found is None:
        return
    words = next(one for one in _chain(error) if not isinstance(one, GivenUp))
    with contextlib.suppress(Exception):  # on a full disk the status says enough
        sys.stderr.write("\n{}: {}\n".format(type(words).__name__, words))
        sys.stderr.flush()
    os._exit(found)  # a full disk would change the status while buffers are written


def _chain(error: Optional[BaseException]) -> Iterator[BaseException]:
    """An exception and those that it came from, hidden ones too."""
    seen: List[BaseException] = []
    while error is not None and error not in seen:
        seen.append(error)
        yield error
        error = error.__cause__ or error.__context__


def _number(error: BaseException) -> Optional[int]:
    """Which of the machine's failures an exception is, by its number or its words."""
    number: Optional[int]
    if isinstance(error, OSError):
        number = error.errno
        return number if number in _NUMBERS else None
    if isinstance(error, ImportError):
        # The dynamic loader ends with the system's own words. "cannot allocate memory in static
        # TLS block" does not: that is the environment's fault, not the machine's.
        for number in sorted(_NUMBERS):
            if str(error).endswith(os.strerror(number)):
                return number
    return None
