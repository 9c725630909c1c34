"""The answers of an upgrade check on a terminal: the answer first, then the evidence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TextIO

from rich.text import Text

from matrix.model import ClassifierScores, Scores
from matrix.report import model_answers as words
from matrix.report.cause_text import known_cause, since
from matrix.report.model_answers import Stretch
from matrix.report.terminal import console_for
from matrix.report.terminal.style import TerminalStyle
from matrix.upgrade.answer import UpgradeAnswer, UpgradeResult

_LINES = 6
"""So many further lines may say what happens in a target."""


def show_upgrade(
    upgrade: UpgradeResult, *, file: TextIO | None = None, width: int | None = None
) -> None:
    """Print the answers.

    Args:
        upgrade: what to print.
        file: where to; standard output if not given.
        width: in columns; that of the terminal, or 80, if not given.
    """
    console = console_for(file, width, None)
    voice = TerminalStyle.of(console)
    for answer in upgrade.answers:
        for line in _answer(voice, answer):
            console.print(line, overflow="crop", no_wrap=True)
        console.print()
    if len(upgrade.answers) > 1:
        console.print(voice.title(words.summary(upgrade.answers)))
    for sentence in words.notice(upgrade.answers):
        for line in voice.paragraph(sentence, indent=0):
            console.print(line)


def _answer(voice: TerminalStyle, answer: UpgradeAnswer) -> Iterator[Text]:
    group = words.group_of(answer)
    said = f"{voice.symbol(group)} {answer.model.id}: {words.headline(answer)}"
    for line in voice.fold(said, voice.width):
        yield Text(line, style=voice.style(group))
    pin = words.advice(answer)
    if pin:
        yield Text(f"  {voice.say(pin)}", style="bold")
        yield from voice.paragraph(words.releases_run(answer))
    held = words.loaded_in(answer)
    if held:
        yield from voice.paragraph(held)
    if answer.problem is not None:
        if answer.problem.advice:
            yield from voice.paragraph(answer.problem.advice)
        return
    if answer.rows.n:
        yield from voice.paragraph(f"on {words.evidence(answer.rows)}")
    for note in answer.notes:
        yield from voice.paragraph(note)
    found = words.stretches(answer)
    widest = min(max(len(one.name) for one in found), voice.width // 3)
    for one in found:
        yield from _stretch(voice, one, widest)


def _stretch(voice: TerminalStyle, stretch: Stretch, widest: int) -> Iterator[Text]:
    cell = stretch.target.cell
    group = cell.verdict.group
    head = Text("  ")
    head.append(f"{voice.fit(stretch.name, widest):<{widest}}  ")
    head.append(f"{voice.symbol(group)} ", style=voice.style(group))
    said = stretch.said + (" (where it comes from)" if stretch.origin else "")
    first, *rest = voice.fold(said, voice.width - head.cell_len) or [""]
    yield Text.assemble(head, first)
    for line in rest[:_LINES]:
        yield Text(" " * head.cell_len + line)
    for change in stretch.target.worst:
        line = f"row {change.row}: {change.before} → {change.after}"
        yield Text(" " * head.cell_len + voice.fit(line, voice.width - head.cell_len), style="dim")
    cause = known_cause(cell)
    if cause is not None:
        why = f"{cause.title} ({cause.id}, {since(cause)}): {cause.advice}"
        for line in voice.fold(why, voice.width - head.cell_len):
            yield Text(" " * head.cell_len + line, style="dim")
    scores = _scores(cell.before, cell.after)
    if scores:
        yield Text(" " * head.cell_len + voice.say(scores))


def _scores(before: Scores | None, after: Scores | None) -> str:
    if before is None or after is None:
        return ""
    if isinstance(before, ClassifierScores) and isinstance(after, ClassifierScores):
        return f"accuracy {before.accuracy:.3f} → {after.accuracy:.3f}"
    if not isinstance(before, ClassifierScores) and not isinstance(after, ClassifierScores):
        error = f"{before.mean_absolute_error:.4g} → {after.mean_absolute_error:.4g}"
        return f"R² {before.r2:.3f} → {after.r2:.3f}, mean absolute error {error}"
    return ""
