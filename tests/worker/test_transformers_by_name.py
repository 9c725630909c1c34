"""An estimator may keep transformers by the name of a column, as skrub does."""

from __future__ import annotations

from compat_worker import input_spec
from sklearn.preprocessing import StandardScaler


class TableVectorizer:
    """``transformers_`` of two columns, whose names have three letters and more."""

    def __init__(self) -> None:
        self.transformers_ = {"age": StandardScaler(), "income": StandardScaler()}


def test_they_are_parts_of_the_model() -> None:
    model = TableVectorizer()
    assert next(iter(model.transformers_.values())) in list(input_spec.parts_of(model))
    assert len(list(input_spec.parts_of(model))) == 3


def test_they_are_no_parts_of_a_column_transformer() -> None:
    assert list(input_spec.column_parts(TableVectorizer())) == []
