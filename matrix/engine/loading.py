"""Each reader loads every artifact and runs every output method; each cell is judged at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from matrix.engine.annex import Piece
from matrix.engine.pool import Job
from matrix.engine.saving import Savings
from matrix.engine.setting import Setting
from matrix.model import (
    Artifact,
    Environment,
    Observation,
    Pipeline,
    Returned,
    Saving,
)
from matrix.store import answers, keys
from matrix.store.answers import Answer

TASK = "load"

OnObservation = Callable[[Saving, str, Environment, Observation], None]
"""Called with a saving, a format, the reader and what it observed."""


@dataclass(slots=True)
class Load:
    """One file to load in one reader; writers that saved the same bytes share it."""

    pipeline: Pipeline
    artifact: Artifact
    key: str
    savings: list[Saving] = field(default_factory=list)


def load_all(setting: Setting, savings: Savings, on_observation: OnObservation) -> None:
    """Load every artifact in every reader, and tell what is observed as it is.

    What is kept from earlier is told first, and not done again.
    """
    jobs = load_jobs(setting, savings, on_observation)
    setting.progress.stage("loading", sum(len(job.request.pieces) for job in jobs))
    setting.run(jobs)


def load_jobs(setting: Setting, savings: Savings, on_observation: OnObservation) -> list[Job]:
    """A job a reader, of what is to be loaded in it; what is kept of earlier is told."""
    jobs = []
    for reader in setting.ready:
        due = loads_due(setting, reader, savings, on_observation)
        setting.estimate.expect(TASK, reader.id, len(due))
        jobs.append(_job(setting, reader, due, on_observation))
    return jobs


def loads_due(
    setting: Setting, reader: Environment, savings: Savings, on_observation: OnObservation
) -> list[Load]:
    """What is to be loaded in a reader; what is kept of earlier is told."""
    due = []
    for load in _loads(setting, reader, savings):
        kept = None if setting.fresh else _kept(setting, load)
        if kept is None:
            due.append(load)
            continue
        for saving in load.savings:
            on_observation(saving, load.artifact.format, reader, kept)
    return due


def _loads(setting: Setting, reader: Environment, savings: Savings) -> Iterator[Load]:
    """Every file to load in a reader, of the savings that there are."""
    found: dict[str, Load] = {}
    for pipeline in setting.pipelines:
        for writer in setting.ready:
            saving = savings.get((writer.id, pipeline.id))
            if saving is None:
                continue
            for artifact in saving.artifacts.values():
                if not isinstance(artifact, Artifact):
                    continue
                key = keys.loading(pipeline, artifact, saving, setting.key(reader))
                found.setdefault(key, Load(pipeline, artifact, key)).savings.append(saving)
    yield from found.values()


def _kept(setting: Setting, load: Load) -> Observation | None:
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
    setting: Setting, reader: Environment, missing: list[Load], on_observation: OnObservation
) -> Job:
    def on_answer(number: int, answer: Answer, contents: Mapping[str, bytes]) -> None:
        load = missing[number]
        setting.store.keep(load.key, answer, contents)
        observation = answers.observation(answer)
        for saving in load.savings:
            on_observation(saving, load.artifact.format, reader, observation)
        setting.estimate.took(TASK, reader.id, answer.get("seconds", 0.0))
        setting.progress.advance()

    return Job(
        label=f"{reader.spec.label} loads",
        request=setting.request(
            reader, TASK, (_piece(setting, number, load) for number, load in enumerate(missing))
        ),
        on_answer=on_answer,
    )


def _piece(setting: Setting, number: int, load: Load) -> Piece:
    saving, artifact = load.savings[0], load.artifact
    return {
        "id": number,
        "key": load.key,
        "format": artifact.format,
        "path": str(setting.store.artifact(artifact.sha256, artifact.format)),
        "rows": str(setting.store.rows_file(saving.rows)),
        "known": known_outputs(saving),
        "only": saving.only,
    }


def known_outputs(saving: Saving) -> dict[str, str | None]:
    """By method, the digest of what the writer recorded; None if it returned nothing."""
    return {
        name: outcome.digest if isinstance(outcome, Returned) else None
        for name, outcome in saving.outputs.items()
    }
