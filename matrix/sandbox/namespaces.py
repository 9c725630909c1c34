"""Run a program in new Linux namespaces with a private root, as bubblewrap does."""

from __future__ import annotations

import ctypes
import os
import signal
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from matrix.sandbox import supervise, system_calls

_NEW_USER, _NEW_MOUNTS, _NEW_PIDS, _NEW_NETWORK = 0x10000000, 0x00020000, 0x20000000, 0x40000000
_NEW_IPC, _NEW_NAMES = 0x08000000, 0x04000000

_NO_SUID, _NO_DEVICES, _NO_PROGRAMS = 2, 4, 8
_REMOUNT, _READ_ONLY, _BIND, _RECURSIVE, _PRIVATE = 32, 1, 4096, 16384, 1 << 18
_DETACH = 2

_NEW_ALL = _NEW_USER | _NEW_MOUNTS | _NEW_PIDS | _NEW_NETWORK | _NEW_IPC | _NEW_NAMES

_CLONE = {"x86_64": 56, "aarch64": 220}
_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
_CAPSET = {"x86_64": 126, "aarch64": 91}
_MOUNT_SETATTR, _AT_RECURSIVE = 442, 0x8000

_DEVICES = ("null", "zero", "full", "random", "urandom")

_ROOT_IS_NOBODY = 0b101111
"""Secure bits: the user id 0 gives no capabilities; the bits are locked (``capabilities(7)``)."""


class _MountAttributes(ctypes.Structure):
    _fields_ = tuple((name, ctypes.c_uint64) for name in ("set", "clear", "spread", "users"))


def run(plan: dict[str, Any], restrict: Callable[[], None], become: Callable[[], None]) -> int:
    """Run a program in new namespaces and return its exit status; its descendants end with it.

    Args:
        plan: of the sandbox.
        restrict: takes more rights from a process and from those that it starts.
        become: replaces a process with the program.

    Raises:
        OSError: namespaces are not available.
    """
    system_calls.die_with_parent()
    user, group = os.getuid(), os.getgid()
    system_calls.call("unshare", _NEW_ALL)
    _map_own(user, group)
    # The first process in the new PID namespace: when it ends, the kernel kills all others in it.
    first = supervise.start(lambda: _run_as_init(plan, restrict, become))
    return supervise.wait_for(first)


def fork() -> int:
    """Fork this process, which has one thread, into new namespaces.

    One process fewer than :func:`run` needs, which matters where a fork copies much memory. The C
    library and Python do not notice this fork: the child must call :func:`run_inside`, which forks
    in the usual way before it runs a program.

    Returns:
        The id of the child; 0 in the child.

    Raises:
        OSError: namespaces are not available.
    """
    machine = os.uname().machine
    if machine not in _CLONE:
        raise OSError(f"the system call numbers of {machine} are unknown")
    return system_calls.syscall(_CLONE[machine], _NEW_ALL | signal.SIGCHLD, 0, 0, 0, 0)


def run_inside(
    plan: dict[str, Any],
    restrict: Callable[[], None],
    become: Callable[[], None],
    ids: tuple[int, int],
) -> None:
    """Run a program in this child of :func:`fork`, and end with its exit status; never returns.

    Args:
        plan, restrict, become: as for :func:`run`.
        ids: of the user and the group of the process before.

    Raises:
        OSError: namespaces cannot be set up.
    """
    _map_own(*ids)
    _run_as_init(plan, restrict, become)


def _map_own(user: int, group: int) -> None:
    """Keep the ids of the user and the group in the new namespace."""
    own = Path("/proc/self")
    (own / "setgroups").write_text("deny")
    (own / "uid_map").write_text(f"{user} {user} 1")
    (own / "gid_map").write_text(f"{group} {group} 1")


def _run_as_init(
    plan: dict[str, Any], restrict: Callable[[], None], become: Callable[[], None]
) -> None:
    system_calls.die_with_parent()
    folder = Path.cwd()
    _build(plan)
    os.chdir(folder)
    _drop_privileges()
    restrict()  # this process too: the program can write to its memory
    os._exit(supervise.wait_for(supervise.start(become)))


def _build(plan: dict[str, Any]) -> None:
    """Build a new root with the paths of the plan, and unmount the old one."""
    _mount("none", "/", None, _RECURSIVE | _PRIVATE)
    base, new, old = Path("/tmp"), Path("/new"), Path("/old")  # noqa: S108
    _mount("tmpfs", str(base), "tmpfs", _NO_SUID | _NO_DEVICES, "size=16m,mode=755")
    for root in (new, old):
        (base / root.name).mkdir()
    _pivot(base, base / old.name)
    _mount("tmpfs", str(new), "tmpfs", _NO_SUID | _NO_DEVICES, "size=16m,mode=755")
    for name in ("proc", "dev", "tmp"):
        (new / name).mkdir()
    _mount("proc", str(new / "proc"), "proc", _NO_SUID | _NO_DEVICES | _NO_PROGRAMS)
    _devices(new / "dev", old / "dev", plan["shared"])
    _mount("tmpfs", str(new / "tmp"), "tmpfs", _NO_SUID | _NO_DEVICES, f"size={plan['temporary']}")
    _bind(plan["readable"], old, new, read_only=True)
    _bind(plan["writable"], old, new, read_only=False)
    for place in (new / "dev", new):
        _mount("none", str(place), None, _REMOUNT | _BIND | _READ_ONLY | _NO_SUID | _NO_DEVICES)
    os.chdir(new)
    _pivot(Path(), Path())
    system_calls.call("umount2", ".", _DETACH)
    os.chdir("/")


def _devices(place: Path, old: Path, shared: int) -> None:
    _mount("tmpfs", str(place), "tmpfs", _NO_SUID, "size=64k,mode=755")
    for name in _DEVICES:
        (place / name).touch()
        _mount(str(old / name), str(place / name), None, _BIND)
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        (place / name).symlink_to(f"/proc/self/fd/{number}")
    (place / "fd").symlink_to("/proc/self/fd")
    (place / "shm").mkdir()
    _mount("tmpfs", str(place / "shm"), "tmpfs", _NO_SUID | _NO_DEVICES, f"size={shared}")


def _bind(paths: Iterable[str], old: Path, new: Path, *, read_only: bool) -> None:
    for path in paths:
        # Symbolic links are resolved as if the root had not changed.
        source, target = _resolve_under(old, path), new / path.lstrip("/")
        if source.is_dir():
            target.mkdir(parents=True, exist_ok=True)
        elif not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.touch()
        _mount(str(source), str(target), None, _BIND | _RECURSIVE)
        _set_mount_flags(target, _READ_ONLY | _NO_SUID if read_only else _NO_SUID)


def _resolve_under(old: Path, path: str) -> Path:
    """Resolve a path of the old root, which is now the folder ``old``, link by link."""
    base = str(old)
    found, rest = base, list(Path(path).parts[1:])
    for _ in range(400):
        if not rest:
            return Path(found)
        part = rest.pop(0)
        if part == "..":
            found = os.path.dirname(found) if found != base else base  # noqa: PTH120 — many paths
            continue
        step = f"{found}/{part}"
        try:
            link = os.readlink(step)  # noqa: PTH115 — a fork server may run on Python 3.7
        except OSError:  # it is no link
            found = step
            continue
        found = base if link.startswith("/") else found
        rest = [*(part for part in link.split("/") if part not in ("", ".")), *rest]
    raise OSError(f"{path} is a loop of symbolic links")


def _set_mount_flags(place: Path, flags: int) -> None:
    """Add flags to a mount and all mounts below it."""
    added = _MountAttributes(set=flags)
    system_calls.syscall(_MOUNT_SETATTR, -100, str(place), _AT_RECURSIVE, ctypes.byref(added), 32)


def _mount(source: str, target: str, kind: str | None, flags: int, options: str = "") -> None:
    system_calls.call("mount", source, target, kind, flags, options or None)


def _pivot(new: Path, old: Path) -> None:
    system_calls.syscall(_PIVOT_ROOT[os.uname().machine], str(new), str(old))
    if new != Path():
        os.chdir("/")


def _drop_privileges() -> None:
    system_calls.prctl(system_calls.PR_SET_SECUREBITS, _ROOT_IS_NOBODY)
    for capability in range(64):
        try:
            system_calls.prctl(system_calls.PR_CAPBSET_DROP, capability)
        except OSError:
            break  # the kernel has no more capabilities
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    none = (ctypes.c_uint32 * 6)()
    system_calls.syscall(_CAPSET[os.uname().machine], ctypes.byref(header), ctypes.byref(none))
    system_calls.prctl(system_calls.PR_SET_NO_NEW_PRIVS, 1)
