"""Since when: the first bad release of a package, by halving, patch releases too."""

from __future__ import annotations

from collections.abc import Callable

from packaging.version import Version

from matrix.model import Cell, Environment, EnvSpec, Group
from matrix.remedies.bisection import bisect
from matrix.remedies.culprit import Culprit
from matrix.remedies.environment_factory import Hold, differing, like, version_of
from matrix.remedies.experiment import Experiment
from matrix.remedies.remedy import Budget, FirstBad, Subject


def find_first_bad(
    experiment: Experiment,
    subject: Subject,
    culprit: Culprit | None = None,
    budget: Budget | None = None,
) -> FirstBad | None:
    """Find the first bad release of the package to blame.

    Without a blame it is scikit-learn, each release as its users had it, or what else differs if
    scikit-learn does not; with one, all else is held as it was when the fault was found.

    Args:
        experiment: asks.
        subject: the file; it is safe where it comes from, and bad where it goes.
        culprit: whose fault it is.
        budget: how much may be tried; what is left over then is a gap.

    Returns:
        None if no package can be blamed, or nobody can tell which releases there are.
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
    experiment.context.progress.stage("since when", max(1, len(order).bit_length()))

    def ask(release: str) -> bool | None:
        if limits.over or len(run) >= limits.environments:
            return None
        (environment,) = experiment.factory.prepare([at(release)])
        cell = experiment.cell(subject, subject.file, environment)
        run[release], environments[release] = cell, environment
        experiment.context.progress.advance(stage="since when")
        return None if cell.verdict.group is Group.UNKNOWN else cell.verdict.safe

    found = bisect(low, high, order, ask)
    return FirstBad(
        package=package,
        last_good=found.last_good,
        first_bad=found.first_bad,
        gap=found.gap,
        exact=between is not None and not found.gap,
        back=back,
        held=not _as_released(culprit, package),
        run={release: run[release] for release in sorted(run, key=Version)},
        environments=dict(environments),
    )


def _package(subject: Subject, culprit: Culprit | None) -> str:
    """Whose releases are to be halved; empty if that cannot be said."""
    if culprit is not None and (culprit.package or culprit.together):
        return culprit.package or culprit.together[0]
    packages = differing(subject.writer, subject.reader)
    if "scikit-learn" in packages:
        return "scikit-learn"
    return packages[0] if len(packages) == 1 else ""


def _as_released(culprit: Culprit | None, package: str) -> bool:
    """Whether each release is asked as its users had it: nobody said what else is to be held."""
    return package == "scikit-learn" and (culprit is None or culprit.swap(package) is None)


def _places(
    experiment: Experiment, subject: Subject, culprit: Culprit | None, package: str
) -> Callable[[str], EnvSpec]:
    """Where to ask a release of a package."""
    swap = None if culprit is None else culprit.swap(package)
    writer, reader = subject.writer, subject.reader
    if _as_released(culprit, package):
        return experiment.factory.as_released
    hold = Hold.CORE if swap is None else swap.hold
    if swap is not None and swap.back:
        return lambda release: like(reader, package, release, writer, hold=hold)
    return lambda release: like(writer, package, release, reader, hold=hold)
