"""Rules that infer the inputs of one estimator from its fitted attributes.

There is one rule for each way in which estimators store facts about their inputs. The rules look at
attributes rather than at classes, so that they work with every release.
"""

import itertools
from typing import Any, Callable, List, Optional

import numpy as np

from compat_worker import coverage_rules, foreign_estimators, input_model, input_spec
from compat_worker.input_model import Feature, InputModel, Space

SAMPLE = 40
"""Thresholds, edges or rows of one kind that are taken per estimator and feature, at most."""


_CENTRES_AND_SPREADS = (
    ("mean_", ("scale_", "var_")),
    ("center_", ("scale_",)),
    ("_x_mean", ("_x_std",)),
    ("x_mean_", ("x_std_",)),
    ("xbar_", ()),
    ("location_", ()),
    ("statistics_", ()),
)
_ROW_ATTRIBUTES = """
    support_vectors_ _fit_X X_train_ X_fit_ training_data_ X_ cluster_centers_ subcluster_centers_
    centroids_ means_ theta_
""".split()  # noqa: SIM905
_CENTRES = frozenset({"cluster_centers_", "subcluster_centers_", "centroids_", "means_", "theta_"})
"""Those of them that are no rows of the data; a model may measure distances to them."""


def _infer_kind(step: Any, space: Space, found: InputModel) -> None:
    """Mark columns that the estimator computes with, columns of counts, and sparse input."""
    kinds = input_spec.class_names(step)
    computes = not kinds & (input_spec.VECTORIZERS | _TAKE_ANY_VALUE) and input_spec.is_sklearn(
        step
    )
    for feature in space:
        if feature is not None and feature.undo is None and not input_spec.passes_through(step):
            feature.column.numeric |= computes and not feature.assumed
            feature.column.counts = feature.column.counts or bool(kinds & _TAKE_COUNTS)
    if input_spec.get(step, "_sparse") is True or hasattr(input_spec.get(step, "_fit_X"), "tocsr"):
        traced = all(feature is not None and feature.undo is None for feature in space)
        found.sparse = traced or found.places is not None
    if found.sparse and found.filled is None:
        found.filled = _filled(step)


def _filled(step: Any) -> Optional[float]:
    """The mean number of values that are not zero in the sparse rows that a model keeps."""
    for name in ("_fit_X", "support_vectors_"):
        rows = input_spec.get(step, name)
        if hasattr(rows, "nnz") and rows.shape[0]:
            return float(rows.nnz) / float(rows.shape[0])
    return None


_TAKE_ANY_VALUE = {
    "OneHotEncoder",
    "OrdinalEncoder",
    "TargetEncoder",
    "SimpleImputer",
    "MissingIndicator",
    "DummyClassifier",
    "DummyRegressor",
    "DictVectorizer",
    "FeatureHasher",
    "HistGradientBoostingClassifier",
    "HistGradientBoostingRegressor",
} | input_spec.LABELS
_TAKE_COUNTS = {
    "MultinomialNB",
    "ComplementNB",
    "LatentDirichletAllocation",
    "NMF",
    "MiniBatchNMF",
    "TfidfTransformer",
    "AdditiveChi2Sampler",
}


def _infer_spans(step: Any, space: Space, found: InputModel) -> None:
    low, high = input_spec.get(step, "data_min_"), input_spec.get(step, "data_max_")
    if low is not None and high is not None:
        for feature, one, other in zip(space, low, high):
            _set_span(feature, (one + other) / 2.0, (other - one) / 3.0)
            _add_cuts(feature, input_model.END, [one, other])
    for name, spreads in _CENTRES_AND_SPREADS:
        centres = input_spec.get(step, name)
        if centres is None or np.ndim(centres) != 1 or np.asarray(centres).dtype.kind not in "iuf":
            continue
        wide = next(
            (input_spec.get(step, one) for one in spreads if input_spec.get(step, one) is not None),
            None,
        )
        wide = np.abs(centres) / 3.0 + 1.0 if wide is None else wide
        for feature, centre, spread in zip(space, centres, wide):
            _set_span(feature, float(centre), float(spread))
    largest = input_spec.get(step, "max_abs_")
    for feature, one in zip(space, [] if largest is None else largest):
        _set_span(feature, 0.0, float(one) / 2.0)
        _add_cuts(feature, input_model.END, [-one, one])


def _infer_stored_rows(step: Any, space: Space, found: InputModel) -> None:
    for name in (
        _ROW_ATTRIBUTES + ["tree_"] + ["components_"] * ("Nystroem" in input_spec.class_names(step))
    ):
        rows = input_spec.get(step, name)
        if hasattr(rows, "tocsr"):
            if found.places is not None:
                continue  # of all features; :mod:`compat_worker.sparse_neighbors` makes such rows
            rows = rows[_sample(rows.shape[0])].toarray()
        if hasattr(rows, "data") and not isinstance(rows, np.ndarray):  # a KDTree or BallTree
            rows = np.asarray(rows.data)
        rows = np.asarray(rows) if rows is not None else np.empty(0)
        if rows.ndim != 2 or rows.dtype.kind not in "iuf" or rows.shape[1] != len(space):
            continue
        rows = rows[_sample(len(rows))].astype(np.float64)
        if name in _CENTRES:
            rows = _beside(rows)
        found.store_rows(space, rows, centres=name in _CENTRES)
        for feature, values in zip(space, rows.T):
            if feature is not None and feature.undo is None:
                feature.column.whole = bool((values == np.floor(values)).all())
        own = input_spec.get(step, "var_") if name == "theta_" else None
        own = input_spec.get(step, "sigma_") if name == "theta_" and own is None else own
        more = 0.0 if own is None else np.sqrt(np.asarray(own).mean(axis=0))
        wide = np.nanstd(rows, axis=0) + more
        for feature, centre, spread in zip(space, np.nanmean(rows, axis=0), wide):
            _set_span(feature, float(centre), float(spread) or 1.0)


def _beside(centres: Any) -> Any:
    """Rows near centres, but not at them: the distance of a centre to itself is only rounding.

    scikit-learn computes it as the root of a difference of squares, which is about 1e-8 times the
    size of the numbers instead of 0, and another value with each build of the linear algebra.
    """
    wide = np.nanstd(centres, axis=0)
    return centres + 0.01 * np.where(wide > 0, wide, np.abs(centres).mean(axis=0) + 1.0)


def _infer_trees(step: Any, space: Space, found: InputModel) -> None:
    tree = input_spec.get(step, "tree_")
    if tree is None or not hasattr(tree, "threshold"):
        return
    inner = np.asarray(tree.children_left) >= 0
    places, values = np.asarray(tree.feature)[inner], np.asarray(tree.threshold)[inner]
    at_missing = _saw_missing_values(tree)[inner]
    for place in np.unique(places):
        feature = input_model.feature_at(space, int(place))
        # Trees cast their input to float32 and compare with <=.
        own = np.unique(values[places == place])
        below = own.astype(np.float32)
        below = np.where(below > own, np.nextafter(below, np.float32(-np.inf)), below)
        above = np.nextafter(below, np.float32(np.inf))
        _add_cuts(feature, input_model.THRESHOLD, below, above)
        if feature is not None and at_missing[places == place].any():
            feature.column.add_special(input_model.MISSING, np.nan)


def _saw_missing_values(tree: Any) -> Any:
    """Mask of the tree nodes at which missing values were seen in training.

    At the other nodes a missing value goes to the child with more samples.
    """
    sides = getattr(tree, "missing_go_to_left", None)
    if sides is None:
        return np.zeros(tree.node_count, dtype=bool)
    sizes = np.asarray(tree.n_node_samples)
    to_left = sizes[tree.children_left] > sizes[tree.children_right]
    return (np.asarray(sides, dtype=bool) != to_left) | np.isinf(tree.threshold)


def _infer_boosting(step: Any, space: Space, found: InputModel) -> None:
    rounds = input_spec.get(step, "_predictors")
    if rounds is None:
        return
    nodes = np.concatenate(
        [one.nodes for each in rounds[:: max(1, len(rounds) // 20)] for one in each]
    )
    nodes = nodes[nodes["is_leaf"] == 0]
    if "is_categorical" in nodes.dtype.names:
        nodes = nodes[nodes["is_categorical"] == 0]
    name = "num_threshold" if "num_threshold" in nodes.dtype.names else "threshold"
    for place in np.unique(nodes["feature_idx"]):
        _add_cuts(
            input_model.feature_at(space, int(place)),
            input_model.THRESHOLD,
            nodes[name][nodes["feature_idx"] == place],
        )
    for feature in space:
        if feature is not None:
            feature.column.add_special(input_model.MISSING, np.nan)
    _infer_boosting_categories(step, space)


def _infer_boosting_categories(step: Any, space: Space) -> None:
    mapper = input_spec.get(step, "_bin_mapper")
    mapper = input_spec.get(step, "bin_mapper_") if mapper is None else mapper
    flags = input_spec.get(step, "_is_categorical_remapped")  # of the columns in the bins' order
    flags = input_spec.get(step, "is_categorical_") if flags is None else flags
    flags = np.zeros(len(space), dtype=bool) if flags is None else flags
    for place, values in enumerate(input_spec.get(mapper, "bin_thresholds_") or ()):
        feature = input_model.feature_at(space, place)
        if feature is None:
            continue
        if place < len(flags) and flags[place]:
            if not feature.column.categories:  # else these are the codes of known categories
                _add_categories(feature, list(values))
        else:
            _set_numeric(feature)
            _add_cuts(feature, input_model.EDGE, np.asarray(values)[_sample(len(values))])


def _infer_edges(step: Any, space: Space, found: InputModel) -> None:
    for feature, edges in zip(space, input_spec.or_empty(input_spec.get(step, "bin_edges_"))):
        _add_cuts(feature, input_model.EDGE, edges)
        # Up to scikit-learn 1.1 a value that lies just below an edge counts as the edge.
        inner = np.asarray(edges, dtype=np.float64)[1:-1]
        _add_cuts(feature, input_model.EDGE, inner - np.abs(inner) * 1e-6, inner)
    quantiles = input_spec.get(step, "quantiles_")
    if quantiles is not None and np.ndim(quantiles) == 2:
        for feature, edges in zip(space, np.asarray(quantiles).T):
            _add_cuts(feature, input_model.EDGE, edges)
            _set_span_of(feature, edges)
    for feature, spline in zip(space, input_spec.or_empty(input_spec.get(step, "bsplines_"))):
        knots = spline.t[spline.k : -spline.k] if spline.k else spline.t
        _add_cuts(feature, input_model.EDGE, knots)
        _set_span_of(feature, knots)
    known = input_spec.get(step, "X_thresholds_")
    if known is None and "IsotonicRegression" in input_spec.class_names(step):
        known = input_spec.get(step, "_necessary_X_")
    if known is not None and np.ndim(known) == 1:
        _add_cuts(space[0], input_model.EDGE, known)
        _set_span_of(space[0], known)
    for name in ("threshold", "binarize"):
        value = input_spec.get(step, name)
        if input_spec.class_names(step) & {"Binarizer", "BernoulliNB"} and isinstance(
            value, (int, float)
        ):
            for feature in space:
                _add_cuts(feature, input_model.EDGE, [value])


def _infer_categories(step: Any, space: Space, found: InputModel) -> None:
    for feature, values in zip(space, input_spec.or_empty(input_spec.get(step, "categories_"))):
        if feature is None or feature.undo is not None:
            continue
        if getattr(values, "dtype", None) is not None and values.dtype.kind == "M":
            feature.column.dates = True
            values = values.astype("M8[ns]").view("i8")
        _add_categories(feature, np.asarray(values, dtype=object).tolist())
    for feature, counts in zip(space, input_spec.or_empty(input_spec.get(step, "category_count_"))):
        if feature is not None and feature.undo is None:
            _add_categories(feature, list(range(np.shape(counts)[-1])))


def _infer_foreign_columns(step: Any, space: Space, found: InputModel) -> None:
    if input_spec.is_sklearn(step):
        return
    names = input_spec.names_at(step, input_model.names_of(space))
    for fact in foreign_estimators.facts_of_columns(step, names):
        feature = input_model.feature_at(space, fact.place)
        if feature is not None and feature.undo is None and fact.texts:
            _add_categories(feature, fact.texts)
        _add_cuts(feature, input_model.EDGE, fact.edges)
        if fact.edges:
            _set_span_of(feature, fact.edges)
            _set_numeric(feature)
        if fact.centre is not None:
            _set_span(feature, fact.centre, abs(fact.centre) / 3.0 + 1.0)


def _infer_booster_columns(step: Any, space: Space, found: InputModel) -> None:
    """The columns of xgboost, LightGBM and CatBoost: categories of pandas, texts, or numbers."""
    categories = foreign_estimators.category_columns(step)
    names = input_spec.names_at(step, input_model.names_of(space))
    texts = foreign_estimators.unknown_categories(step, names)
    for place, feature in enumerate(space):
        if feature is None or feature.undo is not None:
            continue
        if place in categories:
            feature.column.as_category = found.named
            if categories[place] is not None:
                _add_categories(feature, categories[place] or [])
        elif place not in texts and foreign_estimators.is_booster(step):
            _set_numeric(feature)


def _set_numeric(feature: Optional[Feature]) -> None:
    """Mark the column of a feature as one of numbers, if the estimator certainly takes it."""
    if feature is not None and feature.undo is None and not feature.assumed:
        feature.column.numeric = True


def _infer_unknown_categories(step: Any, space: Space, found: InputModel) -> None:
    """Texts for columns with categories that the model does not show: it knows none of them."""
    names = input_spec.names_at(step, input_model.names_of(space))
    for place in foreign_estimators.unknown_categories(step, names):
        at = input_model.feature_at(space, place)
        if at is not None and at.undo is None and not at.column.categories:
            at.column.categories = list(_UNKNOWN)
            at.column.learned = foreign_estimators.learned_texts(step, place)
            at.column.add_special(input_model.UNSEEN, *_UNKNOWN)


_UNKNOWN = ("a", "b", "c", "d")


def _infer_missing_values(step: Any, space: Space, found: InputModel) -> None:
    if not input_spec.class_names(step) & {
        "SimpleImputer",
        "KNNImputer",
        "IterativeImputer",
        "MissingIndicator",
    }:
        return
    gap = input_spec.get(step, "missing_values")
    gap = np.nan if gap is None and not hasattr(step, "missing_values") else gap
    values = input_spec.or_empty(input_spec.get(step, "statistics_"))
    for place, feature in enumerate(space):
        if feature is None or feature.undo is not None:
            continue
        feature.column.add_special(input_model.MISSING, gap)
        if place < len(values) and isinstance(values[place], str):
            _add_categories(feature, [values[place]])


def _infer_words(step: Any, space: Space, found: InputModel) -> None:
    words = input_spec.get(step, "vocabulary_")
    if input_spec.class_names(step) & input_spec.VECTORIZERS and space and space[0] is not None:
        known = sorted(word for word in words or _WORDS if isinstance(word, str))
        space[0].column.words = known


_WORDS = [
    "".join(parts)
    for parts in itertools.product(
        ("b", "d", "k", "st", "tr"), "aeiou", ("l", "n", "r"), "aio", "st"
    )
]
"""For vectorizers that hash words and store none; enough words for hash collisions."""


def _infer_dicts(step: Any, space: Space, found: InputModel) -> None:
    if input_spec.class_names(step) & {"DictVectorizer", "FeatureHasher"} and space[0] is not None:
        names = input_spec.get(step, "feature_names_")
        space[0].column.words = list(input_spec.or_empty(names)) or [
            "one",
            "two=a",
            "two=b",
            "three",
        ]


def _infer_labels(step: Any, space: Space, found: InputModel) -> None:
    if input_spec.class_names(step) & input_spec.LABELS and space[0] is not None:
        space[0].column.categories = np.asarray(step.classes_, dtype=object).tolist()


RULES: List[Callable[[Any, Space, InputModel], None]] = [
    _infer_kind,
    _infer_spans,
    _infer_stored_rows,
    _infer_trees,
    _infer_boosting,
    _infer_edges,
    _infer_categories,
    _infer_foreign_columns,
    _infer_booster_columns,
    _infer_unknown_categories,
    _infer_missing_values,
    _infer_words,
    _infer_dicts,
    _infer_labels,
    coverage_rules.infer_trees,
    coverage_rules.infer_neighbors,
]


def _set_span(feature: Optional[Feature], centre: float, spread: float) -> None:
    if feature is not None and np.isfinite(centre) and np.isfinite(spread):
        feature.set_span(centre, abs(spread) or 1.0)


def _set_span_of(feature: Optional[Feature], values: Any) -> None:
    _set_span(feature, float(np.mean(values)), float(np.std(values)))


def _add_cuts(feature: Optional[Feature], kind: str, values: Any, above: Any = None) -> None:
    """Add decision values of a feature, and the next values above them.

    Behind a scaler, values a relative 1e-5 to each side, because scaling back is not exact.
    """
    if feature is None:
        return
    values = np.asarray(values, dtype=np.float64)
    after = np.nextafter(values, np.inf) if above is None else np.asarray(above, dtype=np.float64)
    finite = np.isfinite(values) & np.isfinite(after)
    values, after = values[finite], after[finite]
    if feature.undo is not None:
        step = np.maximum(np.abs(values), 1e-3) * 1e-5
        values, after = values - step, values + step
    chosen = _sample(len(values))
    feature.add_cuts(kind, values[chosen].tolist(), after[chosen].tolist())


def _add_categories(feature: Feature, values: List[Any]) -> None:
    column = feature.column
    known = [value for value in values if not _is_missing(value)]
    before = _Members(column.categories or [])
    column.categories = (column.categories or []) + [one for one in known if one not in before]
    groups = _Members([group[0] for group in column.specials.get(input_model.CATEGORY, [])])
    for value in values:
        if _is_missing(value):
            column.add_special(input_model.MISSING, value)
        elif value not in groups:
            column.specials.setdefault(input_model.CATEGORY, []).append((value,))
            groups.add(value)
    if not any(isinstance(value, str) for value in known):
        numbers = [value for value in known if isinstance(value, (int, float))]
        unseen: Any = max(numbers) + 1 if numbers else None
    else:
        unseen = "never seen"
    if unseen is not None:
        column.add_special(input_model.UNSEEN, unseen)


class _Members:
    """Values, found in no time among tens of thousands where they can be hashed."""

    def __init__(self, values: List[Any]) -> None:
        self._hashed = set()
        self._others: List[Any] = []
        for value in values:
            self.add(value)

    def add(self, value: Any) -> None:
        try:
            self._hashed.add(value)
        except TypeError:
            self._others.append(value)

    def __contains__(self, value: Any) -> bool:
        try:
            return value in self._hashed
        except TypeError:
            return value in self._others


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and np.isnan(value))


def _sample(length: int, most: int = SAMPLE) -> Any:
    """At most ``most`` positions below ``length``, evenly spread."""
    if length <= most:
        return np.arange(length)
    return np.unique(np.linspace(0, length - 1, most).astype(int))
