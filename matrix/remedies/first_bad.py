"""Find the first bad release of a package by bisection, including patch releases."""

from __future__ import annotations

from collections.abc import Callable

from packaging.version import Version

from matrix.model import Cell, Environment, EnvSpec, Group
from matrix.remedies.bisection import bisect
from matrix.remedies.culprit import Culprit
from matrix.remedies.environment_factory import Hold, differing, like, version_of
from matrix.remedies.experiment import Experiment
from matrix.remedies.remedy import Budget, FirstBad, Subject

_STAGE = "first bad release"


def find_first_bad(
    experiment: Experiment,
    subject: Subject,
    culprit: Culprit | None = None,
    budget: Budget | None = None,
    *,
    limited: bool = False,
) -> FirstBad | None:
    """Find the first bad release of the responsible package.

    Without a culprit the package is scikit-learn, each release with the packages of its time, or
    the one other package that differs. With a culprit, all other packages stay as they were when it
    was found.

    Args:
        experiment: loads the file.
        subject: the file; safe in the writer's environment, and bad in the reader's.
        culprit: the responsible package.
        budget: how many releases may be tested; untested ones become the gap.
        limited: a release where the file predicts the same, and only ``repr`` or ``get_params``
            fails, is bad too. Otherwise it is good.

    Returns:
        None if no package is known to be responsible.
    """
    limits = budget or Budget()
    package = _package(subject, culprit)
    if not package:
        return None
    low, high = version_of(subject.writer, package), version_of(subject.reader, package)
    between = experiment.factory.between(package, low, high)
    back = Version(high) < Version(low)
    order = () if between is None else tuple(reversed(between)) if back else between
    at = _places(experiment, subject, culprit, package)
    run: dict[str, Cell] = {}
    environments: dict[str, Environment] = {}
    experiment.context.progress.stage(_STAGE, max(1, len(order).bit_length()))

    def test(release: str) -> bool | None:
        if limits.over or len(run) >= limits.environments:
            return None
        (environment,) = experiment.factory.prepare([at(release)])
        cell = experiment.cell(subject, subject.file, environment)
        run[release], environments[release] = cell, environment
        experiment.context.progress.advance(stage=_STAGE)
        if cell.verdict.group is Group.UNKNOWN:
            return None
        return cell.verdict.safe if limited else cell.verdict.predicts_same

    bisection = bisect(low, high, order, test)
    return FirstBad(
        package=package,
        last_good=bisection.last_good,
        first_bad=bisection.first_bad,
        gap=bisection.gap,
        exact=between is not None and not bisection.gap,
        back=back,
        held=not _as_released(culprit, package),
        run={release: run[release] for release in sorted(run, key=Version)},
        environments=dict(environments),
    )


def _package(subject: Subject, culprit: Culprit | None) -> str:
    """The package whose releases are bisected; empty if unknown."""
    if culprit is not None and (culprit.package or culprit.together):
        return culprit.package or culprit.together[0]
    packages = differing(subject.writer, subject.reader)
    if "scikit-learn" in packages:
        return "scikit-learn"
    return packages[0] if len(packages) == 1 else ""


def _as_released(culprit: Culprit | None, package: str) -> bool:
    """Whether each release is tested with the packages of its time: no swap fixes the others."""
    return package == "scikit-learn" and (culprit is None or culprit.swap(package) is None)


def _places(
    experiment: Experiment, subject: Subject, culprit: Culprit | None, package: str
) -> Callable[[str], EnvSpec]:
    """Gives the environment that tests a release of a package."""
    swap = None if culprit is None else culprit.swap(package)
    writer, reader = subject.writer, subject.reader
    if _as_released(culprit, package):
        return experiment.factory.as_released
    hold = Hold.CORE if swap is None else swap.hold
    if swap is not None and swap.back:
        return lambda release: like(reader, package, release, writer, hold=hold)
    return lambda release: like(writer, package, release, reader, hold=hold)
