"""The second opinion compares what its plain script prints, and shares no code with the worker."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import OneHotEncoder

from matrix.model import Verdict

TOOLS = Path(__file__).parents[1] / "tools" / "second_opinion"


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("second_opinion", TOOLS / "second_opinion.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def output(*values: float, kind: str = "f") -> list[Any]:
    return [
        "returned",
        {"kind": kind, "single": False, "shape": [len(values)], "values": list(values)},
    ]


def printed(given: dict[str, list[Any]], own: dict[str, list[Any]] | None = None) -> dict[str, Any]:
    return {"given": given, "own": own}


SAME = {"predict": output(1.0, 2.0)}
OTHER = {"predict": output(1.0, 3.0)}
FAILED = {"predict": ["raised", "ValueError", "unknown category"]}
HIDDEN = {**SAME, "repr": ["raised", "AttributeError", "no"]}


@pytest.mark.parametrize(
    ("before", "after", "answer"),
    [
        (printed(SAME), printed(SAME), "same"),
        (printed(SAME), printed(OTHER), "differs"),
        (printed(SAME), printed(FAILED), "fails"),
        (printed({**SAME, "repr": ["returned", None]}), printed(HIDDEN), "shows not"),
        (printed(SAME, SAME), printed(SAME, OTHER), "input differs"),
        (printed(SAME), printed(SAME, OTHER), "input differs"),
        (printed(SAME, OTHER), printed(SAME), "input differs"),
        (printed(SAME, SAME), printed(SAME, FAILED), "fails"),
        (printed(SAME, OTHER), printed(OTHER, OTHER), "differs"),
        (printed(SAME), "does not end", "fails"),
        ("does not end", printed(SAME), "unknown"),
        (printed({"load": ["raised", "ValueError", "no"]}), printed(SAME), "unknown"),
    ],
)
def test_the_same_rows_come_first_and_then_the_tables_of_each_environment(
    tool: ModuleType, before: Any, after: Any, answer: str
) -> None:
    assert tool.compared(before, after)[0] == answer


def test_every_verdict_that_was_loaded_can_be_drawn(tool: ModuleType) -> None:
    unsafe = {one for one in Verdict if one.group.unsafe or one.safe}
    assert unsafe - set(tool.DRAWN) == {Verdict.UNSTABLE}


def test_the_script_makes_a_table_of_its_own(tmp_path: Path) -> None:
    """None stays None among identical objects, and becomes what this pandas makes of it."""
    table = pd.DataFrame({"city": pd.Series(["Rome", None, "Oslo"], dtype=object)})
    joblib.dump(OneHotEncoder(handle_unknown="ignore").fit(table), tmp_path / "model.joblib")
    texts = [{"kind": "str", "value": "Rome"}, {"kind": "none"}, {"kind": "str", "value": "Oslo"}]
    rows = {
        "kind": "frame",
        "columns": {"kind": "list", "items": [{"kind": "str", "value": "city"}]},
        "index": None,
        "items": [{"kind": "object", "shape": [3], "items": texts}],
    }
    (tmp_path / "rows").write_text(json.dumps(rows) + "\n")
    done = subprocess.run(
        [
            *(sys.executable, TOOLS / "plain.py", tmp_path / "model.joblib"),
            *(tmp_path / "rows", tmp_path / "rows"),
        ],
        check=True,
        capture_output=True,
        text=True,
    )
    found = json.loads(done.stdout.rpartition("\n---\n")[2])
    given, own = (np.array(found[name]["transform"][1]["values"]) for name in ("given", "own"))
    assert given.tolist() == np.eye(3)[[1, 2, 0]].ravel().tolist()
    pandas_3 = int(pd.__version__.split(".")[0]) >= 3
    assert own.reshape(3, 3)[1].tolist() == ([0, 0, 0] if pandas_3 else [0, 0, 1])
