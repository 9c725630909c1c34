"""A margin of scores needs true answers, which is said before anything is built."""

from __future__ import annotations

from pathlib import Path

import pytest

from matrix.cli.arguments import UpgradeArguments, parse
from matrix.cli.commands.upgrade import upgrade
from matrix.errors import UsageError


def test_a_margin_without_true_answers_is_refused(tmp_path: Path) -> None:
    data = tmp_path / "rows.csv"
    data.write_text("a\n1\n")
    for more in ([], ["--data", str(data)]):
        line = ["upgrade", "model.joblib", "--score-margin", "0.01", *more]
        arguments = parse(line)
        assert isinstance(arguments, UpgradeArguments)
        with pytest.raises(UsageError, match="--score-margin") as refused:
            upgrade(arguments)
        assert "--target" in refused.value.advice


@pytest.mark.parametrize("more", [["--target", "y"], []], ids=["target", "npz"])
def test_a_margin_with_true_answers_is_accepted(tmp_path: Path, more: list[str]) -> None:
    data = tmp_path / ("rows.csv" if more else "rows.npz")
    data.write_text("a,y\n1,2\n")
    config = tmp_path / "broken.toml"
    config.write_text("[")
    line = ["upgrade", "model.joblib", "--score-margin", "0.01", "--data", str(data), *more]
    arguments = parse([*line, "--config", str(config)])
    assert isinstance(arguments, UpgradeArguments)
    with pytest.raises(Exception, match=r"broken\.toml"):  # read after the check of the options
        upgrade(arguments)
