"""From the answers for single models to the one for all of them: the grid, and the joint range."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from packaging.requirements import Requirement
from packaging.version import InvalidVersion, Version

from matrix.model import Verdict
from matrix.model.environments import SCIKIT_LEARN
from matrix.upgrade.answer import SafeRange, Target, UpgradeAnswer, short_bound


@dataclass(frozen=True, kw_only=True, slots=True)
class Grid:
    """The verdicts of all models, by release."""

    columns: tuple[str, ...]
    """Releases of scikit-learn, ascending, and lines that no model was run with; then other
    environments by their labels."""
    rows: Mapping[str, tuple[Verdict | None, ...]]
    """By model, a verdict for each column; None if it was not run there."""
    targets: Mapping[str, tuple[str, ...]]
    """By model, the columns that the check is about: all but that of its origin, in the order of
    the question. Without others, that of its origin."""

    def at(self, model: str, column: str) -> Verdict | None:
        """The verdict of a model in a column; None if it was not run there."""
        row = self.rows.get(model)
        return None if row is None else row[self.columns.index(column)]


def grid(answers: Sequence[UpgradeAnswer]) -> Grid:
    """Put the targets of all models into columns; of several in one column the worst counts."""
    found: dict[str, dict[str, Verdict]] = {}
    targets: dict[str, tuple[str, ...]] = {}
    for answer in answers:
        row = found.setdefault(answer.model.id, {})
        names = _columns(answer)
        for name, target in zip(names, answer.targets, strict=True):
            verdict = target.cell.verdict
            known = row.get(name)
            row[name] = verdict if known is None or known.severity < verdict.severity else known
        targets[answer.model.id] = tuple(dict.fromkeys(names[1:] or names))
    run = {name for row in found.values() for name in row}
    left_out = {line for answer in answers for gap in answer.not_run for line in gap.lines}
    lines = {line for line in left_out if not any(name.startswith(f"{line}.") for name in run)}
    columns = tuple(sorted(run | lines, key=_place))
    return Grid(
        columns=columns,
        rows={model: tuple(row.get(name) for name in columns) for model, row in found.items()},
        targets=targets,
    )


def _columns(answer: UpgradeAnswer) -> list[str]:
    """The name of the column of each target: its release, or its label if that says too little."""
    releases = [target.release for target in answer.targets]
    package = answer.targets[0].package if answer.targets else SCIKIT_LEARN
    if package != SCIKIT_LEARN:
        return [
            f"{package} {release}" if release else _label(target)
            for release, target in zip(releases, answer.targets, strict=True)
        ]
    if answer.range is not None:
        return [
            release or _label(one) for release, one in zip(releases, answer.targets, strict=True)
        ]
    return [
        release if release and releases.count(release) == 1 else _label(target)
        for release, target in zip(releases, answer.targets, strict=True)
    ]


def _label(target: Target) -> str:
    return target.environment.spec.label


def _place(column: str) -> tuple[str, Version]:
    """Releases of scikit-learn first, then those of runtimes, then labels."""
    package, _, release = column.rpartition(" ")
    try:
        return package, Version(release)
    except InvalidVersion:
        return f"~{column}", Version("0")


def package_of(answers: Iterable[UpgradeAnswer]) -> str:
    """The package whose range all models together have: scikit-learn, or else a runtime."""
    ranges = [one.range for one in answers if one.range is not None]
    packages = [one.package for one in ranges]
    return SCIKIT_LEARN if SCIKIT_LEARN in packages or not packages else packages[0]


def ranges_of(answers: Iterable[UpgradeAnswer]) -> list[SafeRange]:
    """The ranges of that package."""
    found = list(answers)
    package = package_of(found)
    return [one.range for one in found if one.range and one.range.package == package]


@dataclass(frozen=True, kw_only=True, slots=True)
class JointRange:
    """The releases with which several models are all safe."""

    releases: tuple[str, ...]
    """Those that were run with each of the models, ascending."""
    pin: str
    """The requirement to write; empty if the models need different versions of a library."""


def joint_range(ranges: Iterable[SafeRange]) -> JointRange | None:
    """The releases that were run with every model and are safe for all, without a gap.

    Where one model is not safe or unknown, the range of all ends. Returns None if there is none.
    """
    found = list(ranges)
    if not found or not all(one.around for one in found):
        return None
    low = max(Version(one.around[0]) for one in found)
    high = min(Version(one.around[-1]) for one in found)
    common = set.intersection(*(set(one.around) for one in found))
    releases = tuple(sorted((one for one in common if low <= Version(one) <= high), key=Version))
    if not releases:
        return None
    held = _held(found)
    own = _bounds(releases, found)
    return JointRange(releases=releases, pin="" if held is None else " ".join([own, *held]))


def _bounds(releases: Sequence[str], ranges: Sequence[SafeRange]) -> str:
    """The requirement of scikit-learn; only a bound that a bisection found is an open one."""
    package, highest = ranges[0].package, releases[-1]
    ends = [
        one.first_bad.release
        for one in ranges
        if one.exact and one.first_bad is not None and one.around[-1] == one.highest == highest
    ]
    if ends:
        return f"{package}>={releases[0]},<{short_bound(min(ends, key=Version))}"
    if len(releases) == 1:
        return f"{package}=={highest}"
    return f"{package}>={releases[0]},<={highest}"


def _held(ranges: Iterable[SafeRange]) -> tuple[str, ...] | None:
    """The requirements of libraries that any of the ranges depends on; None if they contradict."""
    found = {text for one in ranges for text in one.held}
    names = [Requirement(text).name for text in found]
    return tuple(sorted(found)) if len(names) == len(set(names)) else None
