"""How often the registry is asked, and when that is given up; nothing real is asked here."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from matrix import catalog as catalogs
from matrix.catalog import Catalog
from matrix.environments import interpreters, resolve
from matrix.environments.reasons import UnavailableError, UnavailableReason
from matrix.environments.releases import Registry, Release
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


def catalog_of(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Catalog:
    """One line, on a machine with three Pythons, of a registry that has one release."""
    release = Release(version="1.3.2", uploaded=date(2023, 10, 23))
    monkeypatch.setattr(interpreters, "find", lambda _: tuple(HERE))
    monkeypatch.setattr(Registry, "releases", lambda *_: {"1.3": release})
    file = folder / "own.toml"
    file.write_text(CONFIGURATION, encoding="utf-8")
    return catalogs.read(file, with_pipelines=False)


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
    """Each costs a process, in every run."""
    asked: list[str] = []

    def refuse(_: Uv, *__: object, python: str, **___: object) -> dict[str, str]:
        asked.append(python)
        raise UnavailableError(why, "x")

    monkeypatch.setattr(Uv, "compile", refuse)
    [resolved] = resolve(catalog_of(tmp_path, monkeypatch))
    assert resolved.lock is None
    assert len(asked) == times


@pytest.mark.parametrize(
    ("variable", "times"), [("UV_PYTHON", 1), ("UV_PROJECT_ENVIRONMENT", 1), ("UV_INDEX_URL", 2)]
)
def test_a_kept_lock_depends_on_the_registry_and_not_on_the_virtualenv_around_us(
    variable: str, times: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a session of nox and outside of it, the same is asked of the same registry."""
    asked: list[str] = []

    def answer(_: Uv, *__: object, python: str, **___: object) -> dict[str, str]:
        asked.append(python)
        return {"scikit-learn": "1.3.2"}

    monkeypatch.setattr(Uv, "compile", answer)
    catalog = catalog_of(tmp_path, monkeypatch)
    resolve(catalog)
    monkeypatch.setenv(variable, "another")
    resolve(catalog)
    assert len(asked) == times
