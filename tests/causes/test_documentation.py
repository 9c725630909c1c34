"""The page of causes."""

from __future__ import annotations

import re
from pathlib import Path

from matrix import causes
from matrix.causes.documentation import documented

PAGE = Path(__file__).parents[2] / "docs" / "causes.md"


def test_the_page_is_what_the_file_says() -> None:
    """If it is not: nox -s causes."""
    assert PAGE.read_text("utf-8") == documented(causes.known())


def test_the_order_of_the_file_changes_nothing() -> None:
    assert documented(reversed(causes.known())) == documented(causes.known())


def test_every_cause_is_found_from_the_table() -> None:
    page = documented(causes.known())
    headings = {line[3:].replace(".", "") for line in page.splitlines() if line[:3] == "## "}
    assert set(re.findall(r"\]\(#([^)]+)\)", page)) == headings
    assert len(headings) == len(causes.known())
