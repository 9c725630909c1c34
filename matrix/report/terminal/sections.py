"""The parts of what the terminal shows, each from a Summary to lines of Text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from rich.text import Text

from matrix.model import (
    Cell,
    ClassifierScores,
    Detection,
    Group,
    Matrix,
    RegressorScores,
    Scores,
    Verdict,
)
from matrix.report.progress import duration
from matrix.report.releases import Break, Direction, find_breaks
from matrix.report.summary import Cause, Change, Summary, decisive_output
from matrix.report.terminal.table import pair_table
from matrix.report.terminal.voice import INDENT, Voice, listed, row
from matrix.report.text import plain, without_places
from matrix.report.words import GROUP_WORDS, limits

_WIDE = 76
"""Columns that it takes to say what each of the four answers means."""
_MOST_BREAKS = 25
_MOST_CHANGES = 8
_MOST_CAUSES = 8
_NAME = 34
"""Columns that a pipeline's name may have."""

Section = tuple[str, list[Text]]


def headline(voice: Voice, matrix: Matrix, summary: Summary) -> Iterator[Text]:
    """How many cells, on what, in how long, and how many have each of the four answers."""
    ready = sum(environment.ready for environment in matrix.environments)
    took = duration(matrix.finished - matrix.started)
    what = f"{ready} of {_count(len(matrix.environments), 'environment')} ready"
    parts = [what, _count(len(matrix.pipelines), "pipeline"), took]
    if matrix.interrupted:
        parts.append("interrupted")
    cells = _count(summary.total, "cell")
    rest = voice.fit(f", {', '.join(parts)}", voice.width - len(cells))
    yield Text.assemble((cells, "bold"), (rest, "dim"))
    widest = max(len(f"{count:,}") for count in summary.groups.values())
    for group, count in summary.groups.items():
        word, style = GROUP_WORDS[group], voice.style(group) if count else "dim"
        answer = Text(f"{voice.symbol(group)} {count:>{widest},} {word.verb}", style=style)
        meaning = Text(word.meaning if voice.width >= _WIDE else "", style="dim")
        yield row([answer, meaning], [widest + 18, 0])


def sections(
    voice: Voice, matrix: Matrix, summary: Summary, *, everything: bool
) -> Iterator[Section]:
    """All sections that have something to say, with their titles."""
    if summary.pairs:
        yield "Saved by (rows), loaded by (columns)", pair_table(voice, summary)
    yield from _breaks(voice, summary, everything)
    yield from _changes(voice, summary, everything)
    yield from _causes(voice, "Failures", Group.FAILS, summary, everything)
    yield from _causes(voice, "Cannot tell", Group.UNKNOWN, summary, everything)
    yield from _unavailable(voice, matrix)
    yield from _self_check(voice, matrix)
    yield "Limits", list(_limits(voice, matrix, summary))


# --------------------------------------------------------------------------- breaks


_TITLES = {
    Direction.UPGRADE: "Upgrades that break or change pipelines",
    Direction.ROLLBACK: "Rollbacks that break or change pipelines",
    Direction.VARIATION: "Same release of scikit-learn, something else varied",
}


def _breaks(voice: Voice, summary: Summary, everything: bool) -> Iterator[Section]:
    breaks = find_breaks(summary)
    by_direction = {d: [b for b in breaks if b.direction is d] for d in Direction}
    wanted = [len(found) if everything else _lines_wanted(found) for found in by_direction.values()]
    rooms = _shares(wanted, sum(wanted) if everything else _MOST_BREAKS)
    for (direction, found), room in zip(by_direction.items(), rooms, strict=True):
        if found:
            kept = _most_telling(found, room)
            lines = list(_break_lines(voice, kept, None if everything else room))
            yield _TITLES[direction], lines + _more(voice, len(found) - len(kept), "line")


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


def _break_lines(voice: Voice, breaks: Sequence[Break], room: int | None) -> Iterator[Text]:
    """The breaks with the names of their pipelines: all of them if there is no end of room."""
    steps = [voice.fit(_step(entry), 34) for entry in breaks]
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


def _step(entry: Break) -> str:
    return f"{_writers(entry)} → {entry.reader.spec.label}"


def _writers(entry: Break) -> str:
    nearest, farthest = entry.nearest.spec.label, entry.farthest.spec.label
    if entry.nearest is entry.farthest:
        return nearest
    if entry.direction is Direction.ROLLBACK:
        return f"{nearest} and later" if entry.open else f"{nearest} to {farthest}"
    return f"up to {nearest}" if entry.open else f"{farthest} to {nearest}"


# --------------------------------------------------------------------------- silent changes


def _changes(voice: Voice, summary: Summary, everything: bool) -> Iterator[Section]:
    changes = summary.worst_changes()
    if not changes:
        return
    title = f"Silent changes, worst first ({_count(summary.groups[Group.CHANGES], 'cell')}"
    title += f", {summary.warned:,} of them with a warning)" if summary.warned else ")"
    kept = changes if everything else changes[:_MOST_CHANGES]
    labels = {environment.id: environment.spec.label for environment in summary.environments}
    lines = [line for change in kept for line in _change_lines(voice, change, labels)]
    hidden = sum(change.cells for change in changes[len(kept) :])
    yield title, lines + _more(voice, len(changes) - len(kept), "change", hidden)


def _change_lines(voice: Voice, change: Change, labels: dict[str, str]) -> Iterator[Text]:
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
    yield Text("    " + voice.fit(_difference(cell), voice.width - 4))
    yield from _score_lines(voice, cell)
    if cell.retrained:
        yield from voice.paragraph(cell.retrained, indent=4)


def _label(name: str, labels: dict[str, str]) -> str:
    return labels.get(name, name)


def _difference(cell: Cell) -> str:
    """What the worst method says, then the others by name."""
    output = decisive_output(cell)
    if output is None:
        return cell.verdict.value
    parts = [cell.verdict.value]
    flipped = output.verdict is Verdict.LABELS_CHANGED
    if output.n:
        parts.append(f"{output.n_changed:,} of {output.n:,} {'labels' if flipped else 'rows'}")
    if output.max_abs and not flipped:
        parts.append(f"by up to {output.max_abs:.3g}")
    parts.append(output.note)
    others = [
        f"{name} by {other.max_abs:.3g}" if other.max_abs else name
        for name, other in cell.outputs.items()
        if other is not output and not other.verdict.safe
    ]
    if others:
        parts.append(f"also {', '.join(others)}")
    return ", ".join(filter(None, parts))


@dataclass(frozen=True, slots=True)
class _Score:
    """A score before saving and after loading."""

    name: str
    was: float
    now: float

    @property
    def fell(self) -> bool:
        """By enough to leap to the eye."""
        if not self.name.startswith("mean absolute"):
            return self.was - self.now > 0.05 or self.now != self.now
        return self.now > 1.05 * self.was

    def __str__(self) -> str:
        return f"{self.name} {_score(self.was)} → {_score(self.now)}"


def _score(value: float) -> str:
    return f"{value:.3f}" if abs(value) < 10 else f"{value:.4g}"


def _score_lines(voice: Voice, cell: Cell) -> Iterator[Text]:
    """The score of one class that fell the furthest, and the overall ones, side by side."""
    line = Text("   ")
    for score in (*_worst_class(cell.before, cell.after), *_overall(cell.before, cell.after)):
        text = voice.fit(str(score), voice.width - 5)
        if line.cell_len > 4 and line.cell_len + 3 + len(text) > voice.width:
            yield line
            line = Text("   ")
        line.append(" " if line.cell_len == 3 else "   ")
        line.append(text, style="bold red" if score.fell else "")
    if line.cell_len > 4:
        yield line


def _worst_class(before: Scores | None, after: Scores | None) -> list[_Score]:
    if not (isinstance(before, ClassifierScores) and isinstance(after, ClassifierScores)):
        return []
    now = {score.label: score for score in after.classes}
    falls = [
        _Score(f"{what} of {plain(score.label, 24)}", was, getattr(now[score.label], what))
        for score in before.classes
        if score.label in now and score.support
        for what, was in (("recall", score.recall), ("precision", score.precision))
    ]
    worst = max(falls, key=lambda score: score.was - score.now, default=None)
    return [worst] if worst and worst.was > worst.now else []


def _overall(before: Scores | None, after: Scores | None) -> Iterator[_Score]:
    if isinstance(before, ClassifierScores) and isinstance(after, ClassifierScores):
        yield _Score("accuracy", before.accuracy, after.accuracy)
    elif isinstance(before, RegressorScores) and isinstance(after, RegressorScores):
        yield _Score("R²", before.r2, after.r2)
        error = before.mean_absolute_error, after.mean_absolute_error
        yield _Score("mean absolute error", *error)


# --------------------------------------------------------------------------- causes


def _causes(
    voice: Voice, title: str, group: Group, summary: Summary, everything: bool
) -> Iterator[Section]:
    causes = summary.failures if group is Group.FAILS else summary.unknown
    if not causes:
        return
    ranked = sorted(causes.values(), key=lambda cause: (-cause.cells, cause.type, cause.message))
    kept = ranked if everything else ranked[:_MOST_CAUSES]
    labels = {environment.id: environment.spec.label for environment in summary.environments}
    lines = [line for cause in kept for line in _cause_lines(voice, cause, labels)]
    hidden = sum(cause.cells for cause in ranked[len(kept) :])
    total = f"{_count(summary.groups[group], 'cell')}, {_count(len(ranked), 'reason')}"
    yield f"{title} ({total})", lines + _more(voice, len(ranked) - len(kept), "reason", hidden)


def _cause_lines(voice: Voice, cause: Cause, labels: dict[str, str]) -> Iterator[Text]:
    count = Text(f"{cause.cells:>7,}  ", style="bold")
    message = without_places(cause.message)
    what = f"{cause.type}: {message}" if message else cause.type
    room = voice.width - count.cell_len
    first, *rest = voice.fold(voice.fit(what, 2 * room - 12), room) or [""]
    yield Text.assemble(count, first)
    for line in rest:
        yield Text(" " * count.cell_len + line)
    example = cause.example
    parts = [
        ", ".join(name for name, _ in islice(cause.stages.most_common(), 3)),
        _count(len(cause.pipelines), "pipeline"),
        f"{example.pipeline} {_label(example.writer, labels)} → {_label(example.reader, labels)}",
    ]
    yield voice.faint(", ".join(parts), indent=count.cell_len)


# --------------------------------------------------------------------------- the rest


def _unavailable(voice: Voice, matrix: Matrix) -> Iterator[Section]:
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


def _self_check(voice: Voice, matrix: Matrix) -> Iterator[Section]:
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


def _limits(voice: Voice, matrix: Matrix, summary: Summary) -> Iterator[Text]:
    notice = limits(
        cells=summary.total,
        unknown=summary.groups[Group.UNKNOWN],
        not_run=summary.verdicts[Verdict.NOT_RUN],
        interrupted=matrix.interrupted,
    )
    for sentence in notice:
        yield from voice.paragraph(sentence)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _more(voice: Voice, hidden: int, noun: str, cells: int = 0) -> list[Text]:
    if not hidden:
        return []
    of_cells = f" ({_count(cells, 'cell')})" if cells else ""
    return [voice.faint(f"… and {_count(hidden, noun)} more{of_cells}: report --all")]
