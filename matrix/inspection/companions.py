"""Read the arrays that joblib before 0.10 wrote to files beside a model, without numpy or joblib.

joblib looks up each file by the name in its wrapper, and gives it to ``numpy.load``, which would
run a pickle if the file held one. So only arrays of plain numbers and texts are accepted.
"""

from __future__ import annotations

import ast
import math
import re
import zlib
from collections.abc import Mapping
from typing import BinaryIO

from matrix.inspection.arrays import Array, Dtype, parse_shape
from matrix.inspection.read_errors import DamageError, TooMuchError
from matrix.inspection.stand_ins import Dict, Global, Object

_MAGIC = b"\x93NUMPY"
_LENGTHS = {(1, 0): 2, (2, 0): 4, (3, 0): 4}
"""By version of the format, the bytes of the header's length."""
_LONGEST_HEADER = 10_000
"""In bytes; numpy writes no longer ones for models."""
_HEADER = {"descr", "fortran_order", "shape"}
_ELEMENT = re.compile(r"[|<>=]?[biufcSUV][0-9]{1,9}")
_CLASSES = {
    ("numpy", "ndarray"),
    ("numpy", "matrix"),
    ("numpy.matrixlib.defmatrix", "matrix"),
}
"""Classes of arrays that are made without anything else being called."""
_PLAIN = {"filename", "subclass", "allow_mmap"}
_ZIPPED = {"filename", "init_args", "state"}
_OLD_HEADER = 21
"""Bytes before the data of a zipped file: ``ZF`` and the length in hexadecimal digits."""


class Companions:
    """The files beside a model, in one packed file.

    Args:
        file: the packed file.
        places: by name, the position and the size of each.
        most: bytes that a zipped one may have after decompression.
    """

    def __init__(self, file: BinaryIO, places: Mapping[str, tuple[int, int]], most: int) -> None:
        self._file = file
        self._places = places
        self._most = most

    def read(self, wrapper: Object) -> Array:
        """The array of a wrapper; it is read from its file, and its elements are not kept.

        Raises:
            DamageError: the wrapper or the file is not as joblib writes it.
        """
        held = wrapper.state
        state = held.plain() if isinstance(held, Dict) and not held.shared else None
        bare = wrapper.by_class and not (wrapper.args or wrapper.kwargs or wrapper.items)
        if state is None or wrapper.shared or not bare or wrapper.pairs is not None:
            raise DamageError("holds an array wrapper that joblib does not write")
        held.frozen = True
        name = state.get("filename")
        if type(name) is not str or name not in self._places:
            raise DamageError(f"needs the file {name!r} beside it")
        zipped = isinstance(wrapper.maker, Global) and wrapper.maker.qualname[:1] == "Z"
        if zipped and set(state) == _ZIPPED and name.endswith(".z"):
            return self._zipped(name, state)
        if not zipped and set(state) <= _PLAIN and name.endswith(".npy"):
            return self._plain(name, state)
        raise DamageError("holds an array wrapper that joblib does not write")

    def _plain(self, name: str, state: Mapping[str, object]) -> Array:
        subclass = state.get("subclass")
        mapped = state.get("allow_mmap", True)
        if not isinstance(subclass, Global) or subclass.pair not in _CLASSES:
            raise DamageError("holds an array of an unknown class")
        if type(mapped) is not bool:
            raise DamageError("holds an array wrapper that joblib does not write")
        place, size = self._places[name]
        self._file.seek(place)
        array = Array(subclass)
        _read_header(self._file, size, name, array)
        return array

    def _zipped(self, name: str, state: Mapping[str, object]) -> Array:
        """An array whose bytes alone are in the file, compressed."""
        made, rest = state["init_args"], state["state"]
        if type(made) is not tuple or len(made) != 3 or not isinstance(made[0], Global):
            raise DamageError("holds an array wrapper that joblib does not write")
        if made[0].pair not in _CLASSES or made[1:] not in (((0,), b"b"), ((0,), "b")):
            raise DamageError("holds an array of an unknown class")
        if type(rest) is not tuple or len(rest) not in (3, 4) or type(rest[-1]) is not bool:
            raise DamageError("holds an array with an unknown dtype or shape")
        array = Array(made[0])
        shape, dtype = parse_shape(rest[-3]), rest[-2]
        if shape is None or not isinstance(dtype, Dtype) or dtype.has_objects:
            raise DamageError("holds an array with an unknown dtype or shape")
        array.shape, array.dtype = shape, dtype
        array.order = "F" if rest[-1] else "C"
        place, size = self._places[name]
        self._file.seek(place)
        if self._unzipped_size(self._file.read(size), name) != math.prod(shape) * dtype.size:
            raise DamageError(f"{name} has not as many bytes as its array")
        return array

    def _unzipped_size(self, data: bytes, name: str) -> int:
        head = data[:_OLD_HEADER]
        start = _OLD_HEADER + (data[_OLD_HEADER : _OLD_HEADER + 1] == b" ")
        if not re.fullmatch(rb"ZF0x[0-9a-f]{1,16} *", head):
            raise DamageError(f"{name} is not a file that joblib compressed")
        stated = int(head[2:], 16)
        if stated > self._most:
            raise TooMuchError(f"{name} decompresses to {stated:,} bytes, more than the limit")
        unpacker = zlib.decompressobj(15)
        try:
            found = len(unpacker.decompress(data[start:], stated + 1))
        except zlib.error as error:
            raise DamageError(f"{name} cannot be decompressed: {error}") from error
        if found != stated or not unpacker.eof or unpacker.unused_data:
            raise DamageError(f"{name} has another length than it states")
        return found


def _read_header(file: BinaryIO, size: int, name: str, array: Array) -> None:
    """Read the dtype, the shape and the order of a ``npy`` file, and check its size."""
    if file.read(len(_MAGIC)) != _MAGIC:
        raise DamageError(f"{name} is not a file of numpy")
    version = file.read(2)
    digits = _LENGTHS.get((version[0], version[1])) if len(version) == 2 else None
    if digits is None:
        raise DamageError(f"{name} has an unknown version of numpy's format")
    length = int.from_bytes(file.read(digits), "little")
    if length > _LONGEST_HEADER:
        raise DamageError(f"{name} has a header that numpy does not write")
    text = file.read(length)
    try:
        header = ast.literal_eval(text.decode("latin-1").strip())
    except (ValueError, SyntaxError, RecursionError, MemoryError) as error:
        raise DamageError(f"{name} has a header that numpy does not write") from error
    if type(header) is not dict or set(header) != _HEADER:
        raise DamageError(f"{name} has a header that numpy does not write")
    shape = parse_shape(header["shape"])
    if shape is None or type(header["fortran_order"]) is not bool:
        raise DamageError(f"{name} holds an array with an unknown shape")
    element, array.dtype = _element(header["descr"], name)
    array.shape, array.order = shape, "F" if header["fortran_order"] else "C"
    if len(_MAGIC) + 2 + digits + length + element * math.prod(shape) != size:
        raise DamageError(f"{name} has not as many bytes as its array")


def _element(descr: object, name: str) -> tuple[int, Dtype]:
    """The bytes of one element, and its dtype; of a struct its names and size alone."""
    if type(descr) is str and _ELEMENT.fullmatch(descr):
        dtype = Dtype.from_args((descr,))
        if dtype is not None:
            return dtype.size, dtype
    if type(descr) is list and descr:
        fields = [_field(field, name) for field in descr]
        size = sum(one for _, one in fields)
        struct = Dtype("V", size)
        struct.fields = tuple(field for field, _ in fields)
        return size, struct
    raise DamageError(f"{name} holds an array with an unknown dtype")


def _field(field: object, name: str) -> tuple[str, int]:
    """The name and the bytes of a field of a struct."""
    if type(field) is not tuple or len(field) != 2 or type(field[0]) is not str:
        raise DamageError(f"{name} holds an array with an unknown dtype")
    if type(field[1]) is not str:
        raise DamageError(f"{name} holds an array with an unknown dtype")
    return field[0], _element(field[1], name)[0]
