"""The contents of a file: one line, then a tree that fits any terminal."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest

from matrix.inspection import Code, Inspection, ModelNode, Name, Note
from matrix.report.terminal.inspection import show_inspection

TREES = ModelNode(
    name="estimators_",
    kind="sklearn.tree._classes.DecisionTreeClassifier",
    count=100,
    fitted={"tree_": "Tree of 17 nodes"},
)
FOREST = ModelNode(
    name="forest",
    kind="sklearn.ensemble._forest.RandomForestClassifier",
    params={f"parameter_{index}": f"value {index}" for index in range(40)},
    fitted={"classes_": "int64 (3,) [0, 1, 2]"},
    children=(TREES,),
)
SCALER = ModelNode(name="scaler", kind="own.Scaler", columns="['age', 'income']")
PIPELINE = ModelNode(kind="sklearn.pipeline.Pipeline", children=(SCALER, FOREST))

MODEL = Inspection(
    path=Path("models/churn.joblib"),
    size=12345,
    sha256="0123456789abcdef" * 4,
    container="joblib",
    compression="zlib",
    protocol=4,
    joblib="1.2 or newer",
    numpy="1",
    python="3.4",
    versions={"scikit-learn": ("1.3.2",)},
    modules=("joblib", "numpy", "own", "sklearn"),
    names=(),
    code=(Code("own.Scaler", "package"),),
    notes=(Note("data-after-end", "4 bytes follow the end of the pickle"),),
    root=PIPELINE,
)


def said(model: Inspection = MODEL, width: int = 100, *, everything: bool = False) -> list[str]:
    stream = io.StringIO()
    show_inspection(model, file=stream, width=width, everything=everything)
    return stream.getvalue().splitlines()


def test_the_answer_comes_first() -> None:
    assert said()[:3] == [
        "models/churn.joblib: Pipeline, saved by scikit-learn 1.3.2 with numpy 1",
        "  joblib 1.2 or newer, compressed with zlib, pickle protocol 4, 12,345 bytes",
        "  needed to load it: Python 3.4 or newer, joblib, numpy, own, sklearn",
    ]


def test_a_file_without_versions_has_unknown_versions() -> None:
    bare = replace(MODEL, versions={}, numpy="", joblib="", container="pickle")
    assert said(bare)[0] == "models/churn.joblib: Pipeline, saved by unknown versions"
    assert said(bare)[1].startswith("  pickle, compressed with zlib")


def test_code_and_notes_are_shown() -> None:
    text = "\n".join(said())
    assert "own.Scaler: from a package other than scikit-learn, or your own" in text
    assert "4 bytes follow the end of the pickle" in text


def test_the_report_states_whether_upgrade_would_load_it() -> None:
    assert any(line.strip().startswith("upgrade would load it") for line in said())
    names = (Name("own", "Scaler"), Name("os", "system"))
    (line,) = [one for one in said(replace(MODEL, names=names)) if "refuse" in one]
    assert line.strip() == "upgrade would refuse to load it: own.Scaler, os.system"


def test_the_tree_shows_steps_columns_and_counts() -> None:
    lines = said()
    assert "  ├─ scaler: Scaler on ['age', 'income']" in lines
    assert "  └─ forest: RandomForestClassifier" in lines
    assert "     └─ estimators_: 100 × DecisionTreeClassifier" in lines


def test_many_parameters_are_cut_short_unless_all_are_requested() -> None:
    assert "parameter_39=value 39" not in "\n".join(said())
    assert any("+" in line for line in said() if "parameter_" in line)
    assert "parameter_39=value 39" in "\n".join(said(everything=True))


@pytest.mark.parametrize("width", [20, 40, 60, 100, 200])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    deep = PIPELINE
    for index in range(12):
        deep = ModelNode(
            name=f"level {index}", kind="own.Wrapper", children=(deep,), params={"a": "b"}
        )
    for line in said(replace(MODEL, root=deep), width):
        assert len(line) <= width


def test_nothing_from_a_file_reaches_the_terminal_as_it_is() -> None:
    evil = "\x1b[31m[bold]red[/bold]\n\u202e" + "x" * 500
    node = ModelNode(name=evil, kind=f"own.{evil}", params={evil: evil}, fitted={"a": evil})
    model = replace(
        MODEL,
        path=Path(evil),
        root=node,
        code=(Code(evil, "package"),),
        modules=(evil,),
        versions={evil: (evil,)},
    )
    text = "\n".join(said(model, 80))
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "[bold]red[/bold]" in text


def test_a_terminal_without_unicode_gets_ascii() -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    show_inspection(MODEL, file=stream, width=80)
    stream.flush()
    text = stream.buffer.getvalue().decode("ascii")  # type: ignore[attr-defined]
    assert "`- forest: RandomForestClassifier" in text
    assert "100 x DecisionTreeClassifier" in text
