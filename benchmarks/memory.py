"""How much memory a process has had."""

from __future__ import annotations

from pathlib import Path


def peak(pid: int) -> float:
    """Largest resident memory so far, in MiB; 0 where the platform does not tell."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), 0.0)
