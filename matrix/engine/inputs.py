"""The inputs of a cell in a stored run: its file, its rows, and the writer's outputs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from matrix.errors import CannotTellError
from matrix.model import Artifact, Cell, Environment, Matrix, Pipeline, Saving
from matrix.store import Store, keys, worker_answers


@dataclass(frozen=True, kw_only=True, slots=True)
class CellInputs:
    """Everything needed to load the file of a cell again."""

    cell: Cell
    pipeline: Pipeline
    writer: Environment
    reader: Environment
    saving: Saving
    """The writer's answer, with the outputs that readers are compared with."""
    artifact: Artifact | None
    """The file; None if the writer saved none."""
    native: Saving | None
    """The answer of the reader, which trains the same pipeline; None if it is not stored."""


def cell_inputs(
    store: Store, matrix: Matrix, pipelines: Iterable[Pipeline], cell: Cell
) -> CellInputs:
    """Look up the inputs of a cell.

    Args:
        store: has the run.
        matrix: the run.
        pipelines: of today's configuration; those of the run stand in for removed ones.
        cell: of the run.

    Raises:
        CannotTellError: the writer's answer is not stored any more, or was made by other code of
            the pipeline or of this tool.
    """
    environments = {environment.id: environment for environment in matrix.environments}
    pipeline = _as_it_ran(matrix, pipelines, cell.pipeline)
    saving = _saving(store, pipeline, environments[cell.writer])
    if saving is None:
        raise CannotTellError(
            f"what {cell.writer} reported of {cell.pipeline} is not kept for the code as it is now",
            advice="Run `nox -s matrix` again.",
        )
    entry = saving.artifacts.get(cell.format)
    return CellInputs(
        cell=cell,
        pipeline=pipeline,
        writer=environments[cell.writer],
        reader=environments[cell.reader],
        saving=saving,
        artifact=entry if isinstance(entry, Artifact) else None,
        native=_saving(store, pipeline, environments[cell.reader]),
    )


def _as_it_ran(matrix: Matrix, pipelines: Iterable[Pipeline], id_: str) -> Pipeline:
    """Return a pipeline as it is today, with the formats that the run saved it in."""
    ran = next(pipeline for pipeline in matrix.pipelines if pipeline.id == id_)
    today = next((pipeline for pipeline in pipelines if pipeline.id == id_), ran)
    return replace(today, formats=ran.formats)


def _saving(store: Store, pipeline: Pipeline, writer: Environment) -> Saving | None:
    """The stored answer of an environment that saved a pipeline; None if there is none."""
    if writer.info is None:
        return None
    answer = store.answer(keys.saving(pipeline, keys.environment(writer.info)))
    if answer is None:
        return None
    return worker_answers.saving(answer, pipeline=pipeline.id, writer=writer.id)
