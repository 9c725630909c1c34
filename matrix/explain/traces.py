"""Trace the file of a cell in its writer and in its reader, and diagnose the difference."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from matrix.catalog import Tolerances
from matrix.diagnosis import Diagnosis, diagnose
from matrix.engine.run_context import RunContext
from matrix.engine.tracing import TraceWork, traces
from matrix.errors import CannotTellError
from matrix.model import Artifact, Cell, Environment, Saving
from matrix.remedies import Subject
from matrix.worker.compat_worker.formats import READABLE


def diagnose_cell(
    context: RunContext, subject: Subject, cell: Cell, tolerances: Tolerances
) -> Diagnosis:
    """Compare traces of a file in the writer and the reader, and of the reader's own model.

    Args:
        context: of the run.
        subject: the file, its writer and its reader.
        cell: its cell in the reader.
        tolerances: how far outputs may differ.

    Raises:
        CannotTellError: the file or an environment no longer exists.
    """
    if READABLE[cell.format].methods:
        return Diagnosis(notes=("a converted file has no estimators to look into",))
    looks = list(_looks(context, subject, cell))
    context.progress.stage("looking inside", len(looks))
    found = traces(context, looks)
    context.progress.advance(len(looks))
    return diagnose(
        cell,
        found[0],
        found[1],
        found[2] if len(found) > 2 else None,
        fetch=context.store.content,
        tolerance=lambda method: tolerances.of(cell.pipeline, method),
    )


def _looks(context: RunContext, subject: Subject, cell: Cell) -> Iterator[TraceWork]:
    """The file in both environments, then the reader's own file of the same pipeline."""
    artifact, native = subject.artifact, subject.native
    method = "" if cell.stage == "load" else cell.stage
    if not context.store.has_artifact(artifact.sha256, artifact.format):
        raise CannotTellError(
            f"the file of {cell.pipeline} that {cell.writer} saved is no longer in the store",
            advice="Run it again.",
        )
    for environment in (subject.writer, subject.reader):
        _require(environment)
        yield _look(subject, artifact, subject.saving, environment, method)
    own = None if native is None else native.artifacts.get(cell.format)
    if native is None or not native.rows or not isinstance(own, Artifact):
        return
    if context.store.has_artifact(own.sha256, own.format):
        yield _look(subject, own, native, subject.reader, method)


def _look(
    subject: Subject, artifact: Artifact, saving: Saving, environment: Environment, method: str
) -> TraceWork:
    return TraceWork(
        pipeline=subject.pipeline,
        artifact=artifact,
        saving=saving,
        environment=environment,
        method=method,
        allowed=subject.allowed,
    )


def _require(environment: Environment) -> None:
    """Check that an environment exists.

    Raises:
        CannotTellError: it does not.
    """
    if environment.info is None or not Path(environment.info.executable).exists():
        raise CannotTellError(
            f"the environment {environment.id} no longer exists",
            advice="Run `nox -s matrix` again.",
        )
