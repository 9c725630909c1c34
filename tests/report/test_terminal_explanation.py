"""Stories in reports: the answer first, then why."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from made_up import small_matrix
from reading import written

from matrix.model import Explanation, ExplanationPoint, Group, Matrix
from matrix.report.terminal import show
from matrix.report.terminal.explanation import explanation_lines
from matrix.report.terminal.style import TerminalStyle

CHANGED = next(cell for cell in small_matrix().cells if cell.verdict.group is Group.CHANGES)
EXPLANATION = Explanation(
    pipeline=CHANGED.pipeline,
    format=CHANGED.format,
    writer=CHANGED.writer,
    reader=CHANGED.reader,
    answer="it changes 3 of 120 labels without a word, because a parameter is ignored",
    points=(
        ExplanationPoint(
            heading="Why", lines=("`low` is not known any more: [bold]2.5[/bold] is ignored",)
        ),
        ExplanationPoint(heading="Remedies", lines=("pin planted<1.2", "or train it again")),
    ),
)


def with_explanations(*explanations: Explanation) -> Matrix:
    return replace(small_matrix(), stories=explanations)


@pytest.mark.parametrize("width", [20, 40, 80, 160])
def test_an_explanation_fits_the_terminal_and_loses_no_word(width: int) -> None:
    lines = [
        line.plain
        for line in explanation_lines(
            TerminalStyle(width, unicode=True), EXPLANATION, Group.CHANGES
        )
    ]
    assert all(len(line) <= width for line in lines)
    words = " ".join(lines).split()
    for text in (EXPLANATION.answer, *EXPLANATION.points[0].lines, *EXPLANATION.points[1].lines):
        assert [word for word in text.split() if word not in words] == [] or width == 20


def test_the_terminal_shows_it_with_the_symbol_of_the_cell() -> None:
    stream = io.StringIO()
    show(with_explanations(EXPLANATION), file=stream, width=80)
    text = stream.getvalue()
    assert "≠ it changes 3 of 120 labels" in text
    assert "  Why       `low` is not known any more: [bold]2.5[/bold] is ignored" in text
    assert "  Remedies  pin planted<1.2\n" in text
    assert "            or train it again\n" in text


def test_an_explanation_without_a_cell_is_not_shown() -> None:
    stream = io.StringIO()
    show(with_explanations(replace(EXPLANATION, reader="sklearn-9.9")), file=stream, width=80)
    assert "without a word" not in stream.getvalue()


def test_markdown_shows_it_above_the_table_of_upgrades() -> None:
    text = written(with_explanations(EXPLANATION), "markdown")
    assert "### Why, and what to do" in text
    assert "`it changes 3 of 120 labels without a word, because a parameter is ignored`" in text
    assert "    - `or train it again`" in text
