"""PMML: convert a fitted model with sklearn2pmml, and run the file with jpmml-evaluator.

Both need Java. A file is run without scikit-learn, and has two methods at most: ``predict`` and
``predict_proba``.
"""

import contextlib
import importlib
import os
import shutil
import sys
import tempfile
from typing import Any, Callable, Iterator, List, Optional

import numpy as np

_JAVA_OPTIONS = (
    "-Xmx512m -XX:CompressedClassSpaceSize=64m -XX:ReservedCodeCacheSize=64m -XX:+UseSerialGC"
)
"""Keep Java within the limit on the address space of a worker."""


def missing(module: str, package: str) -> Callable[[], Optional[str]]:
    """A function that says why PMML is not available in this environment; None if it is.

    Args:
        module, package: what is needed beside Java.
    """

    def why() -> Optional[str]:
        if shutil.which("java") is None:
            return "there is no Java on this machine, which {} needs".format(package)
        os.environ.setdefault("JAVA_TOOL_OPTIONS", _JAVA_OPTIONS)
        try:
            importlib.import_module(module)
        except ImportError:
            return "{} is not installed in this environment: add it to the requirements".format(
                package
            )
        return None

    return why


def save(model: Any, path: str, rows: Any = None) -> None:
    """Convert a fitted model, with the defaults of sklearn2pmml.

    Args:
        model: a fitted model.
        path: of the file to write.
        rows: rows as the model takes them; None for as many numbers as it has features.

    Raises:
        RuntimeError: the converter refuses the model; the message ends with what it printed.
    """
    import sklearn2pmml

    inputs = _input_names(model.n_features_in_ if rows is None else rows)
    target = "y" if "y" not in inputs else "y_of_the_model"
    with tempfile.TemporaryFile() as printed:
        try:
            with _printing_to(printed):
                pipeline = sklearn2pmml.make_pmml_pipeline(model, inputs, [target])
                sklearn2pmml.sklearn2pmml(pipeline, path)
        except RuntimeError as error:
            printed.seek(0)
            lines = printed.read().decode("utf-8", "replace").splitlines()
            raise RuntimeError(" ".join([str(error)] + _reasons(lines)))


def _reasons(lines: List[str]) -> List[str]:
    """What Java printed of an exception: the last of the lines that name one."""
    told = [line.strip() for line in lines]
    return [line for line in told if line.startswith(("Exception", "Caused by", "java."))][-1:]


@contextlib.contextmanager
def _printing_to(file: Any) -> Iterator[None]:
    """Send what this process and its children print to a file."""
    sys.stdout.flush()
    sys.stderr.flush()
    before = os.dup(1), os.dup(2)
    try:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        for number, kept in zip((1, 2), before):
            os.dup2(kept, number)
            os.close(kept)


def load(path: str) -> "PmmlModel":
    """Open a file with jpmml-evaluator, which checks it."""
    import jpmml_evaluator

    os.environ.setdefault("JAVA_TOOL_OPTIONS", _JAVA_OPTIONS)
    return PmmlModel(jpmml_evaluator.make_evaluator(path).verify(), path)


class PmmlModel:
    """A model that jpmml-evaluator runs, with the methods of scikit-learn that it has.

    Args:
        evaluator: of the file.
        path: of the file.
    """

    def __init__(self, evaluator: Any, path: str) -> None:
        self._evaluator = evaluator
        self._path = path
        outputs = _names_of(evaluator.getOutputFields())
        self._targets = _names_of(evaluator.getTargetFields())
        self._predicted = self._targets or _prediction(outputs) or outputs[:1]
        self._classes = [name for name in outputs if name.startswith(_PROBABILITY)]
        if self._classes:
            self.predict_proba = self._probabilities

    def predict(self, rows: Any) -> Any:
        """The target, or the output of a model without one: a value for each row.

        Of several targets each has a column.
        """
        found = self._results(rows)
        columns = [np.array(found[name].tolist()) for name in self._predicted]
        columns = [one.astype(str) if one.dtype.kind == "O" else one for one in columns]
        return columns[0] if len(columns) == 1 else np.stack(columns, axis=1)

    def _probabilities(self, rows: Any) -> Any:
        """The outputs that are probabilities: a column for each class."""
        return np.asarray(self._results(rows)[self._classes], dtype=np.float64)

    def known_inputs(self) -> Any:
        """What the file shows of the rows that it takes, as an :class:`input_model.InputModel`."""
        from compat_worker import pmml_inputs

        return pmml_inputs.known_inputs(self._path)

    def _results(self, rows: Any) -> Any:
        import pandas

        if hasattr(rows, "columns"):
            table = rows.rename(columns=str)
        else:
            whole = rows.toarray() if hasattr(rows, "tocsr") else np.asarray(rows)
            whole = whole.reshape(len(whole), -1)
            table = pandas.DataFrame(whole, columns=_input_names(whole))
        return self._evaluator.evaluateAll(table.reset_index(drop=True))


_PROBABILITY = "probability("


def _names_of(fields: Any) -> List[str]:
    """The names of fields; a target may have none, as that of clusters."""
    return [
        str(name) for name in (field.getName() for field in fields) if name not in (None, "None")
    ]


def _prediction(outputs: List[str]) -> List[str]:
    """The output that a model without a target predicts; others say how sure it is."""
    named = [name for name in outputs if name.startswith("predict(")]
    return (named or [one for one in outputs if not one.startswith((_PROBABILITY, "affinity("))])[
        :1
    ]


def _input_names(rows: Any) -> List[str]:
    """The names of the inputs: of a table its columns, else by number from x1 on."""
    if hasattr(rows, "columns"):
        return [str(name) for name in rows.columns]
    if not isinstance(rows, (int, np.integer)):
        shape = rows.shape if hasattr(rows, "tocsr") else np.asarray(rows).shape
        rows = shape[1] if len(shape) == 2 else 1
    return ["x{}".format(number + 1) for number in range(rows)]
