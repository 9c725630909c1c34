"""Fitted time series, which take no rows, are compared by their forecast and fitted values."""

from __future__ import annotations

import types
from typing import Any

import numpy as np
import pandas as pd
import pytest
from compat_worker import bundle_parts, content, estimator_names, output_methods
from compat_worker.forecast_models import STEPS, ForecastModel

DAYS = pd.date_range("2024-01-01", periods=40)


class Results:
    """Stands for the results of a model of one series, with or without variables beside it."""

    def __init__(self, beside: Any = None) -> None:
        self.model = types.SimpleNamespace(exog=beside)
        self.given: Any = None

    def forecast(self, steps: int, exog: Any = None) -> Any:
        if (exog is None) != (self.model.exog is None):
            raise ValueError("exog is required")
        self.given = exog
        days = pd.date_range(DAYS[-1], periods=steps + 1)[1:]
        return pd.Series(np.arange(steps) + 0.5, index=days, name="mean")

    def predict(self) -> Any:
        return pd.Series(np.arange(40.0), index=pd.period_range("2020-01", periods=40, freq="M"))


Results.__module__ = "statsmodels.tsa.arima.model"


class Prophet:
    """Stands for a model of prophet with a variable beside the series, and drawn intervals."""

    def __init__(self) -> None:
        self.history = pd.DataFrame({"ds": DAYS, "price": np.arange(40.0)})
        self.history_dates = self.history["ds"]
        self.extra_regressors = {"price": {}}
        self.seasonalities = {"weekly": {"condition_name": None}}
        self.uncertainty_samples = 1000

    def make_future_dataframe(self, periods: int, include_history: bool) -> Any:
        assert not include_history
        return pd.DataFrame({"ds": pd.date_range(DAYS[-1], periods=periods + 1)[1:]})

    def predict(self, table: Any = None) -> Any:
        found = self.history if table is None else table
        made = pd.DataFrame({"ds": found["ds"], "yhat": 2 * found["price"]})
        if self.uncertainty_samples:
            made["yhat_lower"] = np.random.default_rng().normal(size=len(made))
        return made


Prophet.__module__ = "prophet.forecaster"


def outputs(fitted: Any) -> dict[str, Any]:
    model = bundle_parts.take(fitted, None)
    return {
        name: output_methods.call(model, name, None) for name in output_methods.available(model)
    }


def test_a_time_series_is_called_without_rows_and_says_which_class_it_is() -> None:
    model = bundle_parts.take({"model": Results()}, [["key", "model"]])
    assert output_methods.taking_rows(model) == []
    assert output_methods.available(model) == ["forecast", "fitted_values"]
    assert estimator_names.class_names(model) == ["statsmodels.tsa.arima.model.Results"]


@pytest.mark.parametrize("fitted", [Results(), Prophet()])
def test_its_outputs_are_plain_data_with_days_as_text(fitted: Any) -> None:
    found = outputs(fitted)
    assert len(found["forecast"]) == STEPS
    assert found["forecast"].index[0] == "2024-02-10 00:00:00"
    assert len(found["fitted_values"]) == 40
    assert all(content.is_complete(content.encode(one)) for one in found.values())


def test_variables_beside_the_series_have_their_last_values_in_the_forecast() -> None:
    fitted = Results(beside=np.arange(80.0).reshape(40, 2))
    assert outputs(fitted)["forecast"].iloc[0] == 0.5
    assert fitted.given.tolist() == fitted.model.exog[-STEPS:].tolist()
    assert outputs(Prophet())["forecast"]["yhat"].tolist() == [2.0 * n for n in range(16, 40)]


def test_intervals_that_are_drawn_at_random_are_left_out() -> None:
    fitted = Prophet()
    assert list(outputs(fitted)["fitted_values"].columns) == ["yhat"]
    assert fitted.uncertainty_samples == 1000


def test_the_forecast_of_another_model_is_no_output() -> None:
    class Own:
        def forecast(self, when: Any) -> Any:
            return when

        def predict(self, rows: Any) -> Any:
            return rows

    assert output_methods.available(Own()) == ["predict"]
    assert not isinstance(bundle_parts.take(Own(), None), ForecastModel)
    with pytest.raises(output_methods.NoSuchMethod):
        output_methods.call(Own(), "forecast", None)
