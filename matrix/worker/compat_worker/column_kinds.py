"""Try columns of which nothing is known as numbers, as texts and as dates.

A class of unknown code keeps what it learned in its own way, or nothing. What such a model does
with texts and with numbers shows it: it raises, or its output changes with the column or does not.
"""

import inspect
import itertools
from typing import Any, Callable, Dict, Iterator, List, Set

import numpy as np

from compat_worker import input_model, input_spec, output_changes, probe_rows
from compat_worker.input_model import Column, InputModel
from compat_worker.row_block import Values

MAX_COLUMNS = 40
"""Columns that are tried one by one, at most."""

MAX_COMBINED = 5
"""Columns of which each combination of kinds is tried, at most."""

MAX_TEXTS = 100
"""Texts of a model that are tried in a column, at most."""

_MAX_LENGTH = 60
_MAX_DEPTH = 4
_MAX_OBJECTS = 3000
_ROWS = 4
_VALUES = 12

MANY = 4
"""Outputs that show well enough that a column makes a difference."""

NUMBERS: List[str] = []
"""The texts of a column that holds none."""
PLAIN_TEXTS = ["a", "bb", "never seen"]
DATES = ["2021-03-14", "2021-11-02", "2022-07-30", "2023-01-08"]

Output = Callable[[Values], Any]
"""What the model returns for rows; raises what the model raises."""


Undecided = Dict[int, Column]
"""By position, the columns that may hold texts or numbers, as columns of numbers."""


def undecided(known: InputModel) -> Undecided:
    """The columns of which nothing is known for certain."""
    if known.form != "table":
        return {}
    return {
        place: column
        for place, column in enumerate(known.columns)
        if not (column.numeric or column.certain or column.categories or column.words is not None)
    }


def assignments(places: List[int]) -> Iterator[Set[int]]:
    """Sets of the columns that hold texts, the likeliest first; the empty set is left out."""
    every = set(places)
    yield every
    if len(places) > MAX_COLUMNS:
        return
    seen = [every, set()]
    sizes = range(1, len(places)) if len(places) <= MAX_COMBINED else (1, len(places) - 1)
    for size in sizes:
        for chosen in itertools.combinations(places, size):
            if set(chosen) not in seen:
                seen.append(set(chosen))
                yield set(chosen)


def hold(
    known: InputModel,
    columns: Undecided,
    place: int,
    texts: List[str],
    kind: str = input_model.TEXT,
) -> None:
    """Let a column hold texts; numbers for an empty list.

    Args:
        known: the inferred input, whose column is replaced.
        columns: as columns of numbers.
        place: of the column.
        texts: all that it may hold.
        kind: of the rows with one of these texts.
    """
    column = columns[place]
    column.counts = False
    if texts:
        column = Column(column.name)
        column.categories = list(texts)
        column.specials[kind] = [(text,) for text in texts]
    known.columns[place] = column


def settle(known: InputModel, columns: Undecided, output: Output, texts: List[str]) -> None:
    """Decide for columns, one by one, whether they hold numbers, texts or dates.

    A column gets the kind that makes the most difference to the output, and stays as it is where
    others make no more.

    Args:
        known: the inferred input; the model accepts typical rows of it. Its columns are changed.
        columns: those to decide.
        output: calls the model.
        texts: that the model holds.
    """
    for place in sorted(columns)[:MAX_COLUMNS]:
        present = list(known.columns[place].categories or ())
        kinds = [present, NUMBERS, texts + PLAIN_TEXTS, DATES]
        best, most = present, 0
        for at, kind in enumerate(kinds):
            if at and kind == present:
                continue
            hold(known, columns, place, kind)
            found = _difference(known, place, output)
            if found > most:
                best, most = kind, found
        hold(known, columns, place, best)
        if best == DATES:
            hold(known, columns, place, DATES, input_model.DATE)
        elif best:
            told = _telling(known, place, output, best)
            kind = input_model.CATEGORY if told else input_model.TEXT
            told = told + PLAIN_TEXTS[:1] if len(told) == 1 else told
            hold(known, columns, place, told or best, kind)
            known.columns[place].add_special(input_model.UNSEEN, PLAIN_TEXTS[-1])
    for place in columns:
        if known.columns[place].categories:
            known.forget_numbers(place)


def _difference(known: InputModel, place: int, output: Output) -> int:
    """How many outputs the values of a column make in one row, up to MANY; 0 if it raises."""
    random = np.random.RandomState(6)
    rows = probe_rows.typical_rows(known, random, _ROWS)
    wide = probe_rows.typical_rows(known, random, _VALUES, 1e3)[place]
    values = np.concatenate([probe_rows.typical_rows(known, random, _VALUES)[place], wide])
    try:
        found = []
        for row in range(_ROWS):
            repeated = [np.repeat(column[row : row + 1], len(values)) for column in rows]
            repeated[place] = values
            found.append(_n_different(output(repeated)))
    except Exception:
        return 0
    return min(max(found), MANY) if max(found) > 1 else 0


def _n_different(output: Any) -> int:
    table = np.asarray(output.toarray() if hasattr(output, "toarray") else output)
    if table.dtype.kind == "f":
        table = np.round(table, 9)
    return len({row.tobytes() if row.dtype.kind != "O" else str(row) for row in table})


def _telling(known: InputModel, place: int, output: Output, texts: List[str]) -> List[str]:
    """The texts that the model tells from a text that it does not know."""
    rows = probe_rows.typical_rows(known, np.random.RandomState(7), _ROWS)
    try:
        before = output(_with(rows, place, PLAIN_TEXTS[-1]))
        return [
            text
            for text in texts
            if text not in PLAIN_TEXTS
            and output_changes.differs(before, output(_with(rows, place, text)))
        ]
    except Exception:
        return []


def _with(rows: Values, place: int, text: str) -> Values:
    changed = list(rows)
    changed[place] = np.array([text] * len(rows[0]), dtype=object)
    return changed


# ------------------------------------------------------------------------- texts of a model


def texts_of(model: Any) -> List[str]:
    """Texts in the state and in the code of the parts of a model that are not scikit-learn's."""
    found: Dict[str, None] = {}
    seen: Set[int] = set()
    for part in input_spec.parts_of(model):
        if input_spec.is_sklearn(part):
            continue
        _add_texts(vars(part) if hasattr(part, "__dict__") else {}, found, seen, 0)
        _add_constants(part, found)
        if len(found) >= MAX_TEXTS:
            break
    return list(found)[:MAX_TEXTS]


def _add_texts(value: Any, found: Dict[str, None], seen: Set[int], depth: int) -> None:
    """Add the texts in a value, and in what it holds."""
    if isinstance(value, str):
        if value and len(value) <= _MAX_LENGTH and len(found) < MAX_TEXTS:
            found.setdefault(value)
        return
    if depth > _MAX_DEPTH or id(value) in seen or len(seen) > _MAX_OBJECTS:
        return
    seen.add(id(value))
    if isinstance(value, dict):
        # The names of attributes at the top are no values.
        inside = list(value.values()) if depth == 0 else [*value.keys(), *value.values()]
    elif hasattr(value, "index") and hasattr(value, "iloc"):
        inside = list(value.index[:MAX_TEXTS])
    elif isinstance(value, np.ndarray):
        inside = value.ravel()[:MAX_TEXTS].tolist() if value.dtype.kind in "OU" else []
    elif isinstance(value, (list, tuple, set, frozenset)):
        inside = list(itertools.islice(value, MAX_TEXTS))
    else:
        return
    for one in inside:
        _add_texts(one, found, seen, depth + 1)


def _add_constants(part: Any, found: Dict[str, None]) -> None:
    """Add the texts in the code of a function, or of the methods of an object that take rows."""
    methods = [part, *(getattr(type(part), name, None) for name in ("transform", "predict"))]
    unwrapped = map(inspect.unwrap, filter(inspect.isfunction, methods))
    codes = [one.__code__ for one in unwrapped]
    while codes:
        for one in codes.pop().co_consts:
            if inspect.iscode(one):
                codes.append(one)
            else:
                _add_texts(one, found, set(), 1)
