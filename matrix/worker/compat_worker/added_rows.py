"""Rows that a writer adds to the declared rows of a pipeline: where its fitted model decides.

The declared rows come from the data alone. They hardly ever lie next to a threshold of a tree, or
near one certain row that a model of neighbours keeps. The added rows do. They have the type of the
declared rows, stay within the range of the data, column by column, and have no missing values and
no unseen categories, so that a release accepts them if it accepts the declared rows.
"""

import warnings
from typing import Any, Callable, List, Optional

import numpy as np

from compat_worker import (
    coverage_rows,
    evidence_rows,
    feature_inference,
    input_model,
    machine_failures,
    own_table,
    probe_rows,
    row_shapes,
)
from compat_worker.input_model import InputModel
from compat_worker.row_block import RowBlock, Values

MOST = 250
"""Added rows of each kind, at most."""

DECISIONS = 40
"""Added rows next to a decision boundary, about."""

_LEFT_OUT = (input_model.MISSING, input_model.UNSEEN)


def add(model: Any, trained: Any, declared: Any, names: List[str], call: Callable[..., Any]) -> Any:
    """The declared rows, and rows where the model decides after them.

    Args:
        model: a fitted estimator; methods are called on a copy.
        trained: the rows that it was fitted on.
        declared: the declared rows.
        names: the methods that are going to be called.
        call: calls a method: ``call(model, name, rows)``.

    Returns:
        ``(rows, n_added)``; the declared rows and 0 if none can be added.
    """
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            return _add(model, trained, declared, names, call)
        except (Exception, SystemExit) as error:
            machine_failures.raise_if_machine_failed(error)
            return declared, 0


def _add(
    model: Any, trained: Any, declared: Any, names: List[str], call: Callable[..., Any]
) -> Any:
    known = feature_inference.infer(model)
    shape = _shape(declared)
    if known is None or known.form != ("texts" if shape == "texts" else "table") or not shape:
        return declared, 0
    given = _columns(declared)
    if len(given) != len(known.columns):
        return declared, 0
    limits = _limits(given, _columns(trained) if _shape(trained) == shape else given)
    for column, values in zip(known.columns, given):
        column.whole = column.whole or _is_whole(values)
    blocks = _blocks(known)

    def rows_of(values: Values) -> Any:
        kept = [_within(*one) for one in zip(values, limits, map(_is_whole, given))]
        return row_shapes.in_shape(shape, known, kept)

    def labels(values: Values) -> Any:
        return np.asarray(call(model, "predict", rows_of(values)))

    decides = _decides(known, names)
    # A copy, whose random state may advance; none before, because copying a model may fail badly.
    if decides or any(map(len, blocks)):
        model = own_table.copied(model)
    if decides:
        single = shape == "single"
        steps = probe_rows.BISECTIONS_SINGLE if single else probe_rows.BISECTIONS
        found = _decisions(known, labels, blocks, steps)
        blocks += [] if found is None else [found]
    blocks = [block for block in blocks if len(block)]
    if not blocks:
        return declared, 0
    added = rows_of(probe_rows.concatenated(blocks))
    if not _accepted(model, declared, added, names, call):
        return declared, 0
    joined = evidence_rows.appended(declared, added)
    return (declared, 0) if joined is None else (joined, sum(map(len, blocks)))


def _blocks(known: InputModel) -> List[RowBlock]:
    """Rows for leaves, kept rows, categories, edges, thresholds and words; none is missing."""
    for column in known.columns:
        for kind in _LEFT_OUT:
            column.specials.pop(kind, None)
    local = coverage_rows.covering_blocks(known, MOST)
    random = np.random.RandomState(0)
    return local + probe_rows.stored_rows(known, random, MOST // 8)


def _decides(known: InputModel, names: List[str]) -> bool:
    """Whether labels depend on where a row lies, or show nothing but on which side it does."""
    if "predict" not in names:
        return False
    local = bool(known.trees or known.neighbors or known.stored or known.centres)
    return local or ("classes_" in names and not set(names) & _CONTINUOUS)


_CONTINUOUS = {"decision_function", "predict_proba", "score_samples", "transform"}


def _decisions(
    known: InputModel, labels: Callable[[Values], Any], blocks: List[RowBlock], steps: int
) -> Optional[RowBlock]:
    """Rows next to a decision boundary; None if there is none, as for continuous targets."""
    values = probe_rows.concatenated(
        [RowBlock("", probe_rows.typical_rows(known, np.random.RandomState(0), DECISIONS)), *blocks]
    )
    try:
        found = labels(values)
        if found.ndim != 1 or found.dtype.kind == "f":
            return None
        return probe_rows.decision_rows(known, labels, values, DECISIONS, steps)
    except Exception:
        return None


def _accepted(
    model: Any, declared: Any, added: Any, names: List[str], call: Callable[..., Any]
) -> bool:
    """Whether no method raises for the added rows that does not raise for the declared ones."""
    for name in names:
        try:
            call(model, name, added)
        except (Exception, SystemExit) as error:
            machine_failures.raise_if_machine_failed(error)
            if not _raises(model, name, declared, call):
                return False
    return True


def _raises(model: Any, name: str, rows: Any, call: Callable[..., Any]) -> bool:
    try:
        call(model, name, rows)
    except (Exception, SystemExit) as error:
        machine_failures.raise_if_machine_failed(error)
        return True
    return False


# ------------------------------------------------------------------------------ declared rows


def _shape(rows: Any) -> Optional[str]:
    """The name of the shape of declared rows; None if rows of this type are not made."""
    if isinstance(rows, list):
        return "texts" if rows and all(isinstance(one, str) for one in rows) else None
    if hasattr(rows, "iloc"):
        return "frame" if hasattr(rows, "columns") else None
    if hasattr(rows, "tocsr"):
        return "sparse"
    if not isinstance(rows, np.ndarray) or rows.ndim != 2:
        return None
    if rows.dtype == np.float32:
        return "single"
    return "objects" if rows.dtype.kind == "O" else "array" if rows.dtype.kind in "iuf" else None


def _columns(rows: Any) -> List[Any]:
    if isinstance(rows, list):
        return [np.array(rows, dtype=object)]
    if hasattr(rows, "iloc"):
        return [np.asarray(rows.iloc[:, place]) for place in range(rows.shape[1])]
    rows = rows.toarray() if hasattr(rows, "toarray") else rows
    return list(rows.T)


def _is_whole(values: Any) -> bool:
    return bool(values.dtype.kind in "iu")


def _limits(declared: List[Any], trained: List[Any]) -> List[Any]:
    """By column, the smallest and the largest number; None if it has none."""
    found: List[Any] = []
    for pair in zip(declared, trained):
        numbers = all(values.dtype.kind in "iuf" for values in pair)
        finite = np.concatenate([values[np.isfinite(values)] for values in pair if numbers] or [[]])
        found.append((float(finite.min()), float(finite.max())) if finite.size else None)
    return found


def _within(values: Any, limits: Any, whole: bool) -> Any:
    """Values of a column moved into its limits, and to whole numbers if it has only these."""
    if limits is None or values.dtype.kind != "f":
        return values
    return np.clip(np.round(values) if whole else values, *limits)
