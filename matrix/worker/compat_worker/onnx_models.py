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
    """Open a file with onnxruntime; it is read as bytes, so that it can name no further files.

    Raises:
        Exception: this release of onnxruntime does not run it.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    providers = ["CPUExecutionProvider"]
    with open(path, "rb") as file:
        session = onnxruntime.InferenceSession(file.read(), options, providers=providers)
    return OnnxModel(session, path)


class OnnxModel:
    """A model that onnxruntime runs, with the methods of scikit-learn that it has.

    The first output is that of ``predict``, and the second, if there is one, that of
    ``predict_proba``. Of a model with more outputs ``predict`` returns all, by name.

    Args:
        session: of onnxruntime.
        path: of its file.
    """

    def __init__(self, session: Any, path: str) -> None:
        self._session = session
        self._path = path
        self._outputs = [one.name for one in session.get_outputs()]
        if len(self._outputs) == 2:
            self.predict_proba = self._second

    def predict(self, rows: Any) -> Any:
        """The first output: labels or numbers, one for each row."""
        if len(self._outputs) > 2:
            found = self._run(rows, self._outputs)
            return {name: _plain(one) for name, one in zip(self._outputs, found)}
        return _plain(self._run(rows, self._outputs[:1])[0])

    def _second(self, rows: Any) -> Any:
        """The second output: a column for each class."""
        return _plain(self._run(rows, self._outputs[1:])[0])

    def _run(self, rows: Any, names: List[str]) -> Any:
        return self._session.run(names, _feed(rows, self._session.get_inputs()))

    def known_inputs(self) -> Any:
        """What the graph shows of the rows that it takes.

        Returns:
            An :class:`input_model.InputModel`; None if the file does not say how many columns.
        """
        from compat_worker import onnx_file, onnx_inputs

        inputs = [
            onnx_inputs.Input(one.name, one.type, _width(one.shape))
            for one in self._session.get_inputs()
        ]
        if not all(one.width for one in inputs):
            return None
        with open(self._path, "rb") as file:
            return onnx_inputs.known_inputs(onnx_file.read_graph(file.read()), inputs)


def _width(shape: Any) -> int:
    """How many values a row of an input has; 0 if its shape does not say."""
    sizes = list(shape)[1:]
    return int(np.prod(sizes)) if all(isinstance(one, int) and one > 0 for one in sizes) else 0


def _plain(found: Any) -> Any:
    """An output with texts as numpy's, and probabilities by class as an array."""
    if getattr(found, "dtype", None) == np.dtype(object):
        return found.astype(str)
    return _as_columns(found)


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
            return {one.name: _tensor(np.asarray(by_name[one.name]), one) for one in inputs}
    whole = rows.toarray() if hasattr(rows, "tocsr") else np.asarray(rows)
    if len(inputs) == 1:
        return {inputs[0].name: _tensor(whole, inputs[0])}
    if whole.ndim == 2 and whole.shape[1] == len(inputs) and not hasattr(rows, "columns"):
        return {one.name: _tensor(whole[:, i], one) for i, one in enumerate(inputs)}
    names = ", ".join(one.name for one in inputs)
    raise ValueError("the rows do not have the inputs of the model: {}".format(names))


def _input_name(column: Any) -> str:
    """The name that skl2onnx gives the input of a column."""
    return re.sub(r"[^0-9A-Za-z_]", "_", str(column))


def _tensor(values: Any, into: Any) -> Any:
    """Values in the type and the shape of an input.

    A missing text is an empty one, because ONNX has none.
    """
    type_, shape = into.type, list(into.shape)
    table = values.reshape(len(values), -1)
    if len(shape) != 2 and _width(shape) == table.shape[1]:
        table = values.reshape([len(values)] + shape[1:])
    if type_ == "tensor(string)":
        texts = ["" if _is_missing(one) else str(one) for one in table.ravel().tolist()]
        return np.array(texts, dtype=object).reshape(table.shape)
    dtype = _DTYPES.get(type_)
    if dtype is None:
        raise TypeError("inputs of type {} are not supported".format(type_))
    with np.errstate(over="ignore"):
        return table.astype(dtype)
