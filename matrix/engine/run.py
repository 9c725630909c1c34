"""One run: save in each environment, load in all the others, judge, keep."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone

from matrix import documents
from matrix.catalog import Catalog
from matrix.engine import kept, selfcheck
from matrix.engine.checking import check_pipeline_files
from matrix.engine.estimate import Estimate
from matrix.engine.loading import load_all
from matrix.engine.recovery import recover
from matrix.engine.saving import Savings, save_all
from matrix.engine.setting import Progress, Setting
from matrix.errors import CannotTellError
from matrix.judge import Case, judge
from matrix.model import (
    Cell,
    Detection,
    Ending,
    Environment,
    Matrix,
    Observation,
    Saving,
    Verdict,
)
from matrix.store import Store

_BATCH = 500


def run(
    catalog: Catalog,
    environments: tuple[Environment, ...],
    store: Store,
    *,
    unbuildable: Environment | None,
    progress: Progress,
    slots: int,
    fresh: bool = False,
) -> Matrix:
    """Fill the matrix.

    Args:
        catalog: pipelines, formats, tolerances and limits.
        environments: what became of each environment wanted.
        store: where results are kept; the matrix that is returned reads its cells from it.
        unbuildable: what became of the planted environment that cannot be built.
        progress: is told how far the run is.
        slots: how many workers may run at once.
        fresh: do everything again, whatever is kept.

    Raises:
        CannotTellError: not one environment is ready.
        PipelineFileError: a file of pipelines imports in no environment.
        KeyboardInterrupt: after what was finished has been kept as a run of its own.
    """
    if not any(environment.ready for environment in environments):
        raise CannotTellError(
            "not one environment could be built, so nothing can be told",
            advice=_reasons(environments),
        )
    setting = Setting(
        pipelines=catalog.pipelines,
        environments=environments,
        limits=catalog.limits,
        store=store,
        progress=progress,
        estimate=Estimate(store, slots),
        slots=slots,
        fresh=fresh,
    )
    unchanged = kept.unchanged(setting, catalog, unbuildable)
    if unchanged is not None:
        return unchanged
    recovered = recover(store)
    if recovered:
        progress.note(f"{recovered:,} results of a run that was cut off are taken in")
    check_pipeline_files(setting)
    return _Run(catalog, setting).fill(unbuildable)


class _Run:
    def __init__(self, catalog: Catalog, setting: Setting) -> None:
        self._catalog = catalog
        self._setting = setting
        self._started = datetime.now(timezone.utc)
        self._id = setting.store.begin_run("{}")
        self._position = {place: position for position, place in enumerate(self._places())}
        self._pending: list[tuple[int, str]] = []
        self._settled = True

    def fill(self, unbuildable: Environment | None) -> Matrix:
        savings: Savings = {}
        found: dict[str, Detection] = {}
        try:
            save_all(self._setting, savings)
            load_all(self._setting, savings, lambda *seen: self._judge(savings, *seen))
            self._setting.progress.stage("self-check", len(selfcheck.NAMES))
            found = selfcheck.check(self._setting, unbuildable)
            self._setting.progress.advance(len(found))
        except KeyboardInterrupt:
            self._end(savings, found, interrupted=True)
            raise
        return self._end(savings, found, interrupted=False)

    def _places(self) -> Iterator[tuple[str, str, str, str]]:
        """Every cell there is to be, in the order of the report."""
        ids = [environment.id for environment in self._setting.environments]
        for writer in ids:
            for reader in ids:
                for pipeline in self._catalog.pipelines:
                    for name in pipeline.formats:
                        yield pipeline.id, name, writer, reader

    def _judge(
        self,
        savings: Savings,
        saving: Saving,
        name: str,
        reader: Environment,
        observation: Observation | None,
    ) -> None:
        endings = {saving.ending, Ending.FINISHED if observation is None else observation.ending}
        self._settled = self._settled and endings == {Ending.FINISHED}
        case = Case(
            saving=saving,
            format=name,
            reader=reader.id,
            observation=observation,
            native=savings.get((reader.id, saving.pipeline)),
        )
        self._keep(
            judge(
                case,
                self._setting.store.content,
                lambda method: self._catalog.tolerances.of(saving.pipeline, method),
            )
        )

    def _keep(self, cell: Cell) -> None:
        place = (cell.pipeline, cell.format, cell.writer, cell.reader)
        self._pending.append(
            (self._position.pop(place), documents.encode(documents.cell_to_dict(cell)))
        )
        if len(self._pending) >= _BATCH:
            self._flush()

    def _flush(self) -> None:
        self._setting.store.keep_cells(self._id, self._pending)
        self._pending.clear()

    def _end(self, savings: Savings, found: dict[str, Detection], *, interrupted: bool) -> Matrix:
        """Give every cell that was not observed its verdict, and close the run."""
        environments = {environment.id: environment for environment in self._setting.environments}
        for pipeline, name, writer, reader in list(self._position):
            missing = next((one for one in (writer, reader) if not environments[one].ready), None)
            saving = savings.get((writer, pipeline))
            if missing is not None:
                reason = f"{missing}: {environments[missing].reason}"
                self._keep(_unknown(pipeline, name, writer, reader, Verdict.UNAVAILABLE, reason))
            elif saving is None:
                self._keep(_unknown(pipeline, name, writer, reader, Verdict.NOT_RUN, "interrupted"))
            else:
                self._judge(savings, saving, name, environments[reader], None)
        self._flush()
        self._setting.estimate.keep()
        matrix = Matrix(
            started=self._started,
            finished=datetime.now(timezone.utc),
            environments=self._setting.environments,
            pipelines=self._catalog.pipelines,
            cells=kept.Cells(self._setting.store, self._id),
            self_check=found,
            interrupted=interrupted,
        )
        head = documents.head_to_dict(matrix) | {
            "digest": kept.digest(self._setting, self._catalog),
            "settled": self._settled and not interrupted and _all_found(found),
            "cells_digest": self._setting.store.cells_digest(self._id),
        }
        self._setting.store.end_run(self._id, documents.encode(head))
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
