"""Sentences about libraries beside scikit-learn, for the reports of an upgrade check."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from packaging.version import Version

from matrix.frameworks import BY_NAME
from matrix.model import Environment
from matrix.model.environments import SCIKIT_LEARN
from matrix.upgrade.answer import PackageAnswer, Target, UpgradeAnswer, release_of
from matrix.upgrade.safe_range import in_order


def libraries(environment: Environment) -> list[str]:
    """Return the known libraries beside scikit-learn that an environment was made for.

    Returns:
        Each with its version: ``xgboost 2.0.3``.
    """
    spec = environment.spec
    named = " ".join([*spec.requirements, spec.framework])
    return [
        f"{name} {version}"
        for name in BY_NAME
        if name != SCIKIT_LEARN and name in named and (version := release_of(environment, name))
    ]


def named_libraries(environments: Iterable[Environment]) -> list[str]:
    """Return the known libraries beside scikit-learn that some environments were made for."""
    found = {text.split(" ")[0] for one in environments for text in libraries(one)}
    return [name for name in BY_NAME if name in found]


def is_led(environment: Environment) -> bool:
    """Return whether the releases of another library than scikit-learn matter there."""
    dated_by = BY_NAME.get(environment.spec.framework)
    return dated_by is not None and dated_by.leads


def short_name(environment: Environment) -> str:
    """Return the label of an environment, or its versions if the label lacks one of a library."""
    label, found = environment.spec.label, libraries(environment)
    if all(text.partition(" ")[2] in label for text in found) or not environment.ready:
        return label
    return ", ".join(filter(None, [release_of(environment), *found]))


def with_libraries(names: list[str], targets: Iterable[Target], answer: UpgradeAnswer) -> str:
    """Return a range of releases of scikit-learn, with the libraries that stayed.

    Args:
        names: the releases, ascending.
        targets: the results with them; the same libraries were there in all of them.
        answer: for the model.
    """
    text = spans(names, answer)
    if not answer.packages:
        return text
    first = next(iter(targets))
    return ", ".join([text, *libraries(first.environment)])


def span(names: list[str]) -> str:
    """Return ``1.3.2`` or ``1.3.2 to 1.5.2``."""
    return names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}"


def spans(names: list[str], answer: UpgradeAnswer) -> str:
    """Return releases with the same outcome: ``1.4.0 to 1.4.2, 1.9.1`` if lines were left out."""
    ends = {gap.below.release for gap in answer.not_run}
    parts: list[list[str]] = [[]]
    for name in names:
        parts[-1].append(name)
        if name in ends:
            parts.append([])
    return ", ".join(span(part) for part in parts if part)


def spans_of_libraries(targets: Sequence[Target]) -> str:
    """Return the versions of each library in some targets: ``catboost 1.2.8 to 1.2.10``."""
    first, last = (dict(_pairs(one.environment)) for one in (targets[0], targets[-1]))
    spans = [
        f"{name} {span(list(dict.fromkeys([first.get(name, version), version])))}"
        for name, version in last.items()
    ]
    return ", ".join(spans) or "newer libraries"


def _pairs(environment: Environment) -> Iterator[tuple[str, str]]:
    for text in libraries(environment):
        name, _, version = text.partition(" ")
        yield name, version


def moved_span(found: PackageAnswer, names: list[str]) -> str:
    """Return a range of releases of a library with all that stayed: ``1.3.2, xgboost 2.0.3``."""
    own = f"{found.package} {span(names)}"
    origin = found.targets[0].environment
    others = [text for text in libraries(origin) if text.split(" ")[0] != found.package]
    return ", ".join([release_of(origin), own, *others])


def blame(target: Target, answer: UpgradeAnswer) -> str:
    """Return which package is responsible for a bad target; empty if scikit-learn may be."""
    for companion in answer.companions.get(target.environment.id, ()):
        if not companion.cell.verdict.predicts_same:
            continue
        before, after = _pieces(target.environment), _pieces(companion.environment)
        old = [one for one in before if one not in after]
        new = [one for one in after if one not in before]
        if new:
            responsible, better = " and ".join(old), " and ".join(new)
            return f"because of {responsible}, not scikit-learn: predicts the same with {better}"
    return ""


def _pieces(environment: Environment) -> list[str]:
    """The known libraries and numpy, each with its version."""
    return [*libraries(environment), f"numpy {release_of(environment, 'numpy')}"]


def pins(answer: UpgradeAnswer) -> Iterator[str]:
    """Yield the requirements to write for each library whose releases were tried."""
    for found in answer.packages:
        if found.range is not None and len(found.range.run) > 1:
            yield found.range.pin


def tested(answer: UpgradeAnswer) -> Iterator[str]:
    """Yield for each library the releases that were tested, and those that cannot be installed."""
    if answer.newer:
        held = ", ".join(libraries(answer.targets[0].environment))
        names = span([target.release for target in in_order(answer.newer)])
        yield f"cannot be installed with scikit-learn {names}: {held}; newer ones were used there"
    for found in answer.packages:
        origin = release_of(found.targets[0].environment)
        releases = [target.release for target in in_order(found.targets)]
        yield f"tested with scikit-learn {origin}: {found.package} {', '.join(releases)}"
        if found.impossible:
            listed = ", ".join(sorted(found.impossible, key=Version))
            yield f"cannot be installed with scikit-learn {origin}: {found.package} {listed}"
