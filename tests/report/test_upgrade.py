"""The report of an upgrade check: the answer first, and never "safe" for what is not."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path

import pytest
from upgrade_answers import answer, target, upgrade

from matrix import causes
from matrix.cli.arguments import value_types
from matrix.cli.commands.upgrade import exit_code
from matrix.errors import Exit
from matrix.judge.scores import classifier_scores
from matrix.model import (
    EnvSpec,
    Evidence,
    Group,
    OutputDifference,
    RowChange,
    Verdict,
)
from matrix.report import FORMATS
from matrix.report import model_answers as words
from matrix.report.answers_as_matrix import as_matrix
from matrix.report.cause_text import advice_parts
from matrix.report.sentences import difference
from matrix.report.terminal.upgrade import show_upgrade
from matrix.upgrade.answer import Model, Problem, Target, UpgradeAnswer

CHANGED = OutputDifference(verdict=Verdict.SCORES_CHANGED, max_abs=0.63, n_changed=14, n=200)
FLIPPED = OutputDifference(verdict=Verdict.LABELS_CHANGED, n_changed=3, n=200)


HOME = target("1.3.2", Verdict.IDENTICAL)
SAFE = answer(HOME, target("1.4.2", Verdict.EQUIVALENT))
CHANGES = answer(
    HOME,
    target("1.4.2", Verdict.SCORES_CHANGED, "predict_proba", outputs={"predict_proba": CHANGED}),
)
FAILS = answer(HOME, target("1.4.0", Verdict.USE_FAILED, "predict"))
GONE = answer(HOME, target("1.4.0", Verdict.LOAD_FAILED, "load"))
UNKNOWN = answer(HOME, target("1.4.0", Verdict.UNAVAILABLE, reason="no wheel"))
ONLY_HOME = "safe only with scikit-learn 1.3.2, the version that saved it"
BROKEN = UpgradeAnswer(model=Model(id="x", path=Path("x")), problem=Problem(message="it is empty"))


def pin_of(found: UpgradeAnswer) -> str:
    return as_matrix(upgrade(found)).answers[0].pin


def said(*answers: UpgradeAnswer, width: int = 80) -> str:
    stream = io.StringIO()
    show_upgrade(as_matrix(upgrade(*answers)), file=stream, width=width)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("found", "headline"),
    [
        (SAFE, "safe with scikit-learn 1.3.2 to 1.4.2"),
        (CHANGES, f"{ONLY_HOME}; changes predict_proba with 1.4.2"),
        (FAILS, f"{ONLY_HOME}; fails in predict with 1.4.0"),
        (GONE, f"{ONLY_HOME}; does not load with 1.4.0"),
        (UNKNOWN, f"{ONLY_HOME}; unknown with 1.4.0"),
        (BROKEN, "unknown: it is empty"),
    ],
)
def test_the_answer_is_a_line(found: UpgradeAnswer, headline: str) -> None:
    assert words.headline(found) == headline
    assert said(found, width=160).startswith(f"{symbol(found)} {found.model.id}: {headline}")


def symbol(found: UpgradeAnswer) -> str:
    return dict(zip(Group, "✓~≠✗·", strict=True))[words.group_of(found)]


@pytest.mark.parametrize("verdict", list(Verdict))
def test_only_where_every_target_is_safe_the_answer_is(verdict: Verdict) -> None:
    found = answer(HOME, target("1.4.2", verdict, "predict"))
    assert (words.group_of(found) is Group.LOADS) == verdict.safe
    assert (exit_code(upgrade(found)) is Exit.OK) == verdict.safe


@pytest.mark.parametrize("verdict", [v for v in Verdict if not v.predicts_same])
def test_a_model_that_is_not_safe_where_it_was_saved_is_never_safe(verdict: Verdict) -> None:
    found = answer(target("1.3.2", verdict, "predict"), target("1.4.2", Verdict.IDENTICAL))
    assert words.group_of(found) is Group.UNKNOWN
    assert words.headline(found).startswith("unknown: in the environment that saved it, the model ")
    assert pin_of(found) == ""


def test_named_targets_are_answered_one_by_one() -> None:
    found = answer(
        HOME,
        target("1.4.2", Verdict.IDENTICAL),
        target("1.5.2", Verdict.LABELS_CHANGED, "predict", outputs={"predict": FLIPPED}),
        in_a_row=False,
    )
    assert words.headline(found) == (
        "safe with scikit-learn 1.4.2; changes predict with scikit-learn 1.5.2"
    )
    assert pin_of(found) == ""
    assert "changes 3 of 200 labels" in said(found)


def test_a_changed_table_is_told_apart_from_a_changed_model() -> None:
    reason = "with pandas 3.0.0: column city, rows 3, 8: None → nan"
    changed = target(
        "1.5.2", Verdict.INPUT_CHANGED, "predict", reason=reason, outputs={"predict": FLIPPED}
    )
    found = answer(HOME, changed, in_a_row=False)
    assert words.headline(found) == "input-changed in predict with scikit-learn 1.5.2"
    assert words.what_happens(changed.cell) == (
        f"input-changed {reason}; changes 3 of 200 labels; the model itself is the same"
    )
    assert difference(changed.cell) == f"input-changed {reason}, 3 of 200 labels"
    raises = target("1.5.2", Verdict.USE_FAILED, "predict", reason=reason)
    assert words.what_happens(raises.cell) == (
        "fails in predict: AttributeError: no attribute 'positive' "
        f"({reason}; the model itself is the same)"
    )


@pytest.mark.parametrize(
    ("label", "as_of", "name"),
    [
        (
            "requirements.txt today",
            "today",
            "scikit-learn 1.5.2 (requirements.txt, resolved today)",
        ),
        ("1.5.2", "release", "scikit-learn 1.5.2"),
        ("1.5", "release", "scikit-learn 1.5.2"),
        ("1.5 numpy2.0", "release", "scikit-learn 1.5.2 (1.5 numpy2.0)"),
        ("1.5 2024-05-31", "2024-05-31", "scikit-learn 1.5.2 (resolved as of 2024-05-31)"),
    ],
)
def test_an_environment_is_named_by_its_release_and_its_source(
    label: str, as_of: str, name: str
) -> None:
    found = target("1.5.2", Verdict.IDENTICAL).environment
    spec = EnvSpec(id="x", label=label, scikit_learn="1.5", as_of=as_of)
    assert words.versions(replace(found, spec=spec)) == name


def test_consecutive_releases_with_the_same_outcome_are_one_line() -> None:
    found = answer(HOME, *(target(r, Verdict.IDENTICAL) for r in ("1.4.2", "1.5.2", "1.6.1")))
    assert [one.name for one in words.target_ranges(found)] == ["1.3.2 to 1.6.1"]
    assert "tested: 1.3.2, 1.4.2, 1.5.2, 1.6.1" in said(found)


def test_the_pin_and_the_rows_are_shown() -> None:
    text = " ".join(said(CHANGES).split())
    assert 'pin "scikit-learn>=1.3.2,<1.4.2"' in text
    assert "compared on 13 rows: 12 with far outliers, 1 all zeros" in text
    assert "changes predict_proba in 14 of 200 rows by up to 0.63" in text


def test_rows_of_a_file_are_named_by_it() -> None:
    assert words.rows_text({"from tickets.csv": 400}) == "400 rows of tickets.csv"
    assert words.rows_text({"all zeros": 1}) == "1 row all zeros"
    assert words.rows_text({"all zeros": 1, "with missing values": 3}) == (
        "4 rows: 1 all zeros, 3 with missing values"
    )


def test_all_that_several_models_need_is_one_line() -> None:
    """It is pasted once, and nothing in it is cut."""
    name = "a_package_with_a_long_name.a_module_with_a_long_name.AnEstimatorWithALongName"
    first = Problem(message="no", options=(f"--trust {name}", "--with x"))
    second = Problem(message="no", options=("--with x", "--path src"))
    refused = [
        UpgradeAnswer(model=Model(id=str(n), path=Path("m")), problem=one)
        for n, one in enumerate([first, second])
    ]
    assert f"--trust {name} --with x --path src" in said(*refused, width=60)
    assert "add to this command" not in said(refused[0])


def test_the_worst_rows_are_shown() -> None:
    worst = (RowChange(row=7, before="[0.1, 0.9]", after="[3, 27]"),)
    changed = CHANGES.targets[1]
    shown = Target(environment=changed.environment, cell=changed.cell, worst=worst)
    assert "row 7: [0.1, 0.9] → [3, 27]" in said(answer(HOME, shown))


def test_scores_are_shown_before_and_after_with_the_balance_of_the_rows() -> None:
    truth = ["no"] * 980 + ["yes"] * 20
    before = classifier_scores(truth, truth)
    after = classifier_scores(truth, ["no"] * 1000)
    home = target("1.3.2", Verdict.IDENTICAL, before=before, after=before)
    lost = target(
        "1.5.2",
        Verdict.LABELS_CHANGED,
        "predict",
        outputs={"predict": FLIPPED},
        before=before,
        after=after,
    )
    shown = said(
        answer(home, target("1.4.2", Verdict.EQUIVALENT, before=before, after=before), lost)
    )
    assert "scored on 1,000 rows with a true answer: no 980 (98 %), yes 20 (2 %)" in shown
    assert "if the recall of yes fell to 0" in shown
    assert "scores unchanged: accuracy 1.000, balanced accuracy 1.000" in shown
    assert "scores: accuracy 1.000 → 0.980, balanced accuracy 1.000 → 0.500" in shown
    assert "yes (20 rows): precision 1.000 → 0.000, recall 1.000 → 0.000" in shown


def test_the_worst_of_several_decides_the_exit_code() -> None:
    mistake = UpgradeAnswer(
        model=BROKEN.model, problem=Problem(message="no model", exit_code=Exit.USAGE)
    )
    assert exit_code(upgrade(SAFE)) is Exit.OK
    assert exit_code(upgrade(SAFE, UNKNOWN)) is Exit.CANNOT_TELL
    assert exit_code(upgrade(mistake, mistake)) is Exit.USAGE
    assert exit_code(upgrade(SAFE, mistake)) is Exit.CANNOT_TELL
    assert exit_code(upgrade(BROKEN, mistake)) is Exit.CANNOT_TELL
    assert exit_code(upgrade(SAFE, CHANGES, mistake)) is Exit.UNSAFE


LIMITED_REPR = OutputDifference(verdict=Verdict.INTROSPECTION_FAILED, note="raises AttributeError")


def limited(release: str) -> Target:
    return target(release, Verdict.INTROSPECTION_FAILED, "repr", outputs={"repr": LIMITED_REPR})


@pytest.mark.parametrize(
    ("targets", "headline", "pin"),
    [
        (
            [HOME, target("1.5.2", Verdict.IDENTICAL), limited("1.6.1"), limited("1.9.1")],
            "safe with scikit-learn 1.3.2 to 1.5.2; predicts the same to 1.9.1, but repr fails "
            "from 1.6.1",
            "scikit-learn>=1.3.2,<=1.9.1",
        ),
        (
            [HOME, limited("1.6.1"), target("1.7.2", Verdict.LABELS_CHANGED, "predict")],
            f"{ONLY_HOME}; predicts the same to 1.6.1, but repr fails with 1.6.1; changes predict "
            "with 1.7.2",
            "scikit-learn>=1.3.2,<1.7.2",
        ),
        (
            [HOME, limited("1.4.2"), target("1.5.2", Verdict.IDENTICAL), limited("1.6.1")],
            f"{ONLY_HOME}; predicts the same to 1.6.1, but repr fails with 1.4.2, 1.6.1",
            "scikit-learn>=1.3.2,<=1.6.1",
        ),
        (
            [HOME, limited("1.1.3"), limited("1.2.2")],
            f"{ONLY_HOME}; predicts the same down to 1.1.3, but repr fails from 1.2.2 down",
            "scikit-learn>=1.1.3,<=1.3.2",
        ),
    ],
)
def test_a_failing_repr_neither_ends_the_range_nor_is_safe(
    targets: list[Target], headline: str, pin: str
) -> None:
    found = answer(*targets)
    assert words.headline(found) == headline
    assert pin_of(found) == pin
    assert words.group_of(found) is not Group.LOADS


def test_a_failing_repr_fails_a_check_unless_the_user_says_otherwise() -> None:
    found = answer(HOME, limited("1.6.1"))
    assert words.group_of(found) is Group.LIMITED
    assert exit_code(upgrade(found)) is Exit.UNSAFE
    only_predictions = value_types.verdicts("changes,fails")
    assert exit_code(upgrade(found), only_predictions) is Exit.OK
    assert exit_code(upgrade(found, CHANGES), only_predictions) is Exit.UNSAFE
    assert exit_code(upgrade(found, UNKNOWN), only_predictions) is Exit.CANNOT_TELL
    both = answer(HOME, limited("1.6.1"), target("1.7.0", Verdict.UNAVAILABLE, reason="no wheel"))
    assert exit_code(upgrade(both), only_predictions) is Exit.CANNOT_TELL
    assert exit_code(upgrade(UNKNOWN), frozenset()) is Exit.CANNOT_TELL
    assert exit_code(upgrade(found), value_types.verdicts("limited")) is Exit.UNSAFE


def test_a_failing_accessory_hides_no_change_in_an_answer() -> None:
    """KBinsDiscretizer 1.3.2 in 1.0.2: the headline has both, the line of the target all."""
    outputs = {
        "transform": OutputDifference(
            verdict=Verdict.SCORES_CHANGED, max_abs=1.0, n_changed=13, n=137
        ),
        "get_feature_names_out": OutputDifference(verdict=Verdict.USE_FAILED, note="raises"),
        "repr": LIMITED_REPR,
    }
    stage = "get_feature_names_out"
    found = answer(HOME, target("1.4.2", Verdict.USE_FAILED, stage, outputs=outputs))
    assert words.headline(found) == (
        f"{ONLY_HOME}; fails in get_feature_names_out and changes transform with 1.4.2"
    )
    text = " ".join(said(found, width=100).split())
    assert "fails in get_feature_names_out: AttributeError: no attribute 'positive'" in text
    assert "also changes transform in 13 of 137 rows by up to 1; fails in repr" in text


def test_names_from_files_cannot_draw_on_the_terminal() -> None:
    bad = answer(HOME, name="\x1b[2Jmodel\n[red]x[/red]")
    text = said(bad)
    assert "\x1b" not in text
    assert "[red]x[/red]" in text


@pytest.mark.parametrize("width", [40, 80, 160])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    for line in said(SAFE, CHANGES, FAILS, UNKNOWN, BROKEN, width=width).splitlines():
        assert len(line) <= width


def with_evidence(noticed: int, leaves: int = 0, *, constant: bool = False) -> UpgradeAnswer:
    found = Evidence.of(
        by_source={"model": 13},
        faults=120,
        live=0 if constant else 100,
        noticed=noticed,
        leaves=leaves,
        reached=leaves // 3,
        complete=True,
        constant=constant,
    )
    return replace(SAFE, rows=replace(SAFE.rows, evidence=found))


@pytest.mark.parametrize(
    ("found", "line"),
    [
        (
            with_evidence(39, 300),
            "these rows notice 39 of 100 small faults planted in the model (33 % of the leaves of "
            "its trees reached): add rows of your own with --data FILE",
        ),
        (
            with_evidence(89),
            "these rows notice 89 of 100 small faults planted in the model: add rows of your own "
            "with --data FILE",
        ),
        (with_evidence(90), ""),
        (
            with_evidence(0, constant=True),
            "every output is the same for all 13 rows: add rows of your own with --data FILE",
        ),
        (SAFE, ""),
    ],
)
def test_rows_that_notice_little_get_a_line(found: UpgradeAnswer, line: str) -> None:
    assert words.evidence_text(found.rows.evidence) == line
    assert line in " ".join(said(found).split())
    assert "\n  \n" not in said(found)
    assert ("small faults" in said(found)) == ("small faults" in line)


def test_a_known_change_is_named_beside_weak_evidence() -> None:
    weak = target("1.4.2", Verdict.WEAK_EVIDENCE)
    changes = target("1.5.2", Verdict.SCORES_CHANGED, "predict_proba")
    found = answer(HOME, weak, changes)
    assert words.headline(found) == (
        f"{ONLY_HOME}; unknown with 1.4.2; changes predict_proba with 1.5.2"
    )
    assert exit_code(upgrade(found)) is Exit.UNSAFE
    assert exit_code(upgrade(answer(HOME, weak))) is Exit.CANNOT_TELL


def test_as_a_matrix_every_target_is_a_cell() -> None:
    matrix = as_matrix(upgrade(SAFE, CHANGES, BROKEN))
    assert [cell.verdict for cell in matrix.cells] == [
        target.cell.verdict for found in (SAFE, CHANGES) for target in found.targets
    ]
    assert [one.group for one in matrix.answers] == [Group.LOADS, Group.CHANGES, Group.UNKNOWN]
    assert matrix.answers[1].pin == "scikit-learn>=1.3.2,<1.4.2"
    assert matrix.answers[2].problem == "it is empty"


@pytest.mark.parametrize("format_", ["html", "json", "markdown", "junit"])
def test_where_the_first_gate_is_the_only_one_every_report_says_so(
    format_: str, tmp_path: Path
) -> None:
    only = "first gate only in scikit-learn 1.0.2: Python before 3.8 cannot watch"
    found = replace(SAFE, first_gate_only=only)
    assert only in " ".join(said(found).split())
    assert "first gate only" not in said(SAFE)
    path = tmp_path / "report"
    with path.open("w", encoding="utf-8") as stream:
        FORMATS[format_](as_matrix(upgrade(found)), stream)
    assert only in path.read_text("utf-8")


# --------------------------------------------------------------------------- what to do


def caused(id_: str, *, requested: str = "") -> UpgradeAnswer:
    bad = target("1.4.0", Verdict.LOAD_FAILED, "load", cause=id_)
    newer = target("1.5.2", Verdict.LOAD_FAILED, "load", cause=id_)
    if requested:
        return answer(HOME, replace(bad, requested=requested), in_a_row=False)
    return answer(HOME, bad, newer)


def shown_with(options: tuple[str, ...], *answers: UpgradeAnswer) -> list[str]:
    stream = io.StringIO()
    found = as_matrix(replace(upgrade(*answers), options=options))
    show_upgrade(found, file=stream, width=60)
    return [line.strip() for line in stream.getvalue().splitlines()]


def test_a_cause_that_migrate_converts_ends_in_its_command_for_the_newest_release() -> None:
    lines = shown_with((), caused("module-names-0.24"))
    assert "compat-matrix migrate churn.joblib --to scikit-learn==1.5.2 --as-of release" in lines


def test_the_command_names_what_the_user_requested_and_all_that_the_model_needs() -> None:
    wanted = "scikit-learn==1.4.0 numpy<2"
    options = ("--from scikit-learn==1.3.2", "--trust churn_lib.steps.Clip", "--path 'my code'")
    lines = shown_with(options, caused("module-names-0.24", requested=wanted))
    command = f"compat-matrix migrate churn.joblib --to '{wanted}' {' '.join(options)}"
    assert command in lines, "the line is whole, however narrow the terminal is"


def test_a_cause_without_a_conversion_has_no_command() -> None:
    assert not any("compat-matrix" in one for one in shown_with((), caused("module-names-0.22")))


def test_code_in_an_advice_stands_alone_and_the_text_around_it_is_never_cut() -> None:
    lines = shown_with((), caused("xgboost-enable-categorical-1.5"))
    assert "model.enable_categorical, model.predictor = False, None" in lines
    assert not any(line.endswith("…") for line in lines)


@pytest.mark.parametrize("cause", causes.known(), ids=lambda cause: cause.id)
def test_every_advice_is_shown_whole(cause: causes.KnownCause) -> None:
    text = " ".join(f"{text} {code}" for text, code in advice_parts(cause))
    words_of = lambda one: re.findall(r"\w+", one)  # noqa: E731
    assert words_of(text) == words_of(cause.advice)
