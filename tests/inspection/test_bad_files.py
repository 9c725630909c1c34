"""A file that is not a model is refused with its kind and advice; the exit code is 3."""

from __future__ import annotations

import gzip
import io
import json
import os
import pickle
import socket
import sys
import tarfile
import zipfile
import zlib
from pathlib import Path

import pytest

from matrix.cli import main
from matrix.errors import Exit, NoSuchFileError, NotAModelError
from matrix.inspection import InspectionLimits, inspect, inspect_in_subprocess
from matrix.inspection.file_access import open_regular
from tests.inspection import assembler as a
from tests.inspection.conftest import Inspect


def zipped(*names: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name in names:
            archive.writestr(name, "content")
    return stream.getvalue()


def tarred() -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("model.pkl"), io.BytesIO())
    return stream.getvalue()


POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:abc\nsize 12345\n"

BAD = {
    "empty": (b"", "is empty"),
    "text": (b"Dear colleague,\nplease find the model attached.\n", "is a text file"),
    "accented text": ("Élan vital, ça va\n".encode(), "is a text file"),
    "table": (b"a,b,c\n1,2,3\n4,5,6\n", "is CSV text, not a model"),
    "code": (b"import joblib\nmodel = joblib.load('x')\n", "is a text file"),
    "web page": (b"\n<!DOCTYPE html>\n<html><body>Log in</body></html>", r"is a web page \(HTML\)"),
    "xml": (b"<?xml version='1.0'?><note/>", "is XML"),
    "pmml": (b"<?xml version='1.0'?><PMML/>", "is a PMML file without a model"),
    "json": (json.dumps({"model": [1, 2]}, indent=1).encode(), "is JSON"),
    "json list": (b'[\n {"a": 1}\n]', "is JSON"),
    "pointer": (POINTER, "is a Git LFS pointer"),
    "zip": (zipped("a.txt"), "is a zip archive, not a pickle"),
    "cut zip": (zipped("a.txt")[:40], "damaged zip archive"),
    "skops": (
        zipped("schema.json", "0.npy"),
        "looks like a skops file, and skops did not write its schema",
    ),
    "keras": (zipped("metadata.json", "config.json", "model.weights.h5"), "is a Keras model"),
    "torch": (
        zipped("archive/data.pkl", "archive/version"),
        "is truncated after",
    ),
    "npz": (zipped("arr_0.npy"), r"numpy arrays \(\.npz\)"),
    "npy": (b"\x93NUMPY\x01\x00v\0{'descr': '<f8'}", r"single numpy array \(\.npy\)"),
    "hdf5": (b"\x89HDF\r\n\x1a\n" + b"\0" * 20, "is an HDF5 file"),
    "onnx": (b"\x08\x0a\x12\x08skl2onnx\x1a\x061.17.0", "is an ONNX model"),
    "tar": (tarred(), "is a tar archive"),
    "packed tar": (gzip.compress(tarred()), "is a tar archive"),
    "packed text": (gzip.compress(b"a,b\n1,2\n"), "is CSV text"),
    "zstandard": (b"\x28\xb5\x2f\xfd" + b"\0" * 20, "is compressed with zstandard"),
    "noise": (b"\xff\xfe\xfd" * 20, "is not a pickle: its first bytes are ff fe fd"),
    "protocol 6": (a.whole(a.NONE, protocol=6), "is a pickle of protocol 6; this version reads"),
    "damaged": (a.whole(a.NONE + b"\xff"), "holds byte 0xff instead of an opcode, after 4 bytes"),
    "nothing left": (a.whole(a.NONE + a.POP), "not a valid pickle"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_file_that_is_not_a_model_is_refused_with_its_kind(kind: str, inspected: Inspect) -> None:
    data, said = BAD[kind]
    with pytest.raises(NotAModelError, match=said) as raised:
        inspected(data)
    assert raised.value.exit_code is Exit.CANNOT_TELL
    assert raised.value.advice or kind in ("damaged", "nothing left")


MODEL = pickle.dumps({"weights": list(range(300)), "name": "model"}, protocol=4)


@pytest.mark.parametrize("cut", [1, 2, 5, 13, 100, len(MODEL) - 1])
def test_a_truncated_file_is_reported_with_its_number_of_bytes(
    cut: int, inspected: Inspect
) -> None:
    with pytest.raises(NotAModelError, match=f"is truncated after {cut} bytes"):
        inspected(MODEL[:cut])


@pytest.mark.parametrize("compress", [zlib.compress, gzip.compress])
def test_a_packed_file_that_ends_too_early_is_not_whole(
    compress: type[bytes], inspected: Inspect
) -> None:
    packed = compress(MODEL)
    with pytest.raises(NotAModelError, match="is truncated after 0 decompressed bytes"):
        inspected(packed[:6])
    with pytest.raises(NotAModelError, match=r"is truncated after [\d,]+ decompressed bytes"):
        inspected(packed[: len(packed) // 2])
    damaged = packed[:40] + bytes([packed[40] ^ 255]) + packed[41:]
    with pytest.raises(NotAModelError):
        inspected(damaged)


def test_decompression_stops_at_the_limit_of_bytes(tmp_path: Path) -> None:
    path = tmp_path / "bomb.joblib"
    body = b"\x8e" + (50_000_000).to_bytes(8, "little") + bytes(50_000_000)
    path.write_bytes(zlib.compress(a.whole(body)))
    assert inspect(path).root.kind == "blob"
    with pytest.raises(NotAModelError, match=r"decompresses to more than 0\.0 GiB"):
        inspect(path, InspectionLimits(unpacked=1_000_000))


def test_a_path_that_is_not_a_file_is_never_opened(tmp_path: Path) -> None:
    with pytest.raises(NotAModelError, match="does not exist"):
        inspect_in_subprocess(tmp_path / "missing")
    with pytest.raises(NotAModelError, match="is a folder"):
        inspect_in_subprocess(tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="there are none on Windows")
def test_a_pipe_a_socket_and_a_device_are_never_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(NotAModelError, match="is a pipe"):
        inspect_in_subprocess(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("pipe")
    with pytest.raises(NotAModelError, match="is a pipe"):
        inspect_in_subprocess(tmp_path / "link")
    with pytest.raises(NotAModelError, match="is a device"):
        inspect_in_subprocess(Path(os.devnull))
    with socket.socket(socket.AF_UNIX) as server:
        monkeypatch.chdir(tmp_path)  # the address of a socket must be short
        server.bind("socket")
        with pytest.raises(NotAModelError, match="is a socket"):
            inspect_in_subprocess(tmp_path / "socket")


def test_a_file_that_changes_during_inspection_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.pkl"
    path.write_bytes(MODEL)
    changed = pytest.raises(NotAModelError, match="changed while it was read")
    with changed, open_regular(path):
        path.write_bytes(MODEL + b"more")


def test_a_name_with_an_escape_in_it_is_spelled_out(tmp_path: Path) -> None:
    with pytest.raises(NotAModelError) as raised:
        inspect(tmp_path / "a\x1b[31m")
    assert "\x1b" not in str(raised.value)


def test_a_name_that_looks_like_an_option_is_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("-c").write_bytes(MODEL)
    assert inspect_in_subprocess(Path("-c")).root.kind == "dict"


def test_only_a_path_that_names_no_file_is_a_mistake_of_usage(tmp_path: Path) -> None:
    for path in (tmp_path / "missing", tmp_path):
        with pytest.raises(NoSuchFileError) as raised:
            inspect_in_subprocess(path)
        assert raised.value.exit_code is Exit.USAGE
    assert main(["inspect", str(tmp_path / "missing")]) == Exit.USAGE


def test_the_command_exits_with_3_and_prints_the_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "model.joblib"
    path.write_bytes(POINTER)
    assert main(["inspect", str(path)]) == Exit.CANNOT_TELL
    said = capsys.readouterr().err
    assert f"{path} is a Git LFS pointer" in said
    assert "git lfs pull" in said
