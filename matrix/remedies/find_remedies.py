"""Find all remedies of a bad cell, cheapest first; each is verified before it is reported."""

from __future__ import annotations

from collections.abc import Sequence

from matrix.model import Cell, Environment, EnvSpec, Fix, Group
from matrix.remedies.closest import closest
from matrix.remedies.conversions import find_conversion, in_words
from matrix.remedies.culprit import Culprit
from matrix.remedies.environment_factory import differing
from matrix.remedies.experiment import Experiment
from matrix.remedies.exports import find_export
from matrix.remedies.find_culprit import find_culprit
from matrix.remedies.first_bad import find_first_bad
from matrix.remedies.fixes import described, find_fix
from matrix.remedies.manual_steps import by_hand
from matrix.remedies.portable_copy import find_portable_copies
from matrix.remedies.remedy import (
    NOT_IN_TIME,
    Budget,
    CandidateFile,
    FirstBad,
    Remedies,
    Remedy,
    RemedyKind,
    ResaveStep,
    Subject,
)
from matrix.remedies.routes import bridges_of, find_route

RETRAIN = "retrain: nothing else that was tried keeps the predictions"

_BISECTING = 0.4
"""The share of the time in which the first bad release is searched for."""
_SOURCE, _TARGET = "model.joblib", "migrated.joblib"


def find_remedies(
    experiment: Experiment,
    subject: Subject,
    cell: Cell,
    *,
    culprit: Culprit | None = None,
    first_bad: FirstBad | None = None,
    given: Sequence[Fix] = (),
    budget: Budget | None = None,
    first: bool = False,
) -> Remedies:
    """Find remedies.

    Args:
        experiment: loads and saves files.
        subject: the file.
        cell: its cell in the reader's environment: not safe, and known.
        culprit: the responsible package; None searches for it if scikit-learn is the same.
        first_bad: the first bad release; None searches for it if it is needed.
        given: fixes that a diagnosis proposes.
        budget: how much may be tried.
        first: stop at the first remedy with a file.
    """
    found: list[Remedy] = []
    tried: list[str] = []
    limits = budget or Budget()
    looks = (
        (_convert, "converting the fitted state"),
        (_mend, "setting what it lacks"),
        (_export, "other formats"),
    )
    for look, name in looks:
        if limits.over:
            tried.append(f"{name}: {NOT_IN_TIME}")
            continue
        experiment.context.progress.more(name, 1)
        found_here, tried_here = look(experiment, subject, cell, given)
        experiment.context.progress.advance(stage=name)
        found += found_here
        tried += tried_here
        if first and found_here:
            return Remedies(found=tuple(found), tried=tuple(tried))
    if first_bad is None:
        same = "scikit-learn" not in differing(subject.writer, subject.reader)
        if culprit is None and same and not limits.over:
            culprit = find_culprit(experiment, subject, cell)
        limited = cell.verdict.group is Group.LIMITED
        share = limits.step(_BISECTING)
        first_bad = find_first_bad(experiment, subject, culprit, share, limited=limited)
    pins = [] if first_bad is None else _pin(first_bad)
    bridges = bridges_of(experiment, subject, cell, first_bad)
    routes = find_resave_remedies(experiment, subject, bridges, limits)
    tried += routes.tried
    files = (*found, *routes.files)
    if files:
        return Remedies(found=(*pins, *files), tried=tuple(tried), first_bad=first_bad)
    copies: list[Remedy] = []
    no_copies = [f"as onnx: {NOT_IN_TIME}"]
    if not limits.over:
        copies, no_copies = find_portable_copies(experiment, subject)
    last = copies or [Remedy(kind=RemedyKind.RETRAIN, words=RETRAIN)]
    return Remedies(
        found=(*pins, *last),
        tried=(*tried, *no_copies),
        first_bad=first_bad,
        closest=closest(subject, cell, experiment.ends),
    )


def find_resave_remedies(
    experiment: Experiment,
    subject: Subject,
    bridges: Sequence[EnvSpec],
    budget: Budget | None = None,
) -> Remedies:
    """Find a remedy that saves the file again in given environments, and in no others.

    Args:
        experiment, subject: as in :func:`find_remedies`.
        bridges: the most promising first.
        budget: how much may be tried.
    """
    search = find_route(experiment, subject, bridges, budget or Budget())
    if search.file is None or search.cell is None:
        return Remedies(found=(), tried=search.tried)
    return Remedies(found=(_route(subject, search.file, search.cell),), tried=search.tried)


def _pin(first_bad: FirstBad) -> list[Remedy]:
    """The highest safe release; or the advice to stay at the origin if no other is safe."""
    cell = first_bad.run.get(first_bad.last_good)
    if cell is None or not cell.verdict.predicts_same:
        words = f"stay: only {first_bad.last_good}, the version that saved it, is safe"
        return [
            Remedy(
                kind=RemedyKind.PIN,
                words=words,
                requirement=f"{first_bad.package}=={first_bad.last_good}",
            )
        ]
    words = f'pin "{first_bad.requirement}": {cell.verdict.value} with {first_bad.last_good}'
    return [Remedy(kind=RemedyKind.PIN, words=words, requirement=first_bad.requirement, cell=cell)]


def find_conversions(experiment: Experiment, subject: Subject, cell: Cell) -> Remedies:
    """Convert a file in the reader's environment, and build no other one.

    Args:
        experiment, subject, cell: as in :func:`find_remedies`.
    """
    found, tried = _convert(experiment, subject, cell, ())
    return Remedies(found=tuple(found), tried=tuple(tried))


def _convert(
    experiment: Experiment, subject: Subject, cell: Cell, _: Sequence[Fix]
) -> tuple[list[Remedy], list[str]]:
    found = find_conversion(experiment, subject, cell)
    if isinstance(found, str):
        return [], [found] if found else []
    file, end = found
    step = file.steps[-1]
    words = f"load it in {step.environment.spec.label}, convert it: {in_words(step.converted)}"
    return [_remedy(RemedyKind.CONVERSION, words, subject, file, end)], []


def _mend(
    experiment: Experiment, subject: Subject, cell: Cell, given: Sequence[Fix]
) -> tuple[list[Remedy], list[str]]:
    found = find_fix(experiment, subject, cell, given)
    if isinstance(found, str):
        return [], [found]
    file, end = found
    (step,) = file.steps
    words = f"in {step.environment.spec.label} set {described(step.fixes)}, and save again"
    return [_remedy(RemedyKind.FIX, words, subject, file, end)], []


def _export(
    experiment: Experiment, subject: Subject, cell: Cell, _: Sequence[Fix]
) -> tuple[list[Remedy], list[str]]:
    found, tried = find_export(experiment, subject, cell)
    if found is None:
        return [], list(tried)
    words = f"in {subject.writer.spec.label} save it as {found.file.artifact.format}"
    if found.package:
        words += f", and load it with {found.package}"
    return [_remedy(RemedyKind.EXPORT, words, subject, found.file, found.cell, found.reader)], list(
        tried
    )


def _route(subject: Subject, file: CandidateFile, end: Cell) -> Remedy:
    hops = ", then in ".join(_release(step) for step in file.steps)
    return _remedy(RemedyKind.ROUTE, f"save again in {hops}", subject, file, end)


def _release(step: ResaveStep) -> str:
    set_ = f" with {described(step.fixes)} set" if step.fixes else ""
    return f"scikit-learn {step.environment.spec.label}{set_}"


def _remedy(
    kind: RemedyKind,
    words: str,
    subject: Subject,
    file: CandidateFile,
    end: Cell,
    reader: Environment | None = None,
) -> Remedy:
    return Remedy(
        kind=kind,
        words=f"{words}: {end.verdict.value} in the target",
        cell=end,
        file=file,
        reader=reader,
        by_hand=by_hand(file, _SOURCE, _TARGET, saved_as=subject.artifact.format),
    )
