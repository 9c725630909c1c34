"""The answer for all models together: never "safe" for what was not run with every one of them."""

from __future__ import annotations

import html
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from reading import written
from upgrade_answers import answer, target, upgrade

from matrix.judge.scores import classifier_scores
from matrix.model import Group, JointAnswer, NextStepKind, Verdict
from matrix.report.answers_as_matrix import as_matrix
from matrix.report.joined_names import joined
from matrix.report.joint_answer import joint_answer
from matrix.report.joint_grid import joint_grid, narrowed
from matrix.report.terminal.upgrade import show_upgrade
from matrix.upgrade.answer import LinesNotRun, Model, Problem, Target, UpgradeAnswer
from matrix.upgrade.safe_range import safe_range

SAME, DIFFERS, FAILS = Verdict.IDENTICAL, Verdict.LABELS_CHANGED, Verdict.LOAD_FAILED
LIMITED, UNKNOWN = Verdict.INTROSPECTION_FAILED, Verdict.UNAVAILABLE


def model(name: str, *, exact: bool = True, **verdicts: Verdict) -> UpgradeAnswer:
    """A model whose first release is its origin; ``r1_4_2`` is release 1.4.2."""
    targets = [
        target(release[1:].replace("_", "."), verdict, "predict")
        for release, verdict in verdicts.items()
    ]
    found = answer(*targets, name=name)
    return replace(found, range=safe_range(targets, bisected=exact))


def joint(*answers: UpgradeAnswer) -> JointAnswer:
    found = joint_answer(answers)
    assert found is not None
    return found


TREE = model("tree", r1_3_2=SAME, r1_4_0=FAILS, r1_4_2=FAILS, r1_9_1=FAILS)
TEXT = model("text", r1_1_3=SAME, r1_3_2=SAME, r1_4_2=SAME, r1_5_0=DIFFERS, r1_9_1=DIFFERS)
SVC = model("svc", r1_3_2=SAME, r1_4_2=SAME, r1_9_1=SAME)
SEARCH = model("search", r1_3_2=SAME, r1_4_2=SAME, r1_9_1=LIMITED)
BROKEN = UpgradeAnswer(model=Model(id="x", path=Path("x")), problem=Problem(message="it is empty"))


def test_the_first_line_says_whether_the_bump_is_safe_and_up_to_where() -> None:
    found = joint(TEXT, SVC, SEARCH)
    assert found.answer == (
        "Not safe to bump to scikit-learn 1.9.1: 1 of 3 models changes; 1 predicts the same, but "
        "repr or get_params fails"
    )
    assert found.range == 'All three are safe up to 1.4.2: pin "scikit-learn>=1.3.2,<1.5"'
    assert (found.unsafe, found.limited, found.safe) == (("text",), ("search",), ("1.3.2", "1.4.2"))
    assert found.pin == "scikit-learn>=1.3.2,<1.5"


def test_the_range_of_all_ends_where_that_of_one_ends() -> None:
    found = joint(TREE, TEXT, SVC, SEARCH)
    assert "2 of 4 models change or fail" in found.answer
    assert found.range == (
        'All four are safe with scikit-learn 1.3.2 only: pin "scikit-learn>=1.3.2,<1.4"'
    )


def test_all_safe() -> None:
    found = joint(SVC, model("other", exact=False, r1_3_2=SAME, r1_9_1=SAME))
    assert found.answer == "Safe to bump to scikit-learn 1.9.1: both models predict the same"
    assert found.group is Group.LOADS
    assert found.pin == "scikit-learn>=1.3.2,<=1.9.1"


def test_a_release_that_one_model_did_not_run_is_not_safe_for_all() -> None:
    """It was interrupted, or its environment is not available."""
    behind = model("behind", r1_3_2=SAME, r1_4_2=UNKNOWN, r1_9_1=SAME)
    found = joint(SVC, behind)
    assert found.safe == ("1.3.2",)
    missing = model("missing", exact=False, r1_3_2=SAME, r1_4_2=SAME)
    found = joint(SVC, missing)
    assert found.answer == (
        "Unknown whether it is safe to bump to scikit-learn 1.9.1: 1 of 2 models has no answer"
    )
    assert found.safe[-1] == "1.4.2"
    assert found.group is Group.UNKNOWN


def test_models_without_an_answer_are_counted_and_never_safe() -> None:
    found = joint(SVC, TEXT, BROKEN)
    assert found.answer.endswith("1 of 3 models changes; 1 has no answer")
    assert found.unanswered == ("x",)
    assert found.range.startswith("The two models of 3 with a range of safe releases are safe up")
    assert joint(BROKEN, BROKEN).answer == "Unknown: none of the 2 models has an answer"


def test_an_unknown_bound_closes_the_pin() -> None:
    unknown = model("behind", r1_3_2=SAME, r1_4_2=SAME, r1_5_2=UNKNOWN)
    assert joint(unknown, SVC).pin == "scikit-learn>=1.3.2,<=1.4.2"


def test_where_no_release_is_safe_for_all_it_says_what_to_do() -> None:
    late = model("late", r1_6_1=SAME, r1_9_1=SAME)
    found = joint(late, TEXT)
    assert found.range.startswith("No release that was run is safe for both: convert or train")
    assert (found.pin, found.safe) == ("", ())


def test_releases_that_are_only_limited_are_not_called_safe() -> None:
    early = model("early", r1_3_2=LIMITED, r1_9_1=SAME)
    found = joint(early, SVC)
    assert found.pin == ""
    assert "they predict the same, but repr or get_params fails" in found.range


def test_a_release_before_the_newest_that_is_bad_is_named() -> None:
    found = joint(SVC, model("dent", r1_3_2=SAME, r1_4_2=FAILS, r1_9_1=SAME))
    assert found.answer == (
        "Safe to bump to scikit-learn 1.9.1: both models predict the same, but not to every "
        "release before it: 1 of 2 models changes or fails with 1.4.2"
    )
    assert found.group is Group.FAILS


def test_models_that_hold_different_versions_of_a_library_have_no_pin() -> None:
    one, other = (
        replace(SVC, range=SVC.range and replace(SVC.range, held=(f"xgboost=={version}",)))
        for version in ("1.7.6", "2.0.3")
    )
    assert joint(one, one).pin == "scikit-learn>=1.3.2,<=1.9.1 xgboost==1.7.6"
    found = joint(one, other)
    assert found.pin == ""
    assert "different versions of a library" in found.range


def test_named_targets_are_answered_each() -> None:
    def named(name: str, verdict: Verdict) -> UpgradeAnswer:
        targets: list[Target] = [
            target("1.3.2", SAME),
            replace(target("1.5.2", SAME), requested="scikit-learn==1.5.2"),
            replace(target("1.9.1", verdict, "predict"), requested="scikit-learn==1.9.1"),
        ]
        return answer(*targets, name=name, in_a_row=False)

    found = joint(named("a", SAME), named("b", DIFFERS))
    assert found.answer == (
        "Not safe to bump to scikit-learn 1.9.1: 1 of 2 models changes; safe to bump to "
        "scikit-learn 1.5.2: both models predict the same"
    )
    assert found.range == 'Both are safe with scikit-learn 1.5.2: pin "scikit-learn==1.5.2"'
    assert (found.pin, found.safe) == ("scikit-learn==1.5.2", ("1.5.2",))
    assert found.releases == ("1.3.2", "1.5.2", "1.9.1")
    safe = joint(named("a", SAME), named("b", SAME))
    assert safe.answer == (
        "Safe to bump to scikit-learn 1.9.1 and 1.5.2: both models predict the same"
    )
    assert (safe.range, safe.pin) == ("", "scikit-learn==1.9.1")


def test_the_first_line_says_what_several_targets_have_in_common_once() -> None:
    def named(*verdicts: Verdict) -> UpgradeAnswer:
        releases = ["1.3.2", "1.4.2", "1.5.2", "1.6.1", "1.7.2", "1.8.0"]
        targets = [target("1.3.2", SAME)]
        for release, verdict in zip(releases[1:], verdicts, strict=False):
            one = target(release, verdict, "predict")
            spec = replace(one.environment.spec, as_of="today", label=f"{release} today")
            environment = replace(one.environment, spec=spec)
            targets.append(replace(one, environment=environment, requested=release))
        return answer(*targets, name="a", in_a_row=False)

    assert joint(named(DIFFERS, DIFFERS, FAILS)).answer == (
        "Not safe to bump to scikit-learn 1.6.1, 1.5.2 and 1.4.2 (resolved today): the model "
        "changes or fails"
    )
    assert joint(named(SAME, DIFFERS, SAME)).answer == (
        "Safe to bump to scikit-learn 1.6.1 and 1.4.2 (resolved today): the model predicts the "
        "same; not safe to bump to scikit-learn 1.5.2 (resolved today): the model changes"
    )
    assert joint(named(*[DIFFERS] * 5)).answer.startswith(
        "Not safe to bump to scikit-learn 1.8.0, 1.7.2, 1.6.1, 1.5.2 and 1 more (resolved today):"
    )
    assert joint(named(DIFFERS)).range == (
        'The model is safe with scikit-learn 1.3.2: pin "scikit-learn==1.3.2"'
    )


@pytest.mark.parametrize(
    ("names", "phrase"),
    [
        (["a 1", "a 2", "b 1"], "a 1, a 2, b 1"),
        (["a 1 (x)", "a 2"], "a 1 (x), a 2"),
        (["a 1, b 2", "a 1, b 3"], "a 1, b 2, a 1, b 3"),
        (["a 1"], "a 1"),
    ],
)
def test_names_of_another_form_stay_as_they_are(names: list[str], phrase: str) -> None:
    assert joined(names) == phrase


# --------------------------------------------------------------------------- the grid


def test_releases_of_a_line_are_one_column_unless_a_model_has_two_outcomes_there() -> None:
    found = joint_grid(joint(TREE, TEXT))
    assert [one.label for one in found.columns] == ["1.1.3", "1.3.2", "1.4", "1.5.0", "1.9.1"]
    assert found.models == ("tree", "text")
    split = joint_grid(joint(TREE, model("new", r1_4_0=SAME, r1_4_2=FAILS)))
    assert [one.label for one in split.columns] == ["1.3.2", "1.4.0", "1.4.2", "1.9.1"]


def test_what_was_not_run_is_not_shown_as_run() -> None:
    found = joint_grid(joint(TREE, TEXT))
    assert found.row(0) == (None, Group.LOADS, Group.FAILS, None, Group.FAILS)
    assert narrowed(found).row(0)[0] is None


def left_out(name: str = "gone") -> UpgradeAnswer:
    """A model of which 1.5 to 1.8 were not run, because 1.4.2 and 1.9.1 fail alike."""
    found = model(name, r1_3_2=SAME, r1_4_2=FAILS, r1_9_1=FAILS)
    _, below, above = found.targets
    gap = LinesNotRun(lines=("1.5", "1.6", "1.7", "1.8"), below=below, above=above)
    return replace(found, not_run=(gap,))


def test_lines_that_were_left_out_are_blank_and_never_within_what_was_run() -> None:
    found = joint_grid(joint(left_out(), left_out("lost")))
    assert [one.label for one in found.columns] == [
        *("1.3.2", "1.4.2", "1.5", "1.6", "1.7", "1.8", "1.9.1")
    ]
    assert found.row(0)[2:6] == (None,) * 4
    narrow = narrowed(found)
    assert [one.label for one in narrow.columns] == ["1.3", "1.4", "1.5-1.8", "1.9"]
    assert found.not_run
    beside = joint_grid(joint(left_out(), model("text", r1_3_2=SAME, r1_5_2=SAME, r1_9_1=SAME)))
    assert [one.label for one in beside.columns][2:4] == ["1.5.2", "1.6"]


@pytest.mark.parametrize("format_name", ["text", "markdown", "html", "json"])
def test_every_report_names_the_lines_that_were_left_out(format_name: str) -> None:
    said = " ".join(written(as_matrix(upgrade(left_out(), SVC)), format_name).split())
    assert "not run: 1.5 to 1.8, because the model fails in the same way with 1.4.2 and" in said
    assert "--all-releases" in said
    assert "1.4.2, 1.9.1" in said
    assert "1.4.2 to 1.9.1" not in said
    if format_name == "json":
        answer = json.loads(said)["answers"][0]
        assert answer["not_run"] == ["1.5", "1.6", "1.7", "1.8"]
    else:
        assert "blank: not run" in said


def shown(*answers: UpgradeAnswer, width: int) -> list[str]:
    stream = io.StringIO()
    show_upgrade(as_matrix(upgrade(*answers)), file=stream, width=width)
    return stream.getvalue().splitlines()


@pytest.mark.parametrize("width", [40, 60, 80, 160])
def test_the_grid_fits_the_terminal_and_has_every_model(width: int) -> None:
    many = {f"r1_{minor}_{patch}": SAME for minor in range(1, 10) for patch in (0, 1)}
    long = model("models/of/the/customers/in/2024/churn.joblib", **many)
    lines = shown(long, TEXT, SVC, width=width)
    assert all(len(line) <= width for line in lines)
    grid = lines[: next(n for n, line in enumerate(lines) if "blank: not run" in line)]
    assert any("churn.joblib" in line for line in grid)
    head = next(line for line in grid if "1.9" in line and "✓" not in line and "safe" not in line)
    assert "1.9" in head


def test_one_model_has_its_own_answer_first_and_no_grid() -> None:
    assert shown(TEXT, width=80)[0].startswith("≠ text: safe with scikit-learn 1.1.3 to 1.4.2")


def test_the_sandbox_is_named_once_unless_models_had_different_ones() -> None:
    def loaded(*sandboxes: str) -> str:
        matrix = as_matrix(upgrade(SVC, TEXT))
        pairs = zip(matrix.answers, sandboxes, strict=True)
        stream = io.StringIO()
        answers = tuple(replace(one, sandbox=sandbox) for one, sandbox in pairs)
        show_upgrade(replace(matrix, answers=answers), file=stream, width=80)
        return stream.getvalue()

    assert loaded("no network", "no network").count("loaded in: no network") == 1
    assert loaded("no network", "limits only").count("loaded in:") == 2


def test_bad_models_come_first() -> None:
    lines = shown(SVC, TEXT, width=80)
    starts = [line for line in lines if line.startswith(("≠ text:", "✓ svc:"))]
    assert starts[0].startswith("≠ text:")


# --------------------------------------------------------------------------- next steps


def test_a_model_that_is_not_safe_has_a_pin_to_paste_and_a_safe_one_has_nothing() -> None:
    text, svc = as_matrix(upgrade(TEXT, SVC)).answers
    assert [(one.kind, one.paste) for one in text.next_steps] == [
        (NextStepKind.PIN, "scikit-learn>=1.1.3,<1.5")
    ]
    assert svc.next_steps == ()


def test_a_file_that_only_cannot_be_printed_is_converted_with_the_option_for_it() -> None:
    cause = "pipeline-transform-input-1.6"
    found = answer(
        target("1.3.2", SAME), target("1.6.1", LIMITED, "repr", cause=cause), name="search"
    )
    steps = as_matrix(upgrade(found)).answers[0].next_steps
    assert steps[0].paste == (
        "compat-matrix migrate search --to scikit-learn==1.6.1 --as-of release --introspection"
    )


def test_named_targets_end_in_the_command_that_finds_the_last_safe_release() -> None:
    bad = replace(target("1.9.1", DIFFERS, "predict"), requested="scikit-learn==1.9.1")
    found = answer(target("1.3.2", SAME), bad, name="my model", in_a_row=False)
    options = ("--as-of release", "--trust a.B")
    steps = as_matrix(replace(upgrade(found), options=options)).answers[0].next_steps
    assert [one.paste for one in steps] == ["compat-matrix upgrade 'my model' --trust a.B"]


# --------------------------------------------------------------------------- other reports


def test_in_markdown_the_joint_answer_is_the_heading_and_the_grid_a_table() -> None:
    text = written(as_matrix(upgrade(SVC, TEXT)), "markdown")
    lines = text.splitlines()
    assert lines[0] == "## ≠ Not safe to bump to scikit-learn 1.9.1: 1 of 2 models changes"
    assert lines[2] == "**Both are safe up to 1.4.2:** pin `scikit-learn>=1.3.2,<1.5`"
    assert "| model | 1.1.3 | 1.3.2 | 1.4.2 | 1.5.0 | 1.9.1 |" in lines
    assert "| ≠ `text` | ✓ | ✓ | ✓ | ≠ | ≠ |" in lines
    assert "| ✓ `svc` |  | ✓ | ✓ |  | ✓ |" in lines
    assert "  - stay with the releases that are safe: `scikit-learn>=1.1.3,<1.5`" in lines


def test_in_markdown_one_model_has_its_own_answer_as_the_heading() -> None:
    assert written(as_matrix(upgrade(TEXT)), "markdown").startswith("## ≠ `text`: safe with ")


@pytest.mark.parametrize("format_", ["markdown", "html", "json", "text"])
def test_every_report_has_the_joint_answer_and_the_next_steps(format_: str) -> None:
    cause = "pipeline-transform-input-1.6"
    limited = target("1.6.1", LIMITED, "repr", cause=cause)
    search = answer(target("1.3.2", SAME), limited, name="search")
    text = " ".join(html.unescape(written(as_matrix(upgrade(search, TEXT)), format_)).split())
    command = "compat-matrix migrate search --to scikit-learn==1.6.1 --as-of release"
    for words in ("Not safe to bump to scikit-learn 1.9.1", command, "scikit-learn>=1.1.3,<1.5"):
        assert words in text


@pytest.mark.parametrize("format_", ["markdown", "html", "json", "text"])
def test_scores_that_moved_are_in_every_report(format_: str) -> None:
    truth = ["no"] * 980 + ["yes"] * 20
    before, after = classifier_scores(truth, truth), classifier_scores(truth, ["no"] * 1000)
    home = target("1.3.2", SAME, before=before, after=before)
    lost = target("1.5.2", DIFFERS, "predict", before=before, after=after)
    cells = [replace(one.cell, pipeline="spam") for one in (home, lost)]
    targets = [replace(one, cell=cell) for one, cell in zip((home, lost), cells, strict=True)]
    matrix = as_matrix(upgrade(answer(*targets, name="spam"), SVC))
    text = " ".join(html.unescape(written(matrix, format_)).split())
    if format_ == "json":
        assert '"recall":1.0' in text
        return
    assert "recall of yes 1.000 → 0.000" in text
    assert "accuracy 1.000 → 0.980" in text
    assert text.index("recall of yes") < text.index("safe only with scikit-learn 1.3.2")


def converted(name: str, **verdicts: Verdict) -> UpgradeAnswer:
    """A model that releases of onnxruntime run."""
    targets = []
    for release, verdict in verdicts.items():
        version = release.removeprefix("v").replace("_", ".")
        found = target(version, verdict)
        info = found.environment.info
        assert info is not None
        info = replace(info, packages={"onnxruntime": version})
        spec = replace(
            found.environment.spec,
            id=f"onnxruntime-{version}",
            label=f"onnxruntime {version}",
            scikit_learn="",
            framework="onnxruntime",
            framework_version=version,
        )
        environment = replace(found.environment, spec=spec, info=info)
        targets.append(replace(found, environment=environment, package="onnxruntime"))
    return answer(*targets, name=name)


def test_models_of_a_runtime_have_columns_and_a_range_of_their_own() -> None:
    same, failed = Verdict.IDENTICAL, Verdict.LOAD_FAILED
    onnx = converted("a.onnx", v1_9_0=same, v1_20_1=same, v1_32_0=failed)
    alone = joint(onnx)
    assert alone.releases == (
        "onnxruntime 1.9.0",
        "onnxruntime 1.20.1",
        "onnxruntime 1.32.0",
    )
    assert alone.target == "onnxruntime 1.32.0"
    assert alone.pin == "onnxruntime>=1.9.0,<1.32"
    pickled = answer(target("1.3.2", same), target("1.5.2", same), name="b.joblib")
    both = joint(onnx, pickled)
    assert both.target == "1.5.2"
    assert both.safe == ("1.3.2", "1.5.2")
    assert both.unsafe == ("a.onnx",)


def test_environments_are_in_the_order_of_releases_also_those_that_a_bisection_added() -> None:
    found = model("tree", r1_9_1=SAME, r1_4_2=SAME, r1_10_0=SAME)
    environments = tuple(one.environment for one in found.targets)
    made = as_matrix(replace(upgrade(found), environments=environments[::-1]))
    assert [one.spec.label for one in made.environments] == ["1.4.2", "1.9.1", "1.10.0"]
