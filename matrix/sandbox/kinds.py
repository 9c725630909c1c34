"""A sandbox: its kind, the promises observed to hold, and the command line that starts in it."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from matrix.sandbox.commands import Folders, command_line, plan


class SandboxKind(str, enum.Enum):
    """The ways to contain a process, the strongest first."""

    BUBBLEWRAP = "bubblewrap"
    NAMESPACES = "user namespaces"
    LANDLOCK = "Landlock and seccomp"
    LIMITS = "resource limits only"
    OFF = "no sandbox"

    @property
    def contains(self) -> bool:
        """Whether it is more than resource limits."""
        return self not in (SandboxKind.LIMITS, SandboxKind.OFF)


class Promise(str, enum.Enum):
    """What code inside cannot do; each promise is tested from inside before it is reported."""

    NETWORK = "no network"
    WRITING = "no writing outside its scratch folder"
    READING = "no reading of your other files"
    SIGNALS = "no signals to other processes"
    CHILDREN = "no process left behind"


ESSENTIAL = frozenset({Promise.NETWORK, Promise.WRITING})
"""A kind that does not keep these promises is not used."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ProcessLimits:
    """Resource limits of a process; the worker limits its memory itself."""

    file: int = 1024**3
    """Bytes of each file that it writes."""
    processes: int = 2048
    """Processes and threads at once; only in namespaces, and not for root."""
    seconds: int = 600
    """Seconds of processor time."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sandbox:
    """A way to start a process with fewer rights."""

    kind: SandboxKind
    promises: tuple[Promise, ...] = ()
    """The promises that were observed to hold on this system."""
    program: str = ""
    """Path of bubblewrap; empty for other kinds."""

    @property
    def words(self) -> str:
        """Its kind and promises in words; a warning for kinds that do not contain."""
        if self.kind is SandboxKind.OFF:
            return "no sandbox (--sandbox off): a loaded file can do everything that you can"
        held = ", ".join(promise.value for promise in self.promises)
        if self.kind.contains:
            return f"{self.kind.value}: {held}"
        return (
            f"{self.kind.value}: bubblewrap, user namespaces and Landlock are not available, so a "
            "loaded file can read and write your files and use the network"
        )

    def command(
        self,
        argv: Sequence[str | Path],
        *,
        writable: Sequence[Path],
        readable: Sequence[Path],
        limits: ProcessLimits | None = None,
    ) -> list[str]:
        """The command line that runs ``argv`` inside the sandbox.

        Args:
            argv: the program and its arguments; its interpreter must be readable.
            writable: folders that it may write to, beside a private ``/tmp`` and ``/dev/shm``.
            readable: files and folders that it may read, beside the programs of the system.
            limits: resource limits.
        """
        parts = [str(part) for part in argv]
        if self.kind is SandboxKind.OFF:
            return parts
        folders = Folders(writable=tuple(writable), readable=tuple(readable))
        return command_line(
            self.kind.name.lower(), parts, folders, self._resources(limits), self.program
        )

    def plan(
        self,
        *,
        writable: Sequence[Path],
        readable: Sequence[Path],
        limits: ProcessLimits | None = None,
    ) -> dict[str, object] | None:
        """What a process does to itself to be inside the sandbox; None if it cannot.

        Args:
            writable, readable, limits: as for :meth:`command`.
        """
        if self.kind in (SandboxKind.OFF, SandboxKind.BUBBLEWRAP):
            return None
        folders = Folders(writable=tuple(writable), readable=tuple(readable))
        return plan(self.kind.name.lower(), folders, self._resources(limits))

    def _resources(self, limits: ProcessLimits | None) -> dict[str, int]:
        allowed = limits or ProcessLimits()
        counts = self.kind in (SandboxKind.BUBBLEWRAP, SandboxKind.NAMESPACES)
        return {
            "RLIMIT_FSIZE": allowed.file,
            "RLIMIT_CPU": allowed.seconds,
            "RLIMIT_CORE": 0,
            **({"RLIMIT_NPROC": allowed.processes} if counts else {}),
        }

    @property
    def sweeps(self) -> bool:
        """Whether to end the launcher with SIGTERM, because it must kill descendants first."""
        return self.kind in (SandboxKind.LANDLOCK, SandboxKind.LIMITS)

    def code(self, returned: int) -> int:
        """The return code of the program, from that of the launcher; negative for a signal."""
        if self.kind is not SandboxKind.OFF and 128 < returned < 128 + 65:
            return 128 - returned
        return returned
