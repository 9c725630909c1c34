"""Landlock: restrict irrevocably what this process and its children may read and write.

Source: the kernel's ``Documentation/userspace-api/landlock.rst``.
"""

from __future__ import annotations

import ctypes
import os
import stat
from collections.abc import Iterable

from matrix.sandbox import system_calls

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION, _PATH_BENEATH = 1, 1

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR, REMOVE_DIR, REMOVE_FILE = (1 << n for n in range(6))
MAKE_CHAR, MAKE_DIR, MAKE_REG, MAKE_SOCK, MAKE_FIFO, MAKE_BLOCK = (1 << n for n in range(6, 12))
MAKE_SYM, REFER, TRUNCATE, IOCTL_DEV = (1 << n for n in range(12, 16))

_READ = EXECUTE | READ_FILE | READ_DIR
_WRITE = WRITE_FILE | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG | REFER | TRUNCATE
"""Allows regular files and folders; links, pipes, sockets and devices cannot be created."""
_FILE_ACCESS = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV

_TCP = 0b11
_ABSTRACT_SOCKETS_AND_SIGNALS = 0b11

MIN_VERSION = 3
"""The first version of the interface that controls truncation (Linux 6.2)."""

_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
_SYSTEM_FILES = ("/proc/cpuinfo", "/proc/meminfo", "/proc/stat")


class _Ruleset(ctypes.Structure):
    _fields_ = (
        ("files", ctypes.c_uint64),
        ("network", ctypes.c_uint64),
        ("scoped", ctypes.c_uint64),
    )


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


def restrict(readable: Iterable[str], writable: Iterable[str]) -> None:
    """Allow reading some paths and writing others, and nothing else.

    Raises:
        OSError: the kernel has no Landlock, or a version that is too old.
    """
    version = system_calls.syscall(_CREATE_RULESET, 0, 0, _VERSION)
    if version < MIN_VERSION:
        raise OSError(f"Landlock has version {version}; version {MIN_VERSION} is needed")
    handled = (1 << (16 if version >= 5 else 15)) - 1
    rules = _Ruleset(
        files=handled,
        network=_TCP if version >= 4 else 0,
        scoped=_ABSTRACT_SOCKETS_AND_SIGNALS if version >= 6 else 0,
    )
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    ruleset = system_calls.syscall(_CREATE_RULESET, ctypes.byref(rules), size, 0)
    for path in (*readable, *_SYSTEM_FILES):
        _allow(ruleset, path, _READ)
    for path in writable:
        _allow(ruleset, path, _READ | _WRITE)
    for path in _DEVICES:
        _allow(ruleset, path, READ_FILE | WRITE_FILE)
    system_calls.prctl(system_calls.PR_SET_NO_NEW_PRIVS, 1)
    system_calls.syscall(_RESTRICT_SELF, ruleset, 0)
    os.close(ruleset)


def _allow(ruleset: int, path: str, access: int) -> None:
    try:
        found = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(found).st_mode):
            access &= _FILE_ACCESS
        rule = _Beneath(allowed=access, parent=found)
        system_calls.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, ctypes.byref(rule), 0)
    finally:
        os.close(found)
