"""In a folder the content decides: no model is dropped, and what is passed over is listed."""

from __future__ import annotations

import gzip
import io
import os
import pickle
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from matrix.errors import Exit
from matrix.model import PassedOver
from matrix.store import Store
from matrix.upgrade.answer import Model
from matrix.upgrade.folders import find, sort_out
from matrix.upgrade.intake import take_in
from tests.inspection import assembler as a

MODEL = a.whole(a.new("sklearn.linear_model._ridge", "Ridge"))
DATA = pickle.dumps({"threshold": 0.5})


class Look:
    """Looks into paths like the command."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __call__(self, *paths: Path) -> tuple[dict[str, Model], dict[str, str]]:
        found = find(paths)
        taken = take_in(list(found.files), self._store, 1)
        models, passed = sort_out(taken, found)
        return {one.id: one for one in models}, {one.path: one.what for one in passed}


@pytest.fixture
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with Store(tmp_path_factory.mktemp("state")) as opened:
        yield opened


@pytest.fixture
def look(store: Store) -> Look:
    return Look(store)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("models").mkdir()
    return Path("models")


NAMES = ("a.joblib", "b.dill", "c.bin", "d.pk", "e.dump", "f.h5", "g", ".hidden", "h.csv", "i.v1.2")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_pickle_is_a_model_whatever_its_name(
    name: str, pack: type[bytes], folder: Path, look: Look
) -> None:
    (folder / name).write_bytes(pack(MODEL))
    models, passed = look(folder)
    assert list(models) == [f"models/{name}"]
    assert models[f"models/{name}"].problem is None
    assert passed == {}


def test_a_skops_file_is_never_dropped(folder: Path, look: Look) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("schema.json", "{}")
    (folder / "a.joblib").write_bytes(MODEL)
    (folder / "b.anything").write_bytes(stream.getvalue())
    models, passed = look(folder)
    assert list(models) == ["models/a.joblib", "models/b.anything"]
    assert passed == {}


OTHER = {
    "rows.csv": (b"a,b\n1,2\n", "CSV text"),
    "rows.csv.gz": (gzip.compress(b"a,b\n1,2\n"), "CSV text"),
    "README": (b"Hello.\n", "a text file"),
    "score.py": (b"import joblib\n", "a text file"),
    ".gitkeep": (b"", "an empty file"),
    "metrics.json": (b'{"auc": 0.9}', "JSON"),
    "plot": (b"\x89PNG\r\n\x1a\n", "a picture"),
    "rows.parquet": (b"PAR1" + bytes(20), "a Parquet table"),
    "X.npy": (b"\x93NUMPY\x01\x00v\0{}", "a single numpy array (.npy)"),
    "rows.pkl": (DATA, "pickled data (dict)"),
}


@pytest.mark.parametrize("name", OTHER)
def test_what_lies_beside_the_models_is_listed(name: str, folder: Path, look: Look) -> None:
    content, what = OTHER[name]
    (folder / "a.joblib").write_bytes(MODEL)
    (folder / name).write_bytes(content)
    models, passed = look(folder)
    assert list(models) == ["models/a.joblib"]
    assert passed == {f"models/{name}": what}


@pytest.mark.parametrize("name", OTHER)
def test_a_file_that_is_named_itself_is_never_passed_over(
    name: str, folder: Path, look: Look
) -> None:
    (folder / name).write_bytes(OTHER[name][0])
    models, passed = look(folder / name)
    assert list(models) == [f"models/{name}"]
    assert passed == {}


@pytest.mark.skipif(sys.platform == "win32", reason="the file would take 17 GiB")
def test_data_that_are_larger_than_any_model_are_passed_over(folder: Path, look: Look) -> None:
    (folder / "a.joblib").write_bytes(MODEL)
    (folder / "rows").write_bytes(b"PAR1")
    os.truncate(folder / "rows", 17 * 1024**3)
    models, passed = look(folder)
    assert list(models) == ["models/a.joblib"]
    assert passed == {"models/rows": "a Parquet table"}


UNANSWERED = {
    "a.onnx": (b"\x08\x0a\x12\x08skl2onnx\x1a\x061.17.0", "an ONNX model"),
    "a.h5": (b"\x89HDF\r\n\x1a\n" + bytes(20), "an HDF5 file"),
    "a.tar": (bytes(257) + b"ustar" + bytes(250), "a tar archive"),
    "noise": (b"\xff\xfe\xfd" * 20, "its first bytes are ff fe fd"),
    "cut": (MODEL[:-4], "is truncated"),
    "churn.pkl": (b"<!DOCTYPE html>", "is a web page"),
    "churn.joblib": (b"", "is empty"),
    "churn.pkl.gz": (b"Not found\n", "is a text file"),
    "big.csv": (b"version https://git-lfs.github.com/spec/v1\n", "a Git LFS pointer"),
}


@pytest.mark.parametrize("name", UNANSWERED)
def test_what_may_be_a_model_and_cannot_be_read_is_unanswered(
    name: str, folder: Path, look: Look
) -> None:
    content, said = UNANSWERED[name]
    (folder / name).write_bytes(content)
    models, passed = look(folder)
    problem = models[f"models/{name}"].problem
    assert problem is not None
    assert said in problem.message
    assert problem.exit_code is Exit.CANNOT_TELL
    assert passed == {}


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.txt", b"tree\nversion=v4\n"), ("a.json", b'{"learner":{}}')],
)
def test_a_file_that_a_library_wrote_by_itself_is_a_model(
    name: str, content: bytes, folder: Path, look: Look
) -> None:
    (folder / name).write_bytes(content)
    models, passed = look(folder)
    assert models[f"models/{name}"].problem is None
    assert passed == {}


EVIL = {
    "a call of eval": a.call("builtins", "eval", a.text("1")),
    "a call of numpy": a.call("numpy", "load", a.text("x")),
    "a call of joblib": a.call("joblib", "load", a.text("x")),
    "a model in data": a.call("builtins", "list") + a.POP + a.new("sklearn.svm._classes", "SVC"),
}


@pytest.mark.parametrize("kind", EVIL)
def test_a_pickle_with_code_is_no_data(kind: str, folder: Path, look: Look) -> None:
    """Whether the gate refuses it or not, it has an answer."""
    (folder / "data.pkl").write_bytes(a.whole(EVIL[kind]))
    models, passed = look(folder)
    assert list(models) == ["models/data.pkl"]
    assert passed == {}


def test_data_that_differ_from_their_digest_are_unanswered(folder: Path, store: Store) -> None:
    (folder / "a.pkl").write_bytes(DATA)
    found = find([folder])
    taken = take_in(list(found.files), store, 1, {Path("models/a.pkl").absolute(): "0" * 64})
    models, passed = sort_out(taken, found)
    assert [one.id for one in models] == ["models/a.pkl"]
    assert passed == ()


def test_hidden_folders_and_virtual_environments_have_one_line_each(
    folder: Path, look: Look
) -> None:
    (folder / "a.joblib").write_bytes(MODEL)
    for name in (".git", ".venv", "env"):
        (folder / name / "deep").mkdir(parents=True)
        (folder / name / "deep" / "b.pkl").write_bytes(MODEL)
    (folder / "env" / "pyvenv.cfg").write_text("home = /usr\n")
    models, passed = look(folder)
    assert list(models) == ["models/a.joblib"]
    assert passed == {
        "models/.git": "a hidden folder",
        "models/.venv": "a hidden folder",
        "models/env": "a virtual environment",
    }
    models, _ = look(folder / ".git")
    assert list(models) == ["models/.git/deep/b.pkl"]


def test_links_are_followed_once_and_never_in_a_circle(folder: Path, look: Look) -> None:
    (folder / "v1").mkdir()
    (folder / "v1" / "a.joblib").write_bytes(MODEL)
    (folder / "latest.joblib").symlink_to("v1/a.joblib")
    (folder / "current").symlink_to("v1")
    (folder / "v1" / "up").symlink_to("..")
    (folder / ".store").mkdir()
    (folder / ".store" / "b.joblib").write_bytes(MODEL)
    (folder / "shown").symlink_to(".store")
    models, passed = look(folder)
    assert set(models) == {
        "models/latest.joblib",
        "models/v1/a.joblib",
        "models/shown/b.joblib",
    }
    assert passed == {
        "models/.store": "a hidden folder",
        "models/current": "a link to a folder that was searched",
        "models/v1/up": "a link to a folder that was searched",
    }


def test_links_that_lead_nowhere_or_outside_are_unanswered(folder: Path, look: Look) -> None:
    Path("elsewhere").mkdir()
    (folder / "a.joblib").write_bytes(MODEL)
    (folder / "outside").symlink_to(Path("elsewhere").absolute())
    (folder / "broken").symlink_to("missing")
    (folder / "circle").symlink_to("circle")
    models, _ = look(folder)
    said = {name: one.problem.message for name, one in models.items() if one.problem}
    assert set(said) == {"models/outside", "models/broken", "models/circle"}
    assert "outside" in said["models/outside"]
    assert "leads nowhere" in said["models/broken"]
    assert "leads nowhere" in said["models/circle"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are of POSIX")
def test_a_pipe_in_a_folder_is_said_to_be_one(folder: Path, look: Look) -> None:
    os.mkfifo(folder / "pipe")
    models, _ = look(folder)
    problem = models["models/pipe"].problem
    assert problem is not None
    assert "is a pipe" in problem.message


def test_what_may_not_be_read_is_unanswered(
    folder: Path, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The superuser may read everything: the errors are those of the system all the same."""
    (folder / "a.joblib").write_bytes(MODEL)
    (folder / "closed").mkdir()
    (folder / "secret").write_bytes(MODEL)
    scan, opened = os.scandir, os.open

    def refuse(path: str | Path) -> None:
        if Path(path).name in ("closed", "secret"):
            raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.scandir", lambda path: refuse(path) or scan(path))
    monkeypatch.setattr("os.open", lambda path, *rest: refuse(path) or opened(path, *rest))
    models, _ = look(folder)
    for name, said in (("closed", "the folder cannot be read"), ("secret", "cannot be read")):
        problem = models[f"models/{name}"].problem
        assert problem is not None
        assert f"{said}: Permission denied" in problem.message
        assert problem.exit_code is Exit.CANNOT_TELL
    assert models["models/a.joblib"].problem is None


def test_a_missing_file_leaves_the_others(folder: Path, look: Look) -> None:
    (folder / "a.joblib").write_bytes(MODEL)
    models, _ = look(Path("gone.pkl"), folder / "a.joblib")
    assert models["models/a.joblib"].problem is None
    problem = models["gone.pkl"].problem
    assert problem is not None
    assert problem.exit_code is Exit.USAGE


def test_a_folder_without_models_is_unanswered(folder: Path, look: Look) -> None:
    Path("empty").mkdir()
    (folder / "a.joblib").write_bytes(MODEL)
    Path("empty/rows.csv").write_text("a,b\n1,2\n")
    models, passed = look(folder, Path("empty"))
    assert set(models) == {"models/a.joblib", "empty"}
    problem = models["empty"].problem
    assert problem is not None
    assert problem.message == "empty contains no saved model"
    assert problem.exit_code is Exit.USAGE
    assert passed == {"empty/rows.csv": "CSV text"}


def test_a_file_that_is_found_twice_is_answered_once(folder: Path, look: Look) -> None:
    (folder / "a.joblib").write_bytes(MODEL)
    models, passed = look(folder / "a.joblib", folder, folder)
    assert list(models) == ["models/a.joblib"]
    assert passed == {}


def test_what_is_passed_over_is_in_the_order_of_its_paths(folder: Path, look: Look) -> None:
    for name in ("b.csv", "a.csv"):
        (folder / name).write_text("x,y\n1,2\n")
    (folder / "m.joblib").write_bytes(MODEL)
    found = find([folder])
    assert PassedOver(path="models/b.csv", what="CSV text") in found.passed_over
    assert list(look(folder)[1]) == ["models/a.csv", "models/b.csv"]


def test_folders_may_be_nested_more_deeply_than_python_recurses(
    folder: Path,
) -> None:
    deep = folder.joinpath(*"d" * 400)
    deep.mkdir(parents=True)
    (deep / "a.joblib").write_bytes(MODEL)
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(350)
    try:
        found = find([folder])
    finally:
        sys.setrecursionlimit(limit)
    assert list(found.files) == [deep / "a.joblib"]
