"""Outputs recorded in production: read, brought to the type that the model returns, compared."""

import os
import re
from typing import Any, Dict, List, Optional

import numpy as np

from compat_worker import data_files, output_methods
from compat_worker.user_error import UserError

RTOL, ATOL = 1e-6, 1e-8


def read(path: str, kind: str, n: int) -> Dict[str, Any]:
    """By method, what was recorded: one value or one line of values for each of n rows.

    Raises:
        Mistake: the file cannot be read, or is not of outputs for that many rows.
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
            "{}: {} is no output method; arrays and columns are named after methods, such as "
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
    frame = data_files.csv_frame(path)
    columns = [str(column) for column in frame.columns]
    if len(columns) == 1 and _method_of(columns[0]) is None:
        return {"predict": _values(frame.iloc[:, 0])}
    groups: Dict[str, List[int]] = {}
    for place, column in enumerate(columns):
        method = _method_of(column)
        if method is None:
            raise UserError(
                "{}: the column {!r} is named after no output method; expected names such as "
                "predict, predict_proba_0 or decision_function".format(name, column)
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
    """Values with the labels of their columns."""

    def __new__(cls, values: Any, labels: List[str]) -> Any:
        made = np.asarray(values).view(cls)
        made.labels = labels
        return made


def _method_of(column: str) -> Optional[str]:
    """The method that a column is of: the longest name that it begins with."""
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
    """With columns that are named after classes put into the order of the classes."""
    labels = getattr(values, "labels", None)
    values = np.asarray(values)
    if labels is None or classes is None or values.ndim != 2:
        return values
    own = [str(one) for one in np.asarray(classes).tolist()]
    if sorted(own) == sorted(labels):
        return values[:, [labels.index(one) for one in own]]
    return values


def to_returned_type(values: Any, returned: Any) -> Any:
    """Recorded values in the shape and type of what the model returns, where nothing is lost."""
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
    """In how many rows recorded values differ from what is returned; None if all of it does."""
    values, returned = np.asarray(values), np.asarray(returned)
    if values.shape != returned.shape:
        return None
    if values.dtype.kind in "iufb" and returned.dtype.kind in "iufb":
        scale = np.abs(returned[np.isfinite(returned)]).max() if np.isfinite(returned).any() else 0
        same = np.isclose(values, returned, rtol=RTOL, atol=ATOL * float(scale), equal_nan=True)
    else:
        same = values.astype(str) == returned.astype(str)
    return int((~same.reshape(len(same), -1).all(axis=1)).sum())
