"""Fit and save models of packages beside scikit-learn, to find the names in their pickles.

Run as ``python framework_models.py save FOLDER PACKAGE...`` in a target environment, Python 3.6 to
the newest: it writes one file per model and format. ``python framework_models.py paths PACKAGE...``
reads a JSON list of names of classes and writes all such classes of the packages as a JSON list of
``[module, name, hooks]``, where the hooks are the special methods of its own that run while a file
is loaded, such as ``__setstate__``.
"""

import importlib
import inspect
import itertools
import json
import pkgutil
import sys
import warnings

import everything
import numpy as np

PARTS_WITHOUT_MODELS = set(
    "tests test testing _testing dask spark tracker datasets dataset data benchmarks conftest plots plot plotting "
    "plotter visualization examples example externals keras tensorflow mlflow_sktime deep_learning "
    "stata formula sandbox tools scripts _data_ops file_io utils_tests visual dash ext "
    "all_tests estimator_checks estimator_checks_module parametric_umap".split()
)
"""Parts of packages whose classes are not in saved models, or must not be imported."""

HOOKS = (
    "__setstate__ __new__ __del__ __setattr__ __getattr__ __getattribute__ __hash__ __eq__ "
    "__init_subclass__ __setitem__ append extend add"
).split()
"""Methods that may run while a file is loaded without a call of the class."""

PLAIN = ("builtins", "abc", "sklearn", "collections", "typing", "enum")
"""Packages whose classes are reviewed elsewhere."""

FIXED = {
    "n_estimators": 3,
    "iterations": 3,
    "epochs": 2,
    "n_epochs": 5,
    "max_rounds": 3,
    "outer_bags": 2,
    "max_iter": 5,
    "n_init": 1,
    "n_jobs": 1,
    "verbose": 0,
    "allow_writing_files": False,
    "n_components": 2,
    "n_neighbors": 5,
    "min_cluster_size": 4,
    "k_features": 2,
    "n_shapelets_per_size": {3: 2},
}
"""Values that keep fitting fast and quiet."""


def modules(package):
    """The modules of a package that can be imported and may have classes of models."""
    try:
        top = importlib.import_module(package)
    except Exception as error:
        sys.stderr.write("{} is not imported: {!r}\n".format(package, error))
        return
    yield top
    found = pkgutil.walk_packages(top.__path__, package + ".", onerror=lambda _: None)
    for _, name, _ in found if hasattr(top, "__path__") else ():
        parts = name.split(".")[1:]
        if set(parts) & PARTS_WITHOUT_MODELS or any(part.startswith("test_") for part in parts):
            continue
        try:
            yield importlib.import_module(name)
        except BaseException:  # needs packages that are not installed
            continue


def classes(package):
    """All classes that a package defines, by module and name."""
    found = {}
    for module in modules(package):
        for one in list(vars(module).values()):
            if isinstance(one, type) and one.__module__.split(".")[0] == package:
                found[one.__module__, one.__qualname__] = one
    return found


def estimators(package):
    """The classes of a package that can be fitted."""
    for (_, name), one in sorted(classes(package).items()):
        fits = hasattr(one, "fit") and not inspect.isabstract(one)
        if fits and not name.startswith(("_", "Dask")) and "Mixin" not in name:
            yield one


def needed(cls):
    """Values for the parameters that a class needs, and that keep it fast."""
    try:
        names = inspect.signature(cls.__init__).parameters
        made = everything.needed(cls)
    except (TypeError, ValueError):
        return {}
    made.pop("n_iter", None)
    made = {name: value for name, value in made.items() if name not in FIXED}
    from sklearn.linear_model import LinearRegression, LogisticRegression

    more = {
        "classifiers": [LogisticRegression(), LogisticRegression(C=2)],
        "clfs": [LogisticRegression(), LogisticRegression(C=2)],
        "regressors": [LinearRegression(), LinearRegression()],
        "meta_classifier": LogisticRegression(),
        "meta_regressor": LinearRegression(),
        "features": [(["a"], None), ("b", None)],
        "cols": None,
        "transformer": everything.needed(cls).get("transformer"),
        "variables_to_combine": ["a", "b"],
        "func": "sum",
    }
    for name, value in more.items():
        one = names.get(name)
        if one is not None and one.default is inspect.Parameter.empty and value is not None:
            made[name] = value
    made.update({name: value for name, value in FIXED.items() if name in names})
    if "iterations" in made:
        made.pop("n_estimators", None)  # another name of it
    return made


def tables():
    """Pairs of X and y, beside those of scikit-learn's own estimators."""
    for table in everything.tables():
        yield table
    rng = everything.random()
    y = np.arange(48) % 2
    series = rng.normal(size=(12, 16, 1)).cumsum(axis=1)
    yield series, np.arange(12) % 2
    yield series, None
    yield series[:, :, 0], np.arange(12) % 2
    try:
        import pandas as pd
    except ImportError:
        return
    numbers = pd.DataFrame(np.abs(rng.normal(size=(48, 3))), columns=list("abc"))
    texts = pd.DataFrame({"t": np.array(["red", "green", "blue"], dtype=object)[np.arange(48) % 3]})
    texts["u"] = np.array(["x", "y", "z", "x"], dtype=object)[np.arange(48) % 4]
    dates = pd.DataFrame({"d": pd.date_range("2020-01-01", periods=48)})
    for frame in (texts, numbers.join(texts), numbers.join(dates), numbers.join(texts).join(dates)):
        yield frame, pd.Series(y)
        yield frame, pd.Series(numbers["a"] * 2)
        yield frame, None
    holes = numbers.copy()
    holes.iloc[::7, 0] = np.nan
    yield holes, pd.Series(y)
    index = pd.period_range("2020-01", periods=48, freq="M")
    yield pd.Series(np.abs(rng.normal(size=48)).cumsum() + 1, index=index), None
    yield np.abs(rng.normal(size=(10, 1, 20))), np.arange(10) % 2


def fits(cls, parameters, most):
    """The first fitted models of a class, each on another table."""
    found = 0
    for number, (X, y) in enumerate(tables()):
        if found == most:
            return
        try:
            model = cls(**parameters)
            if y is None:
                model.fit(X)
            elif hasattr(model, "fit_resample"):
                model.fit_resample(X, y)
            elif "Ranker" in cls.__name__:
                model.fit(X, y, group=[24, 24])
            else:
                model.fit(X, y)
        except BaseException:
            continue
        found += 1
        yield number, model


VARIANTS = [
    {},
    {"booster": "gblinear"},
    {"booster": "dart"},
    {"boosting_type": "dart"},
    {"objective": "multiclass"},
    {"class_weight": "balanced"},
    {"random_state": np.random.RandomState(0)},
    {"prediction_data": True},
    {"metric": "manhattan"},
    {"metric": "dtw"},
    {"handle_missing": "return_nan"},
    {"handle_unknown": "indicator"},
    {"use_cat_names": True},
    {"interactions": 1},
    {"interactions": 0},
    {"densmap": True},
    {"monotonic_cst": None},
]


def of_package(package):
    """Pairs of a name and a fitted model."""
    for cls in estimators(package):
        base = needed(cls)
        try:
            names = inspect.signature(cls.__init__).parameters
        except (TypeError, ValueError):
            continue
        fitted = 0
        for place, more in enumerate(VARIANTS):
            if not set(more) <= set(names) and not (
                more and package in ("xgboost", "lightgbm") and set(more) <= {"booster"}
            ):
                continue
            for number, model in fits(cls, dict(base, **more), 1 if more else 5):
                fitted += 1
                yield "{}-{}-{}-{}".format(package, cls.__name__, place, number), model
        if not fitted:
            sys.stderr.write("{}.{} was not fitted\n".format(cls.__module__, cls.__name__))
    yield from composed(package)


def composed(package):
    """Models of the parts that :func:`of_package` does not make."""
    make = globals().get("of_" + package)
    steps = make() if make is not None else ()
    while True:
        try:
            name, model = next(steps)
        except StopIteration:
            return
        except Exception as error:
            sys.stderr.write("{} stopped: {!r}\n".format(package, error))
            return
        yield "{}-{}".format(package, name), model


def _data():
    X, y = next(everything.tables())
    return X, (y > 0).astype(int)


def of_xgboost():
    import xgboost
    from sklearn.model_selection import GridSearchCV

    X, y = _data()
    for booster in ("gbtree", "dart", "gblinear"):
        model = xgboost.train({"booster": booster}, xgboost.DMatrix(X, label=y), 3)
        yield "booster-" + booster, model
    yield (
        "search",
        GridSearchCV(xgboost.XGBClassifier(n_estimators=3), {"max_depth": [2, 3]}, cv=2).fit(X, y),
    )
    yield (
        "callable",
        xgboost.XGBClassifier(n_estimators=2, missing=np.nan).fit(X, y, eval_set=[(X, y)]),
    )
    if hasattr(xgboost, "callback") and hasattr(xgboost.callback, "EarlyStopping"):
        stop = xgboost.callback.EarlyStopping(rounds=2)
        try:
            model = xgboost.XGBClassifier(n_estimators=5, callbacks=[stop]).fit(
                X, y, eval_set=[(X, y)]
            )
        except TypeError:
            model = xgboost.XGBClassifier(n_estimators=5).fit(
                X, y, eval_set=[(X, y)], callbacks=[stop]
            )
        yield "early", model


def of_lightgbm():
    import lightgbm
    from sklearn.model_selection import GridSearchCV

    X, y = _data()
    rows = lightgbm.Dataset(X, label=y)
    yield "booster", lightgbm.train({"objective": "binary", "verbose": -1}, rows, 3)
    yield (
        "search",
        GridSearchCV(lightgbm.LGBMClassifier(n_estimators=3), {"max_depth": [2, 3]}, cv=2).fit(
            X, y
        ),
    )
    yield (
        "evaluated",
        lightgbm.LGBMClassifier(n_estimators=3).fit(X, y, eval_set=[(X, y)], eval_metric="auc"),
    )
    if hasattr(lightgbm, "early_stopping"):
        model = lightgbm.LGBMClassifier(n_estimators=5)
        yield "early", model.fit(X, y, eval_set=[(X, y)], callbacks=[lightgbm.early_stopping(2)])


def of_catboost():
    import catboost
    from sklearn.model_selection import GridSearchCV

    X, y = _data()
    quiet = {"verbose": 0, "allow_writing_files": False, "iterations": 3}
    yield "plain", catboost.CatBoost(quiet).fit(X, y)
    yield "sum", catboost.sum_models([catboost.CatBoost(quiet).fit(X, y)] * 2)
    yield (
        "search",
        GridSearchCV(catboost.CatBoostClassifier(**quiet), {"depth": [2, 3]}, cv=2).fit(X, y),
    )
    words = np.array(["red", "green", "blue"], dtype=object)[np.arange(48) % 3].reshape(-1, 1)
    yield "words", catboost.CatBoostClassifier(cat_features=[0], **quiet).fit(words, y)
    if hasattr(catboost, "CatBoostRanker"):
        yield "ranker", catboost.CatBoostRanker(**quiet).fit(X, y, group_id=np.arange(48) // 6)
    yield "tested", catboost.CatBoostClassifier(**quiet).fit(X, y, eval_set=(X, y))


def of_imblearn():
    import imblearn
    from imblearn.pipeline import make_pipeline
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV
    from sklearn.preprocessing import StandardScaler

    X, y = _data()
    steps = make_pipeline(
        StandardScaler(), imblearn.over_sampling.SMOTE(k_neighbors=2), LogisticRegression()
    )
    yield "pipeline", steps.fit(X, y)
    yield "search", GridSearchCV(steps, {"logisticregression__C": [1.0, 2.0]}, cv=2).fit(X, y)
    from imblearn.metrics import geometric_mean_score
    from sklearn.metrics import make_scorer

    search = GridSearchCV(
        steps, {"logisticregression__C": [1.0]}, cv=2, scoring=make_scorer(geometric_mean_score)
    )
    yield "scored", search.fit(X, y)


def of_statsmodels():
    import pandas as pd
    import statsmodels.api as sm

    X, y = _data()
    frame = sm.add_constant(pd.DataFrame(X[:, :2], columns=list("ab")))
    for name in ("OLS", "WLS", "GLS", "RLM", "QuantReg"):
        yield name, getattr(sm, name)(frame["a"] * 2 + X[:, 2], frame).fit()
        yield name + "-arrays", getattr(sm, name)(X[:, 3], sm.add_constant(X[:, :2])).fit()
    for name in ("Logit", "Probit", "Poisson", "NegativeBinomial", "MNLogit"):
        yield name, getattr(sm, name)(pd.Series(y), frame).fit(disp=0)
    for family in ("Binomial", "Gaussian", "Poisson", "Gamma", "Tweedie"):
        model = sm.GLM(
            pd.Series(y) + 1e-3 * (family == "Gamma"), frame, family=getattr(sm.families, family)()
        )
        yield "GLM-" + family, model.fit()
    yield "regularized", sm.OLS(X[:, 3], X[:, :2]).fit_regularized()
    series = pd.Series(X[:, 0].cumsum(), index=pd.date_range("2020-01-01", periods=48))
    from statsmodels.tsa.holtwinters import ExponentialSmoothing

    yield "smoothing", ExponentialSmoothing(series, trend="add").fit()
    from statsmodels.tsa.ar_model import AutoReg

    yield "AutoReg", AutoReg(series, lags=2).fit()
    from statsmodels.tsa.arima.model import ARIMA

    yield "ARIMA", ARIMA(series, order=(1, 1, 1)).fit()
    from statsmodels.tsa.statespace.sarimax import SARIMAX

    yield "SARIMAX", SARIMAX(series, order=(1, 0, 0), seasonal_order=(1, 0, 0, 4)).fit(disp=0)


def of_hdbscan():
    import hdbscan

    rng = everything.random()
    X = np.r_[rng.normal(size=(40, 2)), rng.normal(size=(40, 2)) + 8]
    for algorithm in (
        "best",
        "generic",
        "prims_kdtree",
        "prims_balltree",
        "boruvka_kdtree",
        "boruvka_balltree",
    ):
        model = hdbscan.HDBSCAN(
            algorithm=algorithm, prediction_data=algorithm != "generic", min_cluster_size=4
        )
        yield algorithm, model.fit(X)


def of_umap():
    import umap

    X, y = _data()
    yield "supervised", umap.UMAP(n_neighbors=5, n_epochs=5).fit(X, y)
    big = everything.random().normal(size=(5000, 3))
    yield "big", umap.UMAP(n_neighbors=5, n_epochs=2).fit(big)


def of_skrub():
    import pandas as pd
    import skrub
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    for frame, y in tables():
        if isinstance(frame, pd.DataFrame) and y is not None:
            try:
                yield (
                    "table{}".format(len(frame.columns)),
                    make_pipeline(skrub.TableVectorizer(), LogisticRegression()).fit(
                        frame, (y > 0.5).astype(int)
                    ),
                )
            except Exception as error:
                sys.stderr.write("skrub: {!r}\n".format(error))


def of_sklearn_pandas():
    import pandas as pd
    from sklearn.preprocessing import LabelBinarizer, StandardScaler
    from sklearn_pandas import DataFrameMapper

    X, _ = _data()
    frame = pd.DataFrame(X, columns=list("abcd"))
    frame["t"] = np.array(["red", "green"], dtype=object)[np.arange(48) % 2]
    mapper = DataFrameMapper(
        [(["a", "b"], StandardScaler()), ("t", LabelBinarizer()), (["c"], None)]
    )
    yield "mapper", mapper.fit(frame)
    chain = DataFrameMapper([(["a"], [StandardScaler(), StandardScaler(with_mean=False)])])
    yield "chain", chain.fit(frame)
    yield (
        "frame",
        DataFrameMapper([(["a"], StandardScaler())], df_out=True, default=None).fit(frame),
    )


def of_mlxtend():
    from mlxtend.classifier import EnsembleVoteClassifier, StackingClassifier, StackingCVClassifier
    from mlxtend.feature_selection import ColumnSelector, SequentialFeatureSelector
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    X, y = _data()
    parts = [LogisticRegression(), LogisticRegression(C=2)]
    for cls, name in (
        (EnsembleVoteClassifier, "clfs"),
        (StackingClassifier, "classifiers"),
        (StackingCVClassifier, "classifiers"),
    ):
        more = {} if name == "clfs" else {"meta_classifier": LogisticRegression()}
        yield cls.__name__, cls(**dict({name: parts}, **more)).fit(X, y)
    yield "columns", make_pipeline(ColumnSelector((0, 1)), LogisticRegression()).fit(X, y)
    yield (
        "sequential",
        SequentialFeatureSelector(LogisticRegression(), k_features=2, cv=2).fit(X, y),
    )


def paths(packages, wanted):
    """Modules and names of all classes so called, with the hooks that each defines itself."""
    found = []
    for package in packages:
        for (module, name), one in sorted(classes(package).items()):
            if name in wanted:
                own = [base for base in one.__mro__ if base.__module__.split(".")[0] not in PLAIN]
                hooks = sorted({hook for base in own for hook in HOOKS if hook in vars(base)})
                found.append([module, name, hooks])
    return found


def main(arguments):
    """Run the command line."""
    warnings.simplefilter("ignore")
    if arguments[0] == "paths":
        print(json.dumps(paths(arguments[1:], set(json.load(sys.stdin)))))
        return
    things = itertools.chain.from_iterable(of_package(package) for package in arguments[2:])
    everything.save(arguments[1], ["pickle-4"], things)


if __name__ == "__main__":
    main(sys.argv[1:])
