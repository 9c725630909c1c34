"""Write ONNX files byte by byte: a message of protocol buffers."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence

FLOAT, INT64, STRING, DOUBLE = 1, 7, 8, 11
"""Types of the elements of a tensor."""

Value = float | int | str | Sequence[float] | Sequence[int] | Sequence[str]


def varint(value: int) -> bytes:
    value &= (1 << 64) - 1
    found = b""
    while value > 0x7F:
        found += bytes([value & 0x7F | 0x80])
        value >>= 7
    return found + bytes([value])


def number(field: int, value: int) -> bytes:
    return varint(field << 3) + varint(value)


def part(field: int, content: bytes | str) -> bytes:
    data = content.encode() if isinstance(content, str) else content
    return varint(field << 3 | 2) + varint(len(data)) + data


def single(field: int, value: float) -> bytes:
    return varint(field << 3 | 5) + struct.pack("<f", value)


def attribute(name: str, value: Value) -> bytes:
    """An attribute of a node, as onnx writes it: each number of a list in a field of its own."""
    content = part(1, name)
    if isinstance(value, str):
        return part(5, content + part(4, value))
    if isinstance(value, float):
        return part(5, content + single(2, value))
    if isinstance(value, int):
        return part(5, content + number(3, value))
    for one in value:
        if isinstance(one, str):
            content += part(9, one)
        else:
            content += single(7, one) if isinstance(one, float) else number(8, one)
    return part(5, content)


def node(
    operator: str,
    inputs: Sequence[str],
    outputs: Sequence[str],
    attributes: Mapping[str, Value] | None = None,
) -> bytes:
    """One operator of a graph."""
    content = b"".join(part(1, one) for one in inputs) + b"".join(part(2, one) for one in outputs)
    content += part(4, operator)
    return part(1, content + b"".join(attribute(*one) for one in (attributes or {}).items()))


def tensor(
    name: str, kind: int, shape: Sequence[int], values: Sequence[float] | Sequence[str]
) -> bytes:
    """A constant of a graph."""
    content = b"".join(number(1, size) for size in shape) + number(2, kind) + part(8, name)
    if kind == STRING:
        return part(5, content + b"".join(part(6, str(one)) for one in values))
    form = {FLOAT: "f", INT64: "q", DOUBLE: "d"}[kind]
    return part(5, content + part(9, struct.pack(f"<{len(values)}{form}", *values)))


def file(inputs: Sequence[str], *parts: bytes, outputs: Sequence[str] = ("y",)) -> bytes:
    """A whole file, with IR version 8 and the opset 15."""
    graph = b"".join(parts) + b"".join(part(11, part(1, one)) for one in inputs)
    graph += b"".join(part(12, part(1, one)) for one in outputs)
    return number(1, 8) + part(7, graph) + part(8, number(2, 15))
