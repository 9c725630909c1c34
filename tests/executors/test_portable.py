"""A request to another machine has no path of this one, and comes back with its paths."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from made_up import environment

from matrix.errors import UsageError
from matrix.executors import portable as module
from matrix.executors import remote_machine
from matrix.executors.portable import PortableRequest, archive, localized, portable, with_origins
from matrix.executors.remote_machine import differs, platform_kind, run_portable
from matrix.executors.worker_process import Request
from matrix.model import EnvInfo, Environment, Interpreter, Lock


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with a pipeline file and what it needs, beside a saved model and rows."""
    folder = tmp_path / "here"
    (folder / "pipelines" / "helpers").mkdir(parents=True)
    (folder / "pipelines" / "linear.py").write_text("def ridge(): ...")
    (folder / "pipelines" / "helpers" / "words.txt").write_text("a\n")
    (folder / "pipelines" / ".secret").write_text("hidden")
    (folder / "pipelines" / "__pycache__").mkdir()
    (folder / "pipelines" / "__pycache__" / "linear.pyc").write_bytes(b"0")
    (folder / "model.joblib").write_bytes(b"a model")
    (folder / "rows").write_bytes(b"rows")
    return folder


def built(folder: Path) -> Environment:
    """An environment whose interpreter is in this folder."""
    made = environment("1.5")
    assert made.info is not None
    return replace(
        made,
        info=replace(made.info, executable=folder / "venv" / "bin" / "python"),
        lock=Lock(
            interpreter=Interpreter(path=Path("python"), version="3.12.1"), pins={}, as_of=None
        ),
    )


def load_request(project: Path) -> Request:
    piece = {
        "id": 3,
        "format": "joblib",
        "path": str(project / "model.joblib"),
        "rows": str(project / "rows"),
        "source": None,
        "known": {"predict": "0"},
    }
    return Request(
        executable=Path("python"),
        task="load",
        paths=(project / "pipelines",),
        pieces=(piece,),
        variables={"A": "1"},
    )


def sent(request: Request, project: Path) -> PortableRequest:
    return portable(request, built(project), request.pieces, alone=False)


def arrived(made: PortableRequest) -> dict[str, bytes]:
    return {digest: one.read() for digest, one in made.files.items()}


def test_files_and_folders_are_there_under_paths_of_the_other_machine(
    project: Path, tmp_path: Path
) -> None:
    request = load_request(project)
    made = sent(request, project)
    there = tmp_path / "there"
    found = localized(json.loads(json.dumps(made.body)), arrived(made), built(there), there)
    (piece,) = found.request.pieces
    assert Path(piece["path"]).read_bytes() == b"a model"
    assert Path(piece["path"]).suffix == ".joblib"
    assert Path(piece["rows"]).read_bytes() == b"rows"
    (code,) = found.request.paths
    names = sorted(path.relative_to(code).as_posix() for path in code.rglob("*") if path.is_file())
    assert names == ["helpers/words.txt", "linear.py"]
    assert str(project) not in str(found.request)
    same = {name: piece[name] for name in ("id", "format", "source", "known")}
    assert same == {name: request.pieces[0][name] for name in same}
    assert found.request.executable == there / "venv" / "bin" / "python"
    assert (found.request.task, found.request.variables) == ("load", {"A": "1"})


def test_a_pipeline_file_is_found_in_the_folder_that_was_sent(
    project: Path, tmp_path: Path
) -> None:
    file = project / "pipelines" / "linear.py"
    piece = {"id": 0, "pipeline": "ridge", "file": str(file), "folder": str(tmp_path / "out")}
    request = replace(load_request(project), task="save", pieces=(piece,), files=(file,))
    made = sent(request, project)
    found = localized(made.body, arrived(made), built(tmp_path), tmp_path / "there")
    assert Path(found.request.pieces[0]["file"]).read_text() == "def ridge(): ..."
    assert found.request.files == (Path(found.request.pieces[0]["file"]),)
    assert "folder" not in found.request.pieces[0]


def test_tracebacks_name_the_files_of_the_machine_that_asked(project: Path, tmp_path: Path) -> None:
    made = sent(load_request(project), project)
    there = tmp_path / "there"
    found = localized(made.body, arrived(made), built(there), there)
    (code,) = found.request.paths
    answer = {"raised": {"traceback": f"{code}/linear.py, {there}/venv/lib/sklearn/base.py"}}
    expected = f"{project}/pipelines/linear.py, {project}/venv/lib/sklearn/base.py"
    assert with_origins(answer, found.origins) == {"raised": {"traceback": expected}}


@pytest.mark.parametrize("lost", [True, False])
def test_a_file_that_does_not_arrive_whole_is_an_error(
    project: Path, tmp_path: Path, lost: bool
) -> None:
    made = sent(load_request(project), project)
    files = arrived(made)
    digest = next(digest for digest, data in files.items() if data == b"a model")
    files[digest] = b"" if lost else b"another model"
    with pytest.raises(ValueError, match="arrived damaged"):
        localized(made.body, files, built(tmp_path), tmp_path / "there")


def test_the_archive_of_a_folder_depends_on_names_and_bytes_only(project: Path) -> None:
    folder = project / "pipelines"
    before = archive(folder)
    os.utime(folder / "linear.py", (1, 1))
    assert archive(folder) == before
    (folder / "linear.py").write_text("def ridge(): pass")
    assert archive(folder) != before


def test_a_folder_that_is_too_large_is_not_sent(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_CODE", 10)
    with pytest.raises(UsageError, match="sent to every machine"):
        archive(project / "pipelines")


# --------------------------------------------------------------------------- refusals

LINUX = "Linux-6.1.0-13-amd64-x86_64-with-glibc2.36"


def test_a_machine_with_another_version_of_the_tool_refuses(project: Path, tmp_path: Path) -> None:
    made = sent(load_request(project), project)
    body = {**made.body, "code_digest": "another"}
    answer = run_portable(body, {}, tmp_path)
    assert answer == {"refused": "it has another version of sklearn-compat-matrix"}


def test_a_machine_without_the_python_of_a_lock_refuses(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote_machine, "find", lambda _: ())
    monkeypatch.setattr(remote_machine, "_prepared", {})
    made = sent(load_request(project), project)
    answer = run_portable(made.body, arrived(made), tmp_path)
    assert "it has no Python" in answer["refused"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, ""),
        ({"platform": "Linux-5.4-x86_64-with-glibc2.36"}, ""),
        ({"platform": "Linux-6.1-aarch64-with-glibc2.36"}, "the platform is Linux aarch64"),
        ({"platform": "Linux-6.1-x86_64-with-glibc2.31"}, "the platform is Linux x86_64 glibc2.31"),
        ({"platform": "macOS-14.1-arm64-arm-64bit"}, "the platform is macOS arm64"),
        ({"python": "3.12.2"}, "Python is 3.12.2 instead of 3.12.1"),
        ({"blas": "another"}, "linear algebra is another instead of openblas"),
        ({"packages": {"numpy": "2.0"}}, "it holds other packages"),
    ],
)
def test_an_environment_is_another_one_if_results_may_depend_on_the_difference(
    changes: dict[str, object], reason: str
) -> None:
    asked = EnvInfo(
        python="3.12.1",
        platform="Linux-6.1.0-13-amd64-x86_64-with-glibc2.36",
        executable=Path("python"),
        packages={"numpy": "1.26"},
        blas="openblas",
    )
    found = differs(asked, replace(asked, **changes))  # type: ignore[arg-type]
    assert found.startswith(reason)
    assert bool(found) == bool(reason)


def test_the_kind_of_a_platform_has_no_version_of_the_system() -> None:
    assert platform_kind(LINUX) == "Linux x86_64 glibc2.36"
