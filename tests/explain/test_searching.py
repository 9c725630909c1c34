"""What a search for remedies does with files that cannot be saved again."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from matrix.cli.commands.explain import points_of_a_search
from matrix.explain.searching import search
from matrix.model import Cell, Verdict
from matrix.remedies import Experiment, Subject


def test_a_converted_file_is_not_searched_and_the_reason_is_given() -> None:
    """A runtime has no scikit-learn: nothing is built or run for it."""
    cell = Cell(pipeline="p", format="onnx", writer="w", reader="r", verdict=Verdict.LABELS_CHANGED)
    nothing = object()
    (point,) = search(cast(Experiment, nothing), cast(Subject, nothing), cell)
    assert point.heading == "Remedies"
    assert "cannot be saved again" in point.lines[0]


def test_a_search_is_suggested_only_where_it_can_find_something() -> None:
    cell = Cell(pipeline="p", format="onnx", writer="w", reader="r", verdict=Verdict.LABELS_CHANGED)
    (converted,) = points_of_a_search(cell)
    assert "--deep" not in str(converted.lines)
    assert "convert the model anew" in converted.lines[0]
    (pickled,) = points_of_a_search(replace(cell, format="joblib"))
    assert "explain --deep" in pickled.lines[0]
