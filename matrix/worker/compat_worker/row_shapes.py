"""Convert rows to the type that a model takes: DataFrame, array, sparse matrix, documents."""

from typing import Any, Callable, Dict, List

import numpy as np

from compat_worker import table_source
from compat_worker.input_model import InputModel

MAX_CODES = 100
"""Codes of categories that are made if a model keeps no categories."""

_NOT_A_TIME = -(2**63)

Shape = Callable[[InputModel, List[Any]], Any]


def candidate_shapes(known: InputModel) -> List[str]:
    """Names of the shapes that a model may take, the likeliest first."""
    if known.form == "texts":
        return ["texts", "tokens"]
    if known.form in ("dicts", "labels"):
        return [known.form, "sets"]
    if known.form == "sets":
        return ["label sets"]
    if known.places is not None:
        return ["sparse"]  # an array of all its features would take too much memory
    if known.named:
        return ["frame", "array", "objects"]
    tables = ["sparse", "array"] if known.sparse else ["array", "sparse"]
    return tables + ["single", "objects", "series", "numbered frame"]


def in_shape(shape: str, known: InputModel, values: List[Any]) -> Any:
    """Convert rows, given as a list of columns, to a shape.

    Raises:
        Exception: they cannot be converted.
    """
    return _SHAPES[shape](known, values)


def _frame(known: InputModel, values: List[Any]) -> Any:
    """The table that this environment's pandas makes of the values.

    A column of texts has the same type whichever of its rows are taken, also if all are missing.
    """
    table = table_source.natural(_plain_frame(known, values))
    if not table_source.joins_missing_texts():
        return table
    import pandas

    texts = [at for at, column in enumerate(known.columns) if column.is_text]
    if not texts:  # to put thousands of columns together takes half a second
        return table
    columns = [table.iloc[:, at] for at in range(table.shape[1])]
    for at in texts:
        if columns[at].isnull().all() and str(columns[at].dtype) == "object":
            columns[at] = columns[at].astype("str")
    made = pandas.concat(columns, axis=1)
    made.columns = table.columns
    return made


def plain_values(shape: str, known: InputModel, values: List[Any]) -> Any:
    """A table with the values as they are, if pandas makes other missing values of them here.

    Returns:
        None if the shape is no table, or the table holds the values as they are.
    """
    if _SHAPES[shape] is not _frame:
        return None
    plain, made = _plain_frame(known, values), _frame(known, values)
    same = all(
        made[name].dtype == plain[name].dtype
        for name in (plain.columns if plain.columns.is_unique else ())
    )
    return None if same else plain


def _plain_frame(known: InputModel, values: List[Any]) -> Any:
    import pandas

    columns = [
        pandas.Series(column, dtype=column.dtype)
        for column in map(_restore_types, known.columns, values)
    ]
    for place, column in enumerate(known.columns):
        if column.as_category:
            columns[place] = pandas.Series(_category(column, values[place]))
    frame = pandas.concat(columns, axis=1)
    frame.columns = known.names if known.named else list(range(len(values)))
    return frame


def _category(column: Any, values: Any) -> Any:
    """A column of pandas' category type; unknown values become missing."""
    import pandas

    known = list(column.categories or ())
    if not known:  # only the codes count: the model does not keep the categories
        values = np.floor(np.abs(np.asarray(values, dtype=np.float64)))
        known = list(range(int(np.nanmax(values, initial=0.0)) + 1))[:MAX_CODES]
    places: Dict[Any, int] = {}
    for place, value in enumerate(known):
        places.setdefault(value, place)
    codes = [places.get(value, -1) for value in values]
    return pandas.Categorical.from_codes(codes, np.array(known, dtype=object))


def _restore_types(column: Any, values: Any) -> Any:
    """Convert categories to bool, int64 or dates if the known categories have that type."""
    known = column.categories or ()
    if column.dates and all(isinstance(value, (int, float)) for value in values):
        whole_numbers = [_NOT_A_TIME if value != value else int(value) for value in values]
        return np.array(whole_numbers, dtype=np.int64).view("M8[ns]")
    if known and all(type(value) is bool for value in values):
        return values.astype(bool)
    whole = bool(known) and all(type(value) is int for value in known)
    if whole and values.dtype.kind == "f":
        # The same numbers whether or not a value is missing in another row of the column.
        return values.astype(np.int64) if np.isfinite(values).all() else np.trunc(values)
    return values


def _array(known: InputModel, values: List[Any]) -> Any:
    if any(column.dtype.kind == "O" for column in values):
        return _objects(known, values)
    return _matrix(values)


def _matrix(values: List[Any]) -> Any:
    """Columns of numbers as an array; many times faster than ``np.stack`` for many columns."""
    return np.ascontiguousarray(np.concatenate(values).reshape(len(values), -1).T)


def _single(known: InputModel, values: List[Any]) -> Any:
    return _matrix(values).astype(np.float32)


def _objects(known: InputModel, values: List[Any]) -> Any:
    return np.stack([column.astype(object) for column in values], axis=1)


def _sparse(known: InputModel, values: List[Any]) -> Any:
    from scipy import sparse

    found = sparse.csr_matrix(_matrix(values))
    if known.places is None:
        return found
    parts = found.data, known.places[found.indices], found.indptr
    return sparse.csr_matrix(parts, shape=(found.shape[0], known.width))


def _texts(known: InputModel, values: List[Any]) -> Any:
    return [str(value) for value in values[0]]


def _labels(known: InputModel, values: List[Any]) -> Any:
    return np.array(list(values[0]))


_SHAPES: Dict[str, Shape] = {
    "frame": _frame,
    "numbered frame": _frame,
    "array": _array,
    "single": _single,
    "objects": _objects,
    "sparse": _sparse,
    "series": lambda known, values: values[0] if len(values) == 1 else _array(known, values),
    "texts": _texts,
    "tokens": lambda known, values: [str(value).split() for value in values[0]],
    "dicts": lambda known, values: list(values[0]),
    "labels": _labels,
    "sets": lambda known, values: [(value,) for value in values[0]],
    "label sets": lambda known, values: [tuple(value) for value in values[0]],
}
