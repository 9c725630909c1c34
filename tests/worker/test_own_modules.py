"""Of a user's module that imports a missing package, what is looked up is defined, no more."""

from __future__ import annotations

import importlib
import pickle
import sys
import types
from collections.abc import Iterator
from pathlib import Path

import pytest
from compat_worker import own_modules
from compat_worker.own_script import keep_needed

STEPS = """
from __future__ import annotations
import no_such_network as torch
from .base import Base
FACTOR = 3

def fail():
    raise RuntimeError("this runs")

class Scale(Base):
    def go(self, x: not_defined) -> int:
        return FACTOR * x

class Network(torch.Module):
    pass

fail()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    path, finders, modules = sys.path[:], sys.meta_path[:], set(sys.modules)
    (tmp_path / "own_steps").mkdir()
    (tmp_path / "own_steps" / "__init__.py").write_text(
        "from .steps import *\nimport no_such_one\n"
    )
    (tmp_path / "own_steps" / "steps.py").write_text(STEPS)
    (tmp_path / "own_steps" / "base.py").write_text(
        "import no_such_plots\nclass Base:\n    n = 1\n"
    )
    sys.path.append(str(tmp_path))
    own_modules.install([str(tmp_path)], keep_needed)
    importlib.invalidate_caches()
    yield tmp_path
    sys.path[:], sys.meta_path[:] = path, finders
    for name in set(sys.modules) - modules:
        del sys.modules[name]


def load(module: str, name: str) -> type:
    found = pickle.loads(f"c{module}\n{name}\n.".encode())
    assert isinstance(found, type)
    return found


def test_a_class_is_loaded_without_what_its_module_imports_for_others(folder: Path) -> None:
    scale = load("own_steps.steps", "Scale")
    assert scale().go(2) == 6
    assert scale.n == 1  # type: ignore[attr-defined]
    assert load("own_steps.steps", "Scale") is scale


def test_what_needs_the_missing_package_still_fails(folder: Path) -> None:
    with pytest.raises(ModuleNotFoundError, match="no_such_network"):
        load("own_steps.steps", "Network")
    with pytest.raises(AttributeError, match="Nothing"):
        load("own_steps.base", "Nothing")


def test_a_module_that_imports_is_imported_whole(folder: Path) -> None:
    (folder / "whole.py").write_text("import json\nran = []\nran.append(1)\nclass A: ...\n")
    assert importlib.import_module("whole").ran == [1]


@pytest.mark.parametrize("missing", ["imp", "sklearn.no_such_module"])
def test_what_python_or_an_installed_package_lost_is_a_failure(
    folder: Path, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)  # type: ignore[arg-type]
    (folder / "older.py").write_text(f"import {missing}\nclass A: ...\n")
    with pytest.raises(ModuleNotFoundError):
        load("older", "A")


def test_modules_outside_of_the_folders_are_left_alone(folder: Path, tmp_path: Path) -> None:
    other = tmp_path.with_name("other")
    other.mkdir()
    (other / "not_own.py").write_text("import no_such_network\nclass A: ...\n")
    sys.path.append(str(other))
    with pytest.raises(ModuleNotFoundError):
        load("not_own", "A")
    assert type(importlib.import_module("csv")) is types.ModuleType
