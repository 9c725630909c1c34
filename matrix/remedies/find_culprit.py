"""Whose fault: from the writer's packages to the reader's, one is swapped at a time."""

from __future__ import annotations

from collections.abc import Sequence

from matrix.model import Cell, Environment, Group, UnavailableReason
from matrix.remedies.culprit import Culprit, PackageSwap, alike, judged
from matrix.remedies.environment_factory import Hold, differing, like, minor_of, version_of
from matrix.remedies.experiment import Experiment
from matrix.remedies.remedy import Subject

_LOOSER = frozenset(
    {
        UnavailableReason.CONFLICT,
        UnavailableReason.CONTRADICTION,
        UnavailableReason.NO_VERSION,
        UnavailableReason.NO_IMPORT,
        UnavailableReason.OTHER,
    }
)
"""Reasons that it may help against to let other packages move along."""
_OTHER_PYTHON = _LOOSER | {UnavailableReason.NO_WHEEL}
"""Those that another Python may help against."""


def find_culprit(experiment: Experiment, subject: Subject, cell: Cell) -> Culprit:
    """Say which package brings a change about, each alone or some together.

    First the writer's environment is taken with one package at the reader's version; where no
    package is seen to do it alone, the reader's with one put back at the writer's.

    Args:
        experiment: asks.
        subject: the file; both of its environments are ready.
        cell: what it gives where it goes: not safe, and known.
    """
    packages = differing(subject.writer, subject.reader)
    experiment.context.progress.stage("whose fault", 2 * len(packages))
    forth = _swapped(experiment, subject, cell, packages, back=False)
    if any(one.shows for one in forth):
        return judged(forth)
    return judged([*forth, *_swapped(experiment, subject, cell, packages, back=True)])


def _swapped(
    experiment: Experiment, subject: Subject, cell: Cell, packages: Sequence[str], *, back: bool
) -> list[PackageSwap]:
    base, other = subject.writer, subject.reader
    if back:
        base, other = other, base
    made = _environments(experiment, base, other, packages)
    cells = experiment.cells(subject, subject.file, [environment for environment, _ in made])
    swaps = []
    for package, (environment, hold) in zip(packages, made, strict=True):
        found = cells[environment.id]
        swaps.append(
            PackageSwap(
                package=package,
                before=version_of(subject.writer, package),
                after=version_of(subject.reader, package),
                back=back,
                environment=environment,
                cell=found,
                shows=None if found.verdict.group is Group.UNKNOWN else alike(cell, found),
                hold=hold,
                moved=_moved(base, environment, package),
            )
        )
        experiment.context.progress.advance(stage="whose fault")
    return swaps


def _environments(
    experiment: Experiment, base: Environment, other: Environment, packages: Sequence[str]
) -> list[tuple[Environment, Hold]]:
    """The base with each package at the other's version, and how much is held there: as much as
    can be had."""
    found: dict[str, tuple[Environment, Hold]] = {}
    for hold in Hold:
        wanted = [
            name for name in packages if name not in found or _is_looser(found[name][0], name, hold)
        ]
        made = experiment.factory.prepare(
            like(base, name, version_of(other, name), other, hold=hold) for name in wanted
        )
        for name, environment in zip(wanted, made, strict=True):
            if environment.ready or name not in found:
                found[name] = environment, hold
    return [found[name] for name in packages]


def _is_looser(environment: Environment, package: str, hold: Hold) -> bool:
    """Whether an environment that is not there might be, if more could move along."""
    if environment.ready:
        return False
    if hold is Hold.OTHER_PYTHON:
        return package != "python" and environment.why in _OTHER_PYTHON
    return environment.why in _LOOSER


def _moved(base: Environment, environment: Environment, package: str) -> tuple[str, ...]:
    """Packages that differ from the base beside the one that was swapped."""
    if base.lock is None or environment.lock is None or not environment.ready:
        return ()
    pins, there = base.lock.pins, environment.lock.pins
    both = pins.keys() & there.keys()
    moved = {name for name in both if pins[name] != there[name]}
    if minor_of(version_of(base, "python")) != minor_of(version_of(environment, "python")):
        moved.add("python")
    return tuple(sorted(moved - {package}))
