"""What is known of a cell as a short explanation, the answer first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from matrix.causes import PREFIX, KnownCause
from matrix.diagnosis import Diagnosis
from matrix.diagnosis.mechanism import ExplainedChange, Mechanism, explain_change
from matrix.model import Cell, EnvInfo, Environment, Explanation, ExplanationPoint, Group, Verdict
from matrix.report.cause_text import since
from matrix.report.diagnosis_text import place, points
from matrix.report.sentences import difference, other_outputs
from matrix.report.verdict_words import MEANINGS
from matrix.safe_text import plain


def explanation_of(
    cell: Cell,
    writer: Environment,
    reader: Environment,
    *,
    cause: KnownCause | None = None,
    diagnosis: Diagnosis | None = None,
    further: Iterable[ExplanationPoint] = (),
) -> Explanation:
    """The explanation of a cell.

    Args:
        cell: the cell to explain.
        writer, reader: its environments.
        cause: its cause, if it is a known one.
        diagnosis: what was seen inside its file; None if that was not inspected.
        further: further points.
    """
    found = None if diagnosis is None else explain_change(cell, diagnosis)
    return Explanation(
        pipeline=cell.pipeline,
        format=cell.format,
        writer=cell.writer,
        reader=cell.reader,
        answer=f"{_answer(cell, writer, reader)}{_because(cause, found)}",
        points=(
            *_why(cell, cause, found, reader),
            *(() if diagnosis is None else points(diagnosis, _subject(found, reader))),
            *further,
            *_what_to_do(cause),
        ),
    )


def _answer(cell: Cell, writer: Environment, reader: Environment) -> str:
    name = f"{cell.pipeline} ({cell.format}) {writer.spec.label} → {reader.spec.label}"
    silently = "silently " if cell.silent else ""
    if cell.verdict is Verdict.LOAD_FAILED:
        result = "does not load"
    elif cell.verdict is Verdict.USE_FAILED:
        result = f"loads, and fails in {plain(cell.stage)}"
    elif cell.verdict is Verdict.INTROSPECTION_FAILED:
        result = f"predicts the same, but fails in {plain(cell.stage)}"
    elif cell.outputs and not cell.verdict.safe:
        result = f"{silently}changes {plain(cell.stage)}: {difference(cell)}"
    else:
        result = f"{cell.verdict.value}: {MEANINGS[cell.verdict]}"
    others = other_outputs(cell) if cell.verdict.group is not Group.CHANGES else ""
    return "; ".join(filter(None, [f"{plain(name)}: {result}", others]))


def _because(cause: KnownCause | None, found: ExplainedChange | None) -> str:
    if cause is not None:
        return f" ({cause.title})"
    return "" if found is None else f" ({found.mechanism.value})"


def _why(
    cell: Cell, cause: KnownCause | None, found: ExplainedChange | None, reader: Environment
) -> Iterator[ExplanationPoint]:
    lines = []
    if cause is not None:
        lines += [cause.explanation, f"known cause {cause.id}, {since(cause)}"]
    elif found is not None:
        lines.append(_sentence(found, _subject(found, reader)))
    if cell.exception is not None:
        lines.append(f"{plain(cell.exception.type)}: {plain(cell.exception.message, 300)}")
    if cell.retrained:
        lines.append(plain(cell.retrained))
    if cause is None and cell.cause is not None and cell.cause.startswith(PREFIX):
        lines.append(f"no known cause; similar cells have the id {cell.cause}")
    if lines:
        yield ExplanationPoint(heading="Why", lines=tuple(lines))


def _sentence(found: ExplainedChange, reader: str) -> str:
    """An explained change in a sentence."""
    first, *rest = (f"`{plain(name)}`" for name in found.names)
    where = place(found.path, found.kind)
    if found.mechanism is Mechanism.MISSING_MODULE:
        return f"the file names the module {first}, which does not exist there"
    if found.mechanism is Mechanism.MISSING_NAME:
        return f"the file names {first}, which is not in its module there"
    if found.mechanism is Mechanism.RENAMED_ATTRIBUTE:
        return f"{where}: the file has {rest[0]}, and {reader} reads {first} in its place"
    if found.mechanism is Mechanism.MISSING_ATTRIBUTE:
        return f"{where}: {reader} reads {first}, which the file lacks"
    if found.mechanism is Mechanism.IGNORED_PARAMETER:
        name = f"`{plain(found.names[0])}={plain(found.value, 80)}`"
        return f"{where}: {name} is not a parameter in {reader}, and is ignored"
    if found.mechanism is Mechanism.NEW_PARAMETER:
        default = f" {plain(found.value, 80)}" if found.value else ""
        return (
            f"{where}: {reader} has a parameter {first} that the file lacks, and takes the "
            f"default{default}"
        )
    if found.mechanism is Mechanism.OTHER_STATE:
        return f"{where}: {first} in the file has another type than {reader} expects"
    return (
        f"{where}.{plain(found.names[0])} behaves differently in {reader}, although the file has "
        "all that it reads"
    )


def _subject(found: ExplainedChange | None, reader: Environment) -> str:
    """The package of a class in the reader, with its version: ``scikit-learn 1.5.2``."""
    module = "sklearn" if found is None or not found.kind else found.kind.partition(".")[0]
    package = {"sklearn": "scikit-learn"}.get(module, module.replace("_", "-"))
    version = _packages(reader.info).get(package)
    return f"{package} {version}" if version else reader.spec.label


def _packages(info: EnvInfo | None) -> dict[str, str]:
    return {} if info is None else dict(info.packages)


def _what_to_do(cause: KnownCause | None) -> Iterator[ExplanationPoint]:
    if cause is None:
        return
    yield ExplanationPoint(heading="Advice", lines=(cause.advice,))
    if cause.links:
        yield ExplanationPoint(heading="See", lines=cause.links)
