"""Conversions of the fitted state: each is applied to a model as an older release left it."""

from __future__ import annotations

import io
import pickle
import sys
import types
from typing import Any

import numpy as np
import pytest
from compat_worker.conversions import convert, stand_ins, trees
from compat_worker.conversions.conversion import Lost
from compat_worker.conversions.registry import CONVERSIONS
from compat_worker.conversions.renamed_modules import RENAMED
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    IsolationForest,
    RandomForestClassifier,
)
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from matrix import causes

X = np.random.default_rng(0).normal(size=(90, 3))
Y = (X[:, 0] > 0).astype(int) + (X[:, 1] > 1)


MULTINOMIAL_ONLY = "multi_class" not in LogisticRegression().get_params()
"""Whether this release has no one-vs-rest logistic regression (1.8)."""


def names_of(done: list[dict[str, Any]]) -> set[str]:
    return {one["name"] for one in done}


def as_of_1_2(tree: Any) -> None:
    """Counts in the place of shares, and no ``monotonic_cst``."""
    values = tree.tree_.value
    values *= tree.tree_.weighted_n_node_samples[:, None, None]
    del tree.monotonic_cst


def test_the_trees_of_a_forest_get_shares_and_parameters() -> None:
    model = make_pipeline(StandardScaler(), RandomForestClassifier(3, random_state=0)).fit(X, Y)
    before = model.predict_proba(X)
    forest = model[-1]
    for tree in forest.estimators_:
        as_of_1_2(tree)
    del forest.monotonic_cst, forest.estimator_.monotonic_cst
    assert np.abs(model.predict_proba(X) - before).max() > 1, "an older file gives other values"
    done = {one["name"]: one["places"] for one in convert.convert(model)}
    assert done == {"tree-values-1.3": 3, "monotonic_cst=None": 5}
    np.testing.assert_allclose(model.predict_proba(X), before, rtol=1e-12)
    assert repr(forest.estimators_[0]) == repr(clone(forest.estimators_[0]))


def test_a_model_of_this_release_is_not_changed() -> None:
    model = make_pipeline(StandardScaler(), RandomForestClassifier(3, random_state=0)).fit(X, Y)
    assert convert.convert(model) == []


def test_nodes_are_copied_field_by_field_and_new_fields_are_zero() -> None:
    old = np.zeros(2, dtype=[("threshold", "<f8"), ("left_child", "<i8")])
    old["threshold"], old["left_child"] = (1.5, -2.0), (1, -1)
    layout = np.dtype([("left_child", "<i8"), ("threshold", "<f8"), ("missing_go_to_left", "u1")])
    new = trees.fields_copied(old, layout)
    assert new.dtype == layout
    assert new.tolist() == [(1, 1.5, 0), (-1, -2.0, 0)]


def test_a_tree_whose_nodes_have_another_layout_becomes_a_plain_one() -> None:
    model = DecisionTreeClassifier(random_state=0).fit(X, Y)
    _, arguments, state = model.tree_.__reduce__()
    fields = [name for name in state["nodes"].dtype.names if name != "missing_go_to_left"]
    old = np.zeros(
        len(state["nodes"]), dtype=[(name, state["nodes"].dtype[name]) for name in fields]
    )
    for name in fields:
        old[name] = state["nodes"][name]
    plain = type(model.tree_)
    with pytest.raises(ValueError, match="incompatible dtype"):
        plain(*arguments).__setstate__({**state, "nodes": old})
    before = model.predict_proba(X)
    with stand_ins.while_loading([("sklearn.tree._tree", "Tree")]):
        from sklearn.tree import _tree

        model.tree_ = _tree.Tree(*arguments)
        model.tree_.__setstate__({**state, "nodes": old})
    assert type(model.tree_) is not plain
    assert names_of(convert.convert(model)) == {"tree-layout-1.3"}
    assert type(model.tree_) is plain
    np.testing.assert_array_equal(model.predict_proba(X), before)


def test_gradient_boosting_with_a_lost_loss_gets_one_of_this_release() -> None:
    model = GradientBoostingClassifier(n_estimators=4, random_state=0).fit(X, Y)
    expected = model.predict_proba(X), model.decision_function(X)
    mean = np.log(model.init_.class_prior_).mean()
    for tree in model.estimators_[0]:  # an older release began with the logarithms as they are
        values = tree.tree_.value
        values -= mean / model.learning_rate
    del model.n_trees_per_iteration_
    model._loss = Lost()
    assert "gradient-boosting-loss-1.4" in names_of(convert.convert(model))
    np.testing.assert_allclose(model.predict_proba(X), expected[0])
    np.testing.assert_allclose(model.decision_function(X), expected[1])


def test_histogram_boosting_of_1_3() -> None:
    model = HistGradientBoostingClassifier(max_iter=3).fit(X, Y)
    before = model.predict_proba(X)
    del model._preprocessor, model._is_categorical_remapped
    model._loss = Lost()
    model._baseline_prediction = model._baseline_prediction.ravel()
    done = names_of(convert.convert(model))
    assert {f"histogram-boosting-{name}" for name in ("preprocessor-1.4", "loss-1.4")} <= done
    np.testing.assert_array_equal(model.predict_proba(X), before)


def test_the_loss_of_sgd_is_made_anew() -> None:
    model = SGDClassifier(loss="log_loss", random_state=0).fit(X, Y)
    made = type(model._loss_function_)
    del model._loss_function_
    model.loss_function_ = Lost()
    model.loss = "log"
    assert names_of(convert.convert(model)) == {"sgd-loss-1.6"}
    assert (type(model._loss_function_), model.loss) == (made, "log_loss")
    assert "loss_function_" not in vars(model)


def test_a_table_is_prepared_as_before() -> None:
    table = np.c_[X, np.arange(90) % 3]
    numbers = make_pipeline(SimpleImputer(), StandardScaler())
    steps = [("numbers", numbers, [0, 1]), ("category", OneHotEncoder(), [3])]
    model = ColumnTransformer(steps, remainder="passthrough").fit(table)
    before = model.transform(table)
    imputer, encoder = numbers.named_steps["simpleimputer"], model.named_transformers_["category"]
    imputer = model.named_transformers_["numbers"][0]
    del imputer._fill_dtype
    del encoder._infrequent_enabled, encoder._drop_idx_after_grouping, encoder._n_features_outs
    del model._transformer_to_input_indices
    name, _, columns = model.transformers_[-1]
    model.transformers_[-1] = (name, "passthrough", columns)
    done = names_of(convert.convert(model))
    assert done == {
        *("imputer-type-1.8", "one-hot-infrequent-1.3", "columns-by-number-1.0"),
        "passthrough-1.4",
    }
    np.testing.assert_array_equal(model.transform(table), before)
    assert repr(clone(model))


def test_weights_of_words_are_taken_from_the_diagonal() -> None:
    from scipy import sparse

    model = TfidfTransformer().fit(np.abs(X).round())
    before = model.transform(np.abs(X).round()).toarray()
    model._idf_diag = sparse.diags(model.__dict__.pop("idf_"), format="csr")
    assert names_of(convert.convert(model)) == {"idf-1.5"}
    np.testing.assert_array_equal(model.transform(np.abs(X).round()).toarray(), before)


def test_paths_of_an_isolation_forest_are_computed() -> None:
    model = IsolationForest(n_estimators=3, random_state=0).fit(X)
    before = model.score_samples(X)
    del model._decision_path_lengths, model._average_path_length_per_tree
    assert names_of(convert.convert(model)) == {"isolation-paths-1.3"}
    np.testing.assert_array_equal(model.score_samples(X), before)


def test_another_class_takes_the_place_of_a_model_only_on_request() -> None:
    one_vs_rest = OneVsRestClassifier(LogisticRegression()).fit(X, Y)
    model = make_pipeline(StandardScaler(with_mean=False, with_std=False), LogisticRegression())
    model.fit(X, Y)
    members = one_vs_rest.estimators_
    model[-1].coef_ = np.vstack([one.coef_ for one in members])
    model[-1].intercept_ = np.concatenate([one.intercept_ for one in members])
    model[-1].multi_class = "ovr"
    assert convert.convert(model) == []
    done = names_of(convert.convert(model, True))
    assert done == ({"one-vs-rest-1.8"} if MULTINOMIAL_ONLY else set())
    if done:
        for method in ("predict", "predict_proba", "decision_function"):
            expected = getattr(one_vs_rest, method)(X)
            np.testing.assert_allclose(getattr(model, method)(X), expected)
        assert repr(clone(model)) == repr(model)


def loaded(data: bytes, names: list[tuple[str, str]]) -> Any:
    with stand_ins.while_loading(names):
        return pickle.load(io.BytesIO(data))


def test_a_renamed_module_is_found_under_its_old_name_while_a_file_is_loaded() -> None:
    data = b"csklearn.svm.classes\nSVC\n."
    with pytest.raises(ModuleNotFoundError):
        pickle.loads(data)
    found = loaded(data, [("sklearn.svm.classes", "SVC")])
    assert found.__module__ == "sklearn.svm._classes"
    with pytest.raises(ModuleNotFoundError):
        pickle.loads(data)


def test_a_lost_class_stands_in_only_if_the_tables_name_it() -> None:
    data = b"csklearn.ensemble._gb_losses\nBinomialDeviance\n(I2\ntR."
    found = loaded(data, [("sklearn.ensemble._gb_losses", "BinomialDeviance")])
    assert isinstance(found, Lost)
    for module, name in [("sklearn.gone", "Thing"), ("other.gone", "Thing")]:
        with pytest.raises(ModuleNotFoundError):
            loaded(f"c{module}\n{name}\n.".encode(), [(module, name)])


def test_stand_ins_are_gone_after_a_failure() -> None:
    module = types.ModuleType("sklearn.neighbors._dist_metrics")
    with pytest.raises(ZeroDivisionError), stand_ins.while_loading(None):
        raise ZeroDivisionError
    assert module.__name__ not in sys.modules
    assert "sklearn.ensemble._gb_losses" not in sys.modules


def test_each_conversion_has_a_name_and_a_meaning_of_its_own() -> None:
    names = [one.name for one in CONVERSIONS]
    assert len(names) == len(set(names))
    assert all(one.meaning and one.classes for one in CONVERSIONS)
    assert not set(RENAMED.values()) & set(RENAMED) - {"sklearn.neighbors._dist_metrics"}


OF_NO_CAUSE = {
    "one-vs-rest-1.8",
    "dummy-strategy-0.24",
    "histogram-boosting-bins-0.24",
    "isolation-paths-1.3",
}
"""Conversions of what fails after something else that has a cause, or of what is older."""


def test_every_conversion_belongs_to_a_cause_and_exists() -> None:
    registered = {one.name for one in CONVERSIONS}
    named = {name for cause in causes.known() for name in cause.conversions}
    assert named - registered == {"names", "parameters"}
    assert registered - named == OF_NO_CAUSE


def test_a_parameter_that_was_not_given_has_the_default_of_this_release() -> None:
    """Newer releases mark it as deprecated, and older ones take the mark for a value."""
    model = LogisticRegression().fit(np.arange(8.0).reshape(-1, 1), [0, 1] * 4)
    model.C = "deprecated"
    done = convert.convert(model)
    assert model.C == 1.0
    assert [one["name"] for one in done] == ["markers"]
    assert convert.convert(model) == []
