"""Train the models of the comparison and observe them; runs in any environment of scikit-learn.

    python models.py train FOLDER [first]      trains, saves to FOLDER/models, records every output
    python models.py plain FOLDER              compares the files of FOLDER as they are
    python models.py ours FOLDER FILES         compares migrated files, listed in a JSON file
    python models.py serialize FOLDER          saves each model with sklearn-migrator as JSON
    python models.py deserialize FOLDER        compares what sklearn-migrator makes of these

The last four write their result, by the name of the model, as JSON to standard output. It needs
Python 3.6, numpy and joblib; sklearn-migrator is found by PYTHONPATH.
"""

import importlib
import json
import sys
import warnings
from pathlib import Path

import joblib
import numpy as np

TREES = {"max_depth": 4, "min_samples_leaf": 3, "random_state": 0}
CLASSES = {
    "tree.DecisionTreeClassifier": [{"random_state": 0}, dict(TREES, class_weight="balanced")],
    "ensemble.RandomForestClassifier": [
        {"n_estimators": 12, "random_state": 0},
        {"n_estimators": 8, "max_depth": 5, "oob_score": True, "random_state": 1},
    ],
    "ensemble.GradientBoostingClassifier": [
        {"n_estimators": 15, "random_state": 0},
        {"n_estimators": 8, "learning_rate": 0.3, "subsample": 0.7, "random_state": 1},
    ],
    "linear_model.LogisticRegression": [
        {},
        {"C": 0.1, "solver": "liblinear", "class_weight": "balanced"},
    ],
    "neighbors.KNeighborsClassifier": [{}, {"n_neighbors": 3, "weights": "distance", "p": 1}],
    "svm.SVC": [{}, {"kernel": "poly", "degree": 2, "probability": True, "random_state": 0}],
    "neural_network.MLPClassifier": [
        {"hidden_layer_sizes": (8,), "max_iter": 60, "random_state": 0},
        {"hidden_layer_sizes": (6, 4), "activation": "tanh", "max_iter": 60, "random_state": 1},
    ],
}
"""Classifiers, with the parameters of each variant; the first is the default, made small."""
NUMBERS = {
    "tree.DecisionTreeRegressor": [{"random_state": 0}, TREES],
    "ensemble.RandomForestRegressor": [
        {"n_estimators": 12, "random_state": 0},
        {"n_estimators": 8, "max_depth": 5, "oob_score": True, "random_state": 1},
    ],
    "ensemble.GradientBoostingRegressor": [
        {"n_estimators": 15, "random_state": 0},
        {"n_estimators": 8, "loss": "huber", "subsample": 0.7, "random_state": 1},
    ],
    "linear_model.LinearRegression": [{}, {"fit_intercept": False}],
    "linear_model.Ridge": [{}, {"alpha": 3.0, "solver": "lsqr"}],
    "linear_model.Lasso": [{}, {"alpha": 0.05, "positive": True}],
    "neighbors.KNeighborsRegressor": [{}, {"n_neighbors": 3, "weights": "distance", "p": 1}],
    "svm.SVR": [{}, {"kernel": "linear", "C": 2.0}],
    "ensemble.AdaBoostRegressor": [
        {"n_estimators": 10, "random_state": 0},
        {"n_estimators": 6, "loss": "square", "random_state": 1},
    ],
    "neural_network.MLPRegressor": [
        {"hidden_layer_sizes": (8,), "max_iter": 60, "random_state": 0},
        {"hidden_layer_sizes": (6, 4), "activation": "tanh", "max_iter": 60, "random_state": 1},
    ],
}
"""Regressors."""
OTHERS = {
    "cluster.KMeans": [
        {"n_clusters": 4, "n_init": 2, "random_state": 0},
        {"n_clusters": 3, "init": "random", "n_init": 2, "random_state": 1},
    ],
    "cluster.MiniBatchKMeans": [
        {"n_clusters": 4, "n_init": 2, "random_state": 0},
        {"n_clusters": 3, "batch_size": 50, "n_init": 2, "random_state": 1},
    ],
    "cluster.AgglomerativeClustering": [{"n_clusters": 4}, {"n_clusters": 3, "linkage": "average"}],
    "decomposition.PCA": [{"n_components": 3}, {"n_components": 2, "whiten": True}],
}
"""Estimators without a target."""
METHODS = (
    *("predict", "predict_proba", "predict_log_proba", "decision_function", "transform"),
    *("score_samples", "apply", "decision_path", "staged_predict", "staged_predict_proba"),
    *("staged_decision_function", "kneighbors", "kneighbors_graph", "inverse_transform"),
)
"""Methods that are called, each with the rows, where a model has them."""
FITTED = ("labels_", "feature_importances_", "coef_", "cluster_centers_")
"""What users read of a model without calling it."""
RELATIVE = 1e-7
"""The difference that counts as rounding noise, on the scale of the column."""


def variants():
    """By name, the class, its parameters and the kind of target of every model.

    Labels are texts with the default parameters, and numbers with others.
    """
    kinds = (("binary", CLASSES), ("multiclass", CLASSES), ("regression", NUMBERS), ("", OTHERS))
    for kind, table in kinds:
        for path, choices in table.items():
            for number, parameters in enumerate(choices):
                name = "-".join(filter(None, [path.split(".")[1], kind, number and "set"]))
                yield name, (path, parameters, kind)


def rows(kind, *, texts=True):
    """Rows and targets to train on, and rows near and far to compare on.

    Args:
        kind: of the target.
        texts: whether classes have texts for labels; else they are numbers.
    """
    random = np.random.RandomState(0)
    X = random.normal(size=(180, 6)) * [1, 5, 0.1, 1, 2, 30]
    score = X[:, 0] + X[:, 1] / 5 + X[:, 3] * X[:, 4] / 3
    if kind == "binary":
        y = (score > 0).astype(int)
        y = np.array(["no", "yes"])[y] if texts else y
    elif kind == "multiclass":
        y = np.digitize(score, [-0.7, 0.7])
        y = np.array(["high", "low", "middle"])[y] if texts else y
    else:
        y = score * 10
    near = X[:60] + random.normal(size=(60, 6)) * 0.05
    return X, y, np.vstack([X[:60], near, X[:20] * 50, -X[:20] * 1000])


def train(folder, which=""):
    """Train models; save each, and its outputs beside it.

    Args:
        folder: to write to.
        which: ``first`` for the first variant of each; else all.
    """
    Path(folder, "models").mkdir(exist_ok=True)
    for name, (path, parameters, kind) in variants():
        if which == "first" and name.endswith("-set"):
            continue
        module, _, kind_of_model = path.partition(".")
        model = getattr(importlib.import_module("sklearn." + module), kind_of_model)(**parameters)
        X, y, near_and_far = rows(kind, texts="-set" not in name)
        model.fit(X, y) if kind else model.fit(X)
        joblib.dump(model, Path(folder, "models", name + ".joblib"))
        joblib.dump(outputs(model, near_and_far), Path(folder, name + ".expected"))


def outputs(model, X):
    """What each method returns: an array, or the words of what it raised."""
    found = {}
    for name in METHODS:
        if hasattr(type(model), name) and hasattr(model, name):
            found[name] = returned(getattr(model, name), argument(model, name, X))
    for name in FITTED:
        if hasattr(model, name):
            found[name] = returned(lambda _, name=name: getattr(model, name), None)
    return found


def argument(model, name, X):
    if name != "inverse_transform":
        return X
    return np.asarray(model.transform(X))


def returned(method, X):
    try:
        return plain(method(X))
    except Exception as error:
        return f"{type(error).__name__}: {str(error)[:200]}"


def plain(value):
    """A value as an array, or a list of arrays."""
    if hasattr(value, "toarray"):
        return value.toarray()
    if isinstance(value, np.ndarray) or not hasattr(value, "__iter__"):
        return np.asarray(value)
    return [plain(one) for one in value]


def compared(model, expected, X):
    """How a model differs from recorded outputs: empty if in nothing."""
    found = outputs(model, X)
    differing = []
    for name, before in expected.items():
        if isinstance(before, str):
            continue
        after = found.get(name, "is gone")
        if isinstance(after, str):
            differing.append(f"{name}: {after}")
            continue
        difference = apart(before, after)
        if difference:
            differing.append(f"{name}: {difference}")
    return differing


def apart(before, after):
    """The largest difference in words; empty if it is rounding noise."""
    if isinstance(before, list) or isinstance(after, list):
        if len(before) != len(after):
            return "another number of results"
        pairs = zip(before, after)  # noqa: B905  (Python 3.9 has no strict)
        return next(filter(None, (apart(*pair) for pair in pairs)), "")
    if before.shape != after.shape:
        return f"another shape, {after.shape} in place of {before.shape}"
    if before.dtype.kind not in "fiub" or after.dtype.kind not in "fiub":
        wrong = int((before.astype(str) != after.astype(str)).sum())
        return f"{wrong} of {before.size} differ" if wrong else ""
    one, other = before.astype(float), after.astype(float)
    same = (one == other) | (np.isnan(one) & np.isnan(other))
    scale = np.maximum(1e-12, np.nanmedian(np.abs(one[np.isfinite(one)])) if one.size else 0)
    with np.errstate(invalid="ignore"):
        difference = np.where(same, 0, np.abs(one - other))
        noise = difference <= RELATIVE * (scale + np.abs(one))
    if noise.all():
        return ""
    return f"off by {np.nanmax(np.where(noise, 0, difference)):.3g}"


def introspection(model):
    """What fails of what shows or copies a model: empty if nothing."""
    from sklearn.base import clone

    def deep(one):
        return one.get_params(deep=True)

    failing = []
    for name, call in (("repr", repr), ("get_params", deep), ("clone", clone)):
        try:
            call(model)
        except Exception as error:
            failing.append(f"{name}: {type(error).__name__}: {error}")
    return failing


def judged(load, name, folder):
    """``right``, ``repr fails``, ``wrong`` or ``fails`` for one model, and why."""
    kind = next((one for one in ("binary", "multiclass", "regression") if one in name), "")
    expected = joblib.load(Path(folder, name + ".expected"))
    try:
        model = load()
    except Exception as error:
        return "fails", f"{type(error).__name__}: {str(error)[:200]}"
    differing = compared(model, expected, rows(kind)[2])
    raised = [one for one in differing if "Error: " in one or one.endswith("is gone")]
    if len(raised) < len(differing):
        return "wrong", "; ".join(one for one in differing if one not in raised)
    if raised:
        return "fails", "; ".join(raised)
    failing = introspection(model)
    return ("repr fails", "; ".join(failing)) if failing else ("right", "")


def names_in(folder):
    return sorted(one.stem for one in Path(folder).glob("*.expected"))


def plainly(folder):
    """Every file as it is."""
    found = {}
    for name in names_in(folder):
        path = Path(folder, "models", name + ".joblib")
        found[name] = judged(lambda path=path: joblib.load(path), name, folder)
    return found


def migrated(folder, listing):
    """Files that another command wrote, by the name of their model."""
    written = json.loads(Path(listing).read_text())
    return {
        name: judged(lambda path=path: joblib.load(path), name, folder)
        for name, path in sorted(written.items())
    }


def serialized(folder):
    """Save each model as JSON with sklearn-migrator."""
    from sklearn_migrator import serialize

    found = {}
    for name in names_in(folder):
        try:
            text = json.dumps(serialize(joblib.load(Path(folder, "models", name + ".joblib"))))
        except Exception as error:
            found[name] = "fails", f"serialize: {type(error).__name__}: {error}"
            continue
        Path(folder, name + ".json").write_text(text)
    return found


def deserialized(folder):
    """Compare what sklearn-migrator makes of its JSON."""
    from sklearn_migrator import deserialize

    found = {}
    for name in names_in(folder):
        path = Path(folder, name + ".json")
        if not path.exists():
            continue
        data = json.loads(path.read_text())
        found[name] = judged(lambda data=data: deserialize(data), name, folder)
    return found


def main(task, folder, *more):
    warnings.simplefilter("ignore")
    if task == "train":
        return train(folder, *more)
    tasks = {
        "plain": plainly,
        "ours": migrated,
        "serialize": serialized,
        "deserialize": deserialized,
    }
    sys.stdout.write(json.dumps(tasks[task](folder, *more)))
    return None


if __name__ == "__main__":
    main(*sys.argv[1:])
