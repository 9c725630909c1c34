"""What a cell of a run that is kept stands on: its file, its rows, what the writer recorded."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from matrix.errors import CannotTellError
from matrix.model import Artifact, Cell, Environment, Matrix, Pipeline, Saving
from matrix.store import Store, keys, worker_answers


@dataclass(frozen=True, kw_only=True, slots=True)
class CellInputs:
    """Everything that is needed to load the file of a cell again."""

    cell: Cell
    pipeline: Pipeline
    writer: Environment
    reader: Environment
    saving: Saving
    """What the writer reported: the outputs that readers are compared with."""
    artifact: Artifact | None
    """The file; None if there is none."""
    native: Saving | None
    """What the reader reported of the same pipeline, trained there; None if it is not kept."""


def cell_inputs(
    store: Store, matrix: Matrix, pipelines: Iterable[Pipeline], cell: Cell
) -> CellInputs:
    """What a cell stands on.

    Args:
        store: where the run is kept.
        matrix: the run.
        pipelines: as the configuration has them now; the run's own where it has them no longer.
        cell: one of its cells.

    Raises:
        CannotTellError: what the writer reported is not kept any more, or the pipeline's code or
            the tool itself has changed since.
    """
    environments = {environment.id: environment for environment in matrix.environments}
    known = {pipeline.id: pipeline for pipeline in (*matrix.pipelines, *pipelines)}
    pipeline = known[cell.pipeline]
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


def _saving(store: Store, pipeline: Pipeline, writer: Environment) -> Saving | None:
    """What is kept of a pipeline in an environment."""
    if writer.info is None:
        return None
    answer = store.answer(keys.saving(pipeline, keys.environment(writer.info)))
    if answer is None:
        return None
    return worker_answers.saving(answer, pipeline=pipeline.id, writer=writer.id)
