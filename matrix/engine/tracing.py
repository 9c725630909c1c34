"""Look inside an artifact where it comes from and where it goes wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from matrix import diagnosis
from matrix.diagnosis import Trace
from matrix.engine.annex import Piece
from matrix.engine.pool import Job
from matrix.engine.setting import Setting
from matrix.model import Artifact, Environment, Pipeline, Saving
from matrix.store import keys
from matrix.store.answers import Answer

TASK = "trace"


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """An artifact, an environment to look inside it, and the method to follow."""

    pipeline: Pipeline
    artifact: Artifact
    saving: Saving
    """What the writer reported: the rows are those that it used."""
    environment: Environment
    method: str
    """Empty to follow none."""
    allowed: tuple[tuple[str, str], ...] | None = None
    """All that the file may look up, as modules and names in them; None for the run's own files."""


def traces(setting: Setting, looks: Sequence[Look]) -> list[Trace]:
    """What environments see inside artifacts, in the order asked.

    What is kept is not asked again; environments are asked beside each other.
    """
    found: dict[str, Answer] = {}
    due: dict[str, Look] = {}
    for look in looks:
        key = _key(setting, look)
        kept = None if setting.fresh else _kept(setting, key)
        if kept is None:
            due.setdefault(key, look)
        else:
            found[key] = kept
    if due:
        setting.run(_jobs(setting, due, found))
    return [diagnosis.trace(found[_key(setting, look)], look.method) for look in looks]


def _key(setting: Setting, look: Look) -> str:
    loaded = keys.loaded(look.pipeline, look.artifact, look.saving)
    return keys.tracing(loaded, look.method, setting.key(look.environment))


def _kept(setting: Setting, key: str) -> Answer | None:
    """What is kept of an earlier look, if all of it still is."""
    answer = setting.store.answer(key)
    if answer is None:
        return None
    digests = (place["digest"] for place in answer["contents"])
    return answer if setting.store.has_contents(digests) else None


def _jobs(setting: Setting, due: Mapping[str, Look], found: dict[str, Answer]) -> Iterator[Job]:
    """A job an environment; a job a file where files are held apart from each other."""

    def group(entry: tuple[str, Look]) -> tuple[str, str]:
        look = entry[1]
        return look.environment.id, "" if setting.sandbox is None else look.artifact.sha256

    for _, entries in groupby(sorted(due.items(), key=group), group):
        yield _job(setting, list(entries), found)


def _job(setting: Setting, due: list[tuple[str, Look]], found: dict[str, Answer]) -> Job:
    environment = due[0][1].environment

    def on_answer(number: int, answer: Answer, contents: Mapping[str, bytes]) -> None:
        key = due[number][0]
        setting.store.keep(key, answer, contents)
        found[key] = answer

    return Job(
        label=f"{environment.spec.label} looks inside",
        request=setting.request(environment, TASK, _pieces(setting, due)),
        on_answer=on_answer,
        alone=setting.sandbox is not None,
    )


def _pieces(setting: Setting, due: Iterable[tuple[str, Look]]) -> Iterator[Piece]:
    for number, (key, look) in enumerate(due):
        artifact = look.artifact
        yield {
            "id": number,
            "key": key,
            "format": artifact.format,
            "path": str(setting.store.artifact(artifact.sha256, artifact.format)),
            "rows": str(setting.store.rows_file(look.saving.rows)),
            "method": look.method,
            "allowed": look.allowed,
        }
