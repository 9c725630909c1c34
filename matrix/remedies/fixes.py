"""Setting what a file lacks: shown only where it is proven to bring the outputs back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from matrix.model import Cell, Environment, Fix
from matrix.remedies.experiment import Experiment
from matrix.remedies.remedy import CandidateFile, Subject

_LISTED = 6
_WEIGHED = 8
"""Of more settings it is not tried which of them do it."""


def find_fix(
    experiment: Experiment, subject: Subject, cell: Cell, given: Sequence[Fix] = ()
) -> tuple[CandidateFile, Cell] | str:
    """The file with something set, and what it gives where it is to go; or what was tried.

    A file that does not load where it goes can be changed where it comes from only, and only by
    what was given.

    Args:
        experiment: asks.
        subject: the file.
        cell: what it gives where it is to go.
        given: what somebody has found that it may lack.
    """
    if loads(cell):
        found = with_fixes(experiment, subject, subject.file, subject.reader, cell, given)
    else:
        found = _tried(experiment, subject, subject.file, subject.writer, cell, [list(given)])
    return found or "setting what it lacks: nothing is known to be missing"


def with_fixes(
    experiment: Experiment,
    subject: Subject,
    file: CandidateFile,
    place: Environment,
    cell: Cell,
    given: Sequence[Fix] = (),
) -> tuple[CandidateFile, Cell] | str:
    """A file with something set, saved again at a place where it loads; safe there then.

    What was given is set alone first; then, too, every parameter that the classes at that place
    take and the model lacks, at its default there.

    Args:
        experiment, subject, given: as in :func:`find_fix`.
        file: the file, or what came of it on the way.
        place: where.
        cell: what it gives there.

    Returns:
        The file and what it gives there; or what was tried, which is nothing if there is nothing
        to set.
    """
    found = experiment.resaved(subject, file, place, [])
    known = {(one.path, one.name) for one in given}
    own = [one for one in found.lacking if (one.path, one.name) not in known]
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
    """The first attempt that is safe where it is to be: where it was made, or where it goes."""
    goal = subject.reader if place.id == subject.writer.id else place
    tried = []
    for fixes in filter(None, attempts):
        saved = experiment.step(subject, file, place, cell, fixes=fixes)
        if isinstance(saved, str):
            tried.append(f"setting {told(fixes)}: {saved}")
            continue
        end = experiment.cell(subject, saved, goal)
        if end.verdict.safe:
            return _least(experiment, subject, file, place, cell, (saved, end))
        tried.append(f"setting {told(fixes)}: still {end.verdict.value}")
    return "; ".join(tried)


def _least(
    experiment: Experiment,
    subject: Subject,
    file: CandidateFile,
    place: Environment,
    cell: Cell,
    found: tuple[CandidateFile, Cell],
) -> tuple[CandidateFile, Cell]:
    """The same with as little set as does it: each setting is left out once, the last first."""
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


def _setting(fix: Fix) -> tuple[str, str]:
    return fix.name, fix.of or repr(fix.value)


def loads(cell: Cell) -> bool:
    """Whether a file loads, whatever it gives then."""
    return cell.stage != "load" and bool(cell.outputs)


def told(fixes: Sequence[Fix]) -> str:
    """What is set, in words: ``monotonic_cst=None (in 50 places)``."""
    counts = Counter(map(_setting, fixes))
    said = [
        f"{name}={value}" + (f" (in {count:,} places)" if count > 1 else "")
        for (name, value), count in counts.items()
    ]
    more = f" and {len(said) - _LISTED} more" if len(said) > _LISTED else ""
    return ", ".join(said[:_LISTED]) + more


def place_of(fix: Fix) -> str:
    """Where something is set, as Python says it: ``model.steps[1][1].monotonic_cst``."""
    steps = "".join(
        f"[{one!r}]" if isinstance(one, int) or not one.isidentifier() else f".{one}"
        for one in fix.path
    )
    return f"model{steps}.{fix.name}"
