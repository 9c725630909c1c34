"""What a fitted model knows of the rows it takes, column by column.

:mod:`compat_worker.feature_inference` fills these in,
:mod:`compat_worker.probe_rows` makes rows of them.
"""

from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

import numpy as np

PLAIN = "drawn from what the model knows of each feature"
THRESHOLD = "on either side of a threshold of a tree"
EDGE = "on an edge of a bin or knot"
END = "at an end of a known range"
CATEGORY = "a known category"
UNSEEN = "an unseen category"
MISSING = "a missing value"
SEVERAL_MISSING = "several missing values"
STORED = "rows that the model keeps"
BETWEEN = "between rows that the model keeps"
DECISION = "on either side of a decision of the model"
OUTLIER = "far outliers"
ZERO = "zeros"
NEGATIVE = "negative values"

Undo = Optional[Callable[[Any], Any]]


class Column:
    """One column of the rows: what steps of the model know of it."""

    def __init__(self, name: Any = None) -> None:
        self.name = name
        self.centre: Optional[float] = None
        self.spread = 1.0
        self.cuts: List[float] = []
        """Where the model changes its mind: thresholds, edges, ends."""
        self.specials: Dict[str, List[Tuple[Any, ...]]] = {}
        """By kind, groups of values to be tried on the same row."""
        self.categories: Optional[List[Any]] = None
        self.words: Optional[List[str]] = None
        """Of documents: the vocabulary."""
        self.counts = False
        """It holds counts: whole numbers, none negative, many of them zero."""
        self.whole = False
        """All values that are kept of it are whole numbers."""
        self.numeric = False
        """A step takes it as it is and computes with it."""
        self.as_category = False
        """It was of the category type of pandas."""

    def special(self, kind: str, *values: Any) -> None:
        """Add values to try."""
        groups = self.specials.setdefault(kind, [])
        if values not in groups:
            groups.append(values)

    @property
    def is_simple(self) -> bool:
        """Whether nothing is known of it but where most of its values are."""
        return (
            not (self.cuts or self.categories or self.counts or self.whole) and self.words is None
        )

    @property
    def is_text(self) -> bool:
        """Whether it holds texts: documents, or categories that are no numbers."""
        if self.words is not None:
            return True
        return any(isinstance(value, (str, bytes)) for value in self.categories or ())


class Feature:
    """An input of a step inside the model: a column of the rows, and the way back to it."""

    def __init__(self, column: Column, undo: Undo = None) -> None:
        self.column = column
        self.undo = undo
        """From values as the step sees them to values of the column; None if they are the same."""

    def back(self, values: Any) -> Any:
        """Values of the column, from values as the step sees them."""
        values = np.asarray(values, dtype=np.float64)
        return values if self.undo is None else self.undo(values)

    def spans(self, centre: float, spread: float) -> None:
        """Say where most of the values are; what is said first, nearer to the rows, holds."""
        if self.column.centre is not None:
            return
        middle, above = self.back([centre, centre + spread])
        if np.isfinite(middle) and np.isfinite(above):
            self.column.centre = float(middle)
            self.column.spread = float(abs(above - middle)) or 1.0

    def cut(self, kind: str, below: Sequence[float], above: Sequence[float]) -> None:
        """Say where the model changes its mind: the last values before, the first after."""
        for pair in zip(self.back(below).tolist(), self.back(above).tolist()):
            if np.isfinite(pair).all():
                self.column.special(kind, *pair)
                self.column.cuts.append(pair[0])


Space = List[Optional[Feature]]
"""The inputs of a step, in their order; None for one that has no way back to a single column."""


def feature_at(space: Space, place: int) -> Optional[Feature]:
    """An input of a step by its position; None if it has no way back."""
    return space[place] if 0 <= place < len(space) else None


class InputModel:
    """All that a model knows of its rows."""

    def __init__(self, columns: List[Column], form: str, named: bool) -> None:
        self.columns = columns
        self.form = form
        """``table``, ``texts``, ``dicts`` or ``labels``."""
        self.named = named
        """It was fitted on columns with names."""
        self.sparse = False
        self.kept: List[Dict[int, Any]] = []
        """Groups of rows that the model keeps: by position of the column, its values."""

    @property
    def names(self) -> Optional[List[Any]]:
        """Of the columns; None if they have none."""
        return [column.name for column in self.columns] if self.named else None

    def keep(self, space: Space, rows: Any) -> None:
        """Add rows as a step sees them; features without a way back are left to chance."""
        place = {id(column): position for position, column in enumerate(self.columns)}
        found = {}
        for feature, values in zip(space, np.asarray(rows, dtype=np.float64).T):
            if feature is not None:
                found[place[id(feature.column)]] = feature.back(values)
        if found:
            self.kept.append(found)
