"""What the terminal shows, in a file: as text, and as a picture.

The terminal brings rich, which takes a while to import: only when one of these is wanted.
"""

from __future__ import annotations

from typing import TextIO

from matrix.model import Matrix

_WIDTH = 100


def write_text(matrix: Matrix, stream: TextIO) -> None:
    """Write every line that the terminal would show, without colours."""
    from matrix.report.terminal import show

    show(matrix, file=stream, width=_WIDTH, colour=False, everything=True)


def write_svg(matrix: Matrix, stream: TextIO) -> None:
    """Draw what the terminal shows."""
    from matrix.report.terminal.svg import draw

    stream.write(draw(matrix, _WIDTH))
