"""Every cell is in the index once, in the order of the report."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from matrix.engine.cell_index import CellIndex
from matrix.model import Cell, Environment, EnvSpec, Pipeline, Verdict

ENVIRONMENTS = [
    Environment(spec=EnvSpec(id=name, label=name, scikit_learn=name)) for name in ("1.3", "1.4")
]
PIPELINES = [
    Pipeline(id="a", file=Path("a.py"), line=1, doc="", formats=("joblib", "pickle-5")),
    Pipeline(id="b", file=Path("a.py"), line=9, doc="", formats=("joblib",)),
]
PLACES = [
    (pipeline, name, writer, reader)
    for writer in ("1.3", "1.4")
    for reader in ("1.3", "1.4")
    for pipeline, name in (("a", "joblib"), ("a", "pickle-5"), ("b", "joblib"))
]


def cell(place: tuple[str, str, str, str]) -> Cell:
    pipeline, name, writer, reader = place
    return Cell(
        pipeline=pipeline, format=name, writer=writer, reader=reader, verdict=Verdict.IDENTICAL
    )


def test_at_first_every_cell_is_open() -> None:
    assert list(CellIndex(ENVIRONMENTS, PIPELINES).open()) == PLACES


@given(st.lists(st.sampled_from(PLACES)))
def test_a_closed_cell_is_not_open_and_has_its_position(
    closed: list[tuple[str, str, str, str]],
) -> None:
    board = CellIndex(ENVIRONMENTS, PIPELINES)
    for place in closed:
        assert board.close(cell(place)) == PLACES.index(place)
    assert list(board.open()) == [place for place in PLACES if place not in closed]


def test_cells_may_be_closed_while_the_open_ones_are_read() -> None:
    board = CellIndex(ENVIRONMENTS, PIPELINES)
    assert [board.close(cell(place)) for place in board.open()] == list(range(len(PLACES)))
    assert list(board.open()) == []


def test_a_runtime_has_cells_of_its_format_alone_and_saves_nothing() -> None:
    runtime = EnvSpec(
        id="rt", label="rt", scikit_learn="", framework="onnxruntime", framework_version="1.20"
    )
    pipeline = Pipeline(id="a", file=Path("a.py"), line=1, doc="", formats=("joblib", "onnx"))
    index = CellIndex([ENVIRONMENTS[0], Environment(spec=runtime)], [pipeline])
    assert list(index.open()) == [
        ("a", "joblib", "1.3", "1.3"),
        ("a", "onnx", "1.3", "1.3"),
        ("a", "onnx", "1.3", "rt"),
    ]
