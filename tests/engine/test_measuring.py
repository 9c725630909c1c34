"""The rows of a pipeline are measured once, in the newest environment that saved it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from matrix.catalog import WorkerLimits
from matrix.engine.estimate import Estimate
from matrix.engine.measuring import Measures, measure_jobs, measures_due, newest_first
from matrix.engine.run_context import RunContext
from matrix.engine.saving import Savings
from matrix.model import (
    Artifact,
    EnvInfo,
    Environment,
    EnvSpec,
    Pipeline,
    Returned,
    Saving,
)
from matrix.store import Store

COUNTS = {
    "faults": 20,
    "live": 10,
    "noticed": 9,
    "leaves": 0,
    "reached": 0,
    "complete": True,
    "constant": False,
    "by_source": {"declared": 5, "model": 2},
}


class _Silent:
    def stage(self, name: str, total: int | None = None) -> None: ...
    def more(self, name: str, pieces: int) -> None: ...
    def advance(self, n: int = 1, under_way: str = "", *, stage: str | None = None) -> None: ...
    def note(self, text: str) -> None: ...
    def estimate(self, seconds_left: float | None) -> None: ...


def environment(release: str) -> Environment:
    info = EnvInfo(
        executable=Path("python"),
        python="3.11.0",
        platform="x",
        packages={"scikit-learn": release},
        blas="",
    )
    return Environment(
        spec=EnvSpec(id=f"sklearn-{release}", label=release, scikit_learn=release),
        lock=None,
        info=info,
    )


OLD, NEW = environment("1.9.1"), environment("1.10.0")
TREE = Pipeline(
    id="tree", file=Path("trees.py"), line=1, doc="", tags=(), formats=("joblib",), digest="d"
)


def saved(writer: Environment, **changes: Any) -> Saving:
    artifact = Artifact(
        pipeline="tree", format="joblib", writer=writer.id, sha256="a" * 64, size=10
    )
    return Saving(
        pipeline="tree",
        writer=writer.id,
        **{
            "artifacts": {"joblib": artifact},
            "rows": "b" * 64,
            "outputs": {"predict": Returned(digest="c" * 64)},
            **changes,
        },
    )


def unavailable(writer: Environment) -> Saving:
    return Saving(pipeline="tree", writer=writer.id, unavailable="not in this release")


@pytest.fixture
def context(tmp_path: Path) -> Any:
    with Store(tmp_path / "state") as store:
        yield RunContext(
            pipelines=(TREE,),
            environments=(OLD, NEW),
            limits=WorkerLimits(),
            store=store,
            progress=_Silent(),
            estimate=Estimate(store, 2),
            slots=2,
        )


def test_releases_are_compared_as_numbers(context: RunContext) -> None:
    assert newest_first(context) == [NEW, OLD]


def test_nothing_is_measured_before_the_newest_environment_has_answered(
    context: RunContext,
) -> None:
    measures = Measures()
    savings: Savings = {(OLD.id, "tree"): saved(OLD)}
    assert measures_due(context, savings, measures) == []
    assert not measures.done


def test_the_newest_environment_measures(context: RunContext) -> None:
    savings: Savings = {(one.id, "tree"): saved(one) for one in (OLD, NEW)}
    (work,) = measures_due(context, savings, Measures())
    assert work.environment is NEW


def test_the_next_one_measures_what_the_newest_could_not_save(context: RunContext) -> None:
    savings: Savings = {(OLD.id, "tree"): saved(OLD), (NEW.id, "tree"): unavailable(NEW)}
    (work,) = measures_due(context, savings, Measures())
    assert work.environment is OLD


def test_a_pipeline_that_nobody_saved_has_no_evidence(context: RunContext) -> None:
    measures = Measures()
    savings: Savings = {(one.id, "tree"): unavailable(one) for one in (OLD, NEW)}
    assert measures_due(context, savings, measures) == []
    assert measures.done == {"tree"}
    assert measures.evidence == {}


def answered(context: RunContext, answer: dict[str, Any]) -> tuple[Savings, Measures]:
    """The measures after a worker gave an answer."""
    savings: Savings = {(one.id, "tree"): saved(one) for one in (OLD, NEW)}
    context.store.keep_content("b" * 64, b"rows")
    measures = Measures()
    due = measures_due(context, savings, measures)
    rows = context.store.folder / "rows"
    (rows / ("b" * 64)).write_bytes(b"rows")
    context.store._checked_files.add(rows / ("b" * 64))
    (job,) = measure_jobs(context, due, measures)
    job.on_answer(0, answer, {})
    return savings, measures


def test_measured_evidence_is_kept_for_later_runs(context: RunContext) -> None:
    savings, measures = answered(context, {"evidence": COUNTS, "seconds": 0.1})
    assert measures.evidence["tree"].mutation_score == 0.9
    later = Measures()
    assert measures_due(context, savings, later) == []
    assert later.evidence == measures.evidence


def test_other_rows_are_measured_anew(context: RunContext) -> None:
    savings, _ = answered(context, {"evidence": COUNTS, "seconds": 0.1})
    savings[NEW.id, "tree"] = saved(NEW, rows="e" * 64)
    assert len(measures_due(context, savings, Measures())) == 1


def test_a_run_starts_anew_if_planting_ended_the_worker(context: RunContext) -> None:
    savings, measures = answered(context, {"ending": "crashed", "reason": "SIGSEGV"})
    assert measures.evidence == {}
    assert measures.done == {"tree"}
    assert not measures.settled
    assert len(measures_due(context, savings, Measures())) == 1


def test_a_fresh_run_measures_again(context: RunContext) -> None:
    savings, _ = answered(context, {"evidence": COUNTS, "seconds": 0.1})
    assert len(measures_due(replace(context, fresh=True), savings, Measures())) == 1
