"""The options of shards that exchange files belong together."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest

from matrix.catalog import Catalog
from matrix.cli.arguments import RunArguments, parse
from matrix.cli.commands.shard_stages import check_exchange
from matrix.errors import UsageError


def check(*options: str) -> None:
    """Check the options of a run."""
    arguments = cast(RunArguments, parse(["run", *options]))
    check_exchange(Catalog(root=Path(), state=Path(), shard=arguments.shard), arguments)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--artifacts", "saved"], "--artifacts needs --shard"),
        (["--shard", "1/2", "--save-only"], "--save-only needs --artifacts"),
        (
            ["--shard", "1/2", "--artifacts", "saved", "--executor", "dask:local"],
            "two ways to use several machines",
        ),
    ],
)
def test_options_that_do_not_go_together_are_refused(options: list[str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        check(*options)


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["--shard", "1/2"],
        ["--shard", "1/2", "--artifacts", "saved"],
        ["--shard", "1/2", "--artifacts", "saved", "--save-only"],
        ["--executor", "dask:tls://scheduler:8786"],
    ],
)
def test_both_stages_and_other_runs_are_accepted(options: list[str]) -> None:
    check(*options)


@pytest.mark.parametrize("text", ["dask", "dask:", "local", "dask:http://host", "ray:local"])
def test_what_names_no_executor_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no executor: write dask:tcp://HOST:PORT"):
        parse(["run", "--executor", text])
