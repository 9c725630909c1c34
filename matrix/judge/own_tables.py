"""What two environments make of the same data: their own tables, and the outputs for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from matrix.model import (
    Failure,
    Observation,
    Outcome,
    OwnColumn,
    Returned,
    Saving,
    ValueChange,
)

INTROSPECTION = frozenset({"repr", "get_params"})
"""What shows a model rather than uses it."""

_ROWS = 5
_COLUMNS = 3
_NAME = 60
"""At most this many rows, columns and characters of a name are written."""


def with_own_tables(saving: Saving, observation: Observation) -> tuple[Saving, Observation] | None:
    """The outcomes for the table that each environment makes itself, in place of those recorded.

    Returns:
        None if both environments make the given table, so there is nothing else to compare.
    """
    if saving.own is None and observation.own is None:
        return None
    before, after = saving.outputs, observation.outputs
    warned, warns = saving.warnings, observation.warnings
    if saving.own is not None:
        before, warned = saving.own.outputs, saving.own.warnings
    if observation.own is not None:
        after, warns = observation.own.outputs, observation.own.warnings
    names = {
        name
        for name in before.keys() | after.keys()
        if name not in INTROSPECTION and not _only_the_writer_raised(name, before, after)
    }
    return (
        replace(saving, outputs=_only(names, before), warnings=warned),
        replace(observation, outputs=_only(names, after), warnings=warns, repeats={}, own=None),
    )


def _only_the_writer_raised(
    name: str, before: Mapping[str, Outcome], after: Mapping[str, Outcome]
) -> bool:
    """Whether a method raised for the writer's own table, so that there is nothing to compare."""
    return isinstance(before.get(name), Failure) and isinstance(after.get(name), Returned)


def _only(names: set[str], outputs: Mapping[str, Outcome]) -> dict[str, Outcome]:
    return {name: found for name, found in outputs.items() if name in names}


def words(saving: Saving, observation: Observation) -> str:
    """How the reader's own table differs from the writer's.

    Returns:
        ``with pandas 3.0.0: column city, rows 3, 8: None → nan``, for example; rows are counted
        from 0. A column without other missing values has its dtypes: ``object → str``.
    """
    own = observation.own
    made = "with another pandas" if own is None else f"with pandas {own.pandas}"
    columns = list(_columns(saving, observation))
    shown = "; ".join(columns[:_COLUMNS])
    left_out = len(columns) - len(columns[:_COLUMNS])
    left_out += 0 if own is None else own.columns_left_out
    more = f"; {left_out:,} more columns" if left_out else ""
    return f"{made}: {shown}{more}" if shown else made


def _columns(saving: Saving, observation: Observation) -> Iterator[str]:
    before = {} if saving.own is None else {one.name: one for one in saving.own.columns}
    after = {} if observation.own is None else {one.name: one for one in observation.own.columns}
    for name in dict.fromkeys([*before, *after]):
        text = _change(before.get(name), after.get(name))
        if text:
            yield f"column {name[:_NAME]}{text}"


def _change(before: OwnColumn | None, after: OwnColumn | None) -> str:
    """How one column differs; empty if it does not. A column that is None is as given."""
    old, new = before or after, after or before
    if old is None or new is None:
        return ""
    dtypes = (old.given if before is None else old.own, new.given if after is None else new.own)
    changes = _changes(
        () if before is None else before.changes, () if after is None else after.changes
    )
    parts = [f", {_places(rows, count)}: {old} → {new}" for old, new, rows, count in changes]
    if parts:
        return "".join(parts)
    return f": {dtypes[0]} → {dtypes[1]}" if dtypes[0] != dtypes[1] else ""


def _changes(
    before: tuple[ValueChange, ...], after: tuple[ValueChange, ...]
) -> list[tuple[str, str, tuple[int, ...], int]]:
    """Values before and after, their rows and number, from how both differ from the given rows."""
    old = {(one.given, one.rows): one for one in before}
    new = {(one.given, one.rows): one for one in after}
    found = []
    for given, rows in dict.fromkeys([*old, *new]):
        left, right = old.get((given, rows)), new.get((given, rows))
        pair = (given if left is None else left.own, given if right is None else right.own)
        count = max(one.count for one in (left, right) if one is not None)
        if pair[0] != pair[1]:
            found.append((*pair, rows, count))
    return found


def _places(rows: tuple[int, ...], count: int) -> str:
    shown = ", ".join(str(row) for row in rows[:_ROWS])
    more = count - len(rows[:_ROWS])
    return f"row{'s' * (count != 1)} {shown}" + (f" and {more:,} more" if more else "")
