"""Breaks along the line of releases, from grids in these tests."""

from __future__ import annotations

from dataclasses import replace

from made_up import environment, small_matrix, unavailable

from matrix.model import Cell, Direction, Environment, Verdict
from matrix.report.releases import Break, find_breaks, release_line, variations
from matrix.report.summary import summarize

LINE = [environment(f"1.{i}", f"1.{i}.0") for i in range(4)]
LETTERS = {
    ".": Verdict.IDENTICAL,
    "x": Verdict.LOAD_FAILED,
    "n": Verdict.SCORES_CHANGED,
    "~": Verdict.INTROSPECTION_FAILED,
    "?": Verdict.UNAVAILABLE,
    " ": None,
}


def breaks(
    grids: dict[str, str], environments: list[Environment] = LINE, fmt: str = "joblib"
) -> list[str]:
    """The breaks of pipelines by drawing: a row a writer, a column a reader."""
    cells = [
        Cell(pipeline=name, format=fmt, writer=w.id, reader=r.id, verdict=verdict)
        for name, drawing in grids.items()
        for w, row in zip(environments, drawing.split("/"), strict=True)
        for r, letter in zip(environments, row, strict=True)
        if (verdict := LETTERS[letter]) is not None
    ]
    matrix = replace(small_matrix(), environments=tuple(environments), cells=cells)
    return [written(found) for found in find_breaks(summarize(matrix).grids)]


def written(found: Break) -> str:
    ends = f"{found.farthest.spec.label}..{found.nearest.spec.label}"
    open_end = "open " if found.open else ""
    return (
        f"{found.direction.value} {open_end}{ends} -> {found.reader.spec.label} "
        f"{found.verdict.value}: {', '.join(found.pipelines)}"
    )


def test_nothing_breaks() -> None:
    """No news."""
    assert breaks({"a": "..../..../..../...."}) == []


def test_all_writers_before_a_release_break_there() -> None:
    """One line for the upgrades and one for the rollbacks, not one for each pair."""
    assert breaks({"a": "..xx/..xx/xx../xx.."}) == [
        "upgrade open 1.0..1.1 -> 1.2 load-failed: a",
        "rollback open 1.3..1.2 -> 1.1 load-failed: a",
    ]


def test_a_repr_that_fails_earlier_hides_no_later_change() -> None:
    """Both are reported: from where it fails, and from where predictions change."""
    assert breaks({"a": ".~~n/...n/..../...."}) == [
        "upgrade open 1.0..1.0 -> 1.1 introspection-failed: a",
        "upgrade open 1.0..1.1 -> 1.3 scores-changed: a",
    ]


def test_a_repr_that_fails_later_than_the_prediction_is_no_news() -> None:
    assert breaks({"a": ".x~~/..../..../...."}) == ["upgrade open 1.0..1.0 -> 1.1 load-failed: a"]


def test_pipelines_with_the_same_break_share_a_line() -> None:
    """And those that do not, do not."""
    assert breaks(
        {"a": "..xx/..xx/..../....", "b": "..xx/..xx/..../....", "c": "..../..n./..../...."}
    ) == [
        "upgrade open 1.0..1.1 -> 1.2 load-failed: a, b",
        "upgrade 1.1..1.1 -> 1.2 scores-changed: c",
    ]


def test_each_writer_meets_its_own_first_bad_reader() -> None:
    """Silent in one release, an error in the next: the first one is reported."""
    assert breaks({"a": ".n../...x/..../...."}) == [
        "upgrade open 1.0..1.0 -> 1.1 scores-changed: a",
        "upgrade 1.1..1.1 -> 1.3 load-failed: a",
    ]


def test_writers_that_broke_before_do_not_close_a_run() -> None:
    """1.0 already broke in 1.1, and does not load in 1.3 either: up to 1.2, then."""
    assert breaks({"a": ".x.x/...x/...x/...."})[-1] == "upgrade open 1.0..1.2 -> 1.3 load-failed: a"


def test_unknown_cells_neither_end_a_run_nor_are_breaks() -> None:
    """A release that lacks the estimator is a gap."""
    assert breaks({"a": "????/?.?x/????/?..."}) == ["upgrade open 1.0..1.1 -> 1.3 load-failed: a"]
    assert breaks({"a": "????/????/????/????"}) == []
    assert breaks({"a": "...x/????/...x/...."}) == ["upgrade open 1.0..1.2 -> 1.3 load-failed: a"]
    assert breaks({"a": "    /  x /    /    "}) == ["upgrade open 1.0..1.1 -> 1.2 load-failed: a"]


def test_formats_are_named_where_only_some_break() -> None:
    """Protocol 5 alone, say."""
    cells = [
        Cell(pipeline="a", format=fmt, writer=LINE[0].id, reader=LINE[1].id, verdict=verdict)
        for fmt, verdict in (("joblib", Verdict.IDENTICAL), ("pickle-5", Verdict.LOAD_FAILED))
    ]
    matrix = replace(small_matrix(), environments=tuple(LINE), cells=cells)
    [found] = find_breaks(summarize(matrix).grids)
    assert found.pipelines == ("a [pickle-5]",)


def test_a_variation_is_reported_in_both_directions_and_is_not_on_the_line() -> None:
    """A variation is compared with what it varies."""
    numpy1 = environment("1.1 numpy1.26", "1.1.0", like="sklearn-1.1")
    three = [LINE[0], LINE[1], numpy1]
    assert release_line(three) == LINE[:2]
    assert variations(three) == [(LINE[1], numpy1)]
    assert breaks({"a": "..x/..x/.n."}, three) == [
        "variation 1.1..1.1 -> 1.1 numpy1.26 load-failed: a",
        "variation 1.1 numpy1.26..1.1 numpy1.26 -> 1.1 scores-changed: a",
    ]


def test_the_line_is_in_the_order_of_versions_with_one_environment_each() -> None:
    """1.10 comes after 1.9; unavailable ones are left out; ``latest`` is what is installed."""
    latest = environment("latest", "1.10.0")
    again = environment("1.9 again", "1.9.0")
    line = [latest, environment("1.9", "1.9.0"), again, unavailable("1.4", "no wheel")]
    assert [found.spec.label for found in release_line(line)] == ["1.9", "latest"]


def test_directions_are_in_order() -> None:
    """Upgrades, rollbacks, variations."""
    assert [direction.value for direction in Direction] == ["upgrade", "rollback", "variation"]
