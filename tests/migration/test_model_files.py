"""Which new file a model gets in a folder of new files."""

from __future__ import annotations

from pathlib import Path

import pytest

from matrix.errors import UsageError
from matrix.migration.model_files import files_of, is_batch, refuse_inside, refuse_twice
from matrix.upgrade.answer import Model


def model(path: str, packed_as: str = "") -> Model:
    return Model(id=path, path=Path(path), packed_as=packed_as)


def test_paths_below_a_named_folder_stay() -> None:
    (one,) = files_of([model("models/eu/churn.joblib")])
    assert one.place([Path("models")]) == "eu/churn.joblib"
    assert one.place([]) == "churn.joblib"
    assert one.place([Path("models")], ".skops") == "eu/churn.skops"


def test_what_is_in_an_archive_lies_below_its_name() -> None:
    (one,) = files_of([model("models/all.zip", "eu/churn.pkl")])
    assert one.place([Path("models")]) == "all.zip/eu/churn.pkl"
    assert one.source == "models/all.zip/eu/churn.pkl"


def test_models_of_one_file_are_one_file() -> None:
    found = files_of([model("a.joblib"), model("b.joblib"), model("a.joblib")])
    assert [(one.source, len(one.models)) for one in found] == [("a.joblib", 2), ("b.joblib", 1)]


def test_several_files_and_a_folder_of_one_go_to_a_folder(tmp_path: Path) -> None:
    alone = files_of([model("a.joblib")])
    assert not is_batch([Path("a.joblib")], alone)
    assert is_batch([Path("a.joblib"), Path("b.joblib")], alone)
    inside = files_of([model(str(tmp_path / "a.joblib"))])
    assert is_batch([tmp_path], inside)
    described = files_of([model(str(tmp_path), "model.pkl")])
    assert not is_batch([tmp_path], described), "the folder is the model"


def test_two_files_never_get_one_name() -> None:
    files = files_of([model("eu/churn.joblib"), model("us/churn.joblib")])
    with pytest.raises(UsageError, match=r"eu/churn.joblib and us/churn.joblib"):
        refuse_twice(files, [])
    refuse_twice(files, [Path()])


def test_new_files_do_not_lie_among_the_old_ones(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="beside"):
        refuse_inside(tmp_path / "new", [tmp_path])
    refuse_inside(tmp_path / "new", [tmp_path / "old"])
