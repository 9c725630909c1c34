"""Check models: record reference outputs in the origin, then compare in every target.

Each load has a process of its own, because a user's model is not trusted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from matrix.catalog import Tolerances
from matrix.engine.evaluate import Evaluation, Evaluator
from matrix.engine.loading import STAGE, LoadWork
from matrix.engine.run_context import RunContext
from matrix.engine.saving import digests_of
from matrix.executors.jobs import Job, Jobs
from matrix.executors.worker_process import PieceRequest
from matrix.inspection import Inspection
from matrix.inspection.file_access import size_and_sha256
from matrix.model import (
    Artifact,
    Ending,
    Environment,
    ModelReference,
    OwnScript,
    Pipeline,
)
from matrix.sandbox.kinds import Sandbox
from matrix.store import keys, worker_answers
from matrix.store.worker_answers import WorkerAnswer
from matrix.upgrade.admission import looked_up
from matrix.upgrade.answer import Model, Target

TASK = "reference"

_ROWS = 200
"""The approximate number of rows made for a model."""


@dataclass(frozen=True, kw_only=True)
class CheckInputs:
    """The user's rows, expected outputs and code, for all models."""

    data: Path | None = None
    """The user's rows; None makes rows from the fitted state of each model."""
    target: str | None = None
    """The column of the data with the true answers."""
    dtypes: Mapping[str, Any] = field(default_factory=dict)
    """By column of the data, its type in words, or a list of its categories."""
    expected: Path | None = None
    """Outputs recorded elsewhere, to compare with in place of the origin's."""
    paths: tuple[Path, ...] = ()
    """Folders of the user's own code."""
    main: OwnScript | None = None
    """The script that defines what the models look up in ``__main__``."""

    @cached_property
    def digest(self) -> str:
        """The digest of everything here that an output may depend on."""
        files = [file for file in (self.data, self.expected) if file is not None]
        return keys.of(list(map(_digest, files)), self.target, dict(self.dtypes), self.code)

    @cached_property
    def code(self) -> str:
        """The digest of the user's own code."""
        files = sorted(file for folder in self.paths for file in folder.rglob("*.py"))
        digests = [(str(file), _digest(file)) for file in files]
        return keys.of(digests, *([] if self.main is None else [self.main.request]))


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return size_and_sha256(stream)[1]


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelWork:
    """A model with the environments to load it in; all of them are ready."""

    model: Model
    origin: Environment
    """Is always checked first, even if it is not among the targets."""
    targets: tuple[Environment, ...]


@dataclass(slots=True)
class ModelRecord:
    """The results for a model so far."""

    reference: ModelReference | None = None
    """The outputs that the origin recorded; None if it has not yet."""
    targets: dict[str, Target] = field(default_factory=dict)
    """By the id of the environment."""


OnModel = Callable[[Model], None]
"""Called with a model of which all loads are done."""


def _ignored(_: Model) -> None:
    """Do nothing."""


class ModelChecker:
    """Checks models.

    Args:
        context: the run's; its ``pipelines`` are not used.
        inputs: the user's rows, expected outputs and code.
        tolerances: the differences of outputs that count as equivalent.
    """

    def __init__(self, context: RunContext, inputs: CheckInputs, tolerances: Tolerances) -> None:
        self._context = context
        self._inputs = inputs
        self._tolerances = tolerances
        self._found: dict[str, ModelRecord] = {}
        self._again: list[ModelWork] = []
        """Models that ended their worker process, perhaps by a planted fault."""
        self._total = 0
        self._on_model: OnModel = _ignored

    @property
    def sandbox(self) -> Sandbox | None:
        """The sandbox in which models are loaded."""
        return self._context.sandbox

    @property
    def _sandbox_words(self) -> str:
        return "" if self.sandbox is None else self.sandbox.words

    def pipeline(self, model: Model) -> Pipeline:
        """The pipeline that stands for a model in the engine."""
        # A result from one sandbox does not count for another.
        code = keys.of(self._inputs.code, self._sandbox_words)
        return Pipeline(id=model.id, file=model.path, line=1, doc="", digest=code)

    def found(self, model: Model) -> ModelRecord:
        """The results for a model so far."""
        return self._found.get(model.id, ModelRecord())

    def check(
        self, work: Sequence[ModelWork], on_model: OnModel | None = None
    ) -> dict[str, ModelRecord]:
        """Check models; results of earlier calls are not computed again.

        Args:
            work: the models with their environments.
            on_model: called with each model when it has been loaded in all of its environments.

        Returns:
            The results of all calls, by the id of the model.
        """
        self._on_model = on_model or _ignored
        for one in work:
            self._found.setdefault(one.model.id, ModelRecord())
        new = [(one, reader) for one in work for reader in self._new(one)]
        self._total += len(new) + sum(self._found[one.model.id].reference is None for one in work)
        self._context.progress.stage(STAGE, self._total)
        self._context.run(self._jobs(work, new))
        return self._found

    def _new(self, one: ModelWork) -> list[Environment]:
        """The origin and the targets, each once, that have no result yet."""
        found = self._found[one.model.id].targets
        every = {environment.id: environment for environment in (one.origin, *one.targets)}
        return [environment for id_, environment in every.items() if id_ not in found]

    def _jobs(
        self, work: Sequence[ModelWork], waiting: list[tuple[ModelWork, Environment]]
    ) -> Jobs:
        for one in work:
            if self._found[one.model.id].reference is not None:
                continue
            job = self._record(one)
            if job is None:
                self._context.progress.advance(stage=STAGE)
            else:
                yield job
        while waiting:
            if self._again:
                yield self._reference_job(self._again.pop(), measured=False)
                continue
            ready = next(
                (pair for pair in waiting if self._found[pair[0].model.id].reference), None
            )
            if ready is None:
                yield None
                continue
            waiting.remove(ready)
            job = self._load(*ready)
            if job is None:
                self._context.progress.advance(stage=STAGE)
            else:
                yield job

    # ----------------------------------------------------------------- in the origin

    def _record(self, one: ModelWork) -> Job | None:
        """The job that records the reference in the origin; None if it is stored already."""
        store = self._context.store
        kept = None if self._context.fresh else store.answer(self._reference_key(one))
        if kept is not None:
            reference = self._as_reference(one, kept)
            if store.has_contents(digests_of(reference.saving)):
                self._found[one.model.id].reference = reference
                return None

        return self._reference_job(one, measured=True)

    def _reference_key(self, one: ModelWork) -> str:
        return keys.of(
            TASK,
            _inspected(one.model).sha256,
            one.model.format,
            one.model.part,
            dict(one.model.types),
            None if one.model.example is None else _digest(one.model.example),
            self._inputs.digest,
            self._context.key(one.origin),
            keys.worker(),
            self._sandbox_words,
        )

    def _reference_job(self, one: ModelWork, *, measured: bool) -> Job:
        """The job that records the reference, and measures its evidence if ``measured``.

        A planted fault may end the worker process or take too long: the reference is then recorded
        once more without faults, so that a model never fails because it was measured.
        """
        key = self._reference_key(one)

        def on_answer(_: int, answer: WorkerAnswer, contents: Mapping[str, bytes]) -> None:
            if measured and answer.get("ending") in (Ending.CRASHED, Ending.TIMED_OUT):
                self._again.append(one)
                return
            self._context.store.keep(key, answer, contents)
            self._found[one.model.id].reference = self._as_reference(one, answer)
            self._context.progress.advance(stage=STAGE)

        return Job(
            label=f"{one.model.id} in {one.origin.spec.label}",
            request=self._context.request(one.origin, TASK, [self._piece(one, key, measured)]),
            on_answer=on_answer,
            alone=True,
        )

    def _piece(self, one: ModelWork, key: str, measured: bool) -> PieceRequest:
        inspection, inputs = _inspected(one.model), self._inputs
        path = self._context.store.artifact(inspection.sha256, one.model.format)
        return {
            "id": 0,
            "key": key,
            "format": one.model.format,
            "path": str(path),
            "part": one.model.part,
            "data": _data(one.model, inputs, measured=measured),
            "expected": _file(inputs.expected),
            "allowed": looked_up(one.model),
            "n": _ROWS,
            "evidence": measured,
        }

    def _as_reference(self, one: ModelWork, answer: WorkerAnswer) -> ModelReference:
        inspection = _inspected(one.model)
        return worker_answers.reference(
            answer,
            pipeline=one.model.id,
            format_name=one.model.format,
            sha256=inspection.sha256,
            size=inspection.size,
            part=one.model.part,
            writer=one.origin.id,
        )

    # ----------------------------------------------------------------- in the targets

    def _load(self, one: ModelWork, reader: Environment) -> Job | None:
        """The job that loads a model in an environment; None if no load is needed."""
        reference = self._found[one.model.id].reference
        assert reference is not None
        saving = reference.saving
        evaluator = Evaluator(
            context=self._context,
            tolerances=self._tolerances,
            writers={one.origin.id: one.origin},
            scored=True,
        )

        def on_evaluation(evaluation: Evaluation) -> None:
            self._found[one.model.id].targets[reader.id] = Target(
                environment=reader,
                cell=evaluation.cell,
                worst=evaluator.worst_rows(evaluation),
            )
            if not self._new(one):
                self._on_model(one.model)

        artifact = saving.artifacts.get(one.model.format)
        if not isinstance(artifact, Artifact) or not saving.rows:
            format_name = next(iter(saving.artifacts), "")
            on_evaluation(evaluator.evaluate(saving, format_name, reader, None))
            return None
        pipeline = self.pipeline(one.model)
        key = keys.loaded(pipeline, artifact, saving)
        load = LoadWork(pipeline, artifact, key, [saving], allowed=looked_up(one.model))
        due = evaluator.due(reader, [load], on_evaluation)
        return evaluator.job(reader, due, on_evaluation) if due else None


def _inspected(model: Model) -> Inspection:
    """The inspection of a model that was admitted."""
    assert model.inspection is not None
    return model.inspection


def _data(model: Model, inputs: CheckInputs, *, measured: bool) -> dict[str, Any] | None:
    """The user's rows, or those that the folder of the model has as an example.

    Example rows are few: they are used only where made rows may be added to them.
    """
    hints = dict(model.types)
    if inputs.data is not None:
        return _file(inputs.data, target=inputs.target, dtypes=dict(inputs.dtypes), hints=hints)
    if inputs.expected is not None or not measured:
        return None
    return _file(model.example, target=None, dtypes={}, hints=hints, example=True)


_KINDS = {".csv": "csv", ".parquet": "parquet", ".npy": "npy", ".npz": "npz"}


def _file(path: Path | None, **more: object) -> dict[str, Any] | None:
    if path is None:
        return None
    return {"path": str(path.absolute()), "kind": _KINDS.get(path.suffix.lower(), "text"), **more}
