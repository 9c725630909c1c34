"""Models in archives and in folders have the names that the user knows."""

from __future__ import annotations

import io
import json
import pickle
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from matrix.errors import CannotTellError, Exit, UsageError
from matrix.store import Store
from matrix.upgrade.answer import Model
from matrix.upgrade.folders import find, sort_out
from matrix.upgrade.intake import take_in
from matrix.upgrade.packed import alone, named, only_file, open_packed, remove_unpacked
from tests.inspection import assembler as a

from .test_model_folders import EXAMPLE, MLFLOW_2

MODEL = a.whole(a.new("sklearn.linear_model._base", "LinearRegression"))
"""A pickle of an empty model."""


@pytest.fixture
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with Store(tmp_path_factory.mktemp("state")) as opened:
        yield opened


def write(path: Path, **members: bytes) -> None:
    with tarfile.open(path, "w:gz") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name.replace("__", "/").replace("_", "."))
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))


def taken(store: Store, *paths: Path, recorded: dict[Path, str] | None = None) -> list[Model]:
    found = find(paths)
    packed = open_packed(found, store.scratch, recorded or {}, most_mb=100)
    models = take_in(list(found.files), store, 1, recorded or {})
    remove_unpacked(packed)
    kept, _ = sort_out(named(models, packed, store), found)
    return alone(kept, packed)


def test_one_model_in_an_archive_has_the_name_of_the_archive(tmp_path: Path, store: Store) -> None:
    path = tmp_path / "model.tar.gz"
    write(path, code__inference_py=b"import os\n", model_joblib=MODEL, rows_csv=b"a,b\n1,2\n")
    (model,) = taken(store, path)
    assert (model.id, model.path, model.problem) == (str(path), path, None)
    assert model.inspection is not None
    assert model.inspection.path == path


def test_several_models_have_their_path_in_the_archive(tmp_path: Path, store: Store) -> None:
    path = tmp_path / "models.tar.gz"
    write(path, a_pkl=MODEL, b__c_pkl=MODEL, d_pkl=b"<html>")
    first, third, second = taken(store, tmp_path)
    assert first.id == f"{path} → a.pkl"
    assert second.id == f"{path} → b/c.pkl"
    assert third.id == f"{path} → d.pkl"
    assert third.problem is not None
    assert third.problem.message.startswith(f"{path} → d.pkl ")


def test_an_archive_without_a_model_says_so(tmp_path: Path, store: Store) -> None:
    path = tmp_path / "model.tar.gz"
    write(path, rows_csv=b"a,b\n1,2\n")
    (model,) = taken(store, path)
    assert model.problem is not None
    assert model.problem.message == f"{path} contains no saved model"


def test_an_archive_in_an_archive_is_unknown(tmp_path: Path, store: Store) -> None:
    write(tmp_path / "inner.tar.gz", a_pkl=MODEL)
    path = tmp_path / "outer.tar.gz"
    write(path, inner_tar_gz=(tmp_path / "inner.tar.gz").read_bytes())
    (model,) = taken(store, path)
    assert model.problem is not None
    assert "a tar archive" in model.problem.message
    assert model.problem.exit_code is Exit.CANNOT_TELL


def test_a_recorded_hash_decides_before_an_archive_is_opened(tmp_path: Path, store: Store) -> None:
    path = tmp_path / "model.tar.gz"
    write(path, model_joblib=MODEL)
    (model,) = taken(store, path, recorded={path: "0" * 64})
    assert model.problem is not None
    assert "file changed" in model.problem.message


def test_a_folder_of_mlflow_is_one_model(tmp_path: Path, store: Store) -> None:
    folder = tmp_path / "runs" / "model"
    folder.mkdir(parents=True)
    (folder / "MLmodel").write_text(MLFLOW_2)
    (folder / "model.pkl").write_bytes(MODEL)
    (folder / "input_example.json").write_text(EXAMPLE)
    (folder / "requirements.txt").write_text("numpy==1.26.4\n")
    for given in (folder, tmp_path / "runs", folder / "MLmodel"):
        (model,) = taken(store, given)
        assert model.id == str(folder)
        assert model.problem is None
        assert model.stated.scikit_learn == "1.3.2"
        assert model.types["city"] == "text"
        assert model.example is not None
        assert model.example.read_text().splitlines()[2] == "21,,Oslo"


def test_a_folder_whose_file_is_no_model_is_unknown(tmp_path: Path, store: Store) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "config.json").write_text(json.dumps({"sklearn": {"model": {"file": "x"}}}))
    (tmp_path / "m" / "x").write_bytes(pickle.dumps([1, 2]))
    (model,) = taken(store, tmp_path / "m")
    assert model.id == str(tmp_path / "m")


def test_inspect_takes_an_archive_or_a_folder_that_is_one_model(
    tmp_path: Path, store: Store
) -> None:
    one, two, plain = (tmp_path / name for name in ("one.tar.gz", "two.tar.gz", "plain.pkl"))
    write(one, model_joblib=MODEL, code__a_py=b"x = 1\n")
    write(two, a_pkl=MODEL, b_pkl=MODEL)
    plain.write_bytes(MODEL)
    file, name = only_file(one, store.scratch)
    assert (file.read_bytes(), name) == (MODEL, str(one))
    assert only_file(plain, store.scratch) == (plain, str(plain))
    assert only_file(tmp_path / "missing", store.scratch)[0] == tmp_path / "missing"
    with pytest.raises(UsageError, match="contains 2 files that may be models"):
        only_file(two, store.scratch)
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "MLmodel").write_text(MLFLOW_2)
    (folder / "model.pkl").write_bytes(MODEL)
    assert only_file(folder, store.scratch) == (folder / "model.pkl", str(folder))
    (folder / "model.pkl").unlink()
    with pytest.raises(CannotTellError, match="which is not there"):
        only_file(folder, store.scratch)
