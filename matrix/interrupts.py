"""Ctrl-C and SIGTERM end a command calmly, whatever it does at that moment.

As long as no work has begun, such as during imports, the process ends at once: there is nothing to
put in order, and an exception inside an import would show a traceback. Later the signal raises
KeyboardInterrupt once, so that child processes are ended and finished work is kept.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from types import FrameType

from matrix.errors import Exit

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def end_at_once() -> None:
    """From now on, end the process at the first signal, with one line and exit code 130.

    A signal that the parent process ignores, as a shell does for its jobs in the background, stays
    ignored.
    """
    for number in _SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _end)


def _end(_number: int, _frame: FrameType | None) -> None:
    _write("interrupted\n")
    os._exit(Exit.INTERRUPTED)


@contextlib.contextmanager
def raised() -> Iterator[None]:
    """Raise KeyboardInterrupt at the first signal, so that what was started is put in order.

    The second one says that this is under way, and the third one ends the process at once.
    """
    handler = _Counted()
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    for number, previous in before.items():
        if previous is not signal.SIG_IGN:
            signal.signal(number, handler)
    try:
        yield
    finally:
        for number, previous in before.items():
            if previous is not None:  # None: it was not set by Python
                signal.signal(number, previous)


class _Counted:
    """A handler of signals that distinguishes the first from those that follow."""

    def __init__(self) -> None:
        self._count = 0

    def __call__(self, _number: int, _frame: FrameType | None) -> None:
        self._count += 1
        if self._count == 1:
            raise KeyboardInterrupt
        if self._count > 2:
            os._exit(Exit.INTERRUPTED)
        _write("ending what was started; Ctrl-C once more ends without waiting for it\n")


def _write(text: str) -> None:
    """Write without the stream of Python, which the signal may have interrupted."""
    with contextlib.suppress(OSError):  # there may be nobody to read it
        os.write(2, text.encode())
