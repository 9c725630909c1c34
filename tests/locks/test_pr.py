"""What a branch changes in the locks of a repository, and whether it bears on models."""

from __future__ import annotations

from pathlib import Path

import pytest

from matrix.catalog.locks.registry import is_lock_name
from matrix.cli import main
from matrix.errors import Exit, UsageError
from matrix.upgrade.lock_changes import LockChanges, PackageChange, find_changes, of_project
from tests.locks.repositories import commit, git, new_repository

FILES = Path(__file__).parent / "files"
KINDS = {
    "requirements.txt": "requirements/freeze.txt",
    "uv.lock": "uv-conflict/uv.lock",
    "poetry.lock": "poetry/poetry.lock",
    "pdm.lock": "pdm/pdm.lock",
    "Pipfile.lock": "pipenv/Pipfile.lock",
    "environment.yml": "conda/environment.yml",
    "conda-lock.yml": "conda/conda-lock.yml",
    "pixi.lock": "conda/pixi.lock",
    "explicit.txt": "conda/explicit.txt",
    "pyproject.toml": "poetry/pyproject.toml",
    "deploy/Dockerfile": "docker/Dockerfile",
}
INCLUDED = {
    "more.txt": "category_encoders==2.6.4\n",
    "deploy/deps/base.txt": "scikit-learn==1.5.2\n",
    "deploy/deps/pins.txt": "scipy==1.13.1\n",
    "explicit-requirements.txt": "",
}


@pytest.fixture(autouse=True)
def outside_of_github(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_BASE_REF", raising=False)


def content(kind: str) -> str:
    return (FILES / KINDS[kind]).read_text("utf-8")


def changed(folder: Path, files: dict[str, str], *, base: str = "main") -> LockChanges:
    """What a branch with these files changes."""
    git(folder, "switch", "--quiet", "--create", "bump")
    commit(folder, files)
    return find_changes(folder, base)


@pytest.mark.parametrize("kind", KINDS)
def test_a_bump_of_scikit_learn_is_found_in_each_kind_of_lock(tmp_path: Path, kind: str) -> None:
    name = kind.replace("explicit.txt", "conda-explicit.txt")
    files = {**INCLUDED, name: content(kind)}
    folder = new_repository(tmp_path / "r", files)
    bumped = {
        path: text.replace("1.5.2", "1.7.2").replace("1.6.1", "1.7.1")
        for path, text in files.items()
    }
    found = changed(folder, bumped)
    (change,) = [one for one in found.changes if one.path == name]
    assert [one.name for one in change.packages] == ["scikit-learn"]
    assert change.packages[0].after in {"1.7.2", "1.7.1"}
    assert change.bears_on_models
    assert change.base == f"{found.commit}:{name}"
    assert change.origin.scikit_learn == change.packages[0].before
    assert change.target.scikit_learn == change.packages[0].after
    assert not found.problems


def test_a_change_for_an_older_python_alone_is_found(tmp_path: Path) -> None:
    """The newest Python has 1.6.1 on both sides."""
    text = content("poetry.lock")
    folder = new_repository(tmp_path / "r", {"poetry.lock": text})
    (change,) = changed(folder, {"poetry.lock": text.replace("1.5.2", "1.5.1")}).changes
    assert change.python == "3.12"
    assert change.packages == (PackageChange("scikit-learn", "1.5.2", "1.5.1"),)
    assert (change.origin.python, change.target.python) == ("3.12", "3.12")


def test_the_python_of_a_version_file_is_a_change(tmp_path: Path) -> None:
    files = {"requirements.txt": "scikit-learn==1.5.2\n", ".python-version": "3.11\n"}
    folder = new_repository(tmp_path / "r", files)
    (change,) = changed(folder, {".python-version": "3.12\n"}).changes
    assert change.packages == (PackageChange("python", "3.11", "3.12"),)
    assert change.bears_on_models


def test_the_base_is_the_commit_that_both_share(tmp_path: Path) -> None:
    """What main did since does not count as undone."""
    folder = new_repository(tmp_path / "r", {"requirements.txt": "scikit-learn==1.5.2\n"})
    git(folder, "branch", "bump")
    commit(folder, {"requirements.txt": "scikit-learn==1.6.1\n"})
    git(folder, "switch", "--quiet", "bump")
    assert find_changes(folder, "main").changes == ()
    (folder / "requirements.txt").write_text("scikit-learn==1.4.2\n")  # not committed
    (change,) = find_changes(folder, None).changes
    assert change.packages == (PackageChange("scikit-learn", "1.5.2", "1.4.2"),)


def test_the_base_of_a_pull_request_on_github_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The checkout has no branch of its own, and a clone that is shallow says what to fetch."""
    source = new_repository(tmp_path / "r", {"requirements.txt": "scikit-learn==1.5.2\n"})
    git(source, "switch", "--quiet", "--create", "bump")
    commit(source, {"requirements.txt": "scikit-learn==1.6.1\n"})
    monkeypatch.setenv("GITHUB_BASE_REF", "main")
    url, branch = f"file://{source}", "--branch=bump"
    git(tmp_path, "clone", "--quiet", url, branch, "clone")
    git(tmp_path / "clone", "switch", "--quiet", "--detach")
    found = find_changes(tmp_path / "clone", None)
    assert (found.base, len(found.changes)) == ("origin/main", 1)
    git(tmp_path, "clone", "--quiet", "--depth=1", url, branch, "shallow")
    with pytest.raises(UsageError, match="shallow clone does not have the commit"):
        find_changes(tmp_path / "shallow", None)
    monkeypatch.delenv("GITHUB_BASE_REF")
    with pytest.raises(UsageError, match="shallow clone does not have the commit"):
        find_changes(tmp_path / "shallow", "main")


def test_a_lock_counts_and_the_ranges_beside_it_do_not(tmp_path: Path) -> None:
    files = {
        name: (FILES / "pdm" / name).read_text("utf-8") for name in ("pdm.lock", "pyproject.toml")
    }
    folder = new_repository(tmp_path / "r", files)
    bumped = {name: text.replace("1.5.2", "1.7.2") for name, text in files.items()}
    assert [one.path for one in changed(folder, bumped).changes] == ["pdm.lock"]


def test_an_export_beside_its_lock_is_answered_once(tmp_path: Path) -> None:
    files = {
        "requirements.txt": "scikit-learn==1.5.2\n",
        "app/requirements.txt": "scikit-learn==1.5.2\n",
    }
    folder = new_repository(tmp_path / "r", files)
    found = changed(folder, dict.fromkeys(files, "scikit-learn==1.6.1\n"))
    assert len(found.changes) == 1


@pytest.mark.parametrize(
    ("path", "is_lock"),
    [
        ("uv.lock", True),
        ("a/pylock.dev.toml", True),
        ("requirements/dev.txt", False),
        ("requirements-dev.txt", True),
        ("dev-requirements.in", True),
        ("environment-dev.yml", True),
        ("conda-linux-64.lock", True),
        ("deploy/Dockerfile.api", True),
        ("Cargo.lock", False),
        ("docker-compose.yml", False),
        (".github/workflows/test-conda.yml", False),
        ("README.txt", False),
    ],
)
def test_which_files_of_a_repository_are_locks(path: str, is_lock: bool) -> None:
    assert is_lock_name(path) is is_lock


def test_new_and_removed_locks_are_named(tmp_path: Path) -> None:
    folder = new_repository(tmp_path / "r", {"requirements.txt": "scikit-learn==1.5.2\n"})
    (folder / "requirements.txt").unlink()
    found = changed(folder, {"dev/requirements-dev.txt": "ruff==0.6.0\n"})
    assert [note.split(" since")[0] for note in found.notes] == [
        "dev/requirements-dev.txt is new",
        "requirements.txt was removed",
    ]
    assert found.changes == ()


def test_a_lock_that_only_moved_is_no_change(tmp_path: Path) -> None:
    folder = new_repository(tmp_path / "r", {"requirements.txt": "scikit-learn==1.5.2\n"})
    (folder / "requirements.txt").unlink()
    found = changed(folder, {"deploy/requirements.txt": "scikit-learn==1.5.2\n"})
    (note,) = found.notes
    assert note == (
        f"deploy/requirements.txt is new, and has the same versions as "
        f"{found.commit}:requirements.txt"
    )
    assert found.changes == ()


def test_a_project_of_a_repository_has_its_own_locks_and_those_around_it(tmp_path: Path) -> None:
    locks = ("requirements.txt", "a/requirements.txt", "a/sub/requirements.txt")
    files = {f"{name}/pyproject.toml": "" for name in ("a", "b")}
    files |= {path: f"scikit-learn==1.5.{n}\n" for n, path in enumerate((*locks, "b/docker.txt"))}
    files["b/requirements.txt"] = files.pop("b/docker.txt")
    folder = new_repository(tmp_path / "r", files)
    found = changed(folder, {p: t.replace("1.5", "1.4") for p, t in files.items() if t})

    def seen(where: str) -> list[str]:
        return [one.path for one in of_project(found, folder / where).changes]

    assert seen("") == [*locks[1:], "b/requirements.txt", "requirements.txt"]
    assert seen("a") == [*locks[1:], "requirements.txt"]
    assert seen("b") == ["b/requirements.txt", "requirements.txt"]
    (folder / "b" / "models").mkdir()
    assert seen("b/models") == ["b/requirements.txt", "requirements.txt"]
    notes = of_project(found, folder / "b").notes
    assert notes[0] == "a/requirements.txt changed too; it belongs to a: run the command there"


# ------------------------------------------------------------------------ the command


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    files = {"requirements.txt": "scikit-learn==1.5.2\nrequests==2.32.0\nnumpy==1.26.4\n"}
    folder = new_repository(tmp_path / "r", files)
    git(folder, "switch", "--quiet", "--create", "bump")
    monkeypatch.chdir(folder)
    return folder


def test_a_bump_of_requests_is_answered_at_once(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No model needs to be named, and nothing is built or stored."""
    commit(folder, {"requirements.txt": "scikit-learn==1.5.2\nrequests==2.32.3\nnumpy==1.26.4\n"})
    assert main(["pr"]) == Exit.OK
    said = capsys.readouterr().out
    assert "requests 2.32.0 → 2.32.3" in said
    assert "Nothing that models are known to be made of changed since" in said
    assert not (folder / ".matrix").exists()


def test_a_lock_that_cannot_be_read_is_never_passed_over(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also where no other lock bears on models."""
    commit(folder, {"uv.lock": "version = 1\n"})
    git(folder, "branch", "--force", "main")
    commit(folder, {"uv.lock": "version = 9\n", "requirements.txt": "scikit-learn==1.5.2\n"})
    assert main(["pr", "--isolated", "gone.joblib"]) != Exit.OK
    said = capsys.readouterr().out
    assert "Unknown: " in said
    assert "uv.lock: requires-python: is missing" in said
    assert "numpy 1.26.4 → (none)" in said
    (folder / "requirements.txt").unlink()
    assert main(["pr", "--isolated"]) == Exit.USAGE
    assert "uv.lock: requires-python: is missing" in capsys.readouterr().err


def test_no_change_is_answered_at_once(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pr", "--base", "main"]) == Exit.OK
    assert "No lock changed since" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "arguments", "message"),
    [
        ("scikit-learn==1.6.1\n", ["--base", "gone"], "git knows no revision gone"),
        ("numpy==2.1.0\n", ["x.joblib"], "requirements.txt: scikit-learn is not in it"),
        ("<<<<<<< a\n", [], "requirements.txt, line 1: the file has merge conflicts"),
    ],
)
def test_what_cannot_be_answered_is_one_clear_message(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    text: str,
    arguments: list[str],
    message: str,
) -> None:
    commit(folder, {"requirements.txt": text})
    assert main(["pr", *arguments, "--isolated"]) == Exit.USAGE
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("models", "message"),
    [
        ('["models/*.joblib"]', "nothing matches models/*.joblib"),
        ('["../*.joblib"]', "leaves the folder of the configuration"),
        ('["/etc/*"]', "leaves the folder of the configuration"),
        ("[1]", "must be a string"),
    ],
)
def test_models_of_the_configuration_are_checked(
    folder: Path, capsys: pytest.CaptureFixture[str], models: str, message: str
) -> None:
    (folder / "pyproject.toml").write_text(f"[tool.matrix]\nmodels = {models}\n")
    commit(folder, {"requirements.txt": "scikit-learn==1.6.1\n"})
    assert main(["pr"]) == Exit.USAGE
    assert message in capsys.readouterr().err


def test_a_lock_without_a_library_of_models_is_an_error_before_anything_is_built(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "web.txt").write_text("requests==2.32.0\n")
    assert main(["upgrade", "x.joblib", "--from", "web.txt"]) == Exit.USAGE
    assert "web.txt: scikit-learn is not in it" in capsys.readouterr().err
    assert main(["upgrade", "x.joblib", "--to", "main:requirements.txt", "--to", "web.txt"]) == 2
    assert not (folder / ".matrix").exists()


def test_outside_of_a_repository_it_is_a_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    (tmp_path / "p").mkdir()
    with pytest.raises(UsageError, match="is not in a git repository"):
        find_changes(tmp_path / "p", None)
