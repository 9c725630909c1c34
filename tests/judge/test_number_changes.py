"""Pictures of what moved: counts by size of the difference, and pairs that hold the largest."""

from __future__ import annotations

import numpy as np

from matrix.judge.number_changes import STEPS, number_changes


def test_each_number_is_counted_by_how_far_it_moved() -> None:
    """Relative to the larger of the two; equal ones first, infinite ones last."""
    before = np.array([1.0, 0.0, 1.0, 1.0, 1.0, 2.0, np.inf])
    after = np.array([1.0, 0.0, 1 + 1e-13, 1 + 1e-7, 1.005, -2.0, 1.0])
    found = number_changes([(before, after)])
    assert found is not None
    assert found.counts == (2, 1, 0, 1, 0, 1, 0, 2)
    assert len(found.counts) == len(STEPS) + 2


def test_the_pairs_hold_what_moved_most_and_the_whole_range() -> None:
    """In the order of the values before, with four digits."""
    before = np.arange(1000, dtype=float)
    after = before.copy()
    after[123] += 7.00001
    found = number_changes([(before[:500], after[:500]), (before[500:], after[500:])])
    assert found is not None
    assert (123.0, 130.0) in found.pairs
    assert found.pairs[0] == (0.0, 0.0)
    assert found.pairs[-1] == (999.0, 999.0)
    assert len(found.pairs) <= 24
    assert list(found.pairs) == sorted(found.pairs)


def test_an_output_without_numbers_has_no_picture() -> None:
    assert number_changes([]) is None
    assert number_changes([(np.empty(0), np.empty(0))]) is None
