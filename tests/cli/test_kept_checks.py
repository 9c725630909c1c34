"""A check of models is kept: to be shown, explained, and compared with a baseline."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from made_up import small_matrix

from matrix import baseline as baselines
from matrix.cli.commands.upgrade import compared_code
from matrix.cli.main import main
from matrix.engine import last_run
from matrix.errors import CannotTellError, Exit
from matrix.explain import explanation_of
from matrix.model import (
    Acceptance,
    Cell,
    Environment,
    EnvSpec,
    Group,
    JointAnswer,
    Matrix,
    ModelAnswer,
    NextStep,
    NextStepKind,
    Pipeline,
    ReleaseOutcome,
    Verdict,
    codec,
)
from matrix.store import Store
from matrix.store.runs import RunKind

MODEL = "my models/churn.joblib"
TODAY = date(2026, 11, 29)
SET = NextStep(kind=NextStepKind.SET, text="Set it:", paste="model.estimator.x = None")


def environment(release: str) -> Environment:
    spec = EnvSpec(id=f"sklearn-{release}", label=release, scikit_learn=release)
    return Environment(spec=spec, reason="not built in a test")


def check(verdict: Verdict, *, problem: str = "") -> Matrix:
    cells = [
        Cell(
            pipeline=MODEL,
            format="joblib",
            writer="sklearn-1.3.2",
            reader=f"sklearn-{release}",
            verdict=found,
            stage="repr",
            cause=None if found.safe else "pipeline-transform-input-1.6",
        )
        for release, found in (("1.3.2", Verdict.IDENTICAL), ("1.6.1", verdict))
    ]
    answer = ModelAnswer(
        model=MODEL,
        sha256="",
        origin="sklearn-1.3.2",
        group=verdict.group,
        answer="safe up to 1.5",
        problem=problem,
        next_steps=(NextStep(kind=NextStepKind.PIN, text="stay:", paste="scikit-learn<1.6"),),
        outcomes=(
            ReleaseOutcome(
                name="1.6.1",
                readers=("sklearn-1.6.1",),
                group=verdict.group,
                text="",
                advice=(SET,),
            ),
        ),
    )
    return replace(
        small_matrix(),
        environments=(environment("1.3.2"), environment("1.6.1")),
        pipelines=(Pipeline(id=MODEL, file=Path(MODEL), line=1, doc="", digest=""),),
        cells=cells,
        self_check={},
        answers=(answer,),
        joint=JointAnswer(group=verdict.group, answer="Not safe"),
    )


def kept(folder: Path, *matrices: Matrix) -> None:
    with Store(folder) as store:
        for matrix in matrices:
            last_run.keep_check(store, matrix)


LIMITED = check(Verdict.INTROSPECTION_FAILED)


def test_a_check_is_kept_whole_and_is_not_taken_for_a_run(tmp_path: Path) -> None:
    kept(tmp_path, LIMITED)
    with Store(tmp_path) as store:
        again = last_run.last(store)
        assert (again.answers, again.joint) == (LIMITED.answers, LIMITED.joint)
        assert list(again.cells) == list(LIMITED.cells)
        assert store.runs.last(RunKind.MATRIX) is None
        assert last_run.with_pipeline(store, MODEL).answers == LIMITED.answers


def test_a_result_of_another_version_is_an_error_with_advice(tmp_path: Path) -> None:
    kept(tmp_path, LIMITED)
    with Store(tmp_path) as store:
        run, text = next(store.runs.complete())
        head = codec.decode(text)
        del head["answers"][0]["group"]
        store.runs.end(run, codec.encode(head), RunKind.CHECK)
        with pytest.raises(CannotTellError, match="another version of this tool") as caught:
            last_run.last(store)
    assert "Run it again" in caught.value.advice


def test_the_check_of_a_lock_that_ran_a_release_explains_it(tmp_path: Path) -> None:
    """Of several locks of one command; not of a command before it."""
    other = replace(LIMITED, environments=(environment("1.3.2"), environment("1.7.2")))
    with Store(tmp_path) as store:
        last_run.keep_check(store, replace(other, lock_change="earlier"))
        last_run.keep_check(store, replace(LIMITED, lock_change="first"), options=["--data x"])
        last_run.keep_check(store, replace(other, lock_change="second"), continues=True)
        for reader, lock in (("1.6.1", "first"), ("1.7.2", "second"), (None, "second")):
            assert last_run.with_pipeline(store, MODEL, reader).lock_change == lock
        assert [one.lock_change for one in last_run.last_checks(store)] == ["first", "second"]


def test_the_checks_of_one_command_are_kept_however_many_there_are(tmp_path: Path) -> None:
    names = [str(number) for number in range(8)]
    with Store(tmp_path) as store:
        for name in names:
            matrix = replace(LIMITED, lock_change=name)
            last_run.keep_check(store, matrix, continues=name != "0")
        assert [one.lock_change for one in last_run.last_checks(store)] == names
        last_run.keep_check(store, LIMITED)
        assert len(last_run.last_checks(store)) == 1
        assert len(list(store.runs.complete())) == 5


def test_a_look_into_a_model_is_kept_with_its_check(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        last_run.keep_check(store, LIMITED, options=["--data 'my rows.csv'"])
        matrix = last_run.last(store)
        assert last_run.options_of(store, matrix) == ("--data 'my rows.csv'",)
        cell = list(LIMITED.cells)[1]
        told = explanation_of(cell, LIMITED.environments[0], LIMITED.environments[1])
        last_run.keep_explanation(store, told, matrix)
        last_run.keep_explanation(store, told, matrix)
        assert last_run.last(store).stories == (told,)
        assert store.runs.last(RunKind.MATRIX) is None


@pytest.mark.parametrize("kept_only", [True, False])
def test_explain_looks_into_a_model_unless_only_what_is_known_is_wanted(
    kept_only: bool,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    kept(tmp_path / "kept", LIMITED)
    words = ["explain", MODEL, "1.6.1", "--state", "kept", *["--kept"] * kept_only]
    assert main(words) == Exit.OK
    said = capsys.readouterr().out
    assert ("no further diagnosis" in said) is not kept_only  # its file is not there
    assert f"upgrade '{MODEL}' --why" in said


def test_report_renders_the_last_check_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    kept(tmp_path / "kept", LIMITED)
    page = tmp_path / "page.html"
    assert main(["report", "--state", "kept", "--output", f"html:{page}"]) == Exit.OK
    assert f"~ {MODEL}: safe up to 1.5" in capsys.readouterr().out
    assert "scikit-learn&lt;1.6" in page.read_text("utf-8")


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (["1.6.1"], ["model.estimator.x = None", "scikit-learn<1.6", f"upgrade '{MODEL}' --why"]),
        ([], [f"~ {MODEL}: safe up to 1.5"]),
    ],
)
def test_explain_takes_a_model_and_a_release(
    words: list[str],
    shown: Iterable[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    kept(tmp_path / "kept", LIMITED)
    assert main(["explain", MODEL, *words, "--state", "kept"]) == Exit.OK
    out = capsys.readouterr().out
    for text in shown:
        assert text in out
    assert "model.transform_input" not in out, "the advice is for the places of this model"


def test_explain_names_the_releases_that_were_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    kept(tmp_path / "kept", LIMITED)
    assert main(["explain", MODEL, "9.9", "--state", "kept"]) == Exit.USAGE
    assert "It ran: 1.3.2, 1.6.1." in capsys.readouterr().err


# --------------------------------------------------------------------------- baselines


def compared(matrix: Matrix, known: baselines.Baseline) -> Matrix:
    return replace(matrix, comparison=baselines.compare(known, matrix, TODAY))


NOTHING = baselines.Baseline(source="base.toml", verdicts={})


def accepted(until: date) -> baselines.Baseline:
    one = Acceptance(reason="only printed in notebooks", until=until, pipelines="my models/*")
    return replace(NOTHING, acceptances=(one,))


@pytest.mark.parametrize(
    ("known", "code"),
    [
        (NOTHING, Exit.UNSAFE),
        (baselines.of_matrix(LIMITED, "base.toml"), Exit.OK),
        (accepted(TODAY), Exit.OK),
        (accepted(date(2026, 11, 28)), Exit.UNSAFE),
    ],
)
def test_what_is_known_or_accepted_passes_until_its_last_day(
    known: baselines.Baseline, code: Exit
) -> None:
    assert compared_code(compared(LIMITED, known)) is code


def test_a_named_verdict_fails_although_it_is_known() -> None:
    known = compared(LIMITED, baselines.of_matrix(LIMITED, "base.toml"))
    assert compared_code(known, frozenset({Verdict.INTROSPECTION_FAILED})) is Exit.UNSAFE


def test_a_model_without_an_answer_is_unknown_whatever_is_accepted() -> None:
    unanswered = replace(check(Verdict.IDENTICAL, problem="it is empty"), cells=())
    assert unanswered.answers[0].group is Group.LOADS
    assert compared_code(compared(unanswered, NOTHING)) is Exit.CANNOT_TELL


def test_models_and_reference_pipelines_share_a_baseline() -> None:
    """A check neither drops the cells of a matrix from it nor calls them gone."""
    pipelines = baselines.of_matrix(small_matrix(), "base.toml")
    both = baselines.updated(pipelines, LIMITED, "base.toml", TODAY)
    assert len(both.verdicts) == len(pipelines.verdicts) + 1
    comparison = baselines.compare(both, LIMITED, TODAY)
    assert not comparison.fails
    assert comparison.changes == ()
    assert baselines.updated(both, check(Verdict.IDENTICAL), "base.toml", TODAY) == pipelines
