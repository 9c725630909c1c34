"""Command lines to paste, with names that look like options."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from matrix.model import NextStepKind, Verdict
from matrix.report.next_steps import next_steps
from matrix.shell_words import path_word, quoted_path, with_names
from tests.report.upgrade_answers import answer, target


@pytest.mark.parametrize(
    ("path", "word"),
    [("-q.joblib", "./-q.joblib"), ("--to=x", "./--to=x"), ("a/-b", "a/-b"), ("a b", "'a b'")],
)
def test_a_path_is_never_taken_for_an_option(path: str, word: str) -> None:
    assert quoted_path(Path(path)) == word
    assert shlex.split(word) == [path_word(path)]


def test_names_that_are_no_paths_follow_a_separator_where_they_need_one() -> None:
    assert with_names(["--format=x"], ["a b", "1.3"]) == "--format=x 'a b' 1.3"
    assert with_names(["--format=x"], ["-q", "1.3"]) == "--format=x -- -q 1.3"


def test_the_next_step_of_a_model_that_is_named_like_an_option_is_about_the_model() -> None:
    origin = target("1.3.2", Verdict.IDENTICAL)
    there = replace(target("1.5.2", Verdict.SCORES_CHANGED, "predict"), requested="1.5.2")
    found = answer(origin, there, name="--to=x.joblib", in_a_row=False)
    (search,) = [one for one in next_steps(found, ()) if one.kind is NextStepKind.OPTION]
    assert search.paste == "compat-matrix upgrade ./--to=x.joblib"
