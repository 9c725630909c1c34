"""Rows for converted models lie where single precision decides: a change of one ulp is noticed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from compat_worker import input_model, onnx_file, onnx_inputs, row_making, tree_nodes
from compat_worker.onnx_inputs import Input

from tests import onnx_bytes

THRESHOLDS = (0.1, 2.5, -7.25)
OFFSET, SCALE = (10.0, 1.0), (0.3, 7.0)


def trees(thresholds: Sequence[float], mode: str = "BRANCH_LEQ", **more: Any) -> bytes:
    """A tree of three inner nodes on two features, and four leaves."""
    attributes = {
        "nodes_treeids": [0] * 7,
        "nodes_nodeids": list(range(7)),
        "nodes_featureids": [0, 1, 1, 0, 0, 0, 0],
        "nodes_values": [*thresholds, 0.0, 0.0, 0.0, 0.0],
        "nodes_modes": [mode] * 3 + ["LEAF"] * 4,
        "nodes_truenodeids": [1, 3, 5, 0, 0, 0, 0],
        "nodes_falsenodeids": [2, 4, 6, 0, 0, 0, 0],
    }
    return onnx_bytes.node("TreeEnsembleRegressor", ["s"], ["y"], {**attributes, **more})


def scaled(thresholds: Sequence[float], **more: Any) -> bytes:
    """Trees behind a scaler; without one, its offset is 0 and its scale 1."""
    scaler = {"offset": list(OFFSET), "scale": list(SCALE)}
    first = onnx_bytes.node("Scaler", ["X"], ["s"], scaler)
    return onnx_bytes.file(["X"], first, trees(thresholds, **more))


def plain(thresholds: Sequence[float], **more: Any) -> bytes:
    return onnx_bytes.file(
        ["X"], onnx_bytes.node("Identity", ["X"], ["s"]), trees(thresholds, **more)
    )


class GraphModel:
    """Computes the trees of a file as onnxruntime does, in single precision."""

    def __init__(self, content: bytes) -> None:
        self.graph = onnx_file.read_graph(content)
        self.leaves = onnx_inputs.trees_of(self.graph.nodes[-1])

    def known_inputs(self) -> input_model.InputModel:
        return onnx_inputs.known_inputs(self.graph, [Input("X", "tensor(float)", 2)])

    def predict(self, rows: Any) -> Any:
        table = np.asarray(rows).astype(np.float32)
        of = self.graph.nodes[0].attributes
        if of:
            table = (table - of["offset"]) * of["scale"]
        return np.stack([tree.apply(table.astype(np.float64)) for tree in self.leaves], axis=1)


MODES = ("BRANCH_LEQ", "BRANCH_LT", "BRANCH_GT", "BRANCH_GTE")


def moved(thresholds: Sequence[float], place: int, towards: float) -> list[float]:
    found = list(map(float, np.float32(thresholds)))
    found[place] = float(np.nextafter(np.float32(found[place]), np.float32(towards)))
    return found


@pytest.mark.parametrize("place", range(3))
@pytest.mark.parametrize("mode", MODES)
def test_a_threshold_moved_by_one_float_is_noticed(place: int, mode: str) -> None:
    model = GraphModel(plain(THRESHOLDS, mode=mode))
    rows = row_making.make_rows(model, 100).rows
    for towards in (-np.inf, np.inf):
        other = GraphModel(plain(moved(THRESHOLDS, place, towards), mode=mode))
        assert (model.predict(rows) != other.predict(rows)).any()


@pytest.mark.parametrize("place", range(3))
@pytest.mark.parametrize("mode", MODES)
def test_so_it_is_behind_a_scaler_where_any_value_reaches_it(place: int, mode: str) -> None:
    features = (0, 1, 1)
    reached = [
        float((np.float32(one) - np.float32(OFFSET[at])) * np.float32(SCALE[at]))
        for one, at in zip(THRESHOLDS, features, strict=True)
    ]
    model = GraphModel(scaled(reached, mode=mode))
    rows = row_making.make_rows(model, 100).rows
    towards = -np.inf if mode in ("BRANCH_LEQ", "BRANCH_GT") else np.inf
    other = GraphModel(scaled(moved(reached, place, towards), mode=mode))
    assert (model.predict(rows) != other.predict(rows)).any()


def test_rows_lie_on_both_sides_of_each_threshold_in_the_arithmetic_of_the_graph() -> None:
    model = GraphModel(scaled(THRESHOLDS))
    (tree,) = model.known_inputs().trees
    for node in range(3):
        feature = tree.nodes.feature[node]
        sides = np.array([tree.nodes.below[node], tree.nodes.above[node]], dtype=np.float32)
        assert sides[1] == np.nextafter(sides[0], np.float32(np.inf))
        seen = (sides - np.float32(OFFSET[feature])) * np.float32(SCALE[feature])
        threshold = np.float32(THRESHOLDS[node])
        assert (seen <= threshold).tolist() == [True, False]


def test_missing_values_are_in_the_rows_where_trees_compare_them() -> None:
    kinds = row_making.make_rows(GraphModel(plain(THRESHOLDS)), 100).kinds
    assert kinds[input_model.MISSING]
    assert kinds[input_model.SEVERAL_MISSING]
    right = plain(THRESHOLDS, nodes_missing_value_tracks_true=[1] * 7)
    rows = row_making.make_rows(GraphModel(plain(THRESHOLDS)), 100).rows
    assert np.isnan(rows).any()
    assert [tree.missing_left.all() for tree in GraphModel(right).leaves] == [True]


def known(content: bytes, *inputs: Input) -> input_model.InputModel:
    return onnx_inputs.known_inputs(onnx_file.read_graph(content), list(inputs))


def test_columns_have_the_range_of_a_scaler_and_neighbors_of_time_stamps() -> None:
    stamps = {"offset": [1.7e9], "scale": [1e-7]}
    content = onnx_bytes.file(["when"], onnx_bytes.node("Scaler", ["when"], ["y"], stamps))
    (column,) = known(content, Input("when", "tensor(float)", 1)).columns
    assert (column.name, column.centre) == ("when", float(np.float32(1.7e9)))
    (group,) = column.specials[input_model.END]
    assert group[1] - group[0] == 128  # two neighbours in single precision
    assert group[0] < group[2] < group[1]


def test_texts_are_the_categories_of_the_graph_an_unknown_one_and_none() -> None:
    encoder = {"cats_strings": ["red", "grün"], "zeros": 1}
    content = onnx_bytes.file(["c", "n"], onnx_bytes.node("OneHotEncoder", ["c"], ["y"], encoder))
    texts, numbers = known(
        content, Input("c", "tensor(string)", 1), Input("n", "tensor(float)", 1)
    ).columns
    assert texts.categories == ["red", "grün"]
    assert {input_model.CATEGORY, input_model.UNSEEN, input_model.MISSING} <= texts.specials.keys()
    assert not numbers.categories


def test_rows_that_the_model_keeps_and_edges_of_bins_are_in_the_rows() -> None:
    kept = np.arange(8.0).reshape(4, 2)
    content = onnx_bytes.file(
        ["X"],
        onnx_bytes.tensor("kept", onnx_bytes.FLOAT, [4, 2], kept.ravel().tolist()),
        onnx_bytes.tensor("edges", onnx_bytes.FLOAT, [2], [0.1, 0.7]),
        onnx_bytes.node("CDist", ["X", "kept"], ["d"]),
        onnx_bytes.node("Less", ["X", "edges"], ["y"]),
    )
    found = known(content, Input("X", "tensor(float)", 2))
    (stored,) = found.stored
    assert np.array_equal(np.stack([stored[0], stored[1]], axis=1), kept)
    edge = np.float32(0.1)
    pairs = found.columns[0].specials[input_model.EDGE]
    assert pairs == [(float(edge), float(np.nextafter(edge, np.float32(1))))]


def test_columns_are_followed_through_a_selection_and_a_concatenation() -> None:
    content = onnx_bytes.file(
        ["X"],
        onnx_bytes.tensor("last", onnx_bytes.INT64, [1], [1]),
        onnx_bytes.tensor("by", onnx_bytes.FLOAT, [1], [2.0]),
        onnx_bytes.node("ArrayFeatureExtractor", ["X", "last"], ["one"]),
        onnx_bytes.node("Mul", ["one", "by"], ["double"]),
        onnx_bytes.node("Concat", ["double", "X"], ["s"], {"axis": 1}),
        trees(THRESHOLDS),
    )
    (tree,) = known(content, Input("X", "tensor(float)", 2)).trees
    assert tree.columns[:3].tolist() == [1, 0, 0]
    assert float(tree.nodes.below[0]) == float(np.float32(0.1)) / 2
    assert tree.nodes.feature[3] == tree_nodes.LEAF


@pytest.mark.parametrize("content", [b"", b"\x0a", onnx_bytes.number(1, 8), b"\x3a\xff\x01"])
def test_a_damaged_file_is_no_graph(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"damaged|no graph"):
        onnx_file.read_graph(content)
