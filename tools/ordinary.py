"""Save files such as users have: models beside or around other ordinary objects.

Run as ``python ordinary.py FOLDER [WAY]...`` in a target environment, Python 3.6 to the newest: it
writes one file per object and way, such as ``NAME.joblib``. ``everything.py`` has the ways. An
object that a release cannot make is skipped, with a line on standard error.
"""

import collections
import datetime
import decimal
import fractions
import functools
import operator
import pathlib
import re
import sys
import types
import uuid
import warnings

import numpy as np
import scipy.sparse as sp
import sklearn
from everything import DISTANCE_FUNCTIONS, KERNEL_FUNCTIONS, distributions, save
from sklearn.ensemble import (
    AdaBoostRegressor,
    BaggingClassifier,
    GradientBoostingRegressor,
    RandomForestClassifier,
    VotingClassifier,
)
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfVectorizer
from sklearn.feature_selection import SelectKBest, f_classif, mutual_info_classif
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import f1_score, fbeta_score, make_scorer, mean_squared_error, pairwise
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    PredefinedSplit,
    RandomizedSearchCV,
    StratifiedKFold,
)
from sklearn.neighbors import KernelDensity, KNeighborsClassifier, KNeighborsRegressor
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, LabelEncoder, MinMaxScaler, StandardScaler
from sklearn.svm import SVC, OneClassSVM

random = np.random.RandomState(0)
X = random.normal(size=(80, 6))
y = (X[:, 0] + X[:, 1] > 0).astype(int)
texts = ["The cat sat on the mat", "a dog and a cat", "hello world foo bar"] * 20
model = LogisticRegression().fit(X, y)

NUMPY = (
    "log1p exp expm1 sqrt abs absolute log log2 log10 sign square cbrt isnan isfinite nan_to_num "
    "asarray array ravel clip round around float32 float64 int64 atleast_1d atleast_2d reshape add "
    "subtract multiply divide power maximum minimum hypot expand_dims squeeze transpose vstack "
    "hstack column_stack concatenate where median mean max min amax amin std var sum prod cumsum "
    "cumprod diff argmax argmin argsort sort flip fliplr roll tile repeat percentile quantile "
    "nanmean nanmedian nanmax nanmin nanstd nansum dot ones_like zeros_like real imag angle "
    "logical_and logical_or logical_not greater less equal floor ceil rint trunc sin cos tanh "
    "arctan arctan2 deg2rad rad2deg sinc digitize floor_divide mod"
).split()
"""Functions of numpy that people put into a ``FunctionTransformer``."""


def fresh(**attributes):
    """A model with more attributes, as people keep beside what was fitted."""
    made = LogisticRegression().fit(X, y)
    for name, value in attributes.items():
        setattr(made, name, value)
    return made


def containers():
    """Models in containers of Python, with what else people keep there."""
    yield "dict-of-models", lambda: {"a": model, "b": Ridge().fit(X, y)}
    yield "dict-with-encoder", lambda: {"model": model, "le": LabelEncoder().fit(["a", "b"])}
    yield "tuple", lambda: (model, LabelEncoder().fit(["x", "y"]))
    yield "list", lambda: [StandardScaler().fit(X), model]
    yield "nested", lambda: {"folds": [{"model": model, "score": 0.9, "index": np.arange(5)}]}
    yield "encoder", lambda: LabelEncoder().fit(["a", "b", "c"])
    yield "array", lambda: np.arange(12.0).reshape(3, 4)
    yield "strings", lambda: ["a", "b"]
    yield "ordered", lambda: collections.OrderedDict(m=model)
    yield "defaultdict", lambda: collections.defaultdict(list, {"m": model})
    yield "counter", lambda: {"m": model, "c": collections.Counter("abc")}
    yield "deque", lambda: {"m": model, "last": collections.deque([1, 2], maxlen=5)}
    yield "namespace", lambda: types.SimpleNamespace(model=model, threshold=0.5)
    yield "bunch", lambda: sklearn.utils.Bunch(model=model, names=["a"])
    yield "report", lambda: {"m": model, "r": {"a": {"precision": 0.3, "support": np.int64(4)}}}
    yield "sets", lambda: {"m": model, "a": frozenset("ab"), "b": {1, 2}, "c": b"x", "e": 1j}
    yield "bytearray", lambda: {"m": model, "raw": bytearray(b"abc"), "r": range(3)}
    yield "types", lambda: {"m": model, "dtypes": {"a": int, "b": str, "c": float}}


def plain_data():
    """Values of the standard library beside a model, and as an attribute of one."""
    zone = None
    try:
        import zoneinfo  # novermin

        zone = zoneinfo.ZoneInfo("Europe/Berlin")
    except Exception:
        pass
    values = {
        "path": lambda: pathlib.Path("data/train.csv"),
        "pure-path": lambda: pathlib.PurePosixPath("/data"),
        "decimal": lambda: decimal.Decimal("1.20"),
        "fraction": lambda: fractions.Fraction(1, 3),
        "uuid": lambda: uuid.UUID(int=5),
        "datetime": lambda: datetime.datetime(2024, 5, 1, 12, 30),
        "datetime-utc": lambda: datetime.datetime(2024, 5, 1, tzinfo=datetime.timezone.utc),
        "datetime-offset": lambda: datetime.datetime(
            2024, 5, 1, tzinfo=datetime.timezone(datetime.timedelta(hours=2), "CEST")
        ),
        "date": lambda: datetime.date(2024, 5, 1),
        "time": lambda: datetime.time(12, 30),
        "timedelta": lambda: datetime.timedelta(days=1),
        "namespace": lambda: types.SimpleNamespace(a=1, b=[2]),
        "pattern": lambda: re.compile(r"^\w+$", re.IGNORECASE),
        "method": lambda: str.lower,
    }
    if zone is not None:
        values["zone"] = lambda: zone
        values["datetime-zone"] = lambda: datetime.datetime(2024, 5, 1, tzinfo=zone)
    for name, make in values.items():
        yield "beside-" + name, lambda: {"m": model, "x": make()}
        yield "attribute-" + name, lambda: fresh(trained=make())


def arrays():
    """Arrays and generators beside a model."""
    values = {
        "structured": lambda: np.zeros(3, dtype=[("a", "i4"), ("b", "O")]),
        "longdouble": lambda: np.ones(3, np.longdouble),
        "complex": lambda: np.ones(3, complex),
        "dates": lambda: np.array(["2020-01-01"], dtype="M8[D]"),
        "objects": lambda: np.array(["a", None, 1.5], dtype=object),
        "masked": lambda: np.ma.masked_array([1.0, 2.0], mask=[True, False]),
        "fortran": lambda: np.asfortranarray(np.ones((3, 3))),
        "empty": lambda: np.array([]),
        "record": lambda: np.rec.array([(1, 2.0)], dtype=[("a", int), ("b", float)]),
        "csr": lambda: sp.csr_matrix(np.eye(3)),
        "coo": lambda: sp.coo_matrix(np.eye(3)),
        "csr-array": lambda: sp.csr_array(np.eye(3)),
        "randomstate": lambda: np.random.RandomState(0),
        "generator": lambda: np.random.default_rng(0),
        "seed": lambda: np.random.SeedSequence(5),
        "scalar": lambda: np.float32(1.5),
        "dtype": lambda: np.dtype("f4"),
    }
    for name, make in values.items():
        yield "beside-" + name, lambda: {"m": model, "x": make()}


def frames():
    """Objects of pandas beside a model, and as an attribute of one."""
    import pandas as pd

    frame = pd.DataFrame(X, columns=list("abcdef"))
    mixed = frame.assign(
        g=pd.Categorical(["u", "v"] * 40),
        h=["x", None] * 40,
        i=range(80),
        j=pd.date_range("2024-01-01", periods=80),
        k=[True, False] * 40,
    )
    values = {
        "frame": lambda: frame,
        "mixed": lambda: mixed,
        "series": lambda: frame["a"],
        "series-text": lambda: mixed["h"],
        "series-categories": lambda: mixed["g"],
        "series-dates": lambda: mixed["j"],
        "series-zone": lambda: mixed["j"].dt.tz_localize("UTC"),
        "columns": lambda: frame.columns,
        "range-index": lambda: frame.index,
        "text-index": lambda: pd.Index(["a", "b"]),
        "float-index": lambda: pd.Index([1.5, 2.5]),
        "date-index": lambda: pd.date_range("2024-01-01", periods=4),
        "multi-index": lambda: pd.MultiIndex.from_tuples([("a", 1), ("b", 2)]),
        "category-index": lambda: pd.CategoricalIndex(["a", "b"]),
        "categorical": lambda: pd.Categorical(["a", "b"]),
        "categories": lambda: pd.CategoricalDtype(["a", "b"], ordered=True),
        "timestamp": lambda: pd.Timestamp("2024-05-01 12:00"),
        "timestamp-utc": lambda: pd.Timestamp("2024-05-01 12:00", tz="UTC"),
        "timedelta": lambda: pd.Timedelta("1 day"),
        "interval": lambda: pd.Interval(0.5, 1.5),
        "intervals": lambda: pd.cut(frame["a"], 3),
        "intervals-index": lambda: pd.interval_range(0, 4),
        "integers": lambda: pd.array([1, None, 3], dtype="Int64"),
        "floats": lambda: pd.array([1.5, None], dtype="Float64"),
        "booleans": lambda: pd.array([True, None], dtype="boolean"),
        "texts": lambda: pd.array(["a", None], dtype="string"),
        "dtypes": lambda: mixed.dtypes,
        "described": lambda: frame.describe(),
        "grouped": lambda: mixed.groupby("k")[["a", "b"]].mean(),
        "period": lambda: pd.Period("2024-05", freq="M"),
        "missing": lambda: [pd.NA, pd.NaT],
    }
    for name, make in values.items():
        yield "beside-" + name, lambda: {"m": model, "x": make()}
    yield "attribute-frame", lambda: fresh(train_=frame)
    yield "text-classes", lambda: LogisticRegression().fit(X, pd.Series(np.where(y, "a", "b")))
    yield (
        "fitted-on-frame",
        lambda: make_pipeline(StandardScaler(), LogisticRegression()).fit(frame, y),
    )

    def columns(*chosen):
        from sklearn.compose import ColumnTransformer

        parts = [(str(number), StandardScaler(), one) for number, one in enumerate(chosen)]
        return ColumnTransformer(parts, remainder=MinMaxScaler()).fit(frame)

    yield "columns-names", lambda: columns(["a", "b"], ["c"])
    yield "columns-index", lambda: columns(frame.columns[:2])
    yield "columns-slice", lambda: columns(slice("a", "c"))
    yield "columns-mask", lambda: columns(np.array([True] * 3 + [False] * 3))

    def selected(**how):
        from sklearn.compose import make_column_selector

        return make_pipeline(columns(make_column_selector(**how)), LogisticRegression()).fit(
            frame, y
        )

    yield "selector-pattern", lambda: selected(pattern="^[ab]")
    yield "selector-compiled", lambda: selected(pattern=re.compile("^[ab]"))
    yield "selector-dtype", lambda: selected(dtype_include=np.number)
    yield "selector-category", lambda: selected(dtype_exclude="category")
    yield "output-pandas", lambda: StandardScaler().set_output(transform="pandas").fit(frame)


def functions():
    """Functions that a model refers to."""
    for name in NUMPY:
        if hasattr(np, name):
            function = getattr(np, name)
            yield "numpy-" + name, lambda: make_pipeline(FunctionTransformer(function), Ridge())
    yield (
        "partial-clip",
        lambda: make_pipeline(
            FunctionTransformer(functools.partial(np.clip, a_min=0, a_max=1)), Ridge()
        ).fit(X, y),
    )
    yield (
        "partial-round",
        lambda: FunctionTransformer(functools.partial(np.round, decimals=2)).fit(X),
    )
    yield (
        "partial-mutual-information",
        lambda: SelectKBest(functools.partial(mutual_info_classif, random_state=0), k=2).fit(X, y),
    )
    yield "select-f", lambda: make_pipeline(SelectKBest(f_classif, k=2), model).fit(X, y)
    yield "kw-args", lambda: FunctionTransformer(np.clip, kw_args={"a_min": 0, "a_max": 1})

    def target():
        from sklearn.compose import TransformedTargetRegressor

        return TransformedTargetRegressor(Ridge(), func=np.log1p, inverse_func=np.expm1)

    yield "target", lambda: target().fit(X, y + 1.0)
    for name in KERNEL_FUNCTIONS:
        if hasattr(pairwise, name):
            kernel = getattr(pairwise, name)
            yield "kernel-" + name, lambda: SVC(kernel=kernel).fit(np.abs(X), y)
    for name in DISTANCE_FUNCTIONS:
        if hasattr(pairwise, name):
            metric = getattr(pairwise, name)
            yield "metric-" + name, lambda: KNeighborsClassifier(metric=metric)
    yield "tokenizer-split", lambda: TfidfVectorizer(tokenizer=str.split).fit(texts)
    yield "analyzer-split", lambda: CountVectorizer(analyzer=str.split).fit(texts)
    yield "preprocessor-lower", lambda: CountVectorizer(preprocessor=str.lower).fit(texts)
    yield "preprocessor-strip", lambda: CountVectorizer(preprocessor=str.strip).fit(texts)
    yield "tokenizer-findall", lambda: CountVectorizer(tokenizer=re.compile(r"\w+").findall)
    yield "item", lambda: make_pipeline(FunctionTransformer(operator.itemgetter("a")), Ridge())
    yield "stop-words", lambda: TfidfVectorizer(stop_words="english").fit(texts)
    yield "dtype", lambda: CountVectorizer(dtype=np.float32).fit(texts)
    yield "hashing", lambda: make_pipeline(HashingVectorizer(n_features=64), Ridge())


def searches():
    """Searches with scorers, splitters and distributions."""
    grid = {"C": [0.5, 1.0]}

    def search(**how):
        return GridSearchCV(LogisticRegression(), grid, **dict({"cv": 2}, **how)).fit(X, y)

    yield "grid", search
    yield "grid-logspace", lambda: GridSearchCV(model, {"C": np.logspace(-1, 1, 3)}, cv=2).fit(X, y)
    yield "scorer-f1", lambda: search(scoring=make_scorer(f1_score, average="macro"))
    yield "scorer-fbeta", lambda: search(scoring=make_scorer(fbeta_score, beta=2))
    yield "scorer-name", lambda: search(scoring="neg_log_loss")
    yield (
        "scorer-error",
        lambda: GridSearchCV(
            Ridge(), {"alpha": [1]}, scoring=make_scorer(mean_squared_error), cv=2
        ).fit(X, y),
    )
    yield (
        "scorers",
        lambda: search(scoring={"a": "accuracy", "f": make_scorer(f1_score)}, refit="a"),
    )
    yield "split-list", lambda: search(cv=list(KFold(2).split(X)))
    yield "split-predefined", lambda: search(cv=PredefinedSplit(np.arange(80) % 2))
    yield "split-shuffled", lambda: search(cv=StratifiedKFold(2, shuffle=True, random_state=0))
    for number, distribution in enumerate(distributions()):
        yield (
            "draws-{}".format(number),
            lambda: RandomizedSearchCV(
                LogisticRegression(), {"C": distribution}, n_iter=2, cv=2, random_state=0
            ).fit(X, y),
        )


def models():
    """Models with parameters that people choose."""
    yield (
        "forest",
        lambda: RandomForestClassifier(5, random_state=np.random.RandomState(0)).fit(X, y),
    )
    yield (
        "mlp",
        lambda: MLPClassifier((3,), max_iter=5, random_state=np.random.RandomState(1)).fit(X, y),
    )
    yield "boosting-init", lambda: GradientBoostingRegressor(init=Ridge(), n_estimators=3).fit(X, y)
    yield "voting", lambda: VotingClassifier([("a", model), ("b", SVC())]).fit(X, y)
    yield "bagging", lambda: BaggingClassifier(LogisticRegression(), 3).fit(X, y)
    yield "ada", lambda: AdaBoostRegressor(n_estimators=3).fit(X, y)
    yield "outliers", lambda: OneClassSVM().fit(X)
    for p in (1, 3):
        yield "neighbors-{}".format(p), lambda: KNeighborsRegressor(p=p).fit(X, y)
    yield (
        "neighbors-mahalanobis",
        lambda: KNeighborsClassifier(metric="mahalanobis", metric_params={"VI": np.eye(6)}).fit(
            X, y
        ),
    )
    yield "density", lambda: KernelDensity(metric="manhattan").fit(X)
    yield "memory", lambda: Pipeline([("s", StandardScaler()), ("m", model)], memory=None).fit(X, y)

    def calibrated():
        from sklearn.calibration import CalibratedClassifierCV

        return CalibratedClassifierCV(SVC(), cv=2).fit(X, y)

    yield "calibrated", calibrated

    def cached():
        import joblib

        return Pipeline([("s", StandardScaler())], memory=joblib.Memory("cache", verbose=0))

    yield "cache", cached

    def boosted():
        import pandas as pd
        from sklearn.ensemble import HistGradientBoostingClassifier

        table = pd.DataFrame({"a": X[:, 0], "c": pd.Categorical(["u", "v"] * 40)})
        return HistGradientBoostingClassifier(
            max_iter=5, categorical_features="from_dtype", min_samples_leaf=2
        ).fit(table, y)

    yield "categories-by-dtype", boosted

    def spline():
        from scipy.interpolate import CubicSpline

        return {"m": model, "calibration": CubicSpline([1, 2, 3], [3, 4, 5])}

    yield "spline", spline


GROUPS = (containers, plain_data, arrays, frames, functions, searches, models)


def ordinary():
    """Pairs of a name and an object; those that this release cannot make are left out."""
    for group in GROUPS:
        try:
            for name, make in group():
                try:
                    yield "{}-{}".format(group.__name__.rstrip("s"), name), make()
                except Exception as error:
                    sys.stderr.write("{}: {}\n".format(name, error))
        except ImportError as error:  # no pandas
            sys.stderr.write("{}: {}\n".format(group.__name__, error))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    save(sys.argv[1], sys.argv[2:] or ["joblib", "pickle-4"], ordinary())
