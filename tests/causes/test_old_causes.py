"""Causes in old releases of scikit-learn and in packages beside it, by messages of real runs."""

from __future__ import annotations

import pytest

from matrix import causes
from matrix.model import Cell, EnvInfo, Verdict

from .cells import changed, failed, info


def missing(module: str) -> Cell:
    return failed(f"No module named 'sklearn.{module}'", "ModuleNotFoundError")


def used(message: str, kind: str = "AttributeError", stage: str = "predict") -> Cell:
    return failed(message, kind, stage)


OF_SCIKIT_LEARN = [
    *[
        ("module-names-0.24", missing(old), "0.20.4", "1.9.1")
        for old in (
            "linear_model.logistic",
            "svm.classes",
            "ensemble.forest",
            "neighbors.kd_tree",
            "preprocessing.data",
            "ensemble.iforest",
            "tree.tree",
        )
    ],
    ("module-names-0.22", missing("decomposition._pca"), "0.22.2.post1", "0.21.3"),
    ("module-names-0.22", missing("metrics.cluster._supervised"), "1.9.1", "0.20.4"),
    ("externals-joblib-0.21", missing("externals.joblib"), "0.20.3", "0.23.2"),
    ("modules-removed-0.20", missing("grid_search"), "0.18.2", "1.0.2"),
    ("modules-removed-0.20", missing("mixture.gmm"), "0.19.2", "0.24.2"),
    ("voting-module-0.21", missing("ensemble.voting_classifier"), "0.20.4", "0.22.2.post1"),
    ("imputer-0.22", missing("preprocessing.imputation"), "0.21.3", "0.24.2"),
    ("mutual-info-0.22", missing("feature_selection.mutual_info_"), "0.21.3", "0.22.2.post1"),
    (
        "deprecation-dict-0.21",
        failed("module 'sklearn.utils.deprecation' has no attribute 'DeprecationDict'"),
        "0.19.2",
        "0.22.2.post1",
    ),
    (
        "boosting-loss-0.21",
        used("'BinomialDeviance' object has no attribute 'get_init_raw_predictions'"),
        "0.20.4",
        "0.22.2.post1",
    ),
    ("boosting-loss-0.21", missing("ensemble._gb_losses"), "0.21.3", "0.20.4"),
    (
        "isolation-forest-offset-0.20",
        used("'IsolationForest' object has no attribute 'offset_'"),
        "0.18.2",
        "0.23.2",
    ),
    (
        "svm-support-0.22",
        used("'SVC' object has no attribute 'break_ties'"),
        "0.21.3",
        "0.22.2.post1",
    ),
    (
        "svm-support-0.22",
        used("'OneClassSVM' object has no attribute '_n_support'"),
        "0.20.4",
        "0.23.2",
    ),
    (
        "neighbors-samples-0.22",
        used("'KNeighborsClassifier' object has no attribute 'n_samples_fit_'"),
        "0.21.3",
        "0.22.2.post1",
    ),
    (
        "reset-features-0.23",
        used(
            "The reset parameter is False but there is no n_features_in_ attribute. Is this "
            "estimator fitted?",
            "RuntimeError",
            "transform",
        ),
        "0.21.3",
        "0.23.2",
    ),
    (
        "columns-strings-0.23",
        used("'ColumnTransformer' object has no attribute '_has_str_cols'"),
        "0.22.2.post1",
        "0.23.2",
    ),
    (
        "hist-features-0.24",
        used("'HistGradientBoostingClassifier' object has no attribute '_n_features'"),
        "0.23.2",
        "1.0.2",
    ),
    ("modules-added-0.20", missing("compose"), "0.22.2.post1", "0.19.2"),
    ("modules-added-0.20", missing("preprocessing._encoders"), "0.20.4", "0.19.2"),
    (
        "impute-package-0.21",
        failed(
            "No module named 'sklearn.impute._base'; 'sklearn.impute' is not a package",
            "ModuleNotFoundError",
        ),
        "0.22.2.post1",
        "0.20.4",
    ),
    ("hist-boosting-0.21", missing("ensemble._hist_gradient_boosting"), "0.22.2", "0.20.4"),
    (
        "n-jobs-none-0.20",
        used("'<' not supported between instances of 'NoneType' and 'int'", "TypeError"),
        "0.20.4",
        "0.19.2",
    ),
    (
        "onehot-legacy-0.22",
        used("'OneHotEncoder' object has no attribute '_legacy_mode'", stage="transform"),
        "0.22.2.post1",
        "0.21.3",
    ),
    (
        "columns-names-0.22",
        used("'ColumnTransformer' object has no attribute '_feature_names_in'"),
        "0.20.4",
        "0.24.2",
    ),
    (
        "polynomial-order-0.21",
        used("'PolynomialFeatures' object has no attribute 'order'", stage="transform"),
        "0.20.4",
        "0.21.3",
    ),
    (
        "pipeline-verbose-0.21",
        failed(
            "'Pipeline' object has no attribute 'verbose'",
            stage="repr",
            verdict="introspection-failed",
        ),
        "0.19.2",
        "0.24.2",
    ),
    (
        "isotonic-columns-0.24",
        used("Isotonic regression input should be a 1d array", "ValueError"),
        "0.24.2",
        "0.22.2.post1",
    ),
    (
        "categorical-bayes-0.22",
        failed("Can't get attribute 'CategoricalNB' on <module 'sklearn.naive_bayes' from 'x'>"),
        "0.22.2.post1",
        "0.21.3",
    ),
    (
        "gaussian-inverse-0.20",
        used("'GaussianProcessRegressor' object has no attribute '_K_inv'", stage="predict"),
        "0.19.2",
        "0.22.2.post1",
    ),
    (
        "linear-tol-1.7",
        failed(
            "'LinearRegression' object has no attribute 'tol'",
            stage="repr",
            verdict="introspection-failed",
        ),
        "1.6.1",
        "1.9.1",
    ),
]


@pytest.mark.parametrize(("id_", "found", "writer", "reader"), OF_SCIKIT_LEARN)
def test_a_message_of_an_old_release_has_its_cause_only_across_that_release(
    id_: str, found: Cell, writer: str, reader: str
) -> None:
    assert cause(found, info(writer), info(reader)) == id_
    same = cause(found, info(reader), info(reader))
    assert same is not None
    assert same.startswith(causes.PREFIX)


def test_an_isolation_forest_loses_its_limit_in_0_22_and_changes_its_scores_in_0_21() -> None:
    forest = "sklearn.ensemble.iforest.IsolationForest"

    def changes(stage: str, writer: str, reader: str) -> str | None:
        return cause(changed(stage), info(writer), info(reader), forest)

    assert changes("predict", "0.21.3", "0.22.2.post1") == "isolation-forest-threshold-0.22"
    assert changes("predict", "0.20.4", "0.21.3") == "isolation-forest-path-0.21"
    assert changes("score_samples", "0.20.4", "0.23.2") == "isolation-forest-path-0.21"
    unknown = changes("predict", "0.22.2.post1", "1.0.2")
    assert unknown is not None
    assert unknown.startswith(causes.PREFIX)


def test_a_tree_of_neighbours_of_0_19_crashes_or_fails_in_newer_releases() -> None:
    died = Cell(
        pipeline="x", format="joblib", writer="a", reader="b", verdict=Verdict.CRASHED, stage=""
    )
    density = "sklearn.neighbors.kde.KernelDensity"
    assert cause(died, info("0.19.2"), info("0.21.3"), density) == "neighbor-trees-0.20"
    for other, writer, reader in (
        ("sklearn.linear_model.ridge.Ridge", "0.19.2", "0.21.3"),
        (density, "0.20.4", "0.21.3"),
        (density, "0.21.3", "0.19.2"),
    ):
        assert cause(died, info(writer), info(reader), other) != "neighbor-trees-0.20"
    for message, kind in (
        ("could not convert string to float: 'kernel_density'", "ValueError"),
        ("must be real number, not dict", "TypeError"),
        ("Cannot convert str to numpy.ndarray", "TypeError"),
    ):
        raised = failed(message, kind)
        assert cause(raised, info("0.19.2"), info("0.21.3"), density) == "neighbor-trees-0.20"
        assert cause(raised, info("0.20.4"), info("0.21.3"), density) != "neighbor-trees-0.20"
    raised = failed("No module named 'x'", "ModuleNotFoundError")
    assert cause(raised, info("0.19.2"), info("0.21.3"), density) != "neighbor-trees-0.20"


@pytest.mark.parametrize("ends", [("0.20.4", "0.21.3"), ("0.24.2", "0.19.2")])
def test_probabilities_of_a_discriminant_analysis_change_in_0_21(ends: tuple[str, str]) -> None:
    writer, reader = map(info, ends)
    analysis = "sklearn.discriminant_analysis.LinearDiscriminantAnalysis"
    known = "discriminant-probabilities-0.21"
    assert cause(changed("predict_proba"), writer, reader, analysis) == known
    assert cause(changed("predict"), writer, reader, analysis) != known
    assert cause(changed("predict_proba"), writer, reader, "sklearn.svm.classes.SVC") != known


def of_skops(message: str, kind: str, function: str = "_audit.py:get_tree") -> Cell:
    file, _, name = function.partition(":")
    where = f'  File "/x/skops/io/{file}", line 1, in {name}\n'
    return failed(message, kind, format="skops", traceback=where)


LOSS = " Can't find loader LossNode for type _loss.CyHalfPoissonLoss and protocol 2."
SGD = " Can't find loader SGDNode for type sklearn.linear_model._sgd_fast.Hinge and protocol 1. You"
LOCAL = "module 'train' has no attribute '<lambda>'"


@pytest.mark.parametrize(
    ("id_", "found", "writer", "reader"),
    [
        ("skops-loss-0.11", of_skops(LOSS, "TypeError"), "0.11.0", "0.9.0"),
        ("skops-sgd-0.11", of_skops(SGD, "TypeError"), "0.9.0", "0.16.0"),
        (
            "skops-functions-0.6",
            of_skops("'content'", "KeyError", "_general.py:__init__"),
            "0.9.0",
            "0.5.0",
        ),
    ],
)
def test_skops_has_causes_of_its_own_across_its_releases(
    id_: str, found: Cell, writer: str, reader: str
) -> None:
    assert cause(found, info(skops=writer), info(skops=reader)) == id_
    assert cause(found, info(skops=reader), info(skops=writer)) != id_


def test_a_function_that_skops_saved_by_its_name_is_no_matter_of_releases() -> None:
    here = info(skops="0.13.0")
    named = of_skops(LOCAL, "AttributeError", "_utils.py:_import_obj")
    assert cause(named, here, here) == "skops-local-function"
    gone = "module 'numpy' has no attribute 'float'"
    for other in (
        failed(LOCAL),
        of_skops(gone, "AttributeError", "_utils.py:_import_obj"),
        of_skops(LOCAL, "AttributeError", "_utils.py:other"),
    ):
        assert cause(other, here, here) != "skops-local-function"


def test_names_that_numpy_removed_are_blamed_on_the_environment_of_the_reader() -> None:
    found = failed("module 'numpy' has no attribute 'float'.\n`np.float` was a deprecated alias")
    before, after = info("0.22.2", numpy="1.18.2"), info("0.23.2", numpy="1.24.4")
    assert cause(found, before, after) == "numpy-aliases-1.24"
    assert cause(found, before, info("0.23.2", numpy="1.23.5")) != "numpy-aliases-1.24"


def test_protocol_5_is_blamed_on_a_python_without_it() -> None:
    found = failed("unsupported pickle protocol: 5", "ValueError")
    before, after = info(python="3.8.18"), info(python="3.7.16")
    assert cause(found, before, after) == "protocol-5-python-3.8"


@pytest.mark.parametrize(
    ("message", "kind", "writer", "reader"),
    [
        ("'StringDtype' object has no attribute '_na_value'", "AttributeError", "2.2.3", "2.3.0"),
        (
            "StringDtype.__init__() takes from 1 to 2 positional arguments but 3 were given",
            "TypeError",
            "2.3.3",
            "2.2.3",
        ),
    ],
)
def test_types_of_text_do_not_cross_pandas_2_3(
    message: str, kind: str, writer: str, reader: str
) -> None:
    found = failed(message, kind)
    assert cause(found, info(pandas=writer), info(pandas=reader)) == "pandas-string-type-2.3"


@pytest.mark.parametrize(
    "message",
    [
        "data did not contain feature names, but the following fields are expected: a, b, c",
        "could not convert string to float: 'Oslo'",
    ],
)
def test_xgboost_before_3_2_takes_tables_of_pandas_3_for_arrays(message: str) -> None:
    found, model = used(message, "ValueError"), "xgboost.sklearn.XGBClassifier"
    before = info(pandas="2.3.2", xgboost="3.0.5")

    def of(xgboost: str) -> str | None:
        return cause(found, before, info(pandas="3.0.0", xgboost=xgboost), model)

    assert of("3.1.3") == "xgboost-frames-3.0"
    assert of("3.2.0") != "xgboost-frames-3.0"


def cause(found: Cell, writer: EnvInfo, reader: EnvInfo, *estimators: str) -> str | None:
    return causes.cause_of(
        found, causes.known(), estimators=estimators, writer=writer, reader=reader
    )
