"""The section that compares formats."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.text import Text

from matrix.model import Matrix
from matrix.report.format_shares import FormatComparison, FormatShare, compare_formats
from matrix.report.format_words import HEADS, legend, run_sentence, values
from matrix.report.sentences import counted
from matrix.report.summary import Summary
from matrix.report.terminal.style import INDENT, TerminalStyle, row

_TEXTS = {HEADS.index(name) for name in ("code", "needs")}
"""The columns that are no figures: they are aligned at the left."""
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
    shown = _columns(terminal, found)
    lines = _table(found.shares, shown)
    if everything:
        for family in found.families:
            title = f"{family.name} ({counted(family.pipelines, 'pipeline')})"
            lines += [Text(), Text(" " * INDENT + title, style="bold")]
            lines += _table(family.shares, shown)
    lines += [Text(), *terminal.paragraph(run_sentence(matrix, found))]
    lines += [line for text in legend(shown) for line in terminal.paragraph(text)]
    number = counted(found.pipelines, "pipeline")
    yield f"Ways to save, compared on {number}", lines


def _columns(terminal: TerminalStyle, found: FormatComparison) -> list[str]:
    """Return the names of the columns that fit; that of outputs only if formats differ in it."""
    shares = [*found.shares, *(share for family in found.families for share in family.shares)]
    shown = list(HEADS)
    if all(len({one.outputs for one in group}) == 1 for group in _groups(found)):
        shown.remove("outputs")
    for name in _LEFT_OUT:
        if _width(shares, shown) > terminal.width:
            shown.remove(name)
    return shown


def _groups(found: FormatComparison) -> Iterator[tuple[FormatShare, ...]]:
    yield found.shares
    yield from (family.shares for family in found.families)


def _width(shares: Iterable[FormatShare], shown: list[str]) -> int:
    """Return how many columns of the terminal a table takes."""
    return max(line.cell_len for line in _table(tuple(shares), shown))


def _table(shares: tuple[FormatShare, ...], shown: list[str]) -> list[Text]:
    """Return a line for each format."""
    places = [HEADS.index(name) for name in shown]
    rows = [("", *shown)]
    for share in shares:
        texts = values(share)
        rows.append((share.format, *(texts[place] for place in places)))
    widths = [max(len(one[column]) for one in rows) for column in range(len(rows[0]))]
    numbers = [place not in _TEXTS for place in places]
    aligned = [-w if number else w for w, number in zip(widths[1:], numbers, strict=True)]
    lines = [row(one, [widths[0], *aligned]) for one in rows]
    lines[0].stylize("dim")
    return lines
