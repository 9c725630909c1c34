"""What kind of change a diagnosis shows: a cause in a word, where nobody has written one down."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from matrix.diagnosis.trace_data import Diagnosis, Missing, NamePath
from matrix.model import Cell, Failure


class Mechanism(str, enum.Enum):
    """Kinds of changes, the most telling first."""

    MISSING_MODULE = "missing-module"
    """A module that the file names is not there."""
    MISSING_NAME = "missing-name"
    """A class or function that the file names is not in its module."""
    RENAMED_ATTRIBUTE = "renamed-attribute"
    """The code reads one that the file lacks, and no longer one that the file has."""
    MISSING_ATTRIBUTE = "missing-attribute"
    """The code reads one that the file lacks."""
    IGNORED_PARAMETER = "ignored-parameter"
    """One that was set is no parameter any more."""
    NEW_PARAMETER = "new-parameter"
    """The code reads a parameter that the file lacks, and takes its default."""
    OTHER_STATE = "other-state"
    """What the file holds under a name is of another sort than what the code is written for."""
    OTHER_CODE = "other-code"
    """The file has all that the code reads: the code does something else with it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ExplainedChange:
    """A kind of change, and what it is of."""

    mechanism: Mechanism
    names: tuple[str, ...]
    """What came first, then what went: modules, attributes, parameters."""
    kind: str = ""
    """The class that it is in; empty if it is none."""
    path: NamePath = ()
    """Where that is in the model."""
    value: str = ""
    """Of a parameter: the one that is ignored, or the default that is taken."""


_NO_MODULE = re.compile(r"No module named '([\w.]+)'")
_NO_NAME = re.compile(r"(?:Can't get attribute|cannot import name|has no attribute) '(\w+)'")


def explained(cell: Cell, diagnosis: Diagnosis) -> ExplainedChange | None:
    """The most telling change that a diagnosis shows; None if it shows none.

    What is where the model first goes another way counts before what is elsewhere in it.
    """
    if cell.exception is not None and cell.stage == "load":
        return _not_loaded(cell.exception)
    first = diagnosis.first
    if first is None:
        return None

    def here(one: object) -> bool:
        return getattr(one, "path", None) == first.path

    for find in (_attribute, _ignored, _new, _state):
        found = find(diagnosis, here)
        if found is not None:
            return found
    return ExplainedChange(
        mechanism=Mechanism.OTHER_CODE, names=(first.method,), kind=first.kind, path=first.path
    )


def _not_loaded(failure: Failure) -> ExplainedChange | None:
    module = _NO_MODULE.search(failure.message)
    if module is not None:
        return ExplainedChange(mechanism=Mechanism.MISSING_MODULE, names=(module[1],))
    name = _NO_NAME.search(failure.message)
    if name is not None and failure.type in ("AttributeError", "ImportError"):
        return ExplainedChange(mechanism=Mechanism.MISSING_NAME, names=(name[1],))
    return None


_Here = Callable[[object], bool]


def _attribute(diagnosis: Diagnosis, here: _Here) -> ExplainedChange | None:
    lacking = [one for one in diagnosis.missing if not one.parameter and here(one)]
    lacking.sort(key=lambda one: not one.needed)
    if not lacking:
        return None
    had = [one.name for one in diagnosis.unread if here(one)]
    renamed = len(lacking) == len(had) == 1
    return _of(
        Mechanism.RENAMED_ATTRIBUTE if renamed else Mechanism.MISSING_ATTRIBUTE,
        lacking[0],
        (lacking[0].name, *had),
    )


def _ignored(diagnosis: Diagnosis, here: _Here) -> ExplainedChange | None:
    orphans = [one for one in diagnosis.orphans if here(one)]
    orphans.sort(key=lambda one: one.by_default)
    if not orphans:
        return None
    one = orphans[0]
    return ExplainedChange(
        mechanism=Mechanism.IGNORED_PARAMETER,
        names=(one.name,),
        kind=one.kind,
        path=one.path,
        value=one.value,
    )


def _new(diagnosis: Diagnosis, here: _Here) -> ExplainedChange | None:
    wanted = [one for one in diagnosis.missing if one.parameter and one.needed and here(one)]
    return _of(Mechanism.NEW_PARAMETER, wanted[0], (wanted[0].name,)) if wanted else None


def _state(diagnosis: Diagnosis, here: _Here) -> ExplainedChange | None:
    other = [one for one in diagnosis.own if one.read and one.before and one.after and here(one)]
    if not other:
        return None
    one = other[0]
    return ExplainedChange(
        mechanism=Mechanism.OTHER_STATE, names=(one.name,), kind=one.kind, path=one.path
    )


def _of(mechanism: Mechanism, one: Missing, names: Iterable[str]) -> ExplainedChange:
    return ExplainedChange(
        mechanism=mechanism,
        names=tuple(names),
        kind=one.kind,
        path=one.path,
        value=one.default,
    )
