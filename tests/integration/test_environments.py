"""Real environments: resolved by uv, built through nox, and asked what they are."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from matrix import own_folder
from matrix.catalog import Catalog, read
from matrix.environments import BuildStep, interpreters, prepare, resolve, run_nox
from matrix.environments.building import compare, describe
from matrix.environments.environment_store import EnvironmentStore, environment_key
from matrix.environments.reasons import UnavailableError
from matrix.environments.releases import Registry, Release
from matrix.environments.uv import Uv
from matrix.model import Environment, Interpreter

CONFIGURATION = """
    [tool.matrix]
    download-python = "never"

    [tool.matrix.sets.default]
    scikit-learn = ["0.24", "1.3"]
    environments = [{ like = "sklearn-0.24", python = "3.7" }]

    [tool.matrix.sets.like]
    scikit-learn = ["1.2", "1.4"]
    environments = [
      { like = "sklearn-1.2", joblib = "1.1.1" },
      { like = "sklearn-1.4", numpy = "2.0.0" },
      { like = "sklearn-1.4", numpy = "1.16.0" },
    ]

    [tool.matrix.sets.impossible]
    environments = [
      { name = "version", scikit-learn = "99.1" },
      { name = "line", scikit-learn = "1.99" },
      { name = "wheel", scikit-learn = "1.0", python = "3.12" },
      { name = "conflict", scikit-learn = "1.3", requirements = ["numpy>=2"] },
      { name = "interpreter", scikit-learn = "1.3", python = "3.5" },
      { name = "package", scikit-learn = "1.3", requirements = ["no-such-package-at-all"] },
      { name = "unknown", like = "version" },
      { name = "possible", scikit-learn = "1.3" },
    ]

    [tool.matrix.sets.broken]
    environments = [{ scikit-learn = "1.0", python = "3.10", as-of = "today" }]
"""
NEEDED = ("3.7", "3.9", "3.12")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose environments and state the tests of this file share."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "pyproject.toml").write_text(textwrap.dedent(CONFIGURATION))
    return folder


@pytest.fixture(scope="module", autouse=True)
def own_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A store for this file alone: its environments are damaged on purpose."""
    folder = tmp_path_factory.mktemp("envs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COMPAT_MATRIX_ENVS", str(folder))
        yield folder


@pytest.fixture(scope="module")
def here(project: Path) -> tuple[Interpreter, ...]:
    return interpreters.find(project / ".matrix/interpreters.json")


def catalog(project: Path, set_name: str = "default") -> Catalog:
    return read(project / "pyproject.toml", set_name=set_name)


@pytest.fixture(scope="module")
def built(project: Path, here: tuple[Interpreter, ...]) -> tuple[Environment, ...]:
    """Three environments on three Pythons."""
    missing = [python for python in NEEDED if not interpreters.matching(here, python)]
    if missing:
        pytest.skip(f"there is no Python {', '.join(missing)} here")
    own_folder.mark(project / ".matrix")  # as a command does
    return prepare(catalog(project))


def test_environments_are_what_was_requested(built: tuple[Environment, ...]) -> None:
    """Each stands on the newest Python that has wheels for it, with packages of its time."""
    assert [(e.id, e.reason) for e in built] == [
        ("sklearn-0.24", ""),
        ("sklearn-1.3", ""),
        ("sklearn-0.24-py3.7", ""),
    ]
    found = {
        e.id: (e.info.python.rpartition(".")[0], e.info.packages["scikit-learn"])
        for e in built
        if e.info is not None
    }
    assert found == {
        "sklearn-0.24": ("3.9", "0.24.2"),
        "sklearn-1.3": ("3.12", "1.3.2"),
        "sklearn-0.24-py3.7": ("3.7", "0.24.2"),
    }
    for environment in built:
        assert environment.lock is not None
        assert environment.info is not None
        assert environment.info.packages == environment.lock.pins
        assert environment.lock.pins["numpy"] < "1.27"
        assert environment.info.executable.exists()


def test_bytecode_was_written(built: tuple[Environment, ...]) -> None:
    """The first import paid for all that follow, whatever is set around us."""
    assert built[0].info is not None
    package = built[0].info.executable.parents[1].glob("lib/python*/site-packages/sklearn")
    assert list(next(package).glob("__pycache__/*.pyc"))


def test_what_stands_is_left_alone(
    project: Path, built: tuple[Environment, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second time no session is run."""
    monkeypatch.setattr(run_nox, "_nox", lambda: pytest.fail("nox was started"))
    steps: list[BuildStep] = []
    assert prepare(catalog(project), report=steps.append) == built
    assert {step.phase for step in steps} == {"resolving", "resolved"}


def test_what_was_tampered_with_is_refused_and_repaired(
    project: Path, built: tuple[Environment, ...]
) -> None:
    """A package that is another one is noticed without a process, refused, and put right."""
    environment = built[1]
    assert environment.info is not None
    assert environment.lock is not None
    python = str(environment.info.executable)
    done = Uv().run("pip", "install", "--python", python, "threadpoolctl==3.1.0")
    assert done.returncode == 0, done.stderr
    found = describe(environment.info.executable, [])
    with pytest.raises(UnavailableError, match=r": threadpoolctl 3\.1\.0 instead of 3\.2\.0$"):
        compare(environment.lock, found.info)
    steps: list[BuildStep] = []
    again = prepare(catalog(project), report=steps.append)
    assert again == built
    assert [s.environment for s in steps if s.phase == "building"] == [environment.id]


def test_what_was_damaged_is_made_anew(project: Path, built: tuple[Environment, ...]) -> None:
    """Where installing does not repair a change by hand, the environment is built from nothing."""
    environment = built[2]
    assert environment.info is not None
    site = next(environment.info.executable.parents[1].glob("lib/python*/site-packages"))
    strange = site / "strange-1.0.dist-info"  # files that are there are hard links into uv's cache
    strange.mkdir()
    (strange / "METADATA").write_text("Metadata-Version: 2.1\nName: strange\nVersion: 1.0\n")
    assert prepare(catalog(project)) == built


def test_a_session_runs_alone(project: Path, built: tuple[Environment, ...]) -> None:
    """Whoever has two lines in a noxfile lists the sessions, and builds one without a run."""
    noxfile = project / "noxfile.py"
    root = Path(__file__).parents[2]
    noxfile.write_text(
        f"import sys\nsys.path.insert(0, {str(root)!r})\n"
        "import matrix.sessions\nmatrix.sessions.add()\n"
    )
    nox = [sys.executable, "-m", "nox", "-f", str(noxfile)]
    listed = subprocess.run([*nox, "-l"], capture_output=True, text=True, check=True).stdout
    assert "- env-sklearn-1.3 -> Python 3.12" in listed
    assert "- report -> The last results again" in listed
    assert "sklearn-1.3: unchanged" in _session(nox)
    store = EnvironmentStore(catalog(project).envs)
    assert built[1].lock is not None
    store.record_file(environment_key(built[1].lock)).unlink()
    assert "installing" in _session(nox)
    (project / ".matrix/environments.json").rename(project / "kept.json")
    assert "sklearn-1.3: unchanged" in _session(nox)
    (project / "kept.json").rename(project / ".matrix/environments.json")


def _session(nox: list[str]) -> str:
    """The output of building one environment by its session."""
    return subprocess.run(
        [*nox, "-s", "env-sklearn-1.3"], capture_output=True, text=True, check=True
    ).stdout


def test_each_kind_of_reason(project: Path, here: tuple[Interpreter, ...]) -> None:
    """What cannot be had says why, in words, and what can be had is had all the same."""
    if not interpreters.matching(here, "3.12"):
        pytest.skip("there is no Python 3.12 here")
    resolved = {each.spec.id: each for each in resolve(catalog(project, "impossible"))}
    reasons = {id_: each.reason for id_, each in resolved.items()}
    assert reasons["version"].startswith("no such version: scikit-learn==99.1")
    assert reasons["line"].startswith("no such version: scikit-learn==1.99")
    assert reasons["wheel"].startswith("no wheel: of scikit-learn==1.0.2 for Python 3.12")
    assert re.match(r"conflict: scikit-learn\S+ depends on numpy\S+, ", reasons["conflict"])
    assert reasons["conflict"].endswith("numpy>=2 is required")
    assert reasons["interpreter"] == "no interpreter: there is no Python 3.5 on this machine"
    assert "there is no package no-such-package-at-all" in reasons["package"]
    assert reasons["unknown"].startswith("no such version: scikit-learn==99.1")
    assert reasons["possible"] == ""
    assert resolved["possible"].lock is not None


def test_a_registry_out_of_reach(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing hangs, and the reason says what it is; offline says what it lacks."""
    monkeypatch.setenv("UV_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    wanted = replace(catalog(project), state=tmp_path / "state")
    assert {each.reason.partition(":")[0] for each in resolve(wanted)} == {"registry out of reach"}
    reasons = {each.reason for each in resolve(wanted, offline=True)}
    assert reasons == {"offline: scikit-learn is not in uv's cache"}


def test_like_varies_one_thing_alone(project: Path) -> None:
    """Beside the one it is like, a neighbour has one other version, or cannot be had."""
    sklearn_1_2, sklearn_1_4, joblib, numpy, old = resolve(catalog(project, "like"))
    if sklearn_1_2.lock is None or sklearn_1_4.lock is None:
        pytest.skip(sklearn_1_2.reason or sklearn_1_4.reason)
    for neighbour, base, package in (
        (joblib, sklearn_1_2.lock, {"joblib": "1.1.1"}),
        (numpy, sklearn_1_4.lock, {"numpy": "2.0.0"}),
    ):
        assert neighbour.lock is not None
        assert neighbour.lock.interpreter == base.interpreter
        assert neighbour.lock.pins == {**base.pins, **package}
        assert base.pins != neighbour.lock.pins
    assert old.lock is None
    assert old.reason


def test_what_installs_but_does_not_import(project: Path, here: tuple[Interpreter, ...]) -> None:
    """An old release with the numpy of today: installed, found out, and not tried again."""
    if not interpreters.matching(here, "3.10"):
        pytest.skip("there is no Python 3.10 here")
    (environment,) = prepare(catalog(project, "broken"))
    assert not environment.ready
    assert environment.lock is not None
    assert environment.reason.startswith("does not import: import sklearn raised ")
    steps: list[BuildStep] = []
    assert prepare(catalog(project, "broken"), report=steps.append) == (environment,)
    assert {step.phase for step in steps} == {"resolving", "resolved"}


def test_latest_is_the_newest_line(project: Path) -> None:
    """Lines that came out after the last one listed are there, with the names they will have."""
    file = project / "latest.toml"
    file.write_text('[sets.default]\nscikit-learn = ["1.3", "latest"]\n')
    catalog_ = replace(read(file), state=project / ".matrix")
    ids = [each.spec.id for each in resolve(catalog_)]
    assert ids[:4] == ["sklearn-1.3", "sklearn-1.4", "sklearn-1.5", "sklearn-1.6"]
    assert len(ids) == len(set(ids)) >= 7


@pytest.mark.skipif(os.name == "nt", reason="signals are sent otherwise there")
def test_an_interruption_ends_the_children(project: Path, tmp_path: Path) -> None:
    """Ctrl-C while environments are built leaves no process behind."""
    root = tmp_path / "project"
    root.mkdir()
    shutil.copy(project / "pyproject.toml", root)
    program = (
        "from pathlib import Path; from matrix.catalog import read;"
        "from matrix.environments import prepare;"
        f"prepare(read(Path({str(root / 'pyproject.toml')!r})))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "COMPAT_MATRIX_ENVS": str(tmp_path / "envs")},
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    envs = tmp_path / "envs"
    for _ in range(1200):
        if any("Starting session" in log.read_text() for log in envs.glob("runs/*/nox.log")):
            break
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGINT)
    process.wait(timeout=120)
    time.sleep(0.5)
    assert not [args for args in _running() if str(tmp_path) in args]


def _running() -> list[str]:
    """The command lines of all processes."""
    ps = shutil.which("ps")
    if ps is None:
        pytest.skip("there is no ps here")
    done = subprocess.run([ps, "-eo", "args"], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    ("line", "patches"), [("1.9", ("1.9.0",)), ("1.3", ("1.3.0", "1.3.1")), ("0.24", ("0.24.1",))]
)
def test_a_line_is_its_last_patch_whatever_earlier_patch_is_requested_beside_it(
    tmp_path: Path, line: str, patches: tuple[str, ...]
) -> None:
    here = interpreters.find(tmp_path / "interpreters.json")
    registry = Registry(uv=Uv(), interpreters=here)
    with ThreadPoolExecutor(2) as pool:
        alone = registry.releases([line], pool)[line]
        found = registry.releases([*patches, line], pool)
    assert isinstance(alone, Release)
    assert found[line] == alone
    assert alone.version not in patches
    for patch in patches:
        release = found[patch]
        assert isinstance(release, Release)
        assert release.version == patch
