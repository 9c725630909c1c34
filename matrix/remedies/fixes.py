"""Set what a file lacks, and keep only what is verified to restore its outputs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from matrix.model import Cell, Environment, FilePart, Fix
from matrix.remedies.experiment import Experiment
from matrix.remedies.remedy import CandidateFile, Subject

_STEPS = ("key", "index", "attribute")
"""The kinds of steps that lead to one object in a file; others stand for several."""
_LISTED = 6
_WEIGHED = 8
"""With more settings than this, unnecessary ones are not removed."""


def find_fix(
    experiment: Experiment, subject: Subject, cell: Cell, given: Sequence[Fix] = ()
) -> tuple[CandidateFile, Cell] | str:
    """Find attributes to set with which a file is safe in the reader's environment.

    A file that does not load there can be changed only in the writer's environment, and only by
    given fixes.

    Args:
        experiment: loads and saves files.
        subject: the file.
        cell: its cell in the reader's environment.
        given: fixes that a diagnosis proposes.

    Returns:
        The changed file and its cell in the reader's environment; or in words what was tried.
    """
    if loads(cell):
        result = with_fixes(experiment, subject, subject.file, subject.reader, cell, given)
    else:
        result = _tried(experiment, subject, subject.file, subject.writer, cell, [list(given)])
    return result or "setting what it lacks: nothing is known to be missing"


def with_fixes(
    experiment: Experiment,
    subject: Subject,
    file: CandidateFile,
    place: Environment,
    cell: Cell,
    given: Sequence[Fix] = (),
) -> tuple[CandidateFile, Cell] | str:
    """A file that is safe in an environment that loads it, after something was set there.

    Given fixes are set first; then also every parameter that the classes there accept and the
    model lacks, at its default there.

    Args:
        experiment, subject, given: as in :func:`find_fix`.
        file: the original, or a file made from it.
        place: the environment.
        cell: the cell of the file there.

    Returns:
        The changed file and its cell; or in words what was tried, empty if there is nothing to set.
    """
    resaving = experiment.resaved(subject, file, place, [])
    known = {(one.part, one.path, one.name) for one in given}
    lacking = _in_parts(subject, resaving.lacking)
    own = [one for one in lacking if (one.part, one.path, one.name) not in known]
    attempts = [list(given), [*given, *own] if own else []]
    return _tried(experiment, subject, file, place, cell, attempts)


def _tried(
    experiment: Experiment,
    subject: Subject,
    file: CandidateFile,
    place: Environment,
    cell: Cell,
    attempts: Sequence[Sequence[Fix]],
) -> tuple[CandidateFile, Cell] | str:
    """The first attempt that is safe: at a bridge there, else in the reader's environment."""
    goal = subject.reader if place.id == subject.writer.id else place
    tried = []
    for fixes in filter(None, attempts):
        saved = experiment.step(subject, file, place, cell, fixes=fixes)
        if isinstance(saved, str):
            tried.append(f"setting {described(fixes)}: {saved}")
            continue
        end = experiment.cell(subject, saved, goal)
        if end.verdict.safe:
            return _least(experiment, subject, file, place, cell, (saved, end))
        tried.append(f"setting {described(fixes)}: still {end.verdict.value}")
    return "; ".join(tried)


def _least(
    experiment: Experiment,
    subject: Subject,
    file: CandidateFile,
    place: Environment,
    cell: Cell,
    found: tuple[CandidateFile, Cell],
) -> tuple[CandidateFile, Cell]:
    """The same with only the necessary settings: each is left out once, the last first."""
    goal = subject.reader if place.id == subject.writer.id else place
    settings = list(dict.fromkeys(map(_setting, found[0].steps[-1].fixes)))
    if len(settings) > _WEIGHED:
        return found
    for setting in reversed(settings):
        rest = [fix for fix in found[0].steps[-1].fixes if _setting(fix) != setting]
        saved = experiment.step(subject, file, place, cell, fixes=rest) if rest else ""
        if isinstance(saved, str):
            continue
        end = experiment.cell(subject, saved, goal)
        if end.verdict.safe:
            found = saved, end
    return found


def is_one_model(part: FilePart | None) -> bool:
    """Whether a part of a file is one model, and neither plain data nor models used together."""
    return all(kind in _STEPS for kind, _ in part or ())


def _in_parts(subject: Subject, fixes: Sequence[Fix]) -> list[Fix]:
    """Fixes of a whole file, each with the part of the file that it is in."""
    parts = [one.artifact.part or () for one in (subject, *subject.others)]
    plain = [part for part in parts if is_one_model(part)]
    return [_in_part(fix, sorted(plain, key=len, reverse=True)) for fix in fixes]


def _in_part(fix: Fix, parts: Sequence[FilePart]) -> Fix:
    for part in parts:
        if fix.path[: len(part)] == tuple(name for _, name in part):
            return replace(fix, part=part, path=fix.path[len(part) :])
    return fix


def _setting(fix: Fix) -> tuple[str, str]:
    return fix.name, fix.of or repr(fix.value)


def loads(cell: Cell) -> bool:
    """Whether a file loads, whatever its outputs are."""
    return cell.stage != "load" and bool(cell.outputs)


def described(fixes: Sequence[Fix]) -> str:
    """Fixes in words: ``monotonic_cst=None (in 50 places)``."""
    counts = Counter(map(_setting, fixes))
    parts = [
        f"{name}={value}" + (f" (in {count:,} places)" if count > 1 else "")
        for (name, value), count in counts.items()
    ]
    more = f" and {len(parts) - _LISTED} more" if len(parts) > _LISTED else ""
    return ", ".join(parts[:_LISTED]) + more


def in_python(part: FilePart) -> str:
    """The steps to a part of a file as Python writes them: ``["model"].steps``.

    The quotes need no others in a shell.
    """
    return "".join(
        f".{name}" if kind == "attribute" else f"[{json.dumps(name)}]" for kind, name in part
    )


def place_of(fix: Fix) -> str:
    """The place of a fix as a Python expression: ``model.steps[1][1].monotonic_cst``."""
    steps = "".join(
        f"[{one!r}]" if isinstance(one, int) or not one.isidentifier() else f".{one}"
        for one in fix.path
    )
    return f"model{in_python(fix.part)}{steps}.{fix.name}"
