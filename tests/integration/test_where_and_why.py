"""Of real releases: which step goes another way first, and which attribute or parameter is behind.

What is expected was read from the releases' own source, and checked by hand with plain scripts.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from matrix import catalog as catalogs
from matrix.catalog import Catalog
from matrix.diagnosis import Diagnosis, Trace, diagnose
from matrix.engine import last_run
from matrix.engine.inputs import CellInputs, cell_inputs
from matrix.engine.run_context import RunContext
from matrix.engine.tracing import TraceWork, traces
from matrix.model import Artifact, Cell, Environment, Matrix, Returned
from matrix.report.diagnosis_text import place, points
from matrix.store import Store

from .truths import ROOT, Result


class Quiet:
    """Shows nothing."""

    def stage(self, name: str, total: int | None = None) -> None: ...
    def more(self, name: str, pieces: int) -> None: ...
    def advance(self, n: int = 1, under_way: str = "", *, stage: str | None = None) -> None: ...
    def note(self, text: str) -> None: ...
    def estimate(self, seconds_left: float | None) -> None: ...


@dataclass
class Doctor:
    """Asks the cells of a run that is kept again."""

    catalog: Catalog
    store: Store
    matrix: Matrix

    def context(self) -> RunContext:
        return RunContext.of(
            self.catalog, self.matrix.environments, self.store, progress=Quiet(), slots=2
        )

    def cell_inputs(self, pipeline: str, writer: str, reader: str) -> CellInputs:
        ids = (pipeline, "joblib", f"sklearn-{writer}", f"sklearn-{reader}")
        cell = next(one for one in self.matrix.cells if _ids(one) == ids)
        return cell_inputs(self.store, self.matrix, self.catalog.pipelines, cell)

    def traces(self, found: CellInputs, method: str) -> list[Trace]:
        """Of the writer, the reader, and the reader's own model, if there can be one."""
        wanted = [
            (found.artifact, found.saving, found.writer, method),
            (found.artifact, found.saving, found.reader, method),
        ]
        if found.native is not None:
            own = found.native.artifacts.get("joblib")
            wanted += [(own, found.native, found.reader, "")] if isinstance(own, Artifact) else []
        looks = [
            TraceWork(
                pipeline=found.pipeline,
                artifact=artifact,
                saving=saving,
                environment=environment,
                method=asked,
            )
            for artifact, saving, environment, asked in wanted
            if artifact is not None
        ]
        return traces(self.context(), looks)

    def diagnose(self, pipeline: str, writer: str, reader: str) -> Diagnosis:
        found = self.cell_inputs(pipeline, writer, reader)
        method = "" if found.cell.stage == "load" else found.cell.stage
        return diagnose(
            found.cell,
            *self.traces(found, method),
            fetch=self.store.content,
            tolerance=lambda one: self.catalog.tolerances.of(pipeline, one),
        )


def _ids(cell: Cell) -> tuple[str, str, str, str]:
    return cell.pipeline, cell.format, cell.writer, cell.reader


@pytest.fixture(scope="module")
def doctor(truths: Result, truths_folder: Path) -> Iterator[Doctor]:
    catalog = catalogs.read(truths_folder / "matrix.toml")
    with Store(catalog.state) as store:
        yield Doctor(catalog, store, last_run.last(store))


def _ready(result: Result, *releases: str) -> None:
    for one in releases:
        status = result.environments[f"sklearn-{one}"]
        if status["status"] != "ready":
            pytest.skip(f"{one} is unavailable here: {status['reason']}")


@pytest.mark.parametrize(
    ("pipeline", "writer", "reader", "where", "said"),
    [
        (
            "tfidf_logistic",
            "1.4",
            "1.5",
            "tfidfvectorizer → _tfidf → TfidfTransformer.transform",
            ["the file has `_idf_diag`", "looks for `idf_`, which the file lacks"],
        ),
        (
            "tfidf_logistic",
            "1.5",
            "1.4",
            "tfidfvectorizer → _tfidf → TfidfTransformer.transform",
            ["the file has `idf_`", "scikit-learn 1.4 reads `_idf_diag`, which the file lacks"],
        ),
        (
            "table_by_name",
            "1.4",
            "1.9",
            "columntransformer → numbers → simpleimputer → SimpleImputer.transform",
            ["scikit-learn 1.9 reads `_fill_dtype`, which the file lacks"],
        ),
        (
            "stacking_classifier",
            "0.24",
            "1.2",
            "stackingclassifier → nb → GaussianNB.predict_log_proba",
            ["the file has `sigma_`", "reads `var_`, which the file lacks"],
        ),
        (
            "stacking_classifier",
            "1.9",
            "1.5",
            "stackingclassifier → final_estimator_ → LogisticRegression.predict_proba",
            ["reads its parameter `multi_class` (default 'deprecated'), which the file lacks"],
        ),
        (
            "bins_quantile_onehot",
            "0.24",
            "1.5",
            "_encoder → OneHotEncoder.transform",
            [
                "`_infrequent_enabled`",
                "`sparse=False` is not a parameter in scikit-learn 1.5, and is ignored",
                "reads its parameter `sparse_output` (default True), which the file lacks",
            ],
        ),
        (
            "forest_classifier",
            "1.3",
            "1.9",
            "estimators_[0] → DecisionTreeClassifier.predict_proba",
            ["`tree_.values` is float64", "0 to 1 in a model trained in scikit-learn 1.9"],
        ),
        (
            "tree_classifier",
            "1.3",
            "1.9",
            "DecisionTreeClassifier.predict_proba",
            ["no longer probabilities", "`tree_.values` is float64"],
        ),
        (
            "logistic_ovr",
            "1.5",
            "1.9",
            "LogisticRegression.predict_proba",
            ["`multi_class='ovr'` is not a parameter in scikit-learn 1.9, and is ignored"],
        ),
        (
            "logistic_binary",
            "1.5",
            "1.9",
            "Pipeline.repr",
            ["reads its parameter `transform_input` (default None), which the file lacks"],
        ),
        (
            "tree_classifier",
            "1.2",
            "1.3",
            "",
            [
                "DecisionTreeClassifier.tree_ is a sklearn.tree._tree.Tree",
                "`tree_.nodes` has no field `missing_go_to_left` in the file",
            ],
        ),
    ],
)
def test_a_cell_is_taken_back_to_its_step_and_its_cause(
    truths: Result,
    doctor: Doctor,
    pipeline: str,
    writer: str,
    reader: str,
    where: str,
    said: list[str],
) -> None:
    _ready(truths, writer, reader)
    found = doctor.diagnose(pipeline, writer, reader)
    first = found.first
    assert ("" if first is None else place(first.path, first.kind, first.method)) == where
    told = points(found, f"scikit-learn {reader}")
    text = "\n".join(f"{point.heading:<9}{line}" for point in told for line in point.lines)
    for words in said:
        assert words in text, text


def look(found: CellInputs, environment: Environment, method: str) -> TraceWork:
    """A look inside the file of a cell."""
    assert found.artifact is not None
    return TraceWork(
        pipeline=found.pipeline,
        artifact=found.artifact,
        saving=found.saving,
        environment=environment,
        method=method,
    )


def test_what_is_watched_returns_what_the_run_has_recorded(truths: Result, doctor: Doctor) -> None:
    """Each method that was recorded, in the writer and in the reader."""
    _ready(truths, "1.4", "1.5")
    found = doctor.cell_inputs("stacking_classifier", "1.4", "1.5")
    assert found.artifact is not None
    for method in ("predict", "predict_proba", "transform"):
        (seen,) = traces(doctor.context(), [look(found, found.writer, method)])
        recorded = found.saving.outputs[method]
        assert isinstance(recorded, Returned)
        assert seen.outcome == seen.untraced == recorded
        assert seen.calls


def test_a_second_look_starts_no_worker(truths: Result, doctor: Doctor) -> None:
    _ready(truths, "1.4", "1.5")
    found = doctor.cell_inputs("logistic_ovr", "1.4", "1.5")
    assert found.artifact is not None
    looks = [look(found, found.reader, "predict")]
    first, again = doctor.context(), doctor.context()
    assert traces(first, looks) == traces(again, looks)
    assert first.worked
    assert not again.worked


SCRIPT = """
import sys, joblib
sys.path.append({fixtures!r})
print({expression})
"""


@pytest.mark.parametrize(
    ("pipeline", "writer", "reader", "expression"),
    [
        (
            "tfidf_logistic",
            "1.4",
            "1.5",
            "[name in vars(joblib.load({path!r})[0]._tfidf) for name in ('_idf_diag', 'idf_')]",
        ),
        (
            "logistic_ovr",
            "1.5",
            "1.9",
            "['multi_class' in vars(m) and 'multi_class' not in m._get_param_names() or m "
            "for m in [joblib.load({path!r})]] + [False]",
        ),
    ],
)
def test_a_plain_script_finds_the_same_state(
    truths: Result, doctor: Doctor, pipeline: str, writer: str, reader: str, expression: str
) -> None:
    _ready(truths, writer, reader)
    found = doctor.cell_inputs(pipeline, writer, reader)
    assert found.artifact is not None
    assert found.reader.info is not None
    path = str(doctor.store.artifact(found.artifact.sha256, "joblib"))
    script = SCRIPT.format(fixtures=str(ROOT / "fixtures"), expression=expression.format(path=path))
    done = subprocess.run(
        [str(found.reader.info.executable), "-W", "ignore", "-c", script],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[True, False]"
