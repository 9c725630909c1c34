"""Read the arrays, scalars and dtypes that numpy and joblib write, without numpy or joblib."""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Sequence
from typing import Any

from matrix.inspection.read_errors import DamageError
from matrix.inspection.stand_ins import Blob, Dict, Global, Object, StandIn

_CORES = ("numpy.core", "numpy._core")
_ARRAY = {(f"{core}.multiarray", "_reconstruct") for core in _CORES}
_SCALAR = {(f"{core}.multiarray", "scalar") for core in _CORES}
_BUFFER = {(f"{core}.numeric", "_frombuffer") for core in _CORES}
DTYPE = ("numpy", "dtype")
UFUNCS = {(core, "_ufunc_reconstruct") for core in _CORES}
"""Functions that look up a name: the arguments are a module and a name."""

WRAPPER = "NumpyArrayWrapper"
WRAPPERS = {
    ("joblib.numpy_pickle", WRAPPER),
    ("sklearn.externals.joblib.numpy_pickle", WRAPPER),
}
"""joblib writes the bytes of an array right after the state of one of these."""

SPECIAL = WRAPPERS | UFUNCS | {DTYPE}
"""Names that must be called directly, never passed to something else that might call them."""

_ATTRIBUTES = frozenset(
    {"subclass", "shape", "order", "dtype", "allow_mmap", "numpy_array_alignment_bytes"}
)
"""The attributes of a wrapper; any other one might replace one of its methods."""

COMPANIONS = {
    (f"{joblib}.{module}", name)
    for joblib in ("joblib", "sklearn.externals.joblib")
    for module in ("numpy_pickle", "numpy_pickle_compat")
    for name in ("NDArrayWrapper", "ZNDArrayWrapper")
}
"""joblib before 0.10 wrote arrays to separate files beside the pickle."""

_NAMES = {
    "b1": "bool",
    **{f"i{n}": f"int{8 * n}" for n in (1, 2, 4, 8)},
    **{f"u{n}": f"uint{8 * n}" for n in (1, 2, 4, 8)},
    **{f"f{n}": f"float{8 * n}" for n in (2, 4, 8, 16)},
    **{f"c{n}": f"complex{8 * n}" for n in (8, 16, 32)},
}
_STRUCT = {
    "b1": "?",
    "i1": "b",
    "i2": "h",
    "i4": "i",
    "i8": "q",
    "u1": "B",
    "u2": "H",
    "u4": "I",
    "u8": "Q",
    "f2": "e",
    "f4": "f",
    "f8": "d",
}
_DESCRIPTION = re.compile(r"([|<>=]?)([biufcmMSUVO])([0-9]{0,9})")
_HAS_OBJECTS = 0x01


class Dtype:
    """A dtype, from its constructor arguments and its state."""

    __slots__ = ("fields", "flags", "letter", "order", "size")

    def __init__(self, letter: str, size: int) -> None:
        self.letter = letter
        """As in ``f8``, without the size."""
        self.size = size
        """Bytes of one element."""
        self.order = "="
        """Byte order: ``<``, ``>``, ``=`` or ``|``."""
        self.fields: tuple[str, ...] = ()
        self.flags = _HAS_OBJECTS if letter == "O" else 0

    @classmethod
    def from_args(cls, args: tuple[StandIn, ...]) -> Dtype | None:
        """What ``numpy.dtype(*args)`` returns; None for unknown descriptions."""
        text = args[0] if args else None
        if type(text) is bytes:
            text = text.decode("latin-1")
        if type(text) is not str or not (match := _DESCRIPTION.fullmatch(text)):
            return None
        order, letter, digits = match.groups()
        size = 8 if letter == "O" else int(digits or 0) * (4 if letter == "U" else 1)
        if letter not in "OSUV" and f"{letter}{size}" not in {*_NAMES, "m8", "M8"}:
            return None
        dtype = cls(letter, size)
        dtype.order = order or "="
        return dtype

    def build(self, state: StandIn) -> None:
        """Set the state, as ``dtype.__setstate__`` does.

        Raises:
            DamageError: it contradicts the size or letter, so the size of arrays is unknown.
        """
        if type(state) is not tuple or len(state) < 7 or type(state[1]) not in (str, bytes):
            raise DamageError("holds a dtype whose state cannot be read")
        order, names, fields, size = state[1], state[3], state[4], state[5]
        self.order = order if type(order) is str else order.decode("latin-1")
        flexible = self.letter in "SUV"
        if type(size) is not int or (
            size != self.size if flexible else size not in (-1, self.size)
        ):
            raise DamageError("holds a dtype that contradicts itself")
        flags = state[7] if len(state) > 7 else 0
        inside = list(fields.texts().values()) if isinstance(fields, Dict) else []
        inside = [one[0] for one in inside if type(one) is tuple and one]
        base = state[2][0] if type(state[2]) is tuple and state[2] else None
        parts = [one for one in [*inside, base] if isinstance(one, Dtype)]
        objects = self.letter == "O" or any(one.has_objects for one in parts)
        if isinstance(fields, Dict) and not all(self._fits(one) for _, one in fields.pairs()):
            raise DamageError("holds a dtype with a field outside of it")
        if state[2] is not None and not self._has_size_of(state[2]):
            raise DamageError("holds a dtype that contradicts itself")
        if type(flags) is int and bool(flags & _HAS_OBJECTS) != objects and len(state) > 7:
            raise DamageError("holds a dtype that contradicts itself")
        self.flags = _HAS_OBJECTS if objects else 0
        if type(names) is tuple:
            self.fields = tuple(name for name in names if type(name) is str)

    def _fits(self, field: StandIn) -> bool:
        """Whether a field lies within an element."""
        if type(field) is not tuple or len(field) not in (2, 3):
            return False
        dtype, offset = field[:2]
        inside = isinstance(dtype, Dtype) and type(offset) is int
        return inside and 0 <= offset <= self.size - dtype.size

    def _has_size_of(self, part: StandIn) -> bool:
        """Whether an array of a dtype and a shape is as large as an element."""
        if type(part) is not tuple or len(part) != 2 or not isinstance(part[0], Dtype):
            return False
        shape = parse_shape((part[1],) if type(part[1]) is int else part[1])
        return shape is not None and part[0].size * math.prod(shape) == self.size

    @property
    def has_objects(self) -> bool:
        """Whether arrays of it hold Python objects."""
        return bool(self.flags & _HAS_OBJECTS)

    @property
    def name(self) -> str:
        """Such as ``float64``, or ``str5`` for strings of up to five characters."""
        if self.fields:
            return f"struct of {len(self.fields)}"
        if self.letter == "U":
            return f"str{self.size // 4}"
        named = {"O": "object", "S": f"bytes{self.size}", "M": "datetime64", "m": "timedelta64"}
        key = f"{self.letter}{self.size}"
        return _NAMES.get(key) or named.get(self.letter) or f"void{self.size}"

    def values(self, data: bytes, count: int) -> list[Any] | None:
        """The elements encoded in ``data``; None for dtypes without plain values."""
        if self.fields or len(data) != count * self.size:
            return None
        order = self.order if self.order in "<>" else "<"
        code = _STRUCT.get(f"{self.letter}{self.size}")
        if code:
            return list(struct.unpack(f"{order}{count}{code}", data))
        if self.letter not in "US" or not self.size:
            return None
        parts = [data[i : i + self.size] for i in range(0, len(data), self.size)]
        if self.letter == "S":
            return [part.rstrip(b"\0") for part in parts]
        coding = "utf-32-be" if order == ">" else "utf-32-le"
        return [part.decode(coding, "replace").rstrip("\0") for part in parts]


class Array:
    """An array: its dtype and shape, and its elements if they are few."""

    __slots__ = ("data", "dtype", "items", "order", "shape", "subclass")

    def __init__(self, subclass: StandIn) -> None:
        self.subclass = subclass
        self.dtype: StandIn = None
        self.shape: tuple[int, ...] | None = None
        self.order = "C"
        self.data: bytes | None = None
        self.items: list[StandIn] | None = None
        """The elements of an array of objects."""

    def build(self, state: StandIn) -> None:
        """Set the state, as ``ndarray.__setstate__`` does."""
        if type(state) is not tuple or len(state) not in (4, 5):
            return
        shape, self.dtype, fortran, data = state[-4:]
        self.order = "F" if fortran is True else "C"
        self.shape = parse_shape(shape)
        if type(data) is list:
            self.items = data
        else:
            self._set_bytes(data)

    def set_data(self, data: StandIn) -> None:
        """Set the bytes of the array; other values are ignored."""
        self._set_bytes(data)

    def _set_bytes(self, data: StandIn) -> None:
        if isinstance(data, Blob):
            data = data.data
        if type(data) is bytes:
            self.data = data

    @property
    def count(self) -> int | None:
        """Number of elements; None if the shape is unknown."""
        return None if self.shape is None else math.prod(self.shape)

    def values(self) -> list[Any] | None:
        """The elements in file order; None if they were not kept."""
        if self.items is not None:
            return self.items
        if self.data is None or self.count is None or not isinstance(self.dtype, Dtype):
            return None
        return self.dtype.values(self.data, self.count)


class Scalar:
    """A numpy scalar."""

    __slots__ = ("data", "dtype")

    def __init__(self, dtype: StandIn, data: StandIn) -> None:
        self.dtype = dtype
        self.data = data

    def value(self) -> Any:
        """The scalar as a plain value; None for dtypes without plain values."""
        if isinstance(self.dtype, Dtype) and type(self.data) is bytes:
            found = self.dtype.values(self.data, 1)
            return found[0] if found else None
        return None


def is_special(value: StandIn) -> bool:
    """Whether it is one of the names in :data:`SPECIAL`."""
    return isinstance(value, Global) and value.pair in SPECIAL


def call_numpy(maker: Global, args: tuple[StandIn, ...]) -> StandIn:
    """What a known function of numpy returns for arguments; None for other functions."""
    pair = maker.pair
    if pair == DTYPE:
        return Dtype.from_args(args)
    if pair in _ARRAY:
        return Array(args[0] if args else None)
    if pair in _SCALAR and len(args) in (1, 2):
        return Scalar(args[0], args[1] if len(args) == 2 else None)
    if pair in _BUFFER and len(args) == 4:
        array = Array(Global("numpy", "ndarray"))
        data, array.dtype, shape, order = args
        array.order = "F" if order == "F" and type(order) is str else "C"
        array.shape = parse_shape(shape)
        array.set_data(data)
        return array
    return None


def read_wrapper(wrapper: Object) -> tuple[Array, int | None, int | None]:
    """The array that follows a wrapper of joblib.

    Returns:
        The array; its size in bytes, or None if a pickle of objects follows; its alignment in
        bytes, or None for joblib before 1.2, which did not align arrays.

    Raises:
        DamageError: the size of the array is unknown.
    """
    state = wrapper.state.texts() if isinstance(wrapper.state, Dict) else {}
    if not _ATTRIBUTES.issuperset(state) or wrapper.args or wrapper.kwargs:
        raise DamageError("holds an array wrapper with attributes that joblib does not write")
    dtype, shape = state.get("dtype"), parse_shape(state.get("shape"))
    align = state.get("numpy_array_alignment_bytes")
    if not isinstance(dtype, Dtype) or shape is None or type(align) not in (int, type(None)):
        raise DamageError("holds an array with an unknown dtype, shape or alignment")
    array = Array(state.get("subclass"))
    array.dtype, array.shape = dtype, shape
    array.order = "F" if state.get("order") == "F" else "C"
    size = None if dtype.has_objects else math.prod(shape) * dtype.size
    return array, size, align


def parse_shape(shape: StandIn) -> tuple[int, ...] | None:
    """A shape as a tuple; None if the value is not a valid shape."""
    if not isinstance(shape, Sequence) or type(shape) not in (tuple, list) or len(shape) > 64:
        return None
    if any(type(one) is not int or not 0 <= one < 2**63 for one in shape):
        return None
    return tuple(shape)
