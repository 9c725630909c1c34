"""Read the user's rows from CSV, Parquet, ``.npy``, ``.npz`` or text with one document per line.

An ``.npz`` file holds arrays, or one sparse matrix, as ``scipy.sparse.save_npz`` writes it.
"""

import os
from typing import Any, Callable, Dict, Optional

import numpy as np

from compat_worker import column_types, data_tables
from compat_worker.given_rows import (
    DataRequest,
    GivenRows,
    check_width,
    expected_columns,
    first_line,
    listed,
)
from compat_worker.input_model import InputModel
from compat_worker.user_error import UserError

MAX_BYTES = 512 * 1024 * 1024
MAX_ROWS = 200000


def read(
    path: str,
    kind: str,
    target: Optional[str],
    known: Optional[InputModel],
    types: Optional[Dict[str, Any]] = None,
    accepts: Callable[[Any], bool] = lambda rows: True,
    hints: Optional[Dict[str, Any]] = None,
) -> GivenRows:
    """Read the rows of a file.

    Args:
        path: of the file.
        kind: ``csv``, ``parquet``, ``npy``, ``npz`` or ``text``.
        target: name of the column, or of the array in an ``.npz``, with the true targets.
        known: the inferred input of the model; None if nothing could be inferred.
        types: by column of a table, its type in words or a list of its categories.
        accepts: whether the model accepts some rows.
        hints: by column, its type where neither ``types`` nor the model gives one.

    Raises:
        UserError: the file cannot be read or does not fit the model.
    """
    name = os.path.basename(path)
    check_size(path)
    if target is not None and kind in ("npy", "text"):
        raise UserError(
            "{}: --target {} names a column, and a file of this kind has none; give a CSV, "
            "Parquet or .npz file".format(name, target)
        )
    if types and kind not in ("csv", "parquet"):
        raise UserError(
            "{}: --dtypes gives types of named columns, and a file of this kind has none; give a "
            "CSV or Parquet file".format(name)
        )
    given_types, hinted = column_types.given(types or {}), column_types.given(hints or {})
    request = DataRequest(path, name, target, known, given_types, accepts, hinted)
    given = _READERS[kind](request)
    if given.n == 0:
        raise UserError("{}: the file has no rows".format(name))
    if given.n > MAX_ROWS:
        raise UserError(
            "{}: the file has {:,} rows; at most {:,} can be compared; give a sample of "
            "them".format(name, given.n, MAX_ROWS)
        )
    return given


def check_size(path: str) -> None:
    """Raise UserError for a file that is missing, empty or larger than MAX_BYTES."""
    name = os.path.basename(path)
    try:
        size = os.stat(path).st_size
    except OSError as error:
        raise UserError("{}: cannot be read: {}".format(name, error.strerror))
    if not os.path.isfile(path):
        raise UserError("{}: this is not a regular file".format(name))
    if size == 0:
        raise UserError("{}: the file is empty".format(name))
    if size > MAX_BYTES:
        raise UserError(
            "{}: the file has {:,} MB; at most {:,} MB are read; give a sample of its rows".format(
                name, size >> 20, MAX_BYTES >> 20
            )
        )


# ----------------------------------------------------------------------------------- by kind


def _text(request: DataRequest) -> GivenRows:
    name, known = request.name, request.known
    if known is not None and known.form != "texts":
        raise UserError(
            "{}: a text file holds one document per line, and the model does not take documents; "
            "it was fitted on {}; give a CSV, Parquet or .npy file".format(
                name, expected_columns(known)
            )
        )
    try:
        with open(request.path, encoding="utf-8-sig") as file:
            lines = file.read().splitlines()
    except UnicodeDecodeError as error:
        raise UserError("{}: is not UTF-8 text: {}; save it as UTF-8".format(name, error))
    return GivenRows(lines, None, len(lines))


def _npy(request: DataRequest) -> GivenRows:
    rows = load_arrays(request.path)
    if not isinstance(rows, np.ndarray):
        raise UserError("{}: the file holds several arrays; rename it to .npz".format(request.name))
    return _array(rows, None, request.name, request.known)


def _npz(request: DataRequest) -> GivenRows:
    name, target, known = request.name, request.target, request.known
    arrays = load_arrays(request.path)
    if isinstance(arrays, np.ndarray):
        raise UserError("{}: the file holds a single array; rename it to .npy".format(name))
    if {"format", "shape", "data"} <= set(arrays) and "X" not in arrays:
        return _sparse(arrays, target, name, known)
    if "X" not in arrays:
        raise UserError(
            "{}: has no array X; it has: {}".format(name, ", ".join(sorted(arrays)) or "none")
        )
    truth = arrays.get(target if target is not None else "y")
    if truth is None and target is not None:
        raise UserError("{}: has no array {!r}; it has: {}".format(name, target, listed(arrays)))
    return _array(arrays["X"], truth, name, known)


def load_arrays(path: str) -> Any:
    """The array of an ``.npy`` file, or the arrays of an ``.npz`` file by name.

    Raises:
        UserError: it is neither, is truncated, or holds Python objects.
    """
    name = os.path.basename(path)
    try:
        found = np.load(path, allow_pickle=False)
        if isinstance(found, np.ndarray):
            return found
        with found:
            return {key: found[key] for key in found.files}
    except Exception as error:
        raise UserError(
            "{}: numpy cannot read it ({}); it must hold plain arrays, saved by numpy.save or "
            "numpy.savez, without Python objects".format(name, error)
        )


def _array(rows: Any, truth: Any, name: str, known: Optional[InputModel]) -> GivenRows:
    if rows.ndim == 0:
        raise UserError("{}: the array holds a single value instead of rows".format(name))
    if known is not None and known.form == "texts":
        if rows.ndim != 1 or rows.dtype.kind not in "US":
            raise UserError("{}: the model takes documents; give a text file".format(name))
        return GivenRows([str(one) for one in rows], truth, len(rows))
    if known is not None:
        if rows.ndim == 1 and len(known.columns) > 1:
            raise UserError(
                "{}: the array has one dimension; the model was fitted on {}".format(
                    name, expected_columns(known)
                )
            )
        if rows.ndim == 2:
            check_width(rows.shape[1], name, known)
    if truth is not None and len(truth) != len(rows):
        raise UserError(
            "{}: {} rows but {} true targets; there must be one for each row".format(
                name, len(rows), len(truth)
            )
        )
    if known is not None and known.named and rows.shape[1:] == (len(known.columns),):
        return GivenRows(_named(rows, known), truth, len(rows))
    return GivenRows(rows, truth, len(rows))


_INDEXED = ("csr", "csc", "bsr")
"""Layouts of sparse matrices that have ``indices`` and ``indptr``."""


def _sparse(
    parts: Dict[str, Any], target: Optional[str], name: str, known: Optional[InputModel]
) -> GivenRows:
    """The rows of a sparse matrix, always as a CSR matrix: its layout varies with the release."""
    if target is not None:
        raise UserError(
            "{}: a sparse matrix has no column {!r} for --target; leave --target out, or save "
            "arrays X and y with numpy.savez".format(name, target)
        )
    try:
        matrix = _csr(parts)
    except Exception as error:
        raise UserError(
            "{}: it is not a sparse matrix that scipy can read ({}); save it with "
            "scipy.sparse.save_npz".format(name, first_line(error))
        )
    if known is not None and known.form == "texts":
        raise UserError("{}: the model takes documents; give a text file".format(name))
    if known is not None:
        check_width(matrix.shape[1], name, known)
        fits = known.named and matrix.shape[1] == len(known.columns)
        if fits and matrix.shape[0] * matrix.shape[1] * 8 <= MAX_BYTES:
            return GivenRows(_named(matrix.toarray(), known), None, matrix.shape[0])
    return GivenRows(matrix, None, matrix.shape[0])


def _csr(parts: Dict[str, Any]) -> Any:
    from scipy import sparse

    layout = parts["format"].item()
    layout = layout.decode("ascii") if isinstance(layout, bytes) else str(layout)
    shape = tuple(int(one) for one in parts["shape"])
    make = getattr(sparse, layout + "_matrix")
    if layout in _INDEXED:
        matrix = make((parts["data"], parts["indices"], parts["indptr"]), shape=shape)
        matrix.check_format(full_check=True)  # wrong indices would be read beyond the arrays
        if layout != "bsr" and (matrix.indptr[1:] < matrix.indptr[:-1]).any():
            raise ValueError("index pointers fall")
    elif layout == "coo":
        matrix = make((parts["data"], (parts["row"], parts["col"])), shape=shape)
    elif layout == "dia":
        matrix = make((parts["data"], parts["offsets"]), shape=shape)
    else:
        raise ValueError("unknown format {!r}".format(layout))
    matrix = matrix.tocsr()
    matrix.sum_duplicates()
    return matrix


def _named(rows: Any, known: InputModel) -> Any:
    try:
        import pandas
    except ImportError:
        return rows
    return pandas.DataFrame(rows, columns=known.names)


_READERS: Dict[str, Callable[[DataRequest], GivenRows]] = {
    "csv": data_tables.read_csv,
    "parquet": data_tables.read_parquet,
    "npy": _npy,
    "npz": _npz,
    "text": _text,
}
