"""Which models may be loaded: those that the gate admits, with the names they may look up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from packaging.version import Version

from matrix.catalog import Trust
from matrix.inspection import Inspection, Refusal, refusals
from matrix.model import Environment
from matrix.upgrade import own_code
from matrix.upgrade.answer import Model, Problem
from matrix.upgrade.dead_ends import dead_end, told
from matrix.upgrade.proposed_origin import origin_option
from matrix.worker.compat_worker.formats import NATIVE, READABLE

_SHOWN = 20
"""How many names a refusal lists; the rest are counted."""


def admit(
    models: Iterable[Model],
    trust: Trust,
    *,
    paths: Sequence[Path] = (),
    script: Path | None = None,
    origin: bool = False,
) -> list[Model]:
    """The same models; those that the gate keeps out have a problem, and are not loaded.

    Args:
        models: as they were taken in; nothing of them has been run.
        trust: names that the user lets in.
        paths: folders of the user's own code, for the advice.
        script: the script that the user named, for the advice.
        origin: whether the user named the origin, for the advice.
    """
    given = _Given(paths=paths, script=script, origin=origin)
    return [_admitted(model, trust, given) for model in models]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Given:
    """The options that the user gave already."""

    paths: Sequence[Path]
    script: Path | None
    origin: bool


def _admitted(model: Model, trust: Trust, given: _Given) -> Model:
    found = model.inspection
    if model.problem is not None or found is None:
        return model
    refused = refusals(found, trust.of(found.sha256))
    if refused:
        return replace(model, problem=_problem(found, refused, model.path, given))
    listed = sorted(trust.files.get(found.sha256, ()))
    if listed and refusals(found, trust.everywhere):
        note = f"the configuration trusts it to look up {', '.join(listed)}"
        return replace(model, notes=(*model.notes, note))
    return model


def _problem(found: Inspection, refused: Sequence[Refusal], file: Path, given: _Given) -> Problem:
    trustable = all(one.trust or one.script for one in refused)
    end = dead_end(found, trustable=trustable)
    if end is not None:
        refusal = f"Not allowed: {_reasons(refused)}."
        advice = "\n".join(filter(None, [end.advice, told(found), refusal]))
        return Problem(message=f"not loaded, because it {end.what}", advice=advice)
    message = f"not loaded, because {_reasons(refused)}"
    if not trustable:
        return Problem(message=message, advice=own_code.NO_TRUST)
    paths, script = given.paths, given.script
    present = found.modules
    code = own_code.option_list(refused, file, paths=paths, script=script, present=present)
    advice = own_code.advice(refused, file, paths=paths, script=script, present=present)
    origin = "" if given.origin else origin_option(found, file, code)
    if origin:
        advice += (
            "\nThe file does not contain the version of scikit-learn that saved it: change the one "
            "in the line if you know better."
        )
    options = (*code, *filter(None, [origin]))
    paste = [(own_code.how_to_add(options), " ".join(options))]
    names = ", ".join(f'"{one.trust}"' for one in refused if one.trust)
    if names:
        line = f'trust = [{{ sha256 = "{found.sha256}", names = [{names}] }}]'
        paste.append(("Or trust these names in this file only, under [tool.matrix]:", line))
    return Problem(message=message, advice=advice, paste=tuple(paste), options=options)


def _reasons(refused: Sequence[Refusal]) -> str:
    """Why a file is not loaded: what it does, then the names that it looks up."""
    does = [one.why for one in refused if one.is_note]
    named = [f"{one.what} ({one.why})" for one in refused if not one.is_note]
    if len(named) > _SHOWN:
        named[_SHOWN:] = [f"{len(named) - _SHOWN:,} more"]
    if named:
        does.append(f"it looks up what is not allowed: {'; '.join(named)}")
    return ", and ".join(does)


def looked_up(model: Model) -> tuple[tuple[str, str], ...]:
    """What an admitted model may look up while it is loaded: what was seen in it, no more."""
    assert model.inspection is not None
    if model.format in NATIVE or READABLE[model.format].methods:  # no pickle names a class
        return ()
    return tuple((name.module, name.qualname) for name in model.inspection.names)


_WATCHFUL = Version("0.16")
"""The oldest skops that was seen to ask about all that it looks up before it does."""


def first_gate_only(model: Model, environments: Iterable[Environment]) -> str:
    """Where nothing watches a load, so that the inspection before it is the only gate.

    Args:
        model: an admitted one.
        environments: those that load it; others are left out.

    Returns:
        A sentence for people, with the reason; empty if the second gate works in each environment.
    """
    skops = model.format == "skops"
    unwatched = _is_careless if skops else _is_old
    found = [one.spec.label for one in environments if one.ready and unwatched(one)]
    if not found:
        return ""
    why = (
        f"skops before {_WATCHFUL} does not ask about all names that it looks up"
        if skops
        else "Python before 3.8 cannot watch the names that are looked up while a file is loaded"
    )
    return f"first gate only in {', '.join(dict.fromkeys(found))}: {why}"


def _is_careless(environment: Environment) -> bool:
    assert environment.info is not None
    version = environment.info.packages.get("skops")
    return version is not None and Version(version) < _WATCHFUL


def _is_old(environment: Environment) -> bool:
    assert environment.info is not None
    major, minor = environment.info.python.split(".")[:2]
    return (int(major), int(minor)) < (3, 8)
