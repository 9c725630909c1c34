"""Chooses how the progress of a run is shown: live on a terminal, as lines anywhere else."""

from __future__ import annotations

import os
import sys
from typing import TextIO

from matrix.report.progress import PlainProgress, Progress


def open_progress(stream: TextIO | None = None) -> Progress:
    """Return a live display if the stream is a terminal, else lines; default: standard error."""
    stream = sys.stderr if stream is None else stream
    if not stream.isatty() or os.environ.get("TERM") in ("dumb", "unknown"):
        return PlainProgress(stream)
    from matrix.report.terminal.live_progress import LiveProgress  # only a terminal needs rich

    return LiveProgress(stream)
