"""Names that import by a string, or call what they are given, are stopped by each gate alone."""

from __future__ import annotations

import pickle
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from compat_worker.name_guard import NameRefused, allow_only

from matrix.inspection import inspect, refusals
from matrix.inspection.allowed_lists import allowed_names
from tests.inspection import assembler as a

PAGE = Path(__file__).parents[2] / "docs" / "security.md"
HEAD = "All others are refused, and stopped by the second gate:"


def listed() -> Iterator[tuple[str, str]]:
    """The module and the name of each entry in the table of refused names."""
    table = PAGE.read_text("utf-8").partition(HEAD)[2].partition("\n\nA `memory`")[0]
    for row in table.splitlines():
        names = row.split("|")[1] if row.count("|") > 2 else ""
        for name in re.findall(r"`([\w.]+)`", names):
            module, _, qualname = name.rpartition(".")
            yield module, qualname


NAMES = list(listed())
ALLOWED = [[name.module, name.qualname] for name in sorted(allowed_names())]


def test_the_table_has_names() -> None:
    assert len(NAMES) > 35


@pytest.mark.parametrize(("module", "qualname"), NAMES)
def test_the_first_gate_refuses_it(module: str, qualname: str, tmp_path: Path) -> None:
    for number, body in enumerate(
        (a.call(module, qualname, a.name("builtins", "list")), a.name(module, qualname))
    ):
        path = tmp_path / f"model{number}"
        path.write_bytes(a.whole(body))
        assert f"{module}.{qualname}" in [one.what for one in refusals(inspect(path))]


@pytest.mark.parametrize(("module", "qualname"), NAMES)
@pytest.mark.parametrize("python", [True, False], ids=["in Python", "in C"])
def test_the_second_gate_ends_a_load_that_looks_it_up(
    module: str, qualname: str, python: bool
) -> None:
    data = a.whole(a.name(module, qualname))
    loads = pickle._loads if python else pickle.loads  # type: ignore[attr-defined]
    with allow_only(ALLOWED), pytest.raises(NameRefused):
        loads(data)
