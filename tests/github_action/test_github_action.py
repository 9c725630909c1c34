"""The action: its inputs become a command, and its answer reaches every place on GitHub."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from matrix.cli.arguments import PrArguments, UpgradeArguments, parse
from matrix.errors import Exit
from matrix.github_action import __main__ as action
from matrix.github_action.action_inputs import PREFIX, ActionInputs
from matrix.github_action.annotations import Annotation
from matrix.github_action.comment import (
    LONGEST,
    NotPermittedError,
    PullRequestComments,
    comment_text,
    marker,
    untrusted,
)
from matrix.github_action.outcome import read_outcome
from matrix.model import FileLine, Matrix, Verdict
from matrix.report import ReportOutput
from matrix.report.answers_as_matrix import as_matrix
from tests.locks.repositories import git, new_repository
from tests.report.upgrade_answers import answer, target, upgrade

MARK = marker("CI", "models")


def matrix_of(verdicts: tuple[Verdict, ...], place: FileLine) -> Matrix:
    """The result of a check of one model for each verdict, with the release at a line of a lock."""
    origin = target("1.3.2", Verdict.IDENTICAL)
    answers = []
    for number, verdict in enumerate(verdicts):
        there = target("1.4.2", verdict)
        spec = replace(there.environment.spec, place=place)
        name = f"model-{number}.joblib"
        there = replace(
            there,
            environment=replace(there.environment, spec=spec),
            cell=replace(there.cell, pipeline=name),
        )
        here = replace(origin, cell=replace(origin.cell, pipeline=name))
        answers.append(answer(here, there, name=name, in_a_row=False))
    environments = (origin.environment, answers[0].targets[1].environment)
    return as_matrix(replace(upgrade(*answers), environments=environments))


class GitHub:
    """A pull request whose comments are kept; it answers as GitHub's API does."""

    def __init__(self, *, may_write: bool = True) -> None:
        self.comments: list[dict[str, Any]] = []
        self.pulls: list[dict[str, Any]] = []
        self.may_write = may_write

    def __call__(self, method: str, path: str, body: Mapping[str, object] | None) -> Any:
        if path == "/user":
            raise NotPermittedError
        if method == "GET" and "/pulls?" in path:
            return self.pulls
        if method == "GET":
            page = int(path.rpartition("page=")[2]) - 1
            return self.comments[100 * page : 100 * page + 100]
        if not self.may_write:
            raise NotPermittedError
        assert body is not None
        if method == "PATCH":
            number = int(path.rpartition("/")[2])
            self.comments[number]["body"] = body["body"]
        else:
            self.add(str(body["body"]))
        return None

    def add(self, body: str, author: str = "github-actions[bot]") -> None:
        self.comments.append({"id": len(self.comments), "body": body, "user": {"login": author}})


# ------------------------------------------------------------------------ inputs


def command(*, pull_request: bool = False, **inputs: str) -> list[str]:
    named = {PREFIX + name: value for name, value in inputs.items()}
    return ActionInputs.of(named).command(Path("out"), pull_request=pull_request)


def test_a_pull_request_is_checked_for_what_it_changes() -> None:
    parsed = parse(command(pull_request=True, BASE="origin/dev", MODELS="models/"))
    assert isinstance(parsed, PrArguments)
    assert (parsed.base, parsed.models) == ("origin/dev", (Path("models/"),))


@pytest.mark.parametrize("inputs", [{"TO": "uv.lock"}, {"FROM": "scikit-learn==1.3.2"}])
def test_named_environments_are_checked_instead(inputs: dict[str, str]) -> None:
    parsed = parse(command(pull_request=True, MODELS="m.joblib", **inputs))
    assert isinstance(parsed, UpgradeArguments)
    assert not isinstance(parsed, PrArguments)


def test_elsewhere_all_releases_are_checked_if_models_are_named() -> None:
    assert command(MODELS="m.joblib")[0] == "upgrade"
    assert command()[0] == "pr"


def test_each_input_reaches_the_command() -> None:
    parsed = parse(
        command(
            MODELS="a b.joblib\n--odd.joblib\n",
            FROM="sagemaker:1.2-1",
            TO="uv.lock\nscikit-learn==1.6.1 numpy<2\n",
            DATA="rows.csv",
            TARGET="label",
            TRUST="my.code.Scaler my.code.Binner",
            FAIL_ON="fails",
            ISOLATED="true",
            OPTIONS="--no-bisect --jobs 1",
            REPORT="page.html",
        )
    )
    assert isinstance(parsed, UpgradeArguments)
    assert parsed.models == (Path("a b.joblib"), Path("--odd.joblib"))
    assert parsed.targets == ("uv.lock", "scikit-learn==1.6.1 numpy<2")
    assert (parsed.target, parsed.isolated, parsed.bisect, parsed.jobs) == ("label", True, False, 1)
    assert parsed.trust == ("my.code.Scaler", "my.code.Binner")
    assert {one.group.value for one in parsed.fail_on} == {"fails"}
    assert ReportOutput("html", Path("page.html")) in parsed.output


# ------------------------------------------------------------------------ the comment


def test_one_comment_is_updated_in_place() -> None:
    github = GitHub()
    for number in range(130):
        github.add(f"comment {number}", "somebody")
    pull_request = PullRequestComments("o/r", 7, github)
    pull_request.put(MARK, "first")
    pull_request.put(MARK, "second")
    assert [one["body"] for one in github.comments[130:]] == [f"{MARK}\nsecond"]


def test_the_comments_of_others_are_never_touched() -> None:
    """Anybody may write the marker, and could change their own comment afterwards."""
    github = GitHub()
    github.add(f"{MARK}\nall safe", "attacker")
    github.add(f"quoted: {MARK}")
    PullRequestComments("o/r", 7, github).put(MARK, "not safe")
    assert [one["body"] for one in github.comments] == [
        f"{MARK}\nall safe",
        f"quoted: {MARK}",
        f"{MARK}\nnot safe",
    ]


def test_the_token_of_a_person_updates_the_comment_of_that_person() -> None:
    class Person(GitHub):
        def __call__(self, method: str, path: str, body: Mapping[str, object] | None) -> Any:
            return {"login": "ann"} if path == "/user" else super().__call__(method, path, body)

    github = Person()
    github.add(f"{MARK}\nof a workflow")
    github.add(f"{MARK}\nfirst", "ann")
    PullRequestComments("o/r", 7, github).put(MARK, "second")
    assert [one["body"] for one in github.comments] == [
        f"{MARK}\nof a workflow",
        f"{MARK}\nsecond",
    ]


def test_two_jobs_have_two_comments_and_no_name_ends_the_marker() -> None:
    assert marker("CI", "a") != marker("CI", "b")
    assert marker("x --> <b>", "--").count("-->") == 1


def test_a_comment_is_never_longer_than_github_allows() -> None:
    text = comment_text(MARK, "a line\n" * 20_000)
    assert len(text) <= LONGEST
    assert text.startswith(MARK)
    assert text.endswith("the rest is left out here; the step summary and the report have it.\n")
    exact = "x" * (LONGEST - len(MARK) - 1)
    assert comment_text(MARK, exact) == f"{MARK}\n{exact}"


def test_the_text_of_a_strangers_run_is_text() -> None:
    folded = "<details><summary><code>A</code></summary>"
    shown = untrusted(f"@team [safe](https://evil.example) ![](//x) <img src=x> {folded}")
    assert "@team" not in shown
    assert "](" not in shown
    assert "://" not in shown
    assert "<img" not in shown
    assert folded in shown


# ------------------------------------------------------------------------ annotations


def test_no_text_leaves_its_annotation() -> None:
    one = Annotation(
        level="error",
        title="a,b::c",
        message="100%\n::warning::x",
        file="deps,1:2.txt",
        line=3,
    )
    line = one.command(Path())
    assert "\n" not in line
    assert line.startswith("::error file=deps%2C1%3A2.txt,line=3,title=a%2Cb")
    assert "100%25" in line
    assert "::warning::" not in line


# ------------------------------------------------------------------------ the whole step


class Step:
    """The variables and files of a step."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.patch = monkeypatch
        self.github = GitHub()
        self.commands: list[list[str]] = []
        monkeypatch.chdir(folder)
        self.environ = {
            "GITHUB_EVENT_PATH": str(folder / "event.json"),
            "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
            "GITHUB_OUTPUT": str(folder / "outputs.txt"),
            "GITHUB_REPOSITORY": "o/r",
            "GITHUB_WORKFLOW": "CI",
            "GITHUB_JOB": "models",
        }
        self.event({"pull_request": {"number": 7}})

    def event(self, content: dict[str, Any]) -> None:
        (self.folder / "event.json").write_text(json.dumps(content))

    def run(self, code: Exit, verdicts: tuple[Verdict, ...] = (), error: str = "") -> int:
        """Run the action, with a check that gives these verdicts for models of the first lock."""

        def check(words: list[str]) -> int:
            self.commands.append(words)
            if verdicts:
                place = FileLine(file=Path("requirements.txt"), line=4)
                matrix = matrix_of(verdicts, place)
                for text in (words[i + 1] for i, word in enumerate(words) if word == "--output"):
                    ReportOutput.parse(text).write(matrix)
            if error:
                action.sys.stderr.write(f"error: {error}\n")
            return int(code)

        self.patch.setattr(action, "run_command", check)
        return action.main(self.environ, self.github)

    def outputs(self) -> dict[str, str]:
        lines = (self.folder / "outputs.txt").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines)


@pytest.fixture
def step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Step:
    return Step(tmp_path, monkeypatch)


def test_a_bad_bump_is_said_in_every_place(step: Step, capsys: pytest.CaptureFixture[str]) -> None:
    assert step.run(Exit.UNSAFE, (Verdict.IDENTICAL, Verdict.LABELS_CHANGED)) == Exit.UNSAFE
    found = step.outputs()
    assert (found["verdict"], found["safe"]) == ("labels-changed", "false")
    assert found["report"] == "compat-report.html"
    assert Path(found["report"]).exists()
    said = capsys.readouterr().out
    assert "::error file=requirements.txt,line=4,title=Not safe for saved models::" in said
    assert "labels-changed" in said
    (comment,) = step.github.comments
    assert comment["body"].startswith(MARK)
    assert (step.folder / "summary.md").read_text().strip() in comment["body"]
    assert Path(found["comment"]).read_text() == comment["body"]


def test_in_a_folder_of_the_repository_files_are_named_from_its_root(
    step: Step, capsys: pytest.CaptureFixture[str]
) -> None:
    step.environ["GITHUB_WORKSPACE"] = str(step.folder.parent)
    step.run(Exit.UNSAFE, (Verdict.LOAD_FAILED,))
    here = step.folder.name
    assert f"::error file={here}/requirements.txt,line=4," in capsys.readouterr().out
    assert step.outputs()["report"] == f"{here}/compat-report.html"
    assert step.outputs()["comment"] == f"{here}/compat-comment.md"


def test_a_safe_bump_is_true_and_unknown_is_not(step: Step) -> None:
    assert step.run(Exit.OK, (Verdict.IDENTICAL, Verdict.EQUIVALENT)) == Exit.OK
    assert step.outputs()["safe"] == "true"
    assert step.run(Exit.CANNOT_TELL, (Verdict.IDENTICAL, Verdict.UNAVAILABLE)) == 3
    assert step.outputs()["safe"] == "unknown"
    assert step.outputs()["verdict"] == "unavailable"


def test_reference_pipelines_are_judged_from_the_base_to_the_branch_alone(tmp_path: Path) -> None:
    """A run has both directions; nobody goes back."""
    place = FileLine(file=Path("requirements.txt"), line=4)
    matrix = matrix_of((Verdict.IDENTICAL,), place)
    back = [
        replace(cell, writer=cell.reader, reader=cell.writer, verdict=Verdict.LOAD_FAILED)
        for cell in matrix.cells
        if cell.writer != cell.reader
    ]
    matrix = replace(matrix, answers=(), joint=None, cells=(*matrix.cells, *back))
    ReportOutput("json", tmp_path / "result.json").write(matrix)
    found = read_outcome(0, tmp_path, "")
    assert (found.verdict, found.safe, found.annotations) == ("identical", "true", ())


def test_what_the_gate_lets_pass_is_still_not_safe(step: Step) -> None:
    """With ``fail-on: fails`` a changed prediction passes."""
    assert step.run(Exit.OK, (Verdict.SCORES_CHANGED,)) == Exit.OK
    assert step.outputs()["safe"] == "false"


def test_a_bump_that_does_not_matter_writes_no_comment_but_updates_an_old_one(step: Step) -> None:
    assert step.run(Exit.OK) == Exit.OK
    assert step.outputs()["verdict"] == "not-affected"
    assert step.github.comments == []
    step.run(Exit.UNSAFE, (Verdict.LOAD_FAILED,))
    step.run(Exit.OK)
    (comment,) = step.github.comments
    assert "No lock changed what models are known to be made of" in comment["body"]


def test_a_mistake_is_an_annotation_and_not_an_answer(
    step: Step, capsys: pytest.CaptureFixture[str]
) -> None:
    assert step.run(Exit.USAGE, error="uv.lock: has version 9") == Exit.USAGE
    assert (step.outputs()["verdict"], step.outputs()["safe"]) == ("error", "unknown")
    assert "::error title=Not checked::uv.lock: has version 9" in capsys.readouterr().out
    assert "uv.lock: has version 9" in (step.folder / "summary.md").read_text()


def test_without_permission_the_summary_has_the_answer(
    step: Step, capsys: pytest.CaptureFixture[str]
) -> None:
    """A pull request from a fork: its token only reads."""
    step.github.may_write = False
    assert step.run(Exit.UNSAFE, (Verdict.LOAD_FAILED,)) == Exit.UNSAFE
    assert "this token may not write comments" in capsys.readouterr().out
    assert (step.folder / "summary.md").read_text()


def test_a_push_and_a_merge_queue_are_compared_with_what_was_there_before(step: Step) -> None:
    """Not with the branch itself, where nothing would ever have changed."""
    new_repository(step.folder / "r", {"uv.lock": "1"})
    commit = git(step.folder / "r", "rev-parse", "HEAD")
    step.patch.chdir(step.folder / "r")
    pushed, queued = {"before": commit}, {"merge_group": {"base_sha": commit}}
    for event, models, expected in [
        (pushed, "", ["pr", "--base", commit]),
        (pushed, "m.joblib", ["upgrade"]),
        (queued, "m.joblib", ["pr", "--base", commit]),
        ({"before": "0" * 40}, "", ["pr"]),
        ({"before": "--upload-pack=x"}, "", ["pr"]),
        ({"pull_request": {"number": 7}, "before": commit}, "", ["pr"]),
    ]:
        step.event(event)
        step.environ[PREFIX + "MODELS"] = models
        step.run(Exit.OK)
        words = step.commands[-1]
        assert words[: words.index("--output")] == expected


def test_a_link_in_the_checkout_is_replaced_and_not_followed(step: Step) -> None:
    (step.folder / "precious").write_text("kept")
    (step.folder / "compat-comment.md").symlink_to("precious")
    step.run(Exit.UNSAFE, (Verdict.LOAD_FAILED,))
    assert (step.folder / "precious").read_text() == "kept"
    assert Path("compat-comment.md").read_text().startswith(MARK)


def test_locks_with_different_answers_have_no_pin_in_common(tmp_path: Path) -> None:
    place = FileLine(file=Path("requirements.txt"), line=4)
    safe, bad = (matrix_of((one,), place) for one in (Verdict.IDENTICAL, Verdict.LOAD_FAILED))
    ReportOutput("json", tmp_path / "result.json").write(safe)
    ReportOutput("json", tmp_path / "result-2.json").write(safe)
    assert read_outcome(0, tmp_path, "").pin == "scikit-learn==1.4.2"
    ReportOutput("json", tmp_path / "result-2.json").write(bad)
    assert read_outcome(1, tmp_path, "").pin == ""


@pytest.mark.parametrize("event", ["{}", "[]", "", "{", '{"pull_request": null}'])
def test_without_a_pull_request_there_is_no_comment(step: Step, event: str) -> None:
    (step.folder / "event.json").write_text(event)
    assert step.run(Exit.UNSAFE, (Verdict.LOAD_FAILED,)) == Exit.UNSAFE
    assert step.github.comments == []


def following(step: Step, text: str) -> int:
    """Run the second workflow, on the comment of a run for a fork's commit."""
    (step.folder / "artifact.md").write_text(text)
    run = {
        "head_sha": "abc",
        "head_branch": "bump",
        "head_repository": {"owner": {"login": "fork"}},
    }
    step.event({"workflow_run": run})
    environ = {**step.environ, PREFIX + "COMMENT_FILE": "artifact.md"}
    return action.main(environ, step.github)


def test_a_second_workflow_writes_the_comment_of_a_forks_run(step: Step) -> None:
    step.github.pulls = [
        {"number": 3, "head": {"sha": "old"}},
        {"number": 7, "head": {"sha": "abc"}},
    ]
    assert following(step, f"{MARK}\n**not safe** @everyone") == Exit.OK
    (comment,) = step.github.comments
    assert comment["body"].startswith(f"{MARK}\n**not safe** @\u200beveryone")


def test_a_second_workflow_writes_nothing_else(
    step: Step, capsys: pytest.CaptureFixture[str]
) -> None:
    assert following(step, "Click here") == Exit.USAGE
    assert following(step, f"{MARK}\ntext") == Exit.OK
    assert step.github.comments == []
    assert "No open pull request has the commit of that run" in capsys.readouterr().out
