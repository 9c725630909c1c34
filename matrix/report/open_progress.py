"""Choose what shows the progress of a run: a display on a terminal, lines anywhere else."""

from __future__ import annotations

import os
import sys
from typing import TextIO

from matrix.report.progress import PlainProgress, Progress


def open_progress(stream: TextIO | None = None) -> Progress:
    """The progress that suits a stream: standard error if not given."""
    stream = sys.stderr if stream is None else stream
    if not stream.isatty() or os.environ.get("TERM") in ("dumb", "unknown"):
        return PlainProgress(stream)
    from matrix.report.terminal.live_progress import LiveProgress  # only a terminal needs rich

    return LiveProgress(stream)
