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

LOST["sklearn.metrics._scorer"] = ("_PassthroughScorer",)

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
    replaced = [
        _swap(_trees(names), "Tree", trees.stand_in),
        _swap(_random_states(names), _GENERATOR, _by_name),
        _swap(_random_states(names), "__randomstate_ctor", _of_generator),
        _swap(_random_states(names), "__generator_ctor", _of_generator),
    ]
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


_RANDOM, _GENERATOR = "numpy.random._pickle", "__bit_generator_ctor"


def _random_states(names: FileNames) -> Any:
    """The module that makes random generators, if it is that of numpy 1 and a file names it."""
    if names is None or (_RANDOM, _GENERATOR) not in {(one[0], one[1]) for one in names}:
        return None
    import numpy

    return _module(_RANDOM) if numpy.__version__.startswith("1.") else None


def _by_name(make: Any) -> Any:
    """Numpy 2 gives the class of a generator for its name, and its state in a pair.

    A generator of the class made here is saved as one of its base class, which is in its state.
    """

    def made(kind: Any = "MT19937") -> Any:
        name = kind if isinstance(kind, str) else kind.__name__
        base: Any = type(make(name))

        class PairedState(base):  # type: ignore[misc]
            def __setstate__(self, state: Any) -> None:
                super().__setstate__(state[0] if isinstance(state, tuple) else state)

        PairedState.__name__ = base.__name__  # a state names the class that it is for
        return PairedState()

    return made


def _of_generator(make: Any) -> Any:
    """Numpy 2 gives a random state its generator where numpy 1 takes the name of one."""

    def made(generator: Any = "MT19937", *further: Any) -> Any:
        if isinstance(generator, str):
            return make(generator, *further)
        return make("MT19937", lambda _: generator)

    return made


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
        other = name[:-2] if name.endswith("64") else name + "64"
        return getattr(there, other, None) or getattr(there, name, None)
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
