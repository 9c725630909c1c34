"""Resolving calls the registry as rarely as possible, and stops where no Python can help."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from matrix import catalog as catalogs
from matrix.catalog import Catalog
from matrix.environments import interpreters, resolve
from matrix.environments.reasons import UnavailableError, UnavailableReason
from matrix.environments.releases import Registry, Release
from matrix.environments.resolve import _later, _ResolveKey
from matrix.environments.uv import Uv
from matrix.model import Interpreter

CONFIGURATION = """
[tool.matrix]
pipelines = []
state = "state"
download-python = "never"
[tool.matrix.sets.default]
scikit-learn = ["1.3"]
"""
HERE = [Interpreter(path=Path(f"/python3.{n}"), version=f"3.{n}.1") for n in (12, 11, 10)]


def catalog_of(
    folder: Path, monkeypatch: pytest.MonkeyPatch, *more: str, settings: str = ""
) -> Catalog:
    """One line, on a machine with three Pythons, of a registry that has one release.

    Args:
        folder: for the configuration and the state.
        monkeypatch: stands in for the machine and the registry.
        more: further lines of the set.
        settings: further lines of the table above it.
    """
    release = Release(version="1.3.2", uploaded=date(2023, 10, 23))
    monkeypatch.setattr(interpreters, "find", lambda _: tuple(HERE))
    monkeypatch.setattr(Registry, "releases", lambda *_, **__: {"1.3": release})
    file = folder / "own.toml"
    text = CONFIGURATION.replace("[tool.matrix.sets", f"{settings}\n[tool.matrix.sets")
    file.write_text("\n".join([text, *more]), encoding="utf-8")
    return catalogs.read(file, with_pipelines=False)


@dataclass
class Compiled:
    """A resolver that records how it is called, and always finds the same pins."""

    calls: list[dict[str, Any]] = field(default_factory=list)

    def compile(self, requirements: tuple[str, ...], **how: Any) -> dict[str, str]:
        constraints = how.pop("constraints")
        how["constraints"] = [] if constraints is None else constraints.read_text().split()
        self.calls.append({"requirements": requirements, **how})
        exact = [one.split("==") for one in requirements if "==" in one]
        return {"scikit-learn": "1.3.2", "numpy": "1.26.4", "joblib": "1.3.2", **dict(exact)}


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> Compiled:
    found = Compiled()
    monkeypatch.setattr(Uv, "compile", lambda _, *given, **how: found.compile(*given, **how))
    return found


@pytest.mark.parametrize(
    ("settings", "day"),
    [
        ("", date(2023, 11, 13)),  # 21 days unless it is set
        ("release-window-days = 0", date(2023, 10, 23)),
        ("release-window-days = 40", date(2023, 12, 2)),
    ],
)
def test_as_of_its_release_ends_a_window_after_the_upload(
    settings: str,
    day: date,
    compiled: Compiled,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Patches of other packages that follow a release belong to what its users had."""
    [resolved] = resolve(catalog_of(tmp_path, monkeypatch, settings=settings))
    assert [call["as_of"] for call in compiled.calls] == [day]
    assert resolved.lock is not None
    assert resolved.lock.as_of == day


def test_a_package_that_is_required_at_one_version_is_exempt_from_the_day(
    compiled: Compiled, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may have come out later than the day that all others are of."""
    table = (
        'environments = [{ name = "own", scikit-learn = "1.3", requirements = '
        '["Joblib==1.5.0", "numpy===1.26.4", "scipy>=1.9", "pandas==2.*"] }]'
    )
    resolve(catalog_of(tmp_path, monkeypatch, table))
    exempt = {call["requirements"]: call["exempt"] for call in compiled.calls}
    assert exempt.pop(("scikit-learn==1.3.2",)) == ()
    [found] = exempt.values()
    assert found == ("joblib", "numpy")


def test_a_neighbour_is_held_to_what_it_is_like_but_for_what_was_said(
    compiled: Compiled, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It differs in one thing alone, on the same Python and of the same day."""
    resolved = resolve(
        catalog_of(
            tmp_path, monkeypatch, 'environments = [{ like = "sklearn-1.3", joblib = "1.2.0" }]'
        )
    )
    base, neighbour = compiled.calls
    assert base["constraints"] == []
    assert neighbour["constraints"] == ["numpy==1.26.4", "scikit-learn==1.3.2"]
    assert neighbour["exempt"] == ("joblib",)
    assert neighbour["as_of"] == base["as_of"]
    locks = [one.lock for one in resolved]
    assert [lock is not None and lock.pins["joblib"] for lock in locks] == ["1.3.2", "1.2.0"]
    assert {lock.interpreter for lock in locks if lock is not None} == {HERE[0]}


@pytest.mark.parametrize(
    ("why", "times"),
    [
        (UnavailableReason.CONTRADICTION, 1),
        (UnavailableReason.OUT_OF_REACH, 1),
        (UnavailableReason.NO_WHEEL, 3),
        (UnavailableReason.CONFLICT, 3),
    ],
)
def test_another_python_is_tried_where_it_may_have_another_answer(
    why: UnavailableReason, times: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each try costs a process in every run."""
    pythons: list[str] = []

    def refuse(_: Uv, *__: object, python: str, **___: object) -> dict[str, str]:
        pythons.append(python)
        raise UnavailableError(why, "x")

    monkeypatch.setattr(Uv, "compile", refuse)
    [resolved] = resolve(catalog_of(tmp_path, monkeypatch))
    assert resolved.lock is None
    assert len(pythons) == times


@pytest.mark.parametrize(
    ("variable", "times"), [("UV_PYTHON", 1), ("UV_PROJECT_ENVIRONMENT", 1), ("UV_INDEX_URL", 2)]
)
def test_a_kept_lock_depends_on_the_registry_and_not_on_the_virtualenv_around_us(
    variable: str, times: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a session of nox and outside of it, the same lock is used for the same registry."""
    pythons: list[str] = []

    def answer(_: Uv, *__: object, python: str, **___: object) -> dict[str, str]:
        pythons.append(python)
        return {"scikit-learn": "1.3.2"}

    monkeypatch.setattr(Uv, "compile", answer)
    catalog = catalog_of(tmp_path, monkeypatch)
    resolve(catalog)
    monkeypatch.setenv(variable, "another")
    resolve(catalog)
    assert len(pythons) == times


def test_what_a_library_needs_and_does_not_declare_is_required_too(
    compiled: Compiled, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """xgboost before 2.0 imports ``pkg_resources``."""
    [resolved] = resolve(catalog_of(tmp_path, monkeypatch, 'xgboost = ["1.4.2"]'))
    assert resolved.lock is not None
    assert [call["requirements"] for call in compiled.calls] == [
        ("scikit-learn==1.3.2", "xgboost==1.4.2"),
        ("scikit-learn==1.3.2", "xgboost==1.4.2", "setuptools<70"),
    ]


def test_an_environment_is_dated_by_its_framework(
    compiled: Compiled, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As of the release of xgboost, with the scikit-learn that fits."""
    file = catalog_of(tmp_path, monkeypatch).source
    text = file.read_text("utf-8").replace('scikit-learn = ["1.3"]', 'xgboost = ["2.0"]')
    file.write_text(text, encoding="utf-8")
    release = Release(version="2.0.3", uploaded=date(2023, 12, 19))
    asked: list[str] = []

    def releases(_: Registry, wanted: Any, pool: Any, *, package: str) -> dict[str, Release]:
        asked.append(package)
        return dict.fromkeys(wanted, release)

    monkeypatch.setattr(Registry, "releases", releases)
    [resolved] = resolve(catalogs.read(file, with_pipelines=False))
    assert asked == ["xgboost"]
    [call] = compiled.calls
    assert call["requirements"] == ("xgboost==2.0.3", "scikit-learn>=0")
    assert resolved.lock is not None
    assert resolved.lock.as_of == date(2024, 1, 9)


@pytest.mark.parametrize(
    ("package", "exempt", "days"),
    [("pyod", ("pyod",), 0), ("scikit-learn", (), 365), ("numpy", None, 0), ("xgboost", None, 0)],
)
def test_what_had_no_wheel_on_the_day_may_come_from_a_later_one(
    package: str, exempt: tuple[str, ...] | None, days: int
) -> None:
    """Not so the packages that models depend on most, nor the one that dates the environment."""
    day = date(2020, 6, 8)
    query = _ResolveKey(requirements=("xgboost<1", "scikit-learn", package), as_of=day)
    error = UnavailableError(UnavailableReason.NO_WHEEL, "x", frozenset({package}))
    if exempt is None:
        with pytest.raises(UnavailableError):
            _later(query, error)
    else:
        found = _later(query, error)
        assert (found.exempt, found.as_of) == (exempt, day + timedelta(days=days))


def test_where_a_later_package_needs_a_newer_numpy_the_day_is_a_year_later() -> None:
    query = _ResolveKey(requirements=("scikit-learn==0.23.1", "pyod"), as_of=date(2020, 6, 8))
    query = _later(query, UnavailableError(UnavailableReason.NO_WHEEL, "x", frozenset({"pyod"})))
    newer = UnavailableError(UnavailableReason.NO_VERSION, "x", frozenset({"numpy"}))
    query = _later(query, newer)
    assert query.as_of == date(2021, 6, 8)
    with pytest.raises(UnavailableError):
        _later(query, newer)
