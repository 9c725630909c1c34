"""A model of joblib before 0.10 with the files of its arrays, packed into one file.

That joblib wrote each array to a file beside the model: ``model.pkl_01.npy``. The orchestrator
packs them, so that one digest counts them all. The packed file begins with :data:`MAGIC`, followed
by the length of the index as 8 bytes (little-endian) and the index: a JSON list of pairs of a name
and a size in bytes. The contents follow in this order, the model itself under the name
:data:`MODEL`.
"""

import contextlib
import json
import os
import re
import shutil
import tempfile
from typing import Any, BinaryIO, Iterator, List, Tuple

MAGIC = b"\x00compat-matrix packed files 1\n"
"""No pickle and no compressed file begins with these bytes."""
MODEL = "model"
_LENGTH = 8
_LONGEST_INDEX = 4 * 1024 * 1024
_NAME = re.compile(r"[^/\\\x00-\x1f.:][^/\\\x00-\x1f:]{0,200}\.npy(?:\.z)?")
_CHUNK = 1024 * 1024

Index = List[Tuple[str, int]]


def is_name(name: Any) -> bool:
    """Whether a name may be that of a file beside a model: no path, and as joblib ends them."""
    return type(name) is str and _NAME.fullmatch(name) is not None


def write_head(file: BinaryIO, index: Index) -> None:
    """Write everything before the contents."""
    text = json.dumps([list(entry) for entry in index]).encode("ascii")
    file.write(MAGIC + len(text).to_bytes(_LENGTH, "little") + text)


def read_index(file: BinaryIO) -> Index:
    """Return the names and sizes in a packed file, and leave it at the first content.

    Raises:
        ValueError: it is not a packed file, or its index is not valid.
    """
    if file.read(len(MAGIC)) != MAGIC:
        raise ValueError("not a packed file")
    length = int.from_bytes(file.read(_LENGTH), "little")
    if length > _LONGEST_INDEX:
        raise ValueError("the index of the packed file is too long")
    index = [(name, size) for name, size in json.loads(file.read(length).decode("ascii"))]
    names = [name for name, _ in index]
    sizes = [size for _, size in index]
    if len(set(names)) != len(names) or not all(is_name(n) or n == MODEL for n in names):
        raise ValueError("the packed file has a name that joblib does not write")
    if not all(type(size) is int and size >= 0 for size in sizes):
        raise ValueError("the packed file has an invalid size")
    return index


def unpack(path: str, folder: str) -> str:
    """Write the contents of a packed file to a folder.

    Returns:
        The path of the model there.
    """
    with open(path, "rb") as packed:
        for name, size in read_index(packed):
            with open(os.path.join(folder, name), "wb") as target:
                _copy(packed, target, size)
    return os.path.join(folder, MODEL)


def _copy(source: BinaryIO, target: BinaryIO, size: int) -> None:
    while size:
        data = source.read(min(size, _CHUNK))
        if not data:
            raise ValueError("the packed file is truncated")
        target.write(data)
        size -= len(data)


def is_packed(path: str) -> bool:
    """Whether a file is a packed one."""
    with open(path, "rb") as file:
        return file.read(len(MAGIC)) == MAGIC


@contextlib.contextmanager
def unpacked(path: str) -> Iterator[str]:
    """The path to give to joblib: the file itself, or the model of a packed one, unpacked."""
    if not is_packed(path):
        yield path
        return
    folder = tempfile.mkdtemp(prefix="packed-")
    try:
        yield unpack(path, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
