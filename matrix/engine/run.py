"""One run: save in each environment, load in all the others, judge, keep."""

from __future__ import annotations

from datetime import datetime, timezone

from matrix.catalog import Catalog
from matrix.engine import last_run, selfcheck
from matrix.engine.cell_index import CellIndex
from matrix.engine.evaluate import Evaluation, Evaluator
from matrix.engine.format_costs import FormatCosts
from matrix.engine.measuring import Measures
from matrix.engine.pipeline_check import check_pipeline_files
from matrix.engine.recovery import recover
from matrix.engine.roles import saves
from matrix.engine.run_context import ProgressListener, RunContext
from matrix.engine.saved_share import SavedShare
from matrix.engine.saving import Savings
from matrix.engine.schedule import Schedule
from matrix.engine.shards import planned
from matrix.errors import CannotTellError
from matrix.executors.executor import Executor
from matrix.executors.jobs import first_of
from matrix.model import (
    Cell,
    Detection,
    Ending,
    Environment,
    Matrix,
    Verdict,
    codec,
)
from matrix.store import Store
from matrix.store.cell_packing import pack

_BATCH = 500


class RunInterrupted(KeyboardInterrupt):
    """A run was interrupted.

    Args:
        matrix: what was finished; the other cells are unknown.
    """

    def __init__(self, matrix: Matrix) -> None:
        super().__init__()
        self.matrix = matrix


def run(
    catalog: Catalog,
    environments: tuple[Environment, ...],
    store: Store,
    *,
    unbuildable: Environment | None,
    progress: ProgressListener,
    slots: int,
    fresh: bool = False,
    executor: Executor | None = None,
    share: SavedShare | None = None,
    built: frozenset[str] | None = None,
) -> Matrix:
    """Fill the matrix.

    Args:
        catalog: pipelines, formats, tolerances and limits.
        environments: all requested environments, ready or not.
        store: keeps the results; the returned matrix reads its cells from it.
        unbuildable: the planted environment that cannot be built; None if it was not tried.
        progress: shows how far the run is.
        slots: how many workers may run at once.
        fresh: do everything again, even if its result is kept.
        executor: where work runs; None for processes of this machine.
        share: what all shards have saved; None if this run saves everything.
        built: the ids of the environments that workers can run in; None for all that are ready.

    Raises:
        CannotTellError: no environment is ready.
        PipelineFileError: a file of pipelines imports in no environment.
        RunInterrupted: after finished work has been stored as a run of its own.
    """
    if not any(environment.ready for environment in environments):
        raise CannotTellError(
            "no environment could be built, so nothing is known",
            advice=_reasons(environments),
        )
    if not any(environment.ready and saves(environment) for environment in environments):
        raise CannotTellError(
            "no environment that saves models could be built, so nothing is known",
            advice=_reasons(environments),
        )
    if store.set_aside is not None:
        progress.note(f"the results kept before were damaged: they are in {store.set_aside} now")
    context = RunContext.of(
        catalog,
        environments,
        store,
        progress=progress,
        slots=slots,
        fresh=fresh,
        executor=executor,
        built=built,
        taken_in="" if share is None else share.digest(),
    )
    recovered = store.recovered + recover(store)
    unchanged = last_run.unchanged(context, catalog, unbuildable)
    if unchanged is not None:
        return unchanged
    if recovered:
        progress.note(f"{recovered:,} results of a run that was cut off are taken in")
    if share is None:
        check_pipeline_files(context)
    return _Run(catalog, context, share or SavedShare()).fill(unbuildable)


class _Run:
    def __init__(self, catalog: Catalog, context: RunContext, share: SavedShare) -> None:
        self._catalog = catalog
        self._context = context
        self._share = share
        self._started = datetime.now(timezone.utc)
        self._id = context.store.runs.begin()
        self._index = CellIndex(context.environments, catalog.pipelines, context.shard_environments)
        self._pending: list[tuple[int, list[str]]] = []
        self._measures = Measures.of(share.evidence)
        self._costs = FormatCosts()
        self._settled = True

    def fill(self, unbuildable: Environment | None) -> Matrix:
        savings = self._share.savings()
        found: dict[str, Detection] = {}
        try:
            schedule = Schedule(
                self._context, savings, self._measures, self._evaluator(savings), self._take
            )
            planted = selfcheck.Planted(self._context)
            self._context.run(first_of(planted.jobs(), schedule.jobs()))
            self._context.progress.stage("self-check", len(selfcheck.NAMES))
            found = planted.check() | selfcheck.noticed(unbuildable)
            self._context.progress.advance(len(found))
        except KeyboardInterrupt:
            raise RunInterrupted(self._end(savings, found, interrupted=True)) from None
        return self._end(savings, found, interrupted=False)

    def _evaluator(self, savings: Savings) -> Evaluator:
        return Evaluator(
            context=self._context,
            tolerances=self._catalog.tolerances,
            writers={one.id: one for one in self._context.environments},
            native=lambda saving, reader: savings.get((reader.id, saving.pipeline)),
            evidence=self._measures.evidence,
        )

    def _take(self, evaluation: Evaluation) -> None:
        """Keep the cell of an evaluation; one that the machine may have caused settles nothing."""
        observation = evaluation.observation
        endings = {
            evaluation.saving.ending,
            Ending.FINISHED if observation is None else observation.ending,
        }
        self._settled = self._settled and endings == {Ending.FINISHED} and evaluation.readable
        self._costs.add(evaluation)
        self._keep(evaluation.cell)

    def _keep(self, cell: Cell) -> None:
        self._pending.append((self._index.close(cell), pack(cell)))
        if len(self._pending) >= _BATCH:
            self._flush()

    def _flush(self) -> None:
        self._context.store.runs.keep(self._id, self._pending)
        self._pending.clear()

    def _end(self, savings: Savings, found: dict[str, Detection], *, interrupted: bool) -> Matrix:
        """Give every cell without an observation its verdict, and close the run."""
        evaluator = self._evaluator(savings)
        environments = evaluator.writers
        for pipeline, name, writer, reader in self._index.open():
            missing = next((one for one in (writer, reader) if not environments[one].ready), None)
            saving = savings.get((writer, pipeline))
            if missing is not None:
                reason = f"{missing}: {environments[missing].reason}"
                self._keep(_unknown(pipeline, name, writer, reader, Verdict.UNAVAILABLE, reason))
            elif saving is None:
                self._keep(_unknown(pipeline, name, writer, reader, Verdict.NOT_RUN, "interrupted"))
            else:
                self._take(evaluator.evaluate(saving, name, environments[reader], None))
        self._flush()
        if not interrupted:  # after an interruption, answers may still be unread
            self._context.store.clear_scratch()
        self._context.estimate.keep()
        matrix = Matrix(
            started=self._started,
            finished=datetime.now(timezone.utc),
            environments=self._context.environments,
            pipelines=self._catalog.pipelines,
            cells=last_run.Cells(self._context.store, self._id),
            evidence=dict(sorted(self._measures.evidence.items())),
            format_costs=self._costs.all(),
            score_margin=self._catalog.score_margin,
            self_check=found,
            interrupted=interrupted,
            whole=self._catalog.whole,
            shard=planned(self._catalog, self._context.environments),
        )
        settled = self._settled and self._measures.settled
        head = codec.head_to_json(matrix) | {
            "digest": last_run.digest(self._context, self._catalog),
            "settled": settled and not interrupted and _all_found(found),
            "cells_digest": self._context.store.runs.pack(self._id),
        }
        self._context.store.runs.end(self._id, codec.encode(head))
        return matrix


def _all_found(found: dict[str, Detection]) -> bool:
    return bool(found) and Detection.MISSED not in found.values()


def _unknown(
    pipeline: str, name: str, writer: str, reader: str, verdict: Verdict, reason: str
) -> Cell:
    return Cell(
        pipeline=pipeline, format=name, writer=writer, reader=reader, verdict=verdict, reason=reason
    )


def _reasons(environments: tuple[Environment, ...]) -> str:
    return "\n  ".join(f"{one.spec.label}: {one.reason}" for one in environments)
