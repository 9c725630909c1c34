"""The columns of a table have the types that the model was fitted on, or that the user gives."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from compat_worker import data_files, feature_inference, own_table, table_source
from compat_worker.given_rows import GivenRows
from compat_worker.user_error import GIVE_TYPES, UserError
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder

Y = [0, 1, 0, 1]


def read(path: Path, text: str, model: Any, types: dict[str, Any] | None = None) -> GivenRows:
    path.write_text(text, encoding="utf-8")

    def accepts(rows: Any) -> bool:
        try:
            getattr(model, "predict" if hasattr(model, "predict") else "transform")(rows)
        except Exception:
            return False
        return True

    known = feature_inference.infer(model)
    return data_files.read(str(path), "csv", None, known, types, accepts)


def encoder_of(values: Any) -> Any:
    return OneHotEncoder(handle_unknown="ignore").fit(pd.DataFrame({"code": values}))


@pytest.mark.parametrize(
    ("fitted", "written", "values"),
    [
        (["01", "1", "x"], "01\n1\n", ["01", "1"]),
        (["1", "2", "3"], "1\n2\n", ["1", "2"]),
        (["1.0", "2.0", "nan"], '1\n""\n2\n', ["1.0", np.nan, "2.0"]),
        ([1, 2, 3], "1\n2\n", [1, 2]),
        ([True, False, True], "True\nFalse\n", [True, False]),
        (["True", "False", "x"], "True\nFalse\n", ["True", "False"]),
    ],
    ids=["zeros", "numbers as texts", "floats as texts", "numbers", "booleans", "as texts"],
)
def test_a_column_is_read_as_what_its_encoder_was_fitted_on(
    tmp_path: Path, fitted: list[Any], written: str, values: list[Any]
) -> None:
    given = read(tmp_path / "rows.csv", f"code\n{written}", encoder_of(fitted))
    found = given.rows["code"].tolist()
    assert [repr(one) for one in found] == [repr(one) for one in values]


def by_name(table: Any) -> Any:
    return pd.DataFrame({"sum": table["a"] + table["b"], "late": table["day"].dt.hour > 11})


def test_the_table_is_that_of_the_first_step_and_not_of_a_later_one(tmp_path: Path) -> None:
    """The own step takes four columns and gives two; the model shows only the two."""
    text = "a,b,id,day\n1,2,x,2024-01-01 10:00\n3,4,y,2024-01-02 12:30\n"
    days = pd.to_datetime(["2024-01-01 10:00", "2024-01-02 12:30"] * 2)
    table = pd.DataFrame({"a": Y, "b": Y, "id": list("wxyz"), "day": days})
    model = make_pipeline(FunctionTransformer(by_name), LogisticRegression()).fit(table, Y)
    given = read(tmp_path / "rows.csv", text, model, {"day": "date"})
    assert list(given.rows.columns) == ["a", "b", "id", "day"]
    assert model.predict(given.rows).shape == (2,)


def test_columns_of_a_later_step_are_typed_too(tmp_path: Path) -> None:
    columns = make_column_transformer((OneHotEncoder(), ["code"]), remainder="passthrough")
    table = pd.DataFrame({"code": ["01", "02", "01", "02"], "n": [1.0, 2, 3, 4]})
    model = make_pipeline(FunctionTransformer(), columns, LogisticRegression()).fit(table, Y)
    given = read(tmp_path / "rows.csv", "n,code\n3,02\n", model)
    assert given.rows.to_dict("list") == {"n": [3], "code": ["02"]} or list(given.rows) == [
        "code",
        "n",
    ]
    assert given.rows["code"].tolist() == ["02"]


def test_texts_that_have_lost_their_zeros_are_a_mistake(tmp_path: Path) -> None:
    model = encoder_of(["01067", "80331"])
    assert read(tmp_path / "rows.csv", "code\n01067\n99999\n", model).n == 2
    with pytest.raises(UserError, match="'code' has lost its zeros: '1067' in row 2, where the"):
        read(tmp_path / "rows.csv", "code\n80331\n1067\n", model)


def test_columns_are_found_under_names_in_other_letters(tmp_path: Path) -> None:
    table = pd.DataFrame({"age": [1.0, 2, 4], "net income": [3.0, 1, 2]})
    model = LinearRegression().fit(table, [1, 2, 3])
    given = read(tmp_path / "rows.csv", "ID,Net_Income, Age\n7,5,6\n", model)
    assert given.rows.to_dict("list") == {"age": [6], "net income": [5]}


def test_truths_fit_where_a_model_expects_numbers(tmp_path: Path) -> None:
    model = LinearRegression().fit(pd.DataFrame({"x": [True, False, True]}), [1, 2, 3])
    given = read(tmp_path / "rows.csv", 'x\nTrue\n""\nFalse\n', model)
    assert given.rows["x"].tolist()[::2] == [1.0, 0.0]
    with pytest.raises(UserError, match=re.escape(f'{GIVE_TYPES}{{"x": "boolean"}}')):
        read(tmp_path / "rows.csv", "x\nyes\nno\n", model)


TYPES: list[tuple[str, Any, str, list[Any]]] = [
    ("01\n2\n", "text", "object", ["01", "2"]),
    ("1\n2\n", "int32", "int32", [1, 2]),
    ("1\n2\n", "float32", "float32", [1.0, 2.0]),
    ("yes\nno\n", "boolean", "bool", [True, False]),
    ("a\nb\n", ["b", "a"], "category", ["a", "b"]),
    ("2\n1\n", "category", "category", [2, 1]),
]


@pytest.mark.parametrize(("written", "kind", "dtype", "values"), TYPES)
def test_the_user_gives_types_that_a_model_does_not_show(
    tmp_path: Path, written: str, kind: Any, dtype: str, values: list[Any]
) -> None:
    given = read(tmp_path / "rows.csv", f"x\n{written}", None, {"x": kind})
    assert (str(given.rows["x"].dtype), given.rows["x"].tolist()) == (dtype, values)
    if isinstance(kind, list):
        assert given.rows["x"].cat.categories.tolist() == kind


@pytest.mark.parametrize(
    ("types", "message"),
    [
        ({"gone": "text"}, "no column 'gone', for which --dtypes gives a type; the file has: x, y"),
        ({"x": "texts"}, "--dtypes: 'texts' is not a type for the column 'x'; the types are bool,"),
        ({"x": "int8"}, "the column 'x' does not fit the type int8: a missing value in row 2"),
        ({"y": "number"}, "the column 'y' does not fit the type number: Unable to parse string"),
        ({"y": "boolean"}, "'a' in row 1 is neither true nor false"),
        ({"y": "date"}, "the column 'y' does not fit the type date"),
    ],
)
def test_a_type_that_does_not_fit_is_a_mistake_in_words(
    tmp_path: Path, types: dict[str, Any], message: str
) -> None:
    with pytest.raises(UserError, match=re.escape(message)):
        read(tmp_path / "rows.csv", "x,y\n1,a\n,b\n", None, types)


def test_types_belong_to_tables_only(tmp_path: Path) -> None:
    np.save(tmp_path / "rows.npy", np.ones((2, 2)))
    with pytest.raises(UserError, match="--dtypes gives types of named columns"):
        data_files.read(str(tmp_path / "rows.npy"), "npy", None, None, {"x": "text"})


# ----------------------------------------------------------------- the table of each environment


def own(rows: Any, source: table_source.Source | None) -> own_table.NaturalTable | None:
    assert source is not None
    return own_table.make(rows, table_source.encode(source))


def with_texts(infer: bool, action: Callable[[], Any]) -> Any:
    with pd.option_context("future.infer_string", infer):
        return action()


@pytest.mark.parametrize("writer", [False, True], ids=["from pandas 2", "from pandas 3"])
@pytest.mark.parametrize("reader", [False, True], ids=["to pandas 2", "to pandas 3"])
def test_every_environment_reads_the_same_csv_file(
    tmp_path: Path, writer: bool, reader: bool
) -> None:
    model = OrdinalEncoder().fit(pd.DataFrame({"code": ["01", "1", "x"], "n": [1, 2, 3]}))
    text = "id,n,code\n7,1,01\n8,2,\n"
    given = with_texts(writer, lambda: read(tmp_path / "rows.csv", text, model))
    assert str(given.rows["code"].dtype) == "object"
    made = with_texts(reader, lambda: own(given.rows, given.source))
    if not reader:
        assert made is None  # a missing text of a CSV file is NaN in both
        return
    assert made is not None
    assert [one["name"] for one in made.columns] == ["code"]
    assert (str(made.rows["code"].dtype), made.rows["n"].tolist()) == ("str", [1, 2])


def test_a_value_that_another_pandas_reads_as_missing_is_described(tmp_path: Path) -> None:
    """As the word None is, from pandas 2 on: here another recipe stands for another release."""
    given = read(tmp_path / "rows.csv", "code\nNone\nx\n1\n", encoder_of(["x", "None", "1"]))
    rows = pd.DataFrame({"code": pd.Series(["None", "x", "1"], dtype=object)})
    made = with_texts(False, lambda: own(rows, given.source))
    assert made is not None
    (column,) = made.columns
    assert column["changes"] == [{"given": "'None'", "own": "nan", "rows": [0], "count": 1}]


def test_made_rows_after_those_of_a_file_are_made_of_plain_values(tmp_path: Path) -> None:
    model = encoder_of(["a", "b", "c"])
    given = with_texts(True, lambda: read(tmp_path / "rows.csv", "code\na\n\n", model))
    more = pd.DataFrame({"code": pd.Series(["b", np.nan], dtype=object)})
    values = pd.DataFrame({"code": pd.Series(["b", None], dtype=object)})
    plain = table_source.of_values(values)
    source = table_source.joined(given.source, given.rows, plain, more)
    rows = pd.concat([given.rows, more], ignore_index=True)
    made = with_texts(False, lambda: own(rows, source))
    assert made is not None
    assert made.rows["code"].tolist()[-1] is None
    assert made.columns[0]["changes"] == [
        {"given": "nan", "own": "None", "rows": [len(rows) - 1], "count": 1}
    ]
    assert table_source.joined(None, given.rows, None, more) is None


def test_a_source_that_pandas_cannot_read_here_is_left_out() -> None:
    rows = pd.DataFrame({"x": [1.0]})
    assert own_table.make(rows, b'{"kind":"none"}\n') is None


def test_dates_of_another_unit_are_another_table() -> None:
    """pandas 3 reads dates in microseconds; a model that takes their whole numbers changes."""
    rows = pd.DataFrame({"day": np.array(["2024-01-01"], dtype="M8[ns]")})
    values = pd.DataFrame({"day": np.array(["2024-01-01"], dtype="M8[us]")})
    made = own(rows, table_source.of_values(values))
    assert made is not None
    assert made.columns[0]["given"] == "datetime64[ns]"


def test_a_model_of_arrays_gets_an_array(tmp_path: Path) -> None:
    model = LinearRegression().fit(np.eye(2), [0.0, 1.0])
    given = read(tmp_path / "rows.csv", "p,q\n1,2\n", model)
    assert given.rows.tolist() == [[1.0, 2.0]]
    assert given.source is None
