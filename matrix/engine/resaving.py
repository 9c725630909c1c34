"""An environment loads a file and saves it again, in the same format or in others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from matrix.engine.run_context import RunContext
from matrix.executors.jobs import Job
from matrix.executors.worker_process import PieceRequest
from matrix.model import Artifact, Environment, Fix, Pipeline, Resaving
from matrix.store import keys, worker_answers
from matrix.store.worker_answers import WorkerAnswer

TASK = "resave"


@dataclass(frozen=True, kw_only=True, slots=True)
class ResaveWork:
    """A file to be saved again."""

    pipeline: Pipeline
    artifact: Artifact
    formats: tuple[str, ...]
    fixes: tuple[Fix, ...] = ()
    """The attributes to set before saving."""
    allowed: tuple[tuple[str, str], ...] | None = None
    """All that the file may look up, as modules and names in them; None for the run's own files."""
    convert: bool = False
    """Whether it is converted from another release of scikit-learn before saving."""
    other_class: bool = False
    """Whether another class may take the place of one of the model's as it is converted."""
    rows: str = ""
    """Digest of rows of the model, for formats that write down their types; empty for others."""


def resaved(context: RunContext, environment: Environment, work: ResaveWork) -> Resaving:
    """Save a file again in a ready environment, unless the result is stored already.

    The written files are in the store afterwards, under the digest of their bytes. They are not
    inspected.
    """
    key = keys.resaving(
        work.pipeline,
        work.artifact,
        work.formats,
        work.fixes,
        context.key(environment),
        work.rows,
        convert=work.convert,
        other_class=work.other_class,
    )
    kept = None if context.fresh else _kept(context, key, work, environment)
    if kept is not None:
        return kept
    found: list[Resaving] = []

    def on_answer(_: int, answer: WorkerAnswer, contents: Mapping[str, bytes]) -> None:
        context.store.keep(key, answer, contents)
        found.append(_understood(answer, work, environment))

    job = Job(
        label=f"{environment.spec.label} saves again",
        request=context.request(environment, TASK, [_piece(context, key, work)]),
        on_answer=on_answer,
        alone=True,
    )
    context.run(iter([job]))
    return found[0]


def _piece(context: RunContext, key: str, work: ResaveWork) -> PieceRequest:
    artifact = work.artifact
    return {
        "id": 0,
        "key": key,
        "format": artifact.format,
        "path": str(context.store.artifact(artifact.sha256, artifact.format)),
        "formats": list(work.formats),
        "fixes": _as_json(work.fixes),
        "convert": work.convert,
        "other_class": work.other_class,
        "allowed": work.allowed,
        "rows": str(context.store.rows_file(work.rows)) if work.rows else None,
    }


def _as_json(fixes: Sequence[Fix]) -> list[dict[str, object]]:
    return [
        {
            "part": one.part,
            "path": list(one.path),
            "name": one.name,
            "value": one.value,
            "of": one.of,
        }
        for one in fixes
    ]


def _kept(
    context: RunContext, key: str, work: ResaveWork, environment: Environment
) -> Resaving | None:
    """The stored result, if all of its files are still stored."""
    answer = context.store.answer(key)
    if answer is None:
        return None
    found = _understood(answer, work, environment)
    whole = all(context.store.has_artifact(one.sha256, one.format) for one in files(found))
    return found if whole else None


def _understood(answer: WorkerAnswer, work: ResaveWork, environment: Environment) -> Resaving:
    return worker_answers.resaving(answer, pipeline=work.pipeline.id, writer=environment.id)


def files(resaving: Resaving) -> Iterator[Artifact]:
    """The files that were written."""
    return (one for one in resaving.artifacts.values() if isinstance(one, Artifact))
