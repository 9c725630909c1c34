"""``explain MODEL RELEASE``: what the last check found out about a model, and a look into it."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace

from matrix.cli.arguments import ExplainArguments
from matrix.cli.commands.diagnose_model import diagnose_model
from matrix.errors import CannotTellError, Exit, StoreError, UsageError
from matrix.explain import explanation_of
from matrix.model import Cell, Environment, Explanation, Matrix, ModelAnswer, Pipeline
from matrix.report import explanation as cell_evidence
from matrix.report.cause_text import known_cause
from matrix.report.next_steps import with_places
from matrix.report.terminal import show_explanation
from matrix.report.terminal.upgrade import show_upgrade
from matrix.shell_words import quoted_path
from matrix.upgrade.answer import release_of


def explain_model(matrix: Matrix, arguments: ExplainArguments) -> Exit:
    """Show the answer for a model of a check, or everything known of it with one release.

    Args:
        matrix: the check, which has the model.
        arguments: ``pipeline`` is the model, and the last of the others names the release.
    """
    answer = next(one for one in matrix.answers if one.model == arguments.pipeline)
    name = arguments.reader or arguments.writer
    if name is None or answer.problem:
        show_upgrade(replace(matrix, answers=(answer,), stories=(), passed_over=()))
        return Exit.OK
    cell, reader = _cell(matrix, answer, name)
    environments = {one.id: one for one in matrix.environments}
    writer = environments[cell.writer]
    found, note = _known(matrix, cell), ""
    if found is None and cell.verdict.group.unsafe and not arguments.kept:
        try:
            found = diagnose_model(arguments, matrix, cell)
        except (CannotTellError, StoreError, UsageError) as error:
            note = f"no further diagnosis: {error.message}"
    explanation = found or explanation_of(cell, writer, reader, cause=known_cause(cell))
    show_explanation(with_places(explanation, answer), cell.verdict.group)
    lines = [
        *([note] if note else []),
        "",
        *_next_steps(answer, cell, matrix.pipelines, is_diagnosed=found is not None),
        *cell_evidence.evidence(cell, writer, reader, None, ()),
    ]
    encoding = sys.stdout.encoding or "utf-8"
    for line in lines:
        sys.stdout.write(line.encode(encoding, "backslashreplace").decode(encoding) + "\n")
    return Exit.OK


def _known(matrix: Matrix, cell: Cell) -> Explanation | None:
    """What ``--why`` found out."""
    return next((one for one in matrix.stories if one.key == cell.key), None)


def _cell(matrix: Matrix, answer: ModelAnswer, name: str) -> tuple[Cell, Environment]:
    """The cell of a model with a release, a label or an id of an environment.

    Raises:
        UsageError: the model was not run there.
    """
    environments = {one.id: one for one in matrix.environments}
    run = []
    for cell in matrix.cells:
        reader = environments[cell.reader]
        if cell.pipeline != answer.model:
            continue
        if name in (reader.id, reader.spec.label, release_of(reader)):
            return cell, reader
        run.append(release_of(reader) or reader.spec.label)
    raise UsageError(
        f"the last check of {answer.model} did not run {name!r}",
        advice=f"It ran: {', '.join(dict.fromkeys(run))}.",
    )


def _next_steps(
    answer: ModelAnswer, cell: Cell, pipelines: Iterable[Pipeline], *, is_diagnosed: bool
) -> Iterator[str]:
    """What to do, each line to paste alone; and the command that looks into the model."""
    if not cell.verdict.group.unsafe:
        return
    for step in answer.next_steps:
        yield f"  {step.text}"
        if step.paste:
            yield f"    {step.paste}"
    if not is_diagnosed:
        yield "  look into the model, where it begins to differ and what it lacks:"
        file = next((one.file for one in pipelines if one.id == answer.model), answer.model)
        yield f"    compat-matrix upgrade {quoted_path(file)} --why"
    yield ""
