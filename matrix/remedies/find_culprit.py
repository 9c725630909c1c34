"""Find the culprit package: swap one package at a time between the two environments."""

from __future__ import annotations

from collections.abc import Sequence

from matrix.model import Cell, Environment, Group, UnavailableReason
from matrix.remedies.culprit import Culprit, PackageSwap, alike, judged
from matrix.remedies.environment_factory import Hold, differing, like, minor_of, version_of
from matrix.remedies.experiment import Experiment
from matrix.remedies.remedy import Subject

_STAGE = "culprit package"

_LOOSER = frozenset(
    {
        UnavailableReason.CONFLICT,
        UnavailableReason.CONTRADICTION,
        UnavailableReason.NO_VERSION,
        UnavailableReason.NO_IMPORT,
        UnavailableReason.OTHER,
    }
)
"""Reasons that may go away if other packages may change too."""
_OTHER_PYTHON = _LOOSER | {UnavailableReason.NO_WHEEL}
"""Reasons that may go away with another Python."""


def find_culprit(experiment: Experiment, subject: Subject, cell: Cell) -> Culprit:
    """Find the packages that are responsible for a change, each alone or several together.

    First each package alone is set to the reader's version in the writer's environment. If none
    causes the change, each alone is put back to the writer's version in the reader's environment.

    Args:
        experiment: loads the file.
        subject: the file; both of its environments are ready.
        cell: its cell in the reader's environment: not safe, and known.
    """
    packages = differing(subject.writer, subject.reader)
    experiment.context.progress.stage(_STAGE, 2 * len(packages))
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
        swapped = cells[environment.id]
        swaps.append(
            PackageSwap(
                package=package,
                before=version_of(subject.writer, package),
                after=version_of(subject.reader, package),
                back=back,
                environment=environment,
                cell=swapped,
                shows=None if swapped.verdict.group is Group.UNKNOWN else alike(cell, swapped),
                hold=hold,
                moved=_moved(base, environment, package),
            )
        )
        experiment.context.progress.advance(stage=_STAGE)
    return swaps


def _environments(
    experiment: Experiment, base: Environment, other: Environment, packages: Sequence[str]
) -> list[tuple[Environment, Hold]]:
    """The base with each package at the other's version, and how much stays fixed there: as much as
    possible."""
    found: dict[str, tuple[Environment, Hold]] = {}
    for hold in Hold:
        due = [
            name for name in packages if name not in found or _is_looser(found[name][0], name, hold)
        ]
        made = experiment.factory.prepare(
            like(base, name, version_of(other, name), other, hold=hold) for name in due
        )
        for name, environment in zip(due, made, strict=True):
            if environment.ready or name not in found:
                found[name] = environment, hold
    return [found[name] for name in packages]


def _is_looser(environment: Environment, package: str, hold: Hold) -> bool:
    """Whether an unavailable environment may become available if more packages may change."""
    if environment.ready:
        return False
    if hold is Hold.OTHER_PYTHON:
        return package != "python" and environment.why in _OTHER_PYTHON
    return environment.why in _LOOSER


def _moved(base: Environment, environment: Environment, package: str) -> tuple[str, ...]:
    """The packages that differ from the base, beside the one that was swapped."""
    if base.lock is None or environment.lock is None or not environment.ready:
        return ()
    pins, there = base.lock.pins, environment.lock.pins
    both = pins.keys() & there.keys()
    moved = {name for name in both if pins[name] != there[name]}
    if minor_of(version_of(base, "python")) != minor_of(version_of(environment, "python")):
        moved.add("python")
    return tuple(sorted(moved - {package}))
