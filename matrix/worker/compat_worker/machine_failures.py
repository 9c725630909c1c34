"""Failures of the machine, such as no memory, a full disk or too many open files.

They say nothing about versions, so they must not become an answer. A worker that meets one abandons
its piece and ends with one of the exit statuses below, which needs neither memory nor disk. The
orchestrator imports this module too, so it imports only the standard library.
"""

import contextlib
import errno
import os
import sys
from typing import Iterator, List, Optional

OUT_OF_MEMORY = 81
"""Exit status: memory ran out, or its limit was reached."""

FAILED = 82
"""Exit status: another failure of the machine, such as too many open files."""

DISK_FULL = 83
"""Exit status: a disk or a quota is full. The output of the worker may be on that disk, so the
status alone must say it."""

DISK_FULL_WORDS = "the disk is full"

_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}

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
"""Parts of messages of errors without errno: from Python, from the dynamic loader."""


class MachineFailedError(BaseException):
    """The machine failed; the current piece is abandoned. The cause is the original error.

    Not a subclass of Exception, so that no model and no library catches it.
    """


def exit_status(error: BaseException) -> Optional[int]:
    """The exit status if an exception, or one in its chain, is a machine failure; else None."""
    for one in _chain(error):
        if isinstance(one, MemoryError):
            return OUT_OF_MEMORY
        number = _errno(one)
        if number is not None:
            if number in _FULL:
                return DISK_FULL
            return OUT_OF_MEMORY if number == errno.ENOMEM else FAILED
        if isinstance(one, (ImportError, RuntimeError)) and any(w in str(one) for w in _MESSAGES):
            return OUT_OF_MEMORY
    return FAILED if isinstance(error, MachineFailedError) else None


def raise_if_machine_failed(error: BaseException) -> None:
    """Raise MachineFailedError if an exception, or one in its chain, is a machine failure."""
    if exit_status(error) is not None:
        raise MachineFailedError from error


def exit_if_machine_failed(error: BaseException) -> None:
    """End the interpreter at once if an exception is a machine failure; else return."""
    found = exit_status(error)
    if found is None:
        return
    words = next(one for one in _chain(error) if not isinstance(one, MachineFailedError))
    with contextlib.suppress(Exception):  # the message may not fit on a full disk
        sys.stderr.write("\n{}: {}\n".format(type(words).__name__, words))
        sys.stderr.flush()
    os._exit(found)  # flushing buffers to a full disk would change the status


def _chain(error: Optional[BaseException]) -> Iterator[BaseException]:
    """An exception and all its causes and contexts, suppressed ones too."""
    seen: List[BaseException] = []
    while error is not None and error not in seen:
        seen.append(error)
        yield error
        error = error.__cause__ or error.__context__


def _errno(error: BaseException) -> Optional[int]:
    """The errno of a machine failure, by the number or the message of an exception; else None."""
    number: Optional[int]
    if isinstance(error, OSError):
        number = error.errno
        return number if number in _NUMBERS else None
    if isinstance(error, ImportError):
        # The dynamic loader ends its message with that of the system. "cannot allocate memory in
        # static TLS block" does not end so: it is a fault of the environment, not of the machine.
        for number in sorted(_NUMBERS):
            if str(error).endswith(os.strerror(number)):
                return number
    return None
