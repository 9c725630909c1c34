"""The section that compares formats."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from matrix.model import Matrix
from matrix.report.format_shares import FormatShare, compare_formats
from matrix.report.format_words import HEADS, LEGEND, run_sentence, values
from matrix.report.sentences import counted
from matrix.report.summary import Summary
from matrix.report.terminal.style import INDENT, TerminalStyle, row

_NUMBERS = slice(1, 8)
"""The columns of figures: they are aligned at the right."""
_LEFT_OUT = ("same", "save", "load", "size")
"""The columns that a narrow terminal has no space for, the first one first."""


def ways_to_save(
    terminal: TerminalStyle, matrix: Matrix, summary: Summary, *, everything: bool
) -> Iterator[tuple[str, list[Text]]]:
    """Yield the section, if some pipelines were tried in several formats.

    Args:
        terminal: its width and colours.
        matrix: the run.
        summary: its cells.
        everything: also compare the formats for the pipelines of each file.
    """
    found = compare_formats(matrix, summary.grids)
    if found is None:
        return
    lines = _table(terminal, found.shares)
    if everything:
        for family in found.families:
            title = f"{family.name} ({counted(family.pipelines, 'pipeline')})"
            lines += [
                Text(),
                Text(" " * INDENT + title, style="bold"),
                *_table(terminal, family.shares),
            ]
    lines += [Text(), *terminal.paragraph(run_sentence(matrix, found))]
    lines += [line for text in LEGEND for line in terminal.paragraph(text)]
    number = counted(found.pipelines, "pipeline")
    yield f"Ways to save, compared on {number}", lines


def _table(terminal: TerminalStyle, shares: tuple[FormatShare, ...]) -> list[Text]:
    """Return a line for each format, with as many columns as fit."""
    rows = [("", *HEADS), *((share.format, *values(share)) for share in shares)]
    widths = [max(len(one[column]) for one in rows) for column in range(len(rows[0]))]
    shown = list(range(len(widths)))
    if len({share.outputs for share in shares}) == 1:
        shown.remove(1 + HEADS.index("outputs"))
    for name in _LEFT_OUT:
        if INDENT + sum(widths[column] + 2 for column in shown) - 2 > terminal.width:
            shown.remove(1 + HEADS.index(name))
    widths[_NUMBERS] = [-width for width in widths[_NUMBERS]]
    lines = [row([one[at] for at in shown], [widths[at] for at in shown]) for one in rows]
    lines[0].stylize("dim")
    return lines
