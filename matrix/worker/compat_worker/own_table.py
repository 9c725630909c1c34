"""The table that the pandas of this environment makes of the same plain values.

Rows are handed from environment to environment as identical objects. A user's program hands over
nothing: it makes a table anew with the pandas at hand, and pandas 3 makes other columns of texts
than pandas 2 (``str`` in place of ``object``, NaN in place of None).
"""

import copy
from typing import Any, Callable, Dict, Iterable, List, NamedTuple, Optional, Tuple

from compat_worker import machine_failures
from compat_worker.observe import SeenWarnings

MAX_COLUMNS = 20
MAX_ROWS = 20
MAX_NAME_LENGTH = 200

Call = Callable[[Any, SeenWarnings], Dict[str, Any]]
"""Calls the methods with some rows; gives their outcomes."""


class NaturalTable(NamedTuple):
    """The rows as this environment's pandas makes them."""

    rows: Any
    columns: List[Dict[str, Any]]
    """The columns that differ from the given rows, as ``worker.py`` describes them."""


def make(rows: Any) -> Optional[NaturalTable]:
    """The table that pandas makes of the plain values of some rows.

    Args:
        rows: as another environment made them, decoded.

    Returns:
        None if the rows are no pandas object, or pandas makes the same of them.
    """
    if type(rows).__module__.split(".")[0] != "pandas" or not hasattr(rows, "iloc"):
        return None
    is_frame = hasattr(rows, "columns")
    given = [rows.iloc[:, at] for at in range(rows.shape[1])] if is_frame else [rows]
    made = [_natural(column) for column in given]
    differing = [at for at, column in enumerate(made) if column is not given[at]]
    if not differing:
        return None
    columns = [_describe(given[at], made[at]) for at in differing]
    if not is_frame:
        return NaturalTable(made[0], columns)
    import pandas

    frame = pandas.concat(made, axis=1)
    frame.columns = rows.columns
    return NaturalTable(frame, columns)


def outcomes(rows: Any, call: Call, on_stage: Callable[[str], None]) -> Dict[str, Any]:
    """What the methods return for the table of this environment.

    Args:
        rows: as another environment made them, decoded.
        call: calls the methods.
        on_stage: called with the name of each stage as it begins.

    Returns:
        ``own`` of an answer, as ``worker.py`` describes it; empty if the table is the given one.
    """
    table = make(rows)
    if table is None:
        return {}
    import pandas

    seen = SeenWarnings(on_stage)
    own = {
        "pandas": str(pandas.__version__),
        "columns": table.columns[:MAX_COLUMNS],
        "columns_left_out": max(0, len(table.columns) - MAX_COLUMNS),
        "outputs": call(table.rows, seen),
        "warnings": seen.warnings,
    }
    return {"own": own}


def copied(model: Any) -> Any:
    """A copy of a fitted model, whose random state has not advanced; itself if it has none."""
    try:
        return copy.deepcopy(model)
    except Exception as error:
        machine_failures.raise_if_machine_failed(error)
        return model


def _natural(column: Any) -> Any:
    """A column as pandas makes it of a list of its values; the given one if it is the same."""
    import pandas

    if str(column.dtype) == "category":
        return _natural_category(column)
    if str(column.dtype) != "object":
        return column
    values = column.tolist()
    if not any(isinstance(value, str) for value in values):
        return column  # no text: nothing that releases of pandas disagree about
    made = pandas.Series(values, index=column.index, name=column.name)
    same = str(made.dtype) == "object" and all(
        _marker(one) == _marker(other) for one, other in zip(values, made.tolist())
    )
    return column if same else made


def _natural_category(column: Any) -> Any:
    import pandas

    names = column.cat.categories.tolist()
    if not any(isinstance(name, str) for name in names):
        return column
    made = pandas.Index(names)
    if str(made.dtype) == str(column.cat.categories.dtype):
        return column
    values = pandas.Categorical.from_codes(column.cat.codes, made, ordered=column.cat.ordered)
    return pandas.Series(values, index=column.index, name=column.name)


def _describe(given: Any, made: Any) -> Dict[str, Any]:
    rows: Dict[Tuple[str, str], List[int]] = {}
    for row, pair in enumerate(zip(_markers(given.tolist()), _markers(made.tolist()))):
        if pair[0] != pair[1]:
            rows.setdefault(pair, []).append(row)
    return {
        "name": str(given.name)[:MAX_NAME_LENGTH],
        "given": _dtype(given),
        "own": _dtype(made),
        "missing": [
            {"given": before, "own": after, "rows": places[:MAX_ROWS], "count": len(places)}
            for (before, after), places in sorted(rows.items())
        ],
    }


def _dtype(column: Any) -> str:
    if str(column.dtype) == "category":
        return "category of {}".format(column.cat.categories.dtype)[:MAX_NAME_LENGTH]
    return str(column.dtype)[:MAX_NAME_LENGTH]


def _markers(values: Iterable[Any]) -> List[str]:
    return [_marker(value) for value in values]


def _marker(value: Any) -> str:
    """How a missing value is written; empty for any other value."""
    if value is None:
        return "None"
    if isinstance(value, float) and value != value:
        return "nan"
    if type(value).__name__ in ("NAType", "NaTType"):
        return str(value)
    return ""
