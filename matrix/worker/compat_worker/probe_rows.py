"""Rows from what a fitted model knows: where it is likely to change its mind, and everywhere else.

All of it is drawn from a random state of its own, in a stable order, and rounded to single
precision where nothing hangs on the last digit: the same model gives the same rows again.
"""

from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple

import numpy as np

from compat_worker import input_model, text_rows
from compat_worker.input_model import Column, InputModel

Values = List[Any]
"""Rows, column by column: an array of numbers or objects each."""

MAX_VALUES = 2000000
"""How many values all rows may have together."""


class RowBlock(NamedTuple):
    """Rows of one kind."""

    kind: str
    values: Values

    def __len__(self) -> int:  # rows, not fields
        return len(self.values[0])


def make_blocks(known: InputModel, n: int) -> List[RowBlock]:
    """About n rows, kind by kind; the first kind is plain: what a model is likely to accept."""
    random = np.random.RandomState(0)
    if known.form != "table":
        return text_rows.make_blocks(known, n, random)
    n = max(10, min(n, MAX_VALUES // len(known.columns)))
    each = max(4, n // 8)
    odd = (
        _specials(known, random, each)
        + _stored_rows(known, random, each)
        + _missing_values(known, random, each)
    )
    odd += _outside_range(known, random, each // 2)
    if any(column.words is not None for column in known.columns):
        odd += _unusual_documents(known, random, each)
    count = max(n // 4, n - sum(map(len, odd)))
    made = [RowBlock(input_model.PLAIN, typical_rows(known, random, count))] + odd
    return [block for block in made if len(block)]


def typical_rows(known: InputModel, random: Any, n: int, wide: float = 1.0) -> Values:
    """Rows within the range of what the model knows, or so many times as wide."""
    values: Values = [None] * len(known.columns)
    simple = [place for place, column in enumerate(known.columns) if column.is_simple]
    spans = [(known.columns[place].centre, known.columns[place].spread) for place in simple]
    centres = np.array([0.0 if centre is None else centre for centre, _ in spans])
    spreads = np.array([spread for _, spread in spans]) * wide
    scale = random.choice([1.0, 1.0, 1.0, 10.0], size=(n, 1))
    scale = np.where([centre is None for centre, _ in spans], scale, 1.0)
    drawn = _to_single_precision(
        centres + spreads * scale * random.standard_normal((n, len(simple)))
    )
    for at, place in enumerate(simple):
        values[place] = drawn[:, at].copy()
    for place, column in enumerate(known.columns):
        if not column.is_simple:
            values[place] = _draw(column, random, n, wide)
    return values


def _draw(column: Column, random: Any, n: int, wide: float) -> Any:
    if column.words is not None:
        return text_rows.documents(column.words, n, random)
    if column.categories:
        drawn = np.empty(n, dtype=object)
        drawn[:] = [
            column.categories[place] for place in random.randint(len(column.categories), size=n)
        ]
        return _numbers(drawn)
    if column.counts:
        return np.floor(np.abs(random.standard_normal(n)) * 2.0 * wide)
    centre = 0.0 if column.centre is None else column.centre
    drawn = centre + column.spread * wide * random.standard_normal(n)
    if column.whole:
        return np.round(drawn)
    return _to_single_precision(_between_cuts(column, drawn, random, wide))


def _between_cuts(column: Column, drawn: Any, random: Any, wide: float) -> Any:
    """Two in three between the values where the model changes its mind, if it has any."""
    cuts = np.unique(column.cuts)
    margin = (cuts[-1] - cuts[0]) / 4.0 * wide or abs(cuts[0]) * wide or wide
    ends = np.concatenate([[cuts[0] - margin], cuts, [cuts[-1] + margin]])
    at = random.randint(len(ends) - 1, size=len(drawn))
    amid = ends[at] + (ends[at + 1] - ends[at]) * random.random_sample(len(drawn))
    known = random.randint(3, size=len(drawn)) if column.centre is not None else 1
    return np.where(known, amid, drawn)


def _specials(known: InputModel, random: Any, each: int) -> List[RowBlock]:
    """Rows with a special value in one column, the columns taking turns."""
    kinds: Dict[str, List[Tuple[int, Tuple[Any, ...]]]] = {}
    for place, column in enumerate(known.columns):
        for kind, groups in sorted(column.specials.items()):
            kinds.setdefault(kind, []).extend((place, group) for group in groups)
    made = []
    for kind in sorted(kinds):
        chosen = _alternate_columns(
            kinds[kind], 2 * each if kind == input_model.THRESHOLD else each
        )
        base = typical_rows(known, random, len(chosen))
        again = np.repeat(np.arange(len(chosen)), [len(group) for _, group in chosen])
        values = [column[again] for column in base]
        row = 0
        for place, group in chosen:
            for value in group:
                values[place] = with_value(values[place], row, value)
                row += 1
        made.append(RowBlock(kind, with_number_columns(values)))
    return made


def _alternate_columns(found: List[Tuple[int, Tuple[Any, ...]]], rows: int) -> List[Any]:
    """Enough groups for so many rows: of each column one, spread over its values, and again."""
    by_column: Dict[int, List[Any]] = {}
    for place, group in found:
        by_column.setdefault(place, []).append((place, group))
    queues = [
        [queue[at] for at in _scattered(len(queue))] for _, queue in sorted(by_column.items())
    ]
    chosen: List[Any] = []
    count = 0
    for turn in range(max(map(len, queues))):
        for queue in queues:
            if turn < len(queue) and count < rows:
                chosen.append(queue[turn])
                count += len(queue[turn][1])
    return chosen


def _scattered(length: int) -> List[int]:
    """All positions, so that the first few are spread over the whole."""
    return np.random.RandomState(length).permutation(length).tolist()


def with_value(column: Any, row: int, value: Any) -> Any:
    """A column with a value in a row, as objects if the value is no number."""
    if column.dtype.kind == "f" and not isinstance(value, (int, float, np.number)):
        column = column.astype(object)
    column[row] = value
    return column


def _stored_rows(known: InputModel, random: Any, each: int) -> List[RowBlock]:
    """Rows that the model keeps, and rows between them; what they leave open is drawn."""
    groups = known.kept
    if not groups:
        return []
    share = max(2, each // len(groups))
    rows: List[Values] = []
    between: List[Values] = []
    for group in groups:
        length = len(next(iter(group.values())))
        first = np.sort(random.permutation(length)[:share])
        rows.append(
            _complete_rows(known, random, {at: values[first] for at, values in group.items()})
        )
        if length > 1:
            one = random.randint(length, size=share)
            other = (one + 1 + random.randint(length - 1, size=share)) % length
            # Not half-way: a tie is decided by the last digit of the machine.
            mixed = {
                at: _to_single_precision(v[one] + 0.375 * (v[other] - v[one]))
                for at, v in group.items()
            }
            between.append(_complete_rows(known, random, mixed))
    made = [RowBlock(input_model.STORED, _stacked(rows))]
    return made + ([RowBlock(input_model.BETWEEN, _stacked(between))] if between else [])


def _complete_rows(known: InputModel, random: Any, values: Dict[int, Any]) -> Values:
    length = len(next(iter(values.values())))
    drawn = typical_rows(known, random, length)
    return [values.get(place, column) for place, column in enumerate(drawn)]


def _missing_values(known: InputModel, random: Any, each: int) -> List[RowBlock]:
    """Rows with several missing values at once, where the model takes them."""
    gaps = [column.specials.get(input_model.MISSING) for column in known.columns]
    if sum(map(bool, gaps)) < 2:
        return []
    values = concatenated(
        _stored_rows(known, random, each)[:1] + [RowBlock("", typical_rows(known, random, each))]
    )
    share = random.random_sample(len(values[0]))
    for place, group in enumerate(gaps):
        for row in np.flatnonzero(random.random_sample(len(share)) < share) if group else ():
            values[place] = with_value(values[place], row, group[0][0])
    return [RowBlock(input_model.SEVERAL_MISSING, with_number_columns(values))]


def _outside_range(known: InputModel, random: Any, n: int) -> List[RowBlock]:
    """Far outliers, zeros, and what is negative although nothing says that it may be."""
    numbers = [_is_number(column) for column in known.columns]
    if not any(numbers):
        return []
    far = typical_rows(known, random, n, wide=30.0)
    below = typical_rows(known, random, n)
    zero = typical_rows(known, random, 1)
    for place, number in enumerate(numbers):
        if number:
            below[place] = -np.abs(below[place])
            zero[place] = np.zeros(1)
    made = [RowBlock(input_model.OUTLIER, far), RowBlock(input_model.ZERO, zero)]
    if not all(column.counts for column in known.columns):
        made.append(RowBlock(input_model.NEGATIVE, below))
    return made


def _is_number(column: Column) -> bool:
    return column.words is None and not column.categories


def _unusual_documents(known: InputModel, random: Any, each: int) -> List[RowBlock]:
    """Odd documents in the columns of texts."""
    made = []
    for place, column in enumerate(known.columns):
        for kind, texts in (
            text_rows.unusual_documents(column.words, each, random) if column.words else ()
        ):
            values = typical_rows(known, random, len(texts))
            values[place] = texts
            made.append(RowBlock(kind, values))
    return made


def concatenated(made: List[RowBlock]) -> Values:
    """All rows of some blocks, one after the other."""
    return _stacked([block.values for block in made])


def with_number_columns(values: Values) -> Values:
    """Rows whose columns are arrays of numbers where they can be."""
    return [_numbers(column) for column in values]


def _stacked(rows: List[Values]) -> Values:
    return [np.concatenate(columns) for columns in zip(*rows)]


def _to_single_precision(values: Any) -> Any:
    """Rounded to single precision."""
    return np.asarray(values, dtype=np.float64).astype(np.float32).astype(np.float64)


def _numbers(values: Any) -> Any:
    """An array of objects as one of numbers, if they are numbers all, and not missing all."""
    if values.dtype.kind != "O":
        return values
    numbers = (int, float, np.integer, np.floating)
    if not all(isinstance(one, numbers) and not isinstance(one, bool) for one in values):
        return values
    found = values.astype(np.float64)
    return values if np.isnan(found).all() else found


# ------------------------------------------------------------------------ rows near a decision

Labels = Callable[[Values], Any]
"""The labels that a model gives to rows; raises what the model raises."""

BISECTIONS = 16
"""Near enough to matter, too far for the last digit of a machine."""

BISECTIONS_SINGLE = 8
"""The same for a model that computes in single precision."""


def decision_rows(
    known: InputModel, labels: Labels, found: Values, n: int, halvings: int = BISECTIONS
) -> Optional[RowBlock]:
    """Rows on either side of where a model decides: between two rows of different labels.

    Args:
        labels: of rows, by the model.
        found: rows that it accepts.
        n: about how many.
        halvings: how often the way between them is halved.

    Returns:
        None if it decides nothing, or always the same.
    """
    numbers = [place for place, column in enumerate(found) if column.dtype.kind == "f"]
    here = labels(found)
    if len(np.unique(here)) < 2:
        found = rows_with_other_labels(known, labels)
        here = labels(found) if found else here
    if not numbers or len(np.unique(here)) < 2:
        return None
    random = np.random.RandomState(1)
    one, other = _pairs(here, random, max(2, n // 2))
    low = [column[one] for column in found]
    high = [column[one] if at not in numbers else column[other] for at, column in enumerate(found)]
    differ = labels(high) != labels(low)
    low, high = [column[differ] for column in low], [column[differ] for column in high]
    if not len(low[0]):
        return None
    start = labels(low)
    for _ in range(halvings):
        middle = [
            _to_single_precision(a + (b - a) / 2.0) if at in numbers else a
            for at, (a, b) in enumerate(zip(low, high))
        ]
        same = labels(middle) == start
        low = [np.where(same, m, a) for m, a in zip(middle, low)]
        high = [np.where(same, b, m) for m, b in zip(middle, high)]
    return RowBlock(input_model.DECISION, _stacked([low, high]))


def rows_with_other_labels(known: InputModel, labels: Labels) -> Values:
    """Rows that get different labels, sought further and further out; empty if there are none."""
    random = np.random.RandomState(2)
    for wide in (3.0, 10.0, 100.0, 1000.0):
        rows = typical_rows(known, random, 200, wide)
        try:
            if len(np.unique(labels(rows))) > 1:
                return rows
        except Exception:
            return []
    return []


def _pairs(labels: Any, random: Any, n: int) -> Tuple[Any, Any]:
    """Positions of rows with different labels, the labels taking turns."""
    kinds = np.unique(labels)
    one, other = [], []
    for turn in range(n):
        mine = np.flatnonzero(labels == kinds[turn % len(kinds)])
        theirs = np.flatnonzero(labels != kinds[turn % len(kinds)])
        one.append(mine[random.randint(len(mine))])
        other.append(theirs[random.randint(len(theirs))])
    return np.array(one), np.array(other)
