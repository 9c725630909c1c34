"""Read the user's rows from CSV, Parquet, ``.npy``, ``.npz`` or text with one document per line.

An ``.npz`` file holds arrays, or one sparse matrix, as ``scipy.sparse.save_npz`` writes it.
"""

import os
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence

import numpy as np

from compat_worker.input_model import InputModel
from compat_worker.user_error import UserError

MAX_BYTES = 512 * 1024 * 1024
MAX_ROWS = 200000


class GivenRows(NamedTuple):
    """The user's rows in the form in which the model takes them."""

    rows: Any
    truth: Any
    """The true targets, or None."""
    n: int


def read(path: str, kind: str, target: Optional[str], known: Optional[InputModel]) -> GivenRows:
    """Read the rows of a file.

    Args:
        path: of the file.
        kind: ``csv``, ``parquet``, ``npy``, ``npz`` or ``text``.
        target: name of the column, or of the array in an ``.npz``, with the true targets.
        known: the inferred input of the model; None if nothing could be inferred.

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
    given = _READERS[kind](path, target, known)
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


def _text(path: str, target: Optional[str], known: Optional[InputModel]) -> GivenRows:
    name = os.path.basename(path)
    if known is not None and known.form != "texts":
        raise UserError(
            "{}: a text file holds one document per line, and the model does not take documents; "
            "it was fitted on {}; give a CSV, Parquet or .npy file".format(
                name, _expected_columns(known)
            )
        )
    try:
        with open(path, encoding="utf-8-sig") as file:
            lines = file.read().splitlines()
    except UnicodeDecodeError as error:
        raise UserError("{}: is not UTF-8 text: {}; save it as UTF-8".format(name, error))
    return GivenRows(lines, None, len(lines))


def _npy(path: str, target: Optional[str], known: Optional[InputModel]) -> GivenRows:
    rows = load_arrays(path)
    if not isinstance(rows, np.ndarray):
        raise UserError(
            "{}: the file holds several arrays; rename it to .npz".format(os.path.basename(path))
        )
    return _array(rows, None, os.path.basename(path), known)


def _npz(path: str, target: Optional[str], known: Optional[InputModel]) -> GivenRows:
    name = os.path.basename(path)
    arrays = load_arrays(path)
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
        raise UserError("{}: has no array {!r}; it has: {}".format(name, target, _listed(arrays)))
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
                    name, _expected_columns(known)
                )
            )
        if rows.ndim == 2:
            _check_width(rows.shape[1], name, known)
    if truth is not None and len(truth) != len(rows):
        raise UserError(
            "{}: {} rows but {} true targets; there must be one for each row".format(
                name, len(rows), len(truth)
            )
        )
    if known is not None and known.named and rows.ndim == 2:
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
            "scipy.sparse.save_npz".format(name, _first_line(error))
        )
    if known is not None and known.form == "texts":
        raise UserError("{}: the model takes documents; give a text file".format(name))
    if known is not None:
        _check_width(matrix.shape[1], name, known)
        if known.named and matrix.shape[0] * matrix.shape[1] * 8 <= MAX_BYTES:
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


def _check_width(width: int, name: str, known: InputModel) -> None:
    if width != len(known.columns):
        raise UserError(
            "{}: the data has {} column{}; the model was fitted on {}".format(
                name, width, "" if width == 1 else "s", _expected_columns(known)
            )
        )


def _expected_columns(known: InputModel) -> str:
    count = len(known.columns)
    names = known.names
    if names is None:
        return "{} column{} without names: give only these, in the same order".format(
            count, "" if count == 1 else "s"
        )
    return "{}: {}".format(count, _listed(names))


def _listed(names: Any, most: int = 20) -> str:
    texts = [str(one) for one in names]
    more = ", … {} more".format(len(texts) - most) if len(texts) > most else ""
    return (", ".join(texts[:most]) or "none") + more


# ------------------------------------------------------------------------------------- tables


def _csv(path: str, target: Optional[str], known: Optional[InputModel]) -> GivenRows:
    # Columns that the model takes as text stay text even if they look like numbers.
    texts = [c.name for c in known.columns if c.is_text] if known and known.named else []
    return _table(csv_frame(path, texts), path, target, known)


def csv_frame(path: str, texts: Sequence[Any] = ()) -> Any:
    """Read a CSV file into a DataFrame, with the columns in ``texts`` as strings.

    Raises:
        UserError: the file is not CSV, or pandas is not installed.
    """
    pandas = _pandas(path)
    # Exact to the last digit, which is the default from pandas 3 on.
    exact = {"float_precision": "round_trip"} if int(pandas.__version__.split(".")[0]) < 3 else {}
    try:
        return pandas.read_csv(path, dtype=dict.fromkeys(texts, str), **exact)
    except Exception as error:
        raise UserError(
            "{}: pandas cannot read it as CSV: {}; it must be UTF-8, separated by commas, with the "
            "column names in the first line".format(os.path.basename(path), _first_line(error))
        )


def _parquet(path: str, target: Optional[str], known: Optional[InputModel]) -> GivenRows:
    pandas = _pandas(path)
    try:
        frame = pandas.read_parquet(path)
    except ImportError:
        raise UserError(
            "{}: no package that reads Parquet is installed in this environment; add --with "
            "pyarrow, or give a CSV file".format(os.path.basename(path))
        )
    except Exception as error:
        raise UserError(
            "{}: pandas cannot read it as Parquet: {}".format(
                os.path.basename(path), _first_line(error)
            )
        )
    return _table(frame.reset_index(drop=True), path, target, known)


def _pandas(path: str) -> Any:
    try:
        import pandas
    except ImportError:
        raise UserError(
            "{}: pandas is needed to read it and is not installed in this environment; add --with "
            "pandas, or give an .npy file".format(os.path.basename(path))
        )
    return pandas


def _table(frame: Any, path: str, target: Optional[str], known: Optional[InputModel]) -> GivenRows:
    name = os.path.basename(path)
    truth = None
    if target is not None:
        if target not in frame.columns:
            raise UserError(
                "{}: there is no column {!r} for --target; the file has: {}".format(
                    name, target, _listed(frame.columns)
                )
            )
        truth = _true_targets(frame[target], name, target)
        frame = frame.drop(columns=[target])
    if known is None:
        return GivenRows(_plain_types(frame), truth, len(frame))
    if known.form == "texts":
        return GivenRows(_documents(frame, name), truth, len(frame))
    frame = _select_columns(frame, name, known)
    _check_numbers(frame, name, known)
    frame = _plain_types(frame)
    if known.named:
        return GivenRows(_with_category_types(frame, known), truth, len(frame))
    return GivenRows(_as_array(frame), truth, len(frame))


def _true_targets(column: Any, name: str, target: str) -> Any:
    missing = column.isnull()
    if missing.any():
        raise UserError(
            "{}: the target {!r} is missing in {} of {} rows; remove these rows".format(
                name, target, int(missing.sum()), len(column)
            )
        )
    values = column.tolist()
    if all(isinstance(value, str) for value in values):
        return np.array(values, dtype=str)
    return np.asarray(values)


def _documents(frame: Any, name: str) -> List[str]:
    if frame.shape[1] != 1:
        raise UserError(
            "{}: the data has {} columns; the model takes one column of documents (name the column "
            "of true targets with --target, and remove the others)".format(name, frame.shape[1])
        )
    return ["" if value != value else str(value) for value in frame.iloc[:, 0].tolist()]


def _select_columns(frame: Any, name: str, known: InputModel) -> Any:
    """The columns that the model was fitted on, in the order of fitting."""
    names = known.names
    if names is None:
        _check_width(frame.shape[1], name, known)
        return frame
    if not all(isinstance(one, str) for one in names):
        frame = frame.copy()
        frame.columns = [_as_named(one, names) for one in frame.columns]
    missing = [one for one in names if one not in list(frame.columns)]
    if missing and not set(names) & set(frame.columns) and frame.shape[1] != len(names):
        _check_width(frame.shape[1], name, known)
    if missing:
        raise UserError(
            "{}: the column{} {} {} missing; the model was fitted on {}, and the data has: "
            "{}".format(
                name,
                "" if len(missing) == 1 else "s",
                _listed(missing),
                "is" if len(missing) == 1 else "are",
                _expected_columns(known),
                _listed(frame.columns),
            )
        )
    return frame[names]


def _as_named(column: Any, names: List[Any]) -> Any:
    return next((one for one in names if str(one) == str(column)), column)


def _check_numbers(frame: Any, name: str, known: InputModel) -> None:
    """Raise UserError for text in a column that the model computes with."""
    for place, column in enumerate(known.columns):
        values = frame.iloc[:, place]
        if not column.numeric or column.is_text or getattr(values.dtype, "kind", "O") in "biuf":
            continue
        for line, value in enumerate(values.tolist(), start=1):
            if isinstance(value, str) and not _is_number(value):
                raise UserError(
                    "{}: the column {!r} holds text where the model expects numbers: {!r} in row "
                    "{}".format(name, str(frame.columns[place]), value[:40], line)
                )


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _plain_types(frame: Any) -> Any:
    """Convert pandas' extension types to numpy types, which are the same in every release."""
    columns = {}
    for name in frame.columns:
        column = frame[name]
        if str(column.dtype) != "category" and not isinstance(column.dtype, np.dtype):
            values = np.array(column.tolist(), dtype=object)
            missing = np.asarray(column.isnull())
            values[missing] = np.nan
            column = _as_numbers(values)
        columns[name] = column
    return _build_frame(columns) if columns else frame


def _build_frame(columns: Dict[Any, Any]) -> Any:
    import pandas

    series = [pandas.Series(one, dtype=one.dtype) for one in columns.values()]
    frame = pandas.concat([one.reset_index(drop=True) for one in series], axis=1)
    frame.columns = list(columns)
    return frame


def _as_numbers(values: Any) -> Any:
    """An object array converted to float64 if it holds only numbers; else unchanged."""
    if all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in values):
        return values.astype(np.float64)
    return values


def _with_category_types(frame: Any, known: InputModel) -> Any:
    """Convert columns to pandas' category type where the model was fitted on it."""
    import pandas

    for column in known.columns:
        if column.as_category and str(frame[column.name].dtype) != "category":
            values = list(column.categories or ())
            made = pandas.Categorical(frame[column.name], categories=values)
            frame[column.name] = pandas.Series(made, index=frame.index)
    return frame


def _as_array(frame: Any) -> Any:
    kinds = {getattr(dtype, "kind", "O") for dtype in frame.dtypes}
    if kinds <= set("biuf"):
        return np.asarray(frame, dtype=np.float64)
    return np.asarray(frame, dtype=object)


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]


_READERS: Dict[str, Callable[[str, Optional[str], Optional[InputModel]], GivenRows]] = {
    "csv": _csv,
    "parquet": _parquet,
    "npy": _npy,
    "npz": _npz,
    "text": _text,
}
