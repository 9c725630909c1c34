"""Outputs that the user recorded: read them, convert them to the model's types, compare them."""

import os
import re
from typing import Any, Dict, List, Optional

import numpy as np

from compat_worker import data_files, data_tables, output_methods
from compat_worker.user_error import UserError

RTOL, ATOL = 1e-6, 1e-8


def read(path: str, kind: str, n: int) -> Dict[str, Any]:
    """By method, the recorded outputs: an array with one entry for each of n rows.

    Args:
        path: of the file.
        kind: ``csv``, ``npy`` or ``npz``.
        n: number of rows that the outputs belong to.

    Raises:
        UserError: the file cannot be read, or does not hold outputs for n rows.
    """
    name = os.path.basename(path)
    data_files.check_size(path)
    if kind == "csv":
        found = _csv(path, name)
    else:
        arrays = data_files.load_arrays(path)
        found = {"predict": arrays} if isinstance(arrays, np.ndarray) else arrays
    unknown = sorted(method for method in found if method not in output_methods.CALLS)
    if unknown:
        raise UserError(
            "{}: {} is not an output method; name arrays and columns after methods, such as "
            "predict or predict_proba_0".format(name, ", ".join(unknown))
        )
    for method, values in found.items():
        if np.ndim(values) == 0 or len(values) != n:
            raise UserError(
                "{}: {} has {} values for the {} rows of the data".format(
                    name, method, 1 if np.ndim(values) == 0 else len(values), n
                )
            )
    return found


def _csv(path: str, name: str) -> Dict[str, Any]:
    frame = data_tables.csv_frame(path)
    columns = [str(column) for column in frame.columns]
    if len(columns) == 1 and _method_of(columns[0]) is None:
        return {"predict": _values(frame.iloc[:, 0])}
    groups: Dict[str, List[int]] = {}
    for place, column in enumerate(columns):
        method = _method_of(column)
        if method is None:
            raise UserError(
                "{}: the column {!r} does not begin with the name of an output method; expected "
                "names such as predict, predict_proba_0 or decision_function".format(name, column)
            )
        groups.setdefault(method, []).append(place)
    found = {}
    for method, places in groups.items():
        parts = [_values(frame.iloc[:, place]) for place in places]
        single = len(parts) == 1 and columns[places[0]] == method
        found[method] = parts[0] if single else np.stack(parts, axis=1)
        found[method] = _LabelledArray(
            found[method], [columns[p][len(method) + 1 :] for p in places]
        )
    return found


class _LabelledArray(np.ndarray):
    """An array with the labels of its columns."""

    def __new__(cls, values: Any, labels: List[str]) -> Any:
        made = np.asarray(values).view(cls)
        made.labels = labels
        return made


def _method_of(column: str) -> Optional[str]:
    """The longest method name that a column name begins with; None if there is none."""
    names = [
        n for n in output_methods.CALLS if column == n or re.match(re.escape(n) + "_.+", column)
    ]
    return max(names, key=len) if names else None


def _values(column: Any) -> Any:
    values = column.tolist()
    if all(isinstance(value, str) for value in values):
        return np.array(values, dtype=str)
    return np.asarray(values)


def in_class_order(values: Any, classes: Any) -> Any:
    """Reorder columns that are named after the classes into the order of ``classes_``."""
    labels = getattr(values, "labels", None)
    values = np.asarray(values)
    if labels is None or classes is None or values.ndim != 2:
        return values
    own = [str(one) for one in np.asarray(classes).tolist()]
    if sorted(own) == sorted(labels):
        return values[:, [labels.index(one) for one in own]]
    return values


def to_returned_type(values: Any, returned: Any) -> Any:
    """Convert recorded values to the shape and dtype that the model returns, if it is lossless."""
    if not isinstance(returned, np.ndarray):
        return values
    if values.size == returned.size and values.shape != returned.shape:
        values = values.reshape(returned.shape)
    if values.dtype == returned.dtype:
        return values
    if returned.dtype.kind == "f" and values.dtype.kind in "iuf":
        return values.astype(returned.dtype)
    try:
        converted = values.astype(returned.dtype)
        back = converted.astype(values.dtype)
    except (TypeError, ValueError):
        return values
    return converted if bool(np.all(back == values)) else values


def count_differing_rows(values: Any, returned: Any) -> Optional[int]:
    """Number of rows in which recorded and returned values differ; None if the shapes differ.

    Numbers are equal within RTOL, and ATOL times the largest returned magnitude.
    """
    values, returned = np.asarray(values), np.asarray(returned)
    if values.shape != returned.shape:
        return None
    if values.dtype.kind in "iufb" and returned.dtype.kind in "iufb":
        scale = np.abs(returned[np.isfinite(returned)]).max() if np.isfinite(returned).any() else 0
        same = np.isclose(values, returned, rtol=RTOL, atol=ATOL * float(scale), equal_nan=True)
    else:
        same = values.astype(str) == returned.astype(str)
    return int((~same.reshape(len(same), -1).all(axis=1)).sum())
