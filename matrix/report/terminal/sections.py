"""The parts of what the terminal shows, each from a Summary to lines of Text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from rich.text import Text

from matrix.baseline.baseline import place
from matrix.model import Cell, Detection, Group, Matrix
from matrix.normalize_messages import without_places
from matrix.report.progress import duration
from matrix.report.releases import Break, Travel, find_breaks
from matrix.report.sentences import TITLES, counted, difference, route, scores
from matrix.report.summary import Reason, SilentChange, Summary
from matrix.report.terminal.causes import causes
from matrix.report.terminal.explanation import story_lines
from matrix.report.terminal.style import INDENT, TerminalStyle, listed, row
from matrix.report.terminal.table import pair_table
from matrix.report.verdict_words import GROUP_WORDS

_WIDE = 76
"""Columns that it takes to say what each of the four answers means."""
_MOST_BREAKS = 25
_MOST_CHANGES = 8
_MOST_STORIES = 3
_MOST_REASONS = 8
_NAME = 34
"""Columns that a pipeline's name may have."""

Section = tuple[str, list[Text]]


def headline(voice: TerminalStyle, matrix: Matrix, summary: Summary) -> Iterator[Text]:
    """How many cells, on what, in how long, and how many have each of the four answers."""
    ready = sum(environment.ready for environment in matrix.environments)
    took = duration(matrix.finished - matrix.started)
    what = f"{ready} of {counted(len(matrix.environments), 'environment')} ready"
    parts = [what, counted(len(matrix.pipelines), "pipeline"), took]
    if matrix.interrupted:
        parts.append("interrupted")
    cells = counted(summary.total, "cell")
    rest = voice.fit(f", {', '.join(parts)}", voice.width - len(cells))
    yield Text.assemble((cells, "bold"), (rest, "dim"))
    widest = max(len(f"{count:,}") for count in summary.groups.values())
    for group, count in summary.groups.items():
        word, style = GROUP_WORDS[group], voice.style(group) if count else "dim"
        answer = Text(f"{voice.symbol(group)} {count:>{widest},} {word.verb}", style=style)
        meaning = Text(word.meaning if voice.width >= _WIDE else "", style="dim")
        yield row([answer, meaning], [widest + 18, 0])


def sections(
    voice: TerminalStyle, matrix: Matrix, summary: Summary, *, everything: bool
) -> Iterator[Section]:
    """All sections that have something to say, with their titles."""
    if summary.pairs:
        yield "Saved by (rows), loaded by (columns)", pair_table(voice, summary)
    yield from _stories(voice, matrix, everything)
    yield from _breaks(voice, summary, everything)
    yield from _changes(voice, summary, everything)
    yield from causes(voice, summary, everything=everything)
    yield from _reasons(voice, "Failures", Group.FAILS, summary, everything)
    yield from _reasons(voice, "Cannot tell", Group.UNKNOWN, summary, everything)
    yield from _unavailable(voice, matrix)
    yield from _self_check(voice, matrix)
    yield "Limits", list(_limits(voice, matrix, summary))


# --------------------------------------------------------------------------- why


def _stories(voice: TerminalStyle, matrix: Matrix, everything: bool) -> Iterator[Section]:
    """What explain has told of cells, the last told first."""
    wanted = {(s.pipeline, s.format, s.writer, s.reader): s for s in reversed(matrix.stories)}
    shown = list(islice(wanted, None if everything else _MOST_STORIES))
    if not shown:
        return
    found = {}
    for cell in matrix.cells:
        if place(cell) in wanted:
            found[place(cell)] = cell.verdict.group
    lines = [
        line
        for one in shown
        if one in found
        for line in story_lines(voice, wanted[one], found[one])
    ]
    yield "Why, and what to do", lines


# --------------------------------------------------------------------------- breaks


def _breaks(voice: TerminalStyle, summary: Summary, everything: bool) -> Iterator[Section]:
    breaks = find_breaks(summary)
    by_direction = {d: [b for b in breaks if b.direction is d] for d in Travel}
    wanted = [len(found) if everything else _lines_wanted(found) for found in by_direction.values()]
    rooms = _shares(wanted, sum(wanted) if everything else _MOST_BREAKS)
    for (direction, found), room in zip(by_direction.items(), rooms, strict=True):
        if found:
            kept = _most_telling(found, room)
            lines = list(_break_lines(voice, kept, None if everything else room))
            yield TITLES[direction], lines + _more(voice, len(found) - len(kept), "line")


def _lines_wanted(breaks: Sequence[Break]) -> int:
    """One for each break, and a second and third one for long lists of names."""
    return sum(min(1 + len(entry.pipelines) // 3, 3) for entry in breaks)


def _shares(wanted: Sequence[int], room: int) -> list[int]:
    """Room for each, fairly: who needs less than an equal share leaves the rest to the others."""
    shares = [0] * len(wanted)
    for left, position in zip(
        range(len(wanted), 0, -1), sorted(range(len(wanted)), key=lambda i: wanted[i]), strict=True
    ):
        shares[position] = min(wanted[position], room // left)
        room -= shares[position]
    return shares


def _most_telling(breaks: Sequence[Break], room: int) -> list[Break]:
    """Those that concern the most pipelines, still in the order of releases."""
    ranked = sorted(range(len(breaks)), key=lambda i: -len(breaks[i].pipelines))
    return [breaks[i] for i in sorted(ranked[:room])]


def _break_lines(voice: TerminalStyle, breaks: Sequence[Break], room: int | None) -> Iterator[Text]:
    """The breaks with the names of their pipelines: all of them if there is no end of room."""
    steps = [voice.fit(route(entry), 34) for entry in breaks]
    verdicts = [voice.marked(entry.verdict) for entry in breaks]
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
        for line in listed(voice, entry.pipelines, max(voice.width - left, 8), depth):
            yield Text.assemble(first, " " * (left - first.cell_len), line)
            first = Text()


def _depths(breaks: Sequence[Break], room: int) -> list[int]:
    """Lines for each break: what is over goes to those that concern the most pipelines."""
    depths = [1] * len(breaks)
    over = room - len(breaks)
    for i in sorted(range(len(breaks)), key=lambda i: -len(breaks[i].pipelines)):
        extra = min(over, 2, len(breaks[i].pipelines) // 3)
        depths[i] += max(extra, 0)
        over -= max(extra, 0)
    return depths


# --------------------------------------------------------------------------- silent changes


def _changes(voice: TerminalStyle, summary: Summary, everything: bool) -> Iterator[Section]:
    changes = summary.worst_changes()
    if not changes:
        return
    title = f"Silent changes, worst first ({counted(summary.groups[Group.CHANGES], 'cell')}"
    title += f", {summary.warned:,} of them with a warning)" if summary.warned else ")"
    kept = changes if everything else changes[:_MOST_CHANGES]
    labels = {environment.id: environment.spec.label for environment in summary.environments}
    lines = [line for change in kept for line in _change_lines(voice, change, labels)]
    hidden = sum(change.cells for change in changes[len(kept) :])
    yield title, lines + _more(voice, len(changes) - len(kept), "change", hidden)


def _change_lines(
    voice: TerminalStyle, change: SilentChange, labels: dict[str, str]
) -> Iterator[Text]:
    cell = change.worst
    if cell is None:
        return
    style = voice.style(Group.CHANGES)
    method = change.method or cell.verdict.value
    where = f"{_label(cell.writer, labels)} → {_label(cell.reader, labels)}"
    if change.cells > 1:
        where += f", worst of {change.cells:,}"
    line = Text.assemble(
        "  ",
        (f"{voice.symbol(Group.CHANGES)} {voice.fit(change.pipeline, _NAME)}", style),
        f"  {voice.fit(method, 20)}  ",
    )
    line.append(voice.fit(where, voice.width - line.cell_len), style="dim")
    yield line
    yield Text("    " + voice.fit(difference(cell), voice.width - 4))
    yield from _score_lines(voice, cell)
    if cell.retrained:
        yield from voice.paragraph(cell.retrained, indent=4)


def _label(name: str, labels: dict[str, str]) -> str:
    return labels.get(name, name)


def _score_lines(voice: TerminalStyle, cell: Cell) -> Iterator[Text]:
    """The score of one class that fell the furthest, and the overall ones, side by side."""
    line = Text("   ")
    for score in scores(cell):
        text = voice.fit(str(score), voice.width - 5)
        if line.cell_len > 4 and line.cell_len + 3 + len(text) > voice.width:
            yield line
            line = Text("   ")
        line.append(" " if line.cell_len == 3 else "   ")
        line.append(text, style="bold red" if score.fell else "")
    if line.cell_len > 4:
        yield line


# --------------------------------------------------------------------------- reasons


def _reasons(
    voice: TerminalStyle, title: str, group: Group, summary: Summary, everything: bool
) -> Iterator[Section]:
    reasons = summary.failures if group is Group.FAILS else summary.unknown
    if not reasons:
        return
    ranked = sorted(
        reasons.values(), key=lambda reason: (-reason.cells, reason.type, reason.message)
    )
    kept = ranked if everything else ranked[:_MOST_REASONS]
    labels = {environment.id: environment.spec.label for environment in summary.environments}
    lines = [line for reason in kept for line in _reason_lines(voice, reason, labels)]
    hidden = sum(reason.cells for reason in ranked[len(kept) :])
    total = f"{counted(summary.groups[group], 'cell')}, {counted(len(ranked), 'reason')}"
    yield f"{title} ({total})", lines + _more(voice, len(ranked) - len(kept), "reason", hidden)


def _reason_lines(voice: TerminalStyle, reason: Reason, labels: dict[str, str]) -> Iterator[Text]:
    count = Text(f"{reason.cells:>7,}  ", style="bold")
    message = without_places(reason.message)
    what = f"{reason.type}: {message}" if message else reason.type
    room = voice.width - count.cell_len
    first, *rest = voice.fold(voice.fit(what, 2 * room - 12), room) or [""]
    yield Text.assemble(count, first)
    for line in rest:
        yield Text(" " * count.cell_len + line)
    example = reason.example
    parts = [
        ", ".join(name for name, _ in islice(reason.stages.most_common(), 3)),
        counted(len(reason.pipelines), "pipeline"),
        f"{example.pipeline} {_label(example.writer, labels)} → {_label(example.reader, labels)}",
    ]
    yield voice.faint(", ".join(parts), indent=count.cell_len)


# --------------------------------------------------------------------------- the rest


def _unavailable(voice: TerminalStyle, matrix: Matrix) -> Iterator[Section]:
    missing = [environment for environment in matrix.environments if not environment.ready]
    if not missing:
        return
    labels = [Text(voice.fit(found.spec.label, 18), style="bold") for found in missing]
    widest = max(label.cell_len for label in labels)
    lines = []
    for environment, label in zip(missing, labels, strict=True):
        room = voice.width - INDENT - widest - 2
        for i, line in enumerate(voice.fold(environment.reason, room) or [""]):
            lines.append(row([label if i == 0 else "", line], [widest, 0]))
    yield "Environments that could not be had", lines


def _self_check(voice: TerminalStyle, matrix: Matrix) -> Iterator[Section]:
    if not matrix.self_check:
        return
    missed = [name for name, found in matrix.self_check.items() if found is Detection.MISSED]
    lines = [
        Text(f"  {voice.symbol(Group.FAILS)} MISSED: {voice.fit(name, 60)}", style="bold red")
        for name in missed
    ]
    found = [name for name in matrix.self_check if name not in missed]
    if found:
        lines += voice.paragraph(f"found: {', '.join(found)}")
    yield f"Self-check: {len(found)} of {len(matrix.self_check)} planted faults found", lines


def _limits(voice: TerminalStyle, matrix: Matrix, summary: Summary) -> Iterator[Text]:
    for sentence in summary.tally.notice(matrix):
        yield from voice.paragraph(sentence)


def _more(voice: TerminalStyle, hidden: int, noun: str, cells: int = 0) -> list[Text]:
    if not hidden:
        return []
    of_cells = f" ({counted(cells, 'cell')})" if cells else ""
    return [voice.faint(f"… and {counted(hidden, noun)} more{of_cells}: report --all")]
