"""The terminal report as an SVG image that loads nothing from the network."""

from __future__ import annotations

import io

from rich.console import Console

from matrix.model import Matrix
from matrix.report.terminal import show_on

_TITLE = "sklearn-compat-matrix"
_TEMPLATE = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">
<title>Which models load, fail or silently change between releases</title>
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
"""Replaces rich's own template, which loads fonts from the network."""


def render_svg(matrix: Matrix, width: int) -> str:
    """Return the report as SVG.

    Args:
        matrix: its cells are read once.
        width: in columns.
    """
    console = Console(
        file=io.StringIO(),
        record=True,
        width=width,
        height=25,  # with a height set, the environment does not change the width
        force_terminal=True,
        color_system="truecolor",
        legacy_windows=False,
        no_color=False,
        markup=False,
        emoji=False,
        highlight=False,
    )
    show_on(console, matrix)
    return console.export_svg(title=_TITLE, code_format=_TEMPLATE)
