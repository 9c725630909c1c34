"""Arrays that joblib before 0.10 wrote to files beside a model: what is read and refused."""

from __future__ import annotations

import io
import pickle
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from matrix.errors import NotAModelError
from matrix.inspection import Inspection, PrivateCopy, copy_private, inspect, refusals
from matrix.inspection.packing import pack
from matrix.worker.compat_worker import packed_files

from . import assembler as a

OLD = ("joblib.numpy_pickle", "NDArrayWrapper")
ZIPPED = ("joblib.numpy_pickle", "ZNDArrayWrapper")
NDARRAY = a.name("numpy", "ndarray")


def npy(array: np.ndarray, *, pickled: bool = False) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=pickled)
    return stream.getvalue()


def plain(filename: str = "m.pkl_01.npy", **more: bytes) -> bytes:
    """A wrapper as joblib before 0.10 writes it."""
    parts = {"filename": a.text(filename), "subclass": NDARRAY, "allow_mmap": b"\x88", **more}
    return a.new(*OLD) + a.state(**parts) + a.BUILD


def packed(folder: Path, body: bytes, files: dict[str, bytes]) -> Path:
    path = folder / "m.pkl"
    path.write_bytes(a.whole(body))
    for name, data in files.items():
        (folder / name).write_bytes(data)
    private = folder / "private"
    private.mkdir()
    return pack(path, copy_private(path, private), list(files), private).path


Look = Callable[..., Inspection]


@pytest.fixture
def look(tmp_path: Path) -> Look:
    """Inspects the pickle of a body, packed with files."""

    def run(body: bytes, **files: bytes) -> Inspection:
        given = {name.replace("__", "."): data for name, data in files.items()}
        return inspect(packed(tmp_path, body, given), packed=True)

    return run


NUMBERS = np.arange(6.0).reshape(2, 3)
STRUCTS = np.zeros(3, dtype=[("left_child", "<i8"), ("threshold", "<f8")])


@pytest.mark.parametrize(
    "array",
    [NUMBERS, np.asfortranarray(NUMBERS), STRUCTS, np.array(["a", "bc"]), np.zeros((0, 2))],
)
def test_an_array_beside_a_model_is_read(look: Look, array: np.ndarray) -> None:
    found = look(plain(), m__pkl_01__npy=npy(array))
    assert refusals(found) == ()
    assert (found.joblib, found.container, found.companions) == ("before 0.10", "joblib", ())


def test_a_compressed_array_is_read(look: Look) -> None:
    data = NUMBERS.tobytes()
    stored = b"ZF" + hex(len(data)).encode().ljust(19) + zlib.compress(data)
    start = (
        NDARRAY
        + a.integer(0)
        + a.TUPLE1
        + a.call("_codecs", "encode", a.text("b"), a.text("latin1"))
    )
    shape = a.integer(2) + a.integer(3) + a.TUPLE2
    rest = a.MARK + a.integer(1) + shape + a.dtype("f8") + b"\x89" + a.TUPLE
    parts = {"filename": a.text("m.pkl_01.npy.z"), "init_args": start + a.TUPLE3, "state": rest}
    body = a.new(*ZIPPED) + a.state(**parts) + a.BUILD
    assert refusals(look(body, m__pkl_01__npy__z=stored)) == ()


def test_without_the_files_their_names_are_known_and_it_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.pkl"
    path.write_bytes(a.whole(plain()))
    found = inspect(path)
    assert found.companions == ("m.pkl_01.npy",)
    assert {one.what for one in refusals(found)} == {"companion-files", ".".join(OLD)}
    assert not any(one.trust for one in refusals(found))


PICKLED = npy(np.array([None, "x"], dtype=object), pickled=True)
DAMAGE = {
    "a pickle, which numpy would run": (plain(), pickle.dumps(NUMBERS)),
    "an array of objects, whose pickle numpy would run": (plain(), PICKLED),
    "a structure with objects": (plain(), npy(np.zeros(2, [("a", "O")]), pickled=True)),
    "an archive of arrays": (plain(), b"PK\x03\x04" + b"\0" * 40),
    "fewer bytes than its array": (plain(), npy(NUMBERS)[:-1]),
    "more bytes than its array": (plain(), npy(NUMBERS) + b"."),
    "another file": (plain("m.pkl_02.npy"), npy(NUMBERS)),
    "a path": (plain("../m.pkl_01.npy"), npy(NUMBERS)),
    "an absolute path": (plain("/etc/m.pkl_01.npy"), npy(NUMBERS)),
    "a class that is called": (plain(subclass=a.name("os", "mkdir")), npy(NUMBERS)),
    "another attribute": (plain(read=a.name("builtins", "slice")), npy(NUMBERS)),
    "a wrapper that is changed": (
        plain()
        + a.POP
        + a.new(*OLD)
        + b"q\x07"
        + a.state(filename=a.text("m.pkl_01.npy"), subclass=NDARRAY)
        + a.BUILD
        + a.POP
        + b"h\x07"
        + a.state(filename=a.text("/tmp/x.npy"), subclass=NDARRAY)
        + a.BUILD,
        npy(NUMBERS),
    ),
    "a wrapper that is called": (
        a.call(*OLD, a.text("m.pkl_01.npy"), NDARRAY) + a.state() + a.BUILD,
        npy(NUMBERS),
    ),
    "a name that joblib does not use": (a.new("joblib.numpy_pickle_utils", "NDArrayWrapper"), b""),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_anything_else_is_no_model(look: Look, kind: str) -> None:
    body, data = DAMAGE[kind]
    with pytest.raises(NotAModelError):
        look(body, m__pkl_01__npy=data)


@pytest.mark.parametrize(
    "body",
    [
        plain() + a.name(*OLD) + a.TUPLE2,
        plain() + a.new(*OLD) + a.TUPLE2,
        plain() + a.call("functools", "partial", a.name(*OLD)) + a.TUPLE2,
    ],
    ids=["the class", "a wrapper without a file", "bound arguments"],
)
def test_a_wrapper_that_is_not_read_is_refused(look: Look, body: bytes) -> None:
    found = look(body, m__pkl_01__npy=npy(NUMBERS))
    refused = refusals(found)
    assert refused
    assert refusals(found, frozenset(one.what for one in refused))


def test_only_what_this_tool_packed_is_read_as_packed(tmp_path: Path) -> None:
    file = packed(tmp_path, plain(), {"m.pkl_01.npy": npy(NUMBERS)})
    with pytest.raises(NotAModelError):
        inspect(file)


@pytest.mark.parametrize("name", ["a/b.npy", "..npy", "../a.npy", "a.pkl", "C:a.npy", "a\0.npy"])
def test_no_name_leaves_the_folder(name: str, tmp_path: Path) -> None:
    assert not packed_files.is_name(name)
    file = tmp_path / "packed"
    with file.open("wb") as stream:
        packed_files.write_head(stream, [(name, 0), (packed_files.MODEL, 0)])
    with file.open("rb") as stream, pytest.raises(ValueError, match="joblib does not write"):
        packed_files.read_index(stream)


def test_one_digest_counts_all_files(tmp_path: Path) -> None:
    digests = set()
    for number in range(2):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "m.pkl").write_bytes(a.whole(plain()))
        (folder / "m.pkl_01.npy").write_bytes(npy(NUMBERS + number))
        copy: PrivateCopy = copy_private(folder / "m.pkl", folder)
        digests.add(pack(folder / "m.pkl", copy, ["m.pkl_01.npy"], folder).sha256)
    assert len(digests) == 2


def test_a_file_that_is_not_recorded_is_refused(tmp_path: Path) -> None:
    (tmp_path / "m.pkl").write_bytes(a.whole(plain()))
    (tmp_path / "m.pkl_01.npy").write_bytes(npy(NUMBERS))
    copy = copy_private(tmp_path / "m.pkl", tmp_path)
    with pytest.raises(NotAModelError, match="not recorded"):
        pack(tmp_path / "m.pkl", copy, ["m.pkl_01.npy"], tmp_path, recorded={})


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "m.pkl").write_bytes(a.whole(plain()))
    copy = copy_private(tmp_path / "m.pkl", tmp_path)
    with pytest.raises(NotAModelError, match=r"m\.pkl_01\.npy is not beside it"):
        pack(tmp_path / "m.pkl", copy, ["m.pkl_01.npy"], tmp_path)
