"""Linux system calls that Python does not provide."""

from __future__ import annotations

import ctypes
import os
import signal

_LIBC = ctypes.CDLL(None, use_errno=True) if os.name == "posix" else None

PR_SET_PDEATHSIG, PR_CAPBSET_DROP, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 1, 24, 36, 38
PR_SET_SECCOMP, PR_SET_SECUREBITS = 22, 28


def call(name: str, *arguments: object) -> int:
    """Call a function of the C library.

    Raises:
        OSError: it failed, or does not exist.
    """
    function = getattr(_LIBC, name, None)
    if function is None:
        raise OSError(f"this system has no {name}")
    function.restype = ctypes.c_long
    return _checked(function(*map(_argument, arguments)), name)


def syscall(number: int, *arguments: object) -> int:
    """Make a system call that the C library has no function for.

    Raises:
        OSError: it failed.
    """
    return call("syscall", number, *arguments)


def prctl(option: int, first: int = 0, second: object = 0) -> None:
    """Change something about this process.

    Raises:
        OSError: the kernel does not support it, or refuses.
    """
    call("prctl", option, first, second, 0, 0)


def die_with_parent() -> None:
    """Make the kernel kill this process when its parent ends."""
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def status_of(waited: int) -> int:
    """The exit status for what ``os.wait`` says of a child: 128 plus the number of a signal."""
    return 128 + os.WTERMSIG(waited) if os.WIFSIGNALED(waited) else os.WEXITSTATUS(waited)


def _argument(value: object) -> object:
    if isinstance(value, str):
        return os.fsencode(value)
    return ctypes.c_long(value) if isinstance(value, int) else value


def _checked(found: int, name: str) -> int:
    if found == -1:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
    return found
