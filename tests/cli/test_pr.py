"""``pr`` with several locks, with ranges, and with models that a glob names."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from matrix.catalog import Catalog, default
from matrix.catalog.requirements import EnvironmentRequest, read_request
from matrix.cli import main
from matrix.cli.arguments import PrArguments
from matrix.cli.commands import pr
from matrix.cli.named_models import named_models, other_projects
from matrix.engine import last_run
from matrix.environments.resolve import Resolved
from matrix.errors import CannotTellError, Exit, UsageError, worst
from matrix.model import Group, Interpreter, Lock
from matrix.report import FORMATS, ReportOutput
from matrix.report.json import read_json
from matrix.store import Store
from matrix.upgrade import resolved_ranges
from matrix.upgrade.lock_changes import LockChange, LockProblem, PackageChange
from matrix.upgrade.resolved_ranges import are_the_same, with_exact_versions
from matrix.upgrade.upgrade_request import UpgradeRequest
from tests.cli.test_kept_checks import LIMITED
from tests.locks.repositories import commit, git, new_repository

PYTHON = Interpreter(path=Path("python"), version="3.12.1", implementation="cpython")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two locks that a branch bumps, and one that it breaks."""
    monkeypatch.delenv("GITHUB_BASE_REF", raising=False)
    names = ("a/requirements.txt", "b/requirements.txt", "c/requirements.txt")
    files = {name: f"scikit-learn==1.5.{number}\n" for number, name in enumerate(names)}
    files |= {"models/x.joblib": "x", "pyproject.toml": '[tool.matrix]\nmodels = ["models/*"]\n'}
    folder = new_repository(tmp_path / "r", files)
    git(folder, "switch", "--quiet", "--create", "bump")
    bumped = {name: files[name].replace("1.5", "1.6") for name in names[:2]}
    commit(folder, {**bumped, "c/requirements.txt": "<<<<<<< a\n"})
    monkeypatch.chdir(folder)
    return folder


def test_each_lock_has_an_answer_and_report_shows_all(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A lock that cannot be answered keeps no other back, and is never green."""

    def check(
        arguments: PrArguments, request: UpgradeRequest, *, lock_change: str, continues: bool
    ) -> Exit:
        if request.targets[0].source == "a/requirements.txt":
            raise CannotTellError("the registry is out of reach")
        with Store(folder / ".matrix") as store:
            matrix = replace(LIMITED, lock_change=lock_change)
            last_run.keep_check(store, matrix, continues=continues)
        return Exit.OK

    monkeypatch.setattr(pr, "check", check)
    assert main(["pr", "--output", "json:out.json"]) == Exit.CANNOT_TELL
    said = capsys.readouterr()
    assert "Unknown: c/requirements.txt, line 1: the file has merge conflicts" in said.out
    assert "error: a/requirements.txt: the registry is out of reach" in said.err
    assert read_json(Path("out.json")).answers[0].group is Group.UNKNOWN
    assert read_json(Path("out-3.json")).answers[0].model == "c/requirements.txt"
    assert main(["report", "--output", "markdown:all.md"]) == Exit.OK
    shown = capsys.readouterr().out
    parts = ["a/requirements.txt: unknown", "scikit-learn 1.5.1 → 1.6.1", "c/requirements.txt: unk"]
    assert [shown.index(part) for part in parts] == sorted(shown.index(part) for part in parts)
    assert "b/requirements.txt" in Path("all-2.md").read_text("utf-8")


@pytest.mark.parametrize("name", FORMATS)
def test_a_lock_that_cannot_be_read_is_in_every_format(name: str, tmp_path: Path) -> None:
    error = UsageError("uv.lock: has version 9")
    matrix = pr._unanswered(LockProblem("uv.lock", error))
    ReportOutput(name, tmp_path / "out").write(matrix)
    text = (tmp_path / "out").read_text("utf-8")
    if name == "badge":
        assert "unknown" in text
    else:
        assert "has version 9" in text.replace("&#160;", " ")


@pytest.mark.parametrize(
    ("codes", "code"),
    [
        ([], Exit.OK),
        ([Exit.OK, Exit.CANNOT_TELL], Exit.CANNOT_TELL),
        ([Exit.UNSAFE, Exit.CANNOT_TELL, Exit.USAGE], Exit.UNSAFE),
        ([Exit.UNSAFE, Exit.INTERRUPTED], Exit.INTERRUPTED),
    ],
)
def test_the_worst_check_decides(codes: list[Exit], code: Exit) -> None:
    assert worst(codes) is code


# ------------------------------------------------------------------------ ranges

RANGES = ("scikit-learn>=1.3,<2", "numpy", "torch")


def resolving(monkeypatch: pytest.MonkeyPatch, *locks: dict[str, str] | None) -> Catalog:
    """Let the sides of a change resolve to these pins."""

    def resolve(catalog: Catalog, **_: object) -> tuple[Resolved, ...]:
        return tuple(
            Resolved(spec=spec, lock=pins and Lock(interpreter=PYTHON, pins=pins, as_of=None))
            for spec, pins in zip(catalog.specs, locks, strict=True)
        )

    monkeypatch.setattr(resolved_ranges, "resolve", resolve)
    return default(Path())


def change(origin: EnvironmentRequest, target: EnvironmentRequest) -> LockChange:
    packages = (PackageChange("numpy", "", "<3"),)
    return LockChange(
        path="pyproject.toml",
        base="x:pyproject.toml",
        origin=replace(origin, file="x:pyproject.toml"),
        target=replace(target, file="pyproject.toml"),
        packages=packages,
    )


def test_ranges_are_compared_by_the_versions_that_they_stand_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ranges = read_request(RANGES)
    old = {"scikit-learn": "1.3.2", "numpy": "1.26.4", "torch": "2.4.1"}
    new = {**old, "scikit-learn": "1.4.2"}
    found = with_exact_versions(
        change(ranges, ranges), resolving(monkeypatch, old, new), offline=False
    )
    assert found.packages == (PackageChange("scikit-learn", "1.3.2", "1.4.2"),)
    assert found.target.others == ("numpy==1.26.4", "torch==2.4.1")
    assert found.target.python == "3.12"
    same = with_exact_versions(
        change(ranges, ranges), resolving(monkeypatch, old, old), offline=False
    )
    assert not same.bears_on_models
    unknown = change(ranges, ranges)
    catalog = resolving(monkeypatch, old, None)
    assert with_exact_versions(unknown, catalog, offline=False) is unknown


def test_a_bump_that_no_model_needs_changes_no_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """torch is a constraint only; where another package depends on it, the pins differ."""
    base = replace(read_request(["scikit-learn==1.3.2", "numpy==1.26.4"]), file="uv.lock")
    sides = [replace(base, constraints=(f"torch=={one}",)) for one in ("2.4.1", "2.5.0")]
    request = UpgradeRequest(origin=sides[0], targets=(sides[1],))
    pins = {"scikit-learn": "1.3.2", "numpy": "1.26.4"}
    assert are_the_same(request, resolving(monkeypatch, pins, pins), offline=False)
    further = {**pins, "torch": "2.5.0"}
    assert not are_the_same(request, resolving(monkeypatch, pins, further), offline=False)
    assert not are_the_same(request, resolving(monkeypatch, pins, None), offline=False)
    bumped = replace(request, targets=(replace(sides[1], others=("numpy==2.0.2",)),))
    assert not are_the_same(bumped, default(Path()), offline=False)


# ------------------------------------------------------------------------ models


def test_globs_leave_out_hidden_folders_and_what_is_in_a_folder_that_they_name(
    tmp_path: Path,
) -> None:
    for name in ("m/a.joblib", ".matrix/artifacts/b.joblib", ".venv/c.joblib", ".own/d.joblib"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    catalog = default(tmp_path)

    def found(*patterns: str) -> list[str]:
        paths = named_models(replace(catalog, models=patterns))
        return [path.relative_to(tmp_path).as_posix() for path in paths]

    assert found("**/*.joblib") == ["m/a.joblib"]
    assert found("**/*") == ["m"]
    assert found(".own/*.joblib", "m/*") == [".own/d.joblib", "m/a.joblib"]


def test_the_projects_that_name_models_are_pointed_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in (("a", "[tool.matrix]\nmodels = ['x']\n"), ("b", ""), ("c", "[")):
        Path(name).mkdir()
        Path(name, "pyproject.toml").write_text(text)
    locks = [f"{name}/uv.lock" for name in "abc"]
    assert other_projects([*locks, "uv.lock"]) == ("a",)
