"""A package with versions of its own, in each of which something is done to saved models.

What it does is written here, so whatever is said of the cells can be held against it.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from pathlib import Path

from tests.wheels import write_wheel

VERSIONS = ("1.0.0", "1.1.0", "1.1.1", "1.2.0", "1.3.0", "1.3.1", "1.4.0", "1.5.0", "1.5.1")


@dataclass(frozen=True, kw_only=True, slots=True)
class Plant:
    """What is done to one class, and in which version."""

    pipeline: str
    since: str
    step: str
    """Where it shows, as an explanation writes the path of a step."""
    cause: str
    """The kind of change, as an explanation calls it."""
    names: tuple[str, ...]
    """What must be named as the cause."""
    value: str = ""
    """Of a parameter: the one that was set, or the default that is taken."""


def _shifter(version: tuple[int, ...]) -> str:
    """An attribute is renamed in 1.1.1, and needed: models from before raise when used."""
    name = "shift_" if version >= (1, 1, 1) else "offset_"
    return f"""
    class Shifter(BaseEstimator, TransformerMixin):
        def fit(self, X, y=None):
            self.{name} = np.asarray(X).min(axis=0)
            return self

        def transform(self, X):
            return np.asarray(X) - self.{name}
    """


def _scaler(version: tuple[int, ...]) -> str:
    """An attribute is renamed in 1.3.1, and done without: models from before change."""
    name = "factor_" if version >= (1, 3, 1) else "scale_"
    return f"""
    class QuietScaler(BaseEstimator, TransformerMixin):
        def fit(self, X, y=None):
            self.{name} = np.asarray(X).std(axis=0)
            return self

        def transform(self, X):
            factor = self.{name} if hasattr(self, "{name}") else 1.0
            return np.asarray(X) / factor
    """


def _cutter(version: tuple[int, ...]) -> str:
    """A parameter is no longer known in 1.2.0: what models from before say of it is ignored."""
    known = version < (1, 2, 0)
    parameters, body = ("low=0.5", "self.low = low") if known else ("", "pass")
    low = "self.low" if known else "0.5"
    return f"""
    class Cutter(BaseEstimator, ClassifierMixin):
        def __init__(self, {parameters}):
            {body}

        def fit(self, X, y):
            self.classes_ = np.unique(y)
            return self

        def predict(self, X):
            X = np.asarray(X)
            return self.classes_[(X[:, 0] > {low}).astype(int)]
    """


def _limiter(version: tuple[int, ...]) -> str:
    """A parameter comes in 1.4.0, with a default that is not what was done before."""
    known = version >= (1, 4, 0)
    parameters, body = ("top=1.0", "self.top = top") if known else ("", "pass")
    done = "np.minimum(X, self.top)" if known else "X"
    # A default on the class, as is done so that older models go on.
    fallback = "top = 1.0" if known else ""
    return f"""
    class Limiter(BaseEstimator, TransformerMixin):
        {fallback}

        def __init__(self, {parameters}):
            {body}

        def fit(self, X, y=None):
            self.n_columns_ = np.asarray(X).shape[1]
            return self

        def transform(self, X):
            X = np.asarray(X)
            return {done}
    """


def _mover(version: tuple[int, ...]) -> str:
    """Its module goes by another name in 1.5.0."""
    return """
    class Mover(BaseEstimator, TransformerMixin):
        def fit(self, X, y=None):
            self.done_ = True
            return self

        def transform(self, X):
            return np.asarray(X) * 2
    """


PLANTS = (
    Plant(
        pipeline="renamed",
        since="1.1.1",
        step="scale → shift → Shifter",
        cause="renamed-attribute",
        names=("shift_", "offset_"),
    ),
    Plant(
        pipeline="renamed_quietly",
        since="1.3.1",
        step="columns → quiet → QuietScaler",
        cause="renamed-attribute",
        names=("factor_", "scale_"),
    ),
    Plant(
        pipeline="ignored",
        since="1.2.0",
        step="cut → Cutter",
        cause="ignored-parameter",
        names=("low",),
        value="2.5",
    ),
    Plant(
        pipeline="defaulted",
        since="1.4.0",
        step="limit → Limiter",
        cause="new-parameter",
        names=("top",),
        value="1.0",
    ),
    Plant(
        pipeline="moved",
        since="1.5.0",
        step="move → Mover",
        cause="missing-module",
        names=("planted.old",),
    ),
)

PIPELINES = '''
import numpy as np
import planted
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import Ridge
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import StandardScaler

try:
    from planted.new import Mover
except ImportError:
    from planted.old import Mover

from compat_matrix import Data, pipeline

RNG = np.random.RandomState(0)
X = RNG.normal(2, 2, size=(120, 3))
Y = (X[:, 0] > 2.5).astype(int)


def data():
    return Data(X, Y, X)


@pipeline(data)
def renamed():
    """A shift inside a union."""
    union = FeatureUnion([("shift", planted.Shifter()), ("plain", StandardScaler())])
    return Pipeline([("scale", union), ("line", Ridge())])


@pipeline(data)
def renamed_quietly():
    """A scale in a branch of columns."""
    branches = [("quiet", planted.QuietScaler(), [0, 1]), ("plain", StandardScaler(), [2])]
    return Pipeline([("columns", ColumnTransformer(branches)), ("line", Ridge())])


@pipeline(data)
def ignored():
    """A classifier with a parameter of its own."""
    cutter = planted.Cutter(low=2.5) if "low" in planted.Cutter().get_params() else planted.Cutter()
    return Pipeline([("as_it_is", "passthrough"), ("cut", cutter)])


@pipeline(data)
def defaulted():
    """A transformer that comes to know a limit."""
    return Pipeline([("limit", planted.Limiter()), ("line", Ridge())])


@pipeline(data)
def moved():
    """A class in a module of another name."""
    return Pipeline([("move", Mover()), ("line", Ridge())])


@pipeline(data)
def sound():
    """Nothing is done to it."""
    return Pipeline([("scale", StandardScaler()), ("line", Ridge())])
'''


def write_wheels(folder: Path) -> None:
    """All versions, as wheels."""
    for version in VERSIONS:
        write_wheel(folder, "planted", version, _files(version))


def _files(version: str) -> dict[str, str]:
    number = tuple(map(int, version.split(".")))
    head = "import numpy as np\nfrom sklearn.base import *\n"
    home = "new" if number >= (1, 5, 0) else "old"
    kinds = (_shifter, _scaler, _cutter, _limiter)
    body = "".join(textwrap.dedent(kind(number)) for kind in kinds)
    return {
        "planted/__init__.py": f"__version__ = '{version}'\n{head}{body}",
        f"planted/{home}.py": head + textwrap.dedent(_mover(number)),
    }
