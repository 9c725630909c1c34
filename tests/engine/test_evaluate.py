"""Every load of a file gets a verdict and its cause, whatever the worker reports.

The workers are made up; everything from the pool to the verdict is real. Each test runs on all four
paths that load and judge: a run, its self-check, the check of a user's models, and the search for
remedies.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest

from matrix.catalog import Catalog, Tolerances
from matrix.engine import run as engine
from matrix.engine.run_context import RunContext
from matrix.engine.selfcheck import Planted
from matrix.executors import pool
from matrix.executors.protocol import check_answer
from matrix.executors.untrusted_files import BreachError
from matrix.executors.worker_process import Answered, Ended, Request, Started
from matrix.inspection.result import Inspection
from matrix.model import (
    Artifact,
    Cell,
    Detection,
    Ending,
    EnvInfo,
    Environment,
    EnvSpec,
    Pipeline,
    Returned,
    Saving,
    Verdict,
)
from matrix.remedies import EnvironmentFactory, Experiment, Subject
from matrix.report.progress import Progress
from matrix.store import Store
from matrix.upgrade.answer import Model
from matrix.upgrade.checker import CheckInputs, ModelChecker, ModelWork

WORKER = Path(__file__).parents[2] / "matrix" / "worker"
NOTICED = {
    "faults": 100,
    "live": 100,
    "noticed": 100,
    "complete": True,
    "constant": False,
    "leaves": 0,
    "reached": 0,
    "by_source": {"data": 4},
}
"""The evidence of rows that notice every planted fault."""
SHOWN = {"repr": {"digest": ""}, "get_params": {"digest": ""}}


@pytest.fixture(scope="module")
def encode() -> Iterator[Callable[[Any], bytes]]:
    """The worker's encoder, imported as the worker imports it."""
    sys.path.insert(0, str(WORKER))
    from compat_worker import content

    yield content.encode
    sys.path.remove(str(WORKER))


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@dataclass
class Load:
    """What every load reports: contents by method."""

    outputs: Mapping[str, bytes]

    def answer(self, piece: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, bytes]]:
        outputs = {name: {"digest": digest(data)} for name, data in self.outputs.items()}
        shown = SHOWN if outputs else {}
        answer = {
            "contents": [],
            "warnings": [],
            "seconds": 0.1,
            "repeats": {},
            "load_seconds": 0.1,
        }
        contents = {digest(data): data for data in self.outputs.values()}
        return {**answer, "outputs": {**outputs, **shown}}, contents


class Workers:
    """Replaces worker processes: they save one reference, and load what the test sets."""

    def __init__(self, reference: Mapping[str, bytes], rows: bytes, load: Load) -> None:
        self._reference = reference
        self._rows = rows
        self._load = load

    def answer(self, task: str, piece: Mapping[str, Any]) -> tuple[dict[str, Any], Any]:
        if task == "check":
            return {"files": {}, "contents": []}, {}
        if task == "load":
            return self._load.answer(piece)
        if task == "evidence":
            return {"contents": [], "warnings": [], "seconds": 0.1, "evidence": NOTICED}, {}
        answer, contents = Load(self._reference).answer(piece)
        contents[digest(self._rows)] = self._rows
        answer |= {"rows": digest(self._rows), "truth": None, "only": False, "estimators": ["m.M"]}
        if task == "reference":
            answer |= {
                "made": {},
                "dropped": {},
                "n_rows": 4,
                "fewer": None,
                "unfit": "",
                "features": None,
                "evidence": None,
            }
        else:
            file = Path(piece["folder"]) / "joblib.joblib"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(b"model")
            saved = {"path": str(file), "sha256": digest(b"model"), "size": 5, "seconds": 0.1}
            answer["artifacts"] = {"joblib": saved}
        return answer, contents

    def __call__(self, request: Request, folder: Path, *_: object) -> _Worker:
        return _Worker(self, request)


@dataclass
class _Worker:
    workers: Workers
    request: Request

    def poll(self) -> Iterator[Started | Answered | Ended]:
        yield Started(seconds=0.1)
        pieces: Iterable[Mapping[str, Any]] = self.request.pieces or ({"id": 0},)
        for piece in pieces:
            answer, contents = self.workers.answer(self.request.task, piece)
            yield Answered(piece=piece["id"], answer=answer, contents=contents)
        yield Ended(complete=True, piece=None, ending=Ending.FINISHED, reason="")

    def close(self) -> None:
        pass

    end = close


# --------------------------------------------------------------------------- the four paths


def environment(release: str) -> Environment:
    info = EnvInfo(
        python="3.11.7",
        platform="linux",
        executable=Path("python"),
        packages={"scikit-learn": release},
    )
    spec = EnvSpec(id=f"sklearn-{release}", label=release, scikit_learn=release)
    return Environment(spec=spec, info=info)


OLD, NEW = environment("1.2.2"), environment("1.5.2")
PIPELINE = Pipeline(id="m", file=Path("m.py"), line=1, doc="", formats=("joblib",))


def progress() -> Progress:
    progress = Progress()
    progress.stage("environments", 2)
    return progress


def context(store: Store) -> RunContext:
    catalog = Catalog(root=Path(), state=store.folder, pipelines=(PIPELINE,))
    return RunContext.of(catalog, (OLD, NEW), store, progress=progress(), slots=1)


def of_a_run(store: Store) -> Cell:
    catalog = Catalog(root=Path(), state=store.folder, pipelines=(PIPELINE,))
    matrix = engine.run(catalog, (OLD, NEW), store, unbuildable=None, progress=progress(), slots=1)
    assert set(matrix.self_check.values()) == {Detection.MISSED}, "no planted fault was reported"
    return next(one for one in matrix.cells if (one.writer, one.reader) == (OLD.id, NEW.id))


def of_the_self_check(store: Store) -> Cell:
    planted = Planted(context(store))
    planted.check()
    return planted._evaluation("planted_change").cell


def of_an_upgrade(store: Store) -> Cell:
    inspection = Inspection(
        path=Path("m"),
        size=5,
        sha256=digest(b"model"),
        container="joblib",
        protocol=4,
        root=cast(Any, None),
    )
    model = Model(id="m", path=Path("m"), inspection=inspection)
    checker = ModelChecker(context(store), CheckInputs(), Tolerances())
    (found,) = checker.check([ModelWork(model=model, origin=OLD, targets=(NEW,))]).values()
    return found.targets[NEW.id].cell


def of_a_remedy(store: Store) -> Cell:
    answer, contents = cast(Workers, pool.Worker).answer("reference", {})
    artifact = Artifact(pipeline="m", format="joblib", writer=OLD.id, sha256="0" * 64, size=5)
    outputs = {name: Returned(digest=one["digest"]) for name, one in answer["outputs"].items()}
    saving = Saving(
        pipeline="m",
        writer=OLD.id,
        artifacts={"joblib": artifact},
        rows=answer["rows"],
        outputs=outputs,
        estimators=("m.M",),
    )
    subject = Subject(pipeline=PIPELINE, saving=saving, artifact=artifact, writer=OLD, reader=NEW)
    for name, data in contents.items():
        store.keep_content(name, data)
    experiment = Experiment(
        context=context(store),
        tolerances=Tolerances(),
        factory=cast(EnvironmentFactory, None),
    )
    return experiment.cell(subject, subject.file, NEW)


PATHS = pytest.mark.parametrize(
    "evaluated", [of_a_run, of_the_self_check, of_an_upgrade, of_a_remedy]
)


@dataclass
class Scene:
    """A reference, and what is reported in its place on one of the paths."""

    folder: Path
    encode: Callable[[Any], bytes]
    monkeypatch: pytest.MonkeyPatch

    @property
    def reference(self) -> dict[str, bytes]:
        return {"predict": self.encode([0, 1, 1, 0]), "transform": self.encode([0.5, 1.5])}

    def cell(self, evaluated: Callable[[Store], Cell], outputs: Mapping[str, bytes]) -> Cell:
        workers = Workers(self.reference, self.encode([[1.0], [2.0]]), Load(outputs))
        self.monkeypatch.setattr(pool, "Worker", workers)
        with Store(self.folder) as store:
            return evaluated(store)


@pytest.fixture
def scene(tmp_path: Path, encode: Callable[[Any], bytes], monkeypatch: pytest.MonkeyPatch) -> Scene:
    return Scene(tmp_path, encode, monkeypatch)


@PATHS
def test_the_same_outputs_are_identical(scene: Scene, evaluated: Callable[[Store], Cell]) -> None:
    cell = scene.cell(evaluated, scene.reference)
    assert (cell.verdict, cell.cause) == (Verdict.IDENTICAL, None)


@PATHS
def test_no_outputs_at_all_are_unknown(scene: Scene, evaluated: Callable[[Store], Cell]) -> None:
    cell = scene.cell(evaluated, {})
    assert cell.verdict is Verdict.NOT_RUN
    assert set(cell.outputs) == {"predict", "transform", "repr", "get_params"}
    assert "predict, transform, repr, get_params" in cell.reason


@PATHS
def test_one_method_that_is_not_reported_is_unknown(
    scene: Scene, evaluated: Callable[[Store], Cell]
) -> None:
    cell = scene.cell(evaluated, {"predict": scene.reference["predict"]})
    assert cell.verdict is Verdict.NOT_RUN
    assert cell.reason.endswith("recorded for transform")
    assert cell.cause is None


@PATHS
def test_outputs_that_cannot_be_read_are_a_crash_of_the_model_and_not_of_the_command(
    scene: Scene, evaluated: Callable[[Store], Cell]
) -> None:
    cell = scene.cell(evaluated, scene.reference | {"predict": b"no worker writes this"})
    assert cell.verdict is Verdict.CRASHED
    assert cell.reason.startswith("what it returned cannot be read: ")
    assert cell.cause is not None


@PATHS
def test_a_change_has_a_cause(scene: Scene, evaluated: Callable[[Store], Cell]) -> None:
    changed = scene.reference | {"transform": scene.encode([0.5, 2.5])}
    cell = scene.cell(evaluated, changed)
    assert (cell.verdict, cell.stage) == (Verdict.SCORES_CHANGED, "transform")
    assert cell.cause is not None


def test_an_output_that_is_lost_in_the_store_is_not_blamed_on_the_model(scene: Scene) -> None:
    """A recorded output is not in the store: the machine lost it."""

    keep_content = Store.keep_content
    gone = digest(scene.reference["transform"])

    def lost(store: Store) -> Cell:
        store.keep_content = lambda name, data: (  # type: ignore[method-assign]
            None if name == gone else keep_content(store, name, data)
        )
        return of_a_remedy(store)

    cell = scene.cell(lost, scene.reference | {"transform": scene.encode([0.5, 2.5])})
    assert cell.verdict is Verdict.NOT_RUN
    assert "missing or damaged in the store" in cell.reason


# --------------------------------------------------------------------------- over the protocol


LOADED = {"contents": [], "warnings": [], "seconds": 0.5, "repeats": {}, "load_seconds": 0.1}


@pytest.mark.parametrize("missing", [None, "0" * 64])
def test_an_answer_without_a_method_of_the_reference_is_not_accepted(missing: str | None) -> None:
    """Also if the method is absent in the reference."""
    known = {"repr": "", "predict": missing}
    outputs = {"repr": {"digest": ""}}
    with pytest.raises(BreachError, match="without the outputs of predict"):
        check_answer("load", {**LOADED, "outputs": outputs}, {"known": known})
    whole = {**outputs, "predict": {"absent": "no"}}
    check_answer("load", {**LOADED, "outputs": whole}, {"known": known})
    raised = {"raised": {"type": "ValueError", "message": "no"}}
    common = {
        name: value for name, value in LOADED.items() if name not in ("repeats", "load_seconds")
    }
    check_answer("load", {**common, **raised}, {"known": known})
