"""The page is whole, adds up, and takes nothing of what models say for its own."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from datetime import date
from functools import cache
from html.parser import HTMLParser
from importlib.resources import files
from itertools import accumulate
from string import ascii_letters, digits
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_up import made_up_matrix, small_matrix, so_many_cells
from reading import unpacked

from matrix import baseline as baselines
from matrix import causes
from matrix.model import (
    Acceptance,
    Comparison,
    Detection,
    Failure,
    Group,
    JointAnswer,
    Matrix,
    ModelAnswer,
    NextStep,
    NextStepKind,
    NumberChanges,
    OutputDifference,
    RegressorScores,
    ReleaseOutcome,
    RowChange,
    Verdict,
)
from matrix.model.codec import encode, head_to_json, to_json
from matrix.report.html import SCRIPTS, STYLE, embedding, write_html
from matrix.report.html.embedding import PARTS, blocks, cause_of
from matrix.report.html.packing import packed
from tests.strategies import CELLS, MARKUP, MATRICES, TEXT

Attributes = tuple[tuple[str, str | None], ...]


class Page(HTMLParser):
    """A parsed page: elements, text, and embedded data."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, Attributes]] = []
        self.comments: list[str] = []
        self.said = ""
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self._within: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, tuple(attrs)))
        self._within.append(tag)
        if tag == "script":
            self.scripts.append((dict(attrs), ""))

    def handle_endtag(self, tag: str) -> None:
        while self._within and self._within.pop() != tag:
            pass

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)

    def handle_data(self, data: str) -> None:
        if self._within and self._within[-1] == "script":
            attributes, text = self.scripts[-1]
            self.scripts[-1] = (attributes, text + data)
        elif not self._within or self._within[-1] != "style":
            self.said += data

    def data(self, kind: str) -> list[Any]:
        """All blocks of a kind, parsed."""
        return [unpacked(t) for a, t in self.scripts if a.get("data-kind") == kind]

    def numbered(self, kind: str) -> dict[int, Any]:
        """Return the entries of all blocks of a kind, by number."""
        found: dict[int, Any] = {}
        for attributes, text in self.scripts:
            if attributes.get("data-kind") == kind:
                first, block = int(attributes["data-first"] or ""), unpacked(text)
                if kind == "details":
                    block = zip(*(accumulate(column) for column in block), strict=True)
                entries = dict(enumerate(block, start=first))
                assert not found.keys() & entries.keys(), "two entries with one number"
                found |= entries
        return found

    def cells(self) -> list[dict[str, Any]]:
        """The cells as their columns and parts say, put together as the page's script does."""
        (index,) = self.data("index")
        tables = {kind: self.numbered(kind) for kind in ("parts", "lines", "artifacts")}
        details = self.numbered("details")
        places = [place for block in self.data("cells") for place in zip(*block, strict=True)]
        names = [index[name] for name in ("pipelines", "formats", "environments", "environments")]
        found = []
        assert sorted(details) == list(range(len(places)))
        for number_of_cell, place in enumerate(places):
            detail = details[number_of_cell]
            *where, verdict, _ = place
            keys = [known[i] for known, i in zip(names, where, strict=True)]
            cell = dict(zip(("pipeline", "format", "writer", "reader"), keys, strict=True))
            cell["verdict"] = list(Verdict)[verdict].value
            for name, number in zip(index["parts"], detail, strict=True):
                cell[name] = number and part(tables, name, number)
            found.append(cell)
        return found


def part(tables: dict[str, dict[int, Any]], name: str, number: int) -> Any:
    """The part of a cell with a number, with the lines of its texts put together."""

    def joined(value: dict[str, Any], text: str) -> dict[str, Any]:
        return {**value, text: "\n".join(tables["lines"][i] for i in value[text])}

    if name == "artifact":
        return tables["artifacts"][number]
    value = tables["parts"][number]
    if name == "exception":
        return joined(value, "traceback")
    if name == "warning_details":
        return [joined(one, "message") for one in value]
    return value


def written(matrix: Matrix) -> str:
    stream = io.StringIO()
    write_html(matrix, stream)
    return stream.getvalue()


@cache
def page_of_many() -> Page:
    """The page of some twenty thousand cells, read once for several tests."""
    return Page(written(made_up_matrix()))


def shape(page: Page) -> set[tuple[str, Attributes]]:
    """The elements with their attributes, but for numbers, the time and the name of the page."""
    numbers = {"data-first", "data-cause", "datetime", "content"}
    place = re.compile(r"#?model-\d+")

    def numbered(name: str, value: str | None) -> tuple[str, str | None]:
        return name, re.sub(r"\b(model|table) \d+", r"\1 N", value) if value else value

    return {
        (
            tag,
            tuple(
                numbered(*a)
                for a in attrs
                if a[0] not in numbers and not place.fullmatch(a[1] or "")
            ),
        )
        for tag, attrs in page.elements
    }


ANSWER = ModelAnswer(
    model="tree.joblib",
    sha256="ab",
    origin="sklearn-1.2",
    group=Group.CHANGES,
    answer="changes 3 of 40 labels in 1.6",
    problem="nothing",
    pin="scikit-learn<1.6",
    safe=("1.2", "1.3"),
    first_bad="1.6",
    rows={"with far outliers": 40},
    worst={"sklearn-1.6": (RowChange(row=7, before="ham", after="spam"),)},
)


JOINT = JointAnswer(
    group=Group.FAILS,
    answer="Not safe",
    range='All are safe: pin "x"',
    pin="x",
    releases=("1.5.0", "1.6.1"),
    grid={
        group.value: (None, next(one for one in Verdict if one.group is group)) for group in Group
    },
)


def everything() -> Matrix:
    """A matrix that makes the page say all that it can."""
    matrix = small_matrix()
    step = NextStep(kind=NextStepKind.PIN, text="pin it", paste="scikit-learn<1.6")
    outcomes = tuple(
        ReleaseOutcome(
            name="1.6",
            readers=("sklearn-1.6",),
            group=group,
            text="changes",
            responsible="xgboost",
            advice=(step,),
        )
        for group in Group
    )
    answer = replace(ANSWER, next_steps=(step,), outcomes=outcomes, notes=("one", "two"))
    return replace(
        matrix,
        answers=tuple(replace(answer, group=group, model=group.value) for group in Group),
        joint=JOINT,
        interrupted=True,
        comparison=replace(all_new("base.toml"), full=False),
    )


def all_new(against: str) -> Comparison:
    """What the small matrix is where nothing was known before, and an acceptance is over."""
    over = Acceptance(reason="for a while", until=date(2026, 1, 1))
    known = baselines.of_matrix(replace(small_matrix(), cells=()), against)
    return baselines.compare(
        replace(known, acceptances=(over,)), small_matrix(), date(2026, 11, 21)
    )


def all_limited() -> Matrix:
    """A matrix in which only ``repr`` fails."""
    cells = [replace(one, verdict=Verdict.INTROSPECTION_FAILED) for one in small_matrix().cells]
    return replace(small_matrix(), cells=cells)


def scored() -> Matrix:
    """A matrix with scores that fell, rose, and stayed."""
    before = RegressorScores(r2=0.5, mean_absolute_error=1.0, max_error=3.0)
    after = RegressorScores(r2=0.1, mean_absolute_error=0.5, max_error=3.0)
    cells = [
        replace(one, pipeline=ANSWER.model, before=before, after=after)
        for one in small_matrix().cells
    ]
    return replace(small_matrix(), cells=cells, answers=(ANSWER, replace(ANSWER, scored_on=("2",))))


ALLOWED = set().union(
    shape(Page(written(scored()))),
    shape(page_of_many()),
    shape(Page(written(all_limited()))),
    *(shape(Page(written(one))) for one in (small_matrix(), everything())),
    *(shape(Page(written(replace(everything(), answers=(one,))))) for one in everything().answers),
    *(
        shape(Page(written(replace(everything(), joint=replace(JOINT, group=group)))))
        for group in Group
    ),
)


def without_defaults(cell: dict[str, Any]) -> Any:
    """Return the fields of a cell as JSON holds them; empty, None and zero are the same."""
    names = ("pipeline", "format", "writer", "reader", "verdict", *PARTS)
    return json.loads(encode({name: cell[name] or 0 for name in names}))


# --------------------------------------------------------------------------- foreign text


@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@given(MATRICES)
def test_no_element_and_no_attribute_comes_from_data(matrix: Matrix) -> None:
    """Whatever names, messages and versions say: only the template makes elements."""
    page = Page(written(matrix))
    assert shape(page) <= ALLOWED
    assert not page.comments


@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@given(MATRICES)
def test_what_is_embedded_is_what_there_is(matrix: Matrix) -> None:
    """Cell by cell, with NaN and infinities by name, and the head beside."""
    page = Page(written(matrix))
    assert [without_defaults(cell) for cell in page.cells()] == [
        without_defaults(to_json(cell)) for cell in matrix.cells
    ]
    (head,) = page.data("head")
    expected = head_to_json(matrix)
    assert {name: head[name] for name in expected} == json.loads(encode(expected))


@given(st.lists(TEXT | st.text() | st.sampled_from(MARKUP)))
def test_embedded_text_cannot_break_out(texts: list[str]) -> None:
    """No letter is left that could end a script or begin a comment."""
    found = packed(encode(texts)).text
    assert set(found) <= set(ascii_letters + digits + "+/=")
    assert unpacked(found) == texts


@given(CELLS)
def test_a_cause_is_one_line_that_can_be_printed(cell: Any) -> None:
    """It goes into a list to choose from, and into the address."""
    assert cause_of(cell).isprintable()


def test_foreign_text_shows_as_it_is() -> None:
    """Escaped, not thrown away: who names a model so wants to find it again."""
    name = "</script><img src=x onerror=alert(1)>"
    page = Page(written(replace(small_matrix(), answers=(replace(ANSWER, answer=name),))))
    assert name in page.said
    assert "img" not in {tag for tag, _ in page.elements}


# --------------------------------------------------------------------------- what it says


def test_counts_are_those_of_the_matrix_and_add_up() -> None:
    """In the figures at the top, in the table of verdicts, and in the cells."""
    matrix, page = made_up_matrix(), page_of_many()
    (head,) = page.data("head")
    counts = {one["name"]: one["count"] for one in head["verdicts"]}
    assert counts == {verdict.value: matrix.counts[verdict] for verdict in Verdict}
    assert Counter(cell["verdict"] for cell in page.cells()) == +Counter(counts)
    assert f"they add up to {matrix.counts.total():,}" in page.said
    for group in Group:
        n = sum(count for one, count in matrix.counts.items() if one.group is group)
        assert f" {n:,}" in page.said


def test_cells_of_several_blocks_stay_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a thousand cells in a block, 2,500 are three."""
    monkeypatch.setattr(embedding, "_BLOCK", 1000)
    matrix = so_many_cells(2500)
    page = Page(written(matrix))
    assert len(page.data("cells")) == 3
    assert [without_defaults(cell) for cell in page.cells()] == [
        without_defaults(to_json(cell)) for cell in matrix.cells
    ]


def test_pictures_have_a_bound_in_a_page_and_histograms_have_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Those that cells share are written once, and count once."""
    monkeypatch.setattr(embedding, "_MOST_PAIRS", 4)
    cell = next(cell for cell in small_matrix().cells if cell.outputs)
    drawn = []
    for number in (1, 2, 1, 3):  # the third shares its pairs with the first
        numbers = NumberChanges(counts=(number, 1), pairs=((number, 2.0), (number, 3.0)))
        output = OutputDifference(verdict=Verdict.SCORES_CHANGED, n=number, numbers=numbers)
        drawn.append(replace(cell, outputs={"predict": output}))
    matrix = replace(small_matrix(), cells=drawn)
    parts = [
        part for one in blocks(matrix) if one.kind == "parts" for part in unpacked(one.packed.text)
    ]
    found = [
        part["predict"]["numbers"] for part in parts if isinstance(part, dict) and "predict" in part
    ]
    assert [len(one["pairs"]) for one in found] == [2, 2, 0]
    assert [one["counts"] for one in found] == [[1, 1], [2, 1], [3, 1]]


def test_each_scrolling_part_has_a_name_of_its_own() -> None:
    """As a screen reader lists them: of two models, too."""
    outcome = ReleaseOutcome(name="1.9.1", readers=("e",), group=Group.LOADS, text="same")
    row = RowChange(row=1, before="1", after="2")
    answers = tuple(
        ModelAnswer(
            model=model,
            sha256="",
            origin="e",
            group=Group.LOADS,
            answer="safe",
            outcomes=(outcome,),
            worst={"e": (row,)},
        )
        for model in ("a.joblib", "b.joblib")
    )
    joint = JointAnswer(group=Group.LOADS, answer="Safe")
    page = written(replace(small_matrix(), answers=answers, joint=joint))
    names = re.findall(r'role="region" aria-label="([^"]*)"', page)
    assert len(names) >= 6
    assert len(set(names)) == len(names)


def test_shared_parts_are_embedded_once() -> None:
    """A traceback is long, and the same for hundreds of cells."""
    tracebacks = {c.exception.traceback for c in made_up_matrix().cells if c.exception}
    page = page_of_many()
    parts = [part for block in page.data("parts") for part in block]
    assert len({encode(part) for part in parts}) == len(parts)
    assert len([p for p in parts if isinstance(p, dict) and "traceback" in p]) == len(tracebacks)
    lines = [line for block in page.data("lines") for line in block]
    assert len(set(lines)) == len(lines)


def test_numbers_of_parts_continue_after_digests_are_dropped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A repeated part has a new number; a number never means two parts."""
    monkeypatch.setattr(embedding, "_MOST_REMEMBERED", 10)
    monkeypatch.setattr(embedding, "_BLOCK", 1000)
    matrix = so_many_cells(2500)
    page = Page(written(matrix))
    parts = page.numbered("parts")
    assert sorted(parts) == list(range(1, len(parts) + 1))
    assert len({encode(part) for part in parts.values()}) < len(parts)
    assert [without_defaults(cell) for cell in page.cells()] == [
        without_defaults(to_json(cell)) for cell in matrix.cells
    ]


def test_answers_come_first() -> None:
    """Before the figures and the map: they are what was asked."""
    said = Page(written(everything())).said
    assert said.index("changes: changes 3 of 40 labels") < said.index("change silently")
    for words in ("scikit-learn<1.6", "40 rows", "with far outliers", "1.2, 1.3", "ham", "spam"):
        assert words in said


def test_a_missed_fault_is_reported_at_the_top() -> None:
    """A result that cannot be trusted is marked before anything else."""
    missed = replace(small_matrix(), self_check={"dies on load": Detection.MISSED})
    said = Page(written(missed)).said
    assert said.index("The self-check missed planted faults: dies on load") < said.index(
        "change silently"
    )
    found = Page(written(replace(missed, self_check={"dies on load": Detection.DETECTED}))).said
    assert "missed planted faults" not in found
    assert "1 of 1 planted faults found" in found


def test_the_page_states_its_limits() -> None:
    """What "safe" means, how many are unknown, on how many rows, and what was not run."""
    said = Page(written(replace(small_matrix(), interrupted=True))).said
    assert "Safe means: these pipelines gave the same outputs on these rows" in said
    assert "are unknown: neither safe nor broken" in said
    assert "compared on 180 to 1,000 rows" in said
    assert "The run was interrupted" in said


def test_what_is_new_against_a_baseline_stands_above_the_map() -> None:
    compared = replace(small_matrix(), comparison=all_new("<base>.toml"))
    said = Page(written(compared)).said
    assert "acceptance expired: ; until 2026-01-01: for a while" in said
    assert "65 new, 0 worse, 0 fixed, 0 still, 0 gone" in said
    assert "new: pls_regression joblib: unknown → scores-changed" in said
    assert "Compared with <base>.toml" in said
    assert said.index("65 new") < said.index("change silently")


def test_an_unavailable_environment_has_its_reason() -> None:
    """In the table of environments."""
    assert "unavailable: no wheel of scikit-learn 0.21" in Page(written(small_matrix())).said


def test_a_matrix_without_cells_is_a_page_too() -> None:
    """Nothing was run, and the page states that."""
    page = Page(written(replace(small_matrix(), cells=())))
    assert page.cells() == []
    assert "they add up to 0" in page.said


# --------------------------------------------------------------------------- causes


def test_cells_that_fail_for_one_reason_share_a_cause() -> None:
    """Places and numbers that differ from cell to cell are folded away."""
    cell = next(iter(small_matrix().cells))
    one, other = (
        replace(
            cell,
            verdict=Verdict.LOAD_FAILED,
            exception=Failure(type="E", message=f"at 0x{n}ff of {n}", traceback=""),
        )
        for n in (1, 2)
    )
    assert cause_of(one) == cause_of(other) == "E: at 0x… of N"
    assert cause_of(replace(one, cause="sk-123")) == "sk-123"


def test_a_cell_that_is_not_safe_always_has_a_cause() -> None:
    """A cell with only a verdict is found by it; a safe cell has no cause."""
    cell = next(iter(small_matrix().cells))
    assert cause_of(cell) == ""
    assert cause_of(replace(cell, verdict=Verdict.CRASHED, reason="SIGSEGV")) == "SIGSEGV"
    changed = replace(cell, verdict=Verdict.LABELS_CHANGED, stage="predict")
    assert cause_of(changed) == "labels-changed in predict"
    assert cause_of(replace(cell, verdict=Verdict.NOT_RUN)) == "not-run"


def test_causes_beyond_a_limit_are_counted_together() -> None:
    """If every cell has another message, the list of the filter stays short."""
    cell = next(iter(small_matrix().cells))
    letters = ["".join(chr(97 + int(digit)) for digit in str(n)) for n in range(1500)]
    cells = [replace(cell, verdict=Verdict.CRASHED, reason=word) for word in letters]
    *_, last = blocks(replace(small_matrix(), cells=cells))
    causes = unpacked(last.packed.text)["causes"]
    assert len(causes) <= 1001
    assert "other causes" in causes[-1]


def test_a_card_has_the_cause_an_error_and_what_to_do() -> None:
    """Those of a known cause come from the list of causes; else a command looks for it."""
    cell = next(iter(small_matrix().cells))
    failed = replace(
        cell,
        verdict=Verdict.LOAD_FAILED,
        exception=Failure(type="ValueError", message="node array", traceback=""),
    )
    known = causes.by_id()["tree-nodes-1.3"]
    cells = [replace(failed, cause=known.id), replace(failed, pipeline="my model", exception=None)]
    said = Page(written(replace(small_matrix(), cells=cells))).said
    for text in (known.title, known.id, "ValueError: node array", known.advice.replace("`", "")):
        assert text in said
    assert f"explain --format={cell.format} 'my model' {cell.writer} {cell.reader}" in said


# --------------------------------------------------------------------------- the file


def test_the_policy_names_the_script_and_the_style_that_are_there() -> None:
    """Nothing else may run, and nothing may be fetched."""
    text = written(small_matrix())
    (policy,) = (
        dict(attributes)["content"]
        for tag, attributes in Page(text).elements
        if tag == "meta" and ("http-equiv", "Content-Security-Policy") in attributes
    )
    assert policy is not None
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    for tag in ("script", "style"):
        opening = {"script": '<script type="module">', "style": "<style>"}[tag]
        inside = text.rpartition(opening)[2].partition(f"</{tag}>")[0]
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


@pytest.mark.parametrize("name", [*STYLE, *SCRIPTS])
def test_nothing_is_fetched_and_no_text_becomes_markup(name: str) -> None:
    """Elements are made one by one, and their text is set as text."""
    source = files("matrix.report.html").joinpath(name).read_text("utf-8")
    source = source.replace(
        '"http://www.w3.org/2000/svg"', ""
    )  # a name; nothing is fetched from it
    for forbidden in (
        *("http:", "https:", "url(", "@import", "fetch(", "XMLHttpRequest", "import("),
        *("innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval(", "Function("),
        *("</script", "</style", "<!--"),
    ):
        assert forbidden not in source


def test_a_run_without_a_page_does_not_wait_for_the_template_engine() -> None:
    """It is imported when the page is written."""
    code = "import sys, matrix.cli.main; print('jinja2' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_difference_without_rows_shows_no_rows() -> None:
    """None were compared."""
    difference = OutputDifference(verdict=Verdict.STRUCTURE_CHANGED)
    cell = replace(next(iter(small_matrix().cells)), outputs={"predict": difference})
    assert "rows were compared" not in Page(written(replace(small_matrix(), cells=[cell]))).said
