"""An environment says how to build an untrained copy of a model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matrix.engine.run_context import RunContext
from matrix.executors.jobs import Job
from matrix.model import Artifact, Environment, Pipeline
from matrix.store import keys
from matrix.store.worker_answers import WorkerAnswer

TASK = "construct"


def construction_of(
    context: RunContext,
    environment: Environment,
    pipeline: Pipeline,
    artifact: Artifact,
    allowed: tuple[tuple[str, str], ...] | None,
) -> list[Any] | None:
    """How to build an untrained copy, unless the answer is stored already.

    Args:
        context: of the check.
        environment: that saved the model; ready.
        pipeline: stands for the model.
        artifact: the file.
        allowed: all names that the file may look up; None for a file of the run itself.

    Returns:
        In the form that ``compat_worker/construction.py`` describes; None if it is not known. The
        model's own code may have written it.
    """
    key = keys.constructing(artifact, pipeline, context.key(environment))
    found = None if context.fresh else context.store.answer(key)

    def on_answer(_: int, answer: WorkerAnswer, contents: Mapping[str, bytes]) -> None:
        nonlocal found
        context.store.keep(key, answer, contents)
        found = answer

    if found is None:
        piece = {
            "id": 0,
            "key": key,
            "format": artifact.format,
            "path": str(context.store.artifact(artifact.sha256, artifact.format)),
            "part": artifact.part,
            "allowed": allowed,
        }
        request = context.request(environment, TASK, [piece])
        label = f"{environment.spec.label} reads parameters"
        context.run(iter([Job(label=label, request=request, on_answer=on_answer, alone=True)]))
    value = (found or {}).get("construction")
    return value if isinstance(value, list) else None
