"""``pr`` in a toy repository of each kind of lock: what is built for a bump, and what is refused.

The check itself is replaced; ``tests/integration/test_pr.py`` has it for each kind.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import joblib
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.tree import DecisionTreeClassifier

from matrix.catalog import default
from matrix.catalog.requirements import EnvironmentRequest, read_lock_request
from matrix.catalog.source_file import DiskFile
from matrix.cli import main
from matrix.cli.arguments import PrArguments
from matrix.cli.commands import pr
from matrix.errors import Exit, UsageError
from matrix.inspection import inspect
from matrix.model import EnvSpec
from matrix.upgrade.answer import Model
from matrix.upgrade.installed_packages import only_needed
from matrix.upgrade.origins import Origins
from matrix.upgrade.upgrade_request import UpgradeRequest
from tests.locks.repositories import commit, git, new_repository
from tests.locks.toy_projects import KINDS, PINS

OLD, NEW = "1.3.2", "1.4.2"
CONFIGURATION = "[tool.matrix]\nmodels = ['models/*.joblib']\n"


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("saved") / "tree.joblib"
    joblib.dump(DecisionTreeClassifier().fit([[0.0], [1.0]], [0, 1]), path)
    return path.read_bytes()


def repository(folder: Path, kind: str, saved: bytes) -> Path:
    """A project on a branch that nothing has changed yet."""
    (folder / "r" / "models").mkdir(parents=True)
    (folder / "r" / "models" / "tree.joblib").write_bytes(saved)
    git(folder / "r", "init", "--quiet", "--initial-branch=main")
    commit(folder / "r", project(kind, OLD))
    git(folder / "r", "switch", "--quiet", "--create", "bump")
    return folder / "r"


def project(kind: str, release: str) -> dict[str, str]:
    """The files, with the configuration that names the models."""
    files = KINDS[kind](release)
    return {**files, "pyproject.toml": files.get("pyproject.toml", "") + CONFIGURATION}


@dataclass
class Checks:
    """What would have been checked."""

    models: tuple[Path, ...] = ()
    request: UpgradeRequest | None = None

    def __call__(self, arguments: PrArguments, request: UpgradeRequest, **_: object) -> Exit:
        self.models, self.request = arguments.models, request
        return Exit.UNSAFE

    def specs(self) -> tuple[EnvSpec, EnvSpec]:
        """The environment that would be built for each side of the first model."""
        assert self.request is not None
        path = self.models[0]
        model = Model(id=str(path), path=path, inspection=inspect(path))
        request = only_needed(self.request, [model])
        origins = Origins(default(Path()), request, lambda _: None)
        origin = origins.origin(model)
        (target,) = origins.targets(model, origin)
        return origin, target


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> Checks:
    monkeypatch.delenv("GITHUB_BASE_REF", raising=False)
    found = Checks()
    monkeypatch.setattr(pr, "check", found)
    monkeypatch.setattr(pr, "with_exact_versions", lambda change, *_, **__: change)
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_the_environments_of_both_sides_have_the_versions_of_the_lock_and_no_other_package(
    kind: str, tmp_path: Path, saved: bytes, checks: Checks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_COMMITTER_DATE", "2024-01-20T12:00:00+0000")
    folder = repository(tmp_path, kind, saved)
    commit(folder, project(kind, NEW))
    monkeypatch.chdir(folder)
    assert main(["pr"]) == Exit.UNSAFE
    assert checks.models == (Path("models/tree.joblib"),)
    origin, target = checks.specs()
    ranges = kind == "pyproject.toml"
    exact = [f"=={one}.*" if kind == "environment.yml" else one for one in (OLD, NEW)]
    expected = [">=1.3,<1.4", ">=1.4,<1.5"] if ranges else exact
    assert [origin.scikit_learn, target.scikit_learn] == expected
    assert (origin.as_of, target.as_of) == ("2024-01-20" if ranges else "release", "today")
    for side in (origin, target):
        assert side.python in {"3.11", "<3.12,>=3.11"}
        if not ranges:
            pins = {one.replace(" ", "") for one in side.requirements}
            pinned = {f"{name}=={version}" for name, version in PINS.items()}
            assert {one.partition(";")[0] for one in pins} == pinned
        assert not any("churn-features" in one for one in side.requirements)


# ------------------------------------------------------------------------ what is refused


def reading(folder: Path, kind: str, text: str) -> EnvironmentRequest:
    (folder / kind).write_text(text, encoding="utf-8")
    return read_lock_request(DiskFile.named(folder / kind))


@pytest.mark.parametrize("kind", KINDS)
def test_a_lock_with_a_conflict_is_one_message(kind: str, tmp_path: Path) -> None:
    """As git leaves it when both branches bumped."""
    text = KINDS[kind](NEW)[kind]
    with pytest.raises(UsageError, match=f"{kind}, line 1: the file has merge conflicts"):
        reading(tmp_path, kind, f"<<<<<<< HEAD\n{text}=======\n{text}>>>>>>> main\n")


@pytest.mark.parametrize(
    ("kind", "version"),
    [
        ("pylock.toml", 'lock-version = "1.0"'),
        ("uv.lock", "version = 1"),
        ("poetry.lock", 'lock-version = "2.1"'),
        ("pdm.lock", 'lock_version = "4.5.0"'),
        ("Pipfile.lock", '"pipfile-spec": 6'),
        ("conda-lock.yml", "version: 1"),
        ("pixi.lock", "version: 6"),
    ],
)
def test_a_lock_of_an_unknown_version_is_one_message(
    kind: str, version: str, tmp_path: Path
) -> None:
    text = KINDS[kind](NEW)[kind]
    newer = version.translate(str.maketrans("12456", "99999"))
    with pytest.raises(UsageError, match=r"has version 9|version 9\.0 is not"):
        reading(tmp_path, kind, text.replace(version, newer, 1))


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_lock_that_is_cut_off_at_any_byte_is_one_message_or_has_the_same_release(
    kind: str, tmp_path: Path, data: st.DataObject
) -> None:
    """A list of lines may end anywhere: there the last line is what it says."""
    whole = KINDS[kind](NEW)[kind].encode()
    cut = whole[: data.draw(st.integers(0, len(whole) - 1))]
    found, message = None, ""
    try:
        found = reading(tmp_path, kind, cut.decode()).scikit_learn
    except UsageError as error:
        message = error.message
    assert "\n" not in message
    if kind not in {"requirements.txt", "Dockerfile", "environment.yml"}:
        assert found in {NEW, ">=1.4,<1.5", None}


def test_a_cut_off_lock_that_lost_scikit_learn_is_one_message_and_nothing_is_checked(
    tmp_path: Path,
    saved: bytes,
    checks: Checks,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = repository(tmp_path, "pdm.lock", saved)
    text = KINDS["pdm.lock"](NEW)["pdm.lock"]
    commit(folder, {"pdm.lock": text[: text.index('name = "scikit-learn"') - 14]})
    monkeypatch.chdir(folder)
    assert main(["pr"]) == Exit.USAGE
    assert "pdm.lock: scikit-learn is not in it" in capsys.readouterr().err
    assert checks.request is None
    assert not (folder / ".matrix").exists()


# ------------------------------------------------------------------------ new locks, no models


def test_a_lock_that_replaces_another_is_compared_with_it(
    tmp_path: Path, saved: bytes, checks: Checks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A project that moves from requirements.txt to uv, with a bump on the way."""
    folder = repository(tmp_path, "requirements.txt", saved)
    (folder / "requirements.txt").unlink()
    commit(folder, project("uv.lock", NEW))
    monkeypatch.chdir(folder)
    assert main(["pr"]) == Exit.UNSAFE
    origin, target = checks.specs()
    assert (origin.scikit_learn, target.scikit_learn) == (OLD, NEW)


def test_ranges_of_the_base_are_resolved_as_of_the_day_of_its_commit(
    tmp_path: Path, saved: bytes, checks: Checks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What they mean today is what nobody had when the base was built."""
    monkeypatch.setenv("GIT_COMMITTER_DATE", "2024-01-20T23:30:00-0500")
    folder = repository(tmp_path, "pyproject.toml", saved)
    commit(folder, project("pyproject.toml", NEW))
    monkeypatch.chdir(folder)
    assert main(["pr"]) == Exit.UNSAFE
    origin, target = checks.specs()
    assert (origin.as_of, target.as_of) == ("2024-01-21", "today")
    assert checks.request is not None
    assert checks.request.origin is not None
    (note,) = [one for one in checks.request.origin.notes if "ranges" in one]
    assert note.endswith("ranges are resolved as of 2024-01-21, the day of its commit")


def test_for_a_lock_that_replaces_none_the_files_say_where_models_are_from(
    tmp_path: Path, saved: bytes, checks: Checks, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = repository(tmp_path, "requirements.txt", saved)
    commit(folder, {f"deploy/{name}": text for name, text in KINDS["Dockerfile"](NEW).items()})
    monkeypatch.chdir(folder)
    assert main(["pr"]) == Exit.UNSAFE
    assert checks.request is not None
    assert checks.request.origin is None
    assert [one.scikit_learn for one in checks.request.targets] == [NEW]


def test_a_new_lock_for_something_else_is_named_and_that_is_all(
    tmp_path: Path,
    saved: bytes,
    checks: Checks,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = repository(tmp_path, "requirements.txt", saved)
    commit(folder, {"requirements-dev.txt": "ruff==0.6.0\n"})
    monkeypatch.chdir(folder)
    assert main(["pr"]) == Exit.OK
    assert "requirements-dev.txt is new since" in capsys.readouterr().out
    assert checks.request is None


def test_without_models_the_reference_pipelines_of_the_libraries_in_use_are_checked(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    checks: Checks,
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = []
    monkeypatch.setattr(pr, "check_pipelines", lambda *given, **_: found.append(given) or Exit.OK)
    pins = "scikit-learn==1.3.2\nnumpy==1.26.4\nscipy==1.11.4\njoblib==1.2.0\ntorch==2.4.1\n"
    folder = new_repository(tmp_path / "r", {"requirements.txt": pins + "xgboost==2.0.3\n"})
    git(folder, "switch", "--quiet", "--create", "bump")
    bumped = pins.replace("1.3.2", "1.4.2") + "xgboost==2.1.1\n"
    commit(folder, {"requirements.txt": bumped})
    monkeypatch.chdir(folder)
    assert main(["pr"]) == Exit.OK
    assert "No models are named, so the reference pipelines" in capsys.readouterr().out
    ((_, request, origin, catalog),) = found
    assert (origin.scikit_learn, request.targets[0].scikit_learn) == ("1.3.2", "1.4.2")
    assert "xgboost==2.0.3" in origin.others
    assert origin.constraints == ("torch==2.4.1",)
    ids = {one.id for one in catalog.pipelines}
    assert {"xgb_classifier", "tree_classifier"} <= ids
    assert not any(one.startswith("lgbm") for one in ids)
    assert checks.request is None
