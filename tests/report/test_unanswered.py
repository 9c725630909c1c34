"""A model that was named or found and has no answer is in every report, and is never green."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

import pytest
from reading import csv_rows, junit, sarif, strict_json, svg_text, written

from matrix.inspection import Inspection, ModelNode
from matrix.model import Cell, EnvInfo, Environment, EnvSpec, Group, Matrix, PassedOver, Verdict
from matrix.report import FORMATS
from matrix.report.answers_as_matrix import as_matrix
from matrix.report.terminal.upgrade import show_upgrade
from matrix.upgrade.answer import Model, Problem, Target, UpgradeAnswer, UpgradeResult

NOW = datetime(2026, 11, 28, tzinfo=timezone.utc)


def environment(release: str, *, ready: bool = True) -> Environment:
    spec = EnvSpec(id=f"sklearn-{release}", label=release, scikit_learn=release)
    info = EnvInfo(
        python="3.12.1",
        platform="linux",
        executable=Path("python"),
        packages={"scikit-learn": release},
    )
    return Environment(spec=spec, info=info if ready else None, reason="" if ready else "no wheel")


OLD, NEW, GONE = environment("1.3.2"), environment("1.7.2"), environment("1.8.0", ready=False)


def model(name: str, problem: str = "", *, read: bool = True) -> Model:
    root = ModelNode(kind="sklearn.tree.DecisionTreeClassifier")
    found = Inspection(
        path=Path(name), size=9, sha256="ab" * 32, container="joblib", protocol=4, root=root
    )
    said = Problem(message=problem) if problem else None
    return Model(id=name, path=Path(name), inspection=found if read else None, problem=said)


def answered(name: str, **verdicts: Verdict) -> UpgradeAnswer:
    """The answer with a verdict for each of the environments ``old``, ``new`` and ``gone``."""
    readers = {"old": OLD, "new": NEW, "gone": GONE}
    targets = []
    for place, verdict in verdicts.items():
        reader = readers[place]
        cell = Cell(
            pipeline=name,
            format="joblib",
            writer=OLD.id,
            reader=reader.id,
            verdict=verdict,
            reason=reader.reason,
        )
        targets.append(Target(environment=reader, cell=cell))
    return UpgradeAnswer(model=model(name), origin=OLD, targets=tuple(targets))


def unanswered(name: str, problem: str, *, read: bool, origin: bool = False) -> UpgradeAnswer:
    asked = model(name, problem, read=read)
    return UpgradeAnswer(model=asked, problem=asked.problem, origin=OLD if origin else None)


SAFE = answered("safe.joblib", old=Verdict.IDENTICAL, new=Verdict.IDENTICAL)
UNANSWERED = (
    unanswered("refused.pkl", "not loaded: it looks up os.system", read=True),
    unanswered("gone.pkl", "it does not exist", read=False),
    unanswered("new.onnx", "is an ONNX model, not a pickle", read=False),
    unanswered("data.skops", "rows cannot be made for it", read=True, origin=True),
    answered("nowhere.sav", old=Verdict.IDENTICAL, gone=Verdict.UNAVAILABLE),
    answered("sick.dill", old=Verdict.NOT_RUN, new=Verdict.NOT_RUN),
)
"""Each kind of model without an answer."""
PASSED_OVER = (
    PassedOver(path="m/rows.csv", what="CSV text"),
    PassedOver(path="m/.git", what="a hidden folder"),
)
RESULT = UpgradeResult(
    started=NOW,
    finished=NOW,
    environments=(OLD, NEW, GONE),
    answers=(SAFE, *UNANSWERED),
    passed_over=PASSED_OVER,
)
NAMES = [answer.model.id for answer in UNANSWERED]


def shown(name: str, matrix: Matrix) -> str:
    """What a reader of a report sees, in one line; of HTML without its scripts and data."""
    text = written(matrix, name)
    if name == "svg":
        text = svg_text(text)
    if name == "html":
        text = re.sub(r"<script.*?</script>|<style.*?</style>", "", text, flags=re.DOTALL)
        text = html.unescape(re.sub(r"<[^>]+>", " ", text))
    return " ".join(text.split())


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_every_model_without_an_answer_is_in_every_format(name: str) -> None:
    """A new format that drops one fails here; a badge has room only for their number."""
    text = shown(name, as_matrix(RESULT))
    if name == "badge":
        assert f"{len(NAMES)} unknown" in json.loads(text)["message"]
        return
    for missing in NAMES:
        assert missing in text, missing
    for answer in UNANSWERED:
        if answer.problem is not None:
            assert answer.problem.message in text


@pytest.mark.parametrize("name", sorted(FORMATS))
@pytest.mark.parametrize("alone", UNANSWERED, ids=NAMES)
def test_no_format_is_green_for_a_model_without_an_answer(name: str, alone: UpgradeAnswer) -> None:
    """Whatever the format uses to say "not safe", it uses it for this model."""
    matrix = as_matrix(replace(RESULT, answers=(SAFE, alone), passed_over=()))
    text, missing = written(matrix, name), alone.model.id
    if name == "badge":
        assert json.loads(text)["color"] != "brightgreen"
    elif name == "junit":
        assert sum(len(suite) - suite.skipped for suite in junit(text)) > 2
        assert junit(text).errors == sum(suite.errors for suite in junit(text)) >= 1
        (suite,) = (suite for suite in junit(text) if suite.name == missing)
        assert suite.errors >= 1
    elif name == "sarif":
        (found,) = sarif(text)["results"]
        assert missing in found["message"]["text"]
        assert found["level"] == "error"
    elif name == "csv":
        rows = [row for row in csv_rows(text) if row["pipeline"] == missing]
        assert Group.UNKNOWN.value in {row["answer"] for row in rows}
    elif name == "json":
        (answer,) = (one for one in strict_json(text)["answers"] if one["model"] == missing)
        assert answer["group"] == Group.UNKNOWN.value
    else:
        seen = shown(name, matrix)
        assert re.search(rf"·\W+{re.escape(missing)}", seen), name


@pytest.mark.parametrize("name", sorted(set(FORMATS) - {"badge"}))
def test_what_was_passed_over_is_in_every_format(name: str) -> None:
    text = shown(name, as_matrix(RESULT))
    for one in PASSED_OVER:
        assert one.path in text
        assert one.what in text


@pytest.mark.parametrize("name", sorted(set(FORMATS) - {"badge"}))
def test_many_files_that_were_passed_over_are_counted(name: str) -> None:
    """A folder of a project may have thousands; JSON has all of them."""
    many = tuple(PassedOver(path=f"m/{n}.csv", what="CSV text") for n in range(1000))
    text = shown(name, as_matrix(replace(RESULT, passed_over=many)))
    assert "1,000" in text
    assert len(re.findall(r"m/\d+\.csv", text)) <= (1000 + 20 if name in ("json", "html") else 20)


def test_no_matrix_has_an_empty_report_though_no_model_was_answered() -> None:
    matrix = as_matrix(replace(RESULT, answers=UNANSWERED[:3], passed_over=()))
    rows = list(csv.DictReader(io.StringIO(written(matrix, "csv"))))
    assert [row["pipeline"] for row in rows] == NAMES[:3]
    assert {row["verdict"] for row in rows} == {"not-run"}
    assert {one.group for one in matrix.answers} == {Group.UNKNOWN}


def test_the_terminal_lists_what_was_passed_over() -> None:
    stream = io.StringIO()
    show_upgrade(as_matrix(RESULT), file=stream, width=80)
    said = " ".join(stream.getvalue().split())
    for name in NAMES:
        assert f"· {name}: unknown" in said
    assert "CSV text (m/rows.csv)" in said
    assert "a hidden folder (m/.git)" in said
