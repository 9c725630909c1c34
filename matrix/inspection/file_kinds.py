"""Recognize files that are not pickles by their first bytes."""

from __future__ import annotations

import re
import zipfile
from typing import BinaryIO

from matrix.inspection.read_errors import COPY_AGAIN, TruncatedError, UnreadableError

_SAVE = "Give the file that joblib.dump or pickle.dump wrote."
_UNPACK = "Unpack it, and give the file of the model in it."
_HEAD = 4096
"""Bytes at the start of a file that are examined."""

_MAGIC: tuple[tuple[bytes, str, str], ...] = (
    (b"\x89HDF\r\n\x1a\n", "is an HDF5 file (Keras, PyTables ...), not a pickle", _SAVE),
    (b"\x93NUMPY", "is a single numpy array (.npy), not a model", _SAVE),
    (b"PAR1", "is a Parquet table, not a model", _SAVE),
    (b"ARROW1", "is an Arrow file, not a model", _SAVE),
    (b"SQLite format 3\0", "is an SQLite database, not a model", _SAVE),
    (b"GGUF", "is a GGUF file of a language model, not a pickle", _SAVE),
    (b"%PDF", "is a PDF document, not a model", _SAVE),
    (b"\x89PNG", "is a picture, not a model", _SAVE),
    (b"\xff\xd8\xff", "is a picture, not a model", _SAVE),
    (b"7z\xbc\xaf\x27\x1c", "is a 7z archive, not a model", _UNPACK),
    (b"Rar!", "is a rar archive, not a model", _UNPACK),
    (b"\x7fELF", "is a program, not a model", _SAVE),
    (b"MZ", "is a program, not a model", _SAVE),
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
"""An ONNX model begins with the version of its format and the name of its producer."""


def refuse_other(head: bytes) -> None:
    """Refuse bytes that begin like a known format other than pickle.

    Raises:
        UnreadableError: the message names the format.
    """
    if not head:
        raise UnreadableError("is empty", advice=COPY_AGAIN)
    if head.startswith(b"version https://git-lfs"):
        raise UnreadableError(
            "is a Git LFS pointer: the model itself was not downloaded",
            advice="Run `git lfs pull` in its repository.",
        )
    if head.startswith(b"PK\x05\x06"):
        raise UnreadableError("is an empty zip archive, not a model", advice=_SAVE)
    for magic, problem, advice in _MAGIC:
        if head.startswith(magic):
            raise UnreadableError(problem, advice=advice)
    if head[257:262] == b"ustar":
        raise UnreadableError("is a tar archive, not a model", advice=_UNPACK)
    if _ONNX.match(head):
        raise UnreadableError("looks like an ONNX model, not a pickle", advice=_SAVE)
    _refuse_markup(head)


def _refuse_markup(head: bytes) -> None:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:64].lower()
    if start.startswith((b"<!doctype html", b"<html", b"<head")):
        raise UnreadableError(
            "is a web page (HTML), not a model",
            advice="The download probably requires a login: open its address in a browser.",
        )
    if start.startswith((b"<?xml", b"<pmml", b"<svg")):
        raise UnreadableError("is XML, not a pickle", advice=_SAVE)
    if re.match(rb"[{\[]\s*[\"{\[\]}\d]", start) and _is_text(head):
        raise UnreadableError("is JSON, not a pickle", advice=_SAVE)


def is_zip(head: bytes) -> bool:
    """Whether bytes begin like a zip archive that is not empty."""
    return head.startswith(b"PK\x03\x04")


def zip_names(file: BinaryIO) -> frozenset[str]:
    """The names of the members of a zip archive.

    Raises:
        UnreadableError: the archive is damaged.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            return frozenset(archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, OverflowError, NotImplementedError):
        raise UnreadableError("is a damaged zip archive, not a pickle", advice=_SAVE) from None


def describe_zip(names: frozenset[str]) -> UnreadableError:
    """The error for a zip archive that is not a skops file, by the names of its members."""
    last = {name.rpartition("/")[2] for name in names}
    if {"config.json", "metadata.json"} <= names or "model.weights.h5" in names:
        return UnreadableError("looks like a Keras model, not a pickle", advice=_SAVE)
    if "data.pkl" in last:
        return UnreadableError(
            "looks like a PyTorch model, which this tool does not read", advice=_SAVE
        )
    if names and all(name.endswith(".npy") for name in names):
        return UnreadableError("is a file of numpy arrays (.npz), not a model", advice=_SAVE)
    if any(name.endswith(".onnx") for name in names):
        return UnreadableError(
            "is a zip archive with an ONNX model in it, not a pickle", advice=_SAVE
        )
    return UnreadableError("is a zip archive, not a pickle", advice=_UNPACK)


def explain_non_pickle(head: bytes, fault: UnreadableError) -> UnreadableError:
    """A better error for bytes that cannot be the beginning of a pickle; else ``fault``."""
    if head.startswith(b"\x80") or (fault.position or 0) > len(head):
        return fault
    if head and _is_text(head) and _is_not_protocol_0(head):
        return UnreadableError("is a text file, not a model", advice=_SAVE)
    if (fault.position or 0) <= 16 and not isinstance(fault, TruncatedError):
        start = head[:8].hex(" ")
        return UnreadableError(f"is not a pickle: its first bytes are {start}", advice=_SAVE)
    return fault


def _is_text(head: bytes) -> bool:
    try:
        text = head[:_HEAD].decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 4:
            return False
        text = head[: error.start].decode("utf-8")
    return all(letter.isprintable() or letter in "\r\n\t\f\ufeff" for letter in text)


def _is_not_protocol_0(head: bytes) -> bool:
    """Whether text does not begin like a pickle of protocol 0, which is text too."""
    return re.match(rb"\([dlt]p|\(i[\w.]+\n|\(?c[\w.]+\n[\w.]+\n", head) is None
