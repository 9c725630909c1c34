"""A file is certainly no model, or it may be one: in doubt it may."""

from __future__ import annotations

import bz2
import gzip
import lzma
import pickle
import struct
import zlib

import pytest

from matrix.errors import NotAModelError
from matrix.inspection.file_kinds import certainly_other
from tests.inspection.conftest import Inspect
from tests.inspection.test_bad_files import POINTER, tarred, zipped

OTHER = {
    "comma separated": (b"age,city\n31,Rome\n40,Oslo\n", "CSV text"),
    "semicolons": (b"age;city\r\n31;Rome\r\n", "CSV text"),
    "tabs": (b"age\tcity\n31\tRome\n", "a table in text"),
    "latin-1": (
        "Stadt,Größe\nKöln,3 and some more plain text\n".encode("latin-1"),
        "CSV text",
    ),
    "utf-16": ("a,b\n1,2\n".encode("utf-16"), "CSV text"),
    "joiners and icons": ("ශ්\u200dරී \ue001 \U0001f600 ab\n".encode(), "a text file"),
    "a listing with form feeds": (b"one\x0c\ntwo\x0b\n", "a text file"),
    "notes": (b"# Models\n\nTrained in May.\n", "a text file"),
    "words that begin like a global": (b"cat\ncow\ncrab\n", "a text file"),
    "an import": (b"import joblib\n", "a text file"),
    "a script": (b"#!/bin/sh\nexit 0\n", "a text file"),
    "json": (b'{"name": "churn", "version": 3}', "JSON"),
    "xml": (b"<?xml version='1.0'?><note/>", "XML"),
    "web page": (b"<!DOCTYPE html><html></html>", "a web page (HTML)"),
    "npy": (b"\x93NUMPY\x01\x00v\0{'descr': '<f8'}", "a single numpy array (.npy)"),
    "parquet": (b"PAR1\x15\x04", "a Parquet table"),
    "picture": (b"\x89PNG\r\n\x1a\n", "a picture"),
    "database": (b"SQLite format 3\0", "an SQLite database"),
    "compiled": (b"\xcb\r\r\n" + bytes(12) + b"\xe3\0\0", "compiled Python"),
}
"""By content: what the file is said to be."""

MAYBE = {
    **{f"protocol {n}": pickle.dumps(ValueError("x"), protocol=n) for n in range(6)},
    "protocol 6": b"\x80\x06N.",
    "zlib": zlib.compress(pickle.dumps(1)),
    "gzip": gzip.compress(pickle.dumps(1)),
    "bz2": bz2.compress(pickle.dumps(1)),
    "xz": lzma.compress(pickle.dumps(1)),
    "lzma": lzma.compress(pickle.dumps(1), format=lzma.FORMAT_ALONE),
    "lz4": b"\x04\x22\x4d\x18" + b"\x40\x40\xc0",
    "zip": zipped("schema.json", "0.npy"),
    "cut global": b"csklearn.linear_model\nRidge\n",
    "unknown": b"\xff\xfe\xfd" * 20,
    "hdf5": b"\x89HDF\r\n\x1a\n" + bytes(20),
    "onnx": b"\x08\x0a\x12\x08skl2onnx\x1a\x061.17.0",
    "pmml": b"<?xml version='1.0'?><PMML version='4.4'/>",
    "lightgbm": b"tree\nversion=v4\nnum_class=1\n",
    "xgboost json": b'{"learner":{"attributes":{},"feature_names":[]}}',
    "xgboost ubj": b"{L" + struct.pack(">q", 7) + b"learner{",
    "xgboost binary": b"binf" + struct.pack("<fI", 0.5, 4) + bytes(40),
    "catboost": b"CBM1\x08\0\0\0",
    "catboost json": b'{"features_info": {}, "oblivious_trees": []}',
    "safetensors": struct.pack("<q", 20) + b'{"__metadata__": {}}',
    "pointer": POINTER,
    "tar": tarred(),
    "zstandard": b"\x28\xb5\x2f\xfd" + bytes(20),
}


@pytest.mark.parametrize("kind", OTHER)
def test_content_that_is_no_model_is_named(kind: str, inspected: Inspect) -> None:
    """By the quick look, by the reader of the whole file, and inside a compressed file."""
    data, name = OTHER[kind]
    assert certainly_other(data) == name
    for content in (data, gzip.compress(data)):
        with pytest.raises(NotAModelError) as raised:
            inspected(content)
        assert raised.value.other == name
        assert f"is {name}, not a" in str(raised.value)


@pytest.mark.parametrize("kind", MAYBE)
def test_content_that_may_be_a_model_is_never_called_something_else(kind: str) -> None:
    assert certainly_other(MAYBE[kind]) == ""


NOT_READ = ("hdf5", "onnx", "pmml", "xgboost binary", "catboost json", "safetensors")
NOT_READ += ("pointer", "tar", "zstandard", "unknown", "protocol 6", "cut global")


@pytest.mark.parametrize("kind", NOT_READ)
def test_a_model_that_cannot_be_read_stays_unanswered(kind: str, inspected: Inspect) -> None:
    with pytest.raises(NotAModelError) as raised:
        inspected(MAYBE[kind])
    assert raised.value.other == ""


@pytest.mark.parametrize(
    ("members", "other"),
    [
        (("a.txt", "b/c.csv"), "a zip archive"),
        (("arr_0.npy", "arr_1.npy"), "a file of numpy arrays (.npz)"),
        (("[Content_Types].xml", "xl/workbook.xml"), "an Office document"),
        (("model.pkl", "readme.txt"), ""),
        (("model",), ""),
        (("archive/data.pkl", "archive/version"), ""),
        (("metadata.json", "config.json", "model.weights.h5"), ""),
    ],
)
def test_a_zip_archive_is_told_by_its_members(
    members: tuple[str, ...], other: str, inspected: Inspect
) -> None:
    with pytest.raises(NotAModelError) as raised:
        inspected(zipped(*members))
    assert raised.value.other == other
