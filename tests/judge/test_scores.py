"""Scores are the ones that scikit-learn's own functions give."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from sklearn import metrics

from matrix.judge.probability_scores import log_loss, roc_auc
from matrix.judge.scores import classifier_scores, regressor_scores

ALPHABETS: list[list[object]] = [
    [0, 1, 2],
    [-3, 7, 10**9],
    [True, False],
    ["bénin", "malin", "", "10", "9"],
    [0.5, 1.5, -2.0],
]
"""The kinds of label; in each, the order of sorting is the order of classes."""


@st.composite
def labelled(draw: st.DrawFn) -> tuple[list[object], list[object]]:
    label = st.sampled_from(draw(st.sampled_from(ALPHABETS)))
    pairs = draw(st.lists(st.tuples(label, label), min_size=1, max_size=60))
    return [true for true, _ in pairs], [predicted for _, predicted in pairs]


@given(labelled())
def test_classifier_scores_are_those_of_scikit_learn(
    both: tuple[list[object], list[object]],
) -> None:
    """Accuracy, precision, recall, F1 and confusion agree for every kind of label."""
    truth, predicted = both
    scores = classifier_scores(np.array(truth), np.array(predicted))
    labels = sorted(set(truth) | set(predicted))  # type: ignore[type-var]
    # scikit-learn refuses floats as labels, so it is given their positions.
    true_positions = [labels.index(label) for label in truth]
    predicted_positions = [labels.index(label) for label in predicted]
    expected = metrics.precision_recall_fscore_support(
        true_positions, predicted_positions, labels=range(len(labels)), zero_division=0
    )
    by_class = [(c.precision, c.recall, c.f1, c.support) for c in scores.classes]
    np.testing.assert_allclose(np.array(by_class).T, np.array(expected))
    assert [c.label for c in scores.classes] == [str(label) for label in labels]
    assert scores.accuracy == pytest.approx(
        metrics.accuracy_score(true_positions, predicted_positions)
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a single label is worth a warning to scikit-learn
        confusion = metrics.confusion_matrix(
            true_positions, predicted_positions, labels=range(len(labels))
        )
    assert scores.confusion == tuple(map(tuple, confusion.tolist()))


@given(labelled())
def test_balanced_accuracy_is_that_of_scikit_learn(both: tuple[list[object], list[object]]) -> None:
    truth, predicted = both
    labels = sorted(set(truth) | set(predicted))  # type: ignore[type-var]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a class that is predicted only is worth a warning
        expected = metrics.balanced_accuracy_score(
            [labels.index(one) for one in truth], [labels.index(one) for one in predicted]
        )
    found = classifier_scores(np.array(truth), np.array(predicted)).balanced_accuracy
    assert found == pytest.approx(expected)


@st.composite
def ranked(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """The true class of each row, each class at least once, and probabilities with many ties."""
    n_classes = draw(st.integers(2, 4))
    rows = draw(st.integers(n_classes, 40))
    further = draw(st.lists(st.integers(0, n_classes - 1), min_size=rows, max_size=rows))
    codes = np.array([*range(n_classes), *further[n_classes:]])
    weights = draw(npst.arrays(np.float64, (rows, n_classes), elements=st.integers(0, 6)))
    weights[weights.sum(axis=1) == 0] = 1
    dtype = draw(st.sampled_from([np.float64, np.float32]))
    return codes, (weights / weights.sum(axis=1, keepdims=True)).astype(dtype)


@given(ranked())
def test_area_and_loss_are_those_of_scikit_learn(both: tuple[np.ndarray, np.ndarray]) -> None:
    """Of two classes and of several, with equal probabilities, and those of 0 and 1."""
    codes, values = both
    n_classes = values.shape[1]
    expected = (
        metrics.roc_auc_score(codes, values[:, 1])
        if n_classes == 2
        else metrics.roc_auc_score(
            codes, values.astype(np.float64), multi_class="ovr", labels=range(n_classes)
        )
    )
    assert roc_auc(codes, values) == pytest.approx(expected)
    assert log_loss(codes, values) == pytest.approx(
        metrics.log_loss(codes, values, labels=range(n_classes)), rel=1e-5
    )


@given(st.data())
def test_the_area_of_a_decision_is_that_of_scikit_learn(data: st.DataObject) -> None:
    values = np.array(data.draw(st.lists(st.floats(-5, 5), min_size=2, max_size=40)))
    rest = len(values) - 2
    codes = np.array([0, 1, *data.draw(st.lists(st.integers(0, 1), min_size=rest, max_size=rest))])
    assert roc_auc(codes, values) == pytest.approx(metrics.roc_auc_score(codes, values))


@pytest.mark.parametrize(
    "values",
    [
        np.array([[0.5, np.nan], [0.5, 0.5]]),
        np.array([[3.0, 27.0], [12.0, 1.0]]),
        np.array([[1.5, -0.5], [0.5, 0.5]]),
    ],
    ids=["missing", "counts", "negative"],
)
def test_what_is_no_probability_has_no_loss(values: np.ndarray) -> None:
    assert log_loss(np.array([0, 1]), values) is None


def test_a_class_without_rows_has_no_area() -> None:
    assert roc_auc(np.array([0, 0]), np.array([[0.5, 0.5], [0.4, 0.6]])) is None


def test_a_rare_class_that_is_lost_shows_in_its_recall_not_in_the_accuracy() -> None:
    """The picture that the report must make leap to the eye."""
    truth = ["no"] * 980 + ["yes"] * 20
    predicted = ["no"] * 998 + ["yes"] * 2
    scores = classifier_scores(truth, predicted)
    assert scores.accuracy == 0.982
    assert [(c.label, c.recall, c.support) for c in scores.classes] == [
        ("no", 1.0, 980),
        ("yes", 0.1, 20),
    ]
    assert scores.confusion == ((980, 0), (18, 2))


def test_labels_that_compare_equal_are_one_class_named_as_in_the_truth() -> None:
    """A reader that returns 1.0 where the writer had 1 has not made a new class."""
    scores = classifier_scores(np.array([1, 0, 1]), np.array([1.0, 0.0, 0.0]))
    assert [c.label for c in scores.classes] == ["0", "1"]
    assert scores.confusion == ((1, 0), (1, 1))


def test_labels_of_several_kinds_have_a_stable_order() -> None:
    """Numbers by value, then NaN as one class, then strings, then the rest."""
    labels: list[object] = ["b", 2, float("nan"), None, "a", -1, np.nan, 1.5]
    scores = classifier_scores(np.array(labels, dtype=object), np.array(labels, dtype=object))
    assert [c.label for c in scores.classes] == ["-1", "1.5", "2", "nan", "a", "b", "None"]
    assert scores.accuracy == 1.0


@pytest.mark.parametrize(
    ("truth", "predicted"), [([], []), ([1, 2], [1]), ([[1, 2], [3, 4]], [[1, 2], [3, 4]])]
)
def test_what_cannot_be_compared_by_label_is_refused(
    truth: Sequence[object], predicted: Sequence[object]
) -> None:
    """There is no half score."""
    with pytest.raises(ValueError, match="label"):
        classifier_scores(truth, predicted)  # type: ignore[arg-type]


VALUES = st.floats(-1e6, 1e6, width=32)


@given(
    st.tuples(st.integers(2, 30), st.integers(1, 3)).flatmap(
        lambda shape: st.tuples(
            npst.arrays(np.float64, shape, elements=VALUES),
            npst.arrays(np.float64, shape, elements=VALUES),
        )
    ),
    st.booleans(),
)
def test_regressor_scores_are_those_of_scikit_learn(
    both: tuple[np.ndarray, np.ndarray], perfect: bool
) -> None:
    """R² and mean absolute error agree with one output and with several, constant ones too."""
    truth, predicted = both
    predicted = truth if perfect else predicted
    scores = regressor_scores(truth, predicted)
    assert scores.r2 == pytest.approx(metrics.r2_score(truth, predicted), rel=1e-9)
    assert scores.mean_absolute_error == pytest.approx(
        metrics.mean_absolute_error(truth, predicted)
    )
    assert scores.max_error == max(
        metrics.max_error(truth[:, i], predicted[:, i]) for i in range(truth.shape[1])
    )


def test_one_output_may_be_flat() -> None:
    """A column and a plain vector are the same thing."""
    truth, predicted = np.array([1.0, 2.0, 4.0]), np.array([1.0, 2.5, 3.0])
    assert regressor_scores(truth, predicted) == regressor_scores(
        truth.reshape(-1, 1), predicted.reshape(-1, 1)
    )


def test_a_missing_prediction_makes_the_score_nan_and_no_noise() -> None:
    """NaN is passed on, and never read as a perfect or a worthless score."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        scores = regressor_scores([1.0, 1.0], [1.0, float("nan")])
        endless = regressor_scores([1.0, 2.0], [1.0, float("inf")])
    assert np.isnan(scores.r2)
    assert np.isnan(scores.max_error)
    assert endless.r2 == float("-inf")


@pytest.mark.parametrize(("truth", "predicted"), [([], []), ([1, 2], [1]), ([1, 2], [[1, 2]])])
def test_shapes_that_differ_are_refused(truth: Sequence[float], predicted: Sequence[float]) -> None:
    """Broadcasting would give a number that means nothing."""
    with pytest.raises(ValueError, match="shapes"):
        regressor_scores(truth, predicted)
