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
"""Names that must be called directly, never passed to or kept in something else, which might call
them."""

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
ENDINGS = (WRAPPER, "NDArrayWrapper")
"""How the names of all these wrappers end."""

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

    __slots__ = ("fields", "flags", "letter", "order", "shared", "size")

    def __init__(self, letter: str, size: int) -> None:
        self.shared = False
        """Whether the file got it a second time, from the memo or as a duplicate."""
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

        Only states that numpy writes are accepted, because numpy reads others by other rules: what
        an array holds would then differ from what is known here.

        Raises:
            DamageError: it is another one, or contradicts the size or letter.
        """
        if self.shared or not _is_dtype_state(state):
            raise DamageError("holds a dtype whose state cannot be read")
        _, order, part, names, fields, size, _, flags = state[:8]
        self.order = order if type(order) is str else order.decode("latin-1")
        flexible = self.letter in "SUV"
        if size != self.size if flexible else size not in (-1, self.size):
            raise DamageError("holds a dtype that contradicts itself")
        parts = self._parts(part, names, fields)
        objects = self.letter == "O" or any(one.has_objects for one in parts)
        if bool(flags & _HAS_OBJECTS) != objects:
            raise DamageError("holds a dtype that contradicts itself")
        self.flags = _HAS_OBJECTS if objects else 0
        self.fields = names or ()

    def _parts(self, part: StandIn, names: StandIn, fields: StandIn) -> list[Dtype]:
        """The dtypes inside: of the elements of a subarray, or of the fields."""
        if self.letter != "V" and (part, names, fields) != (None, None, None):
            raise DamageError("holds a dtype that contradicts itself")
        if part is not None and not self._has_size_of(part):
            raise DamageError("holds a dtype that contradicts itself")
        inside = [] if part is None else [part[0]]
        if fields is None:
            return inside
        known = fields.plain()
        if known is None or names is None or not set(names) <= set(known) or fields.shared:
            raise DamageError("holds a dtype whose state cannot be read")
        if not all(self._fits(one) for one in known.values()):
            raise DamageError("holds a dtype with a field outside of it")
        fields.frozen = True
        return inside + [one[0] for one in known.values()]

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
    """Whether it is one of the names in :data:`SPECIAL`, or a wrapper without its state."""
    if isinstance(value, Object):
        return isinstance(value.maker, Global) and value.maker.pair in WRAPPERS
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

    Only wrappers that joblib writes are accepted, with values of the file itself: a wrapper decides
    how many bytes are an array, and what a call returns is unknown here.

    Returns:
        The array; its size in bytes, or None if a pickle of objects follows; its alignment in
        bytes, or None for joblib before 1.2, which did not align arrays.

    Raises:
        DamageError: the size of the array is unknown.
    """
    held = wrapper.state
    state = held.plain() if isinstance(held, Dict) and not held.shared else None
    bare = wrapper.by_class and not (wrapper.args or wrapper.kwargs or wrapper.items)
    if state is None or wrapper.shared or not bare or wrapper.pairs is not None:
        raise DamageError("holds an array wrapper that joblib does not write")
    if not _ATTRIBUTES.issuperset(state):
        raise DamageError("holds an array wrapper with attributes that joblib does not write")
    held.frozen = True
    dtype, shape, order = state.get("dtype"), parse_shape(state.get("shape")), state.get("order")
    align = state.get("numpy_array_alignment_bytes")
    if not isinstance(dtype, Dtype) or shape is None or type(align) not in (int, type(None)):
        raise DamageError("holds an array with an unknown dtype, shape or alignment")
    if type(state["shape"]) is not tuple or not isinstance(state.get("subclass"), Global):
        raise DamageError("holds an array with an unknown class or shape")
    array = Array(state["subclass"])
    array.dtype, array.shape = dtype, shape
    array.order = "F" if type(order) is str and order == "F" else "C"
    size = None if dtype.has_objects else math.prod(shape) * dtype.size
    return array, size, align


def parse_shape(shape: StandIn) -> tuple[int, ...] | None:
    """A shape as a tuple; None if the value is not a valid shape."""
    if not isinstance(shape, Sequence) or type(shape) not in (tuple, list) or len(shape) > 64:
        return None
    if any(type(one) is not int or not 0 <= one < 2**63 for one in shape):
        return None
    return tuple(shape)


_VERSIONS = (3, 4)
"""Versions of the state of a dtype that numpy writes; older ones have other rules for the flags."""
_STATE_TYPES: tuple[tuple[type, ...], ...] = (
    (int,),
    (str, bytes),
    (tuple, type(None)),
    (tuple, type(None)),
    (Dict, type(None)),
    (int,),
    (int,),
    (int,),
)


def _is_dtype_state(state: StandIn) -> bool:
    """Whether it has the form of a dtype's state: version, byte order, subarray, names, fields,
    size, alignment, flags, and metadata from version 4 on."""
    if type(state) is not tuple or len(state) not in (8, 9):
        return False
    if any(type(one) not in kinds for one, kinds in zip(state, _STATE_TYPES, strict=False)):
        return False
    return state[0] in _VERSIONS and all(type(name) is str for name in state[3] or ())
