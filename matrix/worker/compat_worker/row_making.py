"""Make rows for a fitted model, without those that its methods do not accept."""

import contextlib
import re
import warnings
from collections import OrderedDict
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple

import numpy as np

from compat_worker import (
    column_kinds,
    coverage_rows,
    feature_inference,
    input_model,
    input_spec,
    named_columns,
    output_changes,
    output_methods,
    own_data,
    probe_rows,
    row_shapes,
    sparse_neighbors,
    table_source,
)
from compat_worker.input_model import Column, InputModel
from compat_worker.observe import failure
from compat_worker.probe_rows import RowBlock, Values
from compat_worker.table_source import Source
from compat_worker.user_error import NO_METHOD_WORDS, NOT_FITTED_WORDS, UserError

MAX_GUESSED_WIDTH = 33
"""Numbers of features below this are tried if the number of features is unknown."""

MAX_GAP_CALLS = 200
"""Calls that find out which columns accept missing values, at most."""

MAX_GAP_COLUMNS = 30000
"""Columns of the tables of all these calls, at most: a table of a thousand costs half a second."""

MAX_OUTPUT_VALUES = 6000000
"""Numbers that a method returns for all rows, at most; there are fewer rows then."""

MAX_GUESSES = 8
"""Guesses of which each combination of numbers and texts is tried, at most."""

MAX_NUMBERED = 4096
"""The number of features that numbered names point to, at most."""


class MadeRows(NamedTuple):
    """Rows with the number of each kind."""

    rows: Any
    kinds: Dict[str, int]
    """Number of rows by kind, in row order."""
    dropped: Dict[str, Dict[str, Any]]
    """By kind, the number of ``rows`` that the model did not accept, and what one ``raised``."""
    n: int
    source: Optional[Source] = None
    """What a table was made of; None for its own values."""
    fewer: Optional[Dict[str, Any]] = None
    """Why there are fewer rows than for other models: at most so many ``rows`` of each kind were
    made, because of the ``count`` of ``features`` or ``outputs`` (``of``); None otherwise."""


def make_rows(model: Any, n: int, most: int = 2000, seed: int = 0) -> MadeRows:
    """Make rows that a model accepts: about n, and as many more as it takes to cover the model.

    Args:
        model: a fitted estimator.
        n: about how many rows to make of what is known of each column.
        most: rows of each kind that covers the model, at most; 0 makes none.
        seed: of the random state; the same seed gives the same rows again. Only the rows of seed 0
            are accepted by every method, and not by one alone.

    Raises:
        UserError: no such rows could be made.
    """
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        trial = _trial(model)
        trial.drop_missing_values()
        largest = trial.most_rows()
        blocks = probe_rows.make_blocks(trial.known, min(n, largest), seed)
        if most:
            blocks += coverage_rows.covering_blocks(trial.known, min(most, largest), seed)
        made = trial.accepted(trial.method, blocks)
        made += trial.accepted(trial.method, _varied_rows(trial, made, seed))
        more = _decision_rows(trial, probe_rows.concatenated(made), n // 5)
        made = made + trial.accepted(trial.method, [more]) if more is not None else made
        for name in trial.other_methods() if seed == 0 else ():
            made = trial.accepted(name, made)
        made = _merged(made)
        kinds = OrderedDict((block.kind, len(block)) for block in made)
        values = probe_rows.concatenated(made)
        plain = row_shapes.plain_values(trial.shape, trial.known, values)
        rows = trial.shaped(values)
        near = trial.accepted_as_a_whole(sparse_neighbors.between(model, min(most, largest), seed))
        if near is not None:
            from scipy import sparse

            rows = sparse.vstack([rows, near], format="csr")
            kinds[input_model.BETWEEN_SPARSE] = near.shape[0]
        return MadeRows(
            rows,
            kinds,
            trial.dropped,
            sum(kinds.values()),
            table_source.of_values(plain),
            trial.fewer(n),
        )


def _merged(blocks: List[RowBlock]) -> List[RowBlock]:
    """The blocks with all rows of one kind in one block."""
    kinds: Dict[str, List[RowBlock]] = OrderedDict()
    for block in blocks:
        kinds.setdefault(block.kind, []).append(block)
    return [RowBlock(kind, probe_rows.concatenated(own)) for kind, own in kinds.items()]


def _varied_rows(trial: "_Trial", made: List[RowBlock], seed: int) -> List[RowBlock]:
    """Rows from a wider range, if the output is the same for all rows made so far."""
    if trial.known.form != "table":
        return []
    values = probe_rows.concatenated(made)
    if not output_changes.is_constant(trial.call(trial.method, values)):
        return []
    random = np.random.RandomState(seed + 200)
    for factor in (10.0, 100.0, 1e3, 1e4, 1e6):
        wider = probe_rows.typical_rows(trial.known, random, 100, factor)
        try:
            if not output_changes.is_constant(trial.call(trial.method, wider)):
                return [RowBlock(input_model.WIDER, wider)]
        except Exception:
            return []
    return []


class _Trial:
    """Calls a model with rows in one shape to find which it accepts."""

    def __init__(self, model: Any, known: InputModel, shape: str, method: str) -> None:
        self.model = model
        self.known = known
        self.shape = shape
        self.method = method
        self.dropped: Dict[str, Dict[str, Any]] = OrderedDict()
        self._others: Optional[List[str]] = None
        self._widest = 1
        """The most numbers that a method returns for one row."""

    def shaped(self, values: Values) -> Any:
        return row_shapes.in_shape(self.shape, self.known, values)

    def call(self, name: str, values: Values) -> Any:
        return output_methods.call(self.model, name, self.shaped(values))

    def raised(self, name: str, values: Values) -> Optional[Exception]:
        try:
            self.call(name, values)
        except Exception as error:
            return error
        return None

    def drop_missing_values(self) -> None:
        """Remove missing values from the columns in which the model does not accept them.

        All columns are tried at once first. If the model does not accept that, many columns of a
        wide model are tried at once: each call costs as much as all columns.
        """
        gaps = [
            (place, group)
            for place, column in enumerate(self.known.columns)
            for group in column.specials.pop(input_model.MISSING, [])
        ]
        if not gaps:
            return
        plain = probe_rows.typical_rows(self.known, np.random.RandomState(4), 4)
        calls = max(2, min(MAX_GAP_CALLS, MAX_GAP_COLUMNS // len(plain)))
        share = -(-len(gaps) // calls)
        parts = [gaps]
        if not self._accepts(plain, gaps):
            parts = [gaps[start : start + share] for start in range(0, len(gaps), share)]
            parts = [part for part in parts if self._accepts(plain, part)]
        for place, group in (gap for part in parts for gap in part):
            self.known.columns[place].specials.setdefault(input_model.MISSING, []).append(group)

    def _accepts(self, plain: Values, gaps: List[Tuple[int, List[Any]]]) -> bool:
        """Whether the model accepts missing values in columns of the first of some typical rows.

        Args:
            plain: the rows.
            gaps: places of columns, each with the missing values for it; the first one is tried.
        """
        rows = list(plain)
        for place, group in gaps:
            rows[place] = probe_rows.with_value(rows[place].copy(), 0, group[0])
        return self.raised(self.method, rows) is None

    def accepted_as_a_whole(self, rows: Any) -> Any:
        """Sparse rows if every method accepts them; None for others, and if there are none."""
        if rows is None or self.shape != "sparse":
            return None
        try:
            for name in [self.method, *self.other_methods()]:
                output_methods.call(self.model, name, rows)
        except Exception:
            return None
        return rows

    def telling_output(self) -> Callable[[Values], Any]:
        """What a method returns for values: the one that tells rows apart best, by its name."""
        plain = probe_rows.typical_rows(self.known, np.random.RandomState(3), 4)
        names = ["predict_proba", "decision_function", self.method]
        has = [name for name in names if hasattr(self.model, name) or name == self.method]
        chosen = next((name for name in has if self.raised(name, plain) is None), self.method)
        return lambda values: self.call(chosen, values)

    def most_rows(self) -> int:
        """The number of rows for which no method returns more numbers than MAX_OUTPUT_VALUES."""
        plain = probe_rows.typical_rows(self.known, np.random.RandomState(3), 4)
        for name in [self.method, *self.other_methods()]:
            with contextlib.suppress(Exception):
                width = _n_numbers(self.call(name, plain)) // len(plain[0])
                self._widest = max(self._widest, width)
        return max(10, MAX_OUTPUT_VALUES // self._widest)

    def fewer(self, n: int) -> Optional[Dict[str, Any]]:
        """Why not n rows were made, as :attr:`MadeRows.fewer` has it; None if they were."""
        features = len(self.known.columns)
        found = {
            "features": (probe_rows.MAX_VALUES, features),
            "outputs": (MAX_OUTPUT_VALUES, self._widest),
        }
        of = min(found, key=lambda name: found[name][0] // found[name][1])
        most, count = found[of]
        if most // count >= n:
            return None
        if of == "features" and self.known.width is not None:
            return {"rows": max(10, most // count), "of": of, "count": self.known.width}
        return {"rows": max(10, most // count), "of": of, "count": count}

    def other_methods(self) -> List[str]:
        """The methods other than :attr:`method` that accept typical rows."""
        if self._others is None:
            plain = probe_rows.typical_rows(self.known, np.random.RandomState(3), 4)
            names = [name for name in output_methods.taking_rows(self.model) if name != self.method]
            self._others = [name for name in names if self.raised(name, plain) is None]
        return self._others

    def accepted(self, name: str, blocks: List[RowBlock]) -> List[RowBlock]:
        """The blocks without the rows that a method rejects; unchanged if it rejects most."""
        if self.raised(name, probe_rows.concatenated(blocks)) is None:
            return blocks
        accepted = [self._accepted_mask(name, block.values) for block in blocks]
        if 2 * sum(map(sum, accepted)) < sum(map(len, accepted)):
            return blocks
        for block, chosen in zip(blocks, accepted):
            if not chosen.all():
                self._record_dropped(name, block, ~chosen)
        kept = (RowBlock(b.kind, _select(b.values, chosen)) for b, chosen in zip(blocks, accepted))
        return [block for block in kept if len(block)]

    def _accepted_mask(self, name: str, values: Values) -> Any:
        """Mask of the rows that a method accepts, found by bisection."""
        length = len(values[0])
        if length == 0 or self.raised(name, values) is None:
            return np.ones(length, dtype=bool)
        if length == 1:
            return np.zeros(1, dtype=bool)
        half = np.arange(length) < length // 2
        parts = [self._accepted_mask(name, _select(values, chosen)) for chosen in (half, ~half)]
        return np.concatenate(parts)

    def _record_dropped(self, name: str, block: RowBlock, chosen: Any) -> None:
        values = _select(block.values, chosen)
        error = self.raised(name, _select(values, np.arange(len(values[0])) == 0))
        entry = self.dropped.setdefault(block.kind, {"rows": 0, "raised": None})
        entry["rows"] += int(chosen.sum())
        if error is not None:
            entry["raised"] = failure(error)


def _trial(model: Any) -> _Trial:
    """Find the shape of rows, and the method, with which the model accepts typical rows.

    Raises:
        UserError: there is none.
    """
    names = output_methods.taking_rows(model)
    known = feature_inference.infer(model)
    guesses = [known] if known is not None else _guesses(model)
    undecided = [column_kinds.undecided(guess) for guess in guesses]
    last: Optional[Exception] = None
    for guess, columns in zip(guesses, undecided):
        trial, error = _trial_of(model, guess, names)
        if trial is None:
            last = last or error
        elif guess.form == "table" or not _is_constant(trial):
            return _settled(trial, columns)
        else:
            # A step outside scikit-learn may have made texts or dicts of a table.
            return _table_trial(model, guess, names) or trial
    found = _trial_with_texts(model, list(zip(guesses, undecided)), names)
    if found is None:
        raise UserError(_no_rows_message(model, names, last))
    return found


def _trial_with_texts(
    model: Any, guesses: List[Tuple[InputModel, column_kinds.Undecided]], names: List[str]
) -> Optional[_Trial]:
    """The trial with texts in some columns, or with columns that the model takes by name.

    Args:
        model: a fitted estimator that accepts numbers in no guess.
        guesses: what it may take, with the columns of which nothing is known.
        names: its methods.
    """
    if not names or input_spec.is_all_sklearn(model):
        return None
    texts = column_kinds.texts_of(model) + column_kinds.PLAIN_TEXTS
    named = named_columns.taken_by_name(lambda rows: output_methods.call(model, names[0], rows))
    if named is not None:
        columns = column_kinds.undecided(named)
        trial, _ = _trial_of(model, named, names)
        if trial is not None:
            return _settled(trial, columns)
        guesses = [(named, columns), *guesses]
    for guess, columns in guesses:
        kinds = list(column_kinds.assignments(sorted(columns))) if columns else []
        for chosen in kinds if len(guesses) <= MAX_GUESSES else kinds[:1]:
            for place in columns:
                column_kinds.hold(guess, columns, place, texts if place in chosen else [])
            trial, _ = _trial_of(model, guess, names)
            if trial is not None:
                return _settled(trial, columns)
    return None


def _settled(trial: _Trial, columns: column_kinds.Undecided) -> _Trial:
    """The trial with numbers, texts or dates in columns of which nothing is known."""
    known = trial.known
    if columns and known.form == "table" and not input_spec.is_all_sklearn(trial.model):
        texts = column_kinds.texts_of(trial.model)
        column_kinds.settle(known, columns, trial.telling_output(), texts)
        feature_inference.add_missing_texts(known)
    return trial


def _trial_of(
    model: Any, guess: InputModel, names: List[str]
) -> Tuple[Optional[_Trial], Optional[Exception]]:
    """The trial of a guess if some method accepts typical rows; else None and an exception."""
    last: Optional[Exception] = None
    for counts in (False, True):
        for column in guess.columns:
            column.counts = column.counts or counts
        plain = probe_rows.make_blocks(guess, 20)[0].values
        for rows in (plain, _select(plain, np.arange(len(plain[0])) == 0)):
            for name in names:
                for shape in row_shapes.candidate_shapes(guess):
                    trial = _Trial(model, guess, shape, name)
                    error = trial.raised(name, rows)
                    if error is None:
                        return trial, None
                    last = last or error
    return None, last


def _is_constant(trial: _Trial) -> bool:
    """Whether the output is the same for all typical rows."""
    values = probe_rows.concatenated(probe_rows.make_blocks(trial.known, 20))
    try:
        return output_changes.is_constant(trial.call(trial.method, values))
    except Exception:
        return False


def _table_trial(model: Any, known: InputModel, names: List[str]) -> Optional[_Trial]:
    """The table with which most of the output varies; None if there is none.

    Widths up to MAX_GUESSED_WIDTH are tried, and the one that numbered names such as ``pixel63``
    point to.
    """
    numbers = [re.search(r"(\d+)$", str(word)) for word in known.columns[0].words or ()]
    highest = max([int(one.group(1)) + 1 for one in numbers if one is not None] or [0])
    widths = [*range(1, MAX_GUESSED_WIDTH), *([highest] if highest <= MAX_NUMBERED else [])]
    best: Optional[_Trial] = None
    most = 0
    for width in widths:
        trial, _ = _trial_of(model, _guess(width), names) if width else (None, None)
        found = 0 if trial is None else _n_varying(trial)
        if found > most:
            best, most = trial, found
    return best


def _n_varying(trial: _Trial) -> int:
    """Number of output columns that differ between typical rows."""
    values = probe_rows.concatenated(probe_rows.make_blocks(trial.known, 20))
    try:
        output = trial.call(trial.method, values)
        table = np.asarray(output.toarray() if hasattr(output, "toarray") else output)
        return int((table != table[:1]).any(axis=0).sum())
    except Exception:
        return 0


def _guesses(model: Any) -> List[InputModel]:
    """What a model of an unknown class may take: the rows of an estimator in it, else any width.

    Such a model often gives its rows to the first estimator in it, as they are.
    """
    inside = [feature_inference.infer(one) for one in input_spec.held_estimators(model)]
    return [one for one in inside if one is not None] + [
        _guess(width) for width in range(1, MAX_GUESSED_WIDTH)
    ]


def _guess(width: int) -> InputModel:
    return InputModel([Column() for _ in range(width)], "table", False)


def _no_rows_message(model: Any, names: List[str], error: Optional[Exception]) -> str:
    kind = type(model).__name__
    if not names:
        return "{} {} (predict, transform …), so it has no outputs".format(kind, NO_METHOD_WORDS)
    if _is_unfitted(model, error):
        raised = "" if error is None else type(error).__name__
        return "this {} {}: {} raises {}".format(kind, NOT_FITTED_WORDS, names[0], raised)
    without = own_data.missing(error)
    if without:
        return without
    raised = "" if error is None else " (it raised {}: {})".format(type(error).__name__, error)
    return "no rows could be made that {} of this {} accepts{}; give rows with --data FILE".format(
        names[0], kind, raised[:300]
    )


def _is_unfitted(model: Any, error: Optional[Exception]) -> bool:
    """Whether no rows can be accepted because the model was saved before it was fitted."""
    if error is None or type(error).__name__ == "NotFittedError":
        return error is not None
    last = model.steps[-1][1] if hasattr(model, "steps") else model
    if not type(last).__module__.startswith("sklearn.") or not hasattr(last, "predict"):
        return False  # others keep what they learn under any name, or learn nothing
    try:  # a step before it may have raised something else
        from sklearn.utils.validation import check_is_fitted

        check_is_fitted(last)
    except Exception as unfitted:
        return type(unfitted).__name__ == "NotFittedError"
    return False


def _decision_rows(trial: _Trial, values: Values, n: int) -> Optional[RowBlock]:
    """Rows next to a decision boundary, if the model predicts labels; else None."""
    if trial.known.form != "table":
        return None

    def labels(rows: Values) -> Any:
        return np.asarray(trial.call("predict", rows))

    try:
        found = labels(values)
        if found.ndim != 1 or found.dtype.kind == "f":
            return None
        single = trial.shape == "single" or hasattr(trial.model, "known_inputs")
        bisections = probe_rows.BISECTIONS_SINGLE if single else probe_rows.BISECTIONS
        return probe_rows.decision_rows(trial.known, labels, values, n, bisections)
    except Exception:  # it rejects rows between accepted ones, or has no predict
        return None


def _n_numbers(output: Any) -> int:
    """The number of entries of an output; of a sparse matrix, those that it stores."""
    if isinstance(output, (list, tuple)):
        return sum(map(_n_numbers, output))
    if hasattr(output, "nnz"):
        return int(output.nnz)
    return int(np.size(output))


def _select(values: Values, chosen: Any) -> Values:
    return [column[chosen] for column in values]
