"""Inspection imports and calls nothing, and reports what loading would call."""

from __future__ import annotations

import pickle
import sys
import zlib
from pathlib import Path

import pytest

from matrix.errors import NotAModelError
from matrix.inspection import Inspection, Name, inspect, inspect_in_subprocess
from tests.inspection import assembler as a

UNLOADED = "this"
"""A module of the standard library that is never imported by accident: it prints a poem."""

SHELL = Name("os", "system")


def touching(marker: Path) -> bytes:
    """A command that leaves a mark."""
    return a.text(f"echo > {marker}")


def inspected_or_refused(path: Path) -> Inspection | NotAModelError:
    try:
        return inspect(path)
    except NotAModelError as error:
        return error


PAYLOADS = {
    "called": lambda mark: a.call("os", "system", mark),
    "dotted": lambda mark: a.call("os.path", "os.system", mark),
    "alias": lambda mark: a.call("posix", "system", mark),
    "eval": lambda mark: a.call("builtins", "eval", a.text("__import__('this')")),
    "mkdir": lambda mark: a.call("sklearn.datasets._base", "makedirs", mark),
    "native": lambda mark: a.call("ctypes", "CDLL", a.text("libc.so.6")),
    "instance": lambda mark: a.MARK + mark + b"ios\nsystem\n",
    "object": lambda mark: a.MARK + a.name("os", "system") + mark + b"o",
    "new": lambda mark: a.name("os", "system") + mark + a.TUPLE1 + a.NEWOBJ,
    "new with names": lambda mark: (
        a.name("os", "system") + mark + a.TUPLE1 + a.EMPTY_DICT + b"\x92"
    ),
    "made of made": lambda mark: (
        a.call("functools", "partial", a.name("os", "system"), mark) + a.EMPTY_TUPLE + a.REDUCE
    ),
    "imported": lambda mark: a.name(UNLOADED, "s") + mark + a.TUPLE1 + a.REDUCE,
    "state": lambda mark: (
        a.new("sklearn.svm._classes", "SVC")
        + a.state(__setstate__=a.name("os", "system"))
        + a.BUILD
        + mark
        + a.BUILD
    ),
    "slots": lambda mark: (
        a.new("sklearn.svm._classes", "SVC")
        + a.NONE
        + a.state(__class__=a.name("os", "system"))
        + a.TUPLE2
        + a.BUILD
    ),
    "changed function": lambda mark: a.name("os", "system") + a.state(__code__=mark) + a.BUILD,
    "appended to": lambda mark: a.call("os", "system", mark) + mark + a.APPEND,
    "item set": lambda mark: a.call("os", "system", mark) + mark + mark + a.SETITEM,
    "as a key": lambda mark: a.EMPTY_DICT + a.call("os", "system", mark) + a.NONE + a.SETITEM,
    "in a set": lambda mark: a.EMPTY_SET + a.MARK + a.call("os", "system", mark) + a.ADDITEMS,
    "in a frozen set": lambda mark: a.MARK + a.call("os", "system", mark) + a.FROZENSET,
    "dropped": lambda mark: a.call("os", "system", mark) + a.POP + a.NONE,
    "in the nested pickle": lambda mark: a.wrapper("O8") + a.whole(a.call("os", "system", mark)),
    "after an array": lambda mark: a.wrapper() + b"\0" * 16 + a.POP + a.call("os", "system", mark),
}


@pytest.mark.parametrize("compress", [bytes, zlib.compress], ids=["raw", "zlib"])
@pytest.mark.parametrize("kind", PAYLOADS)
def test_inspection_runs_no_code_and_imports_no_module(
    kind: str, compress: type[bytes], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    marker = tmp_path / "marker"
    path = tmp_path / "model.joblib"
    path.write_bytes(compress(a.whole(PAYLOADS[kind](touching(marker)))))
    before = set(sys.modules)
    found = inspected_or_refused(path)
    assert not marker.exists()
    assert set(sys.modules) == before
    assert "".join(capfd.readouterr()) == ""
    if isinstance(found, Inspection):
        assert any(name.module != "joblib.numpy_pickle" for name in found.names)


TOLD = [kind for kind in PAYLOADS if kind not in ("dotted", "alias", "eval", "mkdir", "native")]


@pytest.mark.parametrize("kind", TOLD)
def test_every_name_that_loading_looks_up_is_reported_or_the_file_is_refused(
    kind: str, tmp_path: Path
) -> None:
    path = tmp_path / "model.joblib"
    path.write_bytes(a.whole(PAYLOADS[kind](a.text("x"))))
    found = inspected_or_refused(path)
    if isinstance(found, Inspection):
        assert SHELL in found.names or Name(UNLOADED, "s") in found.names
    else:
        assert kind == "in the nested pickle"


def test_a_name_with_dots_is_reported_with_its_dots(tmp_path: Path) -> None:
    path = tmp_path / "model.pkl"
    path.write_bytes(a.whole(a.name("sklearn.datasets", "_base.makedirs")))
    assert inspect(path).names == (Name("sklearn.datasets", "_base.makedirs"),)


def test_a_name_of_python_2_is_reported_as_python_3_would_look_it_up(tmp_path: Path) -> None:
    path = tmp_path / "model.pkl"
    path.write_bytes(a.whole(a.old_name("commands", "getoutput"), protocol=2))
    assert inspect(path).names == (Name("subprocess", "getoutput"),)
    path.write_bytes(a.whole(a.old_name("commands", "getoutput"), protocol=3))
    assert inspect(path).names == (Name("commands", "getoutput"),)


def test_a_number_for_a_name_is_never_looked_up_here(tmp_path: Path) -> None:
    import copyreg

    path = tmp_path / "model.pkl"
    path.write_bytes(a.whole(b"\x82\xf1" + a.EMPTY_TUPLE + a.REDUCE))
    copyreg.add_extension("os", "getcwd", 0xF1)
    try:
        found = inspect(path)
    finally:
        copyreg.remove_extension("os", "getcwd", 0xF1)
    assert found.names == (Name("copyreg", "<extension 241>"),)
    assert [note.code for note in found.notes] == ["extension-codes"]


def test_a_file_that_changes_a_function_is_odd(tmp_path: Path) -> None:
    path = tmp_path / "model.pkl"
    path.write_bytes(a.whole(PAYLOADS["changed function"](a.text("x"))))
    assert [note.code for note in inspect(path).notes] == ["sets-global"]


@pytest.mark.parametrize(
    "body",
    [
        b"\x96" + b"\xff" * 7 + b"\x7f",  # BYTEARRAY8 of 2 ** 63 bytes
        b"\x8e" + b"\0" * 4 + b"\1" + b"\0" * 3,  # BINBYTES8 of 4 GiB
        b"\x8b\xff\xff\xff\x7f",  # LONG4 of 2 GiB
        b"r\xff\xff\xff\xff",  # a memo of 2 ** 32 entries, in C
        b"\x95" + b"\xff" * 7 + b"\x7f",  # a frame
        b"L" + b"9" * 100_000 + b"\n",
        a.wrapper("f8", shape=(b"\x8a\x08" + b"\xff" * 7 + b"\x7f") + a.TUPLE1),
    ],
)
def test_announced_sizes_allocate_no_memory(body: bytes, tmp_path: Path) -> None:
    """The C unpickler allocates gigabytes for each of these before it reads an item."""
    import tracemalloc

    path = tmp_path / "model.pkl"
    path.write_bytes(a.proto(5) + a.NONE + body + b".")
    tracemalloc.start()
    try:
        inspected_or_refused(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 8 * 1024 * 1024


def test_depth_and_self_reference_end(tmp_path: Path) -> None:
    path = tmp_path / "model.pkl"
    estimator = a.new("own.model", "Model")
    deep = estimator + b"".join(
        a.state() + a.text(f"inner{depth}") + estimator for depth in range(300)
    )
    deep += (a.SETITEM + a.BUILD) * 300
    path.write_bytes(a.whole(deep))
    node, depth = inspect(path).root, 1
    while node.children:
        node, depth = node.children[0], depth + 1
    assert (depth, node.hidden) == (13, 1)
    path.write_bytes(a.whole((a.EMPTY_TUPLE + a.TUPLE1 * 300_000) + a.EMPTY_DICT + a.POP))
    inspect(path)
    own = a.new("own.model", "Model") + b"\x94" + a.state(me=b"h\0") + a.BUILD
    path.write_bytes(a.whole(own))
    assert inspect(path).root.children == ()


def test_a_tree_of_shared_parts_is_not_unfolded(tmp_path: Path) -> None:
    """Forty lists, each of which holds the one before twice."""
    twice = b"q\0" + a.POP + a.EMPTY_LIST + (b"h\0" + a.APPEND) * 2
    body = a.EMPTY_LIST + twice * 40
    path = tmp_path / "model.pkl"
    path.write_bytes(a.whole(a.new("own.model", "Model") + a.state(deep=body) + a.BUILD))
    assert inspect(path).root.params == {"deep": "list of 2"}


def test_a_state_given_again_and_again_costs_what_it_holds(tmp_path: Path) -> None:
    from matrix.inspection import InspectionLimits

    large = a.state(**{f"k{index}": a.NONE for index in range(1000)})
    body = large + b"q\0" + a.POP + a.new("own.model", "Model") + (b"h\0" + a.BUILD) * 1000
    path = tmp_path / "model.pkl"
    path.write_bytes(a.whole(body))
    with pytest.raises(NotAModelError, match="opcodes"):
        inspect(path, InspectionLimits(operations=1_000_000))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit of processor time")
def test_the_inspection_process_ends_at_its_limit_of_processor_time(tmp_path: Path) -> None:
    from matrix.inspection import InspectionLimits

    path = tmp_path / "model.pkl"
    path.write_bytes(a.whole(a.NONE + (a.NONE + a.POP) * 10_000_000))
    with pytest.raises(NotAModelError, match=r"more than 0\.5 s of processor time to be read"):
        inspect_in_subprocess(path, InspectionLimits(seconds=0.5))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits memory as one expects")
def test_the_inspection_process_ends_at_its_limit_of_memory(tmp_path: Path) -> None:
    from matrix.inspection import InspectionLimits

    path = tmp_path / "model.pkl"
    path.write_bytes(zlib.compress(a.proto(4) + a.EMPTY_LIST * 20_000_000))
    with pytest.raises(NotAModelError, match="needs more than 200 MB"):
        inspect_in_subprocess(path, InspectionLimits(memory=200 * 1024 * 1024))


def test_the_inspection_process_imports_no_code_from_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("json", "matrix", "zlib", "lz4", "sitecustomize"):
        (tmp_path / f"{module}.py").write_text(f"open({str(tmp_path / 'marker')!r}, 'w')")
    (tmp_path / "model.pkl").write_bytes(pickle.dumps({"a": 1}))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert inspect_in_subprocess(Path("model.pkl")).root.kind == "dict"
    assert not (tmp_path / "marker").exists()


def framed(size: int, body: bytes) -> bytes:
    return b"\x95" + size.to_bytes(8, "little") + body


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (framed(3, a.text("long")), "reaches over the end of a frame"),
        (framed(30, a.NONE + framed(1, a.NONE) + a.NONE * 30), "outside an unfinished frame"),
        (framed(400, a.wrapper()) + b"\0" * 400, "outside an unfinished frame"),
        (framed(100, a.NONE), "is truncated"),
    ],
    ids=["within", "inside", "array", "cut"],
)
def test_frames_that_machines_read_in_different_ways_are_refused(
    body: bytes, said: str, tmp_path: Path
) -> None:
    path = tmp_path / "model.pkl"
    path.write_bytes(a.whole(body))
    with pytest.raises(NotAModelError, match=said):
        inspect(path)


BUNCH = ("statsmodels.tools.tools", "Bunch")


@pytest.mark.parametrize(
    ("pair", "key", "state", "known"),
    [
        (BUNCH, "k_ar", a.DUP, True),
        (BUNCH, "__class__", a.DUP, False),
        (BUNCH, "k_ar", a.new(*BUNCH), False),
        (("some.module", "Other"), "k_ar", a.DUP, False),
    ],
)
def test_only_a_dictionary_that_is_known_to_be_its_own_attributes_is_its_own_state(
    pair: tuple[str, str], key: str, state: bytes, known: bool, tmp_path: Path
) -> None:
    path = tmp_path / "model.pkl"
    path.write_bytes(a.whole(a.new(*pair) + a.text(key) + a.NONE + a.SETITEM + state + a.BUILD))
    found = inspected_or_refused(path)
    assert isinstance(found, Inspection)
    assert ("computed-state" in {note.code for note in found.notes}) != known
