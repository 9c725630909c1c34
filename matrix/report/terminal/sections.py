"""The sections of the terminal report, each from a Summary to lines of Text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from rich.text import Text

from matrix.model import Cell, Detection, Direction, Group, Matrix
from matrix.normalize_messages import without_places
from matrix.report.progress import duration
from matrix.report.releases import Break, find_breaks
from matrix.report.score_words import changed
from matrix.report.sentences import (
    INTROSPECTION_TITLE,
    TITLES,
    changed_too,
    counted,
    difference,
    route,
)
from matrix.report.summary import Reason, SilentChange, Summary
from matrix.report.terminal.causes import causes
from matrix.report.terminal.explanation import explanation_lines
from matrix.report.terminal.style import INDENT, TerminalStyle, name_lines, row
from matrix.report.terminal.table import pair_table
from matrix.report.terminal.ways_to_save import ways_to_save
from matrix.report.verdict_words import GROUP_WORDS, group_meaning

_WIDE = 76
"""Least columns of a terminal for the meaning of each group."""
_MUCH = 0.05
"""A score that falls by more is highlighted."""
_MOST_BREAKS = 25
_MOST_CHANGES = 8
_MOST_EXPLANATIONS = 3
_MOST_REASONS = 8
_NAME = 34
"""Most columns for the name of a pipeline."""

Section = tuple[str, list[Text]]


def headline(terminal: TerminalStyle, matrix: Matrix, summary: Summary) -> Iterator[Text]:
    """Yield the numbers of cells, environments and pipelines, the time, and a line per group."""
    ready = sum(environment.ready for environment in matrix.environments)
    took = duration(matrix.finished - matrix.started)
    what = f"{ready} of {counted(len(matrix.environments), 'environment')} ready"
    parts = [what, counted(len(matrix.pipelines), "pipeline"), took]
    if matrix.interrupted:
        parts.append("interrupted")
    cells = counted(summary.total, "cell")
    rest = terminal.fit(f", {', '.join(parts)}", terminal.width - len(cells))
    yield Text.assemble((cells, "bold"), (rest, "dim"))
    widest = max(len(f"{count:,}") for count in summary.groups.values())
    for group, count in summary.groups.items():
        word, style = GROUP_WORDS[group], terminal.style(group) if count else "dim"
        answer = Text(f"{terminal.symbol(group)} {count:>{widest},} {word.label}", style=style)
        text = group_meaning(group, matrix.formats) if terminal.width >= _WIDE else ""
        meaning = Text(text, style="dim")
        yield row([answer, meaning], [widest + 18, 0])


def sections(
    terminal: TerminalStyle, matrix: Matrix, summary: Summary, *, everything: bool
) -> Iterator[Section]:
    """Yield all sections with content, with their titles."""
    if matrix.answers:
        yield "Models", list(_models(terminal, matrix))
    if summary.pairs:
        yield "Saved by (rows), loaded by (columns)", pair_table(terminal, summary)
    yield from _explanations(terminal, matrix, everything)
    yield from _breaks(terminal, summary, everything)
    yield from _changes(terminal, summary, everything, matrix.score_margin)
    yield from causes(terminal, summary, everything=everything)
    yield from _reasons(terminal, "Failures", Group.FAILS, summary, everything)
    yield from _reasons(terminal, INTROSPECTION_TITLE, Group.LIMITED, summary, everything)
    yield from _reasons(terminal, "Unknown", Group.UNKNOWN, summary, everything)
    yield from ways_to_save(terminal, matrix, summary, everything=everything)
    yield from _unavailable(terminal, matrix)
    yield from _self_check(terminal, matrix)
    yield "Limits", list(_limits(terminal, matrix, summary))


def _models(terminal: TerminalStyle, matrix: Matrix) -> Iterator[Text]:
    """Yield the answer for each of the user's models, also for one that could not be checked."""
    for answer in matrix.answers:
        text = f"{terminal.symbol(answer.group)} {answer.model}: {answer.answer}"
        for line in terminal.wrap(text, terminal.width - INDENT):
            yield Text(" " * INDENT + line, style=terminal.style(answer.group))


# --------------------------------------------------------------------------- why


def _explanations(terminal: TerminalStyle, matrix: Matrix, everything: bool) -> Iterator[Section]:
    """Yield the explanations that ``explain`` recorded, the latest first."""
    by_cell = {(e.pipeline, e.format, e.writer, e.reader): e for e in reversed(matrix.stories)}
    shown = list(islice(by_cell, None if everything else _MOST_EXPLANATIONS))
    if not shown:
        return
    found = {}
    for cell in matrix.cells:
        if cell.key in by_cell:
            found[cell.key] = cell.verdict.group
    lines = [
        line
        for one in shown
        if one in found
        for line in explanation_lines(terminal, by_cell[one], found[one])
    ]
    yield "Why, and what to do", lines


# --------------------------------------------------------------------------- breaks


def _breaks(terminal: TerminalStyle, summary: Summary, everything: bool) -> Iterator[Section]:
    breaks = find_breaks(summary.grids)
    by_direction = {d: [b for b in breaks if b.direction is d] for d in Direction}
    needed = [len(found) if everything else _lines_needed(found) for found in by_direction.values()]
    shares = _shares(needed, sum(needed) if everything else _MOST_BREAKS)
    for (direction, found), room in zip(by_direction.items(), shares, strict=True):
        if found:
            shown = _most_affected(found, room)
            lines = list(_break_lines(terminal, shown, None if everything else room))
            yield TITLES[direction], lines + _more(terminal, len(found) - len(shown), "line")


def _lines_needed(breaks: Sequence[Break]) -> int:
    """Return one line for each break, and up to three for long lists of names."""
    return sum(min(1 + len(entry.pipelines) // 3, 3) for entry in breaks)


def _shares(needed: Sequence[int], room: int) -> list[int]:
    """Divide lines fairly: a section that needs less than its share leaves the rest to others."""
    shares = [0] * len(needed)
    for left, position in zip(
        range(len(needed), 0, -1), sorted(range(len(needed)), key=lambda i: needed[i]), strict=True
    ):
        shares[position] = min(needed[position], room // left)
        room -= shares[position]
    return shares


def _most_affected(breaks: Sequence[Break], room: int) -> list[Break]:
    """Return the breaks that affect the most pipelines, in the order of releases."""
    ranked = sorted(range(len(breaks)), key=lambda i: -len(breaks[i].pipelines))
    return [breaks[i] for i in sorted(ranked[:room])]


def _break_lines(
    terminal: TerminalStyle, breaks: Sequence[Break], room: int | None
) -> Iterator[Text]:
    """Yield the breaks with their pipelines, in at most ``room`` lines; None means no limit."""
    steps = [terminal.fit(route(entry), 34) for entry in breaks]
    verdicts = [terminal.verdict_text(entry.verdict) for entry in breaks]
    widths = [
        max(Text(step).cell_len for step in steps),
        max(verdict.cell_len for verdict in verdicts),
        -max(len(str(len(entry.pipelines))) for entry in breaks),
    ]
    left = INDENT + sum(abs(width) + 2 for width in widths)
    depths = None if room is None else _depths(breaks, room)
    for i, (entry, step, verdict) in enumerate(zip(breaks, steps, verdicts, strict=True)):
        first = row([step, verdict, str(len(entry.pipelines))], widths)
        depth = None if depths is None else depths[i]
        for line in name_lines(terminal, entry.pipelines, max(terminal.width - left, 8), depth):
            yield Text.assemble(first, " " * (left - first.cell_len), line)
            first = Text()


def _depths(breaks: Sequence[Break], room: int) -> list[int]:
    """Return the number of lines for each break: extra lines go to those with most pipelines."""
    depths = [1] * len(breaks)
    left = room - len(breaks)
    for i in sorted(range(len(breaks)), key=lambda i: -len(breaks[i].pipelines)):
        extra = min(left, 2, len(breaks[i].pipelines) // 3)
        depths[i] += max(extra, 0)
        left -= max(extra, 0)
    return depths


# --------------------------------------------------------------------------- silent changes


def _changes(
    terminal: TerminalStyle, summary: Summary, everything: bool, margin: float
) -> Iterator[Section]:
    changes = summary.worst_changes()
    if not changes:
        return
    title = f"Silent changes, worst first ({counted(summary.groups[Group.CHANGES], 'cell')}"
    title += f", {summary.warned:,} of them with a warning)" if summary.warned else ")"
    shown = changes if everything else changes[:_MOST_CHANGES]
    labels = {environment.id: environment.spec.label for environment in summary.environments}
    lines = [line for change in shown for line in _change_lines(terminal, change, labels, margin)]
    hidden = sum(change.cells for change in changes[len(shown) :])
    yield title, lines + _more(terminal, len(changes) - len(shown), "change", hidden)


def _change_lines(
    terminal: TerminalStyle, change: SilentChange, labels: dict[str, str], margin: float
) -> Iterator[Text]:
    cell = change.worst
    if cell is None:
        return
    style = terminal.style(Group.CHANGES)
    method = change.method or cell.verdict.value
    where = f"{_label(cell.writer, labels)} → {_label(cell.reader, labels)}"
    if change.cells > 1:
        where += f", worst of {change.cells:,}"
    line = Text.assemble(
        "  ",
        (f"{terminal.symbol(Group.CHANGES)} {terminal.fit(change.pipeline, _NAME)}", style),
        f"  {terminal.fit(method, 20)}  ",
    )
    line.append(terminal.fit(where, terminal.width - line.cell_len), style="dim")
    yield line
    room = terminal.width - 4
    for text in terminal.wrap(terminal.fit(difference(cell), 3 * room - 12), room):
        yield Text("    " + text)
    yield from _score_lines(terminal, cell, margin)
    if cell.retrained:
        yield from terminal.paragraph(cell.retrained, indent=4)


def _label(name: str, labels: dict[str, str]) -> str:
    return labels.get(name, name)


def _score_lines(terminal: TerminalStyle, cell: Cell, margin: float) -> Iterator[Text]:
    """Yield the score of the class that became worst, and the overall scores, side by side."""
    line = Text("   ")
    for score in changed(cell):
        text = terminal.fit(str(score), terminal.width - 5)
        if line.cell_len > 4 and line.cell_len + 3 + len(text) > terminal.width:
            yield line
            line = Text("   ")
        line.append(" " if line.cell_len == 3 else "   ")
        line.append(text, style="bold red" if score.fell(max(margin, _MUCH)) else "")
    if line.cell_len > 4:
        yield line


# --------------------------------------------------------------------------- reasons


def _reasons(
    terminal: TerminalStyle, title: str, group: Group, summary: Summary, everything: bool
) -> Iterator[Section]:
    reasons = summary.reasons(group)
    if not reasons:
        return
    ranked = sorted(
        reasons.values(), key=lambda reason: (-reason.cells, reason.type, reason.message)
    )
    shown = ranked if everything else ranked[:_MOST_REASONS]
    labels = {environment.id: environment.spec.label for environment in summary.environments}
    lines = [line for reason in shown for line in _reason_lines(terminal, reason, labels)]
    hidden = sum(reason.cells for reason in ranked[len(shown) :])
    total = f"{counted(summary.groups[group], 'cell')}, {counted(len(ranked), 'reason')}"
    yield f"{title} ({total})", lines + _more(terminal, len(ranked) - len(shown), "reason", hidden)


def _reason_lines(
    terminal: TerminalStyle, reason: Reason, labels: dict[str, str]
) -> Iterator[Text]:
    count = Text(f"{reason.cells:>7,}  ", style="bold")
    message = without_places(reason.message)
    what = f"{reason.type}: {message}" if message else reason.type
    room = terminal.width - count.cell_len
    first, *rest = terminal.wrap(terminal.fit(what, 2 * room - 12), room) or [""]
    yield Text.assemble(count, first)
    for line in rest:
        yield Text(" " * count.cell_len + line)
    example = reason.example
    parts = [
        ", ".join(name for name, _ in islice(reason.stages.most_common(), 3)),
        counted(len(reason.pipelines), "pipeline"),
        f"{example.pipeline} {_label(example.writer, labels)} → {_label(example.reader, labels)}",
    ]
    yield terminal.faint(", ".join(parts), indent=count.cell_len)
    if reason.changed:
        yield from terminal.paragraph(changed_too(reason), indent=count.cell_len)


# --------------------------------------------------------------------------- the rest


def _unavailable(terminal: TerminalStyle, matrix: Matrix) -> Iterator[Section]:
    missing = [environment for environment in matrix.environments if not environment.ready]
    if not missing:
        return
    labels = [Text(terminal.fit(found.spec.label, 18), style="bold") for found in missing]
    widest = max(label.cell_len for label in labels)
    lines = []
    for environment, label in zip(missing, labels, strict=True):
        room = terminal.width - INDENT - widest - 2
        for i, line in enumerate(terminal.wrap(environment.reason, room) or [""]):
            lines.append(row([label if i == 0 else "", line], [widest, 0]))
    yield "Unavailable environments", lines


def _self_check(terminal: TerminalStyle, matrix: Matrix) -> Iterator[Section]:
    if not matrix.self_check:
        return
    missed = [name for name, found in matrix.self_check.items() if found is Detection.MISSED]
    lines = [
        Text(f"  {terminal.symbol(Group.FAILS)} MISSED: {terminal.fit(name, 60)}", style="bold red")
        for name in missed
    ]
    found = [name for name in matrix.self_check if name not in missed]
    if found:
        lines += terminal.paragraph(f"found: {', '.join(found)}")
    yield f"Self-check: {len(found)} of {len(matrix.self_check)} planted faults found", lines


def _limits(terminal: TerminalStyle, matrix: Matrix, summary: Summary) -> Iterator[Text]:
    for sentence in summary.tally.notice(matrix):
        yield from terminal.paragraph(sentence)


def _more(terminal: TerminalStyle, hidden: int, singular: str, cells: int = 0) -> list[Text]:
    if not hidden:
        return []
    return [terminal.more(hidden, singular, counted(cells, "cell") if cells else "")]
