"""Rows chosen by coverage: they reach each leaf, each kept row, each special value and each word.

As many rows are made as the model needs, up to MOST. A row for a leaf lies in the leaves of as many
trees as possible at once, and at the edges of these leaves, where a threshold that moved shows.
"""

from typing import Any, List, Optional, Tuple

import numpy as np

from compat_worker import input_model, probe_rows, text_rows, tree_nodes
from compat_worker.input_model import InputModel
from compat_worker.row_block import RowBlock, Values
from compat_worker.tree_nodes import TreeNodes

MOST = 2000
"""Rows of one kind for one model, at most."""

MAX_BOX_VALUES = 6000000
"""Leaves times columns; of larger models some trees are left out."""

BATCH = 400

PASSES = 4
"""Each leaf is reached by up to so many rows; by two if all leaves together have MANY rows."""

MANY = 500

NEAREST = 3
"""A row for neighbours covers so many of the nearest kept rows."""

MAX_KEPT = 6000
"""Kept rows that are covered, at most."""


def covering_blocks(known: InputModel, most: int, seed: int = 0) -> List[RowBlock]:
    """Rows that reach each leaf, each kept row, each special value and each word.

    Args:
        known: the inferred input.
        most: rows of each kind, at most.
        seed: of the random state.
    """
    random = np.random.RandomState(seed + 100)
    if known.form != "table":
        words = known.columns[0].words if known.form == "texts" else None
        texts = each_word(words, random, most) if words else []
        return [RowBlock(text_rows.KNOWN, [texts])] if len(texts) else []
    most = max(10, min(most, probe_rows.MAX_VALUES // len(known.columns)))
    made = []
    leaves = leaf_rows(known, random, most)
    if leaves is not None:
        made.append(RowBlock(input_model.LEAF, leaves))
        gaps = with_gaps(known, leaves, random, len(leaves[0]) // 8)
        made += [] if gaps is None else [RowBlock(input_model.MISSING, gaps)]
    near = neighbor_rows(known, random, most)
    made += [] if near is None else [RowBlock(input_model.BETWEEN, near)]
    for kind, values in special_rows(known, random, most):
        made.append(RowBlock(kind, values))
    for place, column in enumerate(known.columns):
        if column.words:
            texts = each_word(column.words, random, most)
            values = probe_rows.typical_rows(known, random, len(texts))
            values[place] = texts
            made.append(RowBlock(text_rows.KNOWN, values))
    return made


class ColumnTree:
    """A tree whose features are columns of the rows, with thresholds in values of the columns."""

    def __init__(self, nodes: TreeNodes, columns: Any) -> None:
        self.nodes = nodes
        self.columns = columns
        """By node, the position of the column; -1 for leaves and what cannot be traced back."""


# ------------------------------------------------------------------------------------- leaves


class LeafBoxes:
    """The leaves of one tree as ranges of the columns."""

    def __init__(self, tree: ColumnTree, width: int) -> None:
        nodes = tree.nodes
        low = np.full((1, width), -np.inf)
        high = np.full((1, width), np.inf)
        at = np.zeros(1, dtype=np.int64)
        found: List[Tuple[Any, Any, Any]] = []
        while len(at):
            leaf = nodes.feature[at] == tree_nodes.LEAF
            found.append((at[leaf], low[leaf], high[leaf]))
            at, low, high = at[~leaf], low[~leaf], high[~leaf]
            column = tree.columns[at]
            bound = np.flatnonzero((column >= 0) & nodes.plain[at])
            left_high, right_low = high.copy(), low.copy()
            places = bound, column[bound]
            left_high[places] = np.minimum(high[places], nodes.below[at[bound]])
            right_low[places] = np.maximum(low[places], nodes.above[at[bound]])
            at = np.concatenate([nodes.left[at], nodes.right[at]])
            low, high = np.concatenate([low, right_low]), np.concatenate([left_high, high])
            possible = (low <= high).all(axis=1)
            at, low, high = at[possible], low[possible], high[possible]
        self.leaves = np.concatenate([one for one, _, _ in found])
        self.low = np.concatenate([one for _, one, _ in found])
        self.high = np.concatenate([one for _, _, one in found])
        self.used = np.unique(tree.columns[tree.columns >= 0])
        self.reached = np.zeros(len(self.leaves), dtype=bool)


def leaf_rows(known: InputModel, random: Any, most: int = MOST) -> Optional[Values]:
    """Rows that reach the leaves of the model's trees; None if there are none to read.

    Args:
        known: the inferred input, with :attr:`InputModel.trees`.
        random: a ``RandomState``.
        most: number of rows, at most.
    """
    trees: List[ColumnTree] = known.trees
    if not trees:
        return None
    columns = np.unique(np.concatenate([one.columns for one in trees]))
    columns = columns[columns >= 0]
    if not len(columns):
        return None
    trees = _some(trees, len(columns))
    narrow = [ColumnTree(one.nodes, _renumbered(one.columns, columns)) for one in trees]
    boxes = [LeafBoxes(one, len(columns)) for one in narrow]
    edges = [_Edges(boxes, place) for place in range(len(columns))]
    made: List[Values] = []
    total = 0
    # Several times: each time the rows lie at other edges.
    for number in range(PASSES):
        if number >= 2 and total >= MANY:
            break
        for one in boxes:
            one.reached[:] = False
        while total < most:
            n = min(BATCH, most - total, max(8, int(sum((~one.reached).sum() for one in boxes))))
            low, high = _intersections(boxes, n, random, len(columns))
            base = probe_rows.typical_rows(known, random, n)
            numbers = _values(known, columns, low, high, base, edges, random)
            new = _mark(boxes, narrow, numbers)
            for place, column in enumerate(columns):
                base[column] = numbers[:, place].copy()
            made.append(base)
            total += n
            if new < max(1, n // 50) or all(one.reached.all() for one in boxes):
                break
    return [np.concatenate(parts) for parts in zip(*made)]


def _some(trees: List[ColumnTree], width: int) -> List[ColumnTree]:
    values = sum(len(one.nodes.feature) for one in trees) * width
    return trees[:: max(1, -(-values // MAX_BOX_VALUES))]


def _renumbered(columns: Any, chosen: Any) -> Any:
    return np.where(columns < 0, -1, np.searchsorted(chosen, columns))


def _intersections(boxes: List[LeafBoxes], n: int, random: Any, width: int) -> Tuple[Any, Any]:
    """n ranges, each inside leaves of as many trees as possible that are not reached yet."""
    low = np.full((n, width), -np.inf)
    high = np.full((n, width), np.inf)
    for number in random.permutation(len(boxes)):
        box = boxes[number]
        open_leaves = np.flatnonzero(~box.reached)
        if not len(open_leaves):
            continue
        open_leaves = open_leaves[random.permutation(len(open_leaves))[: 2 * n]]
        fits = np.ones((len(open_leaves), n), dtype=bool)
        for column in box.used:
            fits &= box.low[open_leaves, column][:, None] <= high[:, column][None, :]
            fits &= box.high[open_leaves, column][:, None] >= low[:, column][None, :]
        free = np.ones(n, dtype=bool)
        for place in range(len(open_leaves)):
            possible = np.flatnonzero(fits[place] & free)
            if len(possible):
                row = possible[random.randint(len(possible))]
                free[row] = False
                leaf = open_leaves[place]
                low[row] = np.maximum(low[row], box.low[leaf])
                high[row] = np.minimum(high[row], box.high[leaf])
    return low, high


class _Edges:
    """The ends of the ranges of leaves in one column, and at which of them a row lies already."""

    def __init__(self, boxes: List[LeafBoxes], place: int) -> None:
        self._values = [
            np.unique(np.concatenate([ends(box)[:, place] for box in boxes])) for ends in _ENDS
        ]
        self._used = [np.zeros(len(values), dtype=bool) for values in self._values]

    def choose(self, low: Any, high: Any, random: Any) -> Any:
        """By row, 0 for the lower end, 1 for the upper end, 2 for neither.

        Ends at which no row lies come first.
        """
        places = [
            np.minimum(np.searchsorted(values, end), len(values) - 1)
            for values, end in zip(self._values, (low, high))
        ]
        chosen = np.full(len(low), 2)
        drawn = random.randint(5, size=len(low))
        for row in range(len(low)):
            free = [
                side
                for side, end in enumerate((low, high))
                if np.isfinite(end[row]) and not self._used[side][places[side][row]]
            ]
            if free:
                side = free[drawn[row] % len(free)]
                self._used[side][places[side][row]] = True
                chosen[row] = side
            elif drawn[row] < 4:
                chosen[row] = drawn[row] // 2
        return chosen


_ENDS = (lambda box: box.low, lambda box: box.high)


def _values(
    known: InputModel,
    columns: Any,
    low: Any,
    high: Any,
    base: Values,
    edges: List[_Edges],
    random: Any,
) -> Any:
    """Values inside the ranges: at the lower end, at the upper end, or anywhere."""
    found = np.empty(low.shape)
    for place, column in enumerate(columns):
        one, other = low[:, place], high[:, place]
        typical = base[column]
        if typical.dtype.kind != "f":  # categories beside the numbers
            typical = np.zeros(len(one))
        if known.columns[column].counts or known.columns[column].whole:
            whole = np.ceil(one) <= np.floor(other)
            one = np.where(whole, np.ceil(one), one)
            other = np.where(whole, np.floor(other), other)
        inside = np.clip(typical, one, other)
        choice = edges[place].choose(low[:, place], high[:, place], random)
        inside = np.where((choice == 0) & np.isfinite(one), one, inside)
        found[:, place] = np.where((choice == 1) & np.isfinite(other), other, inside)
    return found


def _mark(boxes: List[LeafBoxes], trees: List[ColumnTree], numbers: Any) -> int:
    """Mark the leaves that rows reach; returns how many were not reached before."""
    new = 0
    for box, tree in zip(boxes, trees):
        inside = np.zeros(len(tree.nodes.feature), dtype=bool)
        inside[_apply(tree, numbers)] = True
        reached = inside[box.leaves]
        new += int((reached & ~box.reached).sum())
        box.reached |= reached
    return new


def _apply(tree: ColumnTree, numbers: Any) -> Any:
    nodes = tree.nodes
    at = np.zeros(len(numbers), dtype=np.int64)
    every = np.arange(len(numbers))
    for _ in range(len(nodes.feature)):
        inner = nodes.feature[at] != tree_nodes.LEAF
        if not inner.any():
            break
        here, node = every[inner], at[inner]
        column = tree.columns[node]
        to_left = numbers[here, np.maximum(column, 0)] <= nodes.below[node]
        at[inner] = np.where(to_left | (column < 0), nodes.left[node], nodes.right[node])
    return at


def with_gaps(known: InputModel, values: Values, random: Any, n: int) -> Optional[Values]:
    """Some of the rows again, each with a missing value in one column that accepts it."""
    places = [
        place
        for place, column in enumerate(known.columns)
        if column.specials.get(input_model.MISSING)
    ]
    if not places or not len(values[0]):
        return None
    chosen = random.permutation(len(values[0]))[:n]
    found = [column[chosen] for column in values]
    for row in range(len(chosen)):
        place = places[random.randint(len(places))]
        gaps = known.columns[place].specials[input_model.MISSING]
        found[place] = probe_rows.with_value(found[place], row, gaps[row % len(gaps)][0])
    return probe_rows.with_number_columns(found)


# --------------------------------------------------------------------------- kept rows, values


def neighbor_rows(known: InputModel, random: Any, most: int = MOST) -> Optional[Values]:
    """Rows near the rows that a model of neighbours keeps, each of which is near one of them."""
    made = []
    for group in known.neighbors:
        places = sorted(group)
        kept = np.stack([group[place] for place in places], axis=1)
        kept = kept[np.isfinite(kept).all(axis=1)][:MAX_KEPT]
        if len(kept) < 2:
            continue
        spread = kept.std(axis=0)
        scaled = kept / np.where(spread > 0, spread, 1.0)
        rows = _near_all(scaled, random, most)
        numbers = kept[rows[:, 0]] + 0.375 * (kept[rows[:, 1]] - kept[rows[:, 0]])
        numbers = numbers.astype(np.float32).astype(np.float64)
        values = probe_rows.typical_rows(known, random, len(numbers))
        for at, place in enumerate(places):
            values[place] = numbers[:, at].copy()
            if known.columns[place].whole:
                values[place] = np.round(values[place])
        made.append(values)
    return [np.concatenate(parts) for parts in zip(*made)] if made else None


def _near_all(scaled: Any, random: Any, most: int) -> Any:
    """Pairs of positions: a row between each pair has every position among its nearest."""
    covered = np.zeros(len(scaled), dtype=bool)
    pairs: List[Tuple[int, int]] = []
    for one in random.permutation(len(scaled)):
        if covered[one]:
            continue
        if len(pairs) >= most:
            break
        distances = ((scaled - scaled[one]) ** 2).sum(axis=1)
        distances[one] = np.inf
        near = np.where(covered, np.inf, distances)
        other = int(np.argmin(near))
        if not np.isfinite(near[other]):
            other = int(np.argmin(distances))
        pairs.append((int(one), other))
        row = scaled[one] + 0.375 * (scaled[other] - scaled[one])
        distances = ((scaled - row) ** 2).sum(axis=1)
        covered[np.argpartition(distances, min(NEAREST, len(scaled) - 1))[:NEAREST]] = True
    return np.array(pairs)


_EACH = (
    input_model.CATEGORY,
    input_model.EDGE,
    input_model.END,
    input_model.THRESHOLD,
)


def special_rows(known: InputModel, random: Any, most: int = MOST) -> List[Tuple[str, Values]]:
    """Rows with each category, bin edge and threshold of each column, for all columns at once."""
    made = []
    for kind in _EACH:
        if kind == input_model.THRESHOLD and known.trees:
            continue  # the rows for leaves lie there
        lists = {}
        for place, column in enumerate(known.columns):
            values = [value for group in column.specials.get(kind, ()) for value in group]
            if len(values) > 1:
                lists[place] = values
        if not lists:
            continue
        n = min(most, max(map(len, lists.values())))
        rows = probe_rows.typical_rows(known, random, n)
        for place, values in sorted(lists.items()):
            order = random.permutation(len(values))
            for row in range(n):
                value = values[order[row % len(values)]]
                rows[place] = probe_rows.with_value(rows[place], row, value)
        made.append((kind, probe_rows.with_number_columns(rows)))
    return made


def each_word(words: List[str], random: Any, most: int = MOST) -> Any:
    """Documents that have every word of a vocabulary, 20 words each or as many as it needs."""
    length = max(20, -(-len(words) // most))
    order = random.permutation(len(words))
    found = [
        " ".join(words[place] for place in order[start : start + length])
        for start in range(0, len(words), length)
    ]
    made = np.empty(len(found), dtype=object)
    made[:] = found
    return made
