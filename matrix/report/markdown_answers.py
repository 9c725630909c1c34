"""The answers of an upgrade check in GitHub Markdown: the joint one, the grid, and each model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

from matrix.model import Group, JointAnswer, Matrix, ModelAnswer, NextStep, RowChange
from matrix.report.joint_answer import without_pin
from matrix.report.joint_grid import joint_grid, narrowed
from matrix.report.joint_scores import moved_scores
from matrix.report.markdown_text import (
    MarkdownSection,
    code,
    code_in_html,
    code_to_paste,
    sentence,
)
from matrix.report.model_answers import compared_on, worst_first
from matrix.report.sentences import counted
from matrix.report.training_words import training_text
from matrix.report.verdict_words import GROUP_WORDS

_MOST_ROWS = 3
_MOST_DETAILS = 20
"""Models with details of their own; further ones have a line."""
_MOST_COLUMNS = 14
"""Columns of the grid; with more, lines of releases that say the same are one column."""


def answer_headline(matrix: Matrix) -> Iterator[str]:
    """Yield the first lines: the joint answer, or that of the only model; then the range."""
    joint = matrix.joint
    if len(matrix.answers) == 1 or joint is None:
        (answer, *_) = matrix.answers
        symbol = GROUP_WORDS[answer.group].symbol
        yield f"## {symbol} {code(answer.model)}: {sentence(answer.answer)}"
        return
    yield f"## {GROUP_WORDS[joint.group].symbol} {sentence(joint.answer)}"
    if joint.range:
        text = without_pin(joint)
        pin = "" if text == joint.range else f" pin {code_to_paste(joint.pin)}"
        yield ""
        yield f"**{sentence(text)}**{pin}"


def answer_sections(matrix: Matrix, labels: Mapping[str, str]) -> Iterator[MarkdownSection]:
    """Yield the grid, what to do, and the details of each model, the worst first."""
    answers = worst_first(matrix.answers)
    if len(answers) > 1 and matrix.joint is not None:
        yield _grid(matrix.joint)
    moved = [
        f"- {code(one.model)} in {code(one.release)}: {code(one.text, 600)}"
        for one in moved_scores(matrix)
    ]
    if moved:
        yield MarkdownSection("Scores that moved", moved, more="model", folded=False)
    steps = [_next_steps(answer) for answer in answers if answer.next_steps]
    if steps:
        yield MarkdownSection("Next steps", steps, more="model", folded=False)
    detailed = [one for one in answers if one.group is not Group.LOADS][:_MOST_DETAILS]
    for answer in detailed:
        symbol, name = GROUP_WORDS[answer.group].symbol, code_in_html(answer.model, 120)
        title = f"{symbol} {name} {code_in_html(answer.answer, 160)}"
        yield MarkdownSection(title, list(_details(answer, labels)))
    rest = [_in_one_line(answer) for answer in answers if answer not in detailed]
    if rest:
        title = f"{counted(len(rest), 'other model' if detailed else 'model')}"
        yield MarkdownSection(title, rest, more="model")
    sandboxes = sorted({answer.sandbox for answer in answers if answer.sandbox})
    if sandboxes:
        lines = [f"- {code(text, 600)}" for text in sandboxes]
        yield MarkdownSection("The sandbox that models were loaded in", lines)


def _grid(joint: JointAnswer) -> MarkdownSection:
    """The table of models by releases."""
    grid = joint_grid(joint)
    if len(grid.columns) > _MOST_COLUMNS:
        grid = narrowed(grid)
    columns = " | ".join(sentence(column.label) for column in grid.columns)
    head = [f"| model | {columns} |", "| --- |" + " :-: |" * len(grid.columns)]
    lines = [
        f"| {_symbol(grid.worst(place))} {code(_end(model))} "
        f"| {' | '.join(map(_symbol, grid.row(place)))} |"
        for place, model in enumerate(grid.models)
    ]
    meanings = [f"{GROUP_WORDS[group].symbol} {text}" for group, text in grid.used]
    legend = "   ".join(filter(None, (*meanings, grid.not_run)))
    return MarkdownSection(
        "Models by releases", lines, more="model", head=head, foot=["", legend], folded=False
    )


def _end(name: str, most: int = 48) -> str:
    """The end of a path: it tells models of a folder apart."""
    return name if len(name) <= most else f"…{name[1 - most :]}"


def _symbol(group: Group | None) -> str:
    return "" if group is None else GROUP_WORDS[group].symbol


def _next_steps(answer: ModelAnswer) -> str:
    """One list item for a model, with each step under it."""
    head = f"- {GROUP_WORDS[answer.group].symbol} {code(answer.model)}"
    return "\n".join([head, *_steps(answer.next_steps, "  ")])


def _steps(steps: Iterable[NextStep], indent: str) -> Iterator[str]:
    for step in steps:
        text = sentence(step.text)
        yield f"{indent}- {text} {code_to_paste(step.paste)}" if step.paste else f"{indent}- {text}"


def _in_one_line(answer: ModelAnswer) -> str:
    symbol = GROUP_WORDS[answer.group].symbol
    line = f"- {symbol} {code(answer.model)}: {code(answer.answer, 600)}"
    only = answer.first_gate_only
    return f"{line}\n  - {code(only, 600)}" if only else line


def _details(answer: ModelAnswer, labels: Mapping[str, str]) -> Iterator[str]:
    """The lines about one model: the answer, what happens in each range of releases, the rows."""
    yield f"- {code(answer.answer, 600)}"
    for outcome in answer.outcomes:
        saved = " (saved the model)" if outcome.origin else ""
        symbol = GROUP_WORDS[outcome.group].symbol
        yield f"- {symbol} {code(outcome.name)}: {code(outcome.text, 600)}{saved}"
        for reader in outcome.readers[:1]:
            yield from _rows(answer.worst.get(reader, ()))
            if reader in answer.training:
                yield f"  - {training_text(answer.training[reader])}"
        if outcome.responsible:
            yield f"  - {code(outcome.responsible, 400)}"
        yield from _steps(outcome.advice, "  ")
    if not answer.outcomes:
        for reader, changes in answer.worst.items():
            yield f"- in {code(labels.get(reader, reader))}"
            yield from _rows(changes)
        for reader, found in answer.training.items():
            yield f"- in {code(labels.get(reader, reader))}: {training_text(found)}"
    if answer.options:
        yield f"- add to the command: {code_to_paste(' '.join(answer.options))}"
    sentences = (*compared_on(answer), *answer.scored_on, *answer.tested, *answer.notes)
    yield from (f"- {code(text, 600)}" for text in (*sentences, answer.first_gate_only) if text)


def _rows(changes: Sequence[RowChange]) -> Iterator[str]:
    """The rows that changed most."""
    for change in islice(changes, _MOST_ROWS):
        was, now = code(change.before, 120), code(change.after, 120)
        yield f"  - row {change.row:,}: {was} → {now}{_inputs(change)}"


def _inputs(change: RowChange) -> str:
    """The true answer and the inputs of a row, as far as they are known."""
    true = f", true: {code(change.truth, 60)}" if change.truth else ""
    return f"{true}, inputs: {code(change.inputs, 200)}" if change.inputs else true
