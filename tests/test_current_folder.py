"""The current folder may be a stranger's: nothing in it runs but what docs/security.md lists.

Each payload is harmless: it writes a file called ``marker``.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from matrix import catalog, own_folder
from matrix.catalog import NamedBy
from matrix.cli import main
from matrix.environments import build_one, interpreters
from matrix.environments.environment_store import EnvironmentStore
from matrix.environments.reasons import UnavailableError
from matrix.environments.records import BuildRequest, listing_file, write_requests
from matrix.environments.uv import Uv
from matrix.environments.uv_settings import clean_environ, settings_options
from matrix.errors import Exit, MatrixError, UsageError
from matrix.model import Interpreter, Lock
from matrix.model.package_sources import PackageSources
from matrix.processes import find_program
from matrix.sessions import module_command
from matrix.store import Store
from tests.wheels import write_wheel

CONFIGURED = '[tool.matrix]\n[tool.matrix.sets.default]\nscikit-learn = ["1.5"]\n'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with the user's cache and settings elsewhere."""
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("COMPAT_MATRIX_ENVS", str(tmp_path / "envs"))
    for name in ("UV_CONFIG_FILE", "UV_NO_CONFIG", "UV_FIND_LINKS"):
        monkeypatch.delenv(name, raising=False)
    return here


def payload(marker: Path) -> str:
    return f"open({str(marker)!r}, 'w').close()\n"


def wheel(folder: Path) -> Path:
    """A wheel of a package that no index has, whose ``.pth`` would run at each start."""
    write_wheel(folder, "marker_package", "1.0", {"marker_package.pth": "import sys\n"})
    return folder


def resolved(uv: Uv) -> dict[str, str]:
    version = ".".join(map(str, sys.version_info[:2]))
    return uv.compile(
        ["marker-package"], interpreter=Path(sys.executable), python=version, as_of=None
    )


# ------------------------------------------------------------------------ settings of uv and pip


@pytest.mark.parametrize("file", ["pyproject.toml", "uv.toml"])
def test_uv_takes_no_wheel_that_a_file_of_the_current_folder_names(folder: Path, file: str) -> None:
    wheels = wheel(folder / "wheels").as_posix()
    head = "[tool.uv]\n" if file == "pyproject.toml" else ""
    (folder / file).write_text(f'{head}find-links = ["{wheels}"]\n')
    with pytest.raises(UnavailableError):
        resolved(Uv(offline=True))


def test_a_broken_file_of_settings_in_the_current_folder_is_not_read(folder: Path) -> None:
    (folder / "uv.toml").write_text("required-version = '==0.0.1'\nnonsense")
    (folder / ".python-version").write_text("2.7\n")
    (folder / "pyproject.toml").write_text("[tool.uv\n")
    assert Uv().run("python", "dir").returncode == 0


def test_the_matrix_may_name_wheels_and_says_so(folder: Path) -> None:
    wheel(folder / "wheels")
    named = CONFIGURED.replace("[tool.matrix]\n", '[tool.matrix]\nfind-links = "wheels"\n', 1)
    (folder / "pyproject.toml").write_text(named)
    sources = catalog.read(with_pipelines=False).sources
    assert sources.words == str(folder / "wheels")
    assert resolved(Uv(offline=True, sources=sources)) == {"marker-package": "1.0"}


def test_passwords_in_addresses_are_not_shown(folder: Path) -> None:
    named = 'index-url = "https://me:secret@index.example/simple"\n'
    (folder / "pyproject.toml").write_text(CONFIGURED.replace("\n", f"\n{named}", 1))
    assert catalog.read(with_pipelines=False).sources.words == "https://index.example/simple"


def test_an_index_of_the_matrix_replaces_that_of_the_user(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is named in a variable: every user of a computer sees the options of a process."""
    wheel(folder / "wheels")
    simple = folder / "simple" / "marker-package"
    simple.mkdir(parents=True)
    name = "marker_package-1.0-py3-none-any.whl"
    (simple / "index.html").write_text(
        f'<a href="{(folder / "wheels" / name).as_uri()}">{name}</a>'
    )
    index = (folder / "simple").as_uri()
    monkeypatch.setenv("UV_INDEX", "https://index.example/user")
    more = PackageSources(extra_index_urls=(index,))
    assert more.variables(os.environ) == {"UV_INDEX": f"{index} https://index.example/user"}
    monkeypatch.delenv("UV_INDEX")
    assert index not in more.options
    assert resolved(Uv(sources=more)) == {"marker-package": "1.0"}
    assert resolved(Uv(sources=PackageSources(index_url=index))) == {"marker-package": "1.0"}


@pytest.mark.parametrize("value", ['"--python"', '""', '"a\\nb"', "1"])
def test_a_source_of_packages_is_never_an_option(folder: Path, value: str) -> None:
    (folder / "pyproject.toml").write_text(CONFIGURED.replace("\n", f"\nfind-links = {value}\n", 1))
    with pytest.raises(MatrixError, match=r"find-links"):
        catalog.read(with_pipelines=False)


def test_the_variables_of_the_user_hold_with_relative_paths_too(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel(folder / "wheels")
    monkeypatch.setenv("UV_FIND_LINKS", "wheels,https://example.org/wheels")
    assert clean_environ()["UV_FIND_LINKS"].startswith(f"{folder / 'wheels'},https://")
    monkeypatch.setenv("UV_FIND_LINKS", "wheels")
    assert resolved(Uv(offline=True)) == {"marker-package": "1.0"}


@pytest.mark.skipif(os.name == "nt", reason="the file of the system is elsewhere on Windows")
def test_the_settings_of_the_user_and_of_the_system_hold(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = wheel(tmp_path / "wheels"), tmp_path / "other"
    second.mkdir()
    assert settings_options(tmp_path) == ["--no-config"]
    own = tmp_path / "config" / "uv" / "uv.toml"
    own.parent.mkdir(parents=True)
    own.write_text(f'find-links = ["{second}"]\n[pip]\nemit-index-url = false\n')
    assert settings_options(tmp_path) == ["--config-file", str(own)]
    shared = tmp_path / "system" / "uv" / "uv.toml"
    shared.parent.mkdir(parents=True)
    shared.write_text(f'find-links = ["{first}"]\n')
    monkeypatch.setenv("XDG_CONFIG_DIRS", str(tmp_path / "system"))
    assert resolved(Uv(offline=True)) == {"marker-package": "1.0"}


# ------------------------------------------------------------------------ programs and modules


@pytest.mark.skipif(os.name == "nt", reason="programs are scripts here")
@pytest.mark.parametrize("path", [".", "", "bin"])
def test_no_program_of_the_current_folder_is_run(
    folder: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    marker = folder / "marker"
    for name in ("uv", "nox", "bwrap", "python3", "python3.12"):
        program = folder / path / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(f"#!/bin/sh\ntouch {marker}\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", os.pathsep.join([path, os.environ["PATH"]]))
    for name in ("uv", "nox", "bwrap"):
        assert str(folder) not in str(find_program(name))
    interpreters.find(folder / "interpreters.json")
    assert not marker.exists()
    assert path not in clean_environ()["PATH"].split(os.pathsep)


NAMES = ("tomllib", "tomli", "argparse", "rich", "numpy", "nox", "json", "platformdirs", "attrs")


@pytest.mark.parametrize(
    ("command", "variables"),
    [
        ([sys.executable, "-m", "matrix"], {}),
        ([str(Path(sys.executable).with_name("compat-matrix"))], {"PYTHONPATH": ":/nowhere"}),
        (module_command(sys.executable, "matrix"), {}),
    ],
    ids=["python -m matrix", "an empty part in PYTHONPATH", "a nox session"],
)
def test_no_module_of_the_current_folder_is_imported(
    folder: Path, command: list[str], variables: dict[str, str]
) -> None:
    for name in NAMES:
        (folder / f"{name}.py").write_text(payload(folder / "marker"))
    (folder / "pyproject.toml").write_text(CONFIGURED)
    done = subprocess.run(
        [*command, "report"],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "there are no results in" in done.stderr
    assert not (folder / "marker").exists()


@pytest.mark.skipif(os.name == "nt", reason="permissions are of POSIX")
def test_a_configuration_where_every_user_may_write_is_not_found(folder: Path) -> None:
    inside = folder / "shared" / "project"
    inside.mkdir(parents=True)
    (folder / "shared" / "pyproject.toml").write_text(CONFIGURED)
    assert catalog.find(inside) == folder / "shared" / "pyproject.toml"
    (folder / "shared").chmod(0o1777)
    assert catalog.find(inside) is None


# ------------------------------------------------------------------------ results and environments


def test_a_copy_of_a_marked_folder_is_not_ones_own(folder: Path) -> None:
    own_folder.mark(folder / "one")
    assert own_folder.is_own(folder / "one")
    (folder / "two").mkdir()
    mark = (folder / "one" / own_folder.MARK).read_bytes()
    (folder / "two" / own_folder.MARK).write_bytes(mark)
    assert not own_folder.is_own(folder / "two")
    (folder / "one").rename(folder / "moved")
    assert own_folder.is_own(folder / "moved")


def test_results_that_came_with_a_project_are_set_aside(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / ".matrix").mkdir()
    (folder / ".matrix" / "results.sqlite").write_text("forged")
    assert main(["upgrade", "no such file"]) == Exit.USAGE
    assert ".matrix.not-mine-1 now" in capsys.readouterr().err
    assert (folder / ".matrix.not-mine-1" / "results.sqlite").read_text() == "forged"
    assert own_folder.is_own(folder / ".matrix")
    main(["upgrade", "no such file"])
    assert "not-mine" not in capsys.readouterr().err


def test_results_that_came_with_a_project_are_not_shown_unless_named(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "pyproject.toml").write_text(CONFIGURED)
    Store(folder / ".matrix").close()  # as if in a repository: without the user's mark
    assert main(["report"]) == Exit.CANNOT_TELL
    assert f"--state {folder / '.matrix'}" in capsys.readouterr().err
    assert main(["report", "--state", ".matrix"]) == Exit.CANNOT_TELL
    assert "there are no results" in capsys.readouterr().err


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
@pytest.mark.parametrize("version", ["2", "4"])
@pytest.mark.parametrize("inside", ["", "sub/project"])
def test_results_that_a_repository_tracks_are_not_used(
    folder: Path, capsys: pytest.CaptureFixture[str], version: str, inside: str
) -> None:
    """Pulling would put somebody else's results in place of one's own."""
    project = folder / inside
    project.mkdir(parents=True, exist_ok=True)
    os.chdir(project)
    git = ["git", "-C", str(folder), "-c", f"index.version={version}"]
    subprocess.run([*git, "init", "-q"], check=True)
    (project / ".gitkeep").touch()
    subprocess.run([*git, "add", "."], check=True)
    assert main(["upgrade", "no such file"]) == Exit.USAGE
    assert own_folder.is_own(project / ".matrix")
    subprocess.run([*git, "add", "-f", str(project / ".matrix" / "results.sqlite")], check=True)
    capsys.readouterr()
    assert main(["upgrade", "no such file"]) == Exit.CANNOT_TELL
    assert "the repository has files of its own in" in capsys.readouterr().err
    assert main(["upgrade", "no such file", "--state", ".matrix"]) == Exit.USAGE


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
@pytest.mark.parametrize("version", ["2", "4"])
def test_a_folder_with_an_ending_of_the_same_name_is_another(folder: Path, version: str) -> None:
    """The byte before a path of 46 characters in the index is a dot."""
    project = folder / "project"
    project.mkdir()
    (project / "matrix").mkdir()
    name = f"matrix/{'x' * (ord('.') - len('matrix/'))}"
    (project / name).touch()
    git = ["git", "-C", str(project), "-c", f"index.version={version}"]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "."], check=True)
    assert own_folder.is_tracked(project / "matrix")
    assert not own_folder.is_tracked(project / ".matrix")
    subprocess.run([*git, "update-index", "--skip-worktree", name], check=True)  # version 3
    assert own_folder.is_tracked(project / "matrix")
    assert not own_folder.is_tracked(project / ".matrix")


@pytest.mark.parametrize("how", ["a path", "a link"])
def test_a_configuration_writes_no_results_outside_of_its_folder(
    folder: Path, capsys: pytest.CaptureFixture[str], how: str
) -> None:
    elsewhere = folder.parent / "elsewhere"
    if how == "a path":
        (folder / "pyproject.toml").write_text('[tool.matrix]\nstate = "../elsewhere"\n')
    else:
        elsewhere.mkdir()
        (folder / ".matrix").symlink_to(elsewhere)
    assert main(["upgrade", "no such file"]) == Exit.USAGE
    assert "is outside of" in capsys.readouterr().err
    assert not elsewhere.exists() or not any(elsewhere.iterdir())
    assert main(["upgrade", "no such file", "--state", str(elsewhere)]) == Exit.USAGE
    assert (elsewhere / "results.sqlite").exists()
    main(["upgrade", "no such file"])  # the user has named it
    assert "is outside of" not in capsys.readouterr().err


def forged_store(folder: Path, marker: Path) -> Path:
    """A store of environments whose list of interpreters names a script."""
    script = folder / "python3"
    script.parent.mkdir(parents=True)
    script.write_text(f"#!/bin/sh\ntouch {marker}\n")
    script.chmod(0o755)
    (folder / "interpreters.json").write_text(json.dumps({"x": {"executable": str(script)}}))
    return folder


def test_environments_that_came_with_a_project_are_not_used(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forged_store(folder / "venvs", folder / "marker")
    (folder / "pyproject.toml").write_text('[tool.matrix]\nenvs = "venvs"\n')
    monkeypatch.delenv("COMPAT_MATRIX_ENVS")
    found = catalog.read_or_default()
    assert found.envs_by is NamedBy.CONFIGURATION
    with pytest.raises(UsageError, match=r"was there before") as raised:
        EnvironmentStore.of(found)
    assert f"--envs {folder / 'venvs'}" in str(raised.value)
    assert not (folder / "marker").exists()


def test_a_list_of_environments_that_came_with_a_project_names_no_interpreter(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``nox -s env-<id>`` would start the interpreter of the lock in it."""
    (folder / "pyproject.toml").write_text(CONFIGURED)
    script = forged_store(tmp_path / "forged", folder / "marker") / "python3"
    lock = Lock(
        interpreter=Interpreter(path=script, version="3.12.1"), pins={"numpy": "1"}, as_of=None
    )
    request = BuildRequest(id="x", label="x", envs=tmp_path / "envs", lock=lock)
    write_requests(listing_file(folder / ".matrix"), [request])
    assert build_one.main(["x"]) == 1
    own_folder.mark(folder / ".matrix")  # as if it had been added to one's own results
    assert build_one.main(["x"]) == 1
    assert not (folder / "marker").exists()


# ------------------------------------------------------------------------ --isolated


def test_isolated_uses_nothing_of_the_current_folder(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "pyproject.toml").write_text("[tool.matrix]\nnonsense = 1\n")
    assert main(["upgrade", "no such file"]) == Exit.USAGE
    assert "unknown key" in capsys.readouterr().err
    assert main(["upgrade", "--isolated", "no such file"]) == Exit.USAGE
    said = capsys.readouterr()
    assert "unknown key" not in said.err
    assert "does not exist" in said.out
    assert [path.name for path in folder.iterdir()] == ["pyproject.toml"]
    assert main(["run", "--isolated"]) == Exit.USAGE
    assert "--config FILE" in capsys.readouterr().err
