"""Load one saved file, call its methods on some rows, and print their results.

    python plain.py MODEL ROWS VALUES FOLDER...

MODEL is loaded with joblib, pickle or skops, ROWS is a file of rows as the results folder keeps
them, VALUES one of the plain values that they were made of (or ROWS again), and FOLDERs are
imported from. One line of JSON on standard output, after a line ``---``, holds ``given`` and
``own``: by method ``["returned", VALUE]``, ``["raised", TYPE, MESSAGE]`` or ``["absent"]``, for
ROWS as identical objects, and for the table that this pandas makes of VALUES (null without text).

This script shares no code with the worker on purpose, so that it checks the worker independently.
It runs on Python 3.6 and newer, with the packages of a target environment.
"""

import json
import sys
import types
import warnings

import numpy as np

ON_ROWS = [
    "predict",
    "predict_proba",
    "predict_log_proba",
    "predict_joint_log_proba",
    "decision_function",
    "score_samples",
    "transform",
    "apply",
    "decision_path",
    "kneighbors",
    "mahalanobis",
]
WITHOUT_ROWS = ["get_feature_names_out", "get_support"]
FACTS = ["classes_", "feature_names_in_", "n_features_in_"]


def main(model_path, rows_path, values_path, folders):
    sys.path.extend(folders)
    sys.modules["compat_matrix"] = stand_in()
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    rows, values = (read(path) for path in (rows_path, values_path))
    if isinstance(values, dict) and "values" in values:
        values = values["values"]
    found = {"own": None}
    try:
        load(model_path)
    except Exception as error:
        found["given"] = {"load": raised(error)}
    else:
        found["given"] = use(lambda: load(model_path), rows)
        own = as_made_here(values)
        if own is not None:
            found["own"] = use(lambda: load(model_path), own)
    print("\n---")
    print(json.dumps(found))


def read(path):
    with open(path, "rb") as file:
        return Rows(file.read()).read()


def as_made_here(values):
    """The table that this pandas makes of plain values; None if they are no table with text."""
    if not hasattr(values, "columns") or not any(dtype.kind == "O" for dtype in values.dtypes):
        return None
    import pandas as pd

    columns = [
        pd.Series(column.tolist()) if column.dtype.kind == "O" else column
        for column in (values.iloc[:, i].reset_index(drop=True) for i in range(values.shape[1]))
    ]
    made = pd.concat(columns, axis=1)
    made.columns = values.columns
    made.index = values.index
    return made


def stand_in():
    """A stand-in for the module that pipeline files import; loading a model needs none of it."""
    module = types.ModuleType("compat_matrix")
    module.pipeline = lambda *_, **__: lambda function: function
    module.Data = lambda *_, **__: None
    module.held_out = lambda *_, **__: None
    return module


def load(path):
    if path.endswith(".skops"):
        import skops.io

        return skops.io.load(path, trusted=skops.io.get_untrusted_types(file=path))
    if path.endswith(".pkl"):
        import pickle

        with open(path, "rb") as file:
            return pickle.load(file)
    import joblib

    return joblib.load(path)


def use(fresh, rows):
    """The result of every method, each called on a newly loaded model."""
    found = {}
    for name in ON_ROWS:
        found[name] = attempt(fresh, name, lambda model, name=name: getattr(model, name)(rows))
    for name in WITHOUT_ROWS:
        found[name] = attempt(fresh, name, lambda model, name=name: getattr(model, name)())
    for name in FACTS:
        found[name] = attempt(fresh, name, lambda model, name=name: getattr(model, name))
    found["inverse_transform"] = attempt(
        fresh, "inverse_transform", lambda model: model.inverse_transform(model.transform(rows))
    )
    if accepts_std(fresh()):
        found["predict[return_std]"] = attempt(
            fresh, "predict", lambda model: model.predict(rows, return_std=True)
        )
    found["repr"] = shown(lambda: repr(fresh()))
    found["get_params"] = shown(lambda: fresh().get_params())
    return found


def accepts_std(model):
    import inspect

    last = model.steps[-1][1] if hasattr(model, "steps") else model
    try:
        return "return_std" in inspect.signature(last.predict).parameters
    except (AttributeError, TypeError, ValueError):
        return False


def attempt(fresh, name, call):
    model = fresh()
    try:
        getattr(model, name)
    except AttributeError as error:
        return ["absent", str(error)]
    except Exception as error:
        return raised(error)
    try:
        return ["returned", plain(call(model))]
    except Exception as error:
        return raised(error)


def shown(call):
    """Whether a call that only displays a model works; its text is not compared."""
    try:
        call()
    except Exception as error:
        return raised(error)
    return ["returned", None]


def raised(error):
    return ["raised", type(error).__name__, str(error)[:300]]


def plain(value):
    """A value as JSON: an array is ``{"kind", "single", "shape", "values"}``."""
    if hasattr(value, "toarray"):
        value = value.toarray()
    if hasattr(value, "columns"):
        return [[str(name) for name in value.columns], plain(value.values)]
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    array = np.asarray(value)
    flat = array.ravel().tolist()
    if array.dtype.kind == "c":
        flat = [[one.real, one.imag] for one in flat]
    elif array.dtype.kind not in "fiub":
        flat = [str(one) for one in flat]
    return {
        "kind": array.dtype.kind,
        "single": array.dtype.kind in "fc" and array.dtype.itemsize < 8,
        "shape": list(array.shape),
        "values": flat,
    }


class Rows:
    """Reads rows: a line of JSON with their structure, then raw arrays in its order."""

    def __init__(self, data):
        head, _, self.rest = data.partition(b"\n")
        self.outline = json.loads(head.decode())
        self.at = 0

    def read(self):
        return self.value(self.outline)

    def value(self, node):
        return getattr(self, "read_" + node["kind"])(node)

    def read_array(self, node):
        kind = np.dtype(node["dtype"])
        count = int(np.prod(node["shape"])) if node["shape"] else 1
        array = np.frombuffer(self.rest, kind, count, self.at).reshape(node["shape"]).copy()
        self.at += array.nbytes
        return array

    def read_object(self, node):
        array = np.empty(len(node["items"]), dtype=object)
        for i, item in enumerate(node["items"]):
            array[i] = self.value(item)
        return array.reshape(node["shape"])

    def read_sparse(self, node):
        from scipy import sparse

        data = self.value(node["data"])
        indices, indptr = (self.value(node[n]).astype(np.int32) for n in ("indices", "indptr"))
        made = sparse.csr_matrix((data, indices, indptr), shape=tuple(node["shape"]))
        return made.asformat(node["format"])

    def read_frame(self, node):
        import pandas as pd

        names = self.value(node["columns"])
        index = None if node["index"] is None else self.value(node["index"])
        columns = [self.column(item, index) for item in node["items"]]
        frame = pd.concat(columns, axis=1) if columns else pd.DataFrame(index=index)
        frame.columns = names
        return frame

    def column(self, node, index):
        import pandas as pd

        if node["kind"] == "category":
            values, codes = self.value(node["categories"]), self.value(node["codes"])
            made = pd.Categorical.from_codes(codes, values, ordered=node["ordered"])
            return pd.Series(made, index=index)
        values = self.value(node)
        return pd.Series(values, index=index, dtype=values.dtype)

    def read_series(self, node):
        name = self.value(node["name"])
        series = self.column(node["item"], None)
        series.name = name
        return series

    def read_list(self, node):
        return [self.value(item) for item in node["items"]]

    def read_tuple(self, node):
        return tuple(self.read_list(node))

    def read_dict(self, node):
        return dict(zip([self.value(key) for key in node["keys"]], self.read_list(node)))

    def read_none(self, node):
        return None

    def read_bool(self, node):
        return node["value"]

    def read_int(self, node):
        return int(node["value"])

    def read_float(self, node):
        return float.fromhex(node["value"])

    def read_str(self, node):
        return node["value"]


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:])
