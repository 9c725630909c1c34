"""What CatBoost models show of their columns; a stand-in has what CatBoost 1.2.2 returned."""

from __future__ import annotations

import numpy as np
from compat_worker import feature_inference, input_model, row_making


class CatBoostClassifier:
    """Two columns of numbers at 1 and 3, two of categories at 0 and 2."""

    feature_names_ = ("c", "a", "d", "b")

    def get_borders(self) -> dict[int, list[float]]:
        return {1: [-0.43661391735076904, 0.021165288984775543], 3: [-1.646479845046997]}

    def get_cat_feature_indices(self) -> list[int]:
        return [0, 2]

    def predict(self, rows: object) -> np.ndarray:
        values = np.asarray(rows, dtype=object)
        if any(not isinstance(value, str) for value in values[:, [0, 2]].ravel()):
            raise TypeError("cat_features must be integer or string")
        return (values[:, 1].astype(np.float32) > np.float32(0.021165288984775543)).astype(int)


CatBoostClassifier.__module__ = "catboost.core"


def test_rows_lie_on_both_sides_of_each_border() -> None:
    found = feature_inference.infer(CatBoostClassifier())
    assert found is not None
    cuts = [column.cuts for column in found.columns]
    assert [len(one) for one in cuts] == [0, 2, 0, 1]
    pairs = found.columns[1].specials[input_model.THRESHOLD]
    for (below, above), border in zip(pairs, CatBoostClassifier().get_borders()[1], strict=True):
        assert np.float32(below) <= np.float32(border) < np.float32(above)


def test_made_rows_have_text_in_columns_of_categories_and_change_the_output() -> None:
    model = CatBoostClassifier()
    made = row_making.make_rows(model, 200)
    assert made.n > 50
    assert set(model.predict(made.rows)) == {0, 1}


def test_a_model_without_names_of_columns_has_as_many_as_it_numbers() -> None:
    model = CatBoostClassifier()
    model.feature_names_ = ("0", "1", "2", "3")
    model.n_features_in_ = 0  # type: ignore[attr-defined]
    found = feature_inference.infer(model)
    assert found is not None
    assert [column.name for column in found.columns] == [None] * 4
