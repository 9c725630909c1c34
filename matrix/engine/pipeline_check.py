"""Check that every file of pipelines imports in some environment, before anything is fitted."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from matrix.engine.run_context import RunContext
from matrix.errors import PipelineFileError
from matrix.executors.jobs import Job
from matrix.model import Environment
from matrix.store import keys
from matrix.store.worker_answers import WorkerAnswer


def check_pipeline_files(context: RunContext) -> None:
    """Import every file in the newest environment, and those that fail there in the others too.

    A file that imports in some environment is a good one: elsewhere its pipelines are unavailable.

    Raises:
        PipelineFileError: a file imports in none.
    """
    failing: dict[Path, str] = dict.fromkeys(
        sorted({pipeline.file for pipeline in context.pipelines}), ""
    )
    first: dict[Path, str] = {}
    for environment in reversed(context.local_writers):
        failing = _failing(context, environment, tuple(failing))
        first = first or failing
        if not failing:
            return
    file = next(iter(failing))
    raise PipelineFileError(
        f"{file} imports in no environment; in {context.local_writers[-1].id}: {first[file]}",
        advice="Correct the file, or add its packages to `requirements` in the configuration.",
    )


def _failing(
    context: RunContext, environment: Environment, files: tuple[Path, ...]
) -> dict[Path, str]:
    """The files that do not import in an environment, with the reason."""
    digests = sorted(
        (str(pipeline.file), pipeline.digest)
        for pipeline in context.pipelines
        if pipeline.file in files
    )
    key = keys.of("check", context.key(environment), digests)
    answer = context.store.answer(key)
    if answer is None:
        answer = _ask(context, environment, files)
        if "files" not in answer:
            return dict.fromkeys(files, str(answer.get("reason", "the worker did not answer")))
        context.store.keep_answer(key, answer)
    return {
        Path(path): f"{failure['type']}: {failure['message']}"
        for path, failure in answer["files"].items()
    }


def _ask(context: RunContext, environment: Environment, files: tuple[Path, ...]) -> WorkerAnswer:
    answers: list[WorkerAnswer] = []

    def on_answer(_: int, answer: WorkerAnswer, __: Mapping[str, bytes]) -> None:
        answers.append(answer)

    request = context.request(environment, "check", (), files=files)
    context.run([Job(label=environment.spec.label, request=request, on_answer=on_answer)])
    return answers[0]
