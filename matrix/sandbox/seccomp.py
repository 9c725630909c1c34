"""seccomp: refuse system calls irrevocably to this process and its children.

The filter lists refused calls, because scientific libraries make nearly all others. It is a second
line of defense; only for the network it is the first, because Landlock controls TCP alone. Each
entry has the number of a call on x86-64 and on 64-bit ARM.
"""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from matrix.sandbox import system_calls

_REFUSED = {
    "socket": (41, 198),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "pidfd_getfd": (438, 438),
    "kcmp": (312, 272),
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),  # its operations bypass filters
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "open_by_handle_at": (304, 265),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    "quotactl": (179, 60),
    "acct": (163, 89),
    "syslog": (103, 116),
}

_REFUSED_WITH_LANDLOCK = {
    "chown": (92, None),
    "fchown": (93, 55),
    "lchown": (94, None),
    "fchownat": (260, 54),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
    "setxattrat": (463, 463),
    "removexattrat": (466, 466),
    "setpriority": (141, 140),
    "sched_setaffinity": (203, 122),
    "sched_setscheduler": (144, 119),
    "sched_setparam": (142, 118),
    "sched_setattr": (314, 274),
    "ioprio_set": (251, 30),
    "shmget": (29, 194),
    "msgget": (68, 186),
    "semget": (64, 190),
    "mq_open": (240, 180),
    "mq_unlink": (241, 181),
}
"""Calls that Landlock does not control; namespaces isolate their effects."""

_IGNORED_WITH_LANDLOCK = {
    "chmod": (90, None),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "utime": (132, None),
    "utimes": (235, None),
    "futimesat": (261, None),
    "utimensat": (280, 88),
}
"""Such calls too, but libraries call them on their own files and expect success."""

_CLONE, _CLONE3, _PRLIMIT = (56, 220), (435, 435), (302, 261)
_NEW_NAMESPACES = 0x7E020000 | 0x80

_ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
_X32 = 0x40000000

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000

if TYPE_CHECKING:
    Instruction = tuple[int, int, int, int]


class _Filter(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p))


class _FilterStruct(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_uint16),
        ("if_true", ctypes.c_uint8),
        ("if_false", ctypes.c_uint8),
        ("value", ctypes.c_uint32),
    )


def restrict(*, attributes: bool, required: bool) -> None:
    """Install the filter.

    Args:
        attributes: also refuse changes to owners, modes and times of files, and to the scheduling
            of other processes; for sandboxes without namespaces.
        required: raise if the system call numbers of this machine are unknown.

    Raises:
        OSError: the filter is required and not available.
    """
    machine = os.uname().machine
    if machine not in _ARCHITECTURES or sys.maxsize < 2**32:
        if required:
            raise OSError(f"the system call numbers of {machine} are unknown")
        return
    found = list(program(machine, attributes=attributes))
    code = (_FilterStruct * len(found))(*(_FilterStruct(*one) for one in found))
    filter_ = _Filter(len(found), ctypes.cast(code, ctypes.c_void_p))
    system_calls.prctl(system_calls.PR_SET_NO_NEW_PRIVS, 1)
    system_calls.prctl(system_calls.PR_SET_SECCOMP, 2, ctypes.byref(filter_))


def program(machine: str, *, attributes: bool) -> Iterator[Instruction]:
    """The filter for a machine, as instructions: code, jump if true, jump if false, value."""
    column, architecture = _ARCHITECTURES[machine]
    yield _LOAD, 0, 0, _ARCHITECTURE
    yield _EQUAL, 1, 0, architecture
    yield _return(errno.EPERM)
    yield _LOAD, 0, 0, _NUMBER
    if machine == "x86_64":
        yield _AT_LEAST, 0, 1, _X32
        yield _return(errno.EPERM)
    refused = {**_REFUSED, **(_REFUSED_WITH_LANDLOCK if attributes else {})}
    yield from _each(refused, column, errno.EPERM)
    if attributes:
        yield from _each(_IGNORED_WITH_LANDLOCK, column, 0)
    yield from _each({"clone3": _CLONE3}, column, errno.ENOSYS)  # callers fall back to clone
    yield _EQUAL, 0, 4, _CLONE[column]
    yield _LOAD, 0, 0, _FIRST_ARGUMENT
    yield _ANY_BIT, 0, 1, _NEW_NAMESPACES
    yield _return(errno.EPERM)
    yield _RETURN, 0, 0, _ALLOW
    yield _EQUAL, 0, 3, _PRLIMIT[column]
    yield _LOAD, 0, 0, _FIRST_ARGUMENT  # the process; 0 is this one
    yield _EQUAL, 1, 0, 0
    yield _return(errno.EPERM)
    yield _RETURN, 0, 0, _ALLOW


def _each(
    calls: dict[str, tuple[int, int]] | dict[str, tuple[int, int | None]], column: int, number: int
) -> Iterator[Instruction]:
    for numbers in calls.values():
        here = numbers[column]
        if here is not None:
            yield _EQUAL, 0, 1, here
            yield _return(number)


def _return(number: int) -> Instruction:
    return _RETURN, 0, 0, _ERRNO | number
