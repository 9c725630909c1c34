"""A picture of what the terminal shows: SVG that needs nothing from elsewhere."""

from __future__ import annotations

import io

from rich.console import Console

from matrix.model import Matrix
from matrix.report.terminal import show_on

_TITLE = "sklearn-compat-matrix"
_DRAWING = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">
<title>What loads, fails or silently changes, saved and loaded by different releases</title>
<style>
.{unique_id}-matrix {{
  font-family: ui-monospace, "Cascadia Mono", "DejaVu Sans Mono", Menlo, Consolas, monospace;
  font-size: {char_height}px;
  line-height: {line_height}px;
}}
.{unique_id}-title {{ font-family: sans-serif; font-size: 18px; font-weight: bold; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/>
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""
"""In place of rich's own, which fetches its letters from the network."""


def draw(matrix: Matrix, width: int) -> str:
    """The picture.

    Args:
        matrix: its cells are read once.
        width: in columns.
    """
    console = Console(
        file=io.StringIO(),
        record=True,
        width=width,
        height=25,  # or a dumb terminal would have a say in the width
        force_terminal=True,
        color_system="truecolor",
        legacy_windows=False,
        no_color=False,
        markup=False,
        emoji=False,
        highlight=False,
    )
    show_on(console, matrix)
    return console.export_svg(title=_TITLE, code_format=_DRAWING)
