"""Names that a file may use only in the exact calls that picklers write for harmless objects.

Such a name is harmless in these calls alone. ``builtins.getattr`` may give the method ``lower`` of
``str``, a public method of an object whose class the user trusts, and few others.
:class:`matrix.inspection.findings.Findings` counts how often a file gets each of these names and
how often it uses it in such a call. A name that a file also gets for something else (an argument,
an attribute, an element of a list) is refused.
"""

from __future__ import annotations

from matrix.inspection.allowed_lists import allowed_names, created_empty, native_classes
from matrix.inspection.arrays import SPECIAL
from matrix.inspection.result import Name
from matrix.inspection.stand_ins import Blob, Dict, Global, Object, StandIn
from matrix.worker.compat_worker.exact_call_lists import ARRAY_MAKERS, DILL_TYPES, may_own_method
from matrix.worker.compat_worker.exact_call_lists import DILL_ARRAY as DILL_ARRAY
from matrix.worker.compat_worker.exact_call_lists import DILL_TYPE as DILL_TYPE
from matrix.worker.compat_worker.exact_call_lists import (
    DISTRIBUTION_METHODS as DISTRIBUTION_METHODS,
)
from matrix.worker.compat_worker.exact_call_lists import (
    PATTERN_METHODS as PATTERN_METHODS,
)
from matrix.worker.compat_worker.exact_call_lists import (
    TEMPLATE as TEMPLATE,
)
from matrix.worker.compat_worker.exact_call_lists import (
    TEXT_METHODS as TEXT_METHODS,
)

GETATTR = ("builtins", "getattr")
PARTIAL = ("functools", "partial")
VECTORIZE = {("numpy", "vectorize"), ("numpy.lib.function_base", "vectorize")}
NAMESPACE = ("types", "SimpleNamespace")
PATTERN = ("re", "_compile")
NEW_BLOCK = ("pandas.core.internals.blocks", "new_block")
MEMORY = ("joblib.memory", "Memory")
"""A cache of pickles; only one without a folder, which does nothing, passes without trust."""
ZONE = ("zoneinfo", "ZoneInfo")
ZONE_UNPICKLE = ("zoneinfo", "ZoneInfo._unpickle")
_STATS = "scipy.stats._distn_infrastructure"
FROZEN = {(_STATS, name) for name in ("rv_frozen", "rv_continuous_frozen", "rv_discrete_frozen")}
"""Distributions of scipy with fixed parameters, which searches draw from."""

_CONTINUOUS = (
    "alpha anglit arcsine beta betaprime burr burr12 cauchy chi chi2 cosine dgamma dweibull erlang "
    "expon exponnorm exponpow exponweib f fatiguelife fisk foldcauchy foldnorm gamma genexpon "
    "genextreme gengamma genlogistic gennorm genpareto gilbrat gompertz gumbel_l gumbel_r "
    "halfcauchy halfgennorm halflogistic halfnorm hypsecant invgamma invgauss invweibull johnsonsb "
    "johnsonsu laplace levy levy_l loggamma logistic loglaplace lognorm loguniform lomax maxwell "
    "nakagami norm pareto powerlaw rayleigh reciprocal rice semicircular skewnorm t trapezoid "
    "trapz triang truncexpon truncnorm truncpareto uniform vonmises wald weibull_max weibull_min"
)
_DISCRETE = (
    "bernoulli betabinom binom boltzmann dlaplace geom hypergeom logser nbinom planck poisson "
    "randint skellam yulesimon zipf"
)
DISTRIBUTIONS = frozenset(
    {("scipy.stats._continuous_distns", f"{name}_gen") for name in _CONTINUOUS.split()}
    | {("scipy.stats._discrete_distns", f"{name}_gen") for name in _DISCRETE.split()}
)
"""Classes of distributions; scipy runs a text in their state as source code."""

CREATED_EMPTY = frozenset((name.module, name.qualname) for name in created_empty())
"""Classes of packages beside scikit-learn: an empty object is created, and its state follows."""
_NATIVE = frozenset((name.module, name.qualname) for name in native_classes())

RESTRICTED = frozenset(
    {GETATTR, PARTIAL, NAMESPACE, ZONE, *VECTORIZE, *FROZEN, *DISTRIBUTIONS, *CREATED_EMPTY}
    | {DILL_ARRAY, DILL_TYPE, MEMORY}
)
"""The names that this module decides about."""

_TEMPLATE = "_parse_arg_template"
_OLD_STATE = frozenset(
    {"momtype", "a", "b", "xtol", "badvalue", "name", "longname", "shapes", "extradoc", "seed"}
    | {"values", "inc", "moment_tol"}
)
"""Arguments of a distribution, which scipy before 1.6 keeps instead of its attributes."""
_RANDOM = ("numpy.random", "numpy.random._pickle", "numpy.random.mtrand")


def result(
    maker: Global, args: tuple[StandIn, ...], kwargs: Dict | None, *, by_class: bool
) -> StandIn | None:
    """What an exact call of a restricted name gives; None if the call is another one.

    Args:
        maker: the name, one of :data:`RESTRICTED`.
        args, kwargs: what it is called with.
        by_class: whether only an object of the class is created, without its ``__init__``.
    """
    if kwargs is not None and len(kwargs):
        return None
    if maker.pair == GETATTR:
        return _attribute(maker, args)
    if maker.pair == PARTIAL:
        exact = len(args) == 1 and _is_plain_name(args[0])
    else:
        exact = not args and maker.pair != ZONE and (by_class or maker.pair == NAMESPACE)
    return Object(maker, args, by_class=True) if exact else None


def _attribute(getter: Global, args: tuple[StandIn, ...]) -> StandIn | None:
    owner, name = args if len(args) == 2 else (None, None)
    if type(name) is not str:
        return None
    if isinstance(owner, Global):
        if owner.pair == ZONE and name == "_unpickle":
            return Global(*ZONE_UNPICKLE)
        exact = owner.pair == ("builtins", "str") and name in TEXT_METHODS
    else:
        made_by = _made_by(owner)
        exact = (
            (made_by == PATTERN and name in PATTERN_METHODS)
            or (made_by in DISTRIBUTIONS and name in DISTRIBUTION_METHODS)
            or _is_method_of_trusted(owner, name)
        )
    return Object(getter, args, by_class=False) if exact else None


def _is_method_of_trusted(owner: StandIn, name: str) -> bool:
    """Whether an object is of a class that only the user can let in, and may give this method."""
    if not isinstance(owner, Object) or not owner.by_class:
        return False
    module, qualname = _made_by(owner)
    listed = Name(module, qualname) in allowed_names()
    return bool(module) and not listed and may_own_method(module, name)


def dill_type(args: tuple[StandIn, ...]) -> str:
    """The type of Python that dill looks up by its name; empty for one that is not on the list."""
    name = args[0] if len(args) == 1 else None
    return name if type(name) is str and name in DILL_TYPES else ""


def dill_array(
    args: tuple[StandIn, ...],
) -> tuple[Global, tuple[StandIn, ...], tuple[StandIn, ...]] | None:
    """The function, its arguments and the state with which dill makes an array of numpy.

    None for a call that dill does not write for an array without attributes of its own.
    """
    if len(args) != 4 or args[3] is not None:
        return None
    function, given, state, _ = args
    if not isinstance(function, Global) or type(given) is not tuple or type(state) is not tuple:
        return None
    exact = function.qualname == "_reconstruct" and function.module in ARRAY_MAKERS
    of_numpy = bool(given) and isinstance(given[0], Global) and given[0].pair == _NDARRAY
    return (function, given, state) if exact and of_numpy else None


_NDARRAY = ("numpy", "ndarray")


def zone(args: tuple[StandIn, ...]) -> bool:
    """Whether a time zone is made of its name, which zoneinfo looks up in its own folders."""
    return len(args) == 2 and type(args[0]) is str and type(args[1]) in (bool, int)


def is_called_at_once(maker: Object) -> bool:
    """Whether it binds arguments to the function that makes a block of columns in pandas 1.3."""
    bound = maker.args[0] if _made_by(maker) == PARTIAL and len(maker.args) == 1 else None
    return isinstance(bound, Global) and bound.pair == NEW_BLOCK


_NO_TARGETS = RESTRICTED | SPECIAL | {ZONE_UNPICKLE}


def _made_by(value: StandIn) -> tuple[str, str]:
    """The name that a value was made by; two empty strings for other values."""
    made = isinstance(value, Object) and isinstance(value.maker, Global)
    return value.maker.pair if made else ("", "")


def _is_plain_name(value: StandIn) -> bool:
    return isinstance(value, Global) and value.pair not in _NO_TARGETS


def is_state(target: Object, state: StandIn) -> bool:
    """Whether a state is one that picklers write for an object of a restricted name."""
    pair = target.maker.pair
    if pair == PARTIAL:
        return _is_partial_state(target, state)
    if pair in DISTRIBUTIONS:
        return _is_distribution_state(state)
    if pair[0] == _XGBOOST_MODELS:
        return _is_xgboost_state(state)
    if pair == _MAPPER:
        return _is_mapper_state(state)
    if pair == MEMORY:
        return _is_memory_state(state)
    if pair[0].startswith(_STATSMODELS):
        return _is_statsmodels_state(state)
    if pair in CREATED_EMPTY and pair not in _NATIVE:
        return True
    attributes = _attributes(state)
    if pair in VECTORIZE:
        return attributes is not None and _made_by(attributes.get("pyfunc")) == GETATTR
    return attributes is not None


_XGBOOST_MODELS = "xgboost.sklearn"
_XGBOOST = ("xgboost.core", "Booster")


def _is_xgboost_state(state: StandIn) -> bool:
    """Whether the booster in a state is none, a booster, or its bytes.

    xgboost 1.0 reads a file if it is a path.
    """
    attributes = _attributes(state)
    if attributes is None:
        return False
    booster = attributes.get("_Booster")
    if isinstance(booster, Blob):
        return booster.kind == "bytearray"
    return booster is None or _made_by(booster) == _XGBOOST


_MAPPER = ("sklearn_pandas.dataframe_mapper", "DataFrameMapper")


def _is_mapper_state(state: StandIn) -> bool:
    """Whether no feature has a fourth part, with which sklearn-pandas calls the first one."""
    attributes = _attributes(state)
    features = None if attributes is None else attributes.get("features")
    return type(features) is list and all(
        type(one) in (tuple, list) and len(one) <= 3 for one in features
    )


_WITHOUT_FOLDER = ("location", "store_backend", "cachedir", "mmap_mode", "timestamp")
_MEMORY_STATE = {*_WITHOUT_FOLDER, "backend", "backend_options", "bytes_limit", "compress", "depth"}


def _is_memory_state(state: StandIn) -> bool:
    """Whether a cache has no folder and only plain values, as one that does nothing."""
    attributes = _attributes(state)
    if attributes is None or not {"location", "cachedir"} & attributes.keys():
        return False
    options = attributes.pop("backend_options", None)
    plain = all(type(one) in (int, bool, str, type(None)) for one in attributes.values())
    return (
        plain
        and attributes.keys() <= _MEMORY_STATE | {"_name", "_verbose"}
        and all(attributes.get(name) is None for name in _WITHOUT_FOLDER)
        and (options is None or (isinstance(options, Dict) and not len(options)))
    )


_STATSMODELS = "statsmodels."
_FORMULA = frozenset(
    {"formula", "design_info", "model_spec", "restore_design_info", "restore_model_spec"}
)
"""Attributes with a formula, which statsmodels runs as source code, on load or in ``predict``."""
_LOOKED_INTO = ("model", "_results", "data")
"""Attributes in which statsmodels looks for them."""


def _is_statsmodels_state(state: StandIn) -> bool:
    """Whether there is no formula in an object of statsmodels, nor in what it gets one from.

    That is an object of statsmodels too, so that its own state has none. A table or a namespace
    might have one.
    """
    attributes = _attributes(state)
    if attributes is None or attributes.keys() & _FORMULA:
        return False
    held = (attributes[name] for name in _LOOKED_INTO if name in attributes)
    return all(one is None or _is_of_statsmodels(one) for one in held)


def _is_of_statsmodels(value: StandIn) -> bool:
    pair = _made_by(value)
    return pair in CREATED_EMPTY and pair[0].startswith(_STATSMODELS)


def _is_partial_state(target: Object, state: StandIn) -> bool:
    if type(state) is not tuple or len(state) != 4 or not _is_plain_name(state[0]):
        return False
    function, args, keywords, attributes = state
    same = function.pair == target.args[0].pair
    empty = attributes is None or (isinstance(attributes, Dict) and not len(attributes))
    return (
        same
        and type(args) is tuple
        and (keywords is None or _attributes(keywords) is not None)
        and empty
    )


def _is_distribution_state(state: StandIn) -> bool:
    if type(state) is tuple and len(state) == 2:  # scipy before 1.6
        arguments, generator = _attributes(state[0]), state[1]
        if arguments is None or not arguments.keys() <= _OLD_STATE:
            return False
        return _is_generator(generator) and _is_value(arguments.get("shapes"))
    attributes = _attributes(state)
    if attributes is None:
        return False
    text = attributes.get(_TEMPLATE, "")
    return text == "" or (type(text) is str and TEMPLATE.fullmatch(text) is not None)


def _is_generator(value: StandIn) -> bool:
    return value is None or _made_by(value)[0] in _RANDOM


def _is_value(value: StandIn) -> bool:
    return value is None or type(value) is str


def _attributes(state: StandIn) -> dict[str, StandIn] | None:
    """The attributes in a state; None if it is anything but a dictionary with plain names.

    A dictionary that the file got a second time may be changed by something else before.
    """
    return state.plain() if isinstance(state, Dict) and not state.shared else None
