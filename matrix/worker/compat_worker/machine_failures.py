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

_MESSAGES = ("can't start new thread", "failed to map segment")
"""What errors without a number say: of Python, of the dynamic loader."""


class MachineFailedError(BaseException):
    """A piece is given up; raised from what the machine raised.

    No Exception, so that no model and no library takes it for one of its own.
    """


def exit_status(error: BaseException) -> Optional[int]:
    """The exit status for an exception that is the machine's, or came of one; None for others."""
    for one in _chain(error):
        if isinstance(one, MemoryError):
            return OUT_OF_MEMORY
        number = _errno(one)
        if number is not None:
            return OUT_OF_MEMORY if number == errno.ENOMEM else FAILED
        if isinstance(one, (ImportError, RuntimeError)) and any(w in str(one) for w in _MESSAGES):
            return OUT_OF_MEMORY
    return FAILED if isinstance(error, MachineFailedError) else None


def raise_if_machine_failed(error: BaseException) -> None:
    """Raise MachineFailedError if an exception is the machine's, or came of one that was."""
    if exit_status(error) is not None:
        raise MachineFailedError from error


def exit_if_machine_failed(error: BaseException) -> None:
    """End the interpreter at once if an exception is the machine's; else return."""
    found = exit_status(error)
    if found is None:
        return
    words = next(one for one in _chain(error) if not isinstance(one, MachineFailedError))
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


def _errno(error: BaseException) -> Optional[int]:
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
