"""The table that the pandas of this environment makes of the same CSV file or plain values.

Rows are handed from environment to environment as identical objects. A user's program hands over
nothing: it makes a table anew with the pandas at hand. pandas 3 makes other columns of texts than
pandas 2 (``str`` in place of ``object``, NaN in place of None), and from pandas 2 on the word
``None`` in a CSV file is a missing value.
"""

import copy
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple

import numpy as np

from compat_worker import machine_failures, table_source
from compat_worker.observe import SeenWarnings

MAX_COLUMNS = 20
MAX_ROWS = 20
MAX_NAME_LENGTH = 200
MAX_VALUE_LENGTH = 60
MAX_KINDS = 16
"""Kinds of changed values that are described one by one; the last is for all others."""

Call = Callable[[Any, SeenWarnings], Dict[str, Any]]
"""Calls the methods with some rows; gives their outcomes."""


class NaturalTable(NamedTuple):
    """The rows as this environment's pandas makes them."""

    rows: Any
    columns: List[Dict[str, Any]]
    """The columns that differ from the given rows, as ``worker.py`` describes them."""


def make(rows: Any, source: Optional[bytes] = None) -> Optional[NaturalTable]:
    """The table that pandas makes of what some rows were made of.

    Args:
        rows: as another environment made them, decoded.
        source: what they were made of (``table_source``); None for the plain values of the rows.

    Returns:
        None if the rows are no pandas object, or pandas makes the same of them.
    """
    if type(rows).__module__.split(".")[0] != "pandas" or not hasattr(rows, "iloc"):
        return None
    is_frame = hasattr(rows, "columns")
    given = [rows.iloc[:, at] for at in range(rows.shape[1])] if is_frame else [rows]
    table = _of_source(source) if is_frame else None
    if table is None:
        made = [table_source.natural_column(column) for column in given]
    else:
        made = [table.iloc[:, at] for at in range(table.shape[1])]
    differing = [at for at, column in enumerate(made) if not _is_same(given[at], column)]
    if not differing:
        return None
    columns = [_describe(given[at], made[at]) for at in differing]
    if not is_frame:
        return NaturalTable(made[0], columns)
    if table is not None:
        return NaturalTable(table, columns)
    import pandas

    frame = pandas.concat(made, axis=1)
    frame.columns = rows.columns
    return NaturalTable(frame, columns)


def _of_source(source: Optional[bytes]) -> Any:
    """The table of a source; None without one, or if pandas cannot make it here."""
    if source is None:
        return None
    try:
        return table_source.build(source)
    except Exception as error:
        machine_failures.raise_if_machine_failed(error)
        return None


def outcomes(
    rows: Any, call: Call, on_stage: Callable[[str], None], source: Optional[bytes] = None
) -> Dict[str, Any]:
    """What the methods return for the table of this environment.

    Args:
        rows: as another environment made them, decoded.
        source: what they were made of; None for their plain values.
        call: calls the methods.
        on_stage: called with the name of each stage as it begins.

    Returns:
        ``own`` of an answer, as ``worker.py`` describes it; empty if the table is the given one.
    """
    table = make(rows, source)
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


def _is_same(given: Any, made: Any) -> bool:
    """Whether a column is the given one: of the same type, with the same objects."""
    if given is made:
        return True
    if len(given) != len(made) or _dtype(given) != _dtype(made):
        return False
    if str(given.dtype) == "category" and list(given.cat.categories) != list(made.cat.categories):
        return False
    if isinstance(given.dtype, np.dtype) and given.dtype.kind in "biufM":
        return bool(np.array_equal(_bits(given), _bits(made)))
    return not any(one != other for one, other in zip(_marks(given), _marks(made)))


def _bits(column: Any) -> Any:
    """The values of a column of numbers or dates as whole numbers; all NaN are one."""
    values = np.asarray(column.values)
    if values.dtype.kind != "f":
        return values.view("i8") if values.dtype.kind == "M" else values
    return np.where(np.isnan(values), np.nan, values).view("i{}".format(values.dtype.itemsize))


def _describe(given: Any, made: Any) -> Dict[str, Any]:
    rows: Dict[Tuple[str, str], List[int]] = {}
    for row, (before, after) in enumerate(zip(_marks(given), _marks(made))):
        if before != after:
            pair = (_shown(before), _shown(after))
            known = pair in rows or len(rows) < MAX_KINDS - 1
            rows.setdefault(pair if known else ("…", "…"), []).append(row)
    return {
        "name": str(given.name)[:MAX_NAME_LENGTH],
        "given": _dtype(given),
        "own": _dtype(made),
        "changes": [
            {"given": before, "own": after, "rows": places[:MAX_ROWS], "count": len(places)}
            for (before, after), places in rows.items()
        ],
    }


def _dtype(column: Any) -> str:
    if str(column.dtype) == "category":
        return "category of {}".format(column.cat.categories.dtype)[:MAX_NAME_LENGTH]
    return str(column.dtype)[:MAX_NAME_LENGTH]


Mark = Tuple[str, Any]
"""The kind of a missing value, or the type of another value with the value."""


def _marks(column: Any) -> List[Mark]:
    return [_mark(value) for value in column.tolist()]


def _mark(value: Any) -> Mark:
    if value is None:
        return "None", None
    if isinstance(value, float) and value != value:
        return "nan", None
    if type(value).__name__ in ("NAType", "NaTType"):
        return str(value), None
    return "", (type(value).__name__, value)


def _shown(mark: Mark) -> str:
    return mark[0] or repr(mark[1][1])[:MAX_VALUE_LENGTH]
