"""What a file of reference pipelines imports: ``pipeline`` and ``Data``.

It lives beside the worker and runs inside the target environment, on Python 3.6 and later, with
nothing but the standard library and numpy. A file of pipelines looks like this::

    from compat_matrix import Data, pipeline

    def churn():
        X, y = ...
        return Data(X, y)

    @pipeline(data=churn, tags=["linear"])
    def churn_model():
        "What a reader of the table should know of it, in one line."
        from sklearn.linear_model import LogisticRegression
        return LogisticRegression(C=0.5)

The function's name is the pipeline's id. It returns an estimator that is not fitted. Importing what
a release lacks, inside the function, makes the pipeline `unavailable` there and nothing else;
``since`` and ``until`` say it where no import would.
"""

import numpy as np

#: Pipelines by id, in the order of their files; the worker reads it after importing a file.
REGISTERED = {}


class Data(object):
    """What a pipeline is fitted on, and the rows its outputs are computed on.

    Args:
        X: array, sparse matrix, DataFrame or list of texts, n_samples of them.
        y: the targets, or None.
        rows: what outputs are computed on, of the same kind as X.
        truth: the true targets of the first ``len(truth)`` of these rows, for scores; or None.
    """

    def __init__(self, X, y=None, rows=None, truth=None):
        self.X = X
        self.y = y
        self.rows = X if rows is None else rows
        self.truth = truth


class Registered(object):
    """A pipeline as its decorator registered it."""

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
        tags: words to select it by, as a literal list.
        since, until: the first and the last scikit-learn line that has it, such as ``"1.3"``,
            both included, as literal strings.
        formats: a literal list of formats to save it in beside those the configuration chooses.
        methods: a literal list of the output methods to call, where the usual ones do not fit.
    """

    def register(build):
        REGISTERED[build.__name__] = Registered(build, data, tags, since, until, formats, methods)
        return build

    return register
