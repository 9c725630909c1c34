"""Measure how much memory the check of a large forest takes, against loading it by hand."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import folder
import psutil

LOAD = "import joblib, sys; model = joblib.load(sys.argv[1])\n"
SHOW = "print(next(l for l in open('/proc/self/status') if l.startswith('VmHWM')).split()[1])"
PAUSE_SECONDS = 0.2


@dataclass(frozen=True, kw_only=True)
class ForestFigures:
    """Peaks of resident memory in MiB."""

    file: float
    """The size of the file."""
    loading: float
    """Of an interpreter that imports joblib and loads the file."""
    process: float
    """Of the largest process of the check."""
    tree: float
    """Of all processes of the check together, where pages that they share count once."""


@dataclass(slots=True)
class _Peaks:
    process: float = 0.0
    tree: float = 0.0


@contextmanager
def _watched(pid: int) -> Iterator[_Peaks]:
    """The peaks of a process and its children, until the block is left."""
    peaks, over = _Peaks(), threading.Event()

    def watch() -> None:
        while not over.wait(PAUSE_SECONDS):
            found = list(_memory(pid))
            if found:
                peaks.process = max(peaks.process, *(resident for resident, _ in found))
                peaks.tree = max(peaks.tree, sum(share for _, share in found))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield peaks
    finally:
        over.set()
        thread.join()


def _memory(pid: int) -> Iterator[tuple[float, float]]:
    """Of each process, its peak of resident memory and its share of it now, in MiB."""
    try:
        processes = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    except psutil.Error:
        return
    for process in processes:
        try:
            status = Path(f"/proc/{process.pid}/status").read_text()
            share = process.memory_full_info().pss
        except (OSError, psutil.Error):
            continue
        peak = next((line for line in status.splitlines() if line.startswith("VmHWM")), "x 0")
        yield int(peak.split()[1]) / 1024, share / 1024**2


def measure(place: Path, megabytes: int) -> ForestFigures:
    """Make the file in a folder, check it there, and remove it."""
    release = folder.RELEASES[0]
    file = place / "forest.joblib"
    uv = ["uv", "run", "--isolated", "--no-project", "--with", f"scikit-learn=={release}", "python"]
    try:
        make = [*uv, str(folder.HERE / "forest_model.py"), str(file), str(megabytes)]
        folder.processor_time(make, place)
        done = subprocess.run(
            [*uv, "-c", LOAD + SHOW, str(file)], stdout=subprocess.PIPE, text=True, check=True
        )
        typed = folder.check(file, place / "state", (release,))
        process = subprocess.Popen(
            [sys.executable, "-m", "matrix", "upgrade", *typed],
            cwd=place,
            env={**os.environ, "PYTHONPATH": str(folder.HERE.parent)},
            stdout=subprocess.DEVNULL,
        )
        with _watched(process.pid) as peaks:
            code = process.wait()
        if code not in (0, 3):  # copies of trees: the rows may notice too little to be safe
            raise SystemExit(f"the check of a forest ended with {code}")
        return ForestFigures(
            file=file.stat().st_size / 1024**2,
            loading=int(done.stdout) / 1024,
            process=peaks.process,
            tree=peaks.tree,
        )
    finally:
        file.unlink(missing_ok=True)
