"""Fit and save every estimator of a scikit-learn release, to find the names in its pickles.

Run as ``python everything.py save FOLDER`` in a target environment, Python 3.6 to the newest: it
writes one file per object and format, such as ``NAME.joblib``. With ``plain`` instead of ``save``
each estimator is fitted once; with ``names``, what shows most names in little time. ``python everything.py kinds`` reads a JSON list of pairs (module,
name) from standard input and writes the kind of each as JSON. ``python everything.py paths`` reads
a JSON list of names of classes, and writes pairs (module, name) of all such classes of this release.
"""

import importlib
import inspect
import itertools
import json
import os
import pickle
import pkgutil
import sys
import types
import warnings

import numpy as np
import scipy.sparse as sp
import sklearn

try:
    from sklearn.externals import joblib  # releases before 0.23 save with their own copy
except ImportError:
    import joblib

OPTIONS = {
    "algorithm": "auto ball_tree kd_tree brute lloyd elkan full SAMME SAMME.R arpack randomized "
    "deflation parallel lasso_lars",
    "average": "macro",
    "covariance_type": "full tied diag spherical",
    "criterion": "gini entropy log_loss squared_error mse mae absolute_error friedman_mse poisson",
    "encode": "onehot onehot-dense ordinal",
    "eigen_solver": "arpack dense auto",
    "fit_method": "fd",
    "fun": "logcosh exp cube",
    "handle_unknown": "ignore infrequent_if_exist use_encoded_value",
    "init": "random k-means++ pca nndsvd nndsvda zero",
    "init_params": "random kmeans",
    "initial_strategy": "median most_frequent",
    "kernel": "linear poly rbf sigmoid knn gaussian tophat epanechnikov exponential cosine",
    "learning_rate": "adaptive invscaling optimal constant",
    "linkage": "average complete single ward",
    "loss": "hinge log log_loss modified_huber squared_hinge perceptron squared_loss squared_error "
    "huber epsilon_insensitive squared_epsilon_insensitive deviance exponential ls lad "
    "absolute_error quantile least_squares poisson gamma binary_crossentropy "
    "categorical_crossentropy auto linear square frobenius",
    "max_features": "sqrt log2",
    "method": "isotonic sigmoid ltsa hessian modified lars cd exact barnes_hut k-means yeo-johnson "
    "box-cox predict_proba lasso_lars xi dbscan",
    "metric": "manhattan euclidean chebyshev minkowski seuclidean mahalanobis canberra braycurtis "
    "hamming cosine haversine jaccard infinity l1 l2 cityblock correlation sqeuclidean p",
    "multi_class": "ovr multinomial crammer_singer one_vs_rest one_vs_one",
    "norm": "l1 max",
    "output_distribution": "normal",
    "penalty": "l1 l2 elasticnet none",
    "shuffle": "",
    "selection": "random",
    "solver": "lbfgs liblinear newton-cg newton-cholesky sag saga svd eigen lsqr cholesky "
    "sparse_cg sgd adam cd mu highs interior-point",
    "splitter": "best random",
    "strategy": "mean median most_frequent constant stratified uniform quantile kmeans output-code",
    "weights": "distance",
    "positive": "",
}
"""String values by parameter name; an estimator that rejects a value is skipped."""

FIXED = {
    "n_estimators": 3,
    "max_iter": 30,
    "n_iter": 4,
    "max_leaf_nodes": 5,
    "n_epochs": 2,
    "hidden_layer_sizes": (4,),
    "cv": 2,
    "min_samples": 3,
    "perplexity": 4,
    "n_bins": 3,
    "batch_size": 20,
    "max_no_improvement": 2,
}
"""Parameter values that keep fitting fast."""

KERNELS = "RBF Matern RationalQuadratic ExpSineSquared DotProduct WhiteKernel ConstantKernel"


def random():
    """A random state with a fixed seed."""
    return np.random.RandomState(0)


def tables():
    """Pairs of X and y of every kind that some estimator needs, the common ones first."""
    X = np.abs(random().normal(size=(48, 4))) + 0.1
    y = np.arange(48) % 3
    target = X[:, 0] * 2 + X[:, 1]
    words = np.array(["red", "green", "blue"], dtype=object)
    texts = ["red apple", "green pear and apple", "blue sea"] * 16
    yield X, y
    yield X, target
    yield X, y % 2
    yield X, words[y]
    yield X, np.array([y % 2, y // 2]).T
    yield X, np.array([target, target * 2]).T
    yield X, None
    yield sp.csr_matrix(X), y
    yield words[y].reshape(-1, 1), y
    yield texts, y
    yield [{"a": float(i), "b": "x"} for i in range(48)], None
    yield y, None
    yield [["a"], ["b", "a"]] * 8, None
    yield X[:, 0], target
    yield X.dot(X.T), y
    yield random().normal(size=(48, 8, 8)), None
    for frame in frames(X, y, words):
        yield frame


def frames(X, y, words):
    """The same tables as DataFrames; none without pandas."""
    try:
        import pandas
    except ImportError:
        return
    frame = pandas.DataFrame(X, columns=["a", "b", "c", "d"])
    yield frame, pandas.Series(y)
    frame["e"] = pandas.Categorical(words[y])
    yield frame[["e"]], pandas.Series(y)
    yield frame, pandas.Series(words[y])


def estimators():
    """Pairs of name and class of every estimator."""
    for path in (
        "experimental.enable_hist_gradient_boosting",
        "experimental.enable_halving_search_cv",
        "experimental.enable_iterative_imputer",
    ):
        try:
            importlib.import_module("sklearn." + path)
        except ImportError:
            pass
    for place in ("sklearn.utils", "sklearn.utils.testing"):
        try:
            return sorted(importlib.import_module(place).all_estimators())
        except (ImportError, AttributeError):
            continue
    return sorted(_public().items())


def _public():
    """By name, the estimators of public modules; releases before 0.22 import their tests."""
    from sklearn.base import BaseEstimator

    found = {}
    for part in sklearn.__all__:
        try:
            module = importlib.import_module("sklearn." + part)
        except ImportError:  # a function
            continue
        for name, one in vars(module).items():
            if isinstance(one, type) and issubclass(one, BaseEstimator) and name[0] != "_":
                if not inspect.isabstract(one) and one is not BaseEstimator:
                    found[name] = one
    return found


def needed(cls):
    """The required parameters of a class, and values that keep it fast."""
    from sklearn.decomposition import PCA
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    known = {
        "estimator": LogisticRegression(max_iter=30),
        "base_estimator": LogisticRegression(max_iter=30),
        "estimators": [("a", LogisticRegression(max_iter=30)), ("b", LogisticRegression(C=2.0))],
        "steps": [("scale", StandardScaler()), ("fit", LogisticRegression())],
        "transformer_list": [("scale", StandardScaler()), ("pca", PCA(2))],
        "transformers": [
            ("scale", StandardScaler(), [0, 1]),
            ("drop", "drop", [2]),
            ("one", OneHotEncoder(handle_unknown="ignore"), [3]),
        ],
        "param_grid": {"C": [0.1, 1.0]},
        "param_distributions": {"C": [0.1, 1.0]},
        "dictionary": np.eye(4),
    }
    names = inspect.signature(cls.__init__).parameters
    made = {
        name: known[name]
        for name, one in names.items()
        if name in known and one.default is inspect.Parameter.empty
    }
    made.update({name: value for name, value in FIXED.items() if name in names})
    if "Projection" in cls.__name__ and "n_components" in names:
        made["n_components"] = 2
    if cls.__name__ == "SelfTrainingClassifier":
        made = {name: known["estimator"] for name in names if "estimator" in name}
        made = dict([min(made.items(), key=lambda pair: len(pair[0]))])
    if "Regressor" in cls.__name__ and "estimators" in made:
        made["estimators"] = [("a", Ridge()), ("b", Ridge(2.0))]
    return made


def variants(cls):
    """Sets of parameters to try, the plain one first."""
    base = needed(cls)
    yield base
    names = inspect.signature(cls.__init__).parameters
    if set(base) & set(FIXED):
        yield {name: value for name, value in base.items() if name not in FIXED}
    for name in sorted(set(OPTIONS) & set(names)):
        for word in OPTIONS[name].split() or [True]:
            yield dict(base, **{name: word})
    for name, values in (
        ("affinity", "rbf nearest_neighbors euclidean precomputed".split()),
        ("random_state", [np.random.RandomState(0)]),
        ("warm_start", [True]),
        ("early_stopping", [True]),
        ("oob_score", [True]),
        ("probability", [True]),
        ("positive", [True]),
        ("class_weight", ["balanced", {0: 1.0}]),
        ("memory", [None]),
        ("fit_inverse_transform", [True]),
        ("categorical_features", [[0], "from_dtype"]),
        ("monotonic_cst", [[0, 1, 0, 0]]),
        ("interaction_cst", [[{0, 1}, {2}]]),
        ("bootstrap", [True]),
        ("add_indicator", [True]),
        ("sparse_output", [True]),
        ("drop", ["first", "if_binary"]),
        ("min_frequency", [2]),
        ("dtype", [np.float32, np.float64, np.int64]),
    ):
        if name in names:
            for value in values:
                yield dict(base, **{name: value})
    for more in itertools.chain(distances(names), callables(names)):
        yield dict(base, **more)


def distances(names):
    """Sets of parameters for estimators that measure distances, by what they compute with."""
    if "metric" not in names:
        return
    ways = [{"algorithm": name} for name in ("auto", "ball_tree", "kd_tree", "brute")]
    for way in ways if "algorithm" in names else [{}]:
        for p in (1, 1.5, 3):
            if "p" in names:
                yield dict(way, p=p)
            if "metric_params" in names:
                yield dict(way, metric="minkowski", metric_params={"p": p})
        if "metric_params" in names:
            for metric, parameters in (
                ("mahalanobis", {"V": np.eye(4)}),
                ("mahalanobis", {"VI": np.eye(4)}),
                ("seuclidean", {"V": np.ones(4)}),
                ("minkowski", {"p": 3, "w": np.ones(4)}),
                ("wminkowski", {"p": 3, "w": np.ones(4)}),
            ):
                yield dict(way, metric=metric, metric_params=parameters)


KERNEL_FUNCTIONS = (
    "additive_chi2_kernel chi2_kernel cosine_similarity laplacian_kernel linear_kernel "
    "polynomial_kernel rbf_kernel sigmoid_kernel"
).split()
DISTANCE_FUNCTIONS = (
    "cosine_distances euclidean_distances haversine_distances manhattan_distances nan_euclidean_distances "
    "paired_cosine_distances paired_euclidean_distances paired_manhattan_distances paired_distances "
    "pairwise_distances"
).split()


def callables(names):
    """Sets of parameters that are functions of ``sklearn.metrics.pairwise``."""
    from sklearn.metrics import pairwise

    for parameter, functions in (
        ("kernel", KERNEL_FUNCTIONS),
        ("affinity", KERNEL_FUNCTIONS),
        ("metric", DISTANCE_FUNCTIONS),
    ):
        if parameter in names:
            for name in functions:
                if hasattr(pairwise, name):
                    yield {parameter: getattr(pairwise, name)}


def fitted(cls, parameters, chosen):
    """Pairs of a table's index and an estimator fitted to it, for the tables that it accepts.

    Args:
        chosen: the numbers of the tables to try; None tries all.
    """
    for number, (X, y) in enumerate(tables()):
        if chosen is not None and number not in chosen:
            continue
        try:
            model = cls(**parameters)
            model = model.fit(X) if y is None else model.fit(X, y)
        except Exception:
            continue
        yield number, model


def of_classes():
    """Every estimator, fitted in every way that works."""
    for name, cls in estimators():
        try:
            plain = cls(**needed(cls))
        except Exception as error:
            sys.stderr.write("{} cannot be made: {}\n".format(name, error))
            continue
        yield name + "-unfitted", plain
        fits = []
        for number, model in fitted(cls, needed(cls), None):
            yield "{}-{}".format(name, number), model
            fits.append(number)
        if not fits:
            sys.stderr.write("{} was not fitted\n".format(name))
        for place, parameters in enumerate(variants(cls)):
            for number, model in itertools.islice(fitted(cls, parameters, fits[:3]), 1):
                yield "{}-{}-{}".format(name, number, place), model


def plain():
    """Every estimator as it is, and fitted in the first way that works."""
    for name, cls in estimators():
        try:
            yield name + "-unfitted", cls(**needed(cls))
        except Exception:
            continue
        for _, model in itertools.islice(fitted(cls, needed(cls), None), 1):
            yield name + "-fitted", model


def distributions():
    """Frozen distributions of scipy, as searches draw parameters from."""
    from scipy import stats

    for name, arguments in (
        ("uniform", (0.1, 2)),
        ("loguniform", (0.1, 2)),
        ("reciprocal", (0.1, 2)),
        ("expon", (0.1, 2)),
        ("norm", (5, 1)),
        ("lognorm", (1.0,)),
        ("gamma", (2.0,)),
        ("beta", (2.0, 3.0)),
        ("truncnorm", (0.0, 2.0, 1.0)),
        ("halfnorm", (0.1,)),
        ("triang", (0.5,)),
        ("randint", (1, 5)),
        ("poisson", (3.0, 1)),
        ("binom", (5, 0.5, 1)),
        ("geom", (0.5,)),
        ("nbinom", (3, 0.5, 1)),
    ):
        if hasattr(stats, name):
            yield getattr(stats, name)(*arguments)


def measuring():
    """Estimators that measure distances, or take a function, fitted with each of these."""
    for name, cls in estimators():
        try:
            names, base = inspect.signature(cls.__init__).parameters, needed(cls)
        except Exception:
            continue
        for place, more in enumerate(itertools.chain(distances(names), callables(names))):
            for _, model in itertools.islice(fitted(cls, dict(base, **more), [0, 1, 6]), 1):
                yield "{}-measuring-{}".format(name, place), model


def quick():
    """What shows most names in little time: one of each estimator, and all compositions."""
    return itertools.chain(plain(), measuring(), composed())


def composed():
    """Typical compositions of estimators, as functions; a release may lack some."""
    X, y = next(tables())

    def searches():
        from sklearn import metrics
        from sklearn.linear_model import LogisticRegression
        from sklearn.metrics import f1_score, get_scorer, make_scorer
        from sklearn.model_selection import GridSearchCV, RandomizedSearchCV

        for scoring in (
            "f1_macro",
            "roc_auc_ovr",
            make_scorer(f1_score, average="macro"),
            get_scorer("neg_log_loss"),
            ["accuracy", "f1_macro"],
        ):
            refit = scoring[0] if isinstance(scoring, list) else True
            yield GridSearchCV(
                LogisticRegression(), {"C": [0.1, 1.0]}, cv=2, scoring=scoring, refit=refit
            ).fit(X, y)
        names = (
            metrics.get_scorer_names() if hasattr(metrics, "get_scorer_names") else metrics.SCORERS
        )
        for name in sorted(names):
            yield get_scorer(name)
        for name in sorted(dir(metrics)):
            if name.endswith(
                (
                    "_score",
                    "_error",
                    "_loss",
                    "_deviance",
                    "_coef",
                    "_coefficient",
                    "_ratios",
                    "auc",
                )
            ):
                yield make_scorer(getattr(metrics, name))
        if hasattr(metrics, "fbeta_score"):
            yield make_scorer(metrics.fbeta_score, beta=2)
        for distribution in distributions():
            yield lambda: RandomizedSearchCV(
                LogisticRegression(), {"C": distribution}, n_iter=2, cv=2, random_state=0
            ).fit(X, y)
            yield lambda: RandomizedSearchCV(LogisticRegression(), {"C": distribution})

    def splitters():
        from sklearn import model_selection
        from sklearn.linear_model import LogisticRegression

        for name in sorted(dir(model_selection)):
            cls = getattr(model_selection, name)
            if isinstance(cls, type) and hasattr(cls, "split"):
                for arguments in ((), (2,), (np.arange(48) % 2,)):
                    yield lambda: cls(*arguments)
        for cv in (
            model_selection.PredefinedSplit(np.arange(48) % 2),
            list(model_selection.KFold(2).split(X)),
            model_selection.KFold(2).split(X),
            model_selection.StratifiedKFold(2),
            model_selection.ShuffleSplit(2),
        ):
            yield lambda: model_selection.check_cv(cv)
            yield lambda: model_selection.GridSearchCV(
                LogisticRegression(), {"C": [1.0]}, cv=cv
            ).fit(X, y)

    def functions():
        from sklearn import feature_selection, preprocessing
        from sklearn.preprocessing import FunctionTransformer

        for name in (
            "log1p expm1 log log2 log10 exp exp2 sqrt cbrt square abs absolute sign "
            "reciprocal sin cos tan arcsin arccos arctan sinh cosh tanh arcsinh floor ceil "
            "rint trunc isnan isfinite isinf deg2rad rad2deg negative logical_not"
        ).split():
            yield FunctionTransformer(getattr(np, name))
        for (
            name
        ) in "f_classif f_regression chi2 mutual_info_classif mutual_info_regression".split():
            yield feature_selection.SelectKBest(getattr(feature_selection, name), k=2).fit(X, y)
        for name in "scale minmax_scale maxabs_scale robust_scale normalize binarize".split():
            yield FunctionTransformer(getattr(preprocessing, name))

    def selectors():
        import pandas
        from sklearn.compose import ColumnTransformer, make_column_selector
        from sklearn.preprocessing import StandardScaler

        frame = pandas.DataFrame(X, columns=list("abcd"))
        for chosen in (
            make_column_selector(dtype_include=np.number),
            ["a"],
            slice(0, 2),
            [True] * 4,
        ):
            yield ColumnTransformer([("s", StandardScaler(), chosen)], remainder="passthrough").fit(
                frame
            )

    def kernels():
        from sklearn.gaussian_process import GaussianProcessRegressor, kernels

        made = [getattr(kernels, name)() for name in KERNELS.split()]
        made += [
            made[0] + made[1],
            made[0] * made[5],
            made[0] ** 2,
            kernels.CompoundKernel(made[:2]),
            kernels.PairwiseKernel(),
        ]
        for kernel in made:
            yield kernel
            yield GaussianProcessRegressor(kernel, alpha=10.0).fit(X, y)

    def trees():
        from sklearn.neighbors import BallTree, KDTree

        try:
            from sklearn.metrics import DistanceMetric
        except ImportError:
            from sklearn.neighbors import DistanceMetric

        for tree in (BallTree, KDTree):
            yield tree(X)
            try:
                yield tree(X.astype(np.float32))
            except Exception:
                pass
            for metric in sorted(
                tree.valid_metrics() if callable(tree.valid_metrics) else tree.valid_metrics
            ):
                try:
                    yield tree(X, metric=metric)
                except Exception:
                    continue
        for metric in (
            "euclidean manhattan chebyshev canberra braycurtis hamming jaccard dice "
            "matching rogerstanimoto russellrao sokalmichener sokalsneath haversine "
            "kulsinski"
        ).split():
            try:
                yield DistanceMetric.get_metric(metric)
            except Exception:
                continue

    def calibrated():
        from sklearn.calibration import CalibratedClassifierCV
        from sklearn.naive_bayes import GaussianNB

        for method in ("isotonic", "sigmoid", "temperature"):
            yield CalibratedClassifierCV(GaussianNB(), method=method, cv=2).fit(X, y)

    def frozen():
        from sklearn.frozen import FrozenEstimator
        from sklearn.linear_model import Ridge

        yield FrozenEstimator(Ridge().fit(X, y))

    def nested():
        from sklearn.ensemble import (
            AdaBoostClassifier,
            BaggingClassifier,
            GradientBoostingClassifier,
            GradientBoostingRegressor,
        )
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline, make_union
        from sklearn.preprocessing import FunctionTransformer, StandardScaler

        yield make_pipeline(
            make_union(StandardScaler(), FunctionTransformer()),
            BaggingClassifier(LogisticRegression(), 3),
        ).fit(X, y)
        yield AdaBoostClassifier(LogisticRegression(), n_estimators=3).fit(X, y)
        yield GradientBoostingClassifier(init="zero", n_estimators=3).fit(X, y)
        yield GradientBoostingRegressor(init=LogisticRegression(), n_estimators=3).fit(X, y)

    def losses():
        from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor

        for cls, labels in (
            (GradientBoostingClassifier, y),
            (GradientBoostingClassifier, y % 2),
            (GradientBoostingRegressor, X[:, 0]),
        ):
            for loss in OPTIONS["loss"].split():
                yield lambda: cls(loss=loss, n_estimators=3).fit(X, labels)

    def metadata():
        from sklearn.linear_model import LogisticRegression
        from sklearn.preprocessing import StandardScaler

        with sklearn.config_context(enable_metadata_routing=True):
            yield LogisticRegression().set_fit_request(sample_weight=True)
        yield StandardScaler().set_output(transform="pandas").fit(X)

    for make in (
        searches,
        splitters,
        functions,
        selectors,
        kernels,
        trees,
        calibrated,
        frozen,
        nested,
        losses,
        metadata,
        plain_data,
    ):
        made = make()
        for number in itertools.count():
            try:
                one = next(made)
            except StopIteration:
                break
            except Exception as error:
                sys.stderr.write("{}: {}: {}\n".format(make.__name__, type(error).__name__, error))
                break
            if isinstance(one, types.LambdaType) and one.__name__ == "<lambda>":
                try:
                    one = one()
                except Exception:
                    continue
            yield "{}-{}".format(make.__name__, number), one


def plain_data():
    """Objects other than estimators that models contain."""
    import collections
    import datetime

    yield np.random.RandomState(0)
    for name in ("PCG64", "MT19937", "Philox", "SFC64", "PCG64DXSM"):
        if hasattr(np.random, name):
            yield np.random.Generator(getattr(np.random, name)(0))
            yield np.random.RandomState(getattr(np.random, name)(0))
    for name in ("csr", "csc", "coo", "lil", "dok", "dia", "bsr"):
        yield getattr(sp, name + "_matrix")(np.eye(4))
        if hasattr(sp, name + "_array"):
            yield getattr(sp, name + "_array")(np.eye(4))
    yield np.ma.masked_array([1.0, 2.0], mask=[True, False])
    yield np.ma.masked
    yield np.array([(1, 2.0)], dtype=[("a", int), ("b", float)])
    yield np.array([None, "a", 1.0], dtype=object)
    yield np.array(["a", "bc"])
    yield np.asfortranarray(np.ones((3, 3)))
    yield np.array(["2020-01-01"], dtype="M8[D]")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield np.matrix([[1.0]])
    for kind in (
        np.float64,
        np.float32,
        np.float16,
        np.int64,
        np.int32,
        np.int16,
        np.int8,
        np.uint8,
        np.uint16,
        np.uint32,
        np.uint64,
        np.bool_,
        np.complex128,
        np.str_,
        np.bytes_,
        np.datetime64,
        np.timedelta64,
        np.object_,
    ):
        yield kind
        yield kind(1) if kind not in (np.datetime64, np.timedelta64) else kind(1, "s")
        yield np.dtype(kind)
    yield collections.OrderedDict(a=1)
    yield collections.Counter("aab")
    yield collections.defaultdict(int, a=1)
    yield collections.defaultdict(list)
    yield collections.deque([1, 2])
    yield {
        "a": (1, {2}, frozenset([3]), b"bytes", bytearray(b"x"), 1j, range(3), slice(2), 1 << 70)
    }
    yield [int, float, str, bool, object, bytes, dict, list, tuple, set, complex]
    yield [
        datetime.date(2020, 1, 1),
        datetime.datetime(2020, 1, 1),
        datetime.timedelta(1),
        datetime.timezone.utc,
    ]
    yield sklearn.utils.Bunch(a=1)


def everything():
    """Pairs of a name and an object, for all estimators and compositions."""
    return itertools.chain(of_classes(), composed())


def _pickled(protocol):
    def save(one, path):
        with open(path, "wb") as file:
            pickle.dump(one, file, protocol=protocol)

    return save


def _compressed(how):
    def save(one, path):
        joblib.dump(one, path, compress=how)

    return save


WAYS = {"joblib": joblib.dump}
WAYS.update({"pickle-{}".format(n): _pickled(n) for n in range(pickle.HIGHEST_PROTOCOL + 1)})
WAYS.update(
    {
        "joblib-" + name: _compressed((name, 3))
        for name in ("zlib", "gzip", "bz2", "xz", "lzma", "lz4")
    }
)


def _skops(one, path):
    import skops.io

    skops.io.dump(one, path)


WAYS["skops"] = _skops


def save(folder, ways, things):
    """Save objects in several formats; failures are printed and skipped.

    Of formats with bars between them, such as ``pickle-0|pickle-1``, each object gets one in turn.
    """
    for number, (name, one) in enumerate(things):
        for way in (each.split("|")[number % len(each.split("|"))] for each in ways):
            path = os.path.join(folder, "{}.{}".format(name, way))
            try:
                WAYS[way](one, path)
            except Exception as error:
                sys.stderr.write("{} is not saved by {}: {}\n".format(name, way, error))
                if os.path.exists(path):
                    os.remove(path)


def kind(module, qualname):
    """The kind of a name in this environment: ``class``, ``ufunc``, ``function``, ``other`` or ``gone``."""
    try:
        found = getattr(importlib.import_module(module), qualname)
    except Exception:
        return "gone"
    if isinstance(found, type):
        return "class"
    if isinstance(found, np.ufunc):
        return "ufunc"
    return "function" if callable(found) else "other"


NO_MODELS = ("tests", "externals", "datasets", "testing", "_testing", "setup", "conftest")
"""Parts of scikit-learn whose classes are not in saved models."""


def paths(names):
    """Pairs of module and name, as pickles write them, of all classes of scikit-learn so called."""
    wanted, found = set(names), set()
    for _, module, _ in pkgutil.walk_packages(sklearn.__path__, "sklearn.", onerror=lambda _: None):
        if set(module.split(".")) & set(NO_MODELS):
            continue
        try:
            parts = list(vars(importlib.import_module(module)).values())
        except BaseException:
            continue
        for one in parts:
            if isinstance(one, type) and one.__qualname__ in wanted:
                found.add((one.__module__, one.__qualname__))
    return sorted(found)


def main(arguments):
    """Run the command line."""
    warnings.simplefilter("ignore")
    if arguments[0] == "paths":
        json.dump(paths(json.load(sys.stdin)), sys.stdout)
    elif arguments[0] == "kinds":
        names = json.load(sys.stdin)
        json.dump([kind(*name) for name in names], sys.stdout)
    else:
        things = {"plain": plain, "names": quick, "save": everything}[arguments[0]]()
        save(arguments[1], arguments[2:] or ["joblib", "pickle-2"], things)


if __name__ == "__main__":
    main(sys.argv[1:])
