"""The description of the first bad release claims only what was tested."""

from __future__ import annotations

from dataclasses import replace

from matrix.remedies import FirstBad

from .conftest import BAD, SAFE, cell

RUN = {"1.4.2": cell(SAFE), "1.5.0": cell(BAD)}


def first_bad(*, gap: tuple[str, ...] = (), exact: bool = True, back: bool = False) -> FirstBad:
    return FirstBad(
        package="scikit-learn",
        last_good="1.4.2",
        first_bad="1.5.0",
        gap=gap,
        exact=exact,
        back=back,
        run=RUN,
    )


def test_exactly() -> None:
    assert first_bad().words == (
        "first bad: scikit-learn 1.5.0; 1.4.2 is the last good one (run: 1.4.2, 1.5.0)"
    )
    assert first_bad().requirement == "scikit-learn<1.5"


def test_a_gap_is_reported_and_not_pinned() -> None:
    found = first_bad(gap=("1.4.3",), exact=False)
    assert "unknown between them: 1.4.3" in found.words
    assert found.requirement == "scikit-learn<=1.4.2"
    assert "were not run" in first_bad(exact=False).words
    assert first_bad(exact=False).requirement == "scikit-learn<=1.4.2"


def test_the_way_back() -> None:
    assert first_bad(back=True).words.startswith(
        "bad from scikit-learn 1.5.0 down; 1.4.2 is still good"
    )
    assert first_bad(back=True).requirement == "scikit-learn>=1.4.2"


def test_releases_with_other_packages_are_reported_as_such() -> None:
    """What is seen then need not be the doing of scikit-learn."""
    found = replace(first_bad(), held=False)
    assert "each with the packages of its time" in found.words
