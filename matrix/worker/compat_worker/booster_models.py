"""Models of xgboost and LightGBM that are a bare booster, and CatBoost models without an estimator.

The booster of xgboost takes its own kind of table, and names of columns must be given with it. A
:class:`BoosterModel` takes the rows that estimators take, and holds the booster under the name that
xgboost's and LightGBM's estimators use, so that it is looked into in the same way.
"""

from typing import Any

import numpy as np

from compat_worker import booster_faults


class BoosterModel:
    """A booster with the ``predict`` of an estimator.

    Args:
        booster: of xgboost or LightGBM.
    """

    def __init__(self, booster: Any) -> None:
        self._Booster = booster
        count = booster.num_features if hasattr(booster, "num_features") else booster.num_feature
        self.n_features_in_ = int(count())

    def predict(self, rows: Any) -> Any:
        """The predictions of the booster, as it makes them by default."""
        if booster_faults.kind(self._Booster) == "xgboost":
            return self._Booster.predict(_matrix(self._Booster, rows))
        return self._Booster.predict(rows)

    def __repr__(self) -> str:
        own = type(self._Booster)
        return "<{}.{}>".format(own.__module__, own.__name__)


def _matrix(booster: Any, rows: Any) -> Any:
    import xgboost

    options = {}
    names = booster.feature_names
    if "c" in (getattr(booster, "feature_types", None) or ()):
        options["enable_categorical"] = True
    if not hasattr(rows, "columns"):
        rows = np.asarray(rows, dtype=np.float64)
        options.update(feature_names=names, feature_types=getattr(booster, "feature_types", None))
    return xgboost.DMatrix(rows, **options)


def adapted(model: Any) -> Any:
    """The model; a bare booster becomes a :class:`BoosterModel`."""
    if booster_faults.kind(model) is None or isinstance(model, BoosterModel):
        return model
    return BoosterModel(model)
