"""The inferred input of a fitted model, column by column.

:mod:`compat_worker.feature_inference` builds it, :mod:`compat_worker.probe_rows` makes rows of it.
"""

from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

import numpy as np

# Kinds of rows, worded to follow a number in reports: "12 next to a tree threshold".
PLAIN = "within the range of each feature"
RANDOM = "drawn at random: nothing is known of these features"
LEAF = "in leaves of the trees"
WIDER = "drawn at random in a wider range"
THRESHOLD = "next to a tree threshold"
EDGE = "at a bin edge or spline knot"
END = "at an end of a feature's range"
CATEGORY = "with a known category"
UNSEEN = "with an unseen category"
TEXT = "with a text"
DATE = "with a date"
MISSING = "with a missing value"
SEVERAL_MISSING = "with several missing values"
SPARSE = "with as few values that are not zero as the rows in the model"
STORED = "stored in the model"
BETWEEN = "between rows stored in the model"
BETWEEN_SPARSE = "between two of the sparse rows in the model"
CENTRE = "beside a centre that the model stores"
BETWEEN_CENTRES = "between centres that the model stores"
DECISION = "next to a decision boundary"
OUTLIER = "with far outliers"
ZERO = "all zeros"
NEGATIVE = "with negative values"

Undo = Optional[Callable[[Any], Any]]


class Column:
    """One column of the rows, with the facts that the steps of the model store about it."""

    def __init__(self, name: Any = None) -> None:
        self.name = name
        self.centre: Optional[float] = None
        self.spread = 1.0
        self.cuts: List[float] = []
        """Values at which the output may change: thresholds, edges, ends of ranges."""
        self.specials: Dict[str, List[Tuple[Any, ...]]] = {}
        """By kind of row, groups of values; each value of a group is put into one made row."""
        self.categories: Optional[List[Any]] = None
        self.learned: Any = None
        """What tells whether the model has learned a text of it (``catboost_categories``), where
        :attr:`categories` are not those of the model."""
        self.words: Optional[List[str]] = None
        """The vocabulary, for a column of documents."""
        self.counts = False
        """It holds counts: whole numbers from 0 up, many of them zero."""
        self.whole = False
        """All its values in the stored rows are whole numbers."""
        self.numeric = False
        """A step computes with its values, so they must be numbers."""
        self.as_category = False
        """It had pandas' category type in training."""
        self.dates = False
        """It holds dates: its categories are."""
        self.certain = False
        """A step whose input it is for certain has stored something about its numbers."""

    def add_special(self, kind: str, *values: Any) -> None:
        """Add a group of values to :attr:`specials`, unless it is there."""
        groups = self.specials.setdefault(kind, [])
        if values not in groups:
            groups.append(values)

    @property
    def is_known(self) -> bool:
        """Whether anything is known of its values."""
        return not (self.is_simple and self.centre is None)

    @property
    def is_simple(self) -> bool:
        """Whether only its centre and spread are known."""
        return (
            not (self.cuts or self.categories or self.counts or self.whole) and self.words is None
        )

    @property
    def is_text(self) -> bool:
        """Whether it holds strings: documents, or categories that are strings."""
        if self.words is not None:
            return True
        return any(isinstance(value, (str, bytes)) for value in self.categories or ())


class Feature:
    """An input of a step inside the model: a column of the rows, and the transform back to it."""

    def __init__(self, column: Column, undo: Undo = None, assumed: bool = False) -> None:
        self.column = column
        self.assumed = assumed
        """A step of unknown code stands before: that it leaves the column in place is assumed."""
        self.undo = undo
        """From values that the step sees to values of the column; None for the identity."""

    def to_column(self, values: Any) -> Any:
        """Values of the column, from values that the step sees."""
        values = np.asarray(values, dtype=np.float64)
        return values if self.undo is None else self.undo(values)

    def set_span(self, centre: float, spread: float) -> None:
        """Set centre and spread of the column, unless an earlier step has set them."""
        self.column.certain |= not self.assumed
        if self.column.centre is not None:
            return
        middle, above = self.to_column([centre, centre + spread])
        if np.isfinite(middle) and np.isfinite(above):
            self.column.centre = float(middle)
            self.column.spread = float(abs(above - middle)) or 1.0

    def add_cuts(self, kind: str, below: Sequence[float], above: Sequence[float]) -> None:
        """Add values at which the output may change: the last before and the first after each."""
        self.column.certain |= not self.assumed
        for pair in zip(self.to_column(below).tolist(), self.to_column(above).tolist()):
            if np.isfinite(pair).all():
                self.column.add_special(kind, *pair)
                self.column.cuts.append(pair[0])


Space = List[Optional[Feature]]
"""The inputs of a step in order; None for one that cannot be traced back to a single column."""


def feature_at(space: Space, place: int) -> Optional[Feature]:
    """An input of a step by position; None if it cannot be traced back to a column."""
    return space[place] if 0 <= place < len(space) else None


def names_of(space: Space) -> List[Any]:
    """The names of the columns of the rows that the inputs of a step come from; None for others."""
    return [None if one is None else one.column.name for one in space]


class InputModel:
    """The rows that a model takes, as far as they could be inferred."""

    def __init__(self, columns: List[Column], form: str, named: bool) -> None:
        self.columns = columns
        self.form = form
        """``table``, ``texts``, ``dicts`` or ``labels``."""
        self.named = named
        """It was fitted on columns with names."""
        self.assumed = False
        """The columns are those of a later step: what the first step takes is unknown."""
        self.sparse = False
        self.width: Optional[int] = None
        """The number of features of a very wide model; :attr:`places` has those of the columns."""
        self.places: Any = None
        """By column, the position of its feature, ascending; None if all features have columns."""
        self.filled: Optional[float] = None
        """The mean number of values that are not zero in a row, of a model with sparse rows."""
        self.trees: List[Any] = []
        """The trees in the model that compare columns (``coverage_rows.ColumnTree``)."""
        self.neighbors: List[Dict[int, Any]] = []
        """All rows that models of neighbours keep: by position of the column, its values."""
        self.seen: Dict[int, Any] = {}
        """Estimators whose trees are in :attr:`trees`, by id."""
        self.stored: List[Dict[int, Any]] = []
        """Groups of rows that the model stores: by position of the column, its values."""
        self.centres: List[Dict[int, Any]] = []
        """Groups of rows beside centres to which the model measures distances, in the same form."""

    @property
    def names(self) -> Optional[List[Any]]:
        """The names of the columns; None if they have none."""
        return [column.name for column in self.columns] if self.named else None

    def store_rows(self, space: Space, rows: Any, *, centres: bool) -> None:
        """Add rows as a step sees them; features that cannot be traced back are left out.

        Args:
            space: the inputs of the step.
            rows: an array with a column for each input.
            centres: whether the rows lie beside centres, and are not those that the model stores.
        """
        place = {id(column): position for position, column in enumerate(self.columns)}
        found = {}
        for feature, values in zip(space, np.asarray(rows, dtype=np.float64).T):
            if feature is not None:
                found[place[id(feature.column)]] = feature.to_column(values)
        if found:
            (self.centres if centres else self.stored).append(found)

    def forget_numbers(self, place: int) -> None:
        """Remove what steps have stored about the numbers of a column, because it holds none."""
        self.trees = [tree for tree in self.trees if not (tree.columns == place).any()]
        for rows in (self.stored, self.centres, self.neighbors):
            for group in rows:
                group.pop(place, None)
            rows[:] = [group for group in rows if group]
