"""Answer for libraries beside scikit-learn: their safe ranges, and which of them is responsible."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import zip_longest

from packaging.version import Version

from matrix.model import Environment, EnvSpec, Group
from matrix.model.environments import SCIKIT_LEARN
from matrix.upgrade.answer import (
    Companion,
    PackageAnswer,
    PackageLadder,
    Target,
    UpgradeAnswer,
    UpgradeQuestion,
    release_of,
)
from matrix.upgrade.origins import Origins
from matrix.upgrade.package_ladders import is_impossible
from matrix.upgrade.safe_range import gaps, in_order, safe_range


def held_by(origin: Environment, packages: Iterable[str]) -> tuple[str, ...]:
    """Return the requirements that pin packages to the versions of the origin."""
    return tuple(f"{name}=={version}" for name in packages if (version := release_of(origin, name)))


def package_answer(
    question: UpgradeQuestion, ladder: PackageLadder, result: Callable[[EnvSpec], Target]
) -> PackageAnswer:
    """Return what is known of the releases of one library.

    Args:
        question: of the model.
        ladder: one of its ladders.
        result: gives the result in an environment.
    """
    specs = {spec.id: spec for spec in (question.origin, *ladder.targets)}
    targets = tuple(replace(result(spec), package=ladder.package) for spec in specs.values())
    found = safe_range(targets)
    others = [one.package for one in question.ladders if one.package != ladder.package]
    held = held_by(targets[0].environment, [SCIKIT_LEARN, *others])
    return PackageAnswer(
        package=ladder.package,
        targets=targets,
        range=found and replace(found, held=held),
        impossible=ladder.impossible,
    )


def climbed(
    question: UpgradeQuestion, ladder: PackageLadder, found: PackageAnswer, origins: Origins
) -> PackageLadder:
    """Return a ladder with the middle release of each gap, if there is any.

    Args:
        question: of the model.
        ladder: one of its ladders.
        found: the answer to it so far.
        origins: builds the environments.
    """
    known = {*ladder.impossible, *(target.release for target in found.targets)}
    new: list[EnvSpec] = []
    impossible: list[str] = []
    for low, high in gaps(found.targets):
        between = origins.releases_between(low, high, ladder.package) or ()
        possible = [one for one in between if one not in ladder.impossible]
        if not possible:
            continue
        middle = possible[len(possible) // 2]
        if middle in known:
            continue
        made = origins.moved(question.model, question.origin, ladder.package, [middle])[middle]
        if made is None:
            impossible.append(middle)
        else:
            new.append(made)
    return replace(
        ladder,
        targets=(*ladder.targets, *new),
        impossible=(*ladder.impossible, *impossible),
    )


def exact_package(found: PackageAnswer, origins: Origins) -> PackageAnswer:
    """Return an answer with an exact range, if its gaps have no release that can be installed."""
    if found.range is None:
        return found
    exact = all(
        set(origins.releases_between(low, high, found.package) or (low,)) <= set(found.impossible)
        or origins.neighbours(low, high, found.package)
        for low, high in gaps(found.targets)
    )
    safe = safe_range(found.targets, bisected=exact)
    return replace(found, range=safe and replace(safe, held=found.range.held))


def with_companions(
    question: UpgradeQuestion, answer: UpgradeAnswer, origins: Origins
) -> UpgradeQuestion:
    """Return the question with the bad ends of the ladder over scikit-learn once more.

    There the libraries beside scikit-learn are newer ones that predict the same in the origin, or
    numpy is as old as there. If the model is safe with that, scikit-learn is not responsible.

    Args:
        question: of the model.
        answer: to it so far.
        origins: makes the environments.
    """
    if not question.ladders or answer.range is None:
        return question
    above = [answer.range.first_bad, answer.targets[-1]]
    bad = {one.environment.id: one for one in above if one is not None and _is_bad(one)}
    known = {one.target for one in question.companions}
    specs = {spec.id: spec for spec in question.targets}
    newer = _newer(answer)
    new = [
        Companion(target=id_, spec=spec)
        for id_ in bad
        if id_ in specs and id_ not in known
        for spec in origins.companions(question.origin, specs[id_], newer)
    ]
    return replace(question, companions=(*question.companions, *new)) if new else question


def _newer(answer: UpgradeAnswer) -> list[dict[str, str]]:
    """The newest and the next releases of libraries that predict the same in the origin.

    Where none does, perhaps because newer ones need a newer scikit-learn, any newer release that
    fits the target.

    Returns:
        By name of a library, a specifier.
    """
    found: list[dict[str, str]] = [{}, {}]
    for one in answer.packages:
        here = Version(one.targets[0].release)
        above = [
            target.release
            for target in in_order(one.targets)
            if Version(target.release) > here and target.cell.verdict.predicts_same
        ]
        ends = (above[-1], above[0]) if above else ()
        for versions, release in zip_longest(found, ends):
            versions[one.package] = f"=={release}" if release else f">{here}"
    return [versions for n, versions in enumerate(found) if versions and versions not in found[:n]]


def with_newer_libraries(
    question: UpgradeQuestion, answer: UpgradeAnswer, origins: Origins
) -> UpgradeQuestion:
    """Return the question with newer libraries where those of the origin cannot be installed.

    Args:
        question: of the model.
        answer: to it so far.
        origins: makes the environments.
    """
    replaced: dict[str, EnvSpec] = {}
    for target in answer.targets[1:]:
        if is_impossible(target.environment):
            newer = origins.with_newer(question.model, target.environment.spec)
            if newer is not None:
                replaced[target.environment.id] = newer
    if not replaced:
        return question
    if not origins.are_consecutive:
        specs = (replaced.get(spec.id, spec) for spec in question.targets)
        return replace(question, targets=tuple(specs))
    return replace(
        question,
        targets=tuple(spec for spec in question.targets if spec.id not in replaced),
        lines=tuple(spec for spec in question.lines if spec.id not in replaced),
        newer=(*question.newer, *replaced.values()),
    )


def with_their_results(
    companions: Iterable[Companion], result: Callable[[EnvSpec], Target]
) -> dict[str, tuple[Target, ...]]:
    """Return the results of companions, by the id of the environment of the bad target."""
    found: dict[str, tuple[Target, ...]] = {}
    for one in companions:
        found[one.target] = (*found.get(one.target, ()), result(one.spec))
    return found


def _is_bad(target: Target) -> bool:
    verdict = target.cell.verdict
    return not verdict.predicts_same and verdict.group is not Group.UNKNOWN
