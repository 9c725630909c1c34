"""No name of the lists opens, imports or runs what it is given."""

from __future__ import annotations

import importlib
import itertools
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from matrix.inspection import Name
from matrix.inspection.allowed_lists import FUNCTIONS, GENERATED, REVIEWED, read_list

WORD = "attacked_by_a_test"
"""Part of every path, module and source text that the names are given."""
KNOWN = {
    "numpy.core._ufunc_reconstruct": ["import"],  # both gates look at what it is given
    "numpy._core._ufunc_reconstruct": ["import"],
    "numpy.matrix": ["compile"],  # of a literal, which is not run
    "numpy.matrixlib.defmatrix.matrix": ["compile"],
}
"""Names that do something with a text that they are given, and why they are harmless."""
seen: list[str] = []
watching: list[bool] = []


def _watch(event: str, arguments: tuple[object, ...]) -> None:
    encoding = event == "import" and str(arguments[0]).startswith("encodings.")
    if (
        watching
        and not encoding
        and any(WORD in repr(one)[:500] for one in arguments if not callable(one))
    ):
        seen.append(event)


@pytest.fixture(scope="module", autouse=True)
def _audit_hook() -> None:
    sys.addaudithook(_watch)  # it cannot be removed, and does nothing while nobody watches


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # names such as `numpy.save` take a text for a relative path


def called(*_: object, **__: object) -> None:
    """A function that a name may call: only a function that the caller has named."""


def arguments(folder: Path) -> Iterator[tuple[Any, ...]]:
    path = folder / WORD
    path.write_text("1 2 3")
    values = [
        str(path),
        str(path).encode(),
        path,
        f"open({str(path)!r}, 'w')",
        f"{WORD}.module:function",
        f"dateutil/{WORD}",
        [str(path)],
        {WORD: str(path)},
        np.array([str(path)]),
        np.array([str(path)], dtype=object),
    ]
    yield from ((one,) for one in values)
    yield from itertools.product(values[:5], repeat=2)
    yield from ((np.arange(3.0), one) for one in values)
    yield from ((one, "r", called) for one in values[:3])


def listed() -> list[Name]:
    return sorted(read_list(FUNCTIONS) | read_list(REVIEWED) | read_list(GENERATED))


def found(name: Name) -> Any:
    try:
        return getattr(importlib.import_module(name.module), name.qualname)
    except (ImportError, AttributeError):
        return None  # of another release


def test_no_listed_name_opens_imports_or_runs_what_it_is_given(tmp_path: Path) -> None:
    tried, bad = 0, {}
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for name in listed():
            function = found(name)
            if function is None:
                continue
            tried += 1
            for given in arguments(tmp_path):
                seen.clear()
                watching.append(True)
                try:
                    function(*given)
                except Exception:  # it refuses such arguments
                    pass
                finally:
                    watching.clear()
                if seen:
                    bad[str(name)] = sorted(set(seen))
    assert {name: events for name, events in bad.items() if KNOWN.get(name) != events} == {}
    assert tried > 500
    assert [path.read_text() for path in tmp_path.iterdir()] == ["1 2 3"]


@pytest.mark.parametrize("function", [np.load, np.save, np.fromfile, np.loadtxt, eval, open])
def test_names_that_open_or_run_are_noticed(function: Any, tmp_path: Path) -> None:
    for given in arguments(tmp_path):
        watching.append(True)
        try:
            function(*given)
        except Exception:
            pass
        finally:
            watching.clear()
    assert seen
    seen.clear()
