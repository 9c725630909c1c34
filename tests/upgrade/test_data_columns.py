"""Columns that the data lack are reported before any environment is built."""

from __future__ import annotations

from pathlib import Path

import joblib
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from matrix.errors import Exit, UsageError
from matrix.inspection import inspect_in_subprocess
from matrix.upgrade.answer import Model
from matrix.upgrade.checker import CheckInputs
from matrix.upgrade.data_columns import check_columns

TABLE = pd.DataFrame({"age": [1.0, 2, 3], "net income": [4.0, 5, 7]})


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> list[Model]:
    """A pipeline, its last step alone, and a model of arrays."""
    folder = tmp_path_factory.mktemp("models")
    every = [
        make_pipeline(StandardScaler(), LinearRegression()).fit(TABLE, [1, 2, 3]),
        LinearRegression().fit(TABLE, [1, 2, 3]),
        LinearRegression().fit(TABLE.to_numpy(), [1, 2, 3]),
    ]
    found = []
    for place, model in enumerate(every):
        joblib.dump(model, folder / f"{place}.joblib")
        inspection = inspect_in_subprocess(folder / f"{place}.joblib")
        found.append(Model(id=str(place), path=inspection.path, inspection=inspection))
    return found


def inputs(folder: Path, text: str, **more: object) -> CheckInputs:
    (folder / "rows.csv").write_bytes(text.encode())
    return CheckInputs(data=folder / "rows.csv", **more)  # type: ignore[arg-type]


def test_the_file_of_a_model_shows_its_columns(models: list[Model]) -> None:
    shown = [() if one.inspection is None else one.inspection.columns for one in models]
    assert shown == [("age", "net income"), ("age", "net income"), ()]


@pytest.mark.parametrize(
    "text", ["age,net income\n", "\ufeffnet income,id,age\n", '"net income","age"\n', ""]
)
def test_data_with_all_columns_pass(models: list[Model], tmp_path: Path, text: str) -> None:
    assert check_columns(models, inputs(tmp_path, text)) == models


def test_each_model_that_lacks_a_column_has_a_problem(models: list[Model], tmp_path: Path) -> None:
    named, alone, arrays = check_columns(models, inputs(tmp_path, "income,age\n1,2\n"))
    for one in (named, alone):
        assert one.problem is not None
        assert one.problem.message == (
            "rows.csv: the column net income is missing; the model was fitted on 2: age, net "
            "income, and the data has: income, age"
        )
        assert one.problem.exit_code is Exit.USAGE
    assert arrays.problem is None


@pytest.mark.parametrize("more", [{"target": "y"}, {"dtypes": {"y": "text"}}])
def test_options_that_name_no_column_are_a_mistake(
    models: list[Model], tmp_path: Path, more: dict[str, object]
) -> None:
    given = inputs(tmp_path, "age,net income\n", **more)
    with pytest.raises(UsageError, match=r"there is no column 'y' for --(target|dtypes)"):
        check_columns(models, given)


def test_other_data_are_checked_in_the_origin(models: list[Model], tmp_path: Path) -> None:
    assert check_columns(models, CheckInputs(data=tmp_path / "rows.npy")) == models
    assert check_columns(models, CheckInputs()) == models
