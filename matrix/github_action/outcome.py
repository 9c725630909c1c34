"""The answer of a check, from the reports that it wrote, for the action's outputs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from matrix.errors import Exit
from matrix.github_action.annotations import Annotation
from matrix.model import Cell, Environment, Group, Matrix, Verdict
from matrix.report.json import read_json

_NOTHING = "No lock changed what models are known to be made of."


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckOutcome:
    """What the action says."""

    verdict: str
    """The worst verdict; ``not-affected`` if nothing had to be checked, ``error`` for a mistake."""
    safe: str
    """``true``, ``false``, or ``unknown``."""
    pin: str
    """A requirement that is safe for all models, and for each lock the same; empty if there is
    none."""
    text: str
    """For the summary and the comment, in Markdown."""
    annotations: tuple[Annotation, ...] = ()

    @property
    def affected(self) -> bool:
        """Whether there is anything to comment on."""
        return self.verdict != "not-affected"


def read_outcome(code: int, folder: Path, message: str) -> CheckOutcome:
    """Read what a check wrote.

    Args:
        code: its exit code.
        folder: with ``result.json`` and ``result.md``, and ``result-2.json`` … of further locks.
        message: what it wrote to standard error, if it ended with a mistake.
    """
    results = [read_json(path) for path in _numbered(folder, "result", ".json")]
    if not results:
        if code == Exit.OK:
            return CheckOutcome(verdict="not-affected", safe="true", pin="", text=_NOTHING)
        return _mistake(code, message)
    texts = [path.read_text("utf-8") for path in _numbered(folder, "result", ".md")]
    worst = _worst(results)
    pins = {one.joint.pin if one.joint else "" for one in results}
    return CheckOutcome(
        verdict=worst.value,
        safe=_safe(code, worst),
        pin=pins.pop() if len(pins) == 1 else "",
        text="\n\n---\n\n".join(texts),
        annotations=tuple(note for one in results for note in _annotations(one)),
    )


def _mistake(code: int, message: str) -> CheckOutcome:
    text = message.strip() or f"The check ended with exit code {code} and wrote no report."
    first = text.splitlines()[0].removeprefix("error: ")
    return CheckOutcome(
        verdict="error",
        safe="unknown",
        pin="",
        text=f"**The models were not checked.**\n\n```text\n{text.replace('```', '')}\n```\n",
        annotations=(Annotation(level="error", title="Not checked", message=first),),
    )


def _numbered(folder: Path, stem: str, ending: str) -> list[Path]:
    """The reports in the order of the locks: ``result.json``, ``result-2.json`` …"""
    found = [folder / f"{stem}{ending}"]
    while (further := folder / f"{stem}-{len(found) + 1}{ending}").exists():
        found.append(further)
    return [path for path in found if path.exists()]


def _worst(results: list[Matrix]) -> Verdict:
    """The worst verdict of all targets: what is known to be bad, or else what is unknown."""
    verdicts: set[Verdict] = set()
    for one in results:
        found = {cell.verdict for cell in _of_targets(one)}
        verdicts |= found if found and not one.unanswered else {*found, Verdict.NOT_RUN}
    unsafe = [one for one in verdicts if one.group.unsafe]
    return max(unsafe or verdicts, key=lambda one: one.severity)


def _of_targets(matrix: Matrix) -> Iterator[Cell]:
    """The cells that answer the check: what an origin saved and a target loaded.

    Reference pipelines go both ways; their origin is the first environment.
    """
    both_ways = not matrix.answers and matrix.environments
    first = matrix.environments[0].id if both_ways else None
    for cell in matrix.cells:
        if cell.reader != cell.writer and first in (None, cell.writer):
            yield cell


def _safe(code: int, worst: Verdict) -> str:
    if worst.group.unsafe:
        return "false"
    return "true" if worst.safe and code == Exit.OK else "unknown"


def _annotations(matrix: Matrix) -> Iterator[Annotation]:
    """One at each line that pins scikit-learn, and one for each model without an answer."""
    for environment in matrix.environments:
        found = _of_environment(matrix, environment)
        if found is not None:
            yield found
    for answer in matrix.unanswered:
        is_named = answer.problem.startswith(answer.model)
        yield Annotation(
            level="error",
            title="Not checked",
            message=answer.problem if is_named else f"{answer.model}: {answer.problem}",
            file=answer.model,
        )


def _of_environment(matrix: Matrix, environment: Environment) -> Annotation | None:
    place = environment.spec.place
    if place is None:
        return None
    bad: dict[str, Verdict] = {}
    for cell in _of_targets(matrix):
        is_worse = cell.verdict.severity > bad.get(cell.pipeline, Verdict.IDENTICAL).severity
        if cell.reader == environment.id and is_worse:
            bad[cell.pipeline] = cell.verdict
    unsafe = {model: verdict for model, verdict in bad.items() if verdict.group.unsafe}
    unknown = {m: v for m, v in bad.items() if v.group is Group.UNKNOWN}
    shown = unsafe or unknown
    if not shown:
        return None
    words = ", ".join(
        f"{model}: {verdict.value}" for model, verdict in list(shown.items())[:_SHOWN]
    )
    more = f" and {len(shown) - _SHOWN} more" if len(shown) > _SHOWN else ""
    return Annotation(
        level="error" if unsafe else "warning",
        title="Not safe for saved models" if unsafe else "Not known to be safe for saved models",
        message=words + more,
        file=place.file.as_posix(),
        line=place.line,
    )


_SHOWN = 5
