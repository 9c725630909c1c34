"""How well predictions agree with the true answers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class ClassScore:
    """Precision and recall of one class, on the rows with known truth."""

    label: str
    support: int
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, kw_only=True, slots=True)
class ClassifierScores:
    """A classifier's predictions against the truth."""

    accuracy: float
    classes: tuple[ClassScore, ...]
    confusion: tuple[tuple[int, ...], ...]
    """Rows are true classes, columns predicted ones, both in the order of ``classes``."""
    balanced_accuracy: float | None = None
    """The mean recall of the classes that have rows; None in older results."""
    roc_auc: float | None = None
    """Of ``predict_proba``, or of ``decision_function`` for two classes. None if the model has
    neither, if a class has no row, or if the values are no probabilities."""
    log_loss: float | None = None
    """Of ``predict_proba``. None if the model has none, if a true class is not one of the model's,
    or if the values of a row are no probabilities."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RegressorScores:
    """A regressor's predictions against the truth."""

    r2: float
    mean_absolute_error: float
    max_error: float
    rows: int | None = None
    """How many rows have a known truth; None in older results."""


SCORE_MARGIN = 0.001
"""A score that moves by no more than this counts as the same, unless the user says otherwise."""

Scores = ClassifierScores | RegressorScores
