"""Conversions of one or two attributes: isolation forests, text, calibration, and others."""

from typing import Any

import numpy as np

from compat_worker.conversions.conversion import Conversion, has_method, is_lost, own, set_missing


def _path_lengths(one: Any) -> bool:
    """Isolation forests keep the length of the paths to each node (1.3)."""
    trees = own(one).get("estimators_")
    if not trees or "_decision_path_lengths" in own(one):
        return False
    from sklearn.ensemble import _iforest

    if not hasattr(trees[0].tree_, "compute_node_depths"):
        return False
    average = _iforest._average_path_length
    return set_missing(
        one,
        _average_path_length_per_tree=tuple(average(tree.tree_.n_node_samples) for tree in trees),
        _decision_path_lengths=tuple(tree.tree_.compute_node_depths() for tree in trees),
    )


def _idf(one: Any) -> bool:
    """The weights of words: a vector since 1.5, before the diagonal of a matrix."""
    state = own(one)
    if isinstance(getattr(type(one), "idf_", None), property):
        if "idf_" not in state or "_idf_diag" in state:
            return False
        from scipy import sparse

        weights = state.pop("idf_")
        state["_idf_diag"] = sparse.diags(weights, shape=(len(weights),) * 2, format="csr")
        return True
    diagonal = state.get("_idf_diag")
    return diagonal is not None and set_missing(one, idf_=np.asarray(diagonal.diagonal()))


def _calibrators(one: Any) -> bool:
    """Calibrators have no underscore since 0.24, and the classes are given."""
    state = own(one)
    new = "calibrators_" in state and set_missing(one, calibrators=state["calibrators_"])
    if new and state.get("classes") is None and "classes_" in state:
        state["classes"] = state["classes_"]
    if "estimator" not in state and "base_estimator" in state:
        state["estimator"], new = state["base_estimator"], True
    return new


def _gaussian_process(one: Any) -> bool:
    """The target was not divided before 0.23."""
    return "alpha_" in own(one) and set_missing(one, _y_train_std=1.0)


def _variances(one: Any) -> bool:
    """``sigma_`` of naive Bayes is ``var_`` since 1.0."""
    state = own(one)
    return "sigma_" in state and set_missing(one, var_=state["sigma_"])


def _support_vectors(one: Any) -> bool:
    """Attributes that became properties, which read others (0.22, 0.23, 1.8)."""
    state = own(one)
    found = False
    for old, new in (("n_support_", "_n_support"), ("probA_", "_probA"), ("probB_", "_probB")):
        if old in state and new not in state:
            state[new], found = state[old], True
            if isinstance(getattr(type(one), old, None), property):
                del state[old]
    if found and not hasattr(one, "classes_"):
        # Without classes there is one number; older releases left the second one unset.
        state["_n_support"] = np.array([len(state["support_"]), 0], dtype=np.int32)
    if "_n_support" in state and has_method(one, "_dense_predict"):
        return set_missing(one, _effective_probability=state.get("probability", False)) or found
    return found


def _features(one: Any) -> bool:
    """The number of features has one name in all estimators since 0.24."""
    state = own(one)
    number = state.get("n_features_", state.get("n_features"))
    if not isinstance(number, (int, np.integer)) or "n_features_in_" in state:
        return False
    if isinstance(getattr(type(one), "n_features_in_", None), property):
        return False
    return set_missing(one, n_features_in_=int(number))


def _estimator(one: Any) -> bool:
    """``base_estimator`` is ``estimator`` since 1.2, and ``base_estimator_`` ``estimator_``."""
    state = own(one)
    found = False
    for old, new in (("base_estimator", "estimator"), ("base_estimator_", "estimator_")):
        takes = new in state or isinstance(getattr(type(one), new, None), property)
        if old in state and not takes and state[old] is not one:
            state[new], found = state[old], True
    return found


def _sparse_output(one: Any) -> bool:
    """``sparse`` of ``OneHotEncoder`` is ``sparse_output`` since 1.2."""
    state = own(one)
    if not isinstance(state.get("sparse"), bool):
        return False
    return set_missing(one, sparse_output=state["sparse"])


def _strategy(one: Any) -> bool:
    """The strategy of a dummy has an underscore since 0.24."""
    return "class_prior_" in own(one) and set_missing(one, _strategy=own(one)["strategy"])


def _samples(one: Any) -> bool:
    """How many samples neighbours were fitted on (0.22)."""
    state = own(one)
    return "_fit_X" in state and set_missing(one, n_samples_fit_=state["_fit_X"].shape[0])


def _label_encoder(one: Any) -> bool:
    """The encoder of labels has a longer name since 1.2."""
    state = own(one)
    return "_le" in state and set_missing(one, _label_encoder=state["_le"])


def _scorer(one: Any) -> bool:
    """The function that calls ``score`` became an object in 1.3."""
    state = own(one)
    scorer = state.get("scorer_")
    if getattr(scorer, "__name__", "") not in _SCORERS and not is_lost(scorer):
        return False
    import sklearn.metrics._scorer as scorers

    best = state.get("best_estimator_", state["estimator"])
    kind = getattr(scorers, "_PassthroughScorer", None)
    state["scorer_"] = scorers._passthrough_scorer if kind is None else kind(best)
    return True


_SCORERS = ("passthrough_scorer", "_passthrough_scorer")


def _algorithm(one: Any) -> bool:
    """Since 1.8 there is one algorithm, SAMME: older releases take another if it is not named."""
    import inspect

    if "algorithm" not in inspect.signature(type(one).__init__).parameters:
        return False
    return set_missing(one, algorithm="SAMME")


CONVERSIONS = (
    Conversion("adaboost-algorithm-1.8", ("AdaBoostClassifier",), _algorithm, "it is SAMME"),
    Conversion("dummy-strategy-0.24", ("DummyClassifier",), _strategy, "_strategy is set"),
    Conversion("neighbors-samples-0.22", ("NeighborsBase",), _samples, "n_samples_fit_ is set"),
    Conversion(
        "stacking-labels-1.2", ("StackingClassifier",), _label_encoder, "_label_encoder was _le"
    ),
    Conversion("search-scorer-1.3", ("BaseSearchCV",), _scorer, "scorer_ calls score"),
    Conversion(
        "sparse-output-1.2", ("OneHotEncoder",), _sparse_output, "sparse_output is what sparse was"
    ),
    Conversion(
        "estimator-1.2",
        ("BaseEnsemble", "CalibratedClassifierCV"),
        _estimator,
        "estimator is what base_estimator was",
    ),
    Conversion("features-1.0", ("BaseEstimator",), _features, "n_features_in_ is set"),
    Conversion(
        "isolation-paths-1.3",
        ("IsolationForest",),
        _path_lengths,
        "the path lengths of an isolation forest are computed from its trees",
    ),
    Conversion("idf-1.5", ("TfidfTransformer",), _idf, "the weights of words are a vector"),
    Conversion(
        "calibrators-0.24",
        ("_CalibratedClassifier",),
        _calibrators,
        "calibrators is what calibrators_ was",
    ),
    Conversion(
        "gaussian-process-0.23",
        ("GaussianProcessRegressor",),
        _gaussian_process,
        "the target is divided by 1",
    ),
    Conversion("naive-bayes-1.0", ("GaussianNB",), _variances, "var_ is what sigma_ was"),
    Conversion(
        "support-vectors-0.22",
        ("BaseLibSVM",),
        _support_vectors,
        "attributes that became properties have their new names",
    ),
)
