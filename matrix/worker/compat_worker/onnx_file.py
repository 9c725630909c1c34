"""Read the graph of an ONNX file without onnx: its inputs, nodes and constants.

An ONNX file is a message of protocol buffers. The numbers of fields are those of
``onnx/onnx.proto``, which never change. The inspection has walked the same file before.
"""

import struct
from typing import Any, Dict, Iterator, List, NamedTuple, Tuple

import numpy as np

# Fields of ModelProto, GraphProto, NodeProto, AttributeProto and TensorProto.
_GRAPH = 7
_NODE, _INITIALIZER, _INPUT = 1, 5, 11
_NODE_INPUT, _NODE_OUTPUT, _OPERATOR, _ATTRIBUTE = 1, 2, 4, 5
_FLOAT, _INT, _STRING, _TENSOR, _FLOATS, _INTS, _STRINGS = 2, 3, 4, 5, 7, 8, 9
_DIMS, _DATA_TYPE, _FLOAT_DATA, _INT32_DATA, _STRING_DATA = 1, 2, 4, 5, 6
_INT64_DATA, _TENSOR_NAME, _RAW_DATA, _DOUBLE_DATA = 7, 8, 9, 10

_NUMBERS = {1: "<f4", 2: "u1", 3: "i1", 5: "<i2", 6: "<i4", 7: "<i8", 9: "?", 11: "<f8"}
"""By type of a tensor, that of numpy."""
_TEXTS = 8


class Node(NamedTuple):
    """One operator of a graph."""

    operator: str
    inputs: List[str]
    outputs: List[str]
    attributes: Dict[str, Any]
    """By name, a number, bytes, an array of numbers, a list of bytes, or a tensor."""


class Graph(NamedTuple):
    """What a file computes."""

    inputs: List[str]
    """Those that are no constants."""
    nodes: List[Node]
    """In the order in which they are computed."""
    constants: Dict[str, Any]
    """By name, an array of numbers, or a list of bytes."""


def read_graph(content: bytes) -> Graph:
    """The graph of a file; graphs inside of operators are left out.

    Args:
        content: of the file.

    Raises:
        ValueError: it is no ONNX model, or damaged.
    """
    wholes = [value for number, value in _fields(content) if number == _GRAPH]
    if not wholes:
        raise ValueError("the file has no graph")
    inputs = []  # type: List[str]
    nodes = []  # type: List[Node]
    constants = {}  # type: Dict[str, Any]
    for number, value in _fields(wholes[0]):
        if number == _NODE:
            nodes.append(_node(value))
        elif number == _INITIALIZER:
            name, tensor = _tensor(value)
            constants[name] = tensor
        elif number == _INPUT:
            inputs.append(_text(next(v for n, v in _fields(value) if n == 1)))
    for node in nodes:
        if node.operator == "Constant" and "value" in node.attributes:
            constants[node.outputs[0]] = node.attributes["value"]
    return Graph([name for name in inputs if name not in constants], nodes, constants)


def _fields(data: Any) -> Iterator[Tuple[int, Any]]:
    """Yield the number and the value of each field: a number, or the bytes of it."""
    view, place, end = memoryview(data), 0, len(data)
    while place < end:
        key, place = _varint(view, place)
        kind = key & 7
        if kind == 0:
            value, place = _varint(view, place)  # type: Any, int
        elif kind == 2:
            size, place = _varint(view, place)
            value, place = view[place : place + size], place + size
        else:
            size = {1: 8, 5: 4}.get(kind, 0)
            value, place = view[place : place + size], place + size
        if kind not in (0, 1, 2, 5) or place > end:
            raise ValueError("the file is damaged")
        yield key >> 3, value


def _varint(view: Any, place: int) -> Tuple[int, int]:
    found = shift = 0
    while True:
        if place >= len(view) or shift > 63:
            raise ValueError("the file is damaged")
        byte = view[place]
        place += 1
        found |= (byte & 0x7F) << shift
        if byte < 0x80:
            return found, place
        shift += 7


def _signed(value: int) -> int:
    return value - (1 << 64) if value >> 63 else value


def _text(value: Any) -> str:
    return bytes(value).decode("utf-8", "replace")


def _node(data: Any) -> Node:
    found = Node("", [], [], {})
    for number, value in _fields(data):
        if number == _NODE_INPUT:
            found.inputs.append(_text(value))
        elif number == _NODE_OUTPUT:
            found.outputs.append(_text(value))
        elif number == _OPERATOR:
            found = found._replace(operator=_text(value))
        elif number == _ATTRIBUTE:
            name, content = _attribute(value)
            found.attributes[name] = content
    return found


def _attribute(data: Any) -> Tuple[str, Any]:
    """The name and the value of an attribute."""
    name, found = "", None  # type: str, Any
    several = {_FLOATS: [], _INTS: [], _STRINGS: []}  # type: Dict[int, List[Any]]
    for number, value in _fields(data):
        if number == 1:
            name = _text(value)
        elif number == _INTS:
            several[_INTS].extend([_signed(value)] if isinstance(value, int) else _packed(value))
        elif number in several:
            several[number].append(bytes(value))
        elif number in _ONE:
            found = _ONE[number](value)
    if several[_FLOATS]:
        return name, np.frombuffer(b"".join(several[_FLOATS]), dtype="<f4")
    if several[_INTS]:
        return name, np.array(several[_INTS], dtype=np.int64)
    return name, several[_STRINGS] or found


def _packed(data: Any) -> List[int]:
    """Whole numbers that stand together in one field."""
    found, place = [], 0
    while place < len(data):
        value, place = _varint(data, place)
        found.append(_signed(value))
    return found


def _tensor(data: Any) -> Tuple[str, Any]:
    """The name and the values of a tensor; None for a type that no model of numbers has."""
    name, kind = "", 0
    dims, ints, raw, strings = [], [], [], []  # type: List[int], List[int], List[Any], List[bytes]
    for number, value in _fields(data):
        if number in (_DIMS, _INT32_DATA, _INT64_DATA):
            into = dims if number == _DIMS else ints
            into.extend([_signed(value)] if isinstance(value, int) else _packed(value))
        elif number == _DATA_TYPE:
            kind = value
        elif number == _STRING_DATA:
            strings.append(bytes(value))
        elif number == _TENSOR_NAME:
            name = _text(value)
        elif number in (_RAW_DATA, _FLOAT_DATA, _DOUBLE_DATA):
            raw.append(bytes(value))
    if kind == _TEXTS:
        return name, strings
    if kind not in _NUMBERS:
        return name, None
    dtype = np.dtype(_NUMBERS[kind])
    values = np.array(ints).astype(dtype) if ints else np.frombuffer(b"".join(raw), dtype=dtype)
    if values.size != int(np.prod(dims)):
        return name, None  # its values are in another file
    return name, values.reshape(dims)


_ONE = {
    _FLOAT: lambda value: struct.unpack("<f", bytes(value))[0],
    _INT: _signed,
    _STRING: bytes,
    _TENSOR: lambda value: _tensor(value)[1],
}  # type: Dict[int, Callable[[Any], Any]]
"""By field of an attribute with one value, what reads it."""
