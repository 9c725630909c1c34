"""The writer x reader table: a row a writer, a column a reader, all pipelines in each cell."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from string import ascii_lowercase

from rich.cells import cell_len
from rich.text import Text

from matrix.model import Environment, Group, Verdict
from matrix.report.summary import VERDICTS, Summary
from matrix.report.terminal.style import INDENT, TerminalStyle, row
from matrix.report.verdict_words import GROUP_WORDS

_LABEL = 18
"""Columns that a label may have."""


def pair_table(voice: TerminalStyle, summary: Summary) -> list[Text]:
    """The table in the first layout that fits, and below it the environments with what was found.

    Short ids at the heads of the columns are explained there.
    """
    names = _Names(voice, summary)
    grid = {pair: _Pair(voice, counts) for pair, counts in summary.pairs.items()}
    layout = _choose(voice, names, grid)
    lines: list[Text] = []
    for block in layout.blocks:
        lines += [*_block(voice, layout, names, grid, block), Text()]
    lines += [*_legend(voice), Text()]
    return lines + list(_versions_table(voice, names, summary, ids=not layout.labels))


def _versions_table(
    voice: TerminalStyle, names: _Names, summary: Summary, *, ids: bool
) -> Iterator[Text]:
    """What was found in each environment; in two halves side by side if there is room."""
    heads = ["", "", "scikit-learn", "Python", "numpy", "joblib"]
    lines = [heads] + [
        [names.short[found.id], names.label[found.id], *_versions(voice, found)]
        for found in summary.environments
        if found.ready
    ]
    if not ids:
        lines = [line[1:] for line in lines]
    widths = [max(cell_len(line[i]) for line in lines) for i in range(len(lines[0]))]
    texts = [row(line, widths, style="" if i else "dim") for i, line in enumerate(lines)]
    wide = max(text.cell_len for text in texts)
    if 2 * wide + 2 > voice.width:
        yield from texts
        return
    half = len(texts) // 2 + 1
    for left, right in zip_longest(texts[:half], [texts[0], *texts[half:]], fillvalue=Text()):
        line = Text.assemble(left, " " * (wide + 2 - left.cell_len), right)
        line.rstrip()
        yield line


def _versions(voice: TerminalStyle, environment: Environment) -> list[str]:
    info = environment.info
    if info is None:
        return ["", "", "", ""]
    sklearn, *others = (info.packages.get(name, "") for name in ("scikit-learn", "numpy", "joblib"))
    return [voice.fit(version, 14) for version in (sklearn, info.python, *others)]


class _Names:
    """Labels and short ids by environment id, those of environments that have cells first."""

    def __init__(self, voice: TerminalStyle, summary: Summary) -> None:
        known = {environment.id: environment for environment in summary.environments}
        seen = {name for pair in summary.pairs for name in pair}
        with_cells = [name for name in known if name in seen and _told(summary, name)]
        self.ids = with_cells + sorted(seen - set(known))
        self.label = {
            name: voice.fit(known[name].spec.label if name in known else name, _LABEL)
            for name in [*self.ids, *known]
        }
        self.short = {name: _short(i) for i, name in enumerate([*self.ids, *known])}
        self.short |= {name: _short(i) for i, name in enumerate(self.ids)}


def _told(summary: Summary, name: str) -> bool:
    """Whether anything is known of an environment: a row and a column of nothing say nothing."""
    environment = next(e for e in summary.environments if e.id == name)
    return environment.ready


def _short(position: int) -> str:
    """a, b, … z, aa, ab, …"""
    prefix, letter = divmod(position, len(ascii_lowercase))
    return (_short(prefix - 1) if prefix else "") + ascii_lowercase[letter]


class _Pair:
    """One cell of the table, in its two forms."""

    def __init__(self, voice: TerminalStyle, counts: Sequence[int]) -> None:
        by_group = {
            group: sum(n for v, n in zip(VERDICTS, counts, strict=True) if v.group is group)
            for group in Group
        }
        self.parts = [
            Text(f"{voice.symbol(group)}{by_group[group]}", style=voice.style(group))
            for group in (Group.FAILS, Group.CHANGES)
            if by_group[group]
        ]
        if not self.parts:
            self.parts = [_calm(voice, by_group, counts[Verdict.NOT_RUN.severity])]


def _calm(voice: TerminalStyle, by_group: dict[Group, int], not_run: int) -> Text:
    """Nothing bad: a tick if something is known to be good and nothing was left out."""
    group = Group.LOADS if by_group[Group.LOADS] and not not_run else Group.UNKNOWN
    return Text(voice.symbol(group), style=voice.style(group))


@dataclass(frozen=True, slots=True)
class _Layout:
    blocks: list[list[str]]
    """Ids of the readers, a list for each block of columns."""
    labels: bool
    """Columns are headed by labels, not by short ids."""
    stacked: bool
    """Failures stand over changes, not beside them."""
    column: int
    head: int
    """Width of what stands at the left of a row."""
    gap: int


_LAYOUTS = (  # labels, stacked, gap: from the most to the least comfortable
    (True, False, 2),
    (True, False, 1),
    (True, True, 2),
    (True, True, 1),
    (False, True, 2),
    (False, True, 1),
)
_LEAST_LABEL = 8
"""Columns of a label beside its short id; the key below gives it in full."""


def _choose(voice: TerminalStyle, names: _Names, grid: dict[tuple[str, str], _Pair]) -> _Layout:
    """The first layout that needs no more than one block, or else the one with labels."""
    for labels, stacked, gap in _LAYOUTS:
        layout = _measure(voice, names, grid, labels=labels, stacked=stacked, gap=gap)
        if len(layout.blocks) == 1:
            return layout
    return _measure(voice, names, grid, labels=True, stacked=True, gap=1)


def _measure(
    voice: TerminalStyle,
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
        least = max(cell_len(names.short[name]) for name in ids) + 1 + _LEAST_LABEL
        head = max(min(head, voice.width - INDENT - len(ids) * (column + gap)), least)
    per_block = max((voice.width - INDENT - head) // (column + gap), 1)
    count = -(-len(ids) // per_block)
    even = -(-len(ids) // count)
    blocks = [ids[start : start + even] for start in range(0, len(ids), even)]
    return _Layout(blocks, labels, stacked, column, head, gap)


def _form(pair: _Pair, stacked: bool) -> list[Text]:
    return pair.parts if stacked else [Text(" ").join(pair.parts)]


_PARTS = re.compile(r"[^\W\d]+(?=\d)|[^ ]+")


def _heading(names: _Names, name: str, labels: bool) -> list[str]:
    """What stands over a column, on several lines: ``1.5``, ``joblib``, ``1.2``."""
    if not labels:
        return [names.short[name]]
    words = names.label[name].split()
    return [part for word in words for part in (_PARTS.findall(word) if len(word) > 6 else [word])]


def _row_name(names: _Names, name: str, labels: bool) -> str:
    return names.label[name] if labels else f"{names.short[name]:<2} {names.label[name]}"


def _block(
    voice: TerminalStyle,
    layout: _Layout,
    names: _Names,
    grid: dict[tuple[str, str], _Pair],
    readers: Sequence[str],
) -> Iterator[Text]:
    widths = [layout.head, *[-layout.column] * len(readers)]
    headings = [_heading(names, name, layout.labels) for name in readers]
    deepest = max((len(heading) for heading in headings), default=0)
    sunk = [[""] * (deepest - len(heading)) + heading for heading in headings]
    for cells in zip(*sunk, strict=True):
        yield row(["", *cells], widths, gap=layout.gap, style="bold")
    for writer in names.ids:
        pairs = [grid.get((writer, reader)) for reader in readers]
        columns = [_form(pair, layout.stacked) if pair else [Text()] for pair in pairs]
        first: str | Text = Text(
            voice.fit(_row_name(names, writer, layout.labels), layout.head), style="bold"
        )
        for parts in zip_longest(*columns, fillvalue=Text()):
            yield row([first, *parts], widths, gap=layout.gap)
            first = ""


def _legend(voice: TerminalStyle) -> Iterator[Text]:
    """What the symbols mean, on as many lines as it needs."""
    line = Text(" " * INDENT)
    for group, word in GROUP_WORDS.items():
        entry = Text.assemble(
            (voice.symbol(group), voice.style(group)), (f" {voice.say(word.table)}", "dim")
        )
        if line.cell_len > INDENT and line.cell_len + 3 + entry.cell_len > voice.width:
            yield line
            line = Text(" " * INDENT)
        line = Text.assemble(line, " " * 3 if line.cell_len > INDENT else "", entry)
    yield line
