"""The night runs every part to its end, sums up, and fails if one has failed."""

from __future__ import annotations

import ast
import importlib.util
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from nox.command import CommandFailed

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def noxfile() -> ModuleType:
    spec = importlib.util.spec_from_file_location("the_noxfile", ROOT / "noxfile.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Session:
    """Records what is run and logged; commands with a certain word fail."""

    posargs: tuple[str, ...] = ()

    def __init__(self, failing: str = "") -> None:
        self.failing = failing
        self.ran: list[tuple[str, ...]] = []
        self.logged: list[str] = []

    def run(self, *command: str, **_: Any) -> bool:
        self.ran.append(command)
        if self.failing and self.failing in command:
            raise CommandFailed
        return True

    def log(self, text: str) -> None:
        self.logged.append(text)

    def error(self, text: str) -> None:
        raise RuntimeError(text)


def lines(session: Session) -> list[str]:
    """The lines of the summary without the seconds and the seed."""
    start = session.logged.index("summary of the night:") + 1
    return [re.sub(r"\s+\d+ s  ", " ", line).partition(" --")[0] for line in session.logged[start:]]


def test_a_night_in_which_all_goes_well(
    noxfile: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(noxfile.sessions, "install_project", lambda *_, **__: "python")
    session = Session()
    noxfile.nightly(session)
    assert lines(session) == [
        "passed tests marked nightly",
        "passed fuzz",
        "passed admitted",
        "passed mutation",
    ]
    assert any(command[-2:] == ("-m", "nightly") for command in session.ran)
    assert ("mutmut", "run") in session.ran


@pytest.mark.parametrize(
    ("word", "part"),
    [
        ("nightly", 0),
        ("tests/hostile/test_mutants.py", 1),
        ("tools/admitted.py", 2),
        ("tools/mutation_score.py", 3),
    ],
)
def test_a_part_that_fails_stops_no_other_and_fails_the_night(
    noxfile: ModuleType, monkeypatch: pytest.MonkeyPatch, word: str, part: int
) -> None:
    monkeypatch.setattr(noxfile.sessions, "install_project", lambda *_, **__: "python")
    session = Session(failing=word)
    with pytest.raises(RuntimeError, match="a part failed"):
        noxfile.nightly(session)
    found = [line.split()[0] for line in lines(session)]
    assert found == ["FAILED" if number == part else "passed" for number in range(4)]


def marked(path: Path) -> set[str]:
    """The tests of a file that wait for the night, wholly or with some of their arguments."""
    module = ast.parse(path.read_text("utf-8"))
    lists = {
        target.id
        for node in module.body
        if isinstance(node, ast.Assign) and "mark.nightly" in ast.unparse(node.value)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    return {
        node.name
        for node in module.body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
        for decorator in map(ast.unparse, node.decorator_list)
        if "mark.nightly" in decorator or lists & set(re.findall(r"\w+", decorator))
    }


def test_for_each_test_of_the_night_the_docs_say_what_guards_each_change() -> None:
    said = (ROOT / "docs" / "testing.md").read_text("utf-8")
    found = {name for path in ROOT.glob("tests/**/test_*.py") for name in marked(path)}
    assert len(found) > 20
    assert {name for name in found if name not in said} == set()
