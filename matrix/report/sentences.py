"""Sentences about a matrix, for all reports that people read."""

from __future__ import annotations

from matrix.model import (
    Cell,
    Direction,
    Group,
    OutputDifference,
    Verdict,
)
from matrix.normalize_messages import without_places
from matrix.report.releases import Break
from matrix.report.summary import Reason, decisive_method, decisive_output
from matrix.report.verdict_words import MEANINGS
from matrix.safe_text import plain

TITLES = {
    Direction.UPGRADE: "Upgrades that break or change pipelines",
    Direction.ROLLBACK: "Rollbacks that break or change pipelines",
    Direction.VARIATION: "Same scikit-learn release, another package or Python version",
}


INTROSPECTION_TITLE = "Limited: same outputs, but repr or get_params fails"


def counted(number: int, singular: str) -> str:
    """Return ``1 cell`` or ``1,200 cells``."""
    return f"{number:,} {singular}{'' if number == 1 else 's'}"


def route(entry: Break) -> str:
    """Return the writers and the reader of a break: ``up to 1.2 → 1.3``."""
    return f"{_writers(entry)} → {entry.reader.spec.label}"


def _writers(entry: Break) -> str:
    nearest, farthest = entry.nearest.spec.label, entry.farthest.spec.label
    if entry.nearest is entry.farthest:
        return nearest
    if entry.direction is Direction.ROLLBACK:
        return f"{nearest} and later" if entry.open else f"{nearest} to {farthest}"
    return f"up to {nearest}" if entry.open else f"{farthest} to {nearest}"


def difference(cell: Cell) -> str:
    """Return how the outputs of a cell differ: the decisive method first, then the others."""
    output = decisive_output(cell)
    if output is None:
        return cell.verdict.value
    parts = [cell.verdict.value]
    if cell.verdict is Verdict.INPUT_CHANGED:
        parts = [f"{cell.verdict.value} {plain(cell.reason, 400)}"]
    labels = output.verdict is Verdict.LABELS_CHANGED
    if output.n:
        parts.append(f"{output.n_changed:,} of {output.n:,} {'labels' if labels else 'rows'}")
    if output.max_abs and not labels:
        parts.append(f"by up to {output.max_abs:.3g}")
    parts.append(output.note)
    parts.append(other_outputs(cell))
    return ", ".join(filter(None, parts))


def other_outputs(cell: Cell) -> str:
    """Return every output beside the deciding one that changed, failed or is unknown.

    ``also changes transform in 13 of 137 rows by up to 0.5; fails in repr``; empty if there is
    none. All reports use it: the worst output decides a verdict, and hides no other.
    """
    unknown = cell.verdict.group is Group.UNKNOWN
    decisive = cell.stage if unknown else decisive_method(cell)
    found: dict[Group, list[str]] = {}
    for name, output in cell.outputs.items():
        group = output.verdict.group
        if name != decisive and group is not Group.LOADS:
            found.setdefault(group, []).append(name)
    alike = cell.verdict.group is Group.CHANGES
    parts = []
    if Group.CHANGES in found:
        names = ", ".join(_amount(name, cell.outputs[name], alike) for name in found[Group.CHANGES])
        parts.append(names if alike else f"changes {names}")
    failing = [*found.get(Group.FAILS, ()), *found.get(Group.LIMITED, ())]
    if failing:
        parts.append(f"fails in {', '.join(failing)}")
    if Group.UNKNOWN in found:
        parts.append(f"unknown in {', '.join(found[Group.UNKNOWN])}")
    return f"also {'; '.join(parts)}" if parts else ""


def _amount(name: str, output: OutputDifference, brief: bool) -> str:
    """Return a changed output and by how much; in brief without the number of rows."""
    labels = output.verdict is Verdict.LABELS_CHANGED
    text = name
    if output.n and not brief:
        what = "labels" if labels else "rows"
        text += f" in {output.n_changed:,} of {output.n:,} {what}"
    return f"{text} by up to {output.max_abs:.3g}" if output.max_abs and not labels else text


def what_decided(cell: Cell) -> str:
    """Return the verdict, the deciding method and its message or difference, then other outputs.

    ``use-failed in get_support: ValueError: no; also changes transform in 13 of 137 rows``
    """
    where = f" in {cell.stage}" if cell.stage else ""
    if cell.exception is not None:
        message = plain(without_places(cell.exception.message), 300)
        parts = [f"{cell.exception.type}: {message}", plain(cell.reason), other_outputs(cell)]
        text = "; ".join(filter(None, parts))
    elif cell.verdict.group is Group.CHANGES:
        text = difference(cell).removeprefix(cell.verdict.value).lstrip(", ")
    else:
        reason = cell.reason or MEANINGS[cell.verdict]
        text = "; ".join(filter(None, [reason, other_outputs(cell)]))
    return f"{cell.verdict.value}{where}: {text or MEANINGS[cell.verdict]}"


def changed_too(reason: Reason) -> str:
    """Return the outputs that also change in the cells of a reason: a failure hides none."""
    ranked = sorted(reason.changed.items(), key=lambda one: (-one[1], one[0]))
    named = [f"{name} ({counted(n, 'cell')})" for name, n in ranked]
    return f"also changes {', '.join(named)}"
