"""Content: the input or output of a model as bytes with a digest.

A *content* is one line of JSON (its outline), followed by the raw bytes of its arrays in the order
in which the outline names them. The same value gives the same bytes in every environment, so equal
digests (sha256) mean outputs that are equal bit for bit. Nothing is pickled. The orchestrator reads
contents with ``matrix/judge/content.py``.

Nodes of the outline, by ``kind``:

====== ===========================================================================================
array  ``dtype``, ``shape``; its bytes follow, in C order, little-endian
object ``shape``, ``items``: an array of Python objects, one node each
sparse ``format``, ``shape``, ``data``, ``indices``, ``indptr``: always in CSR order
frame  ``columns`` (node), ``index`` (node; null for a RangeIndex), ``items``: one node per column
series ``name`` (node), ``index`` (as of a frame), ``item`` (node)
fields ``names``, ``items``: a structured array, one node per field
masked ``data`` (node, zero where masked), ``mask`` (node)
list   ``items``; ``tuple`` likewise
dict   ``keys`` (nodes), ``items``
none, bool, int, float, str: ``value`` (floats as hexadecimal text)
stamp  ``value``: a Timestamp of pandas as ISO text
opaque ``type``: any other object; only its type is recorded
====== ===========================================================================================
"""

import hashlib
import json
import sys
from typing import Any, Dict, List, Tuple

import numpy as np

Outline = Dict[str, Any]


def encode(value: Any) -> bytes:
    """The content of a value; objects that are not plain data become opaque nodes."""
    return b"".join(encoded_parts(value))


def encoded_parts(value: Any) -> List[Any]:
    """The content of a value as bytes and views of its arrays, to be written one after another.

    A large output is in memory once, not twice.
    """
    arrays: List[bytes] = []
    outline = _outline(value, arrays)
    head = json.dumps(outline, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return [head.encode("ascii") + b"\n"] + arrays


def is_complete(content: bytes) -> bool:
    """Whether a content has no opaque node, so that equal contents mean equal values."""
    return b'"kind":"opaque"' not in content[: content.index(b"\n")]


def digest(content: Any) -> str:
    """The sha256 of a content, or of its parts, as 64 hexadecimal digits."""
    found = hashlib.sha256()
    for part in content if isinstance(content, list) else [content]:
        found.update(part)
    return found.hexdigest()


def decode(content: bytes) -> Any:
    """The value that a content was made of; its arrays are new and writable.

    Raises:
        ValueError: the content is truncated or has an opaque node.
    """
    end = content.index(b"\n")
    outline = json.loads(content[:end].decode("ascii"))
    return _build(outline, _Reader(content, end + 1))


class _Reader:
    def __init__(self, content: bytes, position: int) -> None:
        self.content = content
        self.position = position

    def array(self, dtype: Any, shape: Tuple[int, ...]) -> Any:
        count = 1
        for length in shape:
            count *= length
        size = count * dtype.itemsize
        if self.position + size > len(self.content):
            raise ValueError("the content is truncated")
        if size == 0:
            return np.empty(shape, dtype)
        flat = np.frombuffer(self.content, dtype, count, self.position)
        self.position += size
        return flat.reshape(shape).copy()


def _outline(value: Any, arrays: List[bytes]) -> Outline:
    scalar = _scalar(value)
    if scalar is not None:
        return scalar
    if isinstance(value, (np.ndarray, np.generic)):
        return _outline_array(np.asanyarray(value), arrays)
    if isinstance(value, (list, tuple)):
        kind = "list" if isinstance(value, list) else "tuple"
        return {"kind": kind, "items": [_outline(item, arrays) for item in value]}
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: (str(key), type(key).__name__))
        return {
            "kind": "dict",
            "keys": [_outline(key, arrays) for key in keys],
            "items": [_outline(value[key], arrays) for key in keys],
        }
    return _outline_foreign(value, arrays)


def _scalar(value: Any) -> Any:
    if value is None:
        return {"kind": "none"}
    if type(value) is bool:
        return {"kind": "bool", "value": value}
    if type(value) is int:
        return {"kind": "int", "value": str(value)}
    if type(value) is float:
        return {"kind": "float", "value": value.hex()}
    if type(value) is str:
        return {"kind": "str", "value": value}
    return None


def _outline_array(array: Any, arrays: List[bytes]) -> Outline:
    if isinstance(array, np.ma.MaskedArray):
        mask = np.ma.getmaskarray(array)
        data = np.where(mask, np.zeros(1, dtype=array.dtype), array.data).astype(array.dtype)
        return {
            "kind": "masked",
            "data": _outline_array(data, arrays),
            "mask": _outline_array(mask, arrays),
        }
    if array.dtype.names is not None:
        names = array.dtype.names
        items = [_outline_array(np.asarray(array[name]), arrays) for name in names]
        return {"kind": "fields", "names": list(names), "items": items}
    if array.dtype.kind in "OV" or array.dtype.kind not in "biufcSUmM":
        items = [_outline(item, arrays) for item in array.astype(object).ravel().tolist()]
        return {"kind": "object", "shape": list(array.shape), "items": items}
    if array.dtype.byteorder == ">" or (array.dtype.byteorder == "=" and sys.byteorder == "big"):
        array = array.astype(array.dtype.newbyteorder("<"))
    arrays.append(_bytes_of(array))
    return {"kind": "array", "dtype": array.dtype.str, "shape": list(array.shape)}


def _bytes_of(array: Any) -> Any:
    """The bytes of an array in C order, not copied where that is possible."""
    if array.dtype.kind in "mM" or not array.nbytes or not array.flags.c_contiguous:
        return array.tobytes("C")
    return memoryview(np.asarray(array).reshape(-1).view(np.uint8))


def _outline_foreign(value: Any, arrays: List[bytes]) -> Outline:
    """Values of scipy and pandas, recognized by module so that neither has to be imported."""
    module = type(value).__module__
    if module.startswith("scipy.sparse"):
        rows = value.tocsr()
        if not rows.has_canonical_format:
            rows = rows.copy()
            rows.sum_duplicates()
        return {
            "kind": "sparse",
            "format": value.format,
            "shape": [int(length) for length in value.shape],
            "data": _outline(rows.data, arrays),
            "indices": _outline(rows.indices.astype("<i8", copy=False), arrays),
            "indptr": _outline(rows.indptr.astype("<i8", copy=False), arrays),
        }
    if module.split(".")[0] == "pandas":
        return _outline_pandas(value, arrays)
    if hasattr(value, "__array__"):
        return _outline(np.asarray(value), arrays)
    return {"kind": "opaque", "type": "{}.{}".format(module, type(value).__name__)}


def _outline_pandas(value: Any, arrays: List[bytes]) -> Outline:
    if hasattr(value, "columns"):
        names = list(value.columns)
        return {
            "kind": "frame",
            "columns": _outline(names, arrays),
            "index": _outline_index(value.index, arrays),
            "items": [_outline_column(value.iloc[:, i], arrays) for i in range(len(names))],
        }
    if hasattr(value, "iloc"):
        name = value.name
        return {
            "kind": "series",
            "name": _outline(name, arrays),
            "index": _outline_index(value.index, arrays),
            "item": _outline_column(value, arrays),
        }
    kind = type(value).__name__
    if kind == "Timestamp":
        return {"kind": "stamp", "value": value.isoformat()}
    made = None if kind in ("NAType", "NaTType") else np.asarray(value)
    if made is None or (made.ndim == 0 and made.dtype.kind == "O"):
        return {"kind": "opaque", "type": "pandas." + kind}
    return _outline(made, arrays)


def _outline_index(index: Any, arrays: List[bytes]) -> Any:
    """The node of an index; None for one that counts from 0."""
    counts = type(index).__name__ == "RangeIndex"
    if counts and (not len(index) or (index[0] == 0 and index[-1] == len(index) - 1)):
        return None
    return _outline(list(index), arrays)


def _outline_column(column: Any, arrays: List[bytes]) -> Outline:
    if str(column.dtype) == "category":
        return {
            "kind": "category",
            "categories": _outline(np.asarray(column.cat.categories, dtype=object), arrays),
            "codes": _outline(np.asarray(column.cat.codes, dtype="<i8"), arrays),
            "ordered": bool(column.cat.ordered),
        }
    if isinstance(column.dtype, np.dtype):
        return _outline(column.values, arrays)
    if hasattr(column, "sparse"):
        return _outline(column.sparse.to_dense().values, arrays)
    return _outline(np.asarray(column, dtype=object), arrays)


def _build(node: Outline, reader: _Reader) -> Any:
    maker = _BUILDERS.get(node["kind"])
    if maker is None:
        raise ValueError("a node of kind {!r} cannot be decoded".format(node["kind"]))
    return maker(node, reader)


def _object_array(node: Outline, reader: _Reader) -> Any:
    items = [_build(item, reader) for item in node["items"]]
    flat = np.empty(len(items), dtype=object)
    for position, item in enumerate(items):
        flat[position] = item
    return flat.reshape(node["shape"])


def _fields(node: Outline, reader: _Reader) -> Any:
    items = [_build(item, reader) for item in node["items"]]
    kinds = [(name, item.dtype) for name, item in zip(node["names"], items)]
    made = np.empty(items[0].shape, dtype=kinds)
    for name, item in zip(node["names"], items):
        made[name] = item
    return made


def _stamp(node: Outline, reader: _Reader) -> Any:
    import pandas

    return pandas.Timestamp(node["value"])


def _sparse(node: Outline, reader: _Reader) -> Any:
    from scipy import sparse

    parts = [_build(node[name], reader) for name in ("data", "indices", "indptr")]
    # 32-bit indices, as scipy makes them: old releases of scikit-learn refuse 64-bit ones.
    parts[1:] = [part.astype(np.int32) for part in parts[1:]]
    return sparse.csr_matrix(tuple(parts), shape=tuple(node["shape"])).asformat(node["format"])


def _frame(node: Outline, reader: _Reader) -> Any:
    import pandas

    names = _build(node["columns"], reader)
    index = None if node["index"] is None else _build(node["index"], reader)
    columns = [_column(item, reader, index) for item in node["items"]]
    if not columns:
        return pandas.DataFrame(index=index)
    frame = pandas.concat(columns, axis=1)
    frame.columns = names
    return frame


def _column(node: Outline, reader: _Reader, index: Any) -> Any:
    import pandas

    if node["kind"] == "category":
        values = _build(node["categories"], reader)
        codes = _build(node["codes"], reader)
        made = pandas.Categorical.from_codes(codes, values, ordered=node["ordered"])
        return pandas.Series(made, index=index)
    values = _build(node, reader)
    # The dtype is explicit because pandas 3 converts object arrays of strings to its own string
    # type and turns None into NaN.
    return pandas.Series(values, index=index, dtype=values.dtype)


def _series(node: Outline, reader: _Reader) -> Any:
    name = _build(node["name"], reader)
    index = None if node["index"] is None else _build(node["index"], reader)
    series = _column(node["item"], reader, index)
    series.name = name
    return series


_BUILDERS = {
    "none": lambda node, reader: None,
    "bool": lambda node, reader: node["value"],
    "int": lambda node, reader: int(node["value"]),
    "float": lambda node, reader: float.fromhex(node["value"]),
    "str": lambda node, reader: node["value"],
    "array": lambda node, reader: reader.array(np.dtype(node["dtype"]), tuple(node["shape"])),
    "object": _object_array,
    "sparse": _sparse,
    "frame": _frame,
    "series": _series,
    "fields": _fields,
    "masked": lambda node, reader: np.ma.MaskedArray(
        _build(node["data"], reader), _build(node["mask"], reader)
    ),
    "stamp": _stamp,
    "list": lambda node, reader: [_build(item, reader) for item in node["items"]],
    "tuple": lambda node, reader: tuple(_build(item, reader) for item in node["items"]),
    "dict": lambda node, reader: dict(
        zip(
            [_build(key, reader) for key in node["keys"]],
            [_build(item, reader) for item in node["items"]],
        )
    ),
}
