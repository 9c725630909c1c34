"""All ways out of a bad cell, from cheap to dear; each was run and compared before it is told."""

from __future__ import annotations

from collections.abc import Sequence

from matrix.model import Cell, Environment, EnvSpec, Mend
from matrix.wayout.blame import Blame
from matrix.wayout.by_hand import by_hand
from matrix.wayout.exports import find_export
from matrix.wayout.faults import find_fault
from matrix.wayout.grounds import differing
from matrix.wayout.inquiry import Inquiry
from matrix.wayout.mends import find_mend, told
from matrix.wayout.nouns import Budget, File, Since, Step, Subject, Way, WayOut, Ways
from matrix.wayout.routes import bridges_of, find_route
from matrix.wayout.since import find_since

RETRAIN = "retrain: nothing else that was tried keeps the predictions"

_SOURCE, _TARGET = "model.joblib", "migrated.joblib"


def ways_out(
    inquiry: Inquiry,
    subject: Subject,
    cell: Cell,
    *,
    blame: Blame | None = None,
    since: Since | None = None,
    given: Sequence[Mend] = (),
    budget: Budget | None = None,
    first: bool = False,
) -> Ways:
    """Look for ways out.

    Args:
        inquiry: asks.
        subject: the file.
        cell: what it gives where it is to go: not safe, and known.
        blame: whose fault it is; None finds that out where scikit-learn is the same.
        since: since when it is bad; None finds that out, if it is needed.
        given: what somebody has found that the file may lack.
        budget: how much may be tried.
        first: stop at the first that ends with a file.
    """
    found: list[WayOut] = []
    tried: list[str] = []
    limits = budget or Budget()
    for look in (_mend, _export):
        found_here, tried_here = look(inquiry, subject, cell, given)
        found += found_here
        tried += tried_here
        if first and found_here:
            return Ways(found=tuple(found), tried=tuple(tried))
    if since is None:
        same = "scikit-learn" not in differing(subject.writer, subject.reader)
        if blame is None and same:
            blame = find_fault(inquiry, subject, cell)
        since = find_since(inquiry, subject, blame, limits)
    pins = [] if since is None else _pin(since)
    routes = ways_by(inquiry, subject, bridges_of(inquiry, subject, since), limits)
    files = (*found, *routes.files)
    retrain = () if files else (WayOut(way=Way.RETRAIN, words=RETRAIN),)
    return Ways(found=(*pins, *files, *retrain), tried=(*tried, *routes.tried), since=since)


def ways_by(
    inquiry: Inquiry, subject: Subject, bridges: Sequence[EnvSpec], budget: Budget | None = None
) -> Ways:
    """Look for a way out by saving again in some environments, and in no others.

    Args:
        inquiry, subject: as in :func:`ways_out`.
        bridges: the most promising first.
        budget: how much may be tried.
    """
    search = find_route(inquiry, subject, bridges, budget or Budget())
    if search.file is None or search.cell is None:
        return Ways(found=(), tried=search.tried)
    return Ways(found=(_route(subject, search.file, search.cell),), tried=search.tried)


def _pin(since: Since) -> list[WayOut]:
    """The highest release that is safe; nothing if it is where the file comes from anyway."""
    cell = since.run.get(since.last_good)
    if cell is None or not cell.verdict.safe:
        words = f"stay: {since.last_good} is where it comes from, and nothing nearer is safe"
        return [WayOut(way=Way.PIN, words=words, requirement=f"{since.package}=={since.last_good}")]
    words = f'pin "{since.requirement}": {since.last_good} was run, and is {cell.verdict.value}'
    return [WayOut(way=Way.PIN, words=words, requirement=since.requirement, cell=cell)]


def _mend(
    inquiry: Inquiry, subject: Subject, cell: Cell, given: Sequence[Mend]
) -> tuple[list[WayOut], list[str]]:
    found = find_mend(inquiry, subject, cell, given)
    if isinstance(found, str):
        return [], [found]
    file, end = found
    (step,) = file.steps
    words = f"in {step.environment.spec.label} set {told(step.mends)}, and save again"
    return [_way(Way.MEND, words, subject, file, end)], []


def _export(
    inquiry: Inquiry, subject: Subject, cell: Cell, _: Sequence[Mend]
) -> tuple[list[WayOut], list[str]]:
    found, tried = find_export(inquiry, subject, cell)
    if found is None:
        return [], list(tried)
    words = f"in {subject.writer.spec.label} save it as {found.file.artifact.format}"
    if found.package:
        words += f", and load it with {found.package}"
    return [_way(Way.EXPORT, words, subject, found.file, found.cell, found.reader)], list(tried)


def _route(subject: Subject, file: File, end: Cell) -> WayOut:
    hops = ", then in ".join(_release(step) for step in file.steps)
    return _way(Way.ROUTE, f"save again in {hops}", subject, file, end)


def _release(step: Step) -> str:
    set_ = f" with {told(step.mends)} set" if step.mends else ""
    return f"scikit-learn {step.environment.spec.label}{set_}"


def _way(
    way: Way, words: str, subject: Subject, file: File, end: Cell, reader: Environment | None = None
) -> WayOut:
    return WayOut(
        way=way,
        words=f"{words}: {end.verdict.value} where it goes",
        cell=end,
        file=file,
        reader=reader,
        by_hand=by_hand(file, _SOURCE, _TARGET, saved_as=subject.artifact.format),
    )
