"""The options of shards that exchange files belong together."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from made_up import environment

from matrix.catalog import Catalog
from matrix.cli.arguments import RunArguments, parse
from matrix.cli.commands.shard_stages import check_alike, check_exchange
from matrix.errors import UsageError
from matrix.model import Environment


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


def ready(label: str, platform: str) -> Environment:
    """An environment whose interpreter names this platform."""
    made = environment(label)
    assert made.info is not None
    return replace(made, info=replace(made.info, platform=platform))


LINUX = "Linux-6.1-x86_64-with-glibc2.36"


@pytest.mark.parametrize(
    "there",
    [
        "Linux-5.4-aarch64-with-glibc2.36",
        "Linux-5.4-x86_64-with-glibc2.31",
        "macOS-14.1-arm64-arm-64bit",
    ],
)
def test_files_of_another_kind_of_machine_are_refused(there: str) -> None:
    here = {"sklearn-1.5": ready("1.5", LINUX)}
    with pytest.raises(UsageError, match="files were saved on"):
        check_alike([ready("1.5", there)], here)


def test_interpreters_of_one_machine_may_name_different_c_libraries() -> None:
    """An old Python does, and it is another environment; so may the kernels of two machines."""
    old = ready("0.24", "Linux-6.1-x86_64-with-debian-12")
    check_alike(
        [old, ready("1.5", LINUX)], {"sklearn-1.5": ready("1.5", LINUX.replace("6.1", "5.4"))}
    )


@pytest.mark.parametrize("text", ["dask", "dask:", "local", "dask:http://host", "ray:local"])
def test_what_names_no_executor_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no executor: write dask:tcp://HOST:PORT"):
        parse(["run", "--executor", text])
