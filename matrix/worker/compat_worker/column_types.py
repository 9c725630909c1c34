"""The types of the columns of a table: what the model was fitted on, or what the user says.

A CSV file has no types. pandas guesses them from the text, so ``01`` becomes the number 1 although
the model may have been fitted on the text ``01``.
"""

from typing import Any, Dict, List, NamedTuple, Optional, Sequence

import numpy as np

from compat_worker.input_model import Column
from compat_worker.user_error import UserError

AS_READ = "as read"
"""As pandas guesses it."""
TEXT = "text"
"""As it is written in the file."""
SHOWN = "shown"
"""As pandas guesses it, then as text: 1 and a missing value become ``1.0`` and NaN."""
NUMBER = "number"
BOOLEAN = "boolean"
CATEGORY = "category"
DATE = "date"

NAMES = {
    "text": TEXT,
    "str": TEXT,
    "string": TEXT,
    "object": TEXT,
    "number": NUMBER,
    "bool": BOOLEAN,
    "boolean": BOOLEAN,
    "category": CATEGORY,
    "date": DATE,
    "datetime": DATE,
    "datetime64[ns]": DATE,
}
"""The names that ``--dtypes`` takes beside those of numpy's numbers, such as ``int32``."""

_TRUE, _FALSE = ("true", "1", "1.0", "yes"), ("false", "0", "0.0", "no")


def is_truth(text: str) -> bool:
    """Whether a text is one of the words for true and false that are no numbers."""
    word = text.strip().lower()
    return word in _TRUE + _FALSE and not word[:1].isdigit()


class ColumnType(NamedTuple):
    """The type of one column."""

    kind: str
    dtype: Optional[str] = None
    """The exact type of a number; None for the one that pandas guesses."""
    categories: Optional[List[Any]] = None
    """All categories in their order; None for those in the data, sorted."""

    @property
    def is_read_as_text(self) -> bool:
        """Whether the characters in the file count, not the number that they may be."""
        if self.kind == CATEGORY:
            return bool(self.categories) and all(isinstance(x, str) for x in self.categories or ())
        return self.kind == TEXT


def of_model(column: Column) -> ColumnType:
    """The type that a column had when the model was fitted, as far as the model shows it."""
    if column.as_category:
        return ColumnType(CATEGORY, categories=column.categories)
    if column.is_text:
        return ColumnType(TEXT)
    if column.dates:
        return ColumnType(DATE)
    return ColumnType(AS_READ)


def given(types: Dict[str, Any]) -> Dict[str, ColumnType]:
    """The types that the user gives, by column.

    Args:
        types: by column a name, or a list of the categories in their order.
    """
    return {name: _given(name, one) for name, one in types.items()}


def _given(column: str, found: Any) -> ColumnType:
    if isinstance(found, list):
        return ColumnType(CATEGORY, categories=found)
    if found in NAMES:
        return ColumnType(NAMES[found])
    try:
        dtype = np.dtype(found.lower())
    except (TypeError, AttributeError):
        dtype = None
    if dtype is None or dtype.kind not in "iuf":
        raise UserError(
            "--dtypes: {!r} is not a type for the column {!r}; the types are {}, numbers such as "
            "int64 or float32, and a list of categories".format(
                str(found)[:40], column, ", ".join(sorted(set(NAMES)))
            )
        )
    return ColumnType(NUMBER, dtype=dtype.name)


def converted(column: Any, wanted: ColumnType) -> Any:
    """A column of a table in a type; missing values stay missing.

    Args:
        column: a Series, read with ``dtype=str`` if :attr:`ColumnType.is_read_as_text`.
        wanted: the type.

    Raises:
        ValueError: a value does not fit the type; the message names it.
    """
    return _CONVERTERS[wanted.kind](column, wanted)


def _as_text(column: Any, wanted: ColumnType) -> Any:
    values = column.tolist()
    if all(isinstance(value, str) for value in values):
        return column
    missing = column.isnull().tolist()
    if all(gone or isinstance(value, str) for value, gone in zip(values, missing)):
        return column
    texts = [value if gone else str(value) for value, gone in zip(values, missing)]
    return _series(texts, column, object)


def _as_number(column: Any, wanted: ColumnType) -> Any:
    import pandas

    made = pandas.to_numeric(column)
    if wanted.dtype is None:
        return made
    if np.dtype(wanted.dtype).kind in "iu" and made.isnull().any():
        row = int(np.flatnonzero(np.asarray(made.isnull()))[0]) + 1
        raise ValueError(
            "a missing value in row {} is no {}; write float64".format(row, wanted.dtype)
        )
    return made.astype(wanted.dtype)


def _as_boolean(column: Any, wanted: ColumnType) -> Any:
    values: List[Any] = []
    missing = column.isnull().tolist()
    for row, (value, gone) in enumerate(zip(column.tolist(), missing), start=1):
        text = str(value).strip().lower()
        if gone or text in _TRUE + _FALSE:
            values.append(np.nan if gone else text in _TRUE)
        else:
            raise ValueError("{!r} in row {} is neither true nor false".format(text[:40], row))
    return _series(values, column, object if any(missing) else bool)


def _as_category(column: Any, wanted: ColumnType) -> Any:
    import pandas

    made = pandas.Categorical(column, categories=wanted.categories)
    return pandas.Series(made, index=column.index, name=column.name)


def _as_date(column: Any, wanted: ColumnType) -> Any:
    import pandas

    return pandas.to_datetime(column)


_CONVERTERS = {
    AS_READ: lambda column, wanted: column,
    TEXT: _as_text,
    SHOWN: _as_text,
    NUMBER: _as_number,
    BOOLEAN: _as_boolean,
    CATEGORY: _as_category,
    DATE: _as_date,
}


def _series(values: Sequence[Any], like: Any, dtype: Any) -> Any:
    import pandas

    return pandas.Series(values, index=like.index, name=like.name, dtype=dtype)


def fits_better_as_shown(column: Any, read: Any, categories: Sequence[Any]) -> bool:
    """Whether a column of numbers was turned into text by the program that fitted the model.

    Args:
        column: the column as it is written in the file.
        read: the same column as pandas guesses it.
        categories: the texts that the model knows.
    """
    known = set(categories)
    written = sum(value in known for value in column.tolist())
    shown = sum(
        str(value) in known
        for value, gone in zip(read.tolist(), read.isnull().tolist())
        if not gone
    )
    return shown > written
