"""The writer x reader table: a row per writer, a column per reader, all pipelines in each cell."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from string import ascii_lowercase

from rich.cells import cell_len
from rich.text import Text

from matrix.model import Environment, Group, Verdict
from matrix.report.package_words import named_libraries
from matrix.report.summary import Summary
from matrix.report.terminal.style import INDENT, TerminalStyle, row
from matrix.report.verdict_grids import VERDICTS
from matrix.report.verdict_words import GROUP_WORDS

_LABEL = 18
"""Most columns of a label."""


def pair_table(terminal: TerminalStyle, summary: Summary) -> list[Text]:
    """Return the table in the first layout that fits, and below it the environments.

    The environments explain short ids in the heads of the columns.
    """
    names = _Names(terminal, summary)
    grid = {pair: _Pair(terminal, counts) for pair, counts in summary.pairs.items()}
    layout = _choose(terminal, names, grid)
    lines: list[Text] = []
    for block in layout.blocks:
        lines += [*_block(terminal, layout, names, grid, block), Text()]
    lines += [*_legend(terminal), Text()]
    return lines + list(_versions_table(terminal, names, summary, ids=not layout.labels))


def _versions_table(
    terminal: TerminalStyle, names: _Names, summary: Summary, *, ids: bool
) -> Iterator[Text]:
    """Yield the installed versions of each environment; in two columns if the width allows."""
    further = named_libraries(summary.environments)
    heads = ["", "", "scikit-learn", *further, "Python", "numpy", "joblib"]
    lines = [heads] + [
        [names.short[found.id], names.label[found.id], *_versions(terminal, found, further)]
        for found in summary.environments
        if found.ready
    ]
    if not ids:
        lines = [line[1:] for line in lines]
    widths = [max(cell_len(line[i]) for line in lines) for i in range(len(lines[0]))]
    texts = [row(line, widths, style="" if i else "dim") for i, line in enumerate(lines)]
    wide = max(text.cell_len for text in texts)
    if 2 * wide + 2 > terminal.width:
        yield from texts
        return
    half = len(texts) // 2 + 1
    for left, right in zip_longest(texts[:half], [texts[0], *texts[half:]], fillvalue=Text()):
        line = Text.assemble(left, " " * (wide + 2 - left.cell_len), right)
        line.rstrip()
        yield line


def _versions(
    terminal: TerminalStyle, environment: Environment, further: Sequence[str]
) -> list[str]:
    """The versions in an environment; ``further`` are libraries beside scikit-learn."""
    info = environment.info
    if info is None:
        return ["", *("" for _ in further), "", "", ""]
    first = [info.packages.get(name, "") for name in ("scikit-learn", *further)]
    others = (info.packages.get(name, "") for name in ("numpy", "joblib"))
    return [terminal.fit(version, 14) for version in (*first, info.python, *others)]


class _Names:
    """Labels and short ids by environment id, those of environments that have cells first."""

    def __init__(self, terminal: TerminalStyle, summary: Summary) -> None:
        known = {environment.id: environment for environment in summary.environments}
        seen = {name for pair in summary.pairs for name in pair}
        with_cells = [name for name in known if name in seen and _is_ready(summary, name)]
        self.ids = with_cells + sorted(seen - set(known))
        saved = {writer for writer, _ in summary.pairs}
        self.writers = [name for name in self.ids if name in saved]
        self.label = {
            name: terminal.fit(known[name].spec.label if name in known else name, _LABEL)
            for name in [*self.ids, *known]
        }
        self.short = {name: _short(i) for i, name in enumerate([*self.ids, *known])}
        self.short |= {name: _short(i) for i, name in enumerate(self.ids)}


def _is_ready(summary: Summary, name: str) -> bool:
    """Whether an environment is available: otherwise its row and column would be empty."""
    environment = next(e for e in summary.environments if e.id == name)
    return environment.ready


def _short(position: int) -> str:
    """Return a, b, … z, aa, ab, …"""
    prefix, letter = divmod(position, len(ascii_lowercase))
    return (_short(prefix - 1) if prefix else "") + ascii_lowercase[letter]


class _Pair:
    """The parts of one cell of the table: failures, changes, then limited ones."""

    def __init__(self, terminal: TerminalStyle, counts: Sequence[int]) -> None:
        by_group = {
            group: sum(n for v, n in zip(VERDICTS, counts, strict=True) if v.group is group)
            for group in Group
        }
        self.parts = [
            Text(f"{terminal.symbol(group)}{by_group[group]}", style=terminal.style(group))
            for group in (Group.FAILS, Group.CHANGES, Group.LIMITED)
            if by_group[group]
        ]
        if not self.parts:
            self.parts = [_without_findings(terminal, by_group, counts[Verdict.NOT_RUN.severity])]


def _without_findings(terminal: TerminalStyle, by_group: dict[Group, int], not_run: int) -> Text:
    """Return ✓ if some cells are safe and none was skipped; else the symbol for unknown."""
    group = Group.LOADS if by_group[Group.LOADS] and not not_run else Group.UNKNOWN
    return Text(terminal.symbol(group), style=terminal.style(group))


@dataclass(frozen=True, slots=True)
class _Layout:
    blocks: list[list[str]]
    """Ids of the readers, one list for each block of columns."""
    labels: bool
    """The heads of the columns are labels, not short ids."""
    stacked: bool
    """Failures are above changes, not beside them."""
    column: int
    head: int
    """Width of the head of a row, in columns."""
    gap: int


_LAYOUTS = (  # labels, stacked, gap: from the widest to the narrowest
    (True, False, 2),
    (True, False, 1),
    (True, True, 2),
    (True, True, 1),
    (False, True, 2),
    (False, True, 1),
)
_LEAST_LABEL = 8
"""Least columns of a label beside its short id; the list below gives it in full."""


def _choose(terminal: TerminalStyle, names: _Names, grid: dict[tuple[str, str], _Pair]) -> _Layout:
    """Return the first layout with a single block, or else the narrow one with labels."""
    for labels, stacked, gap in _LAYOUTS:
        layout = _measure(terminal, names, grid, labels=labels, stacked=stacked, gap=gap)
        if len(layout.blocks) == 1:
            return layout
    return _measure(terminal, names, grid, labels=True, stacked=True, gap=1)


def _measure(
    terminal: TerminalStyle,
    names: _Names,
    grid: dict[tuple[str, str], _Pair],
    *,
    labels: bool,
    stacked: bool,
    gap: int,
) -> _Layout:
    contents = [part.cell_len for pair in grid.values() for part in _form(pair, stacked)]
    headings = [cell_len(part) for name in names.ids for part in _heading(names, name, labels)]
    column = max([2, *contents, *headings])
    head = max([6, *(cell_len(_row_name(names, name, labels)) for name in names.ids)])
    ids = names.ids
    if not labels:
        shortest = max((cell_len(names.short[name]) for name in ids), default=0)
        least = shortest + 1 + _LEAST_LABEL
        head = max(min(head, terminal.width - INDENT - len(ids) * (column + gap)), least)
    per_block = max((terminal.width - INDENT - head) // (column + gap), 1)
    count = max(-(-len(ids) // per_block), 1)
    even = max(-(-len(ids) // count), 1)  # no environment may be ready
    blocks = [ids[start : start + even] for start in range(0, len(ids), even)]
    return _Layout(blocks, labels, stacked, column, head, gap)


def _form(pair: _Pair, stacked: bool) -> list[Text]:
    return pair.parts if stacked else [Text(" ").join(pair.parts)]


_PARTS = re.compile(r"[^\W\d]+(?=\d)|[^ ]+")


def _heading(names: _Names, name: str, labels: bool) -> list[str]:
    """Return the head of a column, as lines: ``1.5``, ``joblib``, ``1.2``."""
    if not labels:
        return [names.short[name]]
    words = names.label[name].split()
    return [part for word in words for part in (_PARTS.findall(word) if len(word) > 6 else [word])]


def _row_name(names: _Names, name: str, labels: bool) -> str:
    return names.label[name] if labels else f"{names.short[name]:<2} {names.label[name]}"


def _block(
    terminal: TerminalStyle,
    layout: _Layout,
    names: _Names,
    grid: dict[tuple[str, str], _Pair],
    readers: Sequence[str],
) -> Iterator[Text]:
    widths = [layout.head, *[-layout.column] * len(readers)]
    headings = [_heading(names, name, layout.labels) for name in readers]
    deepest = max((len(heading) for heading in headings), default=0)
    aligned = [[""] * (deepest - len(heading)) + heading for heading in headings]
    for cells in zip(*aligned, strict=True):
        yield row(["", *cells], widths, gap=layout.gap, style="bold")
    for writer in names.writers:
        pairs = [grid.get((writer, reader)) for reader in readers]
        columns = [_form(pair, layout.stacked) if pair else [Text()] for pair in pairs]
        first: str | Text = Text(
            terminal.fit(_row_name(names, writer, layout.labels), layout.head), style="bold"
        )
        for parts in zip_longest(*columns, fillvalue=Text()):
            yield row([first, *parts], widths, gap=layout.gap)
            first = ""


def _legend(terminal: TerminalStyle) -> Iterator[Text]:
    """Yield the meaning of the symbols, wrapped to the width."""
    line = Text(" " * INDENT)
    for group, word in GROUP_WORDS.items():
        entry = Text.assemble(
            (terminal.symbol(group), terminal.style(group)),
            (f" {terminal.printable(word.legend)}", "dim"),
        )
        if line.cell_len > INDENT and line.cell_len + 3 + entry.cell_len > terminal.width:
            yield line
            line = Text(" " * INDENT)
        line = Text.assemble(line, " " * 3 if line.cell_len > INDENT else "", entry)
    yield line
