"""The table that the pandas of an environment makes of the plain values of the rows."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class ValueChange:
    """Values of a column that are another object in an environment's own table."""

    given: str
    """``None``, ``nan``, ``<NA>``, ``NaT``, or the value as Python writes it."""
    own: str
    rows: tuple[int, ...]
    """The first of the rows, counted from 0."""
    count: int
    """The number of all such rows."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnColumn:
    """A column that an environment's pandas makes differently from the given rows."""

    name: str
    given: str
    """The dtype of the column in the given rows."""
    own: str
    """Its dtype in the environment's own table."""
    changes: tuple[ValueChange, ...] = ()
    """By kind of change."""
