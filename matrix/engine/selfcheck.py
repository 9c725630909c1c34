"""Plant faults in a run, and check that the same code as for real ones finds each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from matrix import selfcheck
from matrix.catalog import Catalog
from matrix.engine.evaluate import Evaluation, evaluate
from matrix.engine.loading import known_outputs
from matrix.engine.run_context import RunContext
from matrix.executors.jobs import Job, Jobs
from matrix.executors.worker_process import PieceRequest, Request
from matrix.judge import Case
from matrix.model import (
    Artifact,
    Cell,
    Detection,
    Environment,
    EnvSpec,
    Observation,
    Saving,
    Tolerance,
    Verdict,
)
from matrix.store import keys, worker_answers
from matrix.store.worker_answers import WorkerAnswer

UNBUILDABLE = EnvSpec(
    id="planted-unbuildable",
    label="planted",
    scikit_learn="1.3",
    requirements=("scikit-learn<1.3",),
)
"""An environment that cannot be built: its requirements contradict each other."""

# It is imported by name in an environment of the user's, where a package may be called "planted".
_FILE = Path(selfcheck.__file__).parent / "compat_planted.py"
_ENDLESS_SECONDS = 3.0

_EXPECTED: Mapping[str, Callable[[Cell], bool]] = {
    "planted_change": lambda cell: (
        cell.verdict is Verdict.LABELS_CHANGED
        and cell.silent
        and cell.outputs["predict"].n_changed == 1
    ),
    "planted_repr": lambda cell: (
        cell.verdict is Verdict.INTROSPECTION_FAILED and cell.stage == "repr"
    ),
    "planted_killer": lambda cell: cell.verdict is Verdict.CRASHED,
    "planted_endless": lambda cell: cell.verdict is Verdict.TIMED_OUT,
}
"""The required verdict on each planted pipeline, in the order of loading.

What kills the interpreter comes last, so that none is started for the rest.
"""

_NAMES = {
    "planted_change": "changed prediction",
    "planted_repr": "failing repr",
    "planted_killer": "killed interpreter",
    "planted_endless": "endless prediction",
}


UNBUILDABLE_NAME = "unbuildable environment"

NAMES = (*_NAMES.values(), UNBUILDABLE_NAME)
"""The descriptions of the planted faults."""


def planted_in(catalog: Catalog) -> Catalog:
    """The catalog with :data:`UNBUILDABLE` after its own environments."""
    select = (*catalog.select, UNBUILDABLE.id) if catalog.select else ()
    return replace(catalog, specs=(*catalog.specs, UNBUILDABLE), select=select)


def noticed(environment: Environment | None) -> dict[str, Detection]:
    """Whether it was detected that :data:`UNBUILDABLE` cannot be built.

    Args:
        environment: the result of building it; None if it was not tried.
    """
    there = environment is not None and not environment.ready and environment.reason
    return {UNBUILDABLE_NAME: Detection.DETECTED if there else Detection.MISSED}


class Planted:
    """The planted pipelines: saved in one environment of a run, loaded in another, judged."""

    def __init__(self, context: RunContext) -> None:
        self._context = context
        self._writer, self._reader = context.local_writers[0], context.local_writers[-1]
        self._folder = context.store.scratch()
        self._savings: dict[str, Saving] = {}
        self._paths: dict[str, Path] = {}
        self._observations: dict[str, Observation] = {}
        self._contents: dict[str, bytes] = {}

    def jobs(self) -> Jobs:
        """The jobs of the self-check; none until the run has started a worker of its own."""
        while not self._context.worked:
            yield None
        yield from self._jobs()

    def check(self) -> dict[str, Detection]:
        """Whether each planted fault is found, once all jobs are done.

        If the run started no worker, the stored detections of the same code in the same
        environments are returned.
        """
        context = self._context
        ends = [context.key(self._writer), context.key(self._reader)]
        key = keys.of("self-check", ends, keys.worker(), _FILE.read_text("utf-8"), keys.judge())
        if not context.worked:
            kept = context.store.answer(key)
            if kept is not None:
                return {name: Detection(kept["found"][name]) for name in _NAMES.values()}
            context.run(self._jobs())
        found = self._found()
        if Detection.MISSED not in found.values():  # else it may have been the machine's doing
            context.store.keep_answer(key, {"found": found})
        return found

    def _jobs(self) -> Jobs:
        yield self._save()
        while len(self._savings) < len(_EXPECTED):
            yield None
        quick = [name for name in self._paths if name != "planted_endless"]
        yield self._load(quick, self._context.limits.seconds)
        endless = [name for name in self._paths if name not in quick]
        # The killed interpreter shows already that a piece is tried again.
        yield replace(self._load(endless, _ENDLESS_SECONDS), waits=True, alone=True)

    def _found(self) -> dict[str, Detection]:
        found = dict.fromkeys(_NAMES.values(), Detection.MISSED)
        for name in self._paths:
            evaluation = self._evaluation(name)
            if evaluation.readable and _EXPECTED[name](evaluation.cell):
                found[_NAMES[name]] = Detection.DETECTED
        return found

    def _evaluation(self, name: str) -> Evaluation:
        case = Case(
            saving=self._savings[name],
            format="joblib",
            reader=self._reader.id,
            observation=self._observations.get(name),
        )
        return evaluate(
            case,
            fetch=self._contents.__getitem__,
            tolerance=lambda _: Tolerance(),
            writer=self._writer.info,
            reader=self._reader,
        )

    def _save(self) -> Job:
        names = list(_EXPECTED)

        def on_answer(number: int, answer: WorkerAnswer, contents: Mapping[str, bytes]) -> None:
            name = names[number]
            self._contents.update(contents)
            saving = worker_answers.saving(answer, pipeline=name, writer=self._writer.id)
            self._savings[name] = saving
            if isinstance(saving.artifacts.get("joblib"), Artifact):
                self._paths[name] = Path(answer["artifacts"]["joblib"]["path"])

        pieces = (
            {
                "id": number,
                "pipeline": name,
                "file": str(_FILE),
                "formats": ["joblib"],
                "folder": str(self._folder / name),
            }
            for number, name in enumerate(names)
        )
        request = self._request(self._writer, "save", pieces)
        return Job(label="self-check", request=request, on_answer=on_answer)

    def _load(self, names: list[str], seconds: float) -> Job:
        def on_answer(number: int, answer: WorkerAnswer, contents: Mapping[str, bytes]) -> None:
            self._contents.update(contents)
            self._observations[names[number]] = worker_answers.observation(answer)

        pieces = tuple(self._piece(number, name) for number, name in enumerate(names))
        request = replace(self._request(self._reader, "load", pieces), seconds=seconds)
        return Job(label="self-check", request=request, on_answer=on_answer)

    def _piece(self, number: int, name: str) -> PieceRequest:
        saving = self._savings[name]
        rows = self._folder / f"{name}.rows"
        rows.write_bytes(self._contents[saving.rows])
        return {
            "id": number,
            "format": "joblib",
            "path": str(self._paths[name]),
            "rows": str(rows),
            "known": known_outputs(saving.outputs),
            "own": known_outputs((saving.own or saving).outputs),
            "only": saving.only,
        }

    def _request(
        self, environment: Environment, task: str, pieces: Iterable[PieceRequest]
    ) -> Request:
        return self._context.request(environment, task, pieces, paths=(_FILE.parent,))
