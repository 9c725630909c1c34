"""Rows are made from what a fitted model knows, and its methods accept them."""

from __future__ import annotations

import warnings
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from compat_worker import (
    content,
    evidence,
    feature_inference,
    input_model,
    input_spec,
    output_methods,
    row_making,
)
from compat_worker.user_error import UserError
from numpy.typing import NDArray
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer, make_column_transformer
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.feature_extraction import DictVectorizer
from sklearn.feature_extraction.text import HashingVectorizer, TfidfVectorizer
from sklearn.feature_selection import SelectKBest
from sklearn.impute import SimpleImputer
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.mixture import GaussianMixture
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import CategoricalNB, GaussianNB, MultinomialNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    KBinsDiscretizer,
    LabelEncoder,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    StandardScaler,
)
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

RANDOM = np.random.RandomState(0)
X = RANDOM.normal(size=(120, 3)) * [1.0, 10.0, 1000.0] + [0.0, 50.0, 1e5]
Y = (X[:, 0] + X[:, 1] / 10.0 > 5.0).astype(int)
PEOPLE = pd.DataFrame(
    {
        "age": RANDOM.randint(18, 80, 120).astype(float),
        "city": RANDOM.choice(["Köln", "Paris", "Rome"], 120),
        "note": RANDOM.choice(["a good day", "bad nights", "so so"], 120),
    }
)
TEXTS = list(PEOPLE["note"])


class HalfOf(TransformerMixin, BaseEstimator):
    """Knows nothing."""

    def fit(self, X: Any, y: Any = None) -> HalfOf:
        return self

    def transform(self, X: Any) -> Any:
        return np.asarray(X) / 2.0


class Odd(HalfOf):
    """Raises when it is looked at."""

    @property
    def steps(self) -> Any:
        raise RuntimeError("not now")

    def __getattr__(self, name: str) -> Any:
        if name == "transformers_":
            return 3
        raise AttributeError(name)


class Fussy(BaseEstimator):
    """Accepts one number alone."""

    def fit(self, X: Any, y: Any = None) -> Fussy:
        return self

    def predict(self, X: Any) -> Any:
        raise ValueError("not these")


class Careful(LinearRegression):  # type: ignore[misc]
    def predict(self, X: Any) -> Any:
        if (np.asarray(X) > 1e6).any():
            raise ValueError("too large")
        return super().predict(X)


def table() -> ColumnTransformer:
    return ColumnTransformer(
        [
            ("numbers", make_pipeline(SimpleImputer(), StandardScaler()), ["age"]),
            ("city", OneHotEncoder(), ["city"]),
            ("note", TfidfVectorizer(), "note"),
        ]
    )


MODELS = {
    "tree": lambda: DecisionTreeClassifier(max_depth=4).fit(X, Y),
    "scaled forest": lambda: make_pipeline(StandardScaler(), RandomForestClassifier(5)).fit(X, Y),
    "histograms": lambda: HistGradientBoostingClassifier(max_iter=3).fit(X, Y),
    "boosting": lambda: GradientBoostingRegressor(n_estimators=5).fit(X, X[:, 0]),
    "linear": lambda: LinearRegression().fit(X, X[:, 0]),
    "neighbours": lambda: make_pipeline(MinMaxScaler(), KNeighborsClassifier(3)).fit(X, Y),
    "svm after pca": lambda: make_pipeline(StandardScaler(), PCA(2), SVC()).fit(X, Y),
    "bins": lambda: make_pipeline(KBinsDiscretizer(3), LogisticRegression()).fit(X, Y),
    "selected": lambda: make_pipeline(SelectKBest(k=2), LogisticRegression()).fit(X, Y),
    "isotonic": lambda: IsotonicRegression().fit(X[:, 0], X[:, 1]),
    "counts": lambda: MultinomialNB().fit(np.abs(np.floor(X[:, :2])), Y),
    "codes": lambda: CategoricalNB().fit(np.abs(np.floor(X[:, :1])), Y),
    "table": lambda: make_pipeline(table(), LogisticRegression()).fit(PEOPLE, Y),
    "texts": lambda: make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(TEXTS, Y),
    "texts in two ways": lambda: make_pipeline(
        FeatureUnion([("words", TfidfVectorizer()), ("hashes", HashingVectorizer(n_features=32))]),
        LogisticRegression(),
    ).fit(TEXTS, Y),
    "labels": lambda: LabelEncoder().fit(["a", "b"]),
    "own code": lambda: make_pipeline(HalfOf(), LogisticRegression()).fit(X, Y),
    "rare class": lambda: LogisticRegression().fit(X / X.std(axis=0), np.arange(120) < 2),
}


def make(model: Any, n: int = 120) -> row_making.MadeRows:
    return row_making.make_rows(model, n)


@pytest.mark.parametrize("name", MODELS)
def test_every_method_accepts_the_rows(name: str) -> None:
    model = MODELS[name]()
    made = make(model)
    assert made.n == sum(made.kinds.values())
    for method in output_methods.taking_rows(model):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            row_making.output_methods.call(model, method, made.rows)


@pytest.mark.parametrize("name", MODELS)
def test_the_same_model_gives_the_same_rows_and_they_can_be_kept(name: str) -> None:
    model = MODELS[name]()
    first = content.encode(make(model).rows)
    np.random.seed(1)
    assert content.encode(make(model).rows) == first
    assert content.encode(content.decode(first)) == first


@pytest.mark.parametrize(
    "name",
    ["tree", "scaled forest", "histograms", "neighbours", "svm after pca", "table", "rare class"],
)
def test_a_classifier_predicts_every_class_on_them(name: str) -> None:
    model = MODELS[name]()
    assert set(model.predict(make(model).rows)) == set(model.classes_)


def kind_of(model: Any, kind: str) -> NDArray[Any]:
    """The rows of one kind."""
    made = make(model, 400)
    start = 0
    for name, count in made.kinds.items():
        if name == kind:
            return np.asarray(made.rows)[start : start + count]
        start += count
    raise AssertionError(f"no rows of the kind {kind!r}: {made.kinds}")


def test_rows_lie_at_each_threshold_of_a_tree_and_right_above_it() -> None:
    model = DecisionTreeClassifier(max_depth=3, random_state=0).fit(X, Y)
    rows = kind_of(model, input_model.THRESHOLD).astype(np.float32)
    tree = model.tree_
    for feature, threshold in zip(tree.feature, tree.threshold, strict=True):
        if feature >= 0:
            values = np.unique(rows[:, feature])
            below, above = values[values <= threshold], values[values > threshold]
            assert np.nextafter(below.max(), np.float32(np.inf)) == above.min()


def test_thresholds_behind_a_scaler_are_met_in_the_units_of_the_rows() -> None:
    model = make_pipeline(StandardScaler(), DecisionTreeClassifier(max_depth=1)).fit(X, Y)
    scaled = model[0].transform(kind_of(model, input_model.THRESHOLD))
    tree = model[1].tree_
    nearest = np.sort(np.abs(scaled[:, tree.feature[0]] - tree.threshold[0]))[:2]
    assert nearest.max() < 1e-4 * max(1.0, abs(tree.threshold[0]))
    assert len(set(model.predict(kind_of(model, input_model.THRESHOLD)))) == 2


def test_rows_lie_on_the_edges_of_bins() -> None:
    model = KBinsDiscretizer(4, encode="ordinal").fit(X)
    rows = kind_of(model, input_model.EDGE)
    for feature, edges in enumerate(model.bin_edges_):
        assert set(edges) <= set(rows[:, feature])


def test_rows_that_a_model_keeps_are_among_them() -> None:
    model = KNeighborsClassifier(3).fit(X, Y)
    kept = {tuple(row) for row in X}
    assert {tuple(row) for row in kind_of(model, input_model.STORED)} <= kept


@pytest.mark.parametrize(
    "model", [KMeans(3, n_init=1, random_state=0), GaussianNB(), GaussianMixture(2)]
)
def test_rows_beside_centres_are_not_called_rows_that_the_model_keeps(model: Any) -> None:
    model.fit(np.arange(20.0).reshape(10, 2), [0, 1] * 5)
    kinds = row_making.make_rows(model, 60).kinds
    assert {input_model.CENTRE, input_model.BETWEEN_CENTRES} <= set(kinds)
    assert input_model.STORED not in kinds


@pytest.mark.parametrize("state", ["_idf_diag", "idf_"])
def test_old_tf_idf_says_its_width_by_its_weights(state: str) -> None:
    """scikit-learn before 1.0 stores no number of features there."""
    weights = sparse.diags(np.arange(1.0, 8.0)) if state == "_idf_diag" else np.arange(1.0, 8.0)
    assert input_spec.n_features(SimpleNamespace(**{state: weights})) == 7


def test_rows_are_where_a_scaler_saw_them() -> None:
    model = make_pipeline(StandardScaler(), LinearRegression()).fit(X, X[:, 0])
    rows = kind_of(model, input_model.PLAIN)
    assert np.abs(rows.mean(axis=0) - X.mean(axis=0)).max() < 0.5 * X.std(axis=0).max()


def test_rows_lie_on_either_side_of_a_decision() -> None:
    model = LogisticRegression().fit(X / X.std(axis=0), Y)
    probabilities = model.predict_proba(kind_of(model, input_model.DECISION))[:, 1]
    assert np.abs(probabilities - 0.5).max() < 0.1
    assert (probabilities > 0.5).any()
    assert (probabilities < 0.5).any()


def test_a_table_has_its_columns_by_name_and_what_its_encoders_know() -> None:
    rows = make(make_pipeline(table(), LogisticRegression()).fit(PEOPLE, Y)).rows
    assert list(rows.columns) == ["age", "city", "note"]
    assert set(rows["city"]) == {"Köln", "Paris", "Rome"}
    assert rows["age"].isna().any(), "the imputer takes missing values"
    assert "" in set(rows["note"])
    assert rows["age"].between(10, 90).mean() > 0.5


def test_a_category_that_is_not_accepted_is_left_out_and_said() -> None:
    strict = OneHotEncoder().fit(PEOPLE[["city"]])
    lenient = OneHotEncoder(handle_unknown="ignore").fit(PEOPLE[["city"]])
    assert input_model.UNSEEN in make(lenient).kinds
    assert make(lenient).dropped == {}
    assert input_model.UNSEEN not in make(strict).kinds
    assert make(strict).dropped[input_model.UNSEEN]["rows"] == 1
    assert "unknown categories" in make(strict).dropped[input_model.UNSEEN]["raised"]["message"]


def test_a_missing_category_comes_where_one_was_seen() -> None:
    cities = PEOPLE[["city"]].astype(object).where(PEOPLE[["age"]].to_numpy() > 30, np.nan)
    made = make(OrdinalEncoder().fit(cities))
    assert made.rows["city"].isna().sum() == made.kinds[input_model.MISSING]


def missing(made: Any, column: str) -> set[str]:
    return {str(value) for value in made.rows[column] if not isinstance(value, str)}


def cities_with(value: Any) -> Any:
    cities = pd.DataFrame({"city": pd.Series(["Rome", "Köln", value], dtype=object)})
    return OneHotEncoder(handle_unknown="ignore").fit(cities)


def test_texts_are_missing_as_in_training_and_in_each_way_where_that_is_unknown() -> None:
    with pd.option_context("future.infer_string", False):  # as pandas 2
        for value, found in ((None, {"None"}), (np.nan, {"nan"}), ("Bern", {"None", "nan"})):
            made = make(cities_with(value))
            assert missing(made, "city") == found
            assert made.source is None
            assert made.kinds[input_model.MISSING] >= 8


@pytest.mark.parametrize("value", [None, np.nan, "Bern"])
def test_where_pandas_makes_all_missing_texts_the_same_both_kinds_are_kept_for_others(
    value: Any,
) -> None:
    with pd.option_context("future.infer_string", True):  # as pandas 3
        made = make(cities_with(value))
    assert missing(made, "city") == {"nan"}
    assert made.source is not None
    plain = made._replace(rows=made.source.values)
    assert missing(plain, "city") == {"None", "nan"}
    assert len(plain.rows) == made.n


def test_a_strict_encoder_takes_what_pandas_makes_of_none() -> None:
    """Also where rows are tried one by one, because it refuses others."""
    cities = pd.DataFrame({"city": ["Rome", "Köln", np.nan], "size": [1.0, 2.0, 3.0]})
    columns = make_column_transformer((OneHotEncoder(), ["city"]), remainder="passthrough")
    with pd.option_context("future.infer_string", True):  # as pandas 3
        made = make(columns.fit(cities))
    assert made.source is not None
    assert missing(made._replace(rows=made.source.values), "city") == {"None", "nan"}
    assert input_model.MISSING not in made.dropped


def test_texts_are_not_missing_where_the_model_does_not_take_it() -> None:
    made = make(OneHotEncoder().fit(PEOPLE[["city"]]))
    assert missing(made, "city") == set()
    assert made.dropped.get(input_model.MISSING) is None


def test_categories_of_a_frame_stay_categories() -> None:
    frame = PEOPLE[["age", "city"]].astype({"city": "category"})
    model = HistGradientBoostingClassifier(max_iter=2, categorical_features="from_dtype")
    made = make(model.fit(frame, Y))
    assert str(made.rows["city"].dtype) == "category"
    assert input_model.THRESHOLD in made.kinds


def test_rows_that_a_model_refuses_do_not_make_the_others_useless() -> None:
    made = make(Careful().fit(X[:, :2], Y))
    assert made.n > 50
    scaled = make_pipeline(MinMaxScaler((0, 1e6)), Careful()).fit(X, Y)
    made = make(scaled)
    assert made.n > 20
    assert input_model.OUTLIER in made.dropped


def test_counts_are_whole_and_not_negative() -> None:
    rows = make(MODELS["counts"]()).rows
    assert (rows >= 0).all()
    plain = kind_of(MODELS["counts"](), input_model.PLAIN)
    assert (plain == np.floor(plain)).all()


def test_a_sparse_model_gets_sparse_rows() -> None:
    model = SVC().fit(sparse.csr_matrix(X[:, :2]), Y)
    assert sparse.issparse(make(model).rows)


def test_texts_are_known_words_unknown_ones_accents_and_nothing() -> None:
    rows = make(MODELS["texts"]()).rows
    assert any(row.split()[0] in ("good", "bad", "so", "nights", "day") for row in rows if row)
    assert "" in rows
    assert any("é" in row for row in rows)
    assert any("qwertzuiop" in row for row in rows)


def test_a_model_that_accepts_nothing_is_said_to_need_data() -> None:
    with pytest.raises(
        UserError, match=r"Fussy accepts \(it raised ValueError: not these\).*--data"
    ):
        make(Fussy().fit(X))


def test_a_model_without_methods_is_said_to_have_none() -> None:
    with pytest.raises(UserError, match="no method that takes rows"):
        make(BaseEstimator())


def test_wide_rows_are_fewer() -> None:
    wide = LinearRegression().fit(np.ones((3, 50_000)), [1, 2, 3])
    assert make(wide, 200).rows.shape == (40, 50_000)


def test_names_are_found_inside_a_search_of_any_release() -> None:
    search = GridSearchCV(make_pipeline(table(), LogisticRegression()), {"memory": [None]}, cv=2)
    search.fit(PEOPLE, Y)
    found = feature_inference.infer(search)
    assert found is not None
    assert found.names == ["age", "city", "note"]
    assert [column.is_text for column in found.columns] == [False, True, True]


def test_an_odd_model_is_known_as_far_as_it_can_be() -> None:
    model = make_pipeline(StandardScaler(), Odd(), LogisticRegression()).fit(X, Y)
    found = feature_inference.infer(model)
    assert found is not None
    assert [column.centre is None for column in found.columns] == [False, False, False]


def test_a_tree_gets_missing_values_only_if_it_saw_some() -> None:
    gaps = np.where(np.arange(120)[:, None] % 4 == 0, np.nan, X)
    never = DecisionTreeClassifier(random_state=0).fit(X, Y)
    once = DecisionTreeClassifier(random_state=0).fit(gaps, Y)
    assert input_model.MISSING not in make(never).kinds
    assert input_model.MISSING in make(once).kinds


def test_features_that_were_whole_numbers_stay_whole() -> None:
    whole = np.floor(X / X.std(axis=0) * 3.0)
    rows = kind_of(KNeighborsClassifier(3).fit(whole, Y), input_model.PLAIN)
    assert (rows == np.floor(rows)).all()
    assert len(np.unique(rows)) > 5


class Records(TransformerMixin, BaseEstimator):
    """Makes dicts of the rows of a table."""

    def fit(self, X: Any, y: Any = None) -> Records:
        return self

    def transform(self, X: Any) -> Any:
        rows = np.asarray(X).tolist()
        return [{f"pixel{at}": v for at, v in enumerate(row) if v} for row in rows]


def test_a_table_is_made_for_a_step_that_turns_it_into_dicts() -> None:
    model = make_pipeline(Records(), DictVectorizer()).fit(np.ones((5, 40)))
    made = make(model)
    assert made.rows.shape[1] == 40
    assert (model.transform(made.rows).toarray().std(axis=0) > 0).all()


def test_what_is_drawn_at_random_is_called_so() -> None:
    made = make(LinearRegression().fit(X, X[:, 0]))
    assert input_model.RANDOM in made.kinds
    assert input_model.PLAIN not in made.kinds
    assert input_model.RANDOM not in make(MODELS["bins"]()).kinds


class Flat(LinearRegression):  # type: ignore[misc]
    """The same for all rows near 0."""

    def predict(self, X: Any) -> Any:
        return np.floor(np.abs(np.asarray(X)).max(axis=1) / 500.0)


def test_rows_with_constant_outputs_are_not_enough() -> None:
    model = Flat().fit(X, X[:, 0])
    made = make(model)
    assert input_model.WIDER in made.kinds
    assert len(np.unique(model.predict(made.rows))) > 1


@pytest.mark.parametrize("name", ["tree", "scaled forest", "histograms", "boosting"])
def test_every_leaf_is_reached(name: str) -> None:
    model = MODELS[name]()
    leaves, reached = evidence.count_leaves(model, make(model).rows)
    assert reached >= 0.98 * leaves > 0


def test_every_word_category_and_kept_row_is_covered() -> None:
    words = [f"word{place}" for place in range(900)]
    texts = make(make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(words, [0, 1] * 450))
    assert {word for text in texts.rows for word in text.split()} >= set(words)
    cities = np.array([[f"city {place}"] for place in range(150)], dtype=object)
    table = make(OneHotEncoder(handle_unknown="ignore").fit(cities))
    assert {row[0] for row in table.rows} >= set(cities.ravel())
    kept = RANDOM.normal(size=(700, 3))
    near = KNeighborsClassifier(5).fit(kept, kept[:, 0] > 0)
    _, found = near.kneighbors(make(near).rows)
    assert len(np.unique(found)) >= 0.95 * len(kept)


class CatBoostClassifier:
    """Shows its columns as that of catboost does, and hashes of categories alone."""

    feature_names_ = ("age", "city")
    n_features_in_ = 2

    def get_cat_feature_indices(self) -> list[int]:
        return [1]

    def predict(self, X: Any) -> Any:
        if not all(isinstance(one, str) for one in X["city"]):
            raise TypeError("cat_features must be integer or string")
        return np.zeros(len(X))


CatBoostClassifier.__module__ = "catboost.core"


def test_a_column_of_categories_that_the_model_does_not_show_is_text() -> None:
    known = feature_inference.infer(CatBoostClassifier())
    age, city = known.columns
    assert (age.is_text, city.is_text) == (False, True)
    assert input_model.CATEGORY not in city.specials
    assert input_model.UNSEEN in city.specials


def test_a_model_that_was_saved_before_fit_says_so() -> None:
    with pytest.raises(UserError, match=r"^this LogisticRegression is not fitted: predict raises"):
        row_making.make_rows(LogisticRegression(), 20)


@pytest.mark.parametrize(
    "model",
    [
        KNeighborsClassifier(),
        make_pipeline(FunctionTransformer(np.add), LogisticRegression()),  # raises a TypeError
    ],
)
def test_a_model_that_was_saved_before_it_was_fitted_is_said_to_be_that(model: Any) -> None:
    with pytest.raises(UserError, match="is not fitted: predict raises"):
        row_making.make_rows(model, 20)


def test_a_step_that_raises_is_shown_where_the_model_is_fitted() -> None:
    model = make_pipeline(FunctionTransformer(), LogisticRegression()).fit(X, Y)
    model.steps[0] = ("add", FunctionTransformer(np.add))
    with pytest.raises(UserError, match=r"raised TypeError: .*--data FILE"):
        row_making.make_rows(model, 20)


class TwoSteps:
    """A class of a user's own: no estimator, and nothing in it says how many features it takes."""

    def __init__(self) -> None:
        self.parts = {"scale": StandardScaler(), "model": LogisticRegression()}

    def fit(self, X: pd.DataFrame, y: Any) -> TwoSteps:
        self.parts["model"].fit(self.parts["scale"].fit_transform(X), y)
        return self

    def predict(self, X: pd.DataFrame) -> Any:
        return self.parts["model"].predict(self.parts["scale"].transform(X[["width", "height"]]))


def test_an_object_of_another_class_gets_the_rows_of_an_estimator_in_it() -> None:
    random = np.random.default_rng(0)
    table = pd.DataFrame(random.normal(size=(60, 2)), columns=["width", "height"])
    model = TwoSteps().fit(table, table["width"] > 0)
    made = row_making.make_rows(model, 100)
    assert list(made.rows.columns) == ["width", "height"]
    assert len(set(model.predict(made.rows))) == 2
