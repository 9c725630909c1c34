"""What may be typed, and what is said of what may not."""

from __future__ import annotations

import importlib
import re
import shlex
from dataclasses import FrozenInstanceError, fields
from pathlib import Path

import pytest

from matrix.cli import main
from matrix.cli.arguments import (
    COMMANDS,
    CommandArguments,
    MigrateArguments,
    ReportArguments,
    RunArguments,
    UpgradeArguments,
    parse,
)
from matrix.cli.arguments.completion import SHELLS
from matrix.errors import Exit, UsageError
from matrix.model import Verdict
from matrix.report import ENDINGS, FORMATS


def test_a_run_takes_its_options() -> None:
    environments = ["--set", "full", "--select", "a*", "--select", "b"]
    judged = ["--fail-on", "changes,load-failed", "--output", "json:out.json"]
    parsed = parse(["run", *environments, "--formats", "joblib, pickle-5", "--jobs", "3", *judged])
    assert isinstance(parsed, RunArguments)
    assert parsed.select == ("a*", "b")
    assert parsed.formats == ("joblib", "pickle-5")
    assert (parsed.jobs, parsed.set) == (3, "full")
    assert parsed.fail_on == {
        Verdict.SCORES_CHANGED,
        Verdict.LABELS_CHANGED,
        Verdict.STRUCTURE_CHANGED,
        Verdict.UNSTABLE,
        Verdict.INPUT_CHANGED,
        Verdict.LOAD_FAILED,
    }
    assert parsed.output[0].path == Path("out.json")


def test_a_check_fails_by_default_on_whatever_is_known_not_to_be_safe() -> None:
    parsed = parse(["upgrade", "model.joblib"])
    assert isinstance(parsed, UpgradeArguments)
    assert parsed.fail_on == {verdict for verdict in Verdict if verdict.group.unsafe}
    only = parse(["upgrade", "model.joblib", "--fail-on", "limited"])
    assert isinstance(only, UpgradeArguments)
    assert only.fail_on == {Verdict.INTROSPECTION_FAILED}


@pytest.mark.parametrize("command", ["upgrade", "pr"])
def test_with_a_baseline_a_check_fails_only_on_what_is_new_or_worse(command: str) -> None:
    """As ``run``: verdicts that fail in any case have to be named."""
    parsed = parse([command, "model.joblib", "--baseline", "base.toml"])
    assert isinstance(parsed, UpgradeArguments)
    assert parsed.fail_on == frozenset()
    both = parse([command, "model.joblib", "--baseline", "base.toml", "--fail-on", "load-failed"])
    assert isinstance(both, UpgradeArguments)
    assert both.fail_on == {Verdict.LOAD_FAILED}


LEAST = {
    "merge": ["a.json"],
    "baseline": ["update"],
    "diff": ["a.json", "b.json"],
    "explain": ["tree", "1.3", "1.9"],
    "inspect": ["m.joblib"],
    "migrate": ["m.joblib"],
}
"""What cannot be left out of a command."""


@pytest.mark.parametrize("kind", COMMANDS, ids=lambda kind: kind.command)
def test_each_command_has_arguments_of_its_own_that_do_not_change(
    kind: type[CommandArguments],
) -> None:
    parsed = parse([kind.command, *LEAST.get(kind.command, [])])
    assert type(parsed) is kind
    assert callable(
        getattr(importlib.import_module(f"matrix.cli.commands.{kind.command}"), kind.command)
    )
    values = [getattr(parsed, field.name) for field in fields(parsed)]
    assert hash(tuple(values)) == hash(tuple(values)), "no list, no dict"
    with pytest.raises(FrozenInstanceError):
        parsed.command = "other"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["rnu"], "Did you mean run"),
        (["upgrad", "m.joblib"], "Did you mean upgrade"),
        (["upgrade", "--tagret=y", "m.joblib"], "Did you mean --target"),
        (["upgrade", "--sandbox", "requir"], "Did you mean require"),
        (["--verison"], "Did you mean --version"),
        (["run", "--jobs", "0"], "must be a positive integer"),
        (["run", "--jobs", "many"], "must be a positive integer"),
        (["run", "--fail-on", "bad"], "'bad' is not a verdict"),
        (["run", "--output", "docx:x"], "'docx' is not a format"),
        (["run", "--output", "json"], "path is missing"),
        (["run", "--output", "jsn:x"], "Did you mean json"),
        (["run", "--output", "report.docx"], "its ending names no format"),
        (["run", "--no-such-option"], "--no-such-option"),
        (["migrate"], "MODEL"),
        (["migrate", "m.joblib", "--via", "latest"], "is not a release"),
        (["migrate", "m.joblib", "--via", "old"], "'old' is not a version"),
    ],
)
def test_what_is_not_understood_is_a_usage_error(arguments: list[str], said: str) -> None:
    with pytest.raises(UsageError) as raised:
        parse(arguments)
    assert said in str(raised.value)


def test_without_a_command_the_help_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as raised:
        parse([])
    assert raised.value.code == Exit.USAGE
    assert "compat-matrix upgrade model.joblib" in capsys.readouterr().err


@pytest.mark.parametrize("kind", COMMANDS, ids=lambda kind: kind.command)
def test_the_examples_in_the_help_of_a_command_are_understood(kind: type[CommandArguments]) -> None:
    assert kind.examples
    for example in kind.examples:
        assert type(parse([kind.command, *shlex.split(example)])) is kind


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_ending_of_a_report_says_its_format(ending: str) -> None:
    parsed = parse(["report", "--output", f"report{ending}"])
    assert isinstance(parsed, ReportArguments)
    (output,) = parsed.output
    assert (output.format, output.path) == (ENDINGS[ending], Path(f"report{ending}"))
    assert output.format in FORMATS


def test_the_version_names_nox_and_uv(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(["--version"])
    shown = capsys.readouterr().out
    assert re.fullmatch(r"sklearn-compat-matrix \S+ \(nox \d\S+, uv \d\S+, Python 3\S+\)\n", shown)


@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_gets_its_completion(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(["--print-completion", shell])
    assert "sklearn-compat-matrix" in capsys.readouterr().out


def test_a_mistake_in_the_configuration_ends_with_2_and_nothing_done(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "matrix.toml"
    file.write_text('[sets.default]\nscikit-learn = ["1.3"]\npyhton = ["newest"]\n')
    assert main(["run", "--config", str(file)]) == Exit.USAGE
    said = capsys.readouterr().err
    assert str(file) in said
    assert "sets.default.pyhton" in said
    assert list(tmp_path.iterdir()) == [file]


def test_a_report_without_results_says_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "matrix.toml"
    file.write_text('[sets.default]\nscikit-learn = ["1.3"]\n')
    assert main(["report", "--config", str(file)]) == Exit.CANNOT_TELL
    assert "no results" in capsys.readouterr().err


def test_a_migration_takes_its_options() -> None:
    ends = ["--to", "1.9", "--from", "1.2.2", "--via", "1.3.2", "--via", "1.4"]
    parsed = parse(["migrate", "m.joblib", *ends, "--output", "n.joblib", "--force"])
    assert isinstance(parsed, MigrateArguments)
    assert (parsed.models, parsed.migrated) == ((Path("m.joblib"),), Path("n.joblib"))
    assert (parsed.targets, parsed.via, parsed.force) == (("1.9",), ("1.3.2", "1.4"), True)


@pytest.mark.parametrize("to", [[], ["--to", "1.5", "--to", "1.6"]])
def test_a_migration_has_one_target(to: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["migrate", "m.joblib", *to]) == Exit.USAGE
    assert "migrate needs exactly one target" in capsys.readouterr().err


def test_a_migration_overwrites_nothing_and_asks_nothing_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there = tmp_path / "there.joblib"
    there.write_bytes(b"precious")
    model = str(tmp_path / "not-even-there.joblib")
    assert main(["migrate", model, "--to", "1.5", "--output", str(there)]) == Exit.USAGE
    said = capsys.readouterr().err
    assert "there.joblib exists already" in said
    assert "--force" in said


@pytest.mark.parametrize("given", ["--target=y", '--dtypes={"a": "text"}', "--expected=old.npy"])
def test_what_speaks_of_rows_needs_rows_before_anything_is_read(
    given: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["upgrade", "model.joblib", given]) == Exit.USAGE
    said = capsys.readouterr().err
    assert given.partition("=")[0] in said
    assert "Add --data FILE" in said
    assert list(tmp_path.iterdir()) == []
