"""The results of an upgrade check on a terminal: the joint answer first, then model by model."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TextIO

from rich.console import Console
from rich.style import Style
from rich.text import Text

from matrix.model import (
    Cell,
    JointAnswer,
    Matrix,
    ModelAnswer,
    NextStep,
    NextStepKind,
    ReleaseOutcome,
)
from matrix.report import model_answers as words
from matrix.report.compared_methods import partly_compared
from matrix.report.joint_answer import without_pin
from matrix.report.joint_scores import moved_scores
from matrix.report.passed_over import sentences
from matrix.report.score_words import score_lines
from matrix.report.terminal.comparison_section import show_comparison
from matrix.report.terminal.console import console_for
from matrix.report.terminal.explanation import explanation_lines
from matrix.report.terminal.joint_grid import grid_lines
from matrix.report.terminal.style import INDENT, TerminalStyle, print_line
from matrix.report.training_words import training_text

_LINES = 6
"""Most additional lines for the outcome in a target."""


def show_upgrade(matrix: Matrix, *, file: TextIO | None = None, width: int | None = None) -> None:
    """Print the result of an upgrade check.

    Args:
        matrix: the result.
        file: where to print; by default standard output.
        width: in columns; by default that of the terminal, or 80.
    """
    show_upgrade_on(console_for(file, width, None), matrix)


def show_upgrade_on(console: Console, matrix: Matrix, *, everything: bool = False) -> None:
    """Print the result of an upgrade check on a console."""
    page = _Page.of(console, matrix)
    joint = page.joint() if len(matrix.answers) > 1 else ()
    for line in (*page.lock_change(), *joint):
        print_line(console, line)
    for answer in words.worst_first(matrix.answers):
        for line in page.answer(answer):
            print_line(console, line)
        console.print()
    for line in page.explanations():
        console.print(line)
    if matrix.comparison is not None:
        show_comparison(console, matrix.comparison, everything=everything)
        console.print()
    for line in (*page.loaded_in(), *page.one_line_for_all()):
        print_line(console, line)
    compared = partly_compared(set(page.formats.values()), precision=False)
    for sentence in (*words.notice(matrix.answers), *compared, *sentences(matrix.passed_over)):
        for line in page.terminal.paragraph(sentence, indent=0):
            console.print(line)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Page:
    """Turns the answers into lines for one terminal."""

    matrix: Matrix
    terminal: TerminalStyle
    cells: Mapping[tuple[str, str], Cell]
    """By model and environment, the cells that are shown in detail."""

    @classmethod
    def of(cls, console: Console, matrix: Matrix) -> _Page:
        cells = {(cell.pipeline, cell.reader): cell for cell in matrix.cells}
        return cls(matrix=matrix, terminal=TerminalStyle.of(console), cells=cells)

    @property
    def formats(self) -> Mapping[str, str]:
        """By model, its format."""
        return {one.id: format_name for one in self.matrix.pipelines for format_name in one.formats}

    @property
    def _sandboxes(self) -> set[str]:
        return {one.sandbox for one in self.matrix.answers if one.sandbox}

    def lock_change(self) -> Iterator[Text]:
        """The lock that the check is about; nothing for other checks."""
        if self.matrix.lock_change:
            yield Text("")
            for line in self.terminal.wrap(self.matrix.lock_change, self.terminal.width):
                yield Text(line, style="dim")

    def joint(self) -> Iterator[Text]:
        """The answer for all models together, and the grid."""
        joint = self.matrix.joint
        if joint is None:
            return
        terminal = self.terminal
        headline = f"{terminal.symbol(joint.group)} {joint.answer}."
        for line in terminal.wrap(headline, terminal.width):
            yield Text(line, style=terminal.style(joint.group) + _BOLD)
        if joint.range:
            yield from self._joint_range(joint)
        yield Text("")
        yield from grid_lines(terminal, joint)
        for moved in moved_scores(self.matrix):
            yield from self._wrapped(f"{moved.model} in {moved.release}: {moved.text}", INDENT)
        yield Text("")

    def _joint_range(self, joint: JointAnswer) -> Iterator[Text]:
        """The range of releases of all models; the pin has a line of its own, if need be."""
        terminal = self.terminal
        text = without_pin(joint)
        apart = text != joint.range and len(joint.range) > terminal.width
        for line in terminal.wrap(text if apart else joint.range, terminal.width):
            yield Text(line, style="bold")
        if apart:
            yield terminal.pasteable(f'pin "{joint.pin}"')

    def answer(self, answer: ModelAnswer) -> Iterator[Text]:
        """Everything about one model: its answer, what to do, and the evidence."""
        terminal = self.terminal
        headline = f"{terminal.symbol(answer.group)} {answer.model}: {answer.answer}"
        for line in terminal.wrap(headline, terminal.width):
            yield Text(line, style=terminal.style(answer.group))
        for pin in _pins(answer):
            yield Text(f"  {terminal.printable(pin)}", style="bold")
        for step in answer.next_steps:
            if step.kind is not NextStepKind.PIN:
                yield from self._step(step)
        for text in filter(None, (*answer.tested, self._sandbox(answer), answer.first_gate_only)):
            yield from terminal.paragraph(text)
        if not answer.outcomes:
            return
        for text in filter(None, words.compared_on(answer)):
            yield from terminal.paragraph(text)
        for text in (*answer.scored_on, *answer.notes):
            yield from terminal.paragraph(text)
        # Names are longer with the versions of several packages, and where lines were left out.
        room = terminal.width // (2 if answer.not_run else 3)
        room += len(answer.packages) * terminal.width // 6
        widest = max(len(one.name) for one in answer.outcomes)
        widest = min(widest, room, 2 * terminal.width // 3)
        for outcome in answer.outcomes:
            yield from self._outcome(answer, outcome, widest)

    def explanations(self) -> Iterator[Text]:
        """What ``--why`` and ``explain`` found out about single loads."""
        for story in self.matrix.stories:
            cell = self.cells.get((story.pipeline, story.reader))
            if cell is not None:
                yield from explanation_lines(self.terminal, story, cell.verdict.group)
                yield Text("")

    def _sandbox(self, answer: ModelAnswer) -> str:
        """The sandbox of a model, unless all have the same."""
        one = len(self.matrix.answers) == 1 or len(self._sandboxes) > 1
        return f"loaded in: {answer.sandbox}" if one and answer.sandbox else ""

    def loaded_in(self) -> Iterator[Text]:
        """The sandbox of all models."""
        if len(self.matrix.answers) > 1 and len(self._sandboxes) == 1:
            yield from self.terminal.paragraph(f"loaded in: {min(self._sandboxes)}", indent=0)

    def one_line_for_all(self) -> Iterator[Text]:
        """The options that several models need, in one line.

        ``--from`` is not among them: it would hold for models whose files name their origin too.
        """
        every = [answer.options for answer in self.matrix.answers]
        shared = ([one for one in options if not one.startswith("--from ")] for options in every)
        needed = [options for options in shared if options]
        if len(needed) > 1:
            yield from self.terminal.paragraph(
                f"For these {len(needed)} models, add to this command:"
            )
            yield self.terminal.pasteable(" ".join(dict.fromkeys(itertools.chain(*needed))))

    def _step(self, step: NextStep) -> Iterator[Text]:
        yield from self.terminal.paragraph(step.text)
        if step.paste:
            yield self.terminal.pasteable(step.paste)

    def _outcome(self, answer: ModelAnswer, outcome: ReleaseOutcome, widest: int) -> Iterator[Text]:
        """A range of releases: what happens, the rows that changed most, and why."""
        terminal = self.terminal
        head = Text("  ")
        head.append(f"{terminal.fit(outcome.name, widest):<{widest}}  ")
        head.append(f"{terminal.symbol(outcome.group)} ", style=terminal.style(outcome.group))
        indent = head.cell_len
        mark = words.origin_mark(self.formats.get(answer.model, ""))
        text = outcome.text + (f" ({mark})" if outcome.origin else "")
        first, *rest = terminal.wrap(text, terminal.width - indent) or [""]
        yield Text.assemble(head, first)
        for line in rest[:_LINES]:
            yield Text(" " * indent + line)
        cell = self.cells.get((answer.model, outcome.readers[0])) if outcome.readers else None
        trained = answer.training.get(outcome.readers[0]) if outcome.readers else None
        yield from self._wrapped(training_text(trained), indent)
        yield from self._rows(answer, outcome, indent)
        yield from self._wrapped(outcome.responsible, indent)
        yield from self._advice(outcome, indent)
        if cell is not None:
            margin = self.matrix.score_margin
            for scored in score_lines(cell, margin, every_class=outcome.origin):
                yield from self._wrapped(scored.text, indent, "bold red" if scored.fell else "")

    def _rows(self, answer: ModelAnswer, outcome: ReleaseOutcome, indent: int) -> Iterator[Text]:
        reader = outcome.readers[0] if outcome.readers else ""
        for change in answer.worst.get(reader, ()):
            texts = [f"row {change.row}: {change.change}"]
            texts += [f"  inputs: {change.inputs}"] if change.inputs else []
            for text in texts:
                fitted = self.terminal.fit(text, self.terminal.width - indent)
                yield Text(" " * indent + fitted, style="dim")

    def _advice(self, outcome: ReleaseOutcome, indent: int) -> Iterator[Text]:
        """What changed, and what to do; each line of code stands alone, and is never cut."""
        for step in outcome.advice:
            yield from self._wrapped(step.text, indent, "dim")
            if step.paste:
                yield self.terminal.pasteable(step.paste)

    def _wrapped(self, text: str, indent: int, style: str = "") -> Iterator[Text]:
        for line in self.terminal.wrap(text, self.terminal.width - indent) if text else ():
            yield Text(" " * indent + line, style=style)


_BOLD = Style(bold=True)


def _pins(answer: ModelAnswer) -> Sequence[str]:
    """The requirements to write."""
    if not answer.pin:
        return ()
    return (f'pin "{answer.pin}"', *(f'or "{pin}"' for pin in words.package_pins(answer)))
