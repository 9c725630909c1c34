"""The page of causes."""

from __future__ import annotations

import re
from pathlib import Path

from matrix import causes
from matrix.causes.documentation import causes_page

PAGE = Path(__file__).parents[2] / "docs" / "causes.md"


def test_the_page_is_what_the_file_says() -> None:
    """If it is not: nox -s causes."""
    assert PAGE.read_text("utf-8") == causes_page(causes.known())


def test_the_order_of_the_file_changes_nothing() -> None:
    assert causes_page(reversed(causes.known())) == causes_page(causes.known())


def test_every_cause_is_found_from_the_table() -> None:
    page = causes_page(causes.known())
    headings = {line[3:].replace(".", "") for line in page.splitlines() if line[:3] == "## "}
    assert set(re.findall(r"\]\(#([^)]+)\)", page)) == headings
    assert len(headings) == len(causes.known())
