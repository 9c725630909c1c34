"""The table that another pandas makes of the same plain values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
from compat_worker import content, own_table

GIVEN = pd.DataFrame(
    {
        "city": pd.Series(["Bern", None, "Rome", np.nan], dtype=object),
        "age": [1.0, np.nan, 3.0, 4.0],
        "mixed": pd.Series([1, None, True, 2.5], dtype=object),
    }
)


@pytest.fixture
def _strings() -> Iterator[None]:
    """Texts are inferred as pandas 3 does it."""
    with pd.option_context("future.infer_string", True):
        yield


@pytest.fixture
def _objects() -> Iterator[None]:
    """Texts are inferred as pandas 2 does it."""
    with pd.option_context("future.infer_string", False):
        yield


@pytest.mark.usefixtures("_strings")
def test_a_column_of_texts_has_another_type_and_other_missing_values() -> None:
    made = own_table.make(content.decode(content.encode(GIVEN)))
    assert made is not None
    assert made.columns == [
        {
            "name": "city",
            "given": "object",
            "own": "str",
            "changes": [{"given": "None", "own": "nan", "rows": [1], "count": 1}],
        }
    ]
    plain = pd.DataFrame({"city": ["Bern", None, "Rome", np.nan]})
    assert made.rows["city"].dtype == plain["city"].dtype
    assert list(made.rows.columns) == list(GIVEN.columns)
    assert made.rows["mixed"].tolist()[:1] == [1]
    assert str(made.rows["age"].dtype) == "float64"


@pytest.mark.usefixtures("_objects")
def test_a_pandas_that_makes_the_given_table_has_none_of_its_own() -> None:
    assert own_table.make(GIVEN) is None
    assert own_table.outcomes(GIVEN, lambda rows, seen: {}, lambda stage: None) == {}


@pytest.mark.usefixtures("_strings")
@pytest.mark.parametrize(
    "rows",
    [
        GIVEN[["age", "mixed"]],
        GIVEN.to_numpy(),
        ["Bern", "Rome"],
        pd.Series([1.0, 2.0]),
    ],
    ids=["no texts", "array", "documents", "numbers"],
)
def test_rows_that_every_pandas_makes_alike_have_no_other_table(rows: Any) -> None:
    assert own_table.make(rows) is None


@pytest.mark.usefixtures("_strings")
def test_categories_of_texts_are_another_type_too() -> None:
    values = pd.Categorical.from_codes([0, 1, -1], pd.Index(["a", "b"], dtype=object))
    made = own_table.make(pd.DataFrame({"kind": pd.Series(values)}))
    assert made is not None
    assert made.columns[0]["given"] == "category of object"
    assert made.columns[0]["own"] == "category of str"
    assert made.rows["kind"].cat.codes.tolist() == [0, 1, -1]


@pytest.mark.usefixtures("_strings")
def test_what_is_said_of_wide_and_long_tables_is_bounded() -> None:
    wide = {f"c{i}": pd.Series(["x"] + [None] * 99, dtype=object) for i in range(60)}
    found = own_table.outcomes(pd.DataFrame(wide), lambda rows, seen: {}, lambda stage: None)
    own = found["own"]
    assert (len(own["columns"]), own["columns_left_out"]) == (20, 40)
    (change,) = own["columns"][0]["changes"]
    assert (len(change["rows"]), change["count"]) == (20, 99)
    assert own["pandas"] == pd.__version__


@pytest.mark.usefixtures("_strings")
def test_methods_are_called_with_the_own_table_and_their_warnings_are_kept_apart() -> None:
    def call(rows: Any, seen: Any) -> dict[str, Any]:
        import warnings

        with seen.during("predict"):
            warnings.warn("unknown", UserWarning, stacklevel=1)
        return {"predict": str(rows["city"].dtype)}

    own = own_table.outcomes(GIVEN, call, lambda stage: None)["own"]
    assert own["outputs"] == {"predict": "str"}
    assert [one["stage"] for one in own["warnings"]] == ["predict"]
