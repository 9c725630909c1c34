"""Every model of another library gets an answer, and a plain script agrees with it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from . import third_party

DOCUMENT = Path(__file__).parents[2] / "docs" / "files.md"


@pytest.mark.nightly
def test_models_of_other_libraries_are_answered_as_by_hand_and_the_table_says_so(
    tmp_path: Path,
) -> None:
    found = third_party.find(tmp_path)
    assert [one.name for one in found if not third_party.agrees(one)] == []
    written = {line for line in DOCUMENT.read_text().splitlines() if line.startswith("| `")}
    made = {line for line in third_party.table(found).splitlines() if line.startswith("| `")}
    assert {_without_counts(line) for line in written} >= {_without_counts(line) for line in made}


def _without_counts(line: str) -> str:
    """The line without the number of rows, which may differ between machines."""
    return re.sub(r"\| [\d,]+ \|", "| n |", line)
