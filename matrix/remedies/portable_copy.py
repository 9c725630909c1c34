"""Convert a model to a format that is run without scikit-learn, in the writer's environment.

The copy is offered beside other remedies and is none of a whole model: it has few of its methods.
"""

from __future__ import annotations

from matrix.remedies.environment_factory import version_of
from matrix.remedies.experiment import Experiment
from matrix.remedies.exports import holding
from matrix.remedies.manual_steps import by_hand
from matrix.remedies.remedy import Remedy, RemedyKind, Subject
from matrix.worker.compat_worker.formats import FORMATS, Format

_OFFERED = ("onnx",)
"""Formats that need no other language."""


def find_portable_copies(
    experiment: Experiment, subject: Subject
) -> tuple[list[Remedy], list[str]]:
    """Find formats in which a model predicts the same in the reader's environment.

    Args:
        experiment: loads and saves files.
        subject: a file with one model.

    Returns:
        A remedy for each such format, without a file to load instead of the original; and in words
        the formats that were tried without success.
    """
    if subject.others or subject.artifact.part:
        return [], []
    found, tried = [], []
    for name in _OFFERED:
        made = _copy(experiment, subject, name, FORMATS[name])
        if isinstance(made, str):
            tried.append(f"as {name}: {made}")
        else:
            found.append(made)
    return found, tried


def _copy(experiment: Experiment, subject: Subject, name: str, chosen: Format) -> Remedy | str:
    """The verified copy; or why there is none."""
    sandbox = experiment.context.sandbox
    if subject.allowed is not None and (sandbox is None or not sandbox.kind.contains):
        return "it is run by native code, in a sandbox only, and no sandbox works here"
    reader = holding(experiment, subject.reader, chosen.load_package)
    if not reader.ready:
        return f"{chosen.load_package} is not available in the target: {reader.reason}"
    writer = holding(experiment, subject.writer, chosen.package)
    if not writer.ready:
        return f"{chosen.package} is not available in the origin: {writer.reason}"
    before = experiment.cell(subject, subject.file, writer)
    file = experiment.step(subject, subject.file, writer, before, format_name=name)
    if isinstance(file, str):
        return file
    cell = experiment.cell(subject, file, reader)
    if not cell.verdict.safe:
        return f"{cell.verdict.value} in the target"
    compared = [method for method in chosen.methods if method in subject.saving.outputs]
    return Remedy(
        kind=RemedyKind.EXPORT,
        words=(
            f"in {subject.writer.spec.label} convert it with {chosen.package}, and run it with "
            f"{chosen.load_package} {version_of(reader, chosen.load_package)}: "
            f"{_methods_compared(compared)}, {chosen.precision}: {cell.verdict.value}"
        ),
        cell=cell,
        reader=reader,
        by_hand=by_hand(
            file,
            "model.joblib",
            f"model{chosen.ending}",
            saved_as=subject.artifact.format,
        ),
    )


def _methods_compared(methods: list[str]) -> str:
    if len(methods) == 1:
        return f"one method compared ({methods[0]})"
    return f"two methods compared ({' and '.join(methods)})"
