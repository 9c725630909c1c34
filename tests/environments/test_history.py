"""Lines and patches in order, from what a registry answers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from matrix.environments.history import (
    lines_after,
    lines_before,
    newest_of_lines,
    releases_between,
    rollback_specs,
    upgrade_specs,
)
from matrix.environments.reasons import UnavailableError, UnavailableReason
from matrix.environments.releases import Registry, Release
from matrix.model import Interpreter

RELEASES = [
    *("0.21.3", "0.22", "0.22.1", "0.22.2.post1", "0.23.2", "0.24.0", "0.24.1"),
    *("1.0rc1", "1.0", "1.0.1", "1.1.0", "1.2.0rc1", "1.2.0"),
]
NEWEST = "1.2.0"


class Answering:
    """Answers as uv does: in the order of the questions, keeping what it took wherever it fits."""

    def __init__(self) -> None:
        self.calls = 0

    def describe(self, questions: Sequence[str], **_: object) -> list[Mapping[str, Any]]:
        self.calls += 1
        taken: list[str] = []
        for question in questions:
            found = re.match(r"scikit-learn(?P<specifier>[^;]*)", question)
            assert found is not None
            fits = list(SpecifierSet(found["specifier"].strip()).filter(RELEASES))
            if not fits:
                raise UnavailableError(UnavailableReason.NO_VERSION, question)
            taken.append(next((t for t in taken if t in fits), max(fits, key=Version)))
        return [{"version": version} for version in taken]


@pytest.fixture
def registry() -> Registry:
    python = Interpreter(path=Path("python"), version="3.12.1")
    return Registry(uv=Answering(), interpreters=(python,))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("version", "lines"),
    [
        ("0.24.1", ("1.0", "1.1", "1.2")),
        ("0.24.0", ("0.24", "1.0", "1.1", "1.2")),
        ("1.0rc1", ("1.0", "1.1", "1.2")),
        ("1.1.0", ("1.2",)),
        ("1.2.0", ()),
        ("1.3.0", ()),
    ],
)
def test_the_lines_after_a_version(
    version: str, lines: tuple[str, ...], registry: Registry
) -> None:
    """Its own line is there if a later patch of it is; prereleases are none."""
    assert lines_after(version, NEWEST, registry) == lines


def test_the_lines_before_a_version(registry: Registry) -> None:
    """Newest first, back to the oldest that is tried."""
    assert lines_before("1.1.0", registry) == ("1.0", "0.24", "0.23", "0.22")
    assert lines_before("0.22.1", registry) == ()


def test_the_releases_between_two(registry: Registry) -> None:
    """All final ones, strictly between, in full: 1.0 alone would mean the line."""
    between = releases_between("0.22", "1.1.0", registry)
    assert between == (
        *("0.22.1", "0.22.2.post1", "0.23.2", "0.24.0", "0.24.1"),
        *("1.0.0", "1.0.1"),
    )
    assert releases_between("1.0rc1", "1.1.0", registry) == ("1.0.0", "1.0.1")
    assert releases_between("1.0.1", "1.1.0", registry) == ()
    assert releases_between("1.1.0", "1.1.0", registry) == ()


def test_one_question_is_enough(registry: Registry) -> None:
    """However many releases there are."""
    releases_between("0.22", NEWEST, registry)
    assert isinstance(registry.uv, Answering)
    assert registry.uv.calls == 1


def test_where_a_model_would_go(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    """Up as of each release and at last today, as a bump would be; back as of each release."""

    def newest(_: Registry, request: str) -> object:
        assert request == "latest"
        return Release(version=NEWEST, uploaded=None)

    monkeypatch.setattr(Registry, "release", newest)
    up = upgrade_specs("0.24.1", registry, common=("pandas",))
    assert [spec.id for spec in up] == ["sklearn-1.0", "sklearn-1.1", "sklearn-1.2-today"]
    assert {spec.requirements for spec in up} == {("pandas",)}
    assert [spec.id for spec in upgrade_specs(NEWEST, registry)] == ["sklearn-1.2-today"]
    assert upgrade_specs("1.3.0", registry) == ()
    back = rollback_specs("1.1.0", registry, python="3.8")
    assert [spec.id for spec in back][:2] == ["sklearn-1.0-pyge3.8", "sklearn-0.24-pyge3.8"]


class OnlyWheels:
    """A package of which each Python has wheels of some releases, and none has all."""

    wheels: Mapping[str, Sequence[str]] = {"3.12": ["1.2.3", "1.2.8"], "3.9": ["0.26", "1.0.6"]}

    def describe(
        self, questions: Sequence[str], *, python: str, **_: object
    ) -> list[Mapping[str, Any]]:
        (question, *more) = questions
        found = re.match(r"catboost(?P<specifier>[^;]*)", question)
        assert found is not None
        fits = list(SpecifierSet(found["specifier"].strip()).filter(self.wheels.get(python, ())))
        if more or not fits:
            raise UnavailableError(UnavailableReason.NO_WHEEL, question)
        return [{"version": max(fits, key=Version)}]


def test_lines_are_found_where_each_python_has_wheels_of_some_releases() -> None:
    """No source distribution: no single Python stands for all."""
    pythons = (
        Interpreter(path=Path("python"), version="3.12.1"),
        Interpreter(path=Path("python"), version="3.9.1"),
    )
    registry = Registry(uv=OnlyWheels(), interpreters=pythons)  # type: ignore[arg-type]
    assert newest_of_lines("0.26", registry, package="catboost") == ("1.0.6", "1.2.8")
    assert newest_of_lines("1.2.8", registry, package="catboost") == ()
