"""Whether two outputs of a method differ by more than rounding noise, for planted faults.

The judge, which compares environments, works outside of the worker and by column. This module uses
the same default tolerances (``rtol`` 1e-6, ``atol`` 1e-8 times the scale of the column) so that a
fault is noticed exactly if a change of this size between environments would be reported.
"""

from typing import Any

import numpy as np

from compat_worker import content

RTOL, ATOL = 1e-6, 1e-8
RTOL_SINGLE = 1e-4
"""For outputs in single precision."""

DENSE_ENTRIES = 1000000
"""Entries of a sparse output that are made dense at once."""


def differs(before: Any, after: Any) -> bool:
    """Whether an output differs from the one before: in type, shape, or beyond the tolerance."""
    if before is after:
        return False
    if isinstance(before, (list, tuple)):
        if type(before) is not type(after) or len(before) != len(after):
            return True
        return any(differs(one, other) for one, other in zip(before, after))
    if hasattr(before, "tocsr") and hasattr(after, "tocsr"):
        return _sparse_differs(before.tocsr(), after.tocsr())
    if hasattr(before, "iloc") and hasattr(after, "iloc"):
        return _frames_differ(before, after)
    if isinstance(before, np.ndarray) and isinstance(after, np.ndarray):
        return _arrays_differ(before, after)
    return content.encode(before) != content.encode(after)


def is_constant(value: Any) -> bool:
    """Whether an output is the same for every row; rows lie along the first axis."""
    if isinstance(value, tuple):
        return all(is_constant(one) for one in value)
    if hasattr(value, "tocsr"):
        return _is_constant_sparse(value.tocsr())
    if hasattr(value, "iloc"):
        value = np.asarray(value)
    if isinstance(value, list):
        return all(one == value[0] for one in value[1:])
    if not isinstance(value, np.ndarray) or value.ndim == 0 or len(value) < 2:
        return True
    if value.dtype.kind == "O":
        flat = value.reshape(len(value), -1)
        return all(str(row.tolist()) == str(flat[0].tolist()) for row in flat[1:])
    first = np.broadcast_to(value[:1], value.shape)
    return not bool(_entries_differ(first, value).any())


def _is_constant_sparse(rows: Any) -> bool:
    """The same for a sparse matrix, some rows at a time: all at once may take all memory."""
    if rows.shape[0] < 2 or rows.nnz == 0:
        return True
    first = rows[:1].toarray()
    step = max(1, DENSE_ENTRIES // max(1, rows.shape[1]))
    for start in range(0, rows.shape[0], step):
        dense = rows[start : start + step].toarray()
        if _entries_differ(np.broadcast_to(first, dense.shape), dense).any():
            return False
    return True


def _frames_differ(before: Any, after: Any) -> bool:
    if before.shape != after.shape:
        return True
    return _arrays_differ(np.asarray(before), np.asarray(after))


def _sparse_differs(before: Any, after: Any) -> bool:
    if before.shape != after.shape:
        return True
    same = np.array_equal(before.indptr, after.indptr)
    scale = _column_means(before)
    if same and np.array_equal(before.indices, after.indices):
        return bool(np.any(_entries_differ(before.data, after.data, scale[before.indices])))
    beyond = (abs(before - after) - RTOL * abs(before).maximum(abs(after))).tocoo()
    return bool(np.any(beyond.data > ATOL * scale[beyond.col]))


def _column_means(matrix: Any) -> Any:
    """The mean magnitude of the stored entries of each column; 0 for a column without any."""
    entries = matrix.tocoo()
    magnitudes = np.where(np.isfinite(entries.data), np.abs(entries.data), 0.0)
    count = np.bincount(entries.col, minlength=matrix.shape[1])
    return np.bincount(entries.col, magnitudes, matrix.shape[1]) / np.maximum(count, 1)


def _arrays_differ(before: Any, after: Any) -> bool:
    if before.shape != after.shape:
        return True
    if before.dtype.kind == "O" or after.dtype.kind == "O":
        pairs = zip(before.ravel().tolist(), after.ravel().tolist())
        return any(differs(one, other) for one, other in pairs)
    return bool(np.any(_entries_differ(before, after)))


def _entries_differ(before: Any, after: Any, scale: Any = None) -> Any:
    """Mask of the entries that differ, for arrays of one shape.

    Args:
        before, after: the arrays.
        scale: the size of numbers beside each entry; None for those in the same column.
    """
    if before.dtype.kind not in "fc" or after.dtype.kind not in "fc":
        return np.asarray(before != after)
    with np.errstate(all="ignore"):
        apart = np.abs(before.astype(np.complex128) - after) if before.dtype.kind == "c" else None
        if apart is None:
            before, single = before.astype(np.float64), before.dtype.itemsize < 8
            after = after.astype(np.float64)
            apart = np.abs(before - after)
        else:
            single = False
        size = np.maximum(np.abs(before), np.abs(after))
        finite = np.where(np.isfinite(np.abs(before)), np.abs(before), np.nan)
        if scale is None:
            scale = 0.0 if not before.size else np.nan_to_num(_column_medians(finite))
        near = apart <= (RTOL_SINGLE if single else RTOL) * size + ATOL * scale
    same = (before == after) | (np.isnan(before) & np.isnan(after))
    return ~(near | same)


def _column_medians(values: Any) -> Any:
    """The median magnitude of each column that has any finite value, else 0."""
    if values.ndim == 0 or not len(values):
        return 0.0
    if not np.isnan(values).any():
        return np.median(values, axis=0)
    columns = values.reshape(len(values), -1)
    kept = [column[~np.isnan(column)] for column in columns.T]
    medians = np.array([np.median(one) if len(one) else 0.0 for one in kept])
    return medians.reshape(values.shape[1:])
