"""Markdown: the answer first, short enough for a comment, and nothing in it is taken for markup."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from made_up import failed, made_up_matrix, small_matrix, unavailable
from reading import markdown_tokens, written

from matrix import baseline as baselines
from matrix.model import Cell, Group, Matrix, ModelAnswer, RowChange, Verdict
from matrix.report.markdown import LONGEST, code

HOSTILE = [
    "a|b|c",
    "`tick` ``two``",
    "```",
    "<img src=x onerror=alert(1)>",
    "</details><script>alert(1)</script>",
    "@maintainer please",
    "fixes #1 and GH-2 and owner/name#3",
    "[here](https://example.org) ![x](y)",
    "https://example.org www.example.org",
    "one\n\n# two\n- three",
    "| --- |",
    "\\|",
    "&lt;b&gt;",
    "~~gone~~ **bold** _it_",
]


def answer(model: str, group: Group, said: str, **more: object) -> ModelAnswer:
    found = ModelAnswer(model=model, sha256="", origin="", group=group, answer=said)
    return replace(found, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", HOSTILE)
def test_what_models_say_is_text_and_nothing_else(text: str) -> None:
    """In a code span GitHub makes no mentions and links, and closes no issue."""
    for frame in ("- {}", "| a | b |\n| --- | --- |\n| x | {} |"):
        tokens = markdown_tokens(frame.format(code(text)))
        inline = [t for t in tokens if t.type in {"text", "code_inline"} or "html" in t.type]
        assert [t.type for t in inline if t.content not in {"a", "b", "x"}] == ["code_inline"]
        shown = " ".join(text.split()).replace("|", "¦")
        assert inline[-1].content == shown


@pytest.mark.parametrize("text", HOSTILE)
def test_a_whole_report_of_it_has_no_markup_of_theirs(text: str) -> None:
    """Wherever a foreign text may stand."""
    cell = Cell(pipeline=text, format=text, writer=text, reader=text, verdict=Verdict.IDENTICAL)
    matrix = replace(
        small_matrix(),
        environments=(*small_matrix().environments, unavailable(text, text)),
        cells=[failed(cell, Verdict.LOAD_FAILED, text, text, text)],
        answers=(
            answer(
                text,
                Group.FAILS,
                text,
                pin=text,
                options=(text,),
                rows={text: 3},
                worst={text: (RowChange(row=1, before=text, after=text),)},
            ),
        ),
    )
    tokens = markdown_tokens(written(matrix, "markdown"))
    assert not {t.type for t in tokens} & {"html_inline", "link_open", "image", "s_open", "fence"}
    plain = "".join(t.content for t in tokens if t.type == "text")
    assert "@" not in plain
    assert "http" not in plain
    assert "#" not in plain


def test_the_worst_comes_first() -> None:
    """The answer in the first line; of models, the one that breaks before the one that is safe."""
    answers = (
        answer("safe.joblib", Group.LOADS, "safe for scikit-learn 1.3.2 to 1.9.1"),
        answer("tree.joblib", Group.FAILS, "fails in 1.4.0", pin="scikit-learn>=1.3.2,<1.4"),
    )
    text = written(replace(small_matrix(), answers=answers), "markdown")
    assert text.startswith("## ✗ 2 models: 1 fail, 1 safe\n"), "an older result"
    places = [text.index(said) for said in ("tree.joblib", "fails in 1.4.0", "safe.joblib")]
    assert places == sorted(places)
    assert written(small_matrix(), "markdown").startswith("## ✗ 175 cells: ")


def test_it_fits_into_a_comment_however_much_there_is_to_say() -> None:
    """What is left out is counted, and the notice of limits is never left out."""
    matrix = made_up_matrix(labels=["1.2", "1.3"], copies=4)
    many = tuple(
        answer(f"models/{i}.joblib", Group.FAILS, "x y " * 200, problem="z" * 900)
        for i in range(500)
    )
    environments = tuple(unavailable(f"0.{i}", "no wheel " * 40) for i in range(400))
    long = replace(matrix, answers=many, environments=(*matrix.environments, *environments))
    text = written(long, "markdown")
    assert len(text) <= LONGEST
    assert "more models" in text
    assert text.count("<details>") == text.count("</details>")
    assert "**Limits**" in text
    assert "cells are unknown" in text


def test_a_table_too_wide_for_a_comment_is_reported_as_left_out() -> None:
    """A hundred environments would fill it alone."""
    environments = tuple(
        replace(e, spec=replace(e.spec, id=f"{e.id}-{i}", label=f"{e.spec.label} number {i}"))
        for i in range(100)
        for e in small_matrix().environments
        if e.ready
    )
    matrix: Matrix = replace(small_matrix(), environments=environments)
    text = written(matrix, "markdown")
    assert len(text) <= LONGEST
    assert "*Saved by (rows), loaded by (columns): left out, no space*" in text


def test_what_is_new_stands_before_all_else() -> None:
    """An issue or a summary is opened for it."""
    matrix = small_matrix()
    before = baselines.of_matrix(replace(matrix, cells=()), "compat-baseline.toml")
    compared = replace(matrix, comparison=baselines.compare(before, matrix, date(2026, 11, 21)))
    text = written(compared, "markdown")
    assert "**65 new, 0 worse, 0 fixed, 0 still, 0 gone**" in text
    assert "- new: `pls_regression joblib: unknown → scores-changed` `1.2..1.3 > 1.5" in text
    assert text.index("65 new") < text.index("### Cells")


def test_the_options_that_an_answer_needs_are_named() -> None:
    options = ("--main train.py", "--with lifelines")
    unknown = answer("own.joblib", Group.UNKNOWN, "unknown: not loaded", options=options)
    text = written(replace(small_matrix(), answers=(unknown,)), "markdown")
    assert "add to the command: `--main train.py --with lifelines`" in text
