"""Make rows from the inferred input of a model, many of them where its output is likely to change.

Each function draws from its own random state in a fixed order, and values are rounded to single
precision where the last digit does not matter: the same model gives the same rows again.
"""

from typing import Any, Callable, Dict, List, Optional, Tuple

import numpy as np

from compat_worker import input_model, text_rows
from compat_worker.input_model import Column, InputModel
from compat_worker.row_block import RowBlock, Values

MAX_VALUES = 2000000
"""Values of all rows together, at most."""

WIDE = 1000
"""From so many columns on, those of whole numbers are drawn together."""

MISSING_TEXTS = 8
"""Rows with each kind of missing value in a column of texts."""


_MAX_EXACT = 2**53
"""Larger whole numbers are not exact as float64."""


def make_blocks(known: InputModel, n: int, seed: int = 0) -> List[RowBlock]:
    """About n rows in blocks of one kind each; the first block is likely to be accepted."""
    random = np.random.RandomState(seed)
    if known.form != "table":
        return text_rows.make_blocks(known, n, random)
    n = max(10, min(n, MAX_VALUES // len(known.columns)))
    each = max(4, n // 8)
    special = (
        _specials(known, random, each)
        + stored_rows(known, random, each)
        + _missing_values(known, random, each)
    )
    special += _outside_range(known, random, each // 2)
    if any(column.words is not None for column in known.columns):
        special += _unusual_documents(known, random, each)
    count = max(n // 4, n - sum(map(len, special)))
    kind = input_model.PLAIN
    if not any(column.is_known for column in known.columns):
        kind = input_model.RANDOM
    if is_thin(known):
        kind = input_model.SPARSE
    made = [RowBlock(kind, typical_rows(known, random, count))] + special
    return [block for block in made if len(block)]


def typical_rows(known: InputModel, random: Any, n: int, factor: float = 1.0) -> Values:
    """n rows within the inferred range of each column.

    Args:
        known: the inferred input.
        random: a ``RandomState``.
        n: number of rows.
        factor: widens the range of each column.
    """
    values: Values = [None] * len(known.columns)
    simple = [place for place, column in enumerate(known.columns) if column.is_simple]
    spans = [(known.columns[place].centre, known.columns[place].spread) for place in simple]
    centres = np.array([0.0 if centre is None else centre for centre, _ in spans])
    spreads = np.array([spread for _, spread in spans]) * factor
    scale = random.choice([1.0, 1.0, 1.0, 10.0], size=(n, 1))
    scale = np.where([centre is None for centre, _ in spans], scale, 1.0)
    drawn = _to_single_precision(
        centres + spreads * scale * random.standard_normal((n, len(simple)))
    )
    for place, column in zip(simple, np.ascontiguousarray(drawn.T)):
        values[place] = column
    rest = [place for place, column in enumerate(values) if column is None]
    together = [at for at in rest if len(values) >= WIDE and _is_whole(known.columns[at])]
    if together:
        drawn = _draw_together([known.columns[at] for at in together], random, n, factor)
        for place, column in zip(together, drawn):
            values[place] = column
    for place in rest:
        if values[place] is None:
            values[place] = _draw(known.columns[place], random, n, factor)
    return _thinned(known, values, random) if is_thin(known) else values


def is_thin(known: InputModel) -> bool:
    """Whether most values of a drawn row are zero, as in the many columns of vectorized texts.

    Full rows would be unlike all that the model has seen, and a search among kept rows takes time
    with the values in both.
    """
    return known.filled is not None and (known.width or len(known.columns)) >= WIDE


def _thinned(known: InputModel, values: Values, random: Any) -> Values:
    """The values with zero in place of most of them, so that a row has as many as kept ones."""
    share = max(1.0, known.filled or 0.0) / len(values)
    kept = random.random_sample((len(values), len(values[0]))) < share
    numbers = map(_is_number, known.columns)
    return [
        np.where(chosen, column, 0.0) if number else column
        for column, chosen, number in zip(values, kept, numbers)
    ]


def _is_whole(column: Column) -> bool:
    """Whether a column holds whole numbers, and neither texts nor categories."""
    return column.words is None and not column.categories and (column.counts or column.whole)


def _draw_together(columns: List[Column], random: Any, n: int, factor: float) -> Any:
    """What :func:`_draw` draws for columns of whole numbers, with a line for each of them."""
    normal = random.standard_normal((len(columns), n))
    counts = np.array([[column.counts] for column in columns])
    centres = np.array([[column.centre or 0.0] for column in columns])
    spreads = np.array([[column.spread] for column in columns]) * factor
    return np.where(
        counts, np.floor(np.abs(normal) * 2.0 * factor), np.round(centres + spreads * normal)
    )


def _draw(column: Column, random: Any, n: int, factor: float) -> Any:
    if column.words is not None:
        return text_rows.documents(column.words, n, random)
    if column.categories:
        drawn = np.empty(n, dtype=object)
        drawn[:] = [
            column.categories[place] for place in random.randint(len(column.categories), size=n)
        ]
        return _numbers(drawn)
    if column.counts:
        return np.floor(np.abs(random.standard_normal(n)) * 2.0 * factor)
    centre = 0.0 if column.centre is None else column.centre
    drawn = centre + column.spread * factor * random.standard_normal(n)
    if column.whole:
        return np.round(drawn)
    return _to_single_precision(_between_cuts(column, drawn, random, factor))


def _between_cuts(column: Column, drawn: Any, random: Any, factor: float) -> Any:
    """Replace two in three drawn values by values between the cuts of the column."""
    cuts = np.unique(column.cuts)
    margin = (cuts[-1] - cuts[0]) / 4.0 * factor or abs(cuts[0]) * factor or factor
    ends = np.concatenate([[cuts[0] - margin], cuts, [cuts[-1] + margin]])
    at = random.randint(len(ends) - 1, size=len(drawn))
    middle = ends[at] + (ends[at + 1] - ends[at]) * random.random_sample(len(drawn))
    known = random.randint(3, size=len(drawn)) if column.centre is not None else 1
    return np.where(known, middle, drawn)


def _specials(known: InputModel, random: Any, each: int) -> List[RowBlock]:
    """Rows with a special value in one column each, alternating between the columns."""
    kinds: Dict[str, List[Tuple[int, Tuple[Any, ...]]]] = {}
    for place, column in enumerate(known.columns):
        for kind, groups in sorted(column.specials.items()):
            # A missing text is worth several rows: it is what pandas changes.
            often = MISSING_TEXTS if kind == input_model.MISSING and column.is_text else 1
            kinds.setdefault(kind, []).extend((place, group) for group in groups * often)
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
    """Choose groups of special values for a number of rows, one of each column in turn."""
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
    """All positions in a fixed random order, so that the first few are spread out."""
    return np.random.RandomState(length).permutation(length).tolist()


def with_value(column: Any, row: int, value: Any) -> Any:
    """A column with a value set in one row; an object array if the value is not a number."""
    if column.dtype.kind == "f" and not isinstance(value, (int, float, np.number)):
        column = column.astype(object)
    column[row] = value
    return column


def stored_rows(known: InputModel, random: Any, each: int) -> List[RowBlock]:
    """Rows that the model stores or that lie beside its centres, and rows between them.

    Columns of which nothing is stored are drawn.
    """
    return _stored_rows(
        known, random, each, known.stored, (input_model.STORED, input_model.BETWEEN)
    ) + _stored_rows(
        known, random, each, known.centres, (input_model.CENTRE, input_model.BETWEEN_CENTRES)
    )


def _stored_rows(
    known: InputModel,
    random: Any,
    each: int,
    groups: List[Dict[int, Any]],
    kinds: Tuple[str, str],
) -> List[RowBlock]:
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
            # Not half-way: rounding, which differs between machines, decides a tie.
            mixed = {
                at: _to_single_precision(v[one] + 0.375 * (v[other] - v[one]))
                for at, v in group.items()
            }
            between.append(_complete_rows(known, random, mixed))
    made = [RowBlock(kinds[0], _stacked(rows))]
    return made + ([RowBlock(kinds[1], _stacked(between))] if between else [])


def _complete_rows(known: InputModel, random: Any, values: Dict[int, Any]) -> Values:
    length = len(next(iter(values.values())))
    drawn = typical_rows(known, random, length)
    return [values.get(place, column) for place, column in enumerate(drawn)]


def _missing_values(known: InputModel, random: Any, each: int) -> List[RowBlock]:
    """Rows with several missing values, if at least two columns accept them."""
    missing = [column.specials.get(input_model.MISSING) for column in known.columns]
    if sum(map(bool, missing)) < 2:
        return []
    values = concatenated(
        stored_rows(known, random, each)[:1] + [RowBlock("", typical_rows(known, random, each))]
    )
    share = random.random_sample(len(values[0]))
    for place, group in enumerate(missing):
        for row in np.flatnonzero(random.random_sample(len(share)) < share) if group else ():
            values[place] = with_value(values[place], row, group[row % len(group)][0])
    return [RowBlock(input_model.SEVERAL_MISSING, with_number_columns(values))]


def _outside_range(known: InputModel, random: Any, n: int) -> List[RowBlock]:
    """Rows with far outliers, with zeros, and with negative values."""
    numbers = [_is_number(column) for column in known.columns]
    if not any(numbers):
        return []
    far = typical_rows(known, random, n, factor=30.0)
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
    """Rows with unusual documents in the columns of documents."""
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
    """The rows of all blocks in order."""
    return made[0].values if len(made) == 1 else _stacked([block.values for block in made])


def with_number_columns(values: Values) -> Values:
    """Convert columns of objects to arrays of numbers where possible."""
    return [_numbers(column) for column in values]


def _stacked(rows: List[Values]) -> Values:
    return [np.concatenate(columns) for columns in zip(*rows)]


def _to_single_precision(values: Any) -> Any:
    """Rounded to single precision."""
    return np.asarray(values, dtype=np.float64).astype(np.float32).astype(np.float64)


def _numbers(values: Any) -> Any:
    """Convert an array of objects to float64 if all are numbers and not all are missing."""
    if values.dtype.kind != "O":
        return values
    numbers = (int, float, np.integer, np.floating)
    if not all(isinstance(one, numbers) and not isinstance(one, bool) for one in values):
        return values
    if any(isinstance(one, int) and abs(one) > _MAX_EXACT for one in values):
        return values
    found = values.astype(np.float64)
    return values if np.isnan(found).all() else found


# ------------------------------------------------------------------ rows near a decision boundary

Labels = Callable[[Values], Any]
"""Predicts the labels of rows; raises what the model raises."""

BISECTIONS = 16
"""Steps of bisection: close to the boundary, but further than rounding differences reach."""

BISECTIONS_SINGLE = 8
"""The same for models that compute in single precision."""


def decision_rows(
    known: InputModel, labels: Labels, found: Values, n: int, bisections: int = BISECTIONS
) -> Optional[RowBlock]:
    """Rows on both sides of a decision boundary, found by bisection between rows.

    Args:
        known: the inferred input.
        labels: predicts the labels of rows.
        found: rows that the model accepts.
        n: about how many rows to make.
        bisections: number of bisection steps.

    Returns:
        None if no two rows with different labels are found.
    """
    numbers = {place for place, column in enumerate(found) if column.dtype.kind == "f"}
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
    places = sorted(numbers)
    near, far = (_matrix_of([side[at] for at in places]) for side in (low, high))
    for _ in range(bisections):
        middle = _to_single_precision(near + (far - near) / 2.0)
        same = labels(_with_numbers(low, places, middle)) == start
        near, far = np.where(same, middle, near), np.where(same, far, middle)
    sides = [_with_numbers(low, places, numbers) for numbers in (near, far)]
    return RowBlock(input_model.DECISION, _stacked(sides))


def _with_numbers(values: Values, places: List[int], numbers: Any) -> Values:
    """The columns with some replaced by numbers, which have a line for each of these columns."""
    made = list(values)
    for place, column in zip(places, numbers):
        made[place] = column
    return made


def _matrix_of(columns: Values) -> Any:
    """Columns as the lines of an array; fast also for tens of thousands of them."""
    return np.concatenate(columns).reshape(len(columns), -1)


def rows_with_other_labels(known: InputModel, labels: Labels) -> Values:
    """Rows with different labels, searched in wider and wider ranges; empty if none is found."""
    random = np.random.RandomState(2)
    for factor in (3.0, 10.0, 100.0, 1000.0):
        rows = typical_rows(known, random, 200, factor)
        try:
            if len(np.unique(labels(rows))) > 1:
                return rows
        except Exception:
            return []
    return []


def _pairs(labels: Any, random: Any, n: int) -> Tuple[Any, Any]:
    """Positions of n pairs of rows with different labels, alternating between the labels."""
    kinds = np.unique(labels)
    one, other = [], []
    for turn in range(n):
        same_label = np.flatnonzero(labels == kinds[turn % len(kinds)])
        other_label = np.flatnonzero(labels != kinds[turn % len(kinds)])
        one.append(same_label[random.randint(len(same_label))])
        other.append(other_label[random.randint(len(other_label))])
    return np.array(one), np.array(other)
