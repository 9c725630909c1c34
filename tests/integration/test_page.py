"""The HTML report in a real browser: it draws, filters, opens, and asks no network for anything.

The browser is the Chromium that is installed here, driven by Playwright; without one these tests
are skipped, and say so.
"""

from __future__ import annotations

import base64
import os
import re
import shutil
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from made_up import made_up_matrix, small_matrix, so_many_cells

from matrix import causes
from matrix.model import (
    Cell,
    Environment,
    Failure,
    Group,
    Matrix,
    ModelAnswer,
    NumberChanges,
    RowChange,
    Verdict,
)
from matrix.report import ReportOutput
from matrix.report.html.packing import packed
from matrix.report.verdict_words import GROUP_WORDS

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A browser without a window."""
    playwright = pytest.importorskip("playwright.sync_api")
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip(f"there is no browser here: none of {', '.join(NAMES)} is on PATH")
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    with playwright.sync_playwright() as running:
        launched = running.chromium.launch(
            executable_path=found, args=["--no-sandbox"] if root else []
        )
        yield launched
        launched.close()


Open = Callable[..., Any]


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Iterator[Open]:
    """Write a matrix as a page and open it from disk; in the end nothing must have gone wrong."""
    wrong: list[str] = []
    pages = []

    def open_page(matrix: Matrix, hash_: str = "", **options: Any) -> Any:
        path = tmp_path / "page.html"
        ReportOutput("html", path).write(matrix)
        page = browser.new_page(**{"viewport": {"width": 1200, "height": 900}, **options})
        pages.append(page)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda message: wrong.append(message.text))
        page.on("dialog", lambda dialog: wrong.append(dialog.message))
        page.on(
            "request",
            lambda asked: None if asked.url.startswith("file:") else wrong.append(asked.url),
        )
        page.goto(path.as_uri() + hash_)
        page.wait_for_selector("body[data-ready]")
        return page

    yield open_page
    for page in pages:
        page.close()
    assert wrong == []


def shown(page: Any) -> str:
    """How many cells are shown, and what they come to."""
    text: str = page.locator("#shown").inner_text()
    return text


def focused(page: Any) -> str:
    """What a screen reader calls the element that has the focus."""
    name: str = page.evaluate(
        "document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent"
    )
    return name


def address(page: Any) -> str:
    """What follows the path in the address, as the page itself has it at this moment."""
    found: str = page.evaluate("location.hash")
    return found


def square(page: Any, writer: str, reader: str) -> Any:
    """A square of the map, by its name."""
    return page.get_by_role(
        "gridcell",
        name=re.compile(rf"saved by {re.escape(writer)}, loaded by {re.escape(reader)}:"),
    )


# --------------------------------------------------------------------------- the map


def test_the_map_says_what_the_matrix_does(opened: Open) -> None:
    """The name of each square counts the cells of its pair, by answer."""
    page = opened(small_matrix())
    pairs: dict[tuple[str, str], dict[Group, int]] = {}
    for cell in small_matrix().cells:
        groups = pairs.setdefault((cell.writer, cell.reader), dict.fromkeys(Group, 0))
        groups[cell.verdict.group] += 1
    squares = page.locator("#map [data-row]")
    assert squares.count() == len(pairs)
    labels = {one.id: one.spec.label for one in small_matrix().environments}
    for (writer, reader), groups in pairs.items():
        name = square(page, labels[writer], labels[reader]).locator(".unseen").inner_text()
        said = {part.strip() for part in name.split(":")[1].partition("(")[0].split(",")}
        assert said == {f"{n} {GROUP_WORDS[group].label}" for group, n in groups.items() if n}


def test_no_square_says_anything_by_colour_alone(opened: Open) -> None:
    """Each has a symbol, in both views."""
    page = opened(small_matrix())
    symbols = {word.symbol for word in GROUP_WORDS.values()}
    for view in ("map", "line"):
        texts = page.locator(f"#{view} [data-row]").all_inner_texts()
        assert texts
        assert all(set(text) & symbols for text in texts)


def test_a_green_square_says_how_much_of_it_is_not_known(opened: Open) -> None:
    """Every known cell is safe, and some cells are unknown."""
    page = opened(small_matrix())
    # the lambda could not be saved
    assert square(page, "1.3", "1.3").locator("div").inner_text().split() == ["100", "%", "·"]


def test_a_square_shows_the_share_that_is_safe_and_signs_of_the_rest(opened: Open) -> None:
    """Of the testable cells; it says 100 % only of all."""
    page = opened(small_matrix())
    labels = {one.id: one.spec.label for one in small_matrix().environments}
    pair = ("sklearn-1.3", "sklearn-1.6")
    of = Counter(
        cell.verdict.group for cell in small_matrix().cells if (cell.writer, cell.reader) == pair
    )
    testable = of.total() - of[Group.UNKNOWN]
    shown_there = (
        square(page, *(labels[one] for one in pair)).locator("div").inner_text().split("\n")
    )
    assert shown_there[0] == f"{round(100 * of[Group.LOADS] / testable)} %"
    signs = [GROUP_WORDS[one].symbol for one in (Group.FAILS, Group.CHANGES, Group.UNKNOWN)]
    assert [sign for sign in signs if sign in shown_there[-1]] == [
        GROUP_WORDS[one].symbol for one in (Group.FAILS, Group.CHANGES, Group.UNKNOWN) if of[one]
    ]


def test_known_mistakes_are_counted_apart(opened: Open) -> None:
    """A pipeline that fails wherever it is does not make every square worse."""
    matrix = small_matrix()
    failing = next(one.pipeline for one in matrix.cells if one.verdict.group is Group.FAILS)
    tagged = [
        replace(one, tags=("mistake",)) if one.id == failing else one for one in matrix.pipelines
    ]
    page = opened(replace(matrix, pipelines=tuple(tagged)))
    n = sum(1 for one in matrix.cells if one.pipeline == failing)
    assert f"Of these, {n} cells belong to 1 pipeline with the tag mistake" in page.content()
    shares = page.locator("#map [data-row] b").all_inner_texts()
    page.get_by_role("button", name="Show them").click()
    assert page.locator('[name="pipeline"]').input_value() == "tag:mistake"
    assert page.locator("#map [data-row] b").all_inner_texts() != shares
    assert page.locator("#line tbody tr").count() == 1


def test_the_keyboard_moves_opens_and_comes_back(opened: Open) -> None:
    """One stop for Tab; arrows move, Enter opens, Escape closes where one was."""
    page = opened(small_matrix())
    assert page.locator('#map [tabindex="0"]').count() == 1
    page.locator('#map [tabindex="0"]').focus()
    assert "saved by 1.2, loaded by 1.2" in focused(page)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    assert "saved by 1.3, loaded by 1.5" in focused(page)
    page.keyboard.press("Enter")
    assert focused(page) == "1.3 → 1.5"
    assert "at=sklearn-1.3&to=sklearn-1.5" in address(page)
    page.keyboard.press("Escape")
    page.wait_for_function("!location.hash.includes('at=')")  # said a moment after it closes
    assert not page.get_by_role("dialog").is_visible()
    assert "saved by 1.3, loaded by 1.5" in focused(page)
    page.keyboard.press("Control+End")
    assert "saved by 1.5 numpy1.26, loaded by 1.5 numpy1.26" in focused(page)


# --------------------------------------------------------------------------- filters


def counted(matrix: Matrix, wanted: Callable[[Cell], bool]) -> str:
    total = sum(1 for _ in matrix.cells)
    return f"{sum(1 for cell in matrix.cells if wanted(cell)):,} of {total:,} cells"


def test_each_filter_keeps_what_it_says_and_stands_in_the_address(opened: Open) -> None:
    """A view that is opened from its address shows the same."""
    matrix = small_matrix()
    cases: list[tuple[str, str, Callable[[Cell], bool]]] = [
        ("pipeline", "*forest* pls", lambda c: "forest" in c.pipeline or "pls" in c.pipeline),
        ("format", "pickle-5", lambda c: c.format == "pickle-5"),
        ("verdict", "labels-changed", lambda c: c.verdict is Verdict.LABELS_CHANGED),
        ("verdict", "fails", lambda c: c.verdict.group is Group.FAILS),
        ("writer", "sklearn-1.3", lambda c: c.writer == "sklearn-1.3"),
        ("reader", "sklearn-1.6", lambda c: c.reader == "sklearn-1.6"),
        ("cause", "labels-changed in predict", lambda c: c.verdict is Verdict.LABELS_CHANGED),
    ]
    page = opened(matrix)
    for name, value, wanted in cases:
        control = page.locator(f'[name="{name}"]')
        control.fill(value) if name == "pipeline" else control.select_option(value)
        expected = counted(matrix, wanted)
        assert shown(page).startswith(expected), name
        assert f"{name}=" in address(page)
        again = opened(matrix, address(page))
        assert shown(again) == shown(page)
        assert again.locator(f'[name="{name}"]').input_value() == value
        page.get_by_role("button", name="Show all").click()
        assert shown(page).startswith("All ")
        assert f"{name}=" not in address(page)


def test_filters_hold_together(opened: Open) -> None:
    """All of them at once, each taking away."""
    matrix = made_up_matrix()
    page = opened(matrix, "#pipeline=tree&verdict=bad&writer=sklearn-1.2&format=joblib")
    bad = (Group.CHANGES, Group.FAILS)
    assert shown(page).startswith(
        counted(
            matrix,
            lambda c: (
                "tree" in c.pipeline
                and c.verdict.group in bad
                and c.writer == "sklearn-1.2"
                and c.format == "joblib"
            ),
        )
    )


def test_what_matches_nothing_says_so(opened: Open) -> None:
    """An address may come from another report; what it names that is not here is shown."""
    page = opened(small_matrix(), "#cause=never+seen")
    assert shown(page).startswith("0 of ")
    assert "No cell matches" in page.locator("#map").inner_text()
    assert page.locator('[name="cause"]').input_value() == "never seen"


# --------------------------------------------------------------------------- what is opened


def test_a_cell_shows_all_its_evidence(opened: Open) -> None:
    """From the map to the pair to the cell: verdict, outputs, scores, packages, and by hand."""
    page = opened(small_matrix())
    square(page, "1.3", "1.6").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="adaboost_samme_r").click()
    said = dialog.inner_text()
    for words in (
        *("labels-changed", "Decided by predict, without an error or a warning"),
        *("16 of 1,000", "0.9 → 0.1", "spam"),
        *("1.26.2", "2.2.1", "numpy"),
        "compat-matrix explain --format=joblib adaboost_samme_r sklearn-1.3 sklearn-1.6",
        *("bin/python", "fixtures"),
    ):
        assert words.replace("0.9 → 0.1", "0.9\u00a0→\u00a00.1") in said
    dialog.get_by_role("button", name="all of 1.3 → 1.6").click()
    assert focused(page) == "1.3 → 1.6"
    page.go_back()
    page.wait_for_function("document.activeElement.textContent === 'adaboost_samme_r'")


def test_a_failure_shows_its_traceback(opened: Open) -> None:
    """Opened from its address alone."""
    page = opened(
        small_matrix(),
        "#at=sklearn-1.2&to=sklearn-1.3&of=random_forest_classifier&in=joblib",
    )
    said = page.get_by_role("dialog").inner_text()
    assert "ValueError: node array from the pickle" in said
    assert "Traceback …" in said


def test_the_answers_of_an_upgrade_check_come_first(opened: Open) -> None:
    """And a cell shows the rows that changed most."""
    answer = ModelAnswer(
        model="ridge",
        sha256="ab",
        origin="sklearn-1.2",
        group=Group.CHANGES,
        answer="changes 3 of 40 labels in 1.6",
        worst={"sklearn-1.6": (RowChange(row=7, before="ham", after="spam"),)},
    )
    page = opened(
        replace(small_matrix(), answers=(answer,)),
        "#at=sklearn-1.2&to=sklearn-1.6&of=ridge&in=joblib",
    )
    top = page.locator("#answers").bounding_box()["y"]
    assert top < page.locator(".figures").bounding_box()["y"]
    said = page.get_by_role("dialog").inner_text()
    loads = page.locator("#answers .loads button").all_inner_texts()
    assert any(text.endswith(" 1.6") for text in loads)
    assert "ham" in said
    assert "compat-matrix upgrade --reproduce=by-hand ridge" in said


def test_a_cell_of_a_known_cause_says_why_and_what_to_do(opened: Open) -> None:
    matrix = small_matrix()
    known = causes.by_id()["tree-nodes-1.3"]
    cells = [
        replace(cell, cause=known.id) if cell.exception is not None else cell
        for cell in matrix.cells
    ]
    at = next(cell for cell in cells if cell.cause)
    page = opened(
        replace(matrix, cells=cells),
        f"#at={at.writer}&to={at.reader}&of={at.pipeline}&in={at.format}",
    )
    told = page.locator(".cause").inner_text()
    for said in (known.title, known.id, known.explanation, known.advice):
        assert said.replace("`", "") in told
    links = page.locator(".cause a").evaluate_all("found => found.map((one) => one.href)")
    assert links == list(known.links)


# --------------------------------------------------------------------------- by pipeline


def test_the_line_of_releases_is_said_in_words(opened: Open) -> None:
    """Loads, changes, fails and unknown are kept apart."""
    page = opened(made_up_matrix(), "#view=line&from=sklearn-1.3&pipeline=tree_classifier")
    row = page.locator("#line tbody tr").filter(has_text="decision_tree_classifier")
    assert row.locator(".words").inner_text() == "fails up to 1.2, safe in 1.3, changes from 1.4"
    page.locator("#from").select_option("sklearn-0.22")
    page.locator('[name="pipeline"]').fill("target_encoder_ridge")
    assert page.locator("#line .words").all_inner_texts() == ["unknown in all"]
    assert "from=sklearn-0.22" in address(page)


def test_a_square_of_the_line_opens_its_cell(opened: Open) -> None:
    """With the keyboard too."""
    page = opened(small_matrix(), "#view=line&from=sklearn-1.2&pipeline=pls_regression")
    page.locator('#line [tabindex="0"]').focus()
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    page.get_by_role("dialog").wait_for()
    assert focused(page) == "pls_regression"
    assert "1.5 numpy1.26" in page.get_by_role("dialog").inner_text()


# --------------------------------------------------------------------------- whatever comes


HOSTILE = "</script><img src=x onerror=alert(1)><!--\u2028\u202e'\"&lt;"


def hostile() -> Matrix:
    """Markup in all that a model or a configuration can name."""

    def renamed(environment: Environment) -> Environment:
        spec = replace(environment.spec, id=environment.id + HOSTILE, label=HOSTILE)
        return replace(environment, spec=spec)

    matrix = small_matrix()
    cells = [
        replace(
            cell,
            pipeline=cell.pipeline + HOSTILE,
            format=HOSTILE,
            writer=cell.writer + HOSTILE,
            reader=cell.reader + HOSTILE,
            stage=HOSTILE,
            reason=HOSTILE,
            exception=Failure(type=HOSTILE, message=HOSTILE, traceback=HOSTILE),
        )
        for cell in matrix.cells
    ]
    return replace(matrix, environments=tuple(map(renamed, matrix.environments)), cells=cells)


def test_hostile_names_and_messages_are_text(opened: Open) -> None:
    """In the map, the filters, the by-pipeline view and what is opened."""
    page = opened(hostile())
    page.locator("#map [data-row]").first.click()
    page.get_by_role("dialog").get_by_role("button", name="ridge").first.click()
    assert (
        "<img src=x onerror=alert(1)><!--\\u2028\\u202e" in page.get_by_role("dialog").inner_text()
    )
    page.keyboard.press("Escape")
    assert page.locator("img").count() == 0
    page.locator('[name="format"]').select_option(HOSTILE)
    assert page.locator('[name="format"]').input_value() == HOSTILE
    assert not shown(page).startswith("0 of")


def test_nothing_is_a_page_too(opened: Open) -> None:
    """No cell, no environment."""
    page = opened(replace(small_matrix(), cells=(), environments=(), pipelines=()), "#view=line")
    assert shown(page) == "All 0 cells: no cells"


def test_a_file_that_is_not_whole_says_so(opened: Open, browser: Any, tmp_path: Path) -> None:
    """The cells are counted again in the browser, and held to what was written."""
    opened(small_matrix())
    text = (tmp_path / "page.html").read_text("utf-8")
    broken = tmp_path / "broken.html"
    packed_head = re.compile(r'(data-kind="head">)([^<]+)')

    def altered(found: re.Match[str]) -> str:
        head = zlib.decompress(base64.b64decode(found[2])).decode()
        head = re.sub(r'("name":"identical".*?"count":)\d+', r"\g<1>7", head, count=1)
        return found[1] + packed(head).text

    broken.write_text(packed_head.sub(altered, text, count=1), "utf-8")
    page = browser.new_page()
    page.goto(broken.as_uri())
    page.wait_for_selector("body[data-ready]")
    assert "do not add up (identical)" in page.locator("#fault").inner_text()
    page.close()


# --------------------------------------------------------------------------- how it looks


@pytest.mark.parametrize("view", ["map", "line"])
def test_a_telephone_scrolls_the_table_and_not_the_page(opened: Open, view: str) -> None:
    """400 pixels wide."""
    page = opened(made_up_matrix(), f"#view={view}", viewport={"width": 400, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") == 400


def test_light_and_dark_follow_the_reader(opened: Open) -> None:
    """Text keeps well apart from what is behind it in both: 4.5 to 1 at least."""
    for scheme in ("light", "dark"):
        page = opened(small_matrix(), color_scheme=scheme)
        assert page.evaluate(CONTRAST) >= 4.5
        light = page.evaluate("getComputedStyle(document.body).backgroundColor").startswith(
            "rgb(25"
        )
        assert light is (scheme == "light")


CONTRAST = """() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const light = (colour) => {
    canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map((part) => {
      const share = part / 255;
      return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const pairs = [...document.querySelectorAll("#map [data-row]")].map((cell) => {
    const style = getComputedStyle(cell);
    return [light(style.color), light(style.backgroundColor)].sort((a, b) => b - a);
  });
  return Math.min(...pairs.map(([high, low]) => (high + 0.05) / (low + 0.05)));
}"""


def test_twenty_five_thousand_cells_open_and_filter(opened: Open) -> None:
    """How fast is for the benchmark to say; that it works is said here."""
    matrix = so_many_cells(25_000)
    page = opened(matrix)
    assert shown(page).startswith("All 25,000 cells")
    page.locator('[name="pipeline"]').fill("forest")
    assert shown(page).startswith(counted(matrix, lambda c: "forest" in c.pipeline))


# --------------------------------------------------------------------------- for everyone


AXE = """async () => (await axe.run(document, { resultTypes: ["violations"] })).violations
  .filter((one) => ["serious", "critical"].includes(one.impact))
  .map((one) => `${one.id}: ${one.nodes.map((node) => node.target).join(", ")}`)"""
OPENED = "#at=sklearn-1.3&to=sklearn-1.6&of=adaboost_samme_r&in=joblib"


@pytest.mark.parametrize(
    ("width", "scheme"), [(390, "dark"), pytest.param(1440, "light", marks=pytest.mark.nightly)]
)
def test_axe_finds_nothing_serious(opened: Open, width: int, scheme: str) -> None:
    """In the page with all that it can show, and in a cell with its pictures."""
    script = pytest.importorskip("axe_playwright_python")
    source = files(script).joinpath("axe.min.js").read_text("utf-8")
    for hash_ in ("", OPENED):
        page = opened(
            with_pictures(), hash_, viewport={"width": width, "height": 900}, color_scheme=scheme
        )
        page.evaluate(source)
        assert page.evaluate(AXE) == []


def with_pictures() -> Matrix:
    """A matrix whose changed outputs say how far their numbers moved."""
    moved = NumberChanges(counts=(5, 0, 0, 0, 1, 0, 2, 9), pairs=((0.1, 0.1), (0.2, 0.9)))
    cells = [
        replace(
            cell,
            outputs={name: replace(one, numbers=moved) for name, one in cell.outputs.items()},
        )
        for cell in small_matrix().cells
    ]
    return replace(small_matrix(), cells=cells)


def test_a_changed_cell_has_pictures_with_a_text_for_each(opened: Open) -> None:
    """How far numbers moved, before against after, scores, and two confusion matrices."""
    page = opened(with_pictures(), OPENED)
    texts = page.locator("#detail svg").evaluate_all(
        "found => found.map((one) => one.getAttribute('aria-label'))"
    )
    for start in (
        "predict: how far 17 numbers moved, relative to their size: 5 the same, 1 <0.001",
        "predict: before against after: 1 of 2 shown numbers are visibly off the line",
        "Scores before and after: ",
        "Confusion before saving",
        "Confusion after loading",
    ):
        assert any(text.startswith(start) for text in texts), (start, texts)
