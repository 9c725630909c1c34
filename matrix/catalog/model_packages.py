"""The distributions that bear on saved models: what a model is made of, or is read with."""

from __future__ import annotations

from matrix.frameworks import FRAMEWORKS
from matrix.frameworks.distributions import KNOWN

_BASE = frozenset(
    {
        *("numpy", "scipy", "joblib", "pandas", "threadpoolctl", "cloudpickle", "dill", "lz4"),
        *("narwhals", "skops", "onnx", "onnxruntime", "skl2onnx", "patsy", "numba", "llvmlite"),
        *("tensorflow-cpu", "scikit-learn-intelex", "xgboost-cpu", "pynndescent"),
    }
)
_NEVER_INSIDE = frozenset({"matplotlib", "plotly", "requests", "seaborn", "tqdm", "autograd"})
"""Known libraries that no model keeps anything of."""
MODEL_PACKAGES = (frozenset(one.name for one in FRAMEWORKS) | _BASE | KNOWN) - _NEVER_INSIDE
"""By normalized name."""
