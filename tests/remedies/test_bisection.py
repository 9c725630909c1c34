"""Bisection finds the first bad release, and reports which releases are unknown."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from matrix.remedies.bisection import bisect

RELEASES = [f"1.{n}" for n in range(30)]


@given(st.integers(1, 29))
def test_the_first_bad_release_is_found_with_few_tests(first_bad: int) -> None:
    found = bisect(RELEASES[0], RELEASES[-1], RELEASES[1:-1], lambda one: _place(one) < first_bad)
    assert (found.last_good, found.first_bad) == (RELEASES[first_bad - 1], RELEASES[first_bad])
    assert found.gap == ()
    assert len(found.tested) <= 6


@given(st.lists(st.sampled_from([True, False, None]), min_size=28, max_size=28))
def test_the_two_named_releases_were_tested(answers: list[bool | None]) -> None:
    """Also where good and bad take turns, and where some are unknown."""
    found = bisect(RELEASES[0], RELEASES[-1], RELEASES[1:-1], lambda one: answers[_place(one) - 1])
    assert found.tested.get(found.last_good, True) is True
    assert found.tested.get(found.first_bad, False) is False
    assert _place(found.last_good) < _place(found.first_bad)
    assert all(found.tested[one] is None for one in found.gap)
    between = RELEASES[_place(found.last_good) + 1 : _place(found.first_bad)]
    assert list(found.gap) == between


def test_adjacent_releases_need_no_test() -> None:
    found = bisect("1.2", "1.3", [], lambda _: 1 / 0)  # type: ignore[arg-type,return-value]
    assert (found.last_good, found.first_bad, found.tested) == ("1.2", "1.3", {})


def _place(release: str) -> int:
    return RELEASES.index(release)
