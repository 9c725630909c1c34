"""Ask environments: what a file gives there, and what becomes of it when saved again there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from matrix.catalog import Tolerances
from matrix.engine.evaluate import Evaluation, Evaluator
from matrix.engine.loading import STAGE, LoadWork
from matrix.engine.pool import Job
from matrix.engine.resaving import ResaveWork, resaved
from matrix.engine.run_context import RunContext
from matrix.errors import NotAModelError
from matrix.inspection import inspect_in_subprocess, refusals
from matrix.model import (
    Artifact,
    Cell,
    Ending,
    Environment,
    Failure,
    Fix,
    Resaving,
    Saving,
    Verdict,
)
from matrix.remedies.environment_factory import EnvironmentFactory
from matrix.remedies.remedy import CandidateFile, ResaveStep, Subject
from matrix.store import keys


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """Asks environments on behalf of all that look for something.

    What is found is kept in the store under the keys of loads and of saving again, so that to ask
    a second time takes no worker.
    """

    context: RunContext
    """The run's; its ``pipelines`` are not used."""
    tolerances: Tolerances
    factory: EnvironmentFactory

    def cells(
        self, subject: Subject, file: CandidateFile, readers: Sequence[Environment]
    ) -> dict[str, Cell]:
        """What a file gives in environments, against what the original gave, by their ids."""
        found: dict[str, Cell] = {}
        saving = _saving_of(subject, file.artifact)
        digest = keys.loaded(subject.pipeline, file.artifact, saving)
        load = LoadWork(subject.pipeline, file.artifact, digest, [saving], allowed=file.allowed)
        evaluator = self._evaluator(subject)

        def on_evaluation(evaluation: Evaluation) -> None:
            found[evaluation.reader.id] = evaluation.cell

        jobs: list[Job] = []
        for reader in {one.id: one for one in readers}.values():
            if not reader.ready:
                found[reader.id] = _unavailable(subject, file, reader)
            elif evaluator.due(reader, [load], on_evaluation):
                jobs.append(evaluator.job(reader, [load], on_evaluation))
        if jobs:
            self.context.progress.stage(STAGE, len(jobs))
            self.context.run(iter(jobs))
        return found

    def cell(self, subject: Subject, file: CandidateFile, reader: Environment) -> Cell:
        """What a file gives in one environment."""
        return self.cells(subject, file, [reader])[reader.id]

    def resaved(
        self,
        subject: Subject,
        file: CandidateFile,
        environment: Environment,
        formats: Sequence[str],
        fixes: Sequence[Fix] = (),
    ) -> Resaving:
        """What becomes of a file that is saved again in a ready environment."""
        wanted = ResaveWork(
            pipeline=subject.pipeline,
            artifact=file.artifact,
            formats=tuple(formats),
            fixes=tuple(fixes),
            allowed=file.allowed,
        )
        return resaved(self.context, environment, wanted)

    def step(
        self,
        subject: Subject,
        file: CandidateFile,
        environment: Environment,
        cell: Cell,
        *,
        format_name: str = "",
        fixes: Sequence[Fix] = (),
    ) -> CandidateFile | str:
        """The file that comes of one, saved again in a ready environment; or why there is none.

        Args:
            subject, file: what it is.
            environment: where.
            cell: what the file gives there.
            format_name: in which format; empty for that of the file.
            fixes: what is set before.
        """
        name = format_name or file.artifact.format
        found = self.resaved(subject, file, environment, [name], fixes)
        entry = found.artifacts.get(name)
        if not isinstance(entry, Artifact):
            return _why_not(found, entry)
        allowed = self._admitted(subject, entry)
        if isinstance(allowed, str):
            return allowed
        step = ResaveStep(environment=environment, cell=cell, artifact=entry, fixes=tuple(fixes))
        return CandidateFile(artifact=entry, allowed=allowed, steps=(*file.steps, step))

    def _admitted(
        self, subject: Subject, artifact: Artifact
    ) -> tuple[tuple[str, str], ...] | str | None:
        """What a file that was saved again may look up; a text says why it must not be loaded.

        It was written where the model's own code runs: it is no more trusted than the original.
        """
        if subject.allowed is None:
            return None
        path = self.context.store.artifact(artifact.sha256, artifact.format)
        try:
            inspection = inspect_in_subprocess(path)
        except NotAModelError as error:
            return f"what was saved cannot be looked into: {error.problem}"
        refused = refusals(inspection, subject.trusted)
        if refused or inspection.sha256 != artifact.sha256:
            named = ", ".join(one.what for one in refused[:3])
            return f"what was saved is refused, and not loaded: {named or 'it is another file'}"
        return tuple((name.module, name.qualname) for name in inspection.names)

    def _evaluator(self, subject: Subject) -> Evaluator:
        return Evaluator(
            context=self.context,
            tolerances=self.tolerances,
            writers={subject.saving.writer: subject.writer},
            native=lambda _, reader: subject.native if reader.id == subject.reader.id else None,
        )


def _saving_of(subject: Subject, artifact: Artifact) -> Saving:
    """What the original recorded, with another file in its place."""
    return replace(subject.saving, artifacts={artifact.format: artifact})


def _unavailable(subject: Subject, file: CandidateFile, reader: Environment) -> Cell:
    return Cell(
        pipeline=subject.pipeline.id,
        format=file.artifact.format,
        writer=subject.writer.id,
        reader=reader.id,
        verdict=Verdict.UNAVAILABLE,
        artifact=file.artifact.sha256,
        reason=reader.reason,
    )


def _why_not(found: Resaving, entry: Failure | str | None) -> str:
    """Why there is no file."""
    if isinstance(entry, Failure):
        return f"it cannot be saved: {entry.type}: {entry.message}"
    if isinstance(entry, str):
        return entry
    if found.failure is not None:
        what = "loaded" if found.stage == "load" else "changed"
        return f"it cannot be {what}: {found.failure.type}: {found.failure.message}"
    how = {Ending.CRASHED: "it kills the interpreter", Ending.TIMED_OUT: "it does not end"}
    told = how.get(found.ending, "")
    return ": ".join(filter(None, [told, found.problem])) or "it was not saved"
