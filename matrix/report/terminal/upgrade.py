"""The results of an upgrade check on a terminal: the answer first, then the evidence."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import TextIO

from rich.text import Text

from matrix.causes import KnownCause
from matrix.report import model_answers as words
from matrix.report import package_words
from matrix.report.cause_text import advice_parts, known_cause, since
from matrix.report.migrate_command import INTRODUCTION, migrate_command
from matrix.report.model_answers import TargetRange
from matrix.report.passed_over import sentences
from matrix.report.score_words import score_lines, scored_on
from matrix.report.terminal import console_for
from matrix.report.terminal.style import TerminalStyle, print_line
from matrix.report.training_words import training_answer, training_text
from matrix.upgrade.answer import Problem, UpgradeAnswer, UpgradeResult

_LINES = 6
"""Most additional lines for the outcome in a target."""


def show_upgrade(
    upgrade: UpgradeResult, *, file: TextIO | None = None, width: int | None = None
) -> None:
    """Print the result of an upgrade check.

    Args:
        upgrade: the result.
        file: where to print; by default standard output.
        width: in columns; by default that of the terminal, or 80.
    """
    console = console_for(file, width, None)
    terminal = TerminalStyle.of(console)
    for answer in upgrade.answers:
        for line in _answer(terminal, answer, upgrade):
            print_line(console, line)
        console.print()
    if len(upgrade.answers) > 1:
        for text in terminal.wrap(words.summary(upgrade.answers), terminal.width):
            console.print(Text(text, style="bold"))
    for line in _one_line_for_all(terminal, upgrade.answers):
        print_line(console, line)
    for sentence in (*words.notice(upgrade.answers), *sentences(upgrade.passed_over)):
        for line in terminal.paragraph(sentence, indent=0):
            console.print(line)


def _answer(
    terminal: TerminalStyle, answer: UpgradeAnswer, upgrade: UpgradeResult
) -> Iterator[Text]:
    group = words.group_of(answer)
    headline = f"{terminal.symbol(group)} {answer.model.id}: {words.headline(answer)}"
    for line in terminal.wrap(headline, terminal.width):
        yield Text(line, style=terminal.style(group))
    yield from _pins(terminal, answer)
    for text in filter(None, (words.loaded_in(answer), answer.first_gate_only)):
        yield from terminal.paragraph(text)
    if answer.problem is not None:
        yield from _problem(terminal, answer.problem)
        return
    if answer.rows.n:
        yield from terminal.paragraph(words.evidence(answer.rows))
        noticed = words.evidence_text(answer.rows.evidence)
        if noticed:
            yield from terminal.paragraph(noticed)
    for text in scored_on(words.truth_scores(answer)):
        yield from terminal.paragraph(text)
    for note in answer.notes:
        yield from terminal.paragraph(note)
    found = words.target_ranges(answer)
    # Names are longer with the versions of several packages.
    room = terminal.width // 3 + len(answer.packages) * terminal.width // 6
    widest = min(max(len(one.name) for one in found), room, 2 * terminal.width // 3)
    for one in found:
        yield from _target_range(terminal, one, widest, upgrade.score_margin, answer.notes)
        command = "" if one.responsible else migrate_command(answer, one.last, upgrade.options)
        if command:
            yield from terminal.paragraph(INTRODUCTION)
            yield terminal.pasteable(command)


def _one_line_for_all(terminal: TerminalStyle, answers: Sequence[UpgradeAnswer]) -> Iterator[Text]:
    """The options that several models need, in one line.

    ``--from`` is not among them: it would hold for models whose files name their origin too.
    """
    every = [one.problem.options for one in answers if one.problem]
    shared = ([one for one in options if not one.startswith("--from ")] for options in every)
    needed = [options for options in shared if options]
    if len(needed) > 1:
        yield from terminal.paragraph(f"For these {len(needed)} models, add to this command:")
        yield terminal.pasteable(" ".join(dict.fromkeys(itertools.chain(*needed))))


def _pins(terminal: TerminalStyle, answer: UpgradeAnswer) -> Iterator[Text]:
    """The requirements to write, and the releases that were tested."""
    pin = words.advice(answer)
    if not pin:
        return
    for text in (pin, *(f'or "{other}"' for other in package_words.pins(answer))):
        yield Text(f"  {terminal.printable(text)}", style="bold")
    for text in (words.releases_run(answer), *package_words.tested(answer)):
        yield from terminal.paragraph(text)


def _problem(terminal: TerminalStyle, problem: Problem) -> Iterator[Text]:
    for text in problem.advice.splitlines():
        yield from terminal.paragraph(text)
    for introduction, line in problem.paste:
        yield from terminal.paragraph(introduction)
        yield terminal.pasteable(line)


def _target_range(
    terminal: TerminalStyle,
    targets: TargetRange,
    widest: int,
    margin: float,
    notes: Sequence[str],
) -> Iterator[Text]:
    cell = targets.target.cell
    group = cell.verdict.group
    head = Text("  ")
    head.append(f"{terminal.fit(targets.name, widest):<{widest}}  ")
    head.append(f"{terminal.symbol(group)} ", style=terminal.style(group))
    outcome = targets.outcome + (" (saved the model)" if targets.origin else "")
    first, *rest = terminal.wrap(outcome, terminal.width - head.cell_len) or [""]
    yield Text.assemble(head, first)
    for line in rest[:_LINES]:
        yield Text(" " * head.cell_len + line)
    trained = training_text(training_answer(cell, cell.format, notes))
    for line in terminal.wrap(trained, terminal.width - head.cell_len) if trained else ():
        yield Text(" " * head.cell_len + line)
    for change in targets.target.worst:
        texts = [f"row {change.row}: {change.change}"]
        texts += [f"  inputs: {change.inputs}"] if change.inputs else []
        for text in texts:
            fitted = terminal.fit(text, terminal.width - head.cell_len)
            yield Text(" " * head.cell_len + fitted, style="dim")
    if targets.responsible:
        for line in terminal.wrap(targets.responsible, terminal.width - head.cell_len):
            yield Text(" " * head.cell_len + line)
    cause = None if targets.responsible else known_cause(cell)
    if cause is not None:
        yield from _cause(terminal, cause, head.cell_len)
    for scored in score_lines(cell, margin, every_class=targets.origin):
        style = "bold red" if scored.fell else ""
        for text in terminal.wrap(scored.text, terminal.width - head.cell_len):
            yield Text(" " * head.cell_len + text, style=style)


def _cause(terminal: TerminalStyle, cause: KnownCause, indent: int) -> Iterator[Text]:
    """What changed, and what to do; each line of code stands alone, and is never cut or wrapped."""
    title = f"{cause.title} ({cause.id}, {since(cause)}): "
    for text, code in advice_parts(cause):
        for line in terminal.wrap(title + text, terminal.width - indent):
            yield Text(" " * indent + line, style="dim")
        if code:
            yield terminal.pasteable(code)
        title = ""
