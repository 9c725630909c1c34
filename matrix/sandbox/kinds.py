"""What a sandbox is: its kind, what it was seen to hold, and the command line that starts in it."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from matrix.sandbox.commands import Folders, command_line


class SandboxKind(str, enum.Enum):
    """The ways to contain a process, the strongest first."""

    BUBBLEWRAP = "bubblewrap"
    NAMESPACES = "user namespaces"
    LANDLOCK = "Landlock and seccomp"
    LIMITS = "limits alone"
    OFF = "no sandbox"

    @property
    def contains(self) -> bool:
        """Whether it is more than limits."""
        return self not in (SandboxKind.LIMITS, SandboxKind.OFF)


class Promise(str, enum.Enum):
    """What code inside cannot do; each was tried from inside before it is said."""

    NETWORK = "no network"
    WRITING = "no writing outside its scratch folder"
    READING = "no reading of your other files"
    SIGNALS = "no signals to other processes"
    CHILDREN = "no process stays behind"


ESSENTIAL = frozenset({Promise.NETWORK, Promise.WRITING})
"""Without these a kind is not used."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ProcessLimits:
    """What a process may take; memory is limited by the worker itself."""

    file: int = 1024**3
    """Bytes in any one file that it writes."""
    processes: int = 2048
    """Processes and threads at once, where a kind can count them alone and the user is not root."""
    seconds: int = 600
    """Of processor time."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sandbox:
    """What holds a process."""

    kind: SandboxKind
    promises: tuple[Promise, ...] = ()
    """Those that were seen to hold here."""
    program: str = ""
    """Of bubblewrap: where it is."""

    @property
    def words(self) -> str:
        """Its name and what it holds, for people; a warning where it holds little."""
        if self.kind is SandboxKind.OFF:
            return "no sandbox, as was asked: what is loaded can do all that you can"
        held = ", ".join(promise.value for promise in self.promises)
        if self.kind.contains:
            return f"{self.kind.value}: {held}"
        return (
            f"{self.kind.value}: neither bubblewrap, user namespaces nor Landlock is to be had "
            "here, so what is loaded can read your files, write to them and use the network"
        )

    def command(
        self,
        argv: Sequence[str | Path],
        *,
        writable: Sequence[Path],
        readable: Sequence[Path],
        limits: ProcessLimits | None = None,
    ) -> list[str]:
        """The command line that starts another one inside.

        Args:
            argv: what to start; its interpreter must be among the readable.
            writable: folders that may be written to; there is no other place to write but a
                private ``/tmp`` and ``/dev/shm``, if any.
            readable: files and folders that may be read, beside the system's programs.
            limits: on what it may take.
        """
        parts = [str(part) for part in argv]
        if self.kind is SandboxKind.OFF:
            return parts
        allowed = limits or ProcessLimits()
        counts = self.kind in (SandboxKind.BUBBLEWRAP, SandboxKind.NAMESPACES)
        wanted = {
            "RLIMIT_FSIZE": allowed.file,
            "RLIMIT_CPU": allowed.seconds,
            "RLIMIT_CORE": 0,
            **({"RLIMIT_NPROC": allowed.processes} if counts else {}),
        }
        folders = Folders(writable=tuple(writable), readable=tuple(readable))
        return command_line(self.kind.name.lower(), parts, folders, wanted, self.program)

    @property
    def sweeps(self) -> bool:
        """Whether the launcher must be asked to end, since only it finds what was left behind."""
        return self.kind in (SandboxKind.LANDLOCK, SandboxKind.LIMITS)

    def code(self, returned: int) -> int:
        """The return code of what was started; negative for the signal that ended it."""
        if self.kind is not SandboxKind.OFF and 128 < returned < 128 + 65:
            return 128 - returned
        return returned
