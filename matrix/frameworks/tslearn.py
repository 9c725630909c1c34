"""tslearn; its estimators take time series.

Functions that numba compiles compute with the arrays of its models, and do not check places in
arrays. So all its classes count as native code.
"""

from __future__ import annotations

from matrix.frameworks.framework import Framework

_CLASSES = {
    "tslearn.clustering.kmeans": "KernelKMeans TimeSeriesKMeans",
    "tslearn.clustering.kshape": "KShape",
    "tslearn.early_classification.early_classification": "NonMyopicEarlyClassifier",
    "tslearn.matrix_profile.matrix_profile": "MatrixProfile",
    "tslearn.neighbors.neighbors": (
        "KNeighborsTimeSeries KNeighborsTimeSeriesClassifier KNeighborsTimeSeriesRegressor"
    ),
    "tslearn.neural_network.neural_network": "TimeSeriesMLPClassifier TimeSeriesMLPRegressor",
    "tslearn.piecewise.piecewise": (
        "OneD_SymbolicAggregateApproximation PiecewiseAggregateApproximation "
        "SymbolicAggregateApproximation"
    ),
    "tslearn.preprocessing.preprocessing": (
        "TimeSeriesImputer TimeSeriesResampler TimeSeriesScalerMeanVariance TimeSeriesScalerMinMax"
    ),
    "tslearn.svm.svm": "TimeSeriesSVC TimeSeriesSVR",
    "tslearn.utils.utils": "LabelCategorizer",
}

FRAMEWORK = Framework(
    name="tslearn",
    modules=("tslearn",),
    brings=("numba",),
    native=frozenset(
        (module, name) for module, names in _CLASSES.items() for name in names.split()
    ),
)
