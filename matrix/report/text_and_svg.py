"""The terminal report in a file: as text, and as an SVG image.

The functions import rich only when called, because that takes time.
"""

from __future__ import annotations

from typing import TextIO

from matrix.model import Matrix
from matrix.safe_text import guarded

_WIDTH = 100  # columns


def write_text(matrix: Matrix, stream: TextIO) -> None:
    """Write the whole terminal report as text without colours."""
    from matrix.report.terminal import show

    show(matrix, file=guarded(stream), width=_WIDTH, colour=False, everything=True)


def write_svg(matrix: Matrix, stream: TextIO) -> None:
    """Write the terminal report as an SVG image."""
    from matrix.report.terminal.svg import render_svg

    stream.write(render_svg(matrix, _WIDTH))
