"""Texts that a CatBoost model has learned; CatBoost 1.2.2 wrote the hashes that are here."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from compat_worker import data_tables, foreign_estimators
from compat_worker.catboost_categories import LearnedTexts
from compat_worker.input_model import Column
from compat_worker.user_error import UserError

TEXTS = ["7", "12", "067", "0107", "01067", "123456789", "0123456789abcdef", "ü"]
KEYS = [
    *("17373751842329020103", "8879677033106486088", "604044586894707786"),
    *("11294937213853405435", "6621690019199830780", "3920650625422919341"),
    *("17124470914969168942", "10428486499407556991"),
]
LISTED = -1101447917
"""The hash of ``no``."""


class CatBoostClassifier:
    """Columns of categories at 1 and 2, of which the second has two categories."""

    feature_names_ = ("x", "zip", "two")

    def get_cat_feature_indices(self) -> list[int]:
        return [1, 2]

    def save_model(self, path: str, format: str) -> None:  # noqa: A002
        alone = [{"cat_feature_index": 0, "combination_element": "cat_feature_value"}]
        both = [*alone, {"cat_feature_index": 1, "combination_element": "cat_feature_value"}]
        values = [part for key in ("18446744073709551615", *KEYS) for part in (key, 24, 21)]
        columns = [
            {"feature_index": 0, "flat_feature_index": 1},
            {"feature_index": 1, "flat_feature_index": 2, "values": [LISTED]},
        ]
        text = {
            "features_info": {"categorical_features": columns},
            "ctr_data": {
                json.dumps({"identifier": alone}): {"hash_map": values, "hash_stride": 3},
                json.dumps({"identifier": both}): {"hash_map": ["1", 2], "hash_stride": 2},
            },
        }
        Path(path).write_text(json.dumps(text))


CatBoostClassifier.__module__ = "catboost.core"


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_of_a_table_of_counts_is_known(text: str) -> None:
    assert LearnedTexts(CatBoostClassifier(), 1).has(text)


@pytest.mark.parametrize("text", ["", "67", "1067", "x", "a text of seventeen", "\ud800"])
def test_any_other_text_is_not(text: str) -> None:
    assert not LearnedTexts(CatBoostClassifier(), 1).has(text)


def test_a_text_of_a_column_with_few_categories_is_known() -> None:
    known = LearnedTexts(CatBoostClassifier(), 2)
    assert known.has("no")
    assert not known.has("07")


def test_nothing_is_known_of_a_release_without_this_form() -> None:
    model = CatBoostClassifier()
    model.save_model = None  # type: ignore[method-assign,assignment]
    assert not LearnedTexts(model, 1).has("7")


def test_digits_that_have_lost_their_zeros_are_a_mistake() -> None:
    column = Column("zip")
    column.categories = ["a", "b"]
    column.learned = foreign_estimators.learned_texts(CatBoostClassifier(), 1)
    data_tables._check_zeros(pd.Series(["01067", "12", "999", "x", None]), "zip", column, "d.csv")
    with pytest.raises(UserError, match=r"lost its zeros: '1067' in row 2, .* knows '01067'"):
        data_tables._check_zeros(pd.Series(["12", "1067"]), "zip", column, "d.csv")


def test_models_of_other_libraries_show_their_texts() -> None:
    assert foreign_estimators.learned_texts(object(), 1) is None
