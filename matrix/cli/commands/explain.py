"""``explain``: why a cell has its verdict, and what to do."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from matrix.catalog import Catalog
from matrix.cli.arguments import ExplainArguments
from matrix.cli.build_progress import BuildProgress
from matrix.cli.commands.explain_model import explain_model
from matrix.cli.configured import kept_results, open_results, read_configured, read_settings
from matrix.diagnosis import Diagnosis
from matrix.engine import last_run
from matrix.engine.inputs import cell_inputs
from matrix.engine.run_context import RunContext
from matrix.errors import CannotTellError, Exit, StoreError, UsageError
from matrix.explain import (
    CONVERTED,
    SEARCHED,
    diagnose_cell,
    explanation_of,
    is_converted,
    search,
)
from matrix.model import Cell, Environment, Explanation, ExplanationPoint, Matrix
from matrix.remedies import EnvironmentFactory, Experiment, Subject
from matrix.report import explanation as cell_evidence
from matrix.report.cause_text import known_cause
from matrix.report.format_outcomes import FormatOutcome, outcomes_in
from matrix.report.open_progress import open_progress
from matrix.report.progress import Progress
from matrix.report.terminal import show_explanation
from matrix.store import Store
from matrix.store.runs import RunKind

_MORE = ExplanationPoint(
    heading="Further",
    lines=(
        "explain --deep finds the culprit package, its first bad release and verified remedies",
    ),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Requested:
    """The requested cell, and the result that it is part of."""

    matrix: Matrix
    cell: Cell
    writer: Environment
    reader: Environment
    file: Path | None
    """The path of its artifact; None if there is none."""
    formats: tuple[FormatOutcome, ...]
    """What happened to its pipeline in each format, if it was tried in several."""


def explain(arguments: ExplainArguments) -> Exit:
    """Show the explanation of a cell, then all its stored evidence.

    The file of a cell that changes or fails is loaded again in its writer and in its reader. That
    needs exclusive access to the folder of results; without it, only what is known already is
    shown.
    """
    settings = read_settings(arguments)
    with contextlib.suppress(CannotTellError), kept_results(settings) as store:
        named = arguments.reader or arguments.writer
        checked = last_run.with_pipeline(store, arguments.pipeline, named)
        if any(answer.model == arguments.pipeline for answer in checked.answers):
            return explain_model(checked, arguments)
    if arguments.writer is None:
        return _explain_formats(arguments)
    catalog = read_configured(arguments)
    with kept_results(catalog) as store:
        requested = _find(store, arguments)
        known = _known_before(requested)
    explanation, note = known, ""
    if requested.cell.verdict.group.unsafe and not arguments.kept:
        try:
            with open_results(catalog) as store:
                explanation = _find_out(store, catalog, requested, known, arguments)
        except (CannotTellError, StoreError) as error:
            note = f"no further diagnosis: {error}"
    show_explanation(explanation or _explained(requested), requested.cell.verdict.group)
    _write([*([note] if note else []), ""])
    _write(
        cell_evidence.evidence(
            requested.cell,
            requested.writer,
            requested.reader,
            requested.file,
            requested.formats,
        )
    )
    return Exit.OK


def _explain_formats(arguments: ExplainArguments) -> Exit:
    """List how far each format of the last run carries a pipeline."""
    catalog = read_configured(arguments)
    with kept_results(catalog) as store:
        matrix = last_run.last(store, RunKind.MATRIX)
        formats = outcomes_in(matrix, arguments.pipeline)
    if not formats:
        raise _no_pipeline(matrix, arguments.pipeline)
    _write(cell_evidence.ways_to_save(formats))
    return Exit.OK


def _no_pipeline(matrix: Matrix, name: str, format_name: str = "") -> UsageError:
    known = ", ".join(one.id for one in matrix.pipelines)
    where = f" in format {format_name!r}" if format_name else ""
    return UsageError(f"the last run has no {name!r}{where}", advice=f"Its pipelines: {known}.")


def _find(store: Store, arguments: ExplainArguments) -> _Requested:
    matrix = last_run.last(store, RunKind.MATRIX)
    writer = _environment(matrix, arguments.writer)
    reader = _environment(matrix, arguments.reader)
    cell = _cell(matrix, arguments, writer, reader)
    formats = outcomes_in(matrix, cell.pipeline)
    file = store.artifact(cell.artifact, cell.format) if cell.artifact else None
    return _Requested(
        matrix=matrix,
        cell=cell,
        writer=writer,
        reader=reader,
        file=file,
        formats=formats if len(formats) > 1 else (),
    )


def _known_before(requested: _Requested) -> Explanation | None:
    before = (one for one in requested.matrix.stories if one.key == requested.cell.key)
    return next(before, None)


def _explained(
    requested: _Requested,
    diagnosis: Diagnosis | None = None,
    further: Iterable[ExplanationPoint] = (),
) -> Explanation:
    return explanation_of(
        requested.cell,
        requested.writer,
        requested.reader,
        cause=known_cause(requested.cell),
        diagnosis=diagnosis,
        further=further,
    )


def _find_out(
    store: Store,
    catalog: Catalog,
    requested: _Requested,
    known: Explanation | None,
    arguments: ExplainArguments,
) -> Explanation:
    """Diagnose a cell, and keep the explanation with the run; earlier search results stay."""
    found = cell_inputs(store, requested.matrix, catalog.pipelines, requested.cell)
    with open_progress(arguments.verbosity) as progress:
        context = RunContext.of(
            catalog, requested.matrix.environments, store, progress=progress, slots=arguments.jobs
        )
        subject = Subject.of(found)
        diagnosis = diagnose_cell(context, subject, requested.cell, catalog.tolerances)
        further = (
            list(
                _searched(context, catalog, subject, requested.cell, diagnosis, arguments, progress)
            )
            if arguments.deep
            else _searched_before(known) or points_of_a_search(requested.cell)
        )
    explanation = _explained(requested, diagnosis, further)
    last_run.keep_explanation(store, explanation)
    return explanation


def points_of_a_search(cell: Cell) -> list[ExplanationPoint]:
    """What a search would find, or why there is none."""
    return [CONVERTED] if is_converted(cell) else [_MORE]


def _searched_before(known: Explanation | None) -> list[ExplanationPoint]:
    """The points of an earlier explanation that only a search can find."""
    return [] if known is None else [one for one in known.points if one.heading in SEARCHED]


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
        report=BuildProgress(progress, context.store, arguments.jobs).tell,
        common=catalog.requirements,
        jobs=arguments.jobs,
        offline=arguments.offline,
    )
    experiment = Experiment(context=context, tolerances=catalog.tolerances, factory=factory)
    yield from search(experiment, subject, cell, diagnosis)


def _environment(matrix: Matrix, name: str | None) -> Environment:
    """The environment with this id or label."""
    if name is None:
        raise UsageError(
            "READER is missing",
            advice="Name the environment that loads too: explain PIPELINE WRITER READER.",
        )
    for environment in matrix.environments:
        if name in (environment.id, environment.spec.label):
            return environment
    known = ", ".join(environment.spec.label for environment in matrix.environments)
    raise UsageError(f"the last run has no environment {name!r}", advice=f"It has: {known}.")


def _cell(
    matrix: Matrix, arguments: ExplainArguments, writer: Environment, reader: Environment
) -> Cell:
    requested = (arguments.pipeline, arguments.format, writer.id, reader.id)
    for cell in matrix.cells:
        if cell.key == requested:
            return cell
    raise _no_pipeline(matrix, arguments.pipeline, arguments.format)


def _write(lines: Iterable[str]) -> None:
    encoding = sys.stdout.encoding or "utf-8"
    for line in lines:
        sys.stdout.write(line.encode(encoding, "backslashreplace").decode(encoding) + "\n")
