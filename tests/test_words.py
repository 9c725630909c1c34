"""Standard terms in plain English: no phrase of the former private language is left."""

from __future__ import annotations

import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SUFFIXES = {".py", ".md", ".toml", ".html", ".js", ".css", ".yml"}

INSTEAD_OF = {
    r"(not )?to be had": "(not) available",
    r"(cannot|can) be told": "unknown / testable",
    r"silently gives something else": "predicts differently without an error",
    r"nobody (is|was) told": "no warning is shown",
    r"(is|are|was|were) told (of|so|that|with|in words)": "is reported",
    r"no word but": "only …",
    r"what you may say": "Options",
    r"from cheap to dear": "cheapest first",
    r"whose fault": "culprit package",
    r"guilty|innocent": "responsible, not responsible",
    r"ways? out(?! of)": "remedy, verified conversion",
    r"takes? the last result for known": "record the last result as the baseline",
    r"while they are asked": "sandbox",
    r"is no number from": "must be a positive integer",
    r"that (is|are) wanted": "requested",
    r"nouns?": "data model",
    r"two houses|the house|the rooms": "architecture, packages",
    r"annex": "worker process",
    r"letterbox": "protocol",
    r"the border|crosses the border": "validation, protocol",
    r"on the board": "index",
    r"mend(s|ed|ing)?": "fix",
    r"halving": "bisect",
    r"safe for \S+ alone": "safe only with …",
    r"rows of data, of": "compared on … rows of …",
}
"""What is not written any more, as a regular expression, and what is written for it."""

EXCEPTIONS = {
    ("fixtures/svm.py", "way out"),  # "probability is on its way out"
    ("CHANGELOG.md", "way out"),  # the former name of a heading
    ("tests/test_names.py", "nouns"),  # a list of former names
    ("tests/test_names.py", "annex"),
}
"""Places that mean something else, by file and phrase in lower case."""

WORDS = {
    phrase: re.compile(rf"(?<![\w-])(?:{phrase})(?![\w-])", re.IGNORECASE) for phrase in INSTEAD_OF
}


@cache
def texts() -> dict[str, str]:
    """What is committed or about to be, as text on one line, so that a line break hides nothing."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("this is no checkout of the repository")
    here = Path(__file__).relative_to(ROOT).as_posix()
    return {
        name: " ".join(_prose(path.read_text("utf-8")).split())
        for name in listed.stdout.splitlines()
        if name != here and (path := ROOT / name).suffix in SUFFIXES and path.is_file()
    }


def _prose(text: str) -> str:
    """Without the marks of comments at the beginning of lines."""
    return re.sub(r"^\s*(#|//|\*)+ ?", "", text, flags=re.MULTILINE)


@pytest.mark.parametrize("phrase", INSTEAD_OF)
def test_a_phrase_of_the_former_language_is_gone(phrase: str) -> None:
    found = [
        f"{name}: …{text[max(one.start() - 40, 0) : one.end() + 40]}…"
        for name, text in texts().items()
        for one in WORDS[phrase].finditer(text)
        if (name, one.group().lower()) not in EXCEPTIONS
    ]
    assert found == [], f"write instead: {INSTEAD_OF[phrase]}"


def test_a_phrase_is_found_across_lines_and_only_as_whole_words() -> None:
    text = " ".join(_prose("# what is not to\n# be had here; amendment").split())
    assert WORDS[r"(not )?to be had"].search(text)
    assert not WORDS[r"mend(s|ed|ing)?"].search(text)


def test_every_exception_is_there() -> None:
    for name, phrase in EXCEPTIONS:
        assert phrase in texts()[name].lower()
