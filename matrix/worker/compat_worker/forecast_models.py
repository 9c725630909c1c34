"""Fitted time series of statsmodels, pmdarima, prophet and sktime, which take no rows.

Such a model holds the series that it was fitted on. Its outputs are what it says of that series,
and of the steps that follow. Their index is compared as text, because releases of pandas have
dates in different units.
"""

from typing import Any, Dict, Iterator, Optional

import numpy as np

from compat_worker.output_methods import WithoutRows

STEPS = 24
"""Steps after the end of the series that are forecast."""

_INTERVALS = ("_lower", "_upper")
"""Endings of columns of prophet that are drawn at random in each call."""


class ForecastModel(WithoutRows):
    """A fitted time series, with what it says as methods without rows.

    Args:
        fitted: the object in the file.
        kind: a key of ``_KINDS``.
    """

    outputs = ("forecast", "fitted_values")

    def __init__(self, fitted: Any, kind: str) -> None:
        self.fitted = fitted
        self._kind = kind

    def forecast(self) -> Any:
        """The next :data:`STEPS` values of the series."""
        return _plain(_KINDS[self._kind][0](self.fitted))

    def fitted_values(self) -> Any:
        """The values that the model gives for the series that it was fitted on."""
        return _plain(_KINDS[self._kind][1](self.fitted))

    def __repr__(self) -> str:
        own = type(self.fitted)
        return "<{}.{}>".format(own.__module__, own.__name__)


def adapted(model: Any) -> Any:
    """The model; a fitted time series becomes a :class:`ForecastModel`."""
    kind = _kind_of(model)
    return model if kind is None else ForecastModel(model, kind)


def _kind_of(model: Any) -> Optional[str]:
    module = type(model).__module__
    for prefix, (kind, attributes) in _MARKS.items():
        if module.startswith(prefix) and all(_has(model, name) for name in attributes):
            return kind
    return None


def _has(model: Any, name: str) -> bool:
    try:
        return getattr(model, name, None) is not None
    except Exception:
        return False


_MARKS = {
    "statsmodels.tsa.": ("statsmodels", ("forecast", "model")),
    "pmdarima.": ("pmdarima", ("predict_in_sample",)),
    "prophet.": ("prophet", ("history", "history_dates")),
    "fbprophet.": ("prophet", ("history", "history_dates")),
    "sktime.": ("sktime", ("cutoff", "update_predict")),
}
"""By the beginning of the module of its class, the kind of a model, and attributes that only
fitted models of that kind have."""


# ------------------------------------------------------------------------------ statsmodels


def _statsmodels_forecast(results: Any) -> Any:
    """What follows the series; a model of several series gets the last steps that it saw.

    Variables beside the series have the values of the last steps.
    """
    if hasattr(results, "k_ar") and getattr(results, "neqs", 0):
        seen = np.asarray(getattr(results, "endog", results.model.endog))
        return results.forecast(seen[-max(results.k_ar, 1) :], STEPS)
    given = _beside_the_series(results.model)
    if given is None:
        return results.forecast(STEPS)
    return results.forecast(min(STEPS, len(given)), exog=given[-STEPS:])


def _beside_the_series(model: Any) -> Any:
    """The variables beside the series that a model was fitted on; None if it has none."""
    if hasattr(model, "_input_exog"):  # ARIMA counts its constant as such a variable too
        return model._input_exog
    found = getattr(model, "orig_exog", None)
    return getattr(model, "exog", None) if found is None else found


def _statsmodels_fitted(results: Any) -> Any:
    if hasattr(results, "neqs"):
        return results.fittedvalues
    return results.predict()


# ------------------------------------------------------------------------------ prophet


def _prophet_forecast(model: Any) -> Any:
    table = model.make_future_dataframe(periods=STEPS, include_history=False)
    seen = model.history
    names = [*model.extra_regressors, *_conditions(model), "cap", "floor"]
    for name in names:  # known for the past alone: the last values again
        if name in seen:
            last = np.asarray(seen[name])[-STEPS:]
            table[name] = np.resize(last, len(table))
    return _predicted(model, table)


def _conditions(model: Any) -> Iterator[str]:
    """The columns that say whether a season holds."""
    for season in getattr(model, "seasonalities", {}).values():
        if isinstance(season, dict) and season.get("condition_name"):
            yield season["condition_name"]


def _prophet_fitted(model: Any) -> Any:
    return _predicted(model, None)


def _predicted(model: Any, table: Any) -> Any:
    """What prophet predicts, by day, without its intervals, which it draws at random."""
    drawn = model.uncertainty_samples
    model.uncertainty_samples = 0
    try:
        found = model.predict(table)
    finally:
        model.uncertainty_samples = drawn
    names = [one for one in found.columns if one != "ds" and not one.endswith(_INTERVALS)]
    days = [str(one) for one in found["ds"]]
    found = found[names].copy()
    found.index = days
    return found


# ------------------------------------------------------------------------------ all


_KINDS: Dict[str, Any] = {
    "statsmodels": (_statsmodels_forecast, _statsmodels_fitted),
    "pmdarima": (
        lambda model: model.predict(n_periods=STEPS),
        lambda model: model.predict_in_sample(),
    ),
    "prophet": (_prophet_forecast, _prophet_fitted),
    "sktime": (
        lambda model: model.predict(fh=list(range(1, STEPS + 1))),
        lambda model: model.predict(fh=list(range(-STEPS + 1, 1))),
    ),
}
"""By kind, what gives the forecast and the fitted values."""


def _plain(value: Any) -> Any:
    """An output with a text for each entry of its index."""
    if not hasattr(value, "index") or not hasattr(value, "iloc"):
        return value
    texts = [str(one) for one in value.index]
    if hasattr(value, "columns"):
        value = value.copy()
        value.index = texts
        return value
    import pandas

    return pandas.Series(np.asarray(value), index=texts, name=value.name)
