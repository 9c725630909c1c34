"""The module that pipeline files import: ``pipeline`` and ``Data``.

It runs inside the target environment on Python 3.6 or later and needs only the standard library and
numpy. A pipeline file looks like this::

    from compat_matrix import Data, pipeline

    def churn():
        X, y = ...
        return Data(X, y)

    @pipeline(data=churn, tags=["linear"])
    def churn_model():
        "One line that describes the pipeline in reports."
        from sklearn.linear_model import LogisticRegression
        return LogisticRegression(C=0.5)

The name of the function is the id of the pipeline. The function returns an unfitted estimator. If
an import inside the function fails, the pipeline is ``unavailable`` in that environment; ``since``
and ``until`` say so where no import fails.

Outputs are computed on ``Data.rows``. Random rows hide changes, so the default rows are some rows
of X and rows at which the output of a model is likely to change (:func:`probing_rows`).
:func:`held_out` sets rows with known targets aside. All functions use numpy's legacy random state,
comparisons and single elementwise operations, so the rows are equal bit for bit in every
environment.
"""

import numpy as np

#: Pipelines by id, in the order of their files; the worker reads it after importing a file.
REGISTERED = {}


class Data:
    """The training data of a pipeline, and the rows that its outputs are computed on.

    Args:
        X: array, sparse matrix or DataFrame of n_samples rows, or a list of documents.
        y: the targets, or None.
        rows: the rows for outputs, of the same type as X; made from X by default.
        truth: the true targets of the first ``len(truth)`` rows, for scores; or None.
    """

    def __init__(self, X, y=None, rows=None, truth=None):
        self.X = X
        self.y = y
        if rows is None:
            rows, some = default_rows(X, y)
            if truth is None and y is not None:
                truth = _take(y, some)
        self.rows = rows
        self.truth = truth


class Registered:
    """A pipeline with the arguments of its decorator; see :func:`pipeline`."""

    def __init__(self, build, data, tags, since, until, formats, methods):
        self.build = build
        self.data = data
        self.tags = tuple(tags)
        self.since = since
        self.until = until
        self.formats = None if formats is None else tuple(formats)
        self.methods = None if methods is None else tuple(methods)


def pipeline(data, tags=(), since=None, until=None, formats=None, methods=None):
    """Register the decorated function as a reference pipeline.

    Args:
        data: a function without arguments that returns :class:`Data`; called once per process.
        tags: words for selecting pipelines, as a literal list.
        since, until: the first and the last minor release of scikit-learn that supports the
            pipeline, such as ``"1.3"``, both included, as literal strings.
        formats: a literal list of further formats beside those of the configuration.
        methods: a literal list of the output methods to call, instead of all available ones.
    """

    def register(build):
        REGISTERED[build.__name__] = Registered(build, data, tags, since, until, formats, methods)
        return build

    return register


# ---------------------------------------------------------------------------------- making rows


def held_out(X, y, n=60, seed=0):
    """Set n rows aside.

    Returns:
        ``(X, y, rows, truth)``: data to fit on, then rows for outputs with their targets. The
        choice depends only on the number of rows and the seed.
    """
    order = np.random.RandomState(seed).permutation(_length(X))
    aside, kept = np.sort(order[:n]), np.sort(order[n:])
    return _take(X, kept), _take(y, kept), _take(X, aside), _take(y, aside)


def probing_rows(X, y=None, n=64, seed=0, negative=True, outliers=True):
    """Rows at which the output of a model of X and y is likely to change.

    Rows between rows of different classes (or of distant targets, if y is continuous), half of them
    exactly half-way; rows half-way between consecutive values of each feature, where trees put
    thresholds; rows of mixed values of X, where bins have their edges; rows of X; the smallest and
    the largest value of each feature; far outliers, zeros and negative values.

    Integers stay integers within their range, because they are likely to be codes.

    Args:
        X: a two-dimensional array of numbers; NaN is a missing value.
        y: the targets, or None.
        n: about how many rows; an eighth of each kind.
        seed: of the random state.
        negative: whether to make negative values for features that have none.
        outliers: whether to make rows outside the range of X.

    Returns:
        An array of the dtype of X.
    """
    X = np.asarray(X)
    whole = X.dtype.kind in "iub"
    values = X.astype(np.float64)
    random = np.random.RandomState(seed)
    each = max(2, n // 8)
    low, high = _lowest(values), -_lowest(-values)
    span = np.where(high > low, high - low, 1.0)

    made = []
    for near, share in ((True, 0.5), (True, 0.25), (False, 0.5)):
        first, second = _opposites(values, y, each, random, near, span)
        made.append(values[first] + share * (values[second] - values[first]))
    made.append(_between(values, each, random))
    mixed = np.empty((each, values.shape[1]))
    for column in range(values.shape[1]):
        mixed[:, column] = values[random.randint(len(values), size=each), column]
    made.append(mixed)
    made.append(values[random.randint(len(values), size=each)])
    made.append(np.array([low, high]))
    if outliers and not whole:
        far = values[random.randint(len(values), size=each)]
        step = 10.0 * span * random.randint(-3, 4, size=far.shape)
        made.append(far + step)
        made.append(np.zeros((1, values.shape[1])))
        made.append(-values[random.randint(len(values), size=max(1, each // 2))])
    rows = np.concatenate(made)
    if not negative:
        rows = np.where((rows < 0) & (low >= 0), -rows, rows)
    if whole:
        rows = np.floor(rows)
    return rows.astype(X.dtype)


def default_rows(X, y=None, n=60):
    """The default rows for outputs: n rows of X, then rows from :func:`probing_rows`.

    Returns:
        ``(rows, some)``: the rows, and the positions in X of the first ``len(some)`` rows.
    """
    length = _length(X)
    some = np.sort(np.random.RandomState(0).permutation(length)[:n])
    if hasattr(X, "iloc"):
        return _frame_rows(X, y, some), some
    if hasattr(X, "tocsr"):
        if X.shape[1] * length > 4000000:
            return _take(X, some), some
        dense = np.asarray(X.todense())
        made = probing_rows(dense, y, negative=False)
        return type(X)(np.concatenate([dense[some], made])), some
    array = np.asarray(X)
    if array.ndim != 2 or array.dtype.kind not in "iubf":
        return _take(X, some), some
    return np.concatenate([array[some], probing_rows(array, y)]), some


def _frame_rows(X, y, some):
    """Rows of a DataFrame: probing values for columns of numbers, values of X for the others."""
    numbers = [name for name in X.columns if getattr(X[name].dtype, "kind", "O") in "iuf"]
    made = X.iloc[np.random.RandomState(1).randint(len(X), size=64)]
    if numbers:
        probes = probing_rows(np.asarray(X[numbers], dtype=np.float64), y)
        made = X.iloc[np.random.RandomState(1).randint(len(X), size=len(probes))].copy()
        for position, name in enumerate(numbers):
            column = probes[:, position]
            if X[name].dtype.kind in "iu":
                column = np.clip(np.floor(column), X[name].min(), X[name].max())
            made[name] = column.astype(X[name].dtype)
    import pandas

    return pandas.concat([X.iloc[some], made], ignore_index=True)


def _opposites(values, y, n, random, near, span):
    """Positions of n pairs of rows whose targets differ; the nearest such pairs if ``near``."""
    first = random.randint(len(values), size=n)
    second = random.randint(len(values), size=n)
    target = None if y is None else np.asarray(y)
    if target is None or target.ndim != 1:
        return first, second
    for place, position in enumerate(first):
        if target.dtype.kind == "f":
            distance = np.abs(target - target[position])
            others = np.flatnonzero(distance >= np.sort(distance)[len(distance) // 2])
        else:
            others = np.flatnonzero(target != target[position])
        if not len(others):
            continue
        if near:
            # The largest difference of one feature; the last digit of a sum depends on the machine.
            apart = np.abs(values[others] - values[position]) / span
            second[place] = others[np.argmin(np.where(np.isnan(apart), 0.0, apart).max(axis=1))]
        else:
            second[place] = others[random.randint(len(others))]
    return first, second


def _between(values, n, random):
    """n rows half-way between consecutive values of each feature."""
    rows = np.empty((n, values.shape[1]))
    for column in range(values.shape[1]):
        present = values[:, column]
        known = np.unique(present[~np.isnan(present)])
        if len(known) < 2:
            rows[:, column] = known[0] if len(known) else np.nan
            continue
        at = random.randint(len(known) - 1, size=n)
        rows[:, column] = known[at] / 2.0 + known[at + 1] / 2.0
    return rows


def _lowest(values):
    """The smallest value of each feature; zero for features without a value."""
    lowest = np.where(np.isnan(values), np.inf, values).min(axis=0)
    return np.where(np.isinf(lowest), 0.0, lowest)


def _length(X):
    return X.shape[0] if hasattr(X, "shape") else len(X)


def _take(X, positions):
    if X is None:
        return None
    if hasattr(X, "iloc"):
        taken = X.iloc[positions]
        return taken.reset_index(drop=True)
    if hasattr(X, "shape"):
        return X[positions]
    return [X[position] for position in positions]
