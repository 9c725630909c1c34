"""What a file is that is no pickle, by how it begins."""

from __future__ import annotations

import re
import zipfile
from typing import BinaryIO

from matrix.inspection.read_errors import ANEW, TruncatedError, UnreadableError

_SAVE = "Give the file that joblib.dump or pickle.dump wrote."
_UNPACK = "Unpack it, and give the file of the model in it."
_HEAD = 4096
"""Bytes by which a file is known."""

_MAGIC: tuple[tuple[bytes, str, str], ...] = (
    (b"\x89HDF\r\n\x1a\n", "is an HDF5 file (Keras, PyTables ...), no pickle", _SAVE),
    (b"\x93NUMPY", "is a single numpy array (.npy), no model", _SAVE),
    (b"PAR1", "is a Parquet table, no model", _SAVE),
    (b"ARROW1", "is an Arrow file, no model", _SAVE),
    (b"SQLite format 3\0", "is an SQLite database, no model", _SAVE),
    (b"GGUF", "is a GGUF file of a language model, no pickle", _SAVE),
    (b"%PDF", "is a PDF document, no model", _SAVE),
    (b"\x89PNG", "is a picture, no model", _SAVE),
    (b"\xff\xd8\xff", "is a picture, no model", _SAVE),
    (b"7z\xbc\xaf\x27\x1c", "is a 7z archive, no model", _UNPACK),
    (b"Rar!", "is a rar archive, no model", _UNPACK),
    (b"\x7fELF", "is a program, no model", _SAVE),
    (b"MZ", "is a program, no model", _SAVE),
    (
        b"\x28\xb5\x2f\xfd",
        "is compressed with zstandard, which joblib does not read",
        "Unpack it with `zstd -d` first.",
    ),
    (
        b"\x02\x21\x4c\x18",
        "is compressed with an old form of lz4, which joblib does not read",
        "Unpack it with `lz4 -d` first.",
    ),
    (
        b"\xff\x06\0\0sNaPpY",
        "is compressed with snappy, which joblib does not read",
        "Unpack it first.",
    ),
)
_ONNX = re.compile(rb"\x08[\x01-\x14](?:[\x10-\x1f].)?\x12.[\w .+-]*", re.DOTALL)
"""The version of its format, then who wrote it."""


def refuse_other(head: bytes) -> None:
    """Say what bytes are that begin so, if they are known to be no pickle.

    Raises:
        UnreadableError: they are.
    """
    if not head:
        raise UnreadableError("is empty", advice=ANEW)
    if head.startswith(b"version https://git-lfs"):
        raise UnreadableError(
            "is a Git LFS pointer: the model itself was not downloaded",
            advice="Run `git lfs pull` where the file lies.",
        )
    if head.startswith(b"PK\x05\x06"):
        raise UnreadableError("is an empty zip archive, no model", advice=_SAVE)
    for magic, problem, advice in _MAGIC:
        if head.startswith(magic):
            raise UnreadableError(problem, advice=advice)
    if head[257:262] == b"ustar":
        raise UnreadableError("is a tar archive, no model", advice=_UNPACK)
    if _ONNX.match(head):
        raise UnreadableError("looks like an ONNX model, no pickle", advice=_SAVE)
    _refuse_markup(head)


def _refuse_markup(head: bytes) -> None:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:64].lower()
    if start.startswith((b"<!doctype html", b"<html", b"<head")):
        raise UnreadableError(
            "is a web page (HTML), no model",
            advice="A download that asks to log in or agree leaves such a page: open the address "
            "in a browser.",
        )
    if start.startswith((b"<?xml", b"<pmml", b"<svg")):
        raise UnreadableError("is XML, no pickle", advice=_SAVE)
    if re.match(rb"[{\[]\s*[\"{\[\]}\d]", start) and _is_text(head):
        raise UnreadableError("is JSON, no pickle", advice=_SAVE)


def is_zip(head: bytes) -> bool:
    """Whether bytes that begin so are a zip archive with something in it."""
    return head.startswith(b"PK\x03\x04")


def names_in(file: BinaryIO) -> frozenset[str]:
    """The names of the parts of a zip archive.

    Raises:
        UnreadableError: it is not whole.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            return frozenset(archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, OverflowError, NotImplementedError):
        raise UnreadableError(
            "is a zip archive that is not whole, no pickle", advice=_SAVE
        ) from None


def of_zip(names: frozenset[str]) -> UnreadableError:
    """What a zip archive is that is no model of ours, by the names in it."""
    last = {name.rpartition("/")[2] for name in names}
    if {"config.json", "metadata.json"} <= names or "model.weights.h5" in names:
        return UnreadableError("looks like a Keras model, no pickle", advice=_SAVE)
    if "data.pkl" in last:
        return UnreadableError(
            "looks like a PyTorch model, which this tool does not read", advice=_SAVE
        )
    if names and all(name.endswith(".npy") for name in names):
        return UnreadableError("is a file of numpy arrays (.npz), no model", advice=_SAVE)
    if any(name.endswith(".onnx") for name in names):
        return UnreadableError("is a zip archive with an ONNX model in it, no pickle", advice=_SAVE)
    return UnreadableError("is a zip archive, no pickle", advice=_UNPACK)


def unlike_a_pickle(head: bytes, fault: UnreadableError) -> UnreadableError:
    """A fault told again for bytes that cannot have been a pickle in the first place."""
    if head.startswith(b"\x80") or (fault.position or 0) > len(head):
        return fault
    if head and _is_text(head) and _is_unmarked(head):
        return UnreadableError("is a text file, no model", advice=_SAVE)
    if (fault.position or 0) <= 16 and not isinstance(fault, TruncatedError):
        start = head[:8].hex(" ")
        return UnreadableError(
            f"is no pickle that joblib or Python wrote: it begins {start}", advice=_SAVE
        )
    return fault


def _is_text(head: bytes) -> bool:
    try:
        text = head[:_HEAD].decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 4:
            return False
        text = head[: error.start].decode("utf-8")
    return all(letter.isprintable() or letter in "\r\n\t\f\ufeff" for letter in text)


def _is_unmarked(head: bytes) -> bool:
    """Whether text is none of the pickles that are text: those begin with a mark or a name."""
    return re.match(rb"\([dlt]p|\(i[\w.]+\n|\(?c[\w.]+\n[\w.]+\n", head) is None
