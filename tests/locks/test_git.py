"""Files of a revision are read with all that they include, and without a checkout."""

from __future__ import annotations

from pathlib import Path

import pytest

from matrix.catalog.git import Repository, split
from matrix.catalog.requirements import read_request
from matrix.errors import UsageError
from tests.locks.repositories import commit, git, new_repository

UV = Path(__file__).parent / "files/uv-conflict"


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """On main, 1.5.2 by an included file with a constraint; in the working tree, 1.6.1."""
    folder = new_repository(
        tmp_path_factory.mktemp("git") / "r",
        {
            "requirements.txt": "-r deps/base.txt\nnumpy<2\n",
            "deps/base.txt": "-c ../pins.txt\nscikit-learn\n",
            "pins.txt": "scikit-learn==1.5.2\n",
            ".python-version": "3.11\n",
            "sub/uv.lock": (UV / "uv.lock").read_text("utf-8").replace("default-groups", "x"),
            "sub/pyproject.toml": (UV / "pyproject.toml").read_text("utf-8"),
            "out.txt": "-r ../outside.txt\n",
        },
    )
    (folder / "link.txt").symlink_to("pins.txt")
    (folder / "escape.txt").symlink_to("../outside.txt")
    commit(folder, {})
    (folder.parent / "outside.txt").write_text("scikit-learn==1.0\n")
    git(folder, "switch", "--quiet", "--create", "bump")
    commit(folder, {"pins.txt": "scikit-learn==1.6.1\n", ".python-version": "3.12\n"})
    (folder / "pins.txt").write_text("scikit-learn==1.7.2\n")
    (folder / "sub/pyproject.toml").write_text("[tool.uv]\ndefault-groups = ['old']\n")
    return folder


def test_included_files_are_those_of_the_same_revision(repository: Path) -> None:
    """Includes, constraints and the Python; nothing of the working tree."""
    main = read_request(["main:requirements.txt"], folder=repository)
    bump = read_request(["bump:requirements.txt"], folder=repository)
    tree = read_request(["requirements.txt"], folder=repository)
    assert [one.scikit_learn for one in (main, bump, tree)] == ["1.5.2", "1.6.1", "1.7.2"]
    assert [one.python for one in (main, bump, tree)] == ["3.11", "3.12", "3.12"]
    assert main.place is None


def test_default_groups_are_those_of_the_same_revision(repository: Path) -> None:
    assert read_request(["main:sub/uv.lock"], folder=repository).scikit_learn == "1.6.1"
    assert read_request(["sub/uv.lock"], folder=repository).scikit_learn == "1.5.2"


@pytest.mark.parametrize("revision", ["main", "bump~1", "HEAD^", "bump@{0}~1"])
def test_a_revision_is_whatever_git_takes_for_one(repository: Path, revision: str) -> None:
    request = read_request([f"{revision}:requirements.txt"], folder=repository)
    assert request.scikit_learn == "1.5.2"


def test_a_path_begins_at_the_root_or_with_a_dot_at_the_folder(repository: Path) -> None:
    for text in ("main:requirements.txt", "main:../requirements.txt", "main:link.txt"):
        found = read_request([text], folder=repository / "sub")
        assert found.scikit_learn == "1.5.2"
    assert read_request(["main:./uv.lock"], folder=repository / "sub").scikit_learn == "1.6.1"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("gone:uv.lock", "git knows no revision gone"),
        ("main:gone/uv.lock", "main:gone/uv.lock: there is no such file in that revision"),
        ("main:sub.txt", "there is no such file"),
        ("main:escape.txt", "there is no such file"),
        ("main:../requirements.txt", "there is no such file"),
        ("main:out.txt", "../outside.txt is outside of the repository"),
        ("--output=x:uv.lock", "git knows no revision --output=x"),
    ],
)
def test_what_git_does_not_have_is_one_clear_message(
    repository: Path, text: str, message: str
) -> None:
    with pytest.raises(UsageError) as error:
        read_request([text], folder=repository)
    assert message in str(error.value)


def test_a_folder_without_a_repository_is_a_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    (tmp_path / "p").mkdir()
    with pytest.raises(UsageError, match="is not in a git repository"):
        read_request(["main:uv.lock"], folder=tmp_path / "p")


def test_a_shallow_clone_without_the_base_says_what_to_fetch(
    repository: Path, tmp_path: Path
) -> None:
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", "--depth=1", "--branch=bump", f"file://{repository}", "clone")
    with pytest.raises(UsageError, match="git fetch --depth=1 origin main"):
        read_request(["origin/main:requirements.txt"], folder=clone)
    git(clone, "fetch", "--quiet", "--depth=1", "origin", "main:refs/remotes/origin/main")
    assert read_request(["origin/main:requirements.txt"], folder=clone).scikit_learn == "1.5.2"
    for revision in ("origin/main", "origin/gone"):
        with pytest.raises(UsageError, match="shallow clone does not have the commit") as error:
            Repository.around(clone).merge_base(revision)
        assert "git fetch --unshallow" in error.value.advice


def test_no_program_of_the_repository_runs(tmp_path: Path) -> None:
    """Filters, text conversions, hooks, a monitor of files: each would write a file."""
    folder = new_repository(tmp_path / "r", {"requirements.txt": "scikit-learn==1.5.2\n"})
    ran = tmp_path / "ran"
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {ran}\ncat\n")
    program.chmod(0o755)
    (folder / ".git/hooks").mkdir(exist_ok=True)
    for hook in ("post-checkout", "post-index-change", "reference-transaction"):
        (folder / ".git/hooks" / hook).write_text(program.read_text())
        (folder / ".git/hooks" / hook).chmod(0o755)
    (folder / ".gitattributes").write_text("*.txt filter=x diff=x\n")
    for key in ("filter.x.clean", "filter.x.smudge", "diff.x.textconv", "core.fsmonitor"):
        git(folder, "config", key, str(program))
    (folder / "requirements.txt").write_text("scikit-learn==1.6.1\n")
    ran.unlink(missing_ok=True)
    assert read_request(["HEAD:requirements.txt"], folder=folder).scikit_learn == "1.5.2"
    found = Repository.around(folder)
    assert found.working_paths() == [".gitattributes", "requirements.txt"]
    assert found.paths(found.merge_base("main")) == ["requirements.txt"]
    assert not ran.exists()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("origin/main:uv.lock", ("origin/main", "uv.lock")),
        ("HEAD~1:./a/uv.lock", ("HEAD~1", "./a/uv.lock")),
        ("C:\\a\\uv.lock", None),
        ("C:/a/uv.lock", None),
        ("https://example.org/uv.lock", None),
        ("git+ssh://git@example.org/uv.lock", None),
        (":uv.lock", None),
        ("numpy; python_version<'3:1'", None),
    ],
)
def test_which_texts_name_a_revision(text: str, expected: tuple[str, str] | None) -> None:
    assert split(text) == expected
