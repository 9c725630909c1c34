"""Try a target as of its release, where scikit-learn does not work with the packages of today."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from matrix.model import Environment, EnvSpec, UnavailableReason, Verdict
from matrix.upgrade.answer import Fallback, Target, UpgradeAnswer, UpgradeQuestion
from matrix.upgrade.origins import Origins

_FAILED = (Verdict.LOAD_FAILED, Verdict.USE_FAILED)
_CLASH = re.compile(
    r"module '(?:numpy|scipy|pandas|joblib)[\w.]*' has no attribute"
    r"|cannot import name '\w+' from '(?:numpy|scipy|pandas|joblib)\b"
    r"|numpy\.dtype size changed"
    r"|numpy\.core\.multiarray failed to import"
)
"""Messages of code that was made for another release of a package. A file that names something
which a package does not have gives other messages: ``Can't get attribute``, ``No module named``."""
_SHOWN = ("numpy", "scipy", "pandas", "joblib")


def with_fallbacks(
    question: UpgradeQuestion, answer: UpgradeAnswer, origins: Origins
) -> UpgradeQuestion:
    """Return the question with a further target for each one whose packages do not fit together.

    A target that cannot be imported is replaced. One that was run stays, and the further one
    follows it.

    Args:
        question: of a model.
        answer: to it.
        origins: knows what the user requested.
    """
    specs: list[EnvSpec] = []
    made = list(question.fallbacks)
    by_id = {target.environment.id: target for target in answer.targets}
    known = {spec.id for spec in question.targets}
    for spec in question.targets:
        target = by_id.get(spec.id)
        released = (
            None
            if target is None or not _clashes(target)
            else origins.as_released(question.model, question.origin, spec)
        )
        if target is None or released is None or released.id in known:
            specs.append(spec)
            continue
        replaced = not target.environment.ready
        specs += [released] if replaced else [spec, released]
        made.append(Fallback(today=target.environment, released=released.id, replaced=replaced))
    return replace(question, targets=tuple(specs), fallbacks=tuple(made))


def _clashes(target: Target) -> bool:
    """Whether the packages of an environment do not fit together, whatever the model is."""
    if not target.environment.ready:
        return target.environment.why is UnavailableReason.NO_IMPORT
    raised = target.cell.exception
    return (
        target.cell.verdict in _FAILED
        and raised is not None
        and _CLASH.search(raised.message) is not None
    )


def fallback_notes(
    question: UpgradeQuestion, environments: Mapping[str, Environment]
) -> Iterator[str]:
    """Yield a sentence for each target that was tried as of its release.

    Args:
        question: of a model.
        environments: all that were prepared, by id.
    """
    for one in question.fallbacks:
        released = environments[one.released]
        if one.today.lock is None or released.lock is None:
            continue
        now, then = one.today.lock.pins, released.lock.pins
        moved = [name for name in _SHOWN if name in now and now[name] != then.get(name)]
        scikit_learn = f"scikit-learn {now.get('scikit-learn', one.today.spec.scikit_learn)}"
        fails = "cannot be imported with" if one.replaced else "does not work with"
        packages = ", ".join(f"{name} {now[name]}" for name in moved)
        pins = " ".join(f"{name}=={then[name]}" for name in moved if name in then)
        also = "" if one.replaced else " too"
        day = "its release"
        if released.spec.as_of != "release":
            day = f"{released.spec.as_of}, because newer packages wrote the file"
        yield (
            f"{scikit_learn} {fails} the packages of today ({packages}), so it was tried{also} as "
            f"of {day}: install it with {pins}"
        )
