"""Turn a file that holds several models into one model for each, with its path in the file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from matrix.inspection import Inspection
from matrix.inspection.result import OwnObject, Part, Step
from matrix.model import FilePart
from matrix.upgrade.answer import Model, Problem
from matrix.upgrade.folders import is_data


def unbundled(models: Iterable[Model]) -> list[Model]:
    """The models to check: those in a bundle one by one, all others as they are.

    What a bundle holds beside its models is compared as data. Transformers are also tried before
    the predictor that is saved with them. A file without any model has a problem that says what it
    is.
    """
    return [one for model in models for one in _parts(model)]


def _parts(model: Model) -> Iterator[Model]:
    found = model.inspection
    if model.problem is not None or found is None:
        yield model
    elif found.bundle.models:
        yield from _members(model, found)
    elif is_data(found):
        yield replace(model, problem=_no_model(found))
    else:
        yield model


def _members(model: Model, found: Inspection) -> Iterator[Model]:
    bundle = found.bundle
    own = {one.path: one for one in bundle.own}
    for part in bundle.models:
        member = (
            _member(model, str(part), _steps(part.path), kind=part.kind) if part.path else model
        )
        inside = own.get(part.path)
        yield member if inside is None else replace(member, inside=tuple(_inside(model, inside)))
    yield from _tried_together(model, bundle.together)
    if bundle.values:
        yield _rest(model, bundle.of, bundle.values)


def _inside(model: Model, own: OwnObject) -> Iterator[Model]:
    """The models in an object that may be no model itself, and the rest of it."""
    for one in own.models:
        yield _member(model, str(one), _steps(one.path), kind=one.kind, optional=True)
    yield from _tried_together(model, own.together)
    if own.values:
        yield _rest(model, own.kind.rpartition(".")[2], own.values)


def _tried_together(model: Model, groups: Iterable[tuple[Part, ...]]) -> Iterator[Model]:
    """Transformers with the predictor after them; left out of the answer if they do not fit."""
    for parts in groups:
        steps = [_steps(part.path) for part in parts]
        *before, last = map(str, parts)
        label = f"{last} after {' and '.join(before)}"
        yield _member(model, label, (("together", steps),), optional=True)


def _rest(model: Model, of: str, values: Iterable[Iterable[Step]]) -> Model:
    """What is no model in an object, to be compared as data."""
    parts = [_steps(path) for path in values]
    return _member(model, f"the rest of the {of}", (("data", parts),))


def _member(
    model: Model, label: str, part: FilePart, *, kind: str = "", optional: bool = False
) -> Model:
    return replace(model, id=f"{model.id} → {label}", part=part, part_kind=kind, optional=optional)


def _steps(path: Iterable[Step]) -> FilePart:
    return tuple((one.kind, one.number if one.kind == "index" else one.name) for one in path)


def _no_model(found: Inspection) -> Problem:
    what = found.root.fitted.get("", "") or found.root.kind
    return Problem(message=f"{what}: no model in it", other=f"data ({what})")
