"""Columns that the data lack are reported before any environment is built."""

from __future__ import annotations

import shlex
import subprocess
import sys
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


def test_a_name_may_hold_line_breaks_and_a_long_one_is_shortened(
    models: list[Model], tmp_path: Path
) -> None:
    text = f'"net\nincome","a""b\r\n",{"x" * 3000},age\n1,2,3,4\n'
    assert check_columns(models, inputs(tmp_path, text, target='a"b\r\n')) == models
    with pytest.raises(UsageError) as caught:
        check_columns(models, inputs(tmp_path, text, target="gone"))
    assert f"{'x' * 59}…, age" in caught.value.message


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


def test_a_misspelled_column_is_answered_with_the_one_that_was_meant(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as raised:
        check_columns([], inputs(tmp_path, "age,net income,churned\n", target="churn"))
    assert raised.value.advice == "Did you mean 'churned'?"


def test_other_data_are_checked_in_the_origin(models: list[Model], tmp_path: Path) -> None:
    assert check_columns(models, CheckInputs(data=tmp_path / "rows.npy")) == models
    assert check_columns(models, CheckInputs()) == models


def run_python(line: str, folder: Path) -> None:
    """Run a proposed line in a folder, as somebody pastes it."""
    line = line.replace("python -c", f"{shlex.quote(sys.executable)} -c", 1)
    subprocess.run(line, shell=True, check=True, cwd=folder)


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("rows.csv", b"age;net income\n1,5;2\n", "separated by semicolons"),
        ("rows.csv", b"age\tnet income\n1.5\t2\n", "separated by tabs"),
        ("rows.csv", "age,net income,city\n1.5,2,K\xf6ln\n".encode("latin-1"), "is not UTF-8"),
        ("rows.tsv", b"age\tnet income\n1.5\t2\n", "from CSV and Parquet files alone"),
    ],
)
def test_a_file_that_is_not_read_as_it_is_ends_in_a_line_that_converts_it(
    models: list[Model], tmp_path: Path, name: str, content: bytes, why: str
) -> None:
    data = tmp_path / name
    data.write_bytes(content)
    with pytest.raises(UsageError, match=why) as caught:
        check_columns(models, CheckInputs(data=data))
    run_python(caught.value.advice, tmp_path)
    made = pd.read_csv(tmp_path / "rows-2.csv")
    assert made[["age", "net income"]].to_numpy().tolist() == [[1.5, 2]]
    assert check_columns(models, CheckInputs(data=tmp_path / "rows-2.csv")) == models


@pytest.mark.parametrize("text", ["Age, Net_Income\n1,2\n", "AGE,net.income,id\n1,2,3\n"])
def test_names_that_differ_in_case_and_signs_are_the_same(
    models: list[Model], tmp_path: Path, text: str
) -> None:
    assert check_columns(models, inputs(tmp_path, text)) == models


def test_a_name_that_may_mean_two_columns_means_none(models: list[Model], tmp_path: Path) -> None:
    named, *_ = check_columns(models, inputs(tmp_path, "age,Net income,net_income\n1,2,3\n"))
    assert named.problem is not None
    assert "the column net income is missing" in named.problem.message
