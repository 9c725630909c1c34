"""A file with code inside passes only where the user requests one, and in a sandbox only."""

from __future__ import annotations

from pathlib import Path

import pytest

from matrix.errors import CannotTellError, UsageError
from matrix.inspection import Inspection, inspect, refusals, refusals_of_code
from matrix.inspection.allowed_lists import BY_VALUE, allowed_names, read_list
from matrix.remedies.by_value import check_possible
from matrix.sandbox.kinds import Sandbox, SandboxKind
from tests.inspection import assembler as a

MAKE = ("cloudpickle.cloudpickle", "_make_function")


def read(tmp_path: Path, body: bytes) -> Inspection:
    (tmp_path / "m.pkl").write_bytes(a.whole(body))
    return inspect(tmp_path / "m.pkl")


def test_no_name_of_the_list_is_allowed_for_a_users_file(tmp_path: Path) -> None:
    assert not read_list(BY_VALUE) & allowed_names()
    found = read(tmp_path, a.call(*MAKE))
    assert [one.trust for one in refusals(found)] == ["cloudpickle.cloudpickle._make_function"]
    assert refusals_of_code(found, frozenset()) == ()


@pytest.mark.parametrize(
    "name",
    [("builtins", "eval"), ("os", "system"), ("builtins", "getattr"), ("pickle", "loads")],
)
def test_other_names_are_refused_in_a_file_with_code_too(
    tmp_path: Path, name: tuple[str, str]
) -> None:
    found = read(tmp_path, a.call(*MAKE, a.name(*name)))
    assert [one.what for one in refusals_of_code(found, frozenset())] == [".".join(name)]


def test_what_makes_the_effects_of_a_load_unknown_is_refused_too(tmp_path: Path) -> None:
    found = read(tmp_path, a.text("id") + b"Q")  # a persistent id
    assert [one.what for one in refusals_of_code(found, frozenset())] == ["persistent-ids"]


def test_it_needs_code_and_a_sandbox() -> None:
    contained = Sandbox(kind=SandboxKind.NAMESPACES)
    check_possible(contained, own=True)
    with pytest.raises(UsageError, match="no such code is named"):
        check_possible(contained, own=False)
    for kind in (None, Sandbox(kind=SandboxKind.LIMITS), Sandbox(kind=SandboxKind.OFF)):
        with pytest.raises(CannotTellError, match="no sandbox works here"):
            check_possible(kind, own=True)
