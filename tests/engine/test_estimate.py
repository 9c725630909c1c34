"""The remaining time is estimated from the durations of finished work."""

from __future__ import annotations

from pathlib import Path

import pytest

from matrix.engine.estimate import Estimate
from matrix.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def test_without_a_history_the_time_is_unknown(store: Store) -> None:
    estimate = Estimate(store, slots=2)
    estimate.expect("load", "a", 100)
    assert estimate.seconds_left() is None


def test_a_first_run_estimates_from_its_finished_work(store: Store) -> None:
    estimate = Estimate(store, slots=2)
    estimate.expect("load", "a", 120)
    estimate.expect("load", "b", 100)
    for _ in range(20):
        estimate.took("load", "a", 0.5)
    assert estimate.seconds_left() == pytest.approx((100 + 100) * 0.5 / 2, rel=0.3)


def test_a_later_run_has_an_estimate_from_the_start(store: Store) -> None:
    first = Estimate(store, slots=1)
    for _ in range(20):
        first.took("load", "a", 2.0)
    first.keep()
    later = Estimate(store, slots=1)
    later.expect("load", "a", 10)
    assert later.seconds_left() == pytest.approx(20, rel=0.3)
    later.expect("load", "a", 0)
    assert later.seconds_left() == 0


def test_an_environment_without_a_history_has_the_mean_of_the_others(store: Store) -> None:
    store.keep_rates({("load", "a"): 1.0, ("load", "b"): 3.0, ("save", "a"): 99.0})
    estimate = Estimate(store, slots=1)
    estimate.expect("load", "new", 10)
    assert estimate.seconds_left() == pytest.approx(20, rel=0.3)
