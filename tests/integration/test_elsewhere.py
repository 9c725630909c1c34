"""A project of its own, outside this repository, with the package installed from a built wheel."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from matrix.environments.uv import find_uv
from matrix.environments.uv_settings import clean_environ

from .projects import ROOT
from .test_usage import GOOD

NOXFILE = """
import matrix.sessions

matrix.sessions.add()
"""
PYPROJECT = """
[project]
name = "shop"
version = "1"

[tool.matrix]
pipelines = ["models"]
download-python = "never"

[tool.matrix.sets.default]
scikit-learn = ["1.3", "1.5"]
"""


class Elsewhere:
    """A folder, and the virtualenv that has the package."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.programs = folder / "venv" / ("Scripts" if os.name == "nt" else "bin")

    def run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a program of the virtualenv in the folder, with nothing of this repository's."""
        path = os.pathsep.join([str(self.programs), os.environ["PATH"]])
        return subprocess.run(
            [str(self.programs / program), *arguments],
            cwd=self.folder,
            env={**clean_environ(), "PATH": path},
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="module")
def venv(tmp_path_factory: pytest.TempPathFactory) -> Elsewhere:
    """A virtualenv with the wheel, in a folder without any configuration."""
    folder = tmp_path_factory.mktemp("elsewhere")
    built = folder / "dist"
    venv = folder / "venv"
    uv(folder, "build", "--wheel", "--out-dir", str(built), str(ROOT))
    (wheel,) = built.glob("*.whl")
    uv(folder, "venv", "--python", sys.executable, str(venv))
    elsewhere = Elsewhere(folder)
    python = elsewhere.programs / "python"
    uv(folder, "pip", "install", "--python", str(python), str(wheel))
    return elsewhere


@pytest.fixture(scope="module")
def shop(venv: Elsewhere) -> Elsewhere:
    """A project with a noxfile of two lines, its own environments and its own pipelines."""
    (venv.folder / "noxfile.py").write_text(NOXFILE)
    (venv.folder / "pyproject.toml").write_text(PYPROJECT)
    models = venv.folder / "models"
    models.mkdir()
    (models / "churn.py").write_text(GOOD)
    return venv


def uv(folder: Path, *arguments: str) -> None:
    subprocess.run(
        [find_uv(), *arguments], cwd=folder, env=clean_environ(), check=True, capture_output=True
    )


def test_the_reference_pipelines_come_with_the_wheel(venv: Elsewhere) -> None:
    code = "from matrix.catalog import reference_pipelines; print(reference_pipelines.folder())"
    folder = Path(venv.run("python", "-c", code).stdout.strip())
    assert folder.is_relative_to(venv.folder / "venv")
    source = ROOT / "fixtures"
    assert {path.name for path in folder.glob("*.py")} == {p.name for p in source.glob("*.py")}


@pytest.mark.nightly
def test_without_any_configuration_the_reference_pipelines_are_checked(venv: Elsewhere) -> None:
    """Between two sets of packages; they came with the wheel. Runs before there is a project."""
    assert not (venv.folder / "pyproject.toml").exists()
    wishes = ("--from", "scikit-learn==1.3.2", "--to", "scikit-learn==1.5.2", "--as-of", "release")
    done = venv.run("compat-matrix", "upgrade", *wishes, "--output", "json:upgrade.json")
    assert done.returncode == 1, done.stderr
    document = json.loads((venv.folder / "upgrade.json").read_text())
    sources = {pipeline["source"] for pipeline in document["pipelines"]}
    assert len(document["pipelines"]) > 100
    assert all(str(venv.folder / "venv") in source for source in sources)
    verdicts = {cell["verdict"] for cell in document["cells"]}
    assert {"identical", "load-failed"} <= verdicts


def test_two_lines_in_a_noxfile_bring_the_sessions(shop: Elsewhere) -> None:
    listed = shop.run("nox", "-l").stdout
    for name in ("matrix", "upgrade", "plan", "report", "explain", "env-sklearn-1.3"):
        assert f" {name} " in f"{listed} ", name


def test_its_own_pipelines_in_its_own_environments(shop: Elsewhere) -> None:
    done = shop.run("nox", "-s", "matrix", "--", "--output", "json:result.json")
    assert done.returncode == 0, done.stderr + done.stdout
    document = json.loads((shop.folder / "result.json").read_text())
    assert [pipeline["id"] for pipeline in document["pipelines"]] == ["our_model"]
    ids = [environment["id"] for environment in document["environments"]]
    assert ids == ["sklearn-1.3", "sklearn-1.5"]
    assert set(document["self_check"].values()) == {"detected"}


def test_the_tool_is_the_installed_one(shop: Elsewhere) -> None:
    found = shop.run("python", "-c", "import matrix; print(matrix.__file__)").stdout
    assert str(shop.folder) in found


@pytest.mark.nightly
def test_it_runs_from_the_cache_of_uv(venv: Elsewhere, tmp_path: Path) -> None:
    """As ``uvx`` does it: uv refuses to work in its cache, where the package and nox then are."""
    import joblib
    from sklearn.linear_model import Ridge

    joblib.dump(Ridge().fit([[0.0], [1.0], [2.0]], [0.0, 1.0, 3.0]), tmp_path / "model.joblib")
    (wheel,) = (venv.folder / "dist").glob("*.whl")

    def uvx(*command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [find_uv(), "tool", "run", "--from", str(wheel), *command],
            cwd=tmp_path,
            env=clean_environ(),
            capture_output=True,
            text=True,
            check=False,
        )

    cache = subprocess.run([find_uv(), "cache", "dir"], capture_output=True, text=True, check=True)
    where = Path(uvx("python", "-c", "import sys; print(sys.prefix)").stdout.strip())
    assert where.resolve().is_relative_to(Path(cache.stdout.strip()).resolve())
    before = files(where)
    done = uvx("sklearn-compat-matrix", "upgrade", "model.joblib", "--output", "answer.json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert files(where) == before, "nothing is written beside the package"
    cells = json.loads((tmp_path / "answer.json").read_text())["cells"]
    assert {cell["verdict"] for cell in cells} == {"identical"}
    assert "model.joblib: safe" in done.stdout
    assert (tmp_path / ".matrix/.gitignore").read_text() == "*\n"
    assert {path.name for path in tmp_path.iterdir()} == {
        *(".matrix", "model.joblib", "answer.json"),
    }


def files(folder: Path) -> set[Path]:
    """The files in a folder, without the bytecode that Python writes by itself."""
    return {path for path in folder.rglob("*") if path.suffix != ".pyc" and path.is_file()}


@pytest.mark.nightly
def test_it_is_installed_as_a_tool(venv: Elsewhere, tmp_path: Path) -> None:
    """Both names of the command stand in uv's folder of programs; pipx makes the same of them."""
    (wheel,) = (venv.folder / "dist").glob("*.whl")
    environ = {
        **clean_environ(),
        "UV_TOOL_DIR": str(tmp_path / "tools"),
        "UV_TOOL_BIN_DIR": str(tmp_path / "bin"),
    }
    subprocess.run(
        [find_uv(), "tool", "install", str(wheel)], env=environ, check=True, capture_output=True
    )
    for name in ("compat-matrix", "sklearn-compat-matrix"):
        done = subprocess.run(
            [tmp_path / "bin" / name, "--version"], capture_output=True, text=True, check=True
        )
        assert done.stdout.startswith("sklearn-compat-matrix ")
