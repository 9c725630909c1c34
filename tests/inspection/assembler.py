"""Assemble pickles from single opcodes, including those that no pickler writes."""

from __future__ import annotations

import struct

STOP = b"."
MARK = b"("
EMPTY_DICT = b"}"
EMPTY_LIST = b"]"
EMPTY_TUPLE = b")"
NONE = b"N"
REDUCE = b"R"
BUILD = b"b"
NEWOBJ = b"\x81"
TUPLE = b"t"
TUPLE1 = b"\x85"
TUPLE2 = b"\x86"
TUPLE3 = b"\x87"
SETITEM = b"s"
SETITEMS = b"u"
APPEND = b"a"
ADDITEMS = b"\x90"
EMPTY_SET = b"\x8f"
FROZENSET = b"\x91"
DUP = b"2"
POP = b"0"


def proto(number: int) -> bytes:
    return b"\x80" + bytes([number])


def text(value: str) -> bytes:
    data = value.encode("utf-8", "surrogatepass")
    return b"X" + struct.pack("<I", len(data)) + data


def integer(value: int) -> bytes:
    return b"J" + struct.pack("<i", value)


def name(module: str, qualname: str) -> bytes:
    """STACK_GLOBAL: needs protocol 4, and takes dots in both."""
    return text(module) + text(qualname) + b"\x93"


def old_name(module: str, qualname: str) -> bytes:
    """GLOBAL."""
    return f"c{module}\n{qualname}\n".encode()


def call(module: str, qualname: str, *arguments: bytes) -> bytes:
    return name(module, qualname) + MARK + b"".join(arguments) + TUPLE + REDUCE


def new(module: str, qualname: str) -> bytes:
    return name(module, qualname) + EMPTY_TUPLE + NEWOBJ


def state(**items: bytes) -> bytes:
    inside = b"".join(text(key) + value for key, value in items.items())
    return EMPTY_DICT + MARK + inside + SETITEMS


def dtype(letter: str, flags: int = 0) -> bytes:
    parts = text("<") + NONE * 3 + integer(-1) * 2 + integer(flags)
    inside = MARK + integer(3) + parts + TUPLE
    return call("numpy", "dtype", text(letter), b"\x89", b"\x88") + inside + BUILD


def wrapper(letter: str = "f8", shape: bytes = integer(2) + TUPLE1, **more: bytes) -> bytes:
    """What joblib writes before the bytes of an array."""
    parts = {
        "subclass": name("numpy", "ndarray"),
        "shape": shape,
        "order": text("C"),
        "dtype": dtype(letter, 63 if letter == "O8" else 0),
        "allow_mmap": b"\x88",
        **more,
    }
    return new("joblib.numpy_pickle", "NumpyArrayWrapper") + state(**parts) + BUILD


def whole(body: bytes, protocol: int = 4) -> bytes:
    return proto(protocol) + body + STOP
