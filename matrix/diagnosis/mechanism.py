"""Classify the change that a diagnosis shows, for cells without a known cause."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from matrix.diagnosis.trace_data import Diagnosis, Missing, NamePath
from matrix.model import Cell, Failure


class Mechanism(str, enum.Enum):
    """Kinds of changes, the most specific first."""

    MISSING_MODULE = "missing-module"
    """The file names a module that does not exist."""
    MISSING_NAME = "missing-name"
    """The file names a class or function that its module does not have."""
    RENAMED_ATTRIBUTE = "renamed-attribute"
    """The code reads an attribute that the file lacks, and no longer reads one that it has."""
    MISSING_ATTRIBUTE = "missing-attribute"
    """The code reads an attribute that the file lacks."""
    IGNORED_PARAMETER = "ignored-parameter"
    """The file sets a parameter that the class no longer has."""
    NEW_PARAMETER = "new-parameter"
    """The code reads a parameter that the file lacks, and uses its default."""
    OTHER_STATE = "other-state"
    """An attribute in the file has another type or shape than the code expects."""
    OTHER_CODE = "other-code"
    """The file has all attributes that the code reads; the code itself changed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ExplainedChange:
    """A kind of change with the names, class and estimator that it concerns."""

    mechanism: Mechanism
    names: tuple[str, ...]
    """The new name, then the old ones: modules, attributes or parameters."""
    kind: str = ""
    """Full name of the class; empty if the change is not in a class."""
    path: NamePath = ()
    """Path of the estimator in the model."""
    value: str = ""
    """Value of an ignored parameter, or default of a new one."""


_NO_MODULE = re.compile(r"No module named '([\w.]+)'")
_NO_NAME = re.compile(r"(?:Can't get attribute|cannot import name|has no attribute) '(\w+)'")


def explain_change(cell: Cell, diagnosis: Diagnosis) -> ExplainedChange | None:
    """The most specific change that a diagnosis shows; None if it shows none.

    Only changes in the estimator that diverges first are considered.
    """
    if cell.exception is not None and cell.stage == "load":
        return _not_loaded(cell.exception)
    first = diagnosis.first
    if first is None:
        return None

    def here(one: object) -> bool:
        return getattr(one, "path", None) == first.path

    for find in (_missing_attribute, _ignored_parameter, _new_parameter, _changed_state):
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


def _missing_attribute(diagnosis: Diagnosis, here: _Here) -> ExplainedChange | None:
    lacking = [one for one in diagnosis.missing if not one.parameter and here(one)]
    lacking.sort(key=lambda one: not one.needed)
    if not lacking:
        return None
    had = [one.name for one in diagnosis.unread if here(one)]
    renamed = len(lacking) == len(had) == 1
    return _change_of(
        Mechanism.RENAMED_ATTRIBUTE if renamed else Mechanism.MISSING_ATTRIBUTE,
        lacking[0],
        (lacking[0].name, *had),
    )


def _ignored_parameter(diagnosis: Diagnosis, here: _Here) -> ExplainedChange | None:
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


def _new_parameter(diagnosis: Diagnosis, here: _Here) -> ExplainedChange | None:
    new = [one for one in diagnosis.missing if one.parameter and one.needed and here(one)]
    return _change_of(Mechanism.NEW_PARAMETER, new[0], (new[0].name,)) if new else None


def _changed_state(diagnosis: Diagnosis, here: _Here) -> ExplainedChange | None:
    other = [one for one in diagnosis.own if one.read and one.before and one.after and here(one)]
    if not other:
        return None
    one = other[0]
    return ExplainedChange(
        mechanism=Mechanism.OTHER_STATE, names=(one.name,), kind=one.kind, path=one.path
    )


def _change_of(mechanism: Mechanism, one: Missing, names: Iterable[str]) -> ExplainedChange:
    return ExplainedChange(
        mechanism=mechanism,
        names=tuple(names),
        kind=one.kind,
        path=one.path,
        value=one.default,
    )
