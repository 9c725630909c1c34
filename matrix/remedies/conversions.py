"""Convert the fitted state of a file to the release of scikit-learn that is to load it."""

from __future__ import annotations

from collections.abc import Iterator

from matrix.model import AppliedConversion, Cell
from matrix.remedies.environment_factory import differing
from matrix.remedies.experiment import Experiment
from matrix.remedies.remedy import CandidateFile, ResaveStep, Subject

_CROSSED = frozenset({"scikit-learn", "numpy", "python"})
"""Packages of which another version may need a conversion."""
_LISTED = 4
_PROTOCOL = "unsupported pickle protocol"


def find_conversion(
    experiment: Experiment, subject: Subject, cell: Cell
) -> tuple[CandidateFile, Cell] | str:
    """Load a file in the reader's environment, convert it there, and compare it.

    No further environment is needed, so that it takes seconds. A file of a pickle protocol that the
    reader does not have is saved with an older one in its origin first.

    Args:
        experiment: loads and saves files.
        subject: the file.
        cell: its cell in the reader's environment.

    Returns:
        The converted file with its cell, if every output is the same; or in words what was tried,
        empty if nothing is to be converted.
    """
    if not _CROSSED & set(differing(subject.writer, subject.reader)):
        return ""
    file = _readable(experiment, subject, cell)
    if isinstance(file, str):
        return f"converting the fitted state: {file}"
    saved = experiment.step(
        subject, file, subject.reader, cell, format_name=_format_of(file), convert=True
    )
    if isinstance(saved, str):
        return f"converting the fitted state: {saved}"
    done = saved.steps[-1].converted
    if not done and file is subject.file:
        return "converting the fitted state: nothing is known to be converted"
    end = experiment.cell(subject, saved, subject.reader)
    if end.verdict.safe:
        return saved, end
    return f"converting the fitted state ({in_words(done)}): still {_described(end, subject)}"


def in_words(done: tuple[AppliedConversion, ...]) -> str:
    """What was converted, with the number of places: parameters come last."""
    changes = [f"{one.meaning}{_places(one)}" for one in done if one.meaning]
    parameters = [f"{one.name}{_places(one)}" for one in done if not one.meaning]
    shown = [*changes]
    if parameters:
        more = len(parameters) - _LISTED
        listed = ", ".join(parameters[:_LISTED]) + (f" and {more} more" if more > 0 else "")
        shown.append(f"{listed} set")
    return "; ".join(shown) or "saved again"


def lines_of(step: ResaveStep) -> Iterator[str]:
    """What was converted, as comments for a script."""
    for one in step.converted:
        yield f"# converted: {one.meaning or 'set ' + one.name}{_places(one)}"


def _places(one: AppliedConversion) -> str:
    return f" (in {one.places:,} places)" if one.places > 1 else ""


def _readable(experiment: Experiment, subject: Subject, cell: Cell) -> CandidateFile | str:
    """The file; or one that its origin saved with protocol 4, if the reader has no protocol 5."""
    if cell.exception is None or _PROTOCOL not in cell.exception.message:
        return subject.file
    return experiment.step(subject, subject.file, subject.writer, cell, format_name="pickle-4")


def _format_of(file: CandidateFile) -> str:
    """The format to save in: with the protocol of the reader's Python."""
    own = file.artifact.format
    return "pickle" if own.startswith("pickle") else own


def _described(cell: Cell, subject: Subject) -> str:
    """A verdict, with the methods that it keeps and those that it does not."""
    if cell.exception is not None:
        return f"{cell.verdict.value} ({cell.stage}: {cell.exception.type})"
    lost = [
        name for name, one in cell.outputs.items() if not one.verdict.safe and name != "get_params"
    ]
    kept = [name for name in subject.saving.outputs if name not in cell.outputs]
    words = f"{cell.verdict.value} ({', '.join(lost)})"
    return f"{words}, and the same in {', '.join(kept)}" if kept else words
