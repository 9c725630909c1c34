"""Save a model with the user's own code inside, and prove that it needs that code no longer."""

from __future__ import annotations

from dataclasses import replace

from matrix.errors import CannotTellError, UsageError
from matrix.model import Cell, Environment
from matrix.remedies.environment_factory import version_of
from matrix.remedies.experiment import BY_VALUE, Experiment
from matrix.remedies.exports import holding
from matrix.remedies.manual_steps import by_hand
from matrix.remedies.remedy import CandidateFile, Remedy, RemedyKind, Subject
from matrix.sandbox.kinds import Sandbox
from matrix.store import keys
from matrix.worker.compat_worker.formats import FORMATS

_PACKAGE = FORMATS[BY_VALUE].package


def check_possible(sandbox: Sandbox | None, *, own: bool) -> None:
    """Refuse to save by value where that makes no sense, or without a sandbox.

    Args:
        sandbox: of the processes that load the models.
        own: whether the user named code of their own.

    Raises:
        UsageError: there is no code to save.
        CannotTellError: only resource limits work here. The new file holds code.
    """
    if not own:
        raise UsageError(
            "--by-value saves code of your own with the model, and no such code is named",
            advice="Name it: --main FILE for the script that saved it, --path DIR for modules.",
        )
    if sandbox is None or not sandbox.kind.contains:
        raise CannotTellError(
            "--by-value writes a file with code in it, which is loaded in a sandbox only, and no "
            "sandbox works here"
        )


def find_by_value(
    experiment: Experiment, subject: Subject, file: CandidateFile, cell: Cell
) -> Remedy | str:
    """Save a file with cloudpickle in the reader's environment, and load it there without the code.

    Args:
        experiment: loads and saves files; its context has the user's own code.
        subject: the original.
        file: a file that predicts the same in the reader's environment, with that code.
        cell: its cell there.

    Returns:
        The remedy; or why there is none, in words.
    """
    reader = holding(experiment, subject.reader, _PACKAGE)
    if not reader.ready:
        return f"{_PACKAGE} is not available in the target: {reader.reason}"
    if reader is not subject.reader:
        cell = experiment.cell(subject, file, reader)
        if not cell.verdict.predicts_same:
            return f"with {_PACKAGE} in the target it is {cell.verdict.value}"
    saved = experiment.step(subject, file, reader, cell, format_name=BY_VALUE)
    if isinstance(saved, str):
        return saved
    plain, without = _plain(subject), _without_code(experiment)
    end = without.cell(plain, saved, reader)
    if not end.verdict.safe:
        where = f" in {end.stage}" if end.stage else ""
        return f"without your code the new file is {end.verdict.value}{where}: {end.reason}"
    python = version_of(reader, "python").rpartition(".")[0]
    words = (
        f"in {subject.reader.spec.label} save it with {_PACKAGE} {version_of(reader, _PACKAGE)}, "
        f"with your code inside: {end.verdict.value} in the target, where your code is not "
        f"installed. It needs {_PACKAGE} and Python {python}, whose bytecode it has"
    )
    return Remedy(
        kind=RemedyKind.BY_VALUE,
        words=words,
        cell=end,
        file=saved,
        reader=reader,
        parts=_parts(without, plain, saved, reader),
        by_hand=by_hand(saved, "model.joblib", "migrated.pkl", saved_as=subject.artifact.format),
    )


def _without_code(experiment: Experiment) -> Experiment:
    """The same, in processes that have none of the user's own code."""
    return replace(experiment, context=replace(experiment.context, paths=(), main=None))


def _plain(subject: Subject) -> Subject:
    """The subject, whose results without the code are stored under keys of their own."""
    digest = keys.of("without own code", subject.pipeline.digest)
    others = tuple(map(_plain, subject.others))
    return replace(subject, pipeline=replace(subject.pipeline, digest=digest), others=others)


def _parts(
    experiment: Experiment, subject: Subject, file: CandidateFile, reader: Environment
) -> tuple[Cell, ...]:
    """The cell of each part of a file; empty for a file with one model."""
    if not subject.others:
        return ()
    return tuple(cell for _, cell in experiment.cells_of_parts(subject, file, reader))
