"""Names in a file tell which numpy, scipy, pandas, joblib and statsmodels wrote it."""

from __future__ import annotations

import pytest

from matrix.inspection.result import Name
from matrix.inspection.stack_bounds import stack_bounds

CORE = ("numpy.core.multiarray", "_reconstruct")
NEW_CORE = ("numpy._core.multiarray", "_reconstruct")
STATE = ("numpy.random._pickle", "__randomstate_ctor")
GENERATOR = ("numpy.random._pickle", "__bit_generator_ctor")


@pytest.mark.parametrize(
    ("names", "bounds"),
    [
        ([CORE], {"numpy": "<2"}),
        ([NEW_CORE], {"numpy": ">=2"}),
        ([CORE, STATE], {"numpy": ">=1.17,<2"}),
        ([CORE, STATE, GENERATOR], {"numpy": ">=1.24,<2"}),
        ([NEW_CORE, STATE, GENERATOR], {"numpy": ">=2"}),
        ([CORE, NEW_CORE], {"numpy": ">=2"}),
        ([("scipy.sparse.csr", "csr_matrix")], {}),
        ([("scipy.sparse._csr", "csr_matrix")], {"scipy": ">=1.8"}),
        ([("pandas.core.indexes.numeric", "Int64Index")], {"pandas": "<2"}),
        ([("pandas._libs.internals", "_unpickle_block")], {"pandas": ">=1.4"}),
        ([("pandas", "DataFrame")], {"pandas": ">=3"}),
        ([("pandas", "CategoricalDtype")], {}),
        ([("numpy.random", "__RandomState_ctor")], {}),
        ([("statsmodels.tsa.arima_model", "ARMAResults")], {"statsmodels": "<0.13"}),
        ([("statsmodels.tsa.arima.model", "ARIMAResults")], {"statsmodels": ">=0.11"}),
    ],
)
def test_names_tell_the_release(names: list[tuple[str, str]], bounds: dict[str, str]) -> None:
    assert stack_bounds([Name(*pair) for pair in names], joblib="") == bounds


def test_aligned_arrays_tell_the_joblib() -> None:
    assert stack_bounds([], joblib="1.2 or newer") == {"joblib": ">=1.2"}
    assert stack_bounds([], joblib="0.10 to 1.1") == {}
