"""``cache``: its options, and which folder it looks at."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from matrix.cli import main
from matrix.cli.arguments import CacheArguments, parse
from matrix.errors import Exit, UsageError


def test_limits_are_ages_and_sizes() -> None:
    parsed = parse(["cache", "prune", "--older-than", "2w", "--max-size", "1.5GB"])
    assert isinstance(parsed, CacheArguments)
    assert parsed.older_than == timedelta(days=14)
    assert parsed.max_size == 1_500_000_000


@pytest.mark.parametrize(
    "arguments", [["--older-than", "30"], ["--older-than", "soon"], ["--max-size", "5"]]
)
def test_a_limit_needs_its_unit(arguments: list[str]) -> None:
    with pytest.raises(UsageError, match="write"):
        parse(["cache", "prune", *arguments])


@pytest.mark.parametrize("arguments", [["prune"], ["show", "--max-size", "5GB"]])
def test_pruning_needs_a_limit_and_showing_takes_none(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["cache", *arguments]) == Exit.USAGE
    assert "compat-matrix cache prune --older-than 30d" in capsys.readouterr().err


def test_the_command_line_outweighs_the_variable_which_outweighs_the_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COMPAT_MATRIX_ENVS", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))  # the own one may be large
    monkeypatch.setenv("COLUMNS", "500")  # a long path must not wrap

    def shown(*arguments: str) -> str:
        assert main(["cache", *arguments]) == Exit.OK
        return " ".join(capsys.readouterr().out.split())

    assert "compat-matrix" in shown()
    Path("pyproject.toml").write_text('[tool.matrix]\nenvs = "ours"\n')
    assert f"{tmp_path / 'ours'}." in shown()
    monkeypatch.setenv("COMPAT_MATRIX_ENVS", str(tmp_path / "variable"))
    assert f"{tmp_path / 'variable'}." in shown()
    assert f"{tmp_path / 'line'}." in shown("--envs", "line")
    assert [path.name for path in tmp_path.iterdir()] == ["pyproject.toml"]
