"""While a file is loaded, let names stand for what this release has in their place.

- A module that was renamed is found under its old name (:mod:`.renamed_modules`).
- An instance of a class that is gone becomes a :class:`~.conversion.Lost`, which keeps its state.
- ``sklearn.tree._tree.Tree`` takes nodes of another layout (:mod:`.trees`).

Only names in the tables below are replaced, and only those that cannot be looked up. The guard of
names still sees each name that the file looks up.
"""

import contextlib
import importlib
import sys
from collections import UserList
from types import ModuleType
from typing import Any, Dict, Iterator, List, Optional, Sequence, Tuple

from compat_worker.conversions import trees
from compat_worker.conversions.conversion import Lost
from compat_worker.conversions.renamed_modules import RENAMED

FileNames = Optional[Sequence[Sequence[str]]]

_BOOSTING = ("sklearn.ensemble._gb_losses", "sklearn.ensemble.gradient_boosting")
_HISTOGRAM = "sklearn.ensemble._hist_gradient_boosting.loss"
_SGD = ("sklearn.linear_model._sgd_fast", "sklearn.linear_model.sgd_fast")
_COMPILED = "sklearn._loss._loss"

_SGD_LOSSES = (
    *("Hinge", "SquaredHinge", "Log", "SquaredLoss", "Huber", "ModifiedHuber"),
    *("EpsilonInsensitive", "SquaredEpsilonInsensitive"),
)
_COMPILED_LOSSES = tuple(
    "CyHalf" + name if name[0] != "~" else "Cy" + name[1:]
    for name in (
        *("SquaredError", "PoissonLoss", "GammaLoss", "TweedieLoss", "TweedieLossIdentity"),
        *("BinomialLoss", "MultinomialLoss", "~AbsoluteError", "~PinballLoss", "~HuberLoss"),
        "~ExponentialLoss",
    )
)
LOST: Dict[str, Tuple[str, ...]] = {
    **dict.fromkeys(
        _BOOSTING,
        (
            *("LeastSquaresError", "LeastAbsoluteError", "HuberLossFunction"),
            *("QuantileLossFunction", "BinomialDeviance", "MultinomialDeviance"),
            "ExponentialLoss",
        ),
    ),
    _HISTOGRAM: (
        *("LeastSquares", "LeastAbsoluteDeviation", "Poisson", "BinaryCrossEntropy"),
        "CategoricalCrossEntropy",
    ),
    **dict.fromkeys(_SGD, _SGD_LOSSES),
    _COMPILED: (
        *_COMPILED_LOSSES,
        *("__pyx_unpickle_" + name for name in _COMPILED_LOSSES),
    ),
    "sklearn._loss.loss": (
        *("HalfSquaredError", "AbsoluteError", "PinballLoss", "HalfPoissonLoss", "HuberLoss"),
        *("HalfBinomialLoss", "HalfMultinomialLoss", "ExponentialLoss", "HalfGammaLoss"),
    ),
    "sklearn._loss.link": (
        *("Interval", "LogitLink", "HalfLogitLink", "MultinomialLogit", "IdentityLink", "LogLink"),
    ),
}
"""By module, loss functions and links: a model makes them anew from its parameters."""

_METRICS = ("sklearn.metrics._dist_metrics", "sklearn.neighbors.dist_metrics")
_METRICS += ("sklearn.neighbors._dist_metrics",)
_DISTANCES = tuple(
    name + "Distance"
    for name in (
        *("Euclidean", "Manhattan", "Chebyshev", "Minkowski", "SEuclidean", "WMinkowski"),
        *("Mahalanobis", "Hamming", "Canberra", "BrayCurtis", "Haversine", "PyFunc"),
        *("Jaccard", "Dice", "Kulsinski", "RogersTanimoto", "RussellRao", "SokalMichener"),
        *("SokalSneath", "Matching"),
    )
)


class _Columns(UserList):  # type: ignore[type-arg]
    """Stands in for the list of remaining columns of 1.5 to 1.8."""


def passthrough_scorer(*_: Any, **__: Any) -> Any:
    """Stands for the function of this name until 1.2."""


_OTHERS = {"_RemainderColsList": _Columns, "_passthrough_scorer": passthrough_scorer}


@contextlib.contextmanager
def while_loading(names: FileNames) -> Iterator[None]:
    """Put the stand-ins in place inside the block.

    Args:
        names: pairs of a module and a name that the file looks up; None for unknown ones.
    """
    replaced = [_swap(_trees(names), "Tree", trees.stand_in)]
    modules: List[str] = []
    try:
        for module, name in _replaceable(names):
            _stand_in(module, name, replaced, modules)
        yield
    finally:
        for owner, name, original in reversed(replaced):
            _restore(owner, name, original)
        for module in modules:
            sys.modules.pop(module, None)


_TREE = "sklearn.tree._tree"
_COMPILED_WITH_TREES = ("sklearn.ensemble", "sklearn.tree", "sklearn.manifold")


def _trees(names: FileNames) -> Any:
    """The module of trees, if a file may look it up."""
    if names is not None and not any(module == _TREE for module, _ in names):
        return None
    for module in _COMPILED_WITH_TREES:  # they look at the class as they are imported
        _module(module)
    return _module(_TREE)


def _replaceable(names: FileNames) -> List[Tuple[str, str]]:
    """The names of a file that the tables know; all of the tables if the names are unknown."""
    if names is None:
        lost = [(module, name) for module, all_ in LOST.items() for name in all_]
        return lost + [(module, name) for module in _METRICS for name in _DISTANCES]
    return [(module, name) for module, name in names if module.partition(".")[0] in _PACKAGES]


_PACKAGES = ("sklearn", "numpy")


def _stand_in(module: str, name: str, replaced: List[Any], modules: List[str]) -> None:
    """Let a name be looked up, if it cannot be and something can stand for it."""
    found = _module(module)
    if found is not None and hasattr(found, name):
        return
    value = _replacement(module, name)
    if value is None:
        return
    if found is None:
        found = sys.modules[module] = ModuleType(module)
        modules.append(module)
    replaced.append((found, name, getattr(found, name, _NOTHING)))
    setattr(found, name, value)


def _replacement(module: str, name: str) -> Any:
    """What a name stands for in this release; None if nothing is known."""
    if module in _METRICS:
        there = _module("sklearn.metrics._dist_metrics") or _module(
            "sklearn.neighbors._dist_metrics"
        )
        return getattr(there, name + "64", None) or getattr(there, name, None)
    if name in LOST.get(module, ()):
        return Lost
    if name in _OTHERS:
        return _OTHERS[name]
    new = RENAMED.get(module) or _other_numpy(module)
    return None if new is None else getattr(_module(new), name, None)


def _other_numpy(module: str) -> Optional[str]:
    """The name of a module of numpy in its other major release; None for other modules."""
    for old, new in (("numpy._core", "numpy.core"), ("numpy.core", "numpy._core")):
        if module == old or module.startswith(old + "."):
            return new + module[len(old) :]
    return None


def _module(name: str) -> Any:
    """A module; None if there is none."""
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


_NOTHING = object()


def _swap(owner: Any, name: str, make: Any) -> Tuple[Any, str, Any]:
    original = getattr(owner, name, _NOTHING)
    if original is not _NOTHING:
        setattr(owner, name, make(original))
    return owner, name, original


def _restore(owner: Any, name: str, original: Any) -> None:
    if owner is None:
        return
    if original is _NOTHING:
        with contextlib.suppress(AttributeError):
            delattr(owner, name)
    else:
        setattr(owner, name, original)
