"""Rows with their evidence: made rows, or given rows and made ones where those raise the score."""

from collections import OrderedDict
from typing import Any, Callable, Dict, Optional

import numpy as np

from compat_worker import (
    evidence,
    input_model,
    machine_failures,
    mutation,
    row_making,
    table_source,
)
from compat_worker.row_making import MadeRows

ENOUGH = 0.9
"""Given rows with this mutation score need no made rows beside them."""

MOST_SCORED = 5000
"""Given rows that are scored, evenly spread; the others can only raise the score."""

MOST_POOL = 20000

MOST_POOL_OF_NEIGHBORS = 5000
"""For models that look through all rows that they keep."""

LoadModel = Callable[[], Any]


def of_made_rows(fresh: LoadModel, made: MadeRows, rows: Any, allowed: Any) -> Dict[str, Any]:
    """The evidence of made rows, as ``worker.py`` describes it.

    Args:
        fresh: loads the model.
        made: the rows with their kinds.
        rows: the same rows as readers decode them.
        allowed: the names that the model may look up while it is loaded.
    """
    random = input_model.RANDOM in made.kinds
    found = evidence.measure(fresh, rows, pool_of(made.n), allowed)
    found["by_source"] = {"random" if random else "model": made.n}
    return found


def of_given_rows(
    fresh: LoadModel, given: MadeRows, n: int, add: bool, allowed: Any, few: bool = False
) -> Any:
    """Given rows, with made rows added where these raise the score, and their evidence.

    Args:
        fresh: loads the model.
        given: the user's rows.
        n: about how many rows to make.
        add: whether rows may be added.
        allowed: the names that the model may look up while it is loaded.
        few: rows are added whatever the score is.

    Returns:
        ``(rows, evidence)``.
    """
    scored = _some(given.rows, given.n)
    found = evidence.measure(fresh, scored, pool_of(given.n), allowed)
    found["by_source"] = {"data": given.n}
    enough = not found["live"] or found["noticed"] >= ENOUGH * found["live"]
    if not add or (enough and not few):
        return given, found
    try:
        made = row_making.make_rows(fresh(), n)
        rows = appended(given.rows, made.rows)
    except (Exception, SystemExit) as error:
        machine_failures.raise_if_machine_failed(error)
        rows = None
    if rows is None:
        return given, found
    both = appended(scored, made.rows)
    more = evidence.measure(fresh, both, pool_of(given.n + made.n), allowed)
    better = more["live"] and more["noticed"] * found["live"] > found["noticed"] * more["live"]
    if not better and not few:
        return given, found
    random = input_model.RANDOM in made.kinds
    more["by_source"] = {"data": given.n, "random" if random else "model": made.n}
    kinds = OrderedDict(given.kinds)
    kinds.update(("made: " + kind, count) for kind, count in made.kinds.items())
    source = table_source.joined(given.source, given.rows, made.source, made.rows)
    return MadeRows(rows, kinds, {}, given.n + made.n, source), more


def pool_of(n: int) -> Callable[[Any], Any]:
    """What makes the rows of the pool for n rows, given a model; None if it cannot."""

    def make(model: Any) -> Any:
        try:
            near = hasattr(mutation.last_step(model), "kneighbors")
            many = min(evidence.POOL * n, MOST_POOL_OF_NEIGHBORS if near else MOST_POOL)
            return row_making.make_rows(model, many, evidence.POOL * 100, seed=1).rows
        except (Exception, SystemExit) as error:
            machine_failures.raise_if_machine_failed(error)
            return None

    return make


def _some(rows: Any, n: int) -> Any:
    if n <= MOST_SCORED:
        return rows
    chosen = np.unique(np.linspace(0, n - 1, MOST_SCORED).astype(int))
    if hasattr(rows, "iloc"):
        return rows.iloc[chosen].reset_index(drop=True)
    return [rows[place] for place in chosen] if isinstance(rows, list) else rows[chosen]


def appended(given: Any, made: Any) -> Optional[Any]:
    """Both one after the other, the given rows as they are; None if their types do not fit."""
    if isinstance(given, list) and isinstance(made, list):
        return given + made if type(given[0]) is type(made[0]) else None
    if hasattr(given, "iloc") and hasattr(made, "iloc"):
        import pandas

        if list(given.columns) != list(made.columns):
            return None
        cast = made.astype(dict(given.dtypes.items()))
        joined = pandas.concat([given, cast], ignore_index=True)
        return joined if list(joined.dtypes) == list(given.dtypes) else None
    if hasattr(given, "tocsr") and hasattr(made, "tocsr"):
        from scipy import sparse

        if given.shape[1] != made.shape[1]:
            return None
        return sparse.vstack([given, made.astype(given.dtype)], format=given.format)
    if isinstance(given, np.ndarray) and isinstance(made, np.ndarray):
        return _appended_arrays(given, made)
    return None


def _appended_arrays(given: Any, made: Any) -> Optional[Any]:
    if given.ndim != made.ndim or given.shape[1:] != made.shape[1:]:
        return None
    if given.dtype.kind == "O":
        return np.concatenate([given, made.astype(object)])
    if given.dtype.kind not in "iuf" or made.dtype.kind not in "iuf":
        return None
    with np.errstate(all="ignore"):
        cast = made.astype(given.dtype)
    if given.dtype.kind in "iu" and not np.array_equal(cast, made):
        return None  # they are not all whole numbers
    return np.concatenate([given, cast])
