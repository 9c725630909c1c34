"""What is written in any order of its groups is read back group by group, whole and in order."""

from __future__ import annotations

from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matrix.report import grouped_text
from matrix.report.grouped_text import GroupedText

PIECES = st.lists(st.tuples(st.sampled_from(["a", "b", "é"]), st.text(max_size=40)))


@given(pieces=PIECES, block=st.integers(1, 60), in_memory=st.integers(1, 200))
def test_each_group_has_its_text_in_the_order_in_which_it_came(
    pieces: list[tuple[str, str]], block: int, in_memory: int
) -> None:
    expected: dict[str, str] = defaultdict(str)
    with pytest.MonkeyPatch.context() as patch, GroupedText() as grouped:
        patch.setattr(grouped_text, "_BLOCK", block)
        patch.setattr(grouped_text, "_IN_MEMORY", in_memory)
        for group, text in pieces:
            expected[group] += text
            grouped.add(group, text)
        assert {name: "".join(grouped.of(name)) for name in expected} == dict(expected)
        assert "".join(grouped.of("never added")) == ""


def test_a_group_can_be_read_before_all_is_written() -> None:
    with GroupedText() as grouped:
        grouped.add("a", "x" * 5000)
        grouped.add("b", "y")
        assert "".join(grouped.of("a")) == "x" * 5000
        grouped.add("a", "z")
        assert "".join(grouped.of("a")) == "x" * 5000 + "z"
