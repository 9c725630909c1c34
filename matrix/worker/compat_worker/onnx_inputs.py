"""Infer the rows that a converted model takes from its graph, with the values at which it changes.

Columns are followed from the inputs of the graph through operators that compute each column on its
own. A threshold behind a scaler is found in values of the column by bisection over all floats, in
the arithmetic of the graph: the two rows of a threshold are neighbours in single precision.
"""

from typing import Any, Callable, Dict, List, NamedTuple, Optional

import numpy as np

from compat_worker import input_model, tree_nodes
from compat_worker.coverage_rows import ColumnTree
from compat_worker.float_search import FloatFunction
from compat_worker.input_model import Column, InputModel
from compat_worker.onnx_file import Graph, Node
from compat_worker.traced_columns import MAX_STORED, Traced, add_categories, add_cuts
from compat_worker.tree_nodes import TreeNodes

MAX_NODES = 400000
"""Nodes of all trees that are read, at most; of larger models every second, third … tree is."""

EXACT = 2.0**24
"""Whole numbers up to this one are exact in single precision; those of time stamps are not."""


class Input(NamedTuple):
    """One input of a session of onnxruntime."""

    name: str
    type: str
    """Such as ``tensor(float)``."""
    width: int
    """Values of one row."""


_Traces = List[Optional[Traced]]


def known_inputs(graph: Graph, inputs: List[Input]) -> InputModel:
    """What is known of the rows that a graph takes.

    Args:
        graph: of the file.
        inputs: of the session, with the number of columns of each.
    """
    named = len(inputs) > 1 or inputs[0].width == 1
    columns = []  # type: List[Column]
    spaces = {}  # type: Dict[str, _Traces]
    for one in inputs:
        dtype = np.float64 if one.type == "tensor(double)" else np.float32
        space = []  # type: _Traces
        for _ in range(one.width):
            column = Column(one.name if named else None)
            column.certain = True
            column.numeric = one.type != "tensor(string)"
            column.whole = "int" in one.type
            space.append(Traced(column, len(columns), dtype))
            columns.append(column)
        spaces[one.name] = space
    found = InputModel(columns, "table", named)
    reader = _GraphReader(graph, found, spaces)
    for node in graph.nodes:
        reader.read(node)
    _add_texts(graph, inputs, columns)
    _add_large_values(spaces)
    return found


class _GraphReader:
    """Follows columns through the nodes of a graph, and notes what they compare them with."""

    def __init__(self, graph: Graph, found: InputModel, spaces: Dict[str, _Traces]) -> None:
        self._constants = graph.constants
        self._found = found
        self._spaces = spaces

    def read(self, node: Node) -> None:
        """Note what a node tells of columns, and what its outputs depend on."""
        rule = _RULES.get(node.operator)
        spaces = [self._spaces.get(name) for name in node.inputs]
        known = next((one for one in spaces if one), None)
        if rule is not None and known is not None:
            after = rule(self, node, known)
            if after is not None and node.outputs:
                self._spaces[node.outputs[0]] = after
        if known is not None and node.operator not in _FOLLOWED:
            for name in node.inputs:
                self._store(self._constants.get(name), known)

    def joined(self, node: Node) -> Optional[_Traces]:
        spaces = [self._spaces.get(name) for name in node.inputs]
        return [one for space in spaces for one in space or []] if all(spaces) else None

    def constant(self, node: Node) -> Any:
        """The first constant among the inputs of a node; None if there is none."""
        found = (self._constants.get(name) for name in node.inputs)
        return next((one for one in found if one is not None), None)

    def is_first(self, node: Node) -> bool:
        """Whether the column is the first input of a node, and its constant the second."""
        return node.inputs[0] not in self._constants

    def add_trees(self, trees: List[TreeNodes], space: _Traces) -> None:
        places = np.array([-1 if one is None else one.place for one in space] + [-1])
        for tree in trees:
            inner = tree.feature != tree_nodes.LEAF
            at = np.where(inner & (tree.feature < len(space)), tree.feature, -1)
            self._found.trees.append(ColumnTree(tree, np.where(inner, places[at], -1)))

    def missing(self, one: Optional[Traced], value: Any) -> None:
        if one is not None:
            one.column.add_special(input_model.MISSING, value)

    def _store(self, rows: Any, space: _Traces) -> None:
        """Add constants with a value for each column, such as the rows that neighbors keep."""
        if not isinstance(rows, np.ndarray) or rows.ndim != 2 or rows.shape[1] != len(space):
            return
        if rows.dtype.kind == "f" and len(rows) > 1:
            self.store(rows, space)

    def store(self, rows: Any, space: _Traces) -> None:
        """Add rows as a node sees them, and what they tell of the range of each column."""
        rows = np.asarray(rows[:: max(1, -(-len(rows) // MAX_STORED))], dtype=np.float64)
        stored = {}
        for at, one in enumerate(space):
            if one is None or not one.column.numeric:
                continue
            stored[one.place] = one.below(rows[:, at]).astype(np.float64)
            if one.column.centre is None:
                one.column.centre = float(np.mean(stored[one.place]))
                one.column.spread = float(np.std(stored[one.place])) or 1.0
        if stored:
            self._found.stored.append(stored)


# ----------------------------------------------------------------------------------- operators

_Rule = Callable[[_GraphReader, Node, _Traces], Optional[_Traces]]


def _same(reader: _GraphReader, node: Node, space: _Traces) -> Optional[_Traces]:
    return space


def _concat(reader: _GraphReader, node: Node, space: _Traces) -> Optional[_Traces]:
    return reader.joined(node)


def _select(reader: _GraphReader, node: Node, space: _Traces) -> Optional[_Traces]:
    chosen = reader.constant(node)
    if chosen is None or (node.operator == "Gather" and node.attributes.get("axis", 0) not in (1,)):
        return None
    places = [int(one) for one in np.ravel(chosen)]
    return [space[at] if -len(space) <= at < len(space) else None for at in places]


def _each(space: _Traces, values: Any, make: Callable[[Any], FloatFunction]) -> Optional[_Traces]:
    """A function of its own for each column, by a value for each, or one for all."""
    values = np.ravel(values)
    if values.dtype.kind not in "iuf" or len(values) not in (1, len(space)):
        return None
    own = values if len(values) == len(space) else np.repeat(values, len(space))
    return [one and one.then(make(value)) for one, value in zip(space, own)]


def _span(space: _Traces, centres: Any, spreads: Any) -> None:
    """Set the range of columns that a scaler is the first to see."""
    for one, centre, spread in zip(space, np.ravel(centres), np.ravel(spreads)):
        if one is not None and one.forward is None and one.column.centre is None:
            one.column.centre = float(centre)
            one.column.spread = abs(float(spread)) or 1.0


def _scaler(reader: _GraphReader, node: Node, space: _Traces) -> Optional[_Traces]:
    offset = node.attributes.get("offset", np.zeros(1, dtype=np.float32))
    scale = node.attributes.get("scale", np.ones(1, dtype=np.float32))
    with np.errstate(divide="ignore"):
        spreads = np.where(scale != 0, 1.0 / np.where(scale != 0, scale, 1.0), 1.0)
    width = len(space)
    _span(space, np.resize(offset, width), np.resize(spreads, width))
    moved = _each(space, offset, lambda by: lambda values: values - by)
    return None if moved is None else _each(moved, scale, lambda by: lambda values: values * by)


def _arithmetic(reader: _GraphReader, node: Node, space: _Traces) -> Optional[_Traces]:
    by = reader.constant(node)
    if by is None or not isinstance(by, np.ndarray) or not reader.is_first(node):
        return None
    if node.operator == "Sub":
        _span(space, np.resize(by, len(space)), np.resize(np.abs(by) / 3.0 + 1.0, len(space)))
    function = _ARITHMETIC[node.operator]
    return _each(space, by, lambda value: lambda values: function(values, value))


_ARITHMETIC = {"Add": np.add, "Sub": np.subtract, "Mul": np.multiply, "Div": np.divide}


def _imputer(reader: _GraphReader, node: Node, space: _Traces) -> Optional[_Traces]:
    of = node.attributes
    instead_of = of.get("replaced_value_float", of.get("replaced_value_int64"))
    filled = of.get("imputed_value_floats", of.get("imputed_value_int64s"))
    for one in space:
        reader.missing(one, np.nan if instead_of is None else _number(instead_of))
    if filled is not None:
        filled = np.resize(filled, len(space))
        _span(space, filled, np.abs(filled) / 3.0 + 1.0)
    return space


def _number(value: float) -> float:
    """The same number; NaN is one object, so that two of them are equal in a list."""
    return np.nan if value != value else float(value)


def _compare(reader: _GraphReader, node: Node, space: _Traces) -> Optional[_Traces]:
    edges = node.attributes.get("threshold") if node.operator == "Binarizer" else None
    edges = reader.constant(node) if edges is None else [edges]
    values = np.ravel(np.zeros(0) if edges is None else edges)
    if values.dtype.kind not in "iuf":
        return None
    for place, one in enumerate(space):
        own = values[place : place + 1] if len(values) == len(space) else values
        add_cuts(one, own, input_model.EDGE)
    return None


def _categories(reader: _GraphReader, node: Node, space: _Traces) -> Optional[_Traces]:
    found = [node.attributes[name] for name in _CATEGORIES if name in node.attributes]
    for one in space if found else ():
        if one is not None:
            add_categories(one.column, list(map(_category, found[0])))
    return None


def _category(value: Any) -> Any:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else float(value)


_CATEGORIES = ("cats_strings", "cats_int64s", "keys_strings", "keys_int64s", "keys_floats")


def _support_vectors(reader: _GraphReader, node: Node, space: _Traces) -> Optional[_Traces]:
    vectors = node.attributes.get("support_vectors")
    if vectors is not None and len(vectors) % len(space) == 0:
        reader.store(np.reshape(vectors, (-1, len(space))), space)
    return None


def _trees(reader: _GraphReader, node: Node, space: _Traces) -> Optional[_Traces]:
    trees = trees_of(node)
    for tree in trees:
        for feature in np.unique(tree.feature[tree.feature >= 0]):
            one = space[feature] if feature < len(space) else None
            chosen = np.flatnonzero((tree.feature == feature) & tree.plain)
            if one is None or not len(chosen):
                continue
            tree.below[chosen] = one.below(tree.below[chosen])
            tree.above[chosen] = one.above(tree.below[chosen])
            reader.missing(one, np.nan)
    reader.add_trees(trees, space)
    for place, one in enumerate(space):
        below = [tree.below[(tree.feature == place) & tree.plain] for tree in trees]
        if one is not None and below:
            # They are values of the column already.
            add_cuts(one._replace(forward=None), np.concatenate(below), input_model.THRESHOLD)
    return None


_FOLLOWED = frozenset({"Scaler", *_ARITHMETIC, "Gather", "ArrayFeatureExtractor", "Concat"})
"""Operators whose constants are no rows."""

_RULES = {
    **dict.fromkeys(("Identity", "Cast", "Flatten", "Reshape", "Squeeze", "Unsqueeze"), _same),
    **dict.fromkeys(_ARITHMETIC, _arithmetic),
    **dict.fromkeys(("Gather", "ArrayFeatureExtractor"), _select),
    **dict.fromkeys(("Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Binarizer"), _compare),
    **dict.fromkeys(("OneHotEncoder", "LabelEncoder", "CategoryMapper"), _categories),
    **dict.fromkeys(("TreeEnsembleClassifier", "TreeEnsembleRegressor"), _trees),
    **dict.fromkeys(("SVMClassifier", "SVMRegressor"), _support_vectors),
    "Concat": _concat,
    "FeatureVectorizer": _concat,
    "Imputer": _imputer,
    "Scaler": _scaler,
}  # type: Dict[str, _Rule]


# --------------------------------------------------------------------------------------- trees


def trees_of(node: Node) -> List[TreeNodes]:
    """The trees of an operator, with thresholds in values of its input.

    In single precision ``below`` and ``above`` of a node are neighbours.
    """
    of = node.attributes
    ids = of["nodes_treeids"]
    starts = np.flatnonzero(np.concatenate([[True], ids[1:] != ids[:-1]]))
    ends = np.append(starts[1:], len(ids))
    every = max(1, -(-len(ids) // MAX_NODES))
    values = of.get("nodes_values_as_tensor", of.get("nodes_values"))
    modes = np.array(of["nodes_modes"])
    tracks = of.get("nodes_missing_value_tracks_true", np.zeros(len(ids), dtype=np.int64))
    return [
        _tree(of, slice(start, end), values[start:end], modes[start:end], tracks[start:end])
        for start, end in list(zip(starts, ends))[::every]
    ]


def _tree(of: Dict[str, Any], own: slice, values: Any, modes: Any, tracks: Any) -> TreeNodes:
    place = {int(node): at for at, node in enumerate(of["nodes_nodeids"][own])}
    true, false = (
        np.array([place.get(int(one), 0) for one in of[name][own]])
        for name in ("nodes_truenodeids", "nodes_falsenodeids")
    )
    values = np.asarray(values)
    before = np.nextafter(values, np.array(-np.inf, dtype=values.dtype))
    # The last value for which a node is false (>, >=) or true (<, <=).
    below = np.where((modes == b"BRANCH_LT") | (modes == b"BRANCH_GTE"), before, values)
    swapped = (modes == b"BRANCH_GT") | (modes == b"BRANCH_GTE")
    left, right = np.where(swapped, false, true), np.where(swapped, true, false)
    feature = np.where(modes == b"LEAF", tree_nodes.LEAF, of["nodes_featureids"][own])
    plain = ~((modes == b"BRANCH_EQ") | (modes == b"BRANCH_NEQ"))
    missing = (tracks != 0) != swapped
    above = np.nextafter(below, np.array(np.inf, dtype=below.dtype))
    return TreeNodes(feature, below, above, left, right, missing, plain)


# ---------------------------------------------------------------------------------------- texts


def _add_texts(graph: Graph, inputs: List[Input], columns: List[Column]) -> None:
    """Add all texts of the graph to columns of texts of which it shows none."""
    texts = [
        one.decode("utf-8", "replace")
        for node in graph.nodes
        for name in ("keys_strings", "cats_strings")
        for one in node.attributes.get(name) or ()
    ]
    texts += [
        one.decode("utf-8", "replace")
        for value in graph.constants.values()
        for one in (value if isinstance(value, list) else ())
    ]
    for column in columns:
        if not column.numeric:
            if not column.categories:
                add_categories(column, list(dict.fromkeys(texts)) or ["a", "bb"])
            column.add_special(input_model.MISSING, None)


def _add_large_values(spaces: Dict[str, _Traces]) -> None:
    """Add neighbours in single precision of values that it does not hold, such as time stamps."""
    for space in spaces.values():
        for one in space:
            centre = None if one is None else one.column.centre
            if one is None or centre is None or abs(centre) < EXACT:
                continue
            near = np.array([centre], dtype=one.dtype)
            pair = [float(near[0]), float(one.above(near)[0])]
            one.column.add_special(input_model.END, *pair, (pair[0] + pair[1]) / 2.0 + 1.0)
