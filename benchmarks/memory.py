"""The peak memory of a process."""

from __future__ import annotations

from pathlib import Path


def peak(pid: int) -> float:
    """Peak resident memory in MiB; 0 if the platform does not report it."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), 0.0)
