"""The data types as JSON, and back: one codec for the results, the store and the records.

Strict JSON: a number that is not finite is a string, ``"NaN"``, ``"Infinity"`` or ``"-Infinity"``.
Reading refuses what has another type or lacks a field, and leaves out fields it does not know:
a later version may have written them. :data:`MESSAGES` refuses those too.

``import matrix.model`` does not import this module: it needs cattrs and msgspec.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

import attrs
import cattrs
import msgspec
from cattrs.errors import ForbiddenExtraKeysError
from cattrs.gen import (
    make_dict_structure_fn_from_attrs,
    make_dict_unstructure_fn_from_attrs,
    override,
)

from matrix.model import (
    Acceptance,
    Cell,
    CellChange,
    ClassifierScores,
    ClassScore,
    Comparison,
    EnvInfo,
    Environment,
    EnvSpec,
    Evidence,
    Explanation,
    ExplanationPoint,
    Failure,
    FileLine,
    Fix,
    FormatCost,
    Interpreter,
    JointAnswer,
    Lock,
    Matrix,
    MigratedModel,
    MigrationManifest,
    ModelAnswer,
    NextStep,
    NumberChanges,
    OutputDifference,
    PairBlock,
    PassedOver,
    Pipeline,
    RegressorScores,
    ReleaseOutcome,
    RowChange,
    Scores,
    Shard,
    Status,
    TrainingAnswer,
    UnavailableReason,
    Verdict,
    WarningSeen,
)

SCHEMA_VERSION = 2
"""Of the JSON result; ``matrix/report/schema-2.json`` describes it."""
READABLE_VERSIONS = (1, 2)
"""Version 1 had neither the verdict ``introspection-failed`` nor the group ``limited``."""

Json = dict[str, Any]
READ_ERRORS = (AttributeError, KeyError, TypeError, ValueError, ForbiddenExtraKeysError)
"""The exceptions of data that is not what should be read."""
T = TypeVar("T")

# --------------------------------------------------------------------------- text


class _Exponent(float):
    """A number that Python writes with an exponent, or might: msgspec spells some otherwise."""


def _spelled(value: Any) -> msgspec.Raw:
    if isinstance(value, _Exponent):
        return msgspec.Raw(float.__repr__(value).encode("ascii"))
    raise TypeError(f"{type(value).__name__} is not JSON")


_encode = msgspec.json.Encoder(enc_hook=_spelled).encode
_encode_exactly = json.JSONEncoder(allow_nan=False, separators=(",", ":")).encode


def encode(value: object) -> str:
    """JSON in ASCII on one line, as :mod:`json` writes it, in a fraction of the time.

    Args:
        value: what :func:`to_json` returned, or other JSON without floats.
    """
    try:
        data = _encode(value)
    except (TypeError, ValueError):  # half of a surrogate pair
        return _encode_exactly(value)
    if data.isascii() and b"\x7f" not in data:
        return data.decode("ascii")
    return _encode_exactly(value)


def decode(text: str | bytes) -> Any:
    """What a JSON text holds.

    Raises:
        ValueError: it is not JSON.
    """
    try:
        return msgspec.json.decode(text)
    except (ValueError, msgspec.DecodeError):  # half of a surrogate pair: json accepts it
        return json.loads(text)


# --------------------------------------------------------------------------- plain values

_NOT_FINITE = ("NaN", "Infinity", "-Infinity")


def _number_to_json(value: float | None) -> float | str | None:
    """A number, or the name of one that JSON does not have."""
    if value is None or 1e-4 <= value < 1e16 or value == 0 or -1e16 < value <= -1e-4:
        return value
    if math.isfinite(value):
        return _Exponent(value)
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"


def _number(value: object, _: object = None) -> float:
    if isinstance(value, str):
        if value not in _NOT_FINITE:
            raise ValueError(f"{value!r} is not a number")
    elif isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{value!r} is not a number")
    return float(value)


def _text(value: object, _: object = None) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not a string")
    return value


def _integer(value: object, _: object = None) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{value!r} is not an integer")
    return value


def _boolean(value: object, _: object = None) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"{value!r} is not true or false")
    return value


def _text_or_member(value: object, cls: type[str]) -> str:
    """A string, or the member of an enum: all of ours are strings too."""
    if cls is str and isinstance(value, str):  # nearly always
        return value
    return cls(_text(value))


# --------------------------------------------------------------------------- data types


def _attributes(
    cls: type, names: Iterable[str], optional: Iterable[str] = ()
) -> list[attrs.Attribute[Any]]:
    """Fields and properties of a data type as attrs describes them.

    Args:
        cls: the data type.
        names: of the fields and properties, in the order of the JSON.
        optional: fields that may be missing when it is read; all others may not, whether they
            have a default or not.
    """
    hints = get_type_hints(cls)
    own = {field.name: field for field in fields(cls)}
    described = {}
    for name in names:
        if name in own:
            default: Any = None if name in optional else attrs.NOTHING
            described[name] = attrs.field(type=hints[name], default=default, kw_only=True)
        else:
            found = get_type_hints(getattr(cls, name).fget)["return"]
            described[name] = attrs.field(type=found)
    return list(attrs.fields(attrs.make_class(cls.__name__, described)))


def _names(cls: type) -> list[str]:
    return [field.name for field in fields(cls)]


def reader(
    converter: cattrs.Converter,
    cls: type[T],
    optional: Iterable[str] = (),
    **overrides: Any,
) -> Callable[[Any, Any], T]:
    """A hook that reads a data type whose fields must all be there, but for the optional ones."""
    described = _attributes(cls, _names(cls), optional)
    return make_dict_structure_fn_from_attrs(described, cls, converter, **overrides)


def writer(
    converter: cattrs.Converter, cls: type[T], names: Iterable[str] = (), **overrides: Any
) -> Callable[[T], Json]:
    """A hook that writes all fields of a data type, or these fields and properties in order."""
    described = _attributes(cls, names or _names(cls))
    return make_dict_unstructure_fn_from_attrs(described, cls, converter, **overrides)


def new_converter(**options: Any) -> cattrs.Converter:
    """A converter for plain values, enums and dataclasses; it has no data type's own shape yet."""
    made = cattrs.Converter(
        detailed_validation=False, unstruct_collection_overrides={tuple: list}, **options
    )
    made.register_structure_hook(str, _text_or_member)
    made.register_structure_hook(int, _integer)
    made.register_structure_hook(bool, _boolean)
    made.register_structure_hook(float, _number)
    made.register_unstructure_hook(float, _number_to_json)
    made.register_structure_hook(Path, lambda value, _: Path(_text(value)))
    made.register_unstructure_hook(Path, str)
    made.register_structure_hook(date, lambda value, _: date.fromisoformat(value))
    made.register_unstructure_hook(date, date.isoformat)
    made.register_structure_hook(datetime, lambda value, _: datetime.fromisoformat(value))
    made.register_unstructure_hook(datetime, datetime.isoformat)
    return made


# --------------------------------------------------------------------------- published shapes

_GLOBS = ("pipelines", "formats", "writers", "readers", "verdicts")
_HEAD = (
    *("started", "finished", "interrupted", "whole", "shard", "comparison", "score_margin"),
    *("environments", "pipelines", "evidence", "format_costs", "self_check"),
    *("answers", "joint", "passed_over", "lock_change", "stories"),
)
"""The members before the cells."""
_LATER = (
    *("answers", "evidence", "format_costs", "whole", "shard"),
    *("comparison", "stories", "passed_over", "score_margin", "joint", "lock_change"),
)
"""Members that older results do not have."""

_results = new_converter()
"""The shapes of the JSON result, ``schema-2.json``; the store and the records use them too."""


_VERDICTS = {verdict.value: verdict for verdict in Verdict}


def _verdict(value: object, _: object) -> Verdict:
    """As calling the enum does, in a third of the time: every cell and every output has one."""
    return _VERDICTS.get(_text(value)) or Verdict(value)


_results.register_structure_hook(Verdict, _verdict)


_WRITERS: dict[type, Callable[[], Callable[[Any], Json]]] = {}
_READERS: dict[type, Callable[[], Callable[[Any, Any], Any]]] = {}
"""Make the hooks of a data type. They are made when the type is first written or read: to make all
takes 50 ms, and most processes need few."""

_results.register_unstructure_hook_factory(
    lambda cls: isinstance(cls, type) and cls in _WRITERS, lambda cls: _WRITERS[cls]()
)
_results.register_structure_hook_factory(
    lambda cls: isinstance(cls, type) and cls in _READERS, lambda cls: _READERS[cls]()
)


def _register(cls: type, optional: Iterable[str] = (), **overrides: Any) -> None:
    """Write and read a data type field by field, with the same overrides both ways."""
    _WRITERS[cls] = lambda: writer(_results, cls, **overrides)
    _READERS[cls] = lambda: reader(_results, cls, optional, **overrides)


for _plain in (
    FileLine,
    EnvInfo,
    Failure,
    WarningSeen,
    NumberChanges,
    ClassScore,
    ExplanationPoint,
    Explanation,
    PairBlock,
    PassedOver,
    FormatCost,
):
    _register(_plain)
_register(Shard, optional=("readers",))
_register(Pipeline, file=override(rename="source"))
_register(OutputDifference, optional=("numbers",))
_register(ClassifierScores, optional=("balanced_accuracy", "roc_auc", "log_loss"))
_register(RegressorScores, optional=("rows",))
_register(TrainingAnswer)
_register(RowChange, optional=("inputs", "truth"))
_register(Evidence, optional=("noticed", "complete", "constant"))
_register(NextStep)
_register(ReleaseOutcome)
_register(MigratedModel)
_register(MigrationManifest)
_register(JointAnswer)
_register(
    ModelAnswer,
    optional=(
        *("options", "limited", "sandbox", "first_gate_only", "evidence", "scored_on"),
        *("training", "packages", "next_steps", "outcomes", "tested", "not_run", "notes"),
    ),
)
_register(EnvSpec, optional=("constraints", "place", "framework", "framework_version"))


def _lock_to_json(lock: Lock) -> Json:
    return {
        "python": lock.interpreter.version,
        "implementation": lock.interpreter.implementation,
        "interpreter": str(lock.interpreter.path),
        "pins": dict(lock.pins),
        "as_of": None if lock.as_of is None else lock.as_of.isoformat(),
    }


def _lock(data: Json, _: object) -> Lock:
    return Lock(
        interpreter=Interpreter(
            path=Path(_text(data["interpreter"])),
            version=_text(data["python"]),
            implementation=_text(data["implementation"]),
        ),
        pins={_text(name): _text(version) for name, version in data["pins"].items()},
        as_of=None if data["as_of"] is None else date.fromisoformat(data["as_of"]),
    )


_results.register_unstructure_hook(Lock, _lock_to_json)
_results.register_structure_hook(Lock, _lock)


def _environment_to_json(environment: Environment) -> Json:
    spec = to_json(environment.spec)
    return {
        "id": spec.pop("id"),
        "label": spec.pop("label"),
        "spec": spec,
        "status": "ready" if environment.ready else "unavailable",
        "reason": environment.reason,
        "why": None if environment.why is None else environment.why.value,
        "info": to_json(environment.info),
        "lock": to_json(environment.lock),
    }


def _environment(data: Json, _: object) -> Environment:
    spec = {"id": data["id"], "label": data["label"], **data["spec"]}
    why = data.get("why")
    return Environment(
        spec=from_json(spec, EnvSpec),
        lock=None if data["lock"] is None else from_json(data["lock"], Lock),
        info=None if data["info"] is None else from_json(data["info"], EnvInfo),
        reason=_text(data["reason"]),
        why=None if why is None else UnavailableReason(why),
    )


_results.register_unstructure_hook(Environment, _environment_to_json)
_results.register_structure_hook(Environment, _environment)


def _scores_to_json(scores: Scores | None) -> Json | None:
    if scores is None:
        return None
    kind = "regressor" if isinstance(scores, RegressorScores) else "classifier"
    return {"kind": kind, **to_json(scores)}


def _scores(data: Json | None, _: object) -> Scores | None:
    if data is None:
        return None
    if data["kind"] == "regressor":
        return from_json(data, RegressorScores)
    return from_json(data, ClassifierScores)


_CELL = {
    "warnings": override(rename="warning_details"),
    "before": override(unstruct_hook=_scores_to_json, struct_hook=_scores),
    "after": override(unstruct_hook=_scores_to_json, struct_hook=_scores),
}


def cell_reader(**overrides: Any) -> Callable[[Any, Any], Cell]:
    """A hook that reads cells, with further overrides of how fields are read."""
    return reader(_results, Cell, **{**_CELL, **overrides})


def _cell_writer() -> Callable[[Cell], Json]:
    names = _names(Cell)
    names.insert(names.index("warnings"), "warning_categories")
    renamed = {"warning_categories": override(rename="warnings")}
    return writer(_results, Cell, names, **_CELL, **renamed)


_WRITERS[Cell] = _cell_writer
_READERS[Cell] = cell_reader

_WRITERS[CellChange] = lambda: writer(_results, CellChange, [*_names(CellChange), "cells"])
_READERS[CellChange] = lambda: reader(_results, CellChange)

_WRITERS[Acceptance] = lambda: writer(_results, Acceptance, (*_GLOBS, "reason", "until"))
_READERS[Acceptance] = lambda: reader(_results, Acceptance)


def _counts_to_json(counts: Mapping[Status, int]) -> Json:
    """Of all statuses, those without a cell too."""
    return {status.value: counts.get(status, 0) for status in Status}


def _counts(data: Json, _: object) -> dict[Status, int]:
    return {status: _integer(data[status.value]) for status in Status}


_register(Comparison, counts=override(unstruct_hook=_counts_to_json, struct_hook=_counts))

_WRITERS[Fix] = lambda: writer(_results, Fix, ("path", "name", "value", "of"))


@cache
def _write_head() -> Callable[[Matrix], Json]:
    return writer(_results, Matrix, _HEAD)


@cache
def _read_matrix() -> Callable[[Any, Any], Matrix]:
    cells = override(struct_hook=lambda cells, _: cells)
    return reader(_results, Matrix, _LATER, cells=cells)


# --------------------------------------------------------------------------- entry points


def to_json(value: object) -> Any:
    """The data types as JSON values, in the shape of the JSON result."""
    return _results.unstructure(value)


def from_json(data: Any, cls: type[T]) -> T:
    """The mirror image of :func:`to_json`.

    Args:
        data: may have fields that are not known here.
        cls: the data type to read.

    Raises:
        one of READ_ERRORS: it is none, or lacks a field.
    """
    return _results.structure(data, cls)


def head_to_json(matrix: Matrix) -> Json:
    """All members of a result before its cells."""
    return {"schema_version": SCHEMA_VERSION, **_write_head()(matrix)}


def matrix_from_head(head: Json, cells: Iterable[Cell]) -> Matrix:
    """The mirror image of :func:`head_to_json`.

    Args:
        head: may hold more than is read here.
        cells: the cells of the matrix.

    Raises:
        one of READ_ERRORS: the head is none.
    """
    return _read_matrix()({**head, "cells": cells}, Matrix)
