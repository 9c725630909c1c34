"""Columns of a converted model, followed through what it computes of one column alone."""

from typing import Any, List, NamedTuple, Optional

import numpy as np

from compat_worker import input_model
from compat_worker.float_search import FloatFunction, last_at_most, next_after
from compat_worker.input_model import Column

MAX_STORED = 40
"""Thresholds of a column, and rows in the model of one kind, that are taken, at most."""


class Traced(NamedTuple):
    """A value of each row inside a model that depends on one column alone."""

    column: Column
    place: int
    """The position of the column."""
    dtype: Any
    """Of the input: numpy's single or double precision."""
    forward: Optional[FloatFunction] = None
    """From values of the column to values here; None for the identity."""

    def then(self, function: FloatFunction) -> "Traced":
        """What a function makes of this value."""
        before = self.forward
        if before is None:
            return self._replace(forward=function)
        return self._replace(forward=lambda values: function(before(values)))

    def below(self, values: Any) -> Any:
        """The last values of the column for which the value here is at most each of some."""
        return last_at_most(self.forward, values, self.dtype)

    def above(self, below: Any) -> Any:
        """The next values of the column."""
        return next_after(below, self.dtype)


def add_cuts(one: Optional[Traced], values: Any, kind: str) -> None:
    """Add the last values of a column up to some values here, and the first ones behind them."""
    if one is None or not len(values):
        return
    below = np.unique(one.below(np.asarray(values, dtype=np.float64)))
    below = below[np.isfinite(below)]
    some = below[:: max(1, -(-len(below) // MAX_STORED))]
    for pair in zip(some.tolist(), one.above(some).tolist()):
        one.column.add_special(kind, *pair)
        one.column.cuts.append(pair[0])


def add_categories(column: Column, known: List[Any]) -> None:
    """Add the categories of a column that are of its type, and one that it does not have."""
    texts = not column.numeric
    known = [value for value in known if isinstance(value, str) == texts]
    column.categories = list(dict.fromkeys([*(column.categories or []), *known]))
    for value in known:
        column.add_special(input_model.CATEGORY, value)
    column.add_special(input_model.UNSEEN, "never seen" if texts else 987654.0)
