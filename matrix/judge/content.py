"""Reads the plain contents that workers write: an outline in JSON, then raw arrays.

The other half, which writes them, is ``matrix/worker/compat_worker/content.py``; it describes the
form. Nothing is unpickled, and neither scipy nor pandas is needed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

_LARGEST_DENSE = 50_000_000

_LARGEST = 2 * 1024**3
"""Bytes that one array may take that is not as it stands in the content: a few bytes may ask for
any number, and a model's own code may have written them."""


Fetch = Callable[[str], bytes]
"""Returns the content with a digest; raises KeyError if it is missing or damaged."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """One array of an output, with the place that it has in it."""

    place: str
    """Empty for an output that is one array; else such as ``[1]`` or ``column 'age'``."""
    array: NDArray[Any]
    columns: NDArray[np.intp] | None = None
    """For the values of a sparse matrix that is not written out: the column of each value."""

    @property
    def sort(self) -> str:
        """``number``, ``label`` (whole numbers), ``truth`` (booleans), ``text`` or ``other``."""
        return _SORTS.get(self.array.dtype.kind, "other")


_SORTS = {
    "f": "number",
    "c": "number",
    "i": "label",
    "u": "label",
    "b": "truth",
    "U": "text",
    "S": "text",
}


@dataclass(frozen=True, slots=True)
class MethodOutput:
    """What a method returned: its shape in words, and its arrays."""

    form: str
    """``array``, ``sparse matrix``, ``list of 3`` … what it is, without its values."""
    leaves: tuple[Leaf, ...]


def read(content: bytes) -> MethodOutput:
    """The output that a content holds.

    Raises:
        ValueError: it is not a content, or cut short.
    """
    end = content.find(b"\n")
    if end < 0:
        raise ValueError("no outline")
    outline = json.loads(content[:end])
    cursor = _Cursor(content, end + 1)
    leaves = tuple(_leaves(outline, "", cursor))
    return MethodOutput(_form(outline), leaves)


class _Cursor:
    def __init__(self, content: bytes, position: int) -> None:
        self.content = content
        self.position = position

    def take(self, node: dict[str, Any]) -> NDArray[Any]:
        dtype = np.dtype(node["dtype"])
        count = prod(node["shape"])
        if count < 0:
            raise ValueError("no shape")
        size = count * dtype.itemsize
        if self.position + size > len(self.content):
            raise ValueError("cut short")
        if not size:
            _check_size(count)
            return np.empty(node["shape"], dtype)
        flat = np.frombuffer(self.content, dtype, count, self.position)
        self.position += size
        return flat.reshape(node["shape"])


def _form(node: dict[str, Any]) -> str:
    kind = node["kind"]
    if kind in ("list", "tuple", "dict"):
        return f"{kind} of {len(node['items'])}"
    return _FORMS.get(kind, f"{kind} {node.get('type', '')}".strip())


_FORMS = {
    "array": "array",
    "object": "array",
    "sparse": "sparse matrix",
    "frame": "DataFrame",
    "series": "Series",
    "fields": "structured array",
    "masked": "masked array",
}


def _leaves(node: dict[str, Any], place: str, cursor: _Cursor) -> Iterator[Leaf]:
    kind = node["kind"]
    if kind in _PARTS:
        yield from _PARTS[kind](node, place, cursor)
    elif kind in _SCALARS:
        yield Leaf(place, _plain([node])[0:1].reshape(()))
    else:
        yield Leaf(place, np.array(node.get("type", kind)))


def _array_leaf(node: dict[str, Any], place: str, cursor: _Cursor) -> Iterator[Leaf]:
    yield Leaf(place, cursor.take(node))


def _series_leaves(node: dict[str, Any], place: str, cursor: _Cursor) -> Iterator[Leaf]:
    yield from _leaves(node["name"], f"{place} name".strip(), cursor)
    if node["index"] is not None:
        yield from _leaves(node["index"], f"{place} index".strip(), cursor)
    yield from _leaves(node["item"], place, cursor)


def _field_leaves(node: dict[str, Any], place: str, cursor: _Cursor) -> Iterator[Leaf]:
    yield Leaf(f"{place} field names".strip(), _texts(node["names"]))
    for name, item in zip(node["names"], node["items"], strict=True):
        yield from _leaves(item, f"{place} field {name!r}".strip(), cursor)


def _masked_leaves(node: dict[str, Any], place: str, cursor: _Cursor) -> Iterator[Leaf]:
    yield from _leaves(node["data"], place, cursor)
    yield from _leaves(node["mask"], f"{place} mask".strip(), cursor)


def _list_leaves(node: dict[str, Any], place: str, cursor: _Cursor) -> Iterator[Leaf]:
    items = node["items"]
    if node["kind"] != "dict" and all(item["kind"] in _SCALARS for item in items):
        yield Leaf(place, _plain(items))
        return
    if node["kind"] != "dict":
        for at, item in enumerate(items):
            yield from _leaves(item, f"{place}[{at}]", cursor)
        return
    names = [_key(key, cursor) for key in node["keys"]]
    yield Leaf(f"{place} keys".strip(), _texts(names))
    for name, item in zip(names, items, strict=True):
        yield from _leaves(item, f"{place}[{name}]", cursor)


def _key(node: dict[str, Any], cursor: _Cursor) -> str:
    """A key of a dictionary in words, with its type unless it is a text."""
    if node["kind"] == "str":
        return str(node["value"])
    leaves = _leaves(node, "", cursor)
    return f"{node['kind']}:" + "|".join(str(leaf.array.tolist()) for leaf in leaves)


_SCALARS: dict[str, Callable[[Any], Any]] = {
    "none": lambda _: None,
    "bool": bool,
    "int": int,
    "float": float.fromhex,
    "str": str,
    "stamp": str,
}


def _plain(nodes: list[dict[str, Any]]) -> NDArray[Any]:
    """An array of scalars: of their own type where they share one, else of tagged texts."""
    values = [_SCALARS[node["kind"]](node.get("value")) for node in nodes]
    kinds = {node["kind"] for node in nodes}
    if kinds == {"str"}:
        return _texts(values)
    if len(kinds) == 1 and not kinds & {"none", "int"}:
        return np.array(values)
    if kinds == {"int"} and all(abs(value) < 2**63 for value in values):
        return np.array(values, dtype=np.int64)
    return _texts([f"{node['kind']}:{value}" for node, value in zip(nodes, values, strict=True)])


_END = "\ue000"
"""Ends a text that numpy would cut: it drops the characters of code 0 at the end."""


def _texts(values: list[str]) -> NDArray[Any]:
    """An array of texts: each takes as much as the longest. Other texts give another array."""
    _check_size(4 * len(values) * (max(map(len, values), default=0) + 1))
    return np.array([f"{one}{_END}" if one[-1:] in ("\0", _END) else one for one in values], "U")


def _check_size(size: int) -> None:
    if size > _LARGEST:
        raise ValueError("too large")


def _object_leaves(node: dict[str, Any], place: str, cursor: _Cursor) -> Iterator[Leaf]:
    items = node["items"]
    if not items:
        _check_size(4 * prod(node["shape"]))
        yield Leaf(place, np.empty(node["shape"], dtype="U1"))
    elif all(item["kind"] in _SCALARS for item in items):
        yield from _scalar_leaves(items, node["shape"], place)
    else:
        parts = []
        for item in items:
            inner = tuple(_leaves(item, "", cursor))
            parts.append("|".join(str(leaf.array.tolist()) for leaf in inner))
        yield Leaf(place, _texts(parts).reshape(node["shape"]))


def _scalar_leaves(items: list[dict[str, Any]], shape: list[int], place: str) -> Iterator[Leaf]:
    """Scalars of one type, or the numbers among them apart from the rest.

    A table of numbers and texts is an array of objects, and its numbers are rounded like others.
    """
    kinds = {item["kind"] for item in items}
    if "float" not in kinds or len(kinds) == 1:
        yield Leaf(place, _plain(items).reshape(shape))
        return
    numbers, tags = np.zeros(len(items)), []
    for at, item in enumerate(items):
        value = _SCALARS[item["kind"]](item.get("value"))
        if item["kind"] == "float" and not np.isnan(value):
            numbers[at] = value
            tags.append("float")
        else:
            tags.append(f"{item['kind']}:{value}")
    yield Leaf(place, numbers.reshape(shape))
    yield Leaf(f"{place} texts".strip(), _texts(tags).reshape(shape))


def _sparse_leaves(node: dict[str, Any], place: str, cursor: _Cursor) -> Iterator[Leaf]:
    data, indices, indptr = (cursor.take(node[name]) for name in ("data", "indices", "indptr"))
    rows, columns = node["shape"]
    if rows != len(indptr) - 1 or np.any(np.diff(indptr) < 0) or len(data) != len(indices):
        raise ValueError("no sparse matrix")
    where = np.repeat(np.arange(rows), np.diff(indptr))
    if rows * columns > _LARGEST_DENSE:
        # Coordinates and values say the same, without the zeros.
        yield Leaf(f"{place} coordinates".strip(), np.stack([where, indices], axis=1))
        yield Leaf(place, data, columns=indices)
        return
    _check_size(rows * columns * data.dtype.itemsize)
    dense = np.zeros((rows, columns), dtype=data.dtype)
    dense[where, indices] = data
    yield Leaf(place, dense)


def _frame_leaves(node: dict[str, Any], place: str, cursor: _Cursor) -> Iterator[Leaf]:
    names = list(_leaves(node["columns"], f"{place} column names".strip(), cursor))
    yield from names
    if node["index"] is not None:
        yield from _leaves(node["index"], f"{place} index".strip(), cursor)
    for position, item in enumerate(node["items"]):
        yield from _leaves(item, f"{place} column {position}".strip(), cursor)


def _category_leaves(node: dict[str, Any], place: str, cursor: _Cursor) -> Iterator[Leaf]:
    found = next(iter(_leaves(node["categories"], "", cursor))).array
    codes = next(iter(_leaves(node["codes"], "", cursor))).array
    tag = "" if found.dtype.kind == "U" else f"{found.dtype.kind}:"
    texts = [f"{tag}{one}" for one in found.tolist()]
    texts = [f"{_END}{one}" if one.startswith((_END, _MISSING)) else one for one in texts]
    yield Leaf(place, _texts([texts[code] if code >= 0 else _MISSING for code in codes]))


_MISSING = "<missing>"

_PARTS: dict[str, Callable[[dict[str, Any], str, _Cursor], Iterator[Leaf]]] = {
    "array": _array_leaf,
    "object": _object_leaves,
    "sparse": _sparse_leaves,
    "frame": _frame_leaves,
    "list": _list_leaves,
    "tuple": _list_leaves,
    "dict": _list_leaves,
    "series": _series_leaves,
    "category": _category_leaves,
    "fields": _field_leaves,
    "masked": _masked_leaves,
}
