"""What counts as rounding noise: each column has its own scale, that of its ordinary values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matrix.judge import content
from matrix.judge.tolerance import close, scale_of
from matrix.model import Tolerance, Verdict

from .conftest import Bench

TOLERANCE = Tolerance()
RANDOM = np.random.default_rng(0)
SMALL = RANDOM.normal(size=(60, 3))

LARGE_COLUMNS = {
    "seconds since 1970": 1.7e9 + 3600.0 * np.arange(60),
    "nanoseconds since 1970": 1.7e18 + 3.6e12 * np.arange(60),
    "an identifier": np.arange(60) * 1e12,
    "a price with one far outlier": np.r_[np.ones(59), 1e15],
}


@pytest.mark.parametrize("name", LARGE_COLUMNS)
@pytest.mark.parametrize("change", [1e-5, 1e-3, 0.2])
def test_a_large_column_hides_no_change_in_the_others(
    bench: Bench, name: str, change: float
) -> None:
    large = LARGE_COLUMNS[name]
    before = np.c_[SMALL, large]
    after = np.c_[SMALL * (1 + change), large]
    cell = bench.judge({"transform": before}, {"transform": after})
    assert cell.verdict is Verdict.SCORES_CHANGED
    assert cell.outputs["transform"].n_changed == 60


@pytest.mark.parametrize("name", LARGE_COLUMNS)
def test_several_large_columns_hide_nothing_either(bench: Bench, name: str) -> None:
    large = np.c_[tuple(LARGE_COLUMNS.values())]
    before = np.c_[large, SMALL[:, :1], large]
    after = np.c_[large, SMALL[:, :1] + 1e-4, large]
    assert bench.judge({"transform": before}, {"transform": after}).verdict is (
        Verdict.SCORES_CHANGED
    )


@pytest.mark.parametrize("outlier", [1e6, 1e12, 1e300, np.inf])
def test_one_far_outlier_does_not_widen_the_tolerance_of_its_column(
    bench: Bench, outlier: float
) -> None:
    before = np.r_[SMALL[:, 0], outlier]
    after = np.r_[SMALL[:, 0] + 1e-4, outlier]
    cell = bench.judge({"decision_function": before}, {"decision_function": after})
    assert cell.verdict is Verdict.SCORES_CHANGED


def test_a_change_near_zero_in_a_column_of_ordinary_size_is_noise(bench: Bench) -> None:
    before = np.r_[SMALL[:, 0], 1e-12]
    after = np.r_[SMALL[:, 0], 3e-12]
    cell = bench.judge({"transform": before}, {"transform": after})
    assert cell.verdict is Verdict.EQUIVALENT


def test_a_component_without_variance_may_hold_any_rounding_error(bench: Bench) -> None:
    before = np.c_[SMALL, RANDOM.normal(size=60) * 1e-16]
    after = np.c_[SMALL, RANDOM.normal(size=60) * 1e-15]
    cell = bench.judge({"transform": before}, {"transform": after})
    assert cell.verdict is Verdict.EQUIVALENT


def test_outputs_that_are_all_small_have_a_small_tolerance(bench: Bench) -> None:
    before, after = SMALL * 1e-20, SMALL * 1e-20 * (1 + 1e-5)
    cell = bench.judge({"transform": before}, {"transform": after})
    assert cell.verdict is Verdict.SCORES_CHANGED


def test_sums_of_large_terms_may_lose_their_last_places() -> None:
    """A score near zero that is a difference of terms of size 1e7 carries their rounding error."""
    before = np.r_[RANDOM.normal(size=100), 1e-3, 1e7]
    after = before + np.r_[np.zeros(100), 1e-8, 0.0]
    assert close(before, after, TOLERANCE).all()


def test_single_precision_has_wider_noise(bench: Bench) -> None:
    before = np.c_[SMALL, np.full(60, 1e4)].astype("f4")
    noisy = np.nextafter(before, np.float32(1e9))
    assert bench.judge({"transform": before}, {"transform": noisy}).verdict is Verdict.EQUIVALENT


@pytest.mark.parametrize("precision", ["f2", "f4", "f8"])
@pytest.mark.parametrize("large", [1.0, 1e4])
def test_no_precision_hides_a_change_of_a_hundredth(
    bench: Bench, precision: str, large: float
) -> None:
    before = np.c_[SMALL, np.full(60, large)]
    after = np.c_[SMALL * 1.01, np.full(60, large)]
    cell = bench.judge(
        {"transform": before.astype(precision)}, {"transform": after.astype(precision)}
    )
    assert cell.verdict is Verdict.SCORES_CHANGED


def test_complex_numbers_are_compared_part_by_part(bench: Bench) -> None:
    before = SMALL[:, :2] + 1j * 1e9
    after = SMALL[:, :2] * 1.001 + 1j * 1e9
    cell = bench.judge({"transform": before}, {"transform": after})
    assert cell.verdict is Verdict.SCORES_CHANGED


def test_the_columns_of_a_sparse_matrix_too_large_to_write_out_are_kept_apart(
    bench: Bench, encode: Callable[[Any], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    sparse = pytest.importorskip("scipy.sparse")
    monkeypatch.setattr(content, "_LARGEST_DENSE", 10)
    weights = np.abs(SMALL)
    large = LARGE_COLUMNS["nanoseconds since 1970"]
    before = sparse.csr_matrix(np.c_[large, weights])
    after = sparse.csr_matrix(np.c_[large, weights * 1.0001])
    assert len(content.read(encode(before)).leaves) == 2
    assert bench.judge({"transform": before}, {"transform": after}).verdict is (
        Verdict.SCORES_CHANGED
    )
    noisy = sparse.csr_matrix(np.c_[large, weights * (1 + 1e-12)])
    assert bench.judge({"transform": before}, {"transform": noisy}).verdict is Verdict.EQUIVALENT


@pytest.mark.parametrize(
    ("values", "scale"),
    [
        ([], []),
        ([0.0, 0.0], 0.0),
        ([0.0, 0.0, 5.0], 5.0),
        ([1.0, 2.0, 3.0, 4.0, 1e9], 4.0),
        ([2.0], 2.0),
        ([[1.0, 0.0], [2.0, 10.0], [3.0, 1e9]], [2.0, 10.0]),
    ],
)
def test_the_scale_of_a_column_is_that_of_its_ordinary_values(values: Any, scale: Any) -> None:
    assert scale_of(np.array(values)).tolist() == scale


@given(
    size=st.floats(1e-6, 1e6),
    large=st.lists(st.floats(1.0, 1e300), min_size=1, max_size=5),
    change=st.floats(1e-5, 10.0),
)
def test_no_set_of_other_columns_hides_a_change_of_a_hundred_thousandth(
    size: float, large: list[float], change: float
) -> None:
    column = size * (1 + RANDOM.random(20))
    others = np.tile(large, (20, 1))
    before, after = np.c_[column, others], np.c_[column * (1 + change), others]
    near = close(before, after, TOLERANCE)
    assert not near[:, 0].any()
    assert near[:, 1:].all()
