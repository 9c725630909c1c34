"""Causes in files that have code inside, by messages and Pythons that real runs showed."""

from __future__ import annotations

import pytest

from matrix import causes
from matrix.model import Cell

from .cells import failed, info

SEEN = [
    (
        "code-object-python-3.11",
        failed("code() argument 13 must be str, not int", "TypeError", format="cloudpickle"),
        "3.9.18",
        "3.11.7",
    ),
    (
        "code-object-python-3.11",
        failed("code() takes at most 16 arguments (18 given)", "TypeError", format="cloudpickle"),
        "3.11.7",
        "3.9.18",
    ),
    (
        "opcode-python-3.11",
        failed("unknown opcode", "SystemError", "predict", format="dill"),
        "3.12.1",
        "3.9.18",
    ),
]


@pytest.mark.parametrize(("id_", "found", "writer", "reader"), SEEN)
def test_a_real_message_has_its_cause_between_pythons_on_both_sides(
    id_: str, found: Cell, writer: str, reader: str
) -> None:
    def cause(writer: str, reader: str) -> str | None:
        return causes.cause_of(
            found,
            causes.known(),
            estimators=("sklearn.pipeline.Pipeline",),
            writer=info(python=writer),
            reader=info(python=reader),
        )

    assert cause(writer, reader) == id_
    same = cause(writer, writer)
    assert same is not None
    assert same.startswith(causes.PREFIX)
