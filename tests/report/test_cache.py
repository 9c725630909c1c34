"""The environment store, as it is shown on a terminal."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

from matrix.environments.cleaning import Pruned, StoreContents, StoredEnvironment
from matrix.report.sizes import size_text
from matrix.report.terminal.cache import show_contents, show_pruned

NOW = datetime(2026, 5, 31, tzinfo=timezone.utc)
FOLDER = Path("/home/ada/.cache/compat-matrix/environments")
ONE = StoredEnvironment(
    key="sklearn-1.3.2-py3.12-0123456789abcdef",
    python="3.12.1",
    scikit_learn="1.3.2",
    problem="",
    size=312_000_000,
    last_used=NOW - timedelta(days=3, hours=2),
    in_use=False,
)


def test_each_environment_has_a_line_and_the_total_counts_files_once() -> None:
    broken = replace(
        ONE,
        key="sklearn-1.0.2-py3.10-00",
        python="",
        scikit_learn="",
        problem="incomplete",
        last_used=NOW - timedelta(minutes=1),
        size=512,
    )
    busy = replace(ONE, key="sklearn-1.5.2-py3.12-11", scikit_learn="1.5.2", in_use=True)
    found = StoreContents(environments=(broken, busy, ONE), size=401_000_000, shared=380_000_000)
    out = io.StringIO()
    show_contents(FOLDER, found, NOW, file=out, width=110)
    lines = [line.split() for line in out.getvalue().splitlines()]
    assert lines[1] == ["-", "-", "512", "B", "1", "minute", "ago", broken.key]
    assert lines[2] == ["incomplete"]
    assert lines[3] == ["1.5.2", "3.12.1", "312", "MB", "in", "use", busy.key]
    assert lines[4] == ["1.3.2", "3.12.1", "312", "MB", "3", "days", "ago", ONE.key]
    end = " ".join(out.getvalue().partition("\n\n")[2].split())
    assert end == (
        f"3 environments in {FOLDER}: 401 MB, each file counted once; "
        "380 MB of that is shared with uv's cache."
    )


def test_a_line_is_a_line_on_a_narrow_terminal() -> None:
    out = io.StringIO()
    found = StoreContents(environments=(ONE,), size=1, shared=0)
    show_contents(FOLDER, found, NOW, file=out, width=80)
    line = out.getvalue().splitlines()[1]
    assert len(line) <= 80
    assert "3 days ago  sklearn-1.3.2-py3.12-" in line


def test_what_was_removed_is_named() -> None:
    out = io.StringIO()
    pruned = Pruned(removed=(ONE,), kept_in_use=(replace(ONE, key="busy"),), left=1, size=2_000_000)
    show_pruned(FOLDER, pruned, file=out, width=110)
    assert out.getvalue().splitlines() == [
        "removed sklearn-1.3.2-py3.12-0123456789abcdef",
        "kept busy: a process uses or builds it",
        f"1 environment left in {FOLDER}: 2 MB.",
    ]


def test_an_empty_store_says_where_it_is() -> None:
    out = io.StringIO()
    show_contents(
        FOLDER, StoreContents(environments=(), size=0, shared=0), NOW, file=out, width=110
    )
    assert out.getvalue() == f"There are no environments in {FOLDER}.\n"


def test_sizes_are_in_powers_of_1000() -> None:
    sizes = [0, 999, 1000, 999_600, 1_400_000_000, 2_000_000_000_000]
    assert [size_text(size) for size in sizes] == ["0 B", "999 B", "1 kB", "1 MB", "1.4 GB", "2 TB"]
