"""Faults are planted one at a time, restored bit for bit, and counted the same on every run."""

from __future__ import annotations

import math
import pickle
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from compat_worker import evidence, fault_sites, mutation, output_changes, tree_nodes
from scipy.sparse import csr_matrix
from sklearn.ensemble import (
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.naive_bayes import CategoricalNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import KBinsDiscretizer, OneHotEncoder, SplineTransformer, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from matrix.inspection import inspect

RANDOM = np.random.RandomState(0)
X = RANDOM.normal(size=(150, 3)) * [1.0, 10.0, 1000.0] + [0.0, 50.0, 1e5]
Y = (X[:, 0] + X[:, 1] / 10.0 > 5.0).astype(int)
SCALED = (X - X.mean(axis=0)) / X.std(axis=0)
TARGET = SCALED.sum(axis=1) + 5.0
WORDS = RANDOM.choice(["red", "green", "blue"], (150, 1)).astype(object)
TEXTS = [" ".join(RANDOM.choice(["good", "bad", "day", "night"], 5)) for _ in range(150)]

STATES = {
    "coefficient": (lambda: LinearRegression().fit(X, X[:, 0]), X, "LinearRegression.coef_"),
    "threshold": (
        lambda: DecisionTreeClassifier(max_depth=4).fit(X, Y),
        X,
        "DecisionTreeClassifier.tree_.threshold",
    ),
    "leaf's value": (
        lambda: GradientBoostingRegressor(n_estimators=5, random_state=0).fit(X, X[:, 0]),
        X,
        "DecisionTreeRegressor.tree_.value",
    ),
    "leaf's value of histogram boosting": (
        lambda: HistGradientBoostingClassifier(max_iter=4).fit(X, Y),
        X,
        "HistGradientBoostingClassifier._predictors.value",
    ),
    "bin edge": (
        lambda: KBinsDiscretizer(4, encode="ordinal").fit(X),
        X,
        "KBinsDiscretizer.bin_edges_",
    ),
    "knot": (lambda: SplineTransformer().fit(X), X, "SplineTransformer.bsplines_.c"),
    "idf weight": (
        lambda: make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(TEXTS, Y),
        TEXTS,
        "TfidfTransformer._idf_diag",
    ),
    "word's position": (
        lambda: TfidfVectorizer().fit(TEXTS),
        TEXTS,
        "TfidfVectorizer.vocabulary_",
    ),
    "category": (
        lambda: OneHotEncoder(handle_unknown="ignore").fit(WORDS),
        WORDS,
        "OneHotEncoder.categories_",
    ),
    "category's share": (
        lambda: CategoricalNB(min_categories=9).fit(np.abs(np.floor(X[:, :1])), Y),
        np.abs(np.floor(X[:, :1])),
        "CategoricalNB.feature_log_prob_",
    ),
    "kept row": (lambda: SVC().fit(X, Y), X, "SVC.support_vectors_"),
    "kept row in a compiled index": (
        lambda: KNeighborsClassifier(3, algorithm="kd_tree").fit(X, Y),
        X,
        "KNeighborsClassifier._tree.data",
    ),
    "state rebuilt on load": (
        lambda: IsotonicRegression(out_of_bounds="clip").fit(X[:, 0], X[:, 1]),
        X[:, 0],
        "IsotonicRegression.y_thresholds_",
    ),
}


def saved(model: Any) -> dict[str, str]:
    """Digests of the state, without the counts of the calls of an index of neighbours."""
    own = {name: value for name, value in vars(model).items() if name != "_tree"}
    if hasattr(model, "_tree"):
        own["_tree"] = np.asarray(model._tree.data)
    return {name: str(joblib.hash(value)) for name, value in own.items()}


def sites_of(model: Any, name: str) -> fault_sites.SiteGroup:
    groups = fault_sites.find(model).groups
    found = next((group for label, group in groups.items() if label.endswith(name)), None)
    if found is None and "_idf_diag" in name:  # newer releases keep the weights as an array
        found = next(group for label, group in groups.items() if label.endswith(".idf_"))
    assert found is not None, sorted(groups)
    return found


@pytest.mark.parametrize("kind", STATES)
def test_a_fault_changes_outputs_and_is_restored_bit_for_bit(kind: str) -> None:
    make, rows, name = STATES[kind]
    model = make()
    method = "predict" if hasattr(model, "predict") else "transform"
    method = "predict_proba" if hasattr(model, "predict_proba") else method
    outputs = getattr(model, method)(rows)
    before = saved(model)
    group = sites_of(model, name)
    changed = 0
    for position in range(min(40, group.count())):
        site, place = group.at(position)
        restore = site.plant(place)
        if restore is None:
            continue
        try:
            faulty = pickle.loads(pickle.dumps(model)) if site.rebuilt else model
            changed += mutation.differs(outputs, getattr(faulty, method)(rows))
        finally:
            restore()
    assert changed
    assert saved(model) == before
    assert not mutation.differs(outputs, getattr(model, method)(rows))


@pytest.mark.parametrize("kind", STATES)
def test_measuring_leaves_the_model_as_it_was_and_gives_the_same_score_again(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mutation, "SECONDS", math.inf)  # threads that wait use processor time
    make, rows, _ = STATES[kind]
    model = make()
    mutation.score(model, rows[:5], lambda _: rows)  # calls complete what some models keep
    before = saved(model)
    first = mutation.score(model, rows, lambda _: rows)
    np.random.seed(5)
    assert saved(model) == before
    assert mutation.score(model, rows, lambda _: rows) == first
    assert first.live == first.noticed > 0


def test_rows_that_notice_no_fault_score_zero() -> None:
    model = DecisionTreeClassifier().fit(X, Y)
    same = np.repeat(X[:1], 50, axis=0)
    found = mutation.score(model, same + np.array([0, 1e-9, 0]), lambda _: X)
    assert found.constant
    assert found.live > 10
    assert found.noticed <= 3


def test_the_rows_of_training_notice_nearly_all_faults() -> None:
    model = LogisticRegression().fit(SCALED, Y)
    found = mutation.score(model, SCALED[:40], lambda _: SCALED)
    assert not found.constant
    # Three coefficients, one intercept, two classes.
    assert found.noticed == found.live == found.faults == 6


def test_a_fault_that_no_row_notices_is_not_live() -> None:
    model = LinearRegression().fit(SCALED, TARGET)
    model.unused_ = np.ones(100)
    found = mutation.score(model, SCALED, lambda _: SCALED)
    assert found.faults == 4 + mutation.INERT + len(model.singular_)
    assert found.noticed == found.live == 4


def test_a_forest_is_scored_by_the_tree_that_has_the_fault() -> None:
    model = make_pipeline(StandardScaler(), RandomForestClassifier(30, random_state=0)).fit(X, Y)
    every = mutation.score(model, X, lambda _: X)
    few = mutation.score(model, X[:3], lambda _: X)
    assert every.noticed == every.live >= mutation.LIVE
    assert few.noticed < few.live / 2


def test_a_fault_that_makes_a_method_raise_is_noticed() -> None:
    class Careful(LinearRegression):  # type: ignore[misc]
        def predict(self, X: Any) -> Any:
            if self.coef_[0] != 1.0:
                raise SystemExit("changed")
            return super().predict(X)

    model = Careful().fit(X, X[:, 1])
    model.coef_ = np.ones(3)
    found = mutation.score(model, X, lambda _: X)
    assert found.noticed == found.live >= 3


def test_rows_that_no_method_accepts_give_no_score() -> None:
    found = mutation.score(LinearRegression().fit(X, Y), X[:, :2], lambda _: None)
    assert (found.faults, found.live) == (0, 0)


def test_random_states_are_the_same_for_every_call() -> None:
    class Noisy(LinearRegression):  # type: ignore[misc]
        def predict(self, X: Any) -> Any:
            return super().predict(X) + self.noise_.normal(size=len(X)) + np.random.normal()

    model = Noisy().fit(SCALED, TARGET)
    model.noise_ = np.random.RandomState(3)
    model.unused_ = np.ones(5)
    found = mutation.score(model, SCALED, lambda _: SCALED)
    assert found.noticed == found.live == 4 < found.faults


def test_child_indices_and_positions_of_compiled_code_are_never_changed() -> None:
    forest = RandomForestClassifier(3).fit(X, Y)
    names = set(fault_sites.find(forest).groups) | set(fault_sites.find(SVC().fit(X, Y)).groups)
    forbidden = ("children_left", "children_right", "indptr", "indices", "n_support", ".support_")
    assert not [name for name in names if name.endswith(forbidden)]


@pytest.mark.parametrize(
    "model",
    [
        DecisionTreeClassifier(random_state=0).fit(X, Y),
        RandomForestClassifier(5, random_state=0).fit(X, Y),
        HistGradientBoostingClassifier(max_iter=5).fit(X, Y),
        make_pipeline(StandardScaler(), GradientBoostingRegressor(n_estimators=5)).fit(X, X[:, 0]),
    ],
    ids=["tree", "forest", "histograms", "boosting"],
)
def test_the_rows_of_training_reach_every_leaf_and_one_row_does_not(model: Any) -> None:
    leaves, reached = evidence.count_leaves(model, X)
    assert reached >= 0.7 * leaves > 5  # a tree of a forest is fitted on some of the rows
    assert evidence.count_leaves(model, X[:1])[1] < reached


def test_leaves_are_those_that_the_model_itself_names() -> None:
    model = DecisionTreeClassifier().fit(X, Y)
    assert np.array_equal(tree_nodes.trees_of(model)[0].apply(X), model.apply(X))


def test_a_model_without_trees_has_no_leaves() -> None:
    assert evidence.count_leaves(SVC().fit(X, Y), X) == (0, 0)


def test_a_column_of_large_numbers_hides_no_change_in_another_of_a_sparse_output() -> None:
    before = csr_matrix([[0.5, 0.0, 1.7e9], [0.0, 0.25, 1.7e9]])
    after = csr_matrix([[0.0, 0.5, 1.7e9], [0.0, 0.25, 1.7e9]])
    assert output_changes.differs(before, after)
    assert output_changes.differs(before, csr_matrix([[0.5, 0.0, 1.7e9], [0.0, 0.251, 1.7e9]]))
    assert not output_changes.differs(before, before + csr_matrix([[1e-12, 0, 0], [0, 0, 1.0]]))


def test_a_model_of_joblib_is_copied_with_the_names_of_plain_arrays_too(tmp_path: Path) -> None:
    """joblib has a name of its own for arrays, so the file does not look up those of numpy."""
    model = IsotonicRegression(out_of_bounds="clip").fit(X[:, 0], X[:, 1])
    joblib.dump(model, tmp_path / "model.joblib")
    names = [[one.module, one.qualname] for one in inspect(tmp_path / "model.joblib").names]
    assert not any(name == "_reconstruct" for _, name in names)
    of_all = mutation.score(model, X[:, 0], lambda _: X[:, 0])
    assert mutation.score(model, X[:, 0], lambda _: X[:, 0], names) == of_all
