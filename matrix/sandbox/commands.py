"""Build the command lines that start a process inside each kind of sandbox."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

LAUNCHER = Path(__file__).with_name("launcher.py")

PACKAGE = Path(__file__).parents[1]

_MB = 1024 * 1024

SHARED, TEMPORARY = 512 * _MB, 512 * _MB
"""Sizes of a private ``/dev/shm`` and ``/tmp``, in bytes."""

_SYSTEM = (
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/nix/store",
    "/gnu/store",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/alternatives",
    "/etc/localtime",
    "/etc/nsswitch.conf",
    "/etc/passwd",
    "/etc/group",
    "/sys/devices/system/cpu",
)
"""System paths that programs need and that hold no secrets."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Folders:
    """The folders that a process may write to, and the paths that it may read."""

    writable: tuple[Path, ...]
    readable: tuple[Path, ...]

    def visible(self) -> list[str]:
        """All readable paths that exist, each once, parents first."""
        given = {path.absolute() for path in self.readable}
        there = {*_always_visible(), *(path for path in given if path.exists())}
        return [str(path) for path in sorted(there)]

    def own(self) -> list[str]:
        """All writable paths."""
        return [str(path.absolute()) for path in self.writable]


@cache
def _always_visible() -> frozenset[Path]:
    """The paths that every sandbox may read: of the system, and of the launcher."""
    own = (*interpreter(Path(sys.executable)), PACKAGE)
    paths = {*map(Path, _SYSTEM), *(path.absolute() for path in own)}
    return frozenset(path for path in paths if path.exists())


@lru_cache(maxsize=1000)
def interpreter(executable: Path) -> tuple[Path, ...]:
    """The paths that an interpreter needs: its environment and each one it is based on."""
    found = []
    for step in _link_chain(executable.absolute()):
        prefix = step.parent.parent
        if prefix == Path(prefix.anchor) or Path.home().is_relative_to(prefix):
            found += [step, *(prefix / name for name in ("lib", "lib64", "pyvenv.cfg"))]
        else:
            found.append(prefix)
    return tuple(found)


def _link_chain(path: Path) -> Iterator[Path]:
    """A path and the targets of its symbolic links, one link at a time."""
    for _ in range(40):  # the limit of Linux
        yield path
        if not path.is_symlink():
            return
        path = path.parent / path.readlink()


def plan(kind: str, folders: Folders, limits: Mapping[str, int]) -> dict[str, object]:
    """The plan of a sandbox, as ``launcher.py`` documents it.

    Args:
        kind: name of a :class:`matrix.sandbox.kinds.SandboxKind` in lower case.
        folders: writable and readable paths.
        limits: by name of the resource (``RLIMIT_…``), its limit.
    """
    found: dict[str, object] = {"kind": kind, "limits": dict(limits)}
    if kind in ("namespaces", "landlock"):
        found |= {"readable": folders.visible(), "writable": folders.own()}
        found |= {"shared": SHARED, "temporary": TEMPORARY}
    return found


def command_line(
    kind: str, argv: Sequence[str], folders: Folders, limits: Mapping[str, int], program: str
) -> list[str]:
    """The command line that runs ``argv`` in a sandbox.

    Args:
        kind, folders, limits: as for :func:`plan`.
        argv: the program and its arguments.
        program: path of bubblewrap; only for ``bubblewrap``.
    """
    text = json.dumps(plan(kind, folders, limits))
    launched = [sys.executable, "-I", "-S", str(LAUNCHER), text, *argv]
    if kind != "bubblewrap":
        return launched
    return [program, *_bubblewrap(folders), "--", *launched]


def _bubblewrap(folders: Folders) -> Iterable[str]:
    yield from ("--unshare-all", "--die-with-parent", "--cap-drop", "ALL")
    yield from ("--proc", "/proc", "--dev", "/dev")
    yield from ("--size", str(SHARED), "--tmpfs", "/dev/shm")  # noqa: S108
    yield from ("--size", str(TEMPORARY), "--tmpfs", "/tmp")  # noqa: S108
    for path in folders.visible():
        yield from ("--ro-bind", path, path)
    for path in folders.own():
        yield from ("--bind", path, path)
    yield from ("--remount-ro", "/dev", "--remount-ro", "/")
    if folders.writable:
        yield from ("--chdir", folders.own()[0])
