"""ONNX: convert a fitted model with skl2onnx, and run the file with onnxruntime.

Numbers are given in single precision, as every guide does it, and texts as strings. A file is run
without scikit-learn, and has two methods at most: ``predict`` and ``predict_proba``.
"""

import re
from typing import Any, Dict, List

import numpy as np


def save(model: Any, path: str, rows: Any = None) -> None:
    """Convert a fitted model, with the defaults of skl2onnx.

    Args:
        model: a fitted model.
        path: of the file to write.
        rows: rows as the model takes them, whose types become those of the inputs; None for
            numbers alone.

    Raises:
        TypeError: the rows have a type that ONNX does not have.
        Exception: skl2onnx does not convert the model; its message says why.
    """
    import skl2onnx

    types = [("X", _numbers(model.n_features_in_))] if rows is None else _input_types(model, rows)
    converted = skl2onnx.convert_sklearn(model, initial_types=types)
    with open(path, "wb") as file:
        file.write(converted.SerializeToString())


def load(path: str) -> "OnnxModel":
    """Open a file with onnxruntime; it is read as bytes, so that it can name no further files."""
    with open(path, "rb") as file:
        return OnnxModel(file.read())


class OnnxModel:
    """A model that onnxruntime runs, with the methods of scikit-learn that it has.

    Args:
        content: of the file.

    Raises:
        Exception: this release of onnxruntime does not run it.
    """

    def __init__(self, content: bytes) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            content, options, providers=["CPUExecutionProvider"]
        )

    def predict(self, rows: Any) -> Any:
        """The first output: labels or numbers, one for each row."""
        found = self._run(rows, 0)
        return found.astype(str) if getattr(found, "dtype", None) == np.dtype(object) else found

    def predict_proba(self, rows: Any) -> Any:
        """The second output: a column for each class.

        Raises:
            AttributeError: the model has no such output.
        """
        if len(self._session.get_outputs()) < 2:
            raise AttributeError("'OnnxModel' object has no attribute 'predict_proba'")
        return _as_columns(self._run(rows, 1))

    def _run(self, rows: Any, output: int) -> Any:
        name = self._session.get_outputs()[output].name
        return self._session.run([name], _feed(rows, self._session.get_inputs()))[0]


def _as_columns(found: Any) -> Any:
    """Probabilities by class, in the order of the classes, as an array."""
    if not isinstance(found, list) or not found or not isinstance(found[0], dict):
        return found
    return np.array([list(row.values()) for row in found], dtype=np.float32)


# ----------------------------------------------------------------------- inputs


def _input_types(model: Any, rows: Any) -> List[Any]:
    """The inputs of a model: one for all columns, or one for each if the model takes them apart."""
    if hasattr(rows, "columns") and not _takes_whole(model, rows):
        return [(str(name), _type_of_column(name, rows[name])) for name in rows.columns]
    if hasattr(rows, "tocsr"):
        return [("X", _numbers(rows.shape[1]))]
    array = np.asarray(rows)
    width = array.shape[1] if array.ndim == 2 else 1
    if array.dtype.kind in "biuf":
        return [("X", _numbers(width))]
    if array.ndim < 3 and all(_is_text(one) for one in array.ravel().tolist()):
        return [("X", _texts(width))]
    raise TypeError("ONNX has no type for rows of {}".format(array.dtype))


def _takes_whole(model: Any, table: Any) -> bool:
    """Whether a model takes a table of numbers as it is: no part of it selects columns."""
    parts = [model] + list(model.get_params().values() if hasattr(model, "get_params") else [])
    by_column = any(type(part).__name__ == "ColumnTransformer" for part in parts)
    return not by_column and all(getattr(one, "kind", "O") in "biuf" for one in table.dtypes)


def _type_of_column(name: Any, column: Any) -> Any:
    kind = getattr(column.dtype, "kind", "O")
    if kind in "biuf":
        return _numbers(1)
    values = column.tolist()
    if kind != "M" and all(_is_text(one) for one in values):
        return _texts(1)
    raise TypeError("ONNX has no type for the column {!r}, which has {}".format(name, column.dtype))


def _is_text(value: Any) -> bool:
    return isinstance(value, str) or _is_missing(value)


def _is_missing(value: Any) -> bool:
    return value is None or value != value or type(value).__name__ in ("NAType", "NaTType")


def _numbers(width: int) -> Any:
    from skl2onnx.common.data_types import FloatTensorType

    return FloatTensorType([None, width])


def _texts(width: int) -> Any:
    from skl2onnx.common.data_types import StringTensorType

    return StringTensorType([None, width])


_DTYPES = {
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
    "tensor(bool)": np.bool_,
}  # type: Dict[str, Any]


def _feed(rows: Any, inputs: Any) -> Dict[str, Any]:
    """The rows as each input of a model takes them."""
    if hasattr(rows, "columns"):
        by_name = {_input_name(name): rows[name] for name in rows.columns}
        by_name.update({str(name): rows[name] for name in rows.columns})
        if all(one.name in by_name for one in inputs):
            return {one.name: _tensor(np.asarray(by_name[one.name]), one.type) for one in inputs}
    whole = rows.toarray() if hasattr(rows, "tocsr") else np.asarray(rows)
    if len(inputs) == 1:
        return {inputs[0].name: _tensor(whole, inputs[0].type)}
    if whole.ndim == 2 and whole.shape[1] == len(inputs) and not hasattr(rows, "columns"):
        return {one.name: _tensor(whole[:, i], one.type) for i, one in enumerate(inputs)}
    names = ", ".join(one.name for one in inputs)
    raise ValueError("the rows do not have the inputs of the model: {}".format(names))


def _input_name(column: Any) -> str:
    """The name that skl2onnx gives the input of a column."""
    return re.sub(r"[^0-9A-Za-z_]", "_", str(column))


def _tensor(values: Any, type_: str) -> Any:
    """Values as a table of one type; a missing text is an empty one, because ONNX has none."""
    table = values.reshape(len(values), -1)
    if type_ == "tensor(string)":
        texts = ["" if _is_missing(one) else str(one) for one in table.ravel().tolist()]
        return np.array(texts, dtype=object).reshape(table.shape)
    dtype = _DTYPES.get(type_)
    if dtype is None:
        raise TypeError("inputs of type {} are not supported".format(type_))
    with np.errstate(over="ignore"):
        return table.astype(dtype)
