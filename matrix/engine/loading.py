"""Each reader loads every artifact and runs every output method; each cell is judged at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from matrix.engine.annex import Piece, Request
from matrix.engine.pool import Job
from matrix.engine.saving import Savings
from matrix.engine.setting import Setting
from matrix.model import (
    Artifact,
    Environment,
    Observation,
    Outcome,
    Pipeline,
    Returned,
    Saving,
)
from matrix.store import answers, keys
from matrix.store.answers import Answer

OnObservation = Callable[[Saving, str, Environment, Observation], None]
"""Called with a saving, a format, the reader and what it observed."""


@dataclass(slots=True)
class _Load:
    """One file to load in one reader; writers that saved the same bytes share it."""

    pipeline: Pipeline
    artifact: Artifact
    key: str
    savings: list[Saving] = field(default_factory=list)


def load_all(setting: Setting, savings: Savings, on_observation: OnObservation) -> None:
    """Load every artifact in every reader, and tell what is observed as it is.

    What is kept from earlier is told first, and not done again.
    """
    jobs = []
    for reader in setting.ready:
        missing = []
        for load in _loads(setting, reader, savings):
            kept = None if setting.fresh else _kept(setting, load)
            if kept is None:
                missing.append(load)
                continue
            for saving in load.savings:
                on_observation(saving, load.artifact.format, reader, kept)
        jobs.append(_job(setting, reader, missing, on_observation))
    setting.progress.stage("loading", sum(len(job.request.pieces) for job in jobs))
    setting.run(jobs)


def _loads(setting: Setting, reader: Environment, savings: Savings) -> Iterator[_Load]:
    found: dict[str, _Load] = {}
    for pipeline in setting.pipelines:
        for writer in setting.ready:
            saving = savings[writer.id, pipeline.id]
            for artifact in saving.artifacts.values():
                if not isinstance(artifact, Artifact):
                    continue
                key = keys.loading(pipeline, artifact, saving, setting.key(reader))
                found.setdefault(key, _Load(pipeline, artifact, key)).savings.append(saving)
    yield from found.values()


def _kept(setting: Setting, load: _Load) -> Observation | None:
    """What is kept of an earlier load, if all of it still is."""
    answer = setting.store.answer(load.key)
    if answer is None:
        return None
    observation = answers.observation(answer, cached=True)
    outcomes = [*observation.outputs.values(), *observation.repeats.values()]
    digests = (
        outcome.digest for outcome in outcomes if isinstance(outcome, Returned) and outcome.digest
    )
    return observation if setting.store.has_contents(digests) else None


def _job(
    setting: Setting, reader: Environment, missing: list[_Load], on_observation: OnObservation
) -> Job:
    def on_answer(number: int, answer: Answer, contents: Mapping[str, bytes]) -> None:
        load = missing[number]
        setting.store.keep(load.key, answer, contents)
        observation = answers.observation(answer)
        for saving in load.savings:
            on_observation(saving, load.artifact.format, reader, observation)
        setting.progress.advance()

    return Job(
        label=f"{reader.spec.label} loads",
        request=Request(
            executable=setting.executable(reader),
            task="load",
            paths=setting.paths,
            pieces=tuple(_piece(setting, number, load) for number, load in enumerate(missing)),
            seconds=setting.limits.seconds,
            memory=setting.memory,
        ),
        on_answer=on_answer,
    )


def _piece(setting: Setting, number: int, load: _Load) -> Piece:
    saving, artifact = load.savings[0], load.artifact
    return {
        "id": number,
        "key": load.key,
        "format": artifact.format,
        "path": str(setting.store.artifact(artifact.sha256, artifact.format)),
        "rows": str(setting.store.rows_file(saving.rows)),
        "known": {name: _digest(outcome) for name, outcome in saving.outputs.items()},
        "only": saving.only,
    }


def _digest(outcome: Outcome) -> str | None:
    return outcome.digest if isinstance(outcome, Returned) else None
