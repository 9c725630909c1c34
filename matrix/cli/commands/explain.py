"""``explain``: why one cell is as it is, and what to do."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from matrix import catalog as catalogs
from matrix.catalog import Catalog
from matrix.cli.arguments import ExplainArguments
from matrix.cli.commands.run import BuildProgress, open_results, with_folders
from matrix.diagnosis import Diagnosis
from matrix.engine import last_run
from matrix.engine.inputs import cell_inputs
from matrix.engine.run_context import RunContext
from matrix.errors import CannotTellError, Exit, StoreError, UsageError
from matrix.explain import SEARCHED, look, search, tell
from matrix.model import Cell, Environment, Explanation, ExplanationPoint, Group, Matrix
from matrix.remedies import EnvironmentFactory, Experiment, Subject
from matrix.report import explanation
from matrix.report.cause_text import known_cause
from matrix.report.open_progress import open_progress
from matrix.report.progress import Progress
from matrix.report.terminal import show_explanation
from matrix.store import Store

_MORE = ExplanationPoint(
    heading="Further",
    lines=("explain --deep tells whose fault it is, since when, and ways out that were run",),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Asked:
    """The cell that was asked for, and what it is part of."""

    matrix: Matrix
    cell: Cell
    writer: Environment
    reader: Environment
    file: Path | None
    """Where its artifact is kept; None if there is none."""


def explain(arguments: ExplainArguments) -> Exit:
    """Tell the story of a cell, then everything that is kept of it.

    What changes or fails is looked into: its file is loaded again where it comes from and where it
    goes wrong. That needs the folder of results for itself; where it cannot be had, what is known
    already is told.
    """
    catalog = with_folders(catalogs.read(arguments.config), arguments)
    with Store(catalog.state, read_only=True) as store:
        asked = _find(store, arguments)
        told = _told_before(asked)
    story, note = told, ""
    if asked.cell.verdict.group in (Group.CHANGES, Group.FAILS) and not arguments.kept:
        try:
            with open_results(catalog) as store:
                story = _find_out(store, catalog, asked, told, arguments)
        except (CannotTellError, StoreError) as error:
            note = f"not looked into any further: {error}"
    show_explanation(story or _plain_story(asked), asked.cell.verdict.group)
    _write([*([note] if note else []), ""])
    _write(explanation.evidence(asked.cell, asked.writer, asked.reader, asked.file))
    return Exit.OK


def _find(store: Store, arguments: ExplainArguments) -> _Asked:
    matrix = last_run.last(store)
    writer = _environment(matrix, arguments.writer)
    reader = _environment(matrix, arguments.reader)
    cell = _cell(matrix, arguments, writer, reader)
    file = store.artifact(cell.artifact, cell.format) if cell.artifact else None
    return _Asked(matrix=matrix, cell=cell, writer=writer, reader=reader, file=file)


def _told_before(asked: _Asked) -> Explanation | None:
    told = (one for one in asked.matrix.stories if one.key == asked.cell.key)
    return next(told, None)


def _plain_story(
    asked: _Asked, diagnosis: Diagnosis | None = None, further: Iterable[ExplanationPoint] = ()
) -> Explanation:
    return tell(
        asked.cell,
        asked.writer,
        asked.reader,
        cause=known_cause(asked.cell),
        diagnosis=diagnosis,
        further=further,
    )


def _find_out(
    store: Store,
    catalog: Catalog,
    asked: _Asked,
    told: Explanation | None,
    arguments: ExplainArguments,
) -> Explanation:
    """Look into a cell, and keep what is found with the run; what was searched before stays."""
    found = cell_inputs(store, asked.matrix, catalog.pipelines, asked.cell)
    with open_progress() as progress:
        context = RunContext.of(
            catalog, asked.matrix.environments, store, progress=progress, slots=arguments.jobs
        )
        subject = Subject.of(found)
        diagnosis = look(context, subject, asked.cell, catalog.tolerances)
        further = (
            list(_searched(context, catalog, subject, asked.cell, diagnosis, arguments, progress))
            if arguments.deep
            else _searched_before(told) or [_MORE]
        )
    story = _plain_story(asked, diagnosis, further)
    last_run.tell(store, story)
    return story


def _searched_before(told: Explanation | None) -> list[ExplanationPoint]:
    """The points of an earlier story that only a search can find."""
    return [] if told is None else [one for one in told.points if one.heading in SEARCHED]


def _searched(
    context: RunContext,
    catalog: Catalog,
    subject: Subject,
    cell: Cell,
    diagnosis: Diagnosis,
    arguments: ExplainArguments,
    progress: Progress,
) -> Iterator[ExplanationPoint]:
    factory = EnvironmentFactory(
        catalog=catalog,
        report=BuildProgress(progress).tell,
        common=catalog.requirements,
        jobs=arguments.jobs,
        offline=arguments.offline,
    )
    experiment = Experiment(context=context, tolerances=catalog.tolerances, factory=factory)
    yield from search(experiment, subject, cell, diagnosis)


def _environment(matrix: Matrix, name: str) -> Environment:
    """The environment with this id or label."""
    for environment in matrix.environments:
        if name in (environment.id, environment.spec.label):
            return environment
    known = ", ".join(environment.spec.label for environment in matrix.environments)
    raise UsageError(f"the last run has no environment {name!r}", advice=f"It has: {known}.")


def _cell(
    matrix: Matrix, arguments: ExplainArguments, writer: Environment, reader: Environment
) -> Cell:
    wanted = (arguments.pipeline, arguments.format, writer.id, reader.id)
    for cell in matrix.cells:
        if cell.key == wanted:
            return cell
    raise UsageError(
        f"the last run has no {arguments.pipeline!r} in format {arguments.format!r}",
        advice=f"Its pipelines: {', '.join(one.id for one in matrix.pipelines)}.",
    )


def _write(lines: Iterable[str]) -> None:
    encoding = sys.stdout.encoding or "utf-8"
    for line in lines:
        sys.stdout.write(line.encode(encoding, "backslashreplace").decode(encoding) + "\n")
