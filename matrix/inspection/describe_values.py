"""Describe a stand-in in a short text."""

from __future__ import annotations

from matrix.inspection.arrays import Array, Dtype, Scalar
from matrix.inspection.stand_ins import Blob, Dict, Global, Object, Outside, Set, StandIn

MAX_LENGTH = 80
"""Characters of a description, at most."""
_MAX_SHOWN = 8
"""Elements of a sequence or array that are shown one by one."""
_MAX_BITS = 128
"""Bits of an integer that is shown in full."""


def shorten(text: str, longest: int = MAX_LENGTH) -> str:
    """The text, cut to ``longest`` characters."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


def describe(value: StandIn) -> str:
    """A short description, such as ``float64 (100, 4)`` or ``dict of 3``."""
    return shorten(_described(value))


def class_name(value: StandIn) -> str:
    """The full name of a class or function; empty for other values."""
    return shorten(f"{value.module}.{value.qualname}", 200) if isinstance(value, Global) else ""


def _described(value: StandIn) -> str:
    plain = _plain(value)
    if plain is not None:
        return plain
    if isinstance(value, (list, tuple)):
        return _sequence(value)
    if isinstance(value, Dict):
        return f"dict of {len(value):,}"
    if isinstance(value, Set):
        return f"set of {len(value.items):,}"
    return _made(value)


def _plain(value: StandIn) -> str | None:
    """Description of a number, string or bytes; None for other values."""
    if value is None or type(value) in (bool, float):
        return repr(value)
    if type(value) is int:
        bits = value.bit_length()
        return repr(value) if bits <= _MAX_BITS else f"int of {bits:,} bits"
    if type(value) is str:
        return repr(value[: MAX_LENGTH + 1]) if len(value) <= MAX_LENGTH else repr(value[:60]) + "…"
    if type(value) is bytes:
        return f"bytes of {len(value):,}"
    if isinstance(value, Blob):
        return f"{value.kind} of {value.size:,} bytes"
    return None


def _sequence(value: list[StandIn] | tuple[StandIn, ...]) -> str:
    inside = [_plain(one) for one in value[:_MAX_SHOWN]]
    if len(value) <= _MAX_SHOWN and all(one is not None and len(one) < 40 for one in inside):
        text = ", ".join(str(one) for one in inside)
        if isinstance(value, tuple):
            return f"({text},)" if len(value) == 1 else f"({text})"
        return f"[{text}]"
    return f"{type(value).__name__} of {len(value):,}"


def _made(value: StandIn) -> str:
    if isinstance(value, Array):
        return _array(value)
    if isinstance(value, Scalar):
        found = value.value()
        name = value.dtype.name if isinstance(value.dtype, Dtype) else "scalar"
        return f"{name} {_plain(found)}" if found is not None else name
    if isinstance(value, Dtype):
        return f"dtype {value.name}"
    if isinstance(value, Global):
        return class_name(value)
    if isinstance(value, Outside):
        return value.what
    return _object(value) if isinstance(value, Object) else "?"


def _array(array: Array) -> str:
    name = array.dtype.name if isinstance(array.dtype, Dtype) else "array"
    if array.shape is None:
        return name
    text = f"{name} {array.shape}"
    if array.count is not None and array.count <= _MAX_SHOWN and len(array.shape) == 1:
        inside = [_plain(one) for one in array.values() or []]
        if inside and all(one is not None and len(one) < 40 for one in inside):
            return f"{text} [{', '.join(str(one) for one in inside)}]"
    return text


def _object(value: Object) -> str:
    name = class_name(value.maker).rpartition(".")[2] or "object"
    if value.items or value.pairs is not None:
        return f"{name} of {len(value.items) + len(value.pairs or ()):,}"
    if not isinstance(value.state, Dict):
        inside = [_plain(one) for one in value.args[:3]]
        if not value.by_class and inside and all(one is not None for one in inside):
            return f"{name}({', '.join(str(one) for one in inside)})"
        return name
    nodes, shape, data = (value.state.get(key) for key in ("node_count", "_shape", "data"))
    if type(nodes) is int:
        return f"{name} of {nodes:,} nodes"
    if isinstance(data, Array) and type(shape) is tuple:  # a sparse matrix of scipy
        dtype = data.dtype.name if isinstance(data.dtype, Dtype) else "array"
        return f"{name} {dtype} {_sequence(shape)}, {data.count:,} stored"
    return name
