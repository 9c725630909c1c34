"""Recognize files by their first bytes: what is no pickle, and whether it may be a model anyway."""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO

from matrix.inspection.read_errors import COPY_AGAIN, TruncatedError, UnreadableError
from matrix.inspection.text_kinds import is_text, text_kind

_SAVE = "Give the file that joblib.dump or pickle.dump wrote."
_UNPACK = "Unpack it, and give the file of the model in it."
HEAD = 4096
"""Bytes at the start of a file that are examined."""


@dataclass(frozen=True, slots=True)
class FileKind:
    """What a file is, if it is not a pickle."""

    name: str
    """With its article, such as ``a Parquet table``."""
    but: str = "not a model"
    """Follows the name: why its model, if it is one, cannot be read."""
    advice: str = _SAVE
    may_be_model: bool = False
    """It is, or may contain, a model that this tool does not read."""

    def error(self) -> UnreadableError:
        """The error for a file of this kind."""
        other = "" if self.may_be_model else self.name
        return UnreadableError(f"is {self.name}, {self.but}", advice=self.advice, other=other)


def _model(name: str, but: str = "which this tool does not read", advice: str = _SAVE) -> FileKind:
    return FileKind(name, but, advice, may_be_model=True)


_PICTURE, _PROGRAM, _FONT = FileKind("a picture"), FileKind("a program"), FileKind("a font")
_MEDIA = FileKind("a sound or video file")
_PARTS = "which this tool does not open"
_MAGIC: tuple[tuple[bytes, FileKind], ...] = (
    (b"\x89HDF\r\n\x1a\n", _model("an HDF5 file (Keras, PyTables ...)", "not a pickle")),
    (b"\x93NUMPY", FileKind("a single numpy array (.npy)")),
    (b"PAR1", FileKind("a Parquet table")),
    (b"ARROW1", FileKind("an Arrow file")),
    (b"FEA1", FileKind("a Feather table")),
    (b"Obj\x01", FileKind("an Avro file")),
    (b"ORC", FileKind("an ORC table")),
    (b"MATLAB 5.0", FileKind("a MATLAB file")),
    (b"SQLite format 3\0", FileKind("an SQLite database")),
    (b"GGUF", _model("a GGUF file of a language model", "not a pickle")),
    (b"CBM1", _model("a CatBoost model")),
    (b"RDX2\n", _model("an R data file")),
    (b"RDX3\n", _model("an R data file")),
    (b"%PDF", FileKind("a PDF document")),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", FileKind("an old Office document")),
    (b"\x89PNG", _PICTURE),
    (b"\xff\xd8\xff", _PICTURE),
    (b"GIF8", _PICTURE),
    (b"\0\0\1\0", _PICTURE),
    (b"II*\0", _PICTURE),
    (b"MM\0*", _PICTURE),
    (b"wOFF", _FONT),
    (b"wOF2", _FONT),
    (b"OTTO", _FONT),
    (b"\0\1\0\0\0", _FONT),
    (b"RIFF", _MEDIA),
    (b"RIFX", _MEDIA),
    (b"CDF\x01", FileKind("a netCDF file")),
    (b"OggS", _MEDIA),
    (b"ID3", _MEDIA),
    (b"fLaC", _MEDIA),
    (b"\0\0\0\1Bud1", FileKind("a .DS_Store file of macOS")),
    (b"b0VIM", FileKind("a swap file of an editor")),
    (b"\xde\x12\x04\x95", FileKind("translated texts (.mo)")),
    (b"TZif", FileKind("a time zone")),
    (b"!<arch>\n", _PROGRAM),
    (b"DIRC", FileKind("a git index")),
    (b"7z\xbc\xaf\x27\x1c", _model("a 7z archive", _PARTS, _UNPACK)),
    (b"Rar!", _model("a rar archive", _PARTS, _UNPACK)),
    (b"\x7fELF", _PROGRAM),
    (b"MZ", _PROGRAM),
    (b"\xcf\xfa\xed\xfe", _PROGRAM),
    (b"\xca\xfe\xba\xbe", _PROGRAM),
    (b"\0asm", _PROGRAM),
    (
        b"\x28\xb5\x2f\xfd",
        _model(
            "compressed with zstandard", "which joblib does not read", "Unpack it with `zstd -d`."
        ),
    ),
    (
        b"\x02\x21\x4c\x18",
        _model(
            "compressed with an old form of lz4",
            "which joblib does not read",
            "Unpack it with `lz4 -d`.",
        ),
    ),
    (
        b"\xff\x06\0\0sNaPpY",
        _model("compressed with snappy", "which joblib does not read", "Unpack it first."),
    ),
)
_MARKS = (
    (b"ustar", 257, _model("a tar archive", _PARTS, _UNPACK)),
    (b"TFL3", 4, _model("a TensorFlow Lite model")),
    (b"ftyp", 4, _MEDIA),
)
"""Marks with their offset."""
_POINTER = _model(
    "a Git LFS pointer",
    "and the model itself was not downloaded",
    "Run `git lfs pull` in its repository.",
)
_ONNX = re.compile(rb"\x08[\x01-\x20][\x12\x1a\x22\x32\x3a\x42\x72]")
"""An ONNX model begins with the version of its format, and a text or message follows."""
_UBJSON = re.compile(rb"\{(?:L.{8}|l.{4}|I.{2}|[iU].)learner", re.DOTALL)
_SAFETENSORS = re.compile(rb".{4}\0{4}\{\s*\"", re.DOTALL)


def recognize(head: bytes) -> FileKind | None:
    """The kind of a file that begins with ``head``; None if it may be a pickle or a zip archive.

    Text is recognized by :func:`matrix.inspection.text_kinds.text_kind`, because a pickle may be
    text as well.
    """
    if head.startswith(b"version https://git-lfs"):
        return _POINTER
    if head.startswith(b"PK\x05\x06"):
        return FileKind("an empty zip archive")
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    return _structured(head) or _markup(head)


def is_onnx(head: bytes) -> bool:
    """Whether a file that begins with ``head`` may be an ONNX model; no pickle begins like one."""
    return _ONNX.match(head) is not None


def is_pmml(head: bytes) -> bool:
    """Whether a file that begins with ``head`` is a PMML model."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:64].lower()
    return start.startswith((b"<?xml", b"<pmml")) and b"<PMML" in head


def _structured(head: bytes) -> FileKind | None:
    """The kind of a binary file that has its mark elsewhere than in its first bytes."""
    for mark, place, kind in _MARKS:
        if head[place : place + len(mark)] == mark:
            return kind
    if head[2:4] == b"\r\n" and len(head) >= 16 and not is_text(head[:16]):
        return FileKind("compiled Python")
    if head.startswith(b"binf") and not is_text(head):
        return _model("an xgboost model in its old binary form")
    if _UBJSON.match(head):
        return _model("an xgboost model (UBJSON)")
    if _SAFETENSORS.match(head):
        return _model("a safetensors file")
    return None


def _markup(head: bytes) -> FileKind | None:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:64].lower()
    if start.startswith((b"<!doctype html", b"<html", b"<head")):
        login = "The download probably requires a login: open its address in a browser."
        return FileKind("a web page (HTML)", advice=login)
    if start.startswith((b"<?xml", b"<pmml", b"<svg")):
        if b"<PMML" in head:
            return _model("a PMML model")
        return FileKind("XML", "not a pickle")
    if re.match(rb"[{\[]\s*[\"{\[\]}\d]", start) and is_text(head):
        if b'"learner":' in head or b'"oblivious_trees"' in head or b'"tree_info"' in head:
            return _model("a model in JSON (xgboost, LightGBM or CatBoost)")
        return FileKind("JSON", "not a pickle")
    if head.startswith((b"tree\nversion=", b"tree\r\nversion=")):
        return _model("a LightGBM model in text")
    return None


def refuse_other(head: bytes) -> None:
    """Refuse bytes that begin like a known format other than pickle.

    Raises:
        UnreadableError: the message names the format.
    """
    if not head:
        raise UnreadableError("is empty", advice=COPY_AGAIN, other="an empty file")
    kind = recognize(head)
    if kind is not None:
        raise kind.error()


def certainly_other(head: bytes) -> str:
    """What a file is, with its article, if it is certainly no model; empty if it may be one.

    Args:
        head: the first :data:`HEAD` bytes of a file that is not empty.
    """
    kind = recognize(head)
    if kind is not None:
        return "" if kind.may_be_model else kind.name
    return text_kind(head) if is_text(head) and _is_not_protocol_0(head) else ""


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


def is_plain_zip(file: BinaryIO) -> bool:
    """Whether a zip archive is not the format of some program, and may hold models."""
    try:
        names = zip_names(file)
    except UnreadableError:
        return False
    return "schema.json" not in names and _zip_kind(names) is _ZIP


def describe_zip(names: frozenset[str]) -> UnreadableError:
    """The error for a zip archive that is not a skops file, by the names of its members."""
    return _zip_kind(names).error()


_ZIP = _model("a zip archive", "not a pickle", _UNPACK)
_HARMLESS = frozenset(
    {*(".txt", ".md", ".rst", ".csv", ".tsv", ".json", ".xml", ".html", ".css", ".js", ".py")}
    | {*(".pyi", ".toml", ".cfg", ".ini", ".yaml", ".yml", ".png", ".jpg", ".jpeg", ".gif")}
    | {*(".svg", ".pdf", ".parquet", ".xlsx", ".docx", ".class", ".rels", ".ipynb", ".log")}
)
"""Endings of members of an archive that are no models."""


def _zip_kind(names: frozenset[str]) -> FileKind:
    last = {name.rpartition("/")[2] for name in names}
    if {"config.json", "metadata.json"} <= names or "model.weights.h5" in names:
        return _model("a Keras model", "not a pickle")
    if "data.pkl" in last:
        return _model("a PyTorch model")
    if names and all(name.endswith(".npy") for name in names):
        return FileKind("a file of numpy arrays (.npz)")
    if any(name.endswith(".onnx") for name in names):
        return _model("a zip archive with an ONNX model in it", "not a pickle")
    if "[Content_Types].xml" in names:
        return FileKind("an Office document")
    members = [PurePosixPath(name) for name in names if not name.endswith("/")]
    if all(member.suffix.lower() in _HARMLESS for member in members):
        return FileKind("a zip archive", "not a pickle", _UNPACK)
    return _ZIP


def explain_non_pickle(head: bytes, fault: UnreadableError) -> UnreadableError:
    """A better error for bytes that cannot be the beginning of a pickle; else ``fault``."""
    if head.startswith(b"\x80") or (fault.position or 0) > len(head):
        return fault
    if head and is_text(head) and _is_not_protocol_0(head):
        return FileKind(text_kind(head)).error()
    if (fault.position or 0) <= 16 and not isinstance(fault, TruncatedError):
        start = head[:8].hex(" ")
        return UnreadableError(f"is not a pickle: its first bytes are {start}", advice=_SAVE)
    return fault


def _is_not_protocol_0(head: bytes) -> bool:
    """Whether text does not begin like a pickle of protocol 0, which is text too."""
    global_ = rb"(?:c[\w.]+\n[\w.]+\n(?:p\d|[qr(]|\Z))"
    return re.match(rb"\([dlt]p|\(i[\w.]+\n|\(?" + global_, head) is None
