"""Load files in environments and compare their outputs, and save files again there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from matrix.catalog import Tolerances
from matrix.engine.evaluate import Evaluation, Evaluator
from matrix.engine.loading import STAGE, LoadWork
from matrix.engine.resaving import ResaveWork, resaved
from matrix.engine.run_context import RunContext
from matrix.errors import NotAModelError
from matrix.executors.jobs import Job
from matrix.inspection import inspect_in_subprocess, refusals, refusals_of_code
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
from matrix.worker.compat_worker.formats import READABLE

BY_VALUE = "cloudpickle-value"
"""The format with code inside; a file has it only if the user requests that (``--by-value``)."""


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """Loads and saves files in environments, for every search.

    Results are kept in the store under the keys of loads and of resaves, so that a repeated
    question starts no worker.
    """

    context: RunContext
    """The run's; its ``pipelines`` are not used."""
    tolerances: Tolerances
    factory: EnvironmentFactory
    other_class: bool = False
    """Whether a conversion may put another class in the place of one of the model's."""
    ends: list[tuple[CandidateFile, Cell]] = field(default_factory=list)
    """Every converted file that the requested reader loaded, with its cell there."""

    def cells(
        self, subject: Subject, file: CandidateFile, readers: Sequence[Environment]
    ) -> dict[str, Cell]:
        """The cells of a file in environments, by id; compared with the original's outputs.

        Of a file with several models each cell is the worst of theirs.
        """
        cells = self._cells(subject, file, readers)
        for other in subject.others:
            for id_, cell in self._cells(other, file, readers).items():
                cells[id_] = max(cells[id_], cell, key=lambda one: one.verdict.severity)
        if file.steps and subject.reader.id in cells:
            self.ends.append((file, cells[subject.reader.id]))
        return cells

    def cells_of_parts(
        self, subject: Subject, file: CandidateFile, reader: Environment
    ) -> list[tuple[Subject, Cell]]:
        """Everything in a file with its cell in one environment, the subject first."""
        parts = (subject, *subject.others)
        return [(one, self._cells(one, file, [reader])[reader.id]) for one in parts]

    def _cells(
        self, subject: Subject, file: CandidateFile, readers: Sequence[Environment]
    ) -> dict[str, Cell]:
        cells: dict[str, Cell] = {}
        artifact = replace(file.artifact, part=subject.artifact.part)
        saving = _saving_of(subject, artifact)
        digest = keys.loaded(subject.pipeline, artifact, saving)
        load = LoadWork(subject.pipeline, artifact, digest, [saving], allowed=file.allowed)
        evaluator = self._evaluator(subject)

        def on_evaluation(evaluation: Evaluation) -> None:
            cells[evaluation.reader.id] = evaluation.cell

        jobs: list[Job] = []
        for reader in {one.id: one for one in readers}.values():
            if not reader.ready:
                cells[reader.id] = _unavailable(subject, file, reader)
            elif evaluator.due(reader, [load], on_evaluation):
                jobs.append(evaluator.job(reader, [load], on_evaluation))
        if jobs:
            self.context.progress.more(STAGE, len(jobs))
            self.context.run(iter(jobs))
        return cells

    def cell(self, subject: Subject, file: CandidateFile, reader: Environment) -> Cell:
        """The cell of a file in one environment."""
        return self.cells(subject, file, [reader])[reader.id]

    def resaved(
        self,
        subject: Subject,
        file: CandidateFile,
        environment: Environment,
        formats: Sequence[str],
        fixes: Sequence[Fix] = (),
        *,
        convert: bool = False,
    ) -> Resaving:
        """The result of saving a file again in a ready environment."""
        work = ResaveWork(
            pipeline=subject.pipeline,
            artifact=file.artifact,
            formats=tuple(formats),
            fixes=tuple(fixes),
            convert=convert,
            other_class=self.other_class,
            allowed=file.allowed,
            rows=subject.saving.rows if any(READABLE[one].save_for for one in formats) else "",
        )
        return resaved(self.context, environment, work)

    def step(
        self,
        subject: Subject,
        file: CandidateFile,
        environment: Environment,
        cell: Cell,
        *,
        format_name: str = "",
        fixes: Sequence[Fix] = (),
        convert: bool = False,
    ) -> CandidateFile | str:
        """Save a file again in a ready environment.

        Args:
            subject, file: the file to load.
            environment: where it is loaded and saved.
            cell: the cell of the file there.
            format_name: the format to save; empty for that of the file.
            fixes: what is set before saving.
            convert: whether it is converted from another release of scikit-learn while it is
                loaded.

        Returns:
            The new file; or in words why there is none.
        """
        name = format_name or file.artifact.format
        resaving = self.resaved(subject, file, environment, [name], fixes, convert=convert)
        entry = resaving.artifacts.get(name)
        if not isinstance(entry, Artifact):
            return _why_not(resaving, entry)
        allowed = self._admitted(subject, entry)
        if isinstance(allowed, str):
            return allowed
        step = ResaveStep(
            environment=environment,
            cell=cell,
            artifact=entry,
            fixes=tuple(fixes),
            converted=resaving.converted,
            stand_ins=convert,
        )
        return CandidateFile(artifact=entry, allowed=allowed, steps=(*file.steps, step))

    def _admitted(
        self, subject: Subject, artifact: Artifact
    ) -> tuple[tuple[str, str], ...] | str | None:
        """The names that a resaved file may look up; a text says why it must not be loaded.

        The model's own code ran where it was written: it is not trusted more than the original.
        """
        if subject.allowed is None:
            return None
        path = self.context.store.artifact(artifact.sha256, artifact.format)
        try:
            inspection = inspect_in_subprocess(path)
        except NotAModelError as error:
            return f"the saved file cannot be inspected: {error.problem}"
        by_value = artifact.format == BY_VALUE
        refused = (refusals_of_code if by_value else refusals)(inspection, subject.trusted)
        if refused or inspection.sha256 != artifact.sha256:
            named = ", ".join(one.what for one in refused[:3])
            return f"the saved file is refused, and not loaded: {named or 'it is another file'}"
        return tuple((name.module, name.qualname) for name in inspection.names)

    def _evaluator(self, subject: Subject) -> Evaluator:
        return Evaluator(
            context=self.context,
            tolerances=self.tolerances,
            writers={subject.saving.writer: subject.writer},
            native=lambda _, reader: subject.native if reader.id == subject.reader.id else None,
        )


def _saving_of(subject: Subject, artifact: Artifact) -> Saving:
    """The outputs recorded from the original, with another file in its place."""
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


def _why_not(resaving: Resaving, entry: Failure | str | None) -> str:
    """Why there is no file."""
    if isinstance(entry, Failure):
        return f"it cannot be saved: {entry.type}: {entry.message}"
    if isinstance(entry, str):
        return entry
    if resaving.failure is not None:
        what = "loaded" if resaving.stage == "load" else "changed"
        return f"it cannot be {what}: {resaving.failure.type}: {resaving.failure.message}"
    endings = {Ending.CRASHED: "it kills the interpreter", Ending.TIMED_OUT: "it does not end"}
    ending = endings.get(resaving.ending, "")
    return ": ".join(filter(None, [ending, resaving.problem])) or "it was not saved"
