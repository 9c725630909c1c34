"""Causes in xgboost and LightGBM, by messages and versions that real runs showed."""

from __future__ import annotations

import pytest

from matrix import causes
from matrix.model import Cell, OutputDifference, Verdict

from .cells import cell, changed, failed, info

XGBOOST, LIGHTGBM = "xgboost.sklearn.XGBRegressor", "lightgbm.sklearn.LGBMRegressor"
NO_ATTRIBUTE = "'XGBModel' object has no attribute '{}'"
ERROR = "xgboost.core.XGBoostError"
NONE = "'>' not supported between instances of 'NoneType' and 'int'"
FRAME = '  File "/lib/lightgbm/sklearn.py", line 674, in _process_params\n'


def used(message: str, kind: str = "AttributeError", **more: str) -> Cell:
    return failed(message, kind, "predict", **more)


def came() -> Cell:
    note = "raises AttributeError before saving; returns now"
    output = OutputDifference(
        verdict=Verdict.STRUCTURE_CHANGED, max_abs=None, max_rel=None, n_changed=0, n=0, note=note
    )
    name = "feature_names_in_"
    return cell(Verdict.STRUCTURE_CHANGED, stage=name, outputs={name: output})


SEEN = [
    ("xgboost-intercept-3.1", changed(), "3.1.3", "3.0.5"),
    (
        "xgboost-enable-categorical-1.5",
        used(NO_ATTRIBUTE.format("enable_categorical")),
        "1.4.2",
        "1.5.0",
    ),
    ("xgboost-params-1.7", used(NO_ATTRIBUTE.format("feature_types")), "1.5.2", "2.0.3"),
    ("xgboost-params-2.0", used(NO_ATTRIBUTE.format("device")), "1.7.6", "3.4.1"),
    ("xgboost-params-2.0", used(NO_ATTRIBUTE.format("gpu_id")), "2.0.3", "1.7.6"),
    ("xgboost-feature-weights-3.0", used(NO_ATTRIBUTE.format("feature_weights")), "2.0.3", "3.0.0"),
    (
        "xgboost-label-encoder-2.0",
        failed("Can't get attribute 'XGBoostLabelEncoder' on <module 'xgboost.compat' from '…'>"),
        "1.5.2",
        "2.0.3",
    ),
    (
        "xgboost-ubjson-1.7",
        failed(
            '[…] ../src/common/json.cc:458: Expecting: """, got: "76 ", around character', ERROR
        ),
        "1.7.6",
        "1.5.2",
    ),
    (
        "xgboost-json-pickles-3.1",
        failed(
            "[…] Check failed: std::isalpha(header[1]): Invalid serialization file.",
            "xgboost._c_api.XGBoostError",
        ),
        "1.5.2",
        "3.3.0",
    ),
    ("lightgbm-n-classes-4.0", used(NONE, "TypeError", traceback=FRAME), "3.3.5", "4.0.0"),
    ("lightgbm-handle-4.0", used("'Booster' object has no attribute 'handle'"), "4.7.0", "3.3.5"),
    (
        "lightgbm-feature-names-4.7",
        failed(
            "'LGBMRegressor' object has no attribute '_fitted_with_feature_names'",
            stage="feature_names_in_",
        ),
        "4.6.0",
        "4.7.0",
    ),
    ("lightgbm-feature-names-4.7", came(), "4.7.0", "4.5.0"),
]

BESIDE = [
    (
        "lightgbm-finite-1.8",
        used("check_array() got an unexpected keyword argument 'force_all_finite'", "TypeError"),
        (LIGHTGBM, "lightgbm", "4.5.0", "4.6.0"),
        ("1.7.2", "1.8.0"),
    ),
    (
        "catboost-tags-1.8",
        used("'CatBoostClassifier' object has no attribute '__sklearn_tags__'"),
        ("catboost.core.CatBoostClassifier", "catboost", "1.2.8", "1.2.10"),
        ("1.7.2", "1.8.0"),
    ),
    (
        "xgboost-tags-1.6",
        changed("predict_proba"),
        ("sklearn.calibration.CalibratedClassifierCV", "xgboost", "2.0.3", "2.1.4"),
        ("1.5.2", "1.9.0"),
    ),
]
"""Old packages beside a newer scikit-learn: an estimator, its package, one version that does it and
one that does not, and the releases of scikit-learn before and after."""


@pytest.mark.parametrize(("id_", "found", "package", "releases"), BESIDE)
def test_an_old_package_beside_a_newer_scikit_learn_has_a_cause_of_its_own(
    id_: str, found: Cell, package: tuple[str, str, str, str], releases: tuple[str, str]
) -> None:
    estimator, name, old, fixed = package

    def cause(reader: str, version: str) -> str | None:
        return causes.cause_of(
            found,
            causes.known(),
            estimators=("sklearn.pipeline.Pipeline", estimator),
            writer=info(releases[0], **{name: old}),
            reader=info(reader, **{name: version}),
        )

    assert cause(releases[1], old) == id_
    assert cause(releases[1], fixed) != id_
    assert cause(releases[0], old) != id_


@pytest.mark.parametrize(("id_", "found", "writer", "reader"), SEEN)
def test_a_real_message_has_its_cause_on_the_way_over_the_release(
    id_: str, found: Cell, writer: str, reader: str
) -> None:
    package = id_.partition("-")[0]
    estimator = XGBOOST if package == "xgboost" else LIGHTGBM

    def cause(writer: str, reader: str) -> str | None:
        return causes.cause_of(
            found,
            causes.known(),
            estimators=("sklearn.pipeline.Pipeline", estimator),
            writer=info("1.3.2", **{package: writer}),
            reader=info("1.3.2", **{package: reader}),
        )

    assert cause(writer, reader) == id_
    for same in (cause(writer, writer), cause(reader, writer)):
        assert same is not None
        assert same.startswith(causes.PREFIX)


def test_tags_of_scikit_learn_1_6_are_a_matter_of_old_xgboost_there() -> None:
    message = "'super' object has no attribute '__sklearn_tags__'"

    def cause(reader: str, xgboost: str, found: Cell | None = None) -> str | None:
        return causes.cause_of(
            found or used(message),
            causes.known(),
            estimators=("sklearn.pipeline.Pipeline", XGBOOST),
            writer=info("1.3.2", xgboost="2.0.3"),
            reader=info(reader, xgboost=xgboost),
        )

    assert cause("1.6.0", "2.1.3") == "xgboost-tags-1.6"
    assert cause("1.6.0", "2.1.4") != "xgboost-tags-1.6"
    assert cause("1.5.2", "2.1.3") != "xgboost-tags-1.6"
    response = "XGBClassifier should either be a classifier to be used with response_method=["
    assert cause("1.8.0", "2.0.3", used(response, "ValueError")) == "xgboost-tags-1.6"


def test_each_cause_of_another_package_has_a_message_here() -> None:
    tested_elsewhere = {"catboost-n-features", "xgboost-frames-3.0"}
    sets = ("default", "formats", "old", "onnx", "pmml", "keras")
    others = [one for one in causes.known() if one.example.set not in sets]
    listed = {cause.id for cause in others}
    assert listed == {*(one[0] for one in SEEN), *(one[0] for one in BESIDE), *tested_elsewhere}


def test_catboost_loses_the_number_of_features_in_every_release() -> None:
    output = OutputDifference(
        verdict=Verdict.LABELS_CHANGED, max_abs=4, max_rel=1, n_changed=1, n=1, note=""
    )
    lost = cell(Verdict.LABELS_CHANGED, stage="n_features_in_", outputs={"n_features_in_": output})
    same = info("1.4.2", catboost="1.2.2")
    estimators = ("catboost.core.CatBoostClassifier",)
    assert (
        causes.cause_of(lost, causes.known(), estimators=estimators, writer=same, reader=same)
        == "catboost-n-features"
    )
