"""Chooses how the progress of a run is shown: live on a terminal, as lines anywhere else."""

from __future__ import annotations

import os
import sys
from typing import TextIO

from matrix.report.progress import DetailedProgress, PlainProgress, Progress


def open_progress(verbosity: int = 0, stream: TextIO | None = None) -> Progress:
    """Return what shows the progress.

    Args:
        verbosity: -1 shows nothing, 1 a line for each piece of work; 0 a live display if the stream
            is a terminal, else a line from time to time.
        stream: standard error by default.
    """
    stream = sys.stderr if stream is None else stream
    if verbosity < 0:
        return Progress()
    if verbosity > 0:
        return DetailedProgress(stream)
    if not stream.isatty() or os.environ.get("TERM") in ("dumb", "unknown"):
        return PlainProgress(stream)
    from matrix.report.terminal.live_progress import LiveProgress  # only a terminal needs rich

    return LiveProgress(stream)
