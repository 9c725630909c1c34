"""The section that compares formats."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from matrix.model import Matrix
from matrix.report.format_shares import (
    FormatShare,
    compare_formats,
    file_size,
    milliseconds,
    percent,
)
from matrix.report.sentences import counted
from matrix.report.summary import Summary
from matrix.report.terminal.style import INDENT, TerminalStyle, row

_HEAD = ("", "saved", "safe", "size", "save", "load", "code", "needs")


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
    found = compare_formats(matrix, summary)
    if found is None:
        return
    lines = _table(found.shares)
    if everything:
        for family, shares in found.families.items():
            lines += [Text(), Text(" " * INDENT + family, style="bold"), *_table(shares)]
    lines += [Text(), *terminal.paragraph(_LEGEND)]
    number = counted(found.pipelines, "pipeline")
    yield f"Ways to save, compared on {number}", lines


_LEGEND = (
    "saved: of the trained models, those whose file is safe in its own environment. safe: of the "
    "loads of a file in another environment. Size and processor time: medians over the pipelines "
    "that every format saves. code: whether loading can run code."
)


def _table(shares: tuple[FormatShare, ...]) -> list[Text]:
    rows = [_HEAD, *map(_cells, shares)]
    widths = [max(len(one[column]) for one in rows) for column in range(len(_HEAD))]
    aligned = [widths[0], *(-width for width in widths[1:6]), *widths[6:]]
    lines = [
        row([" " * INDENT + first, *rest], [aligned[0] + INDENT, *aligned[1:]])
        for first, *rest in rows
    ]
    lines[0].stylize("dim")
    return lines


def _cells(share: FormatShare) -> tuple[str, ...]:
    return (
        share.format,
        percent(share.saved, share.tried),
        percent(share.safe, share.loaded),
        file_size(share.size),
        milliseconds(share.save_seconds),
        milliseconds(share.load_seconds),
        "yes" if share.runs_code else "no",
        share.needs,
    )
