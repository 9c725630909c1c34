"""ONNX files are read without onnx; hostile ones are refused, and nothing in them is run.

``native/forest-skl2onnx-1.20.onnx`` was written by skl2onnx 1.20.0 from a forest of five trees.
"""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matrix.errors import NotAModelError
from matrix.frameworks.onnxruntime import releases_for
from matrix.inspection import inspect
from matrix.inspection.gate import native_names, refusals
from matrix.inspection.onnx import read_message
from matrix.inspection.portable import PortableModel
from matrix.inspection.protobuf import Message
from matrix.inspection.read_errors import UnreadableError
from tests.onnx_bytes import number, part, varint

FILE = Path(__file__).parent / "native" / "forest-skl2onnx-1.20.onnx"
REAL = FILE.read_bytes()


def read(data: bytes) -> PortableModel:
    return read_message(Message(data, 0, len(data)))


def graph_of(content: bytes) -> bytes:
    return number(1, 8) + part(7, content)


def test_a_real_file_shows_what_a_runtime_must_support() -> None:
    found = inspect(FILE)
    assert (found.container, found.columns, found.modules) == ("onnx", ("X",), ("onnxruntime",))
    assert found.portable == PortableModel(
        producer="skl2onnx",
        producer_version="1.20.0",
        version="10",
        opsets={"ai.onnx": 21, "ai.onnx.ml": 1},
        inputs={"X": "float (?, 4)"},
        outputs={"output_label": "string (?)", "output_probability": "sequence"},
        operators={"Identity": 1, "TreeEnsembleClassifier": 1, "ZipMap": 1},
    )


def test_numbers_in_other_files_and_graphs_inside_of_operators_are_found() -> None:
    entry = part(1, "location") + part(2, "weights.bin")
    outside = part(8, "w") + part(13, entry)
    inner = part(1, part(4, "Loop") + part(7, "com.example")) + part(5, part(13, entry))
    attribute = part(6, inner)
    named = part(1, "w") + part(2, part(1, number(1, 1)))
    found = read(
        graph_of(part(1, part(4, "If") + part(5, attribute)) + part(5, outside) + part(11, named))
    )
    assert found.operators == {"If": 1, "com.example.Loop": 1}
    assert found.external == ("weights.bin",)
    assert found.inputs == {}, "a number of the model that is listed as an input is none"


def test_graphs_that_hold_each_other_end() -> None:
    inner = part(1, part(4, "Abs"))
    for _ in range(1000):
        inner = part(1, part(5, part(6, inner)))
    with pytest.raises(UnreadableError, match="more than 32 graphs inside each other"):
        read(graph_of(inner))


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (number(1, 8) + varint(7 << 3 | 2) + varint(2**62), "a field of 4,611,686,018"),
        (number(1, 8) + varint(7 << 3 | 2) + b"\xff" * 11, "more than 64 bits"),
        (number(1, 8) + varint(7 << 3 | 3), "of the unknown kind 3"),
        (number(1, 8) + b"\0\0", "a field with the number 0"),
        (number(1, 8) + part(2, "x"), "without its graph"),
        (b"\x08", "ends too early"),
    ],
)
def test_hostile_lengths_and_other_messages_are_refused(data: bytes, problem: str) -> None:
    with pytest.raises(UnreadableError, match=problem):
        read(data)


def test_a_truncated_file_is_refused_by_its_name(tmp_path: Path) -> None:
    short = tmp_path / "short.onnx"
    short.write_bytes(REAL[: len(REAL) // 2])
    with pytest.raises(NotAModelError, match="ends too early"):
        inspect(short)


def test_a_million_names_are_counted_and_not_kept() -> None:
    nodes = b"".join(part(1, part(4, f"Op{i}")) for i in range(20_000))
    started = time.process_time()
    found = read(graph_of(nodes))
    assert (len(found.operators), found.left_out) == (1000, 19_000)
    assert time.process_time() - started < 20


@given(st.binary(max_size=60), st.integers(0, len(REAL)), st.integers(0, 60))
def test_any_bytes_are_read_or_refused(noise: bytes, place: int, dropped: int) -> None:
    for data in (noise, REAL[:place] + noise + REAL[place + dropped :]):
        try:
            read(data)
        except UnreadableError:
            continue


def test_a_runtime_runs_it_in_a_sandbox_only_and_has_to_be_new_enough() -> None:
    found = inspect(FILE)
    assert found.bounds == {"onnxruntime": ">=1.18"}
    assert [str(one) for one in native_names(found)] == ["onnxruntime.InferenceSession"]
    assert not refusals(found)


@pytest.mark.parametrize(
    ("version", "opset", "learning", "least"),
    [
        ("8", 15, 1, ">=1.10"),
        ("9", 18, 3, ">=1.15"),
        ("10", 22, 5, ">=1.21"),
        ("99", 1, 1, ">=1.32"),
    ],
)
def test_the_first_release_for_an_ir_version_and_opsets_is_known(
    version: str, opset: int, learning: int, least: str
) -> None:
    opsets = {"ai.onnx": opset, "ai.onnx.ml": learning}
    assert releases_for(version, opsets) == least


def test_a_file_with_numbers_in_other_files_is_not_loaded(tmp_path: Path) -> None:
    location = part(13, part(1, "location") + part(2, "../secret"))
    path = tmp_path / "model.onnx"
    path.write_bytes(graph_of(part(1, part(4, "Identity")) + part(5, part(8, "w") + location)))
    found = inspect(path)
    assert [one.what for one in refusals(found)] == ["companion-files"]
