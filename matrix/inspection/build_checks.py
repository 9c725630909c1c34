"""What a state may do to the object that gets it (the opcode BUILD).

Python sets the attributes in a state in one of three ways, which depends on the class and on the
form of the state. The functions here name the states whose effect is unknown without a load.
"""

from __future__ import annotations

import sys

from matrix.inspection.stand_ins import Dict, Global, Object, Outside, StandIn

_STATE_CLASSES = {("collections", "OrderedDict")}
"""Classes of objects that are a state themselves. They are no tuples."""

_OWN_STATES = {("statsmodels.tools.tools", "Bunch")}
"""Dictionaries that are their own ``__dict__``, so that picklers write them as their own state."""

_CLASS_MAKERS = frozenset({"_mareconstruct", "_new_Index", "newObj"})
"""Functions that return a new object of the class that is their first argument."""
_RANDOM_MAKERS = frozenset(
    {"__RandomState_ctor", "__bit_generator_ctor", "__generator_ctor", "__randomstate_ctor"}
)
"""Functions of ``numpy.random`` that return a new object."""
_LOWER_CLASSES = frozenset(
    {"bytearray", "defaultdict", "deque", "dict", "list", "matrix", "ndarray", "partial"}
)
"""Classes with names in lower case, as that of a function."""
_KNOWN = frozenset({"joblib", "numpy", "pandas", "scipy", "sklearn", "_loss"})
"""Packages in which names in lower case are those of functions."""


def sets_attributes(target: Object, state: StandIn) -> bool:
    """Whether a state may set attributes such as ``__class__``.

    A state of two parts sets those in the second part one by one, properties too. A part that a
    call returns, or that something else may change before, can be any dictionary.
    """
    if type(state) is not tuple or len(state) != 2:
        return False
    slots = state[1]
    if isinstance(slots, Dict):
        known = slots.plain()
        return known is None or slots.shared or any(name.startswith("__") for name in known)
    return isinstance(slots, (Object, Outside)) and not _is_random(slots)


def is_computed(state: StandIn) -> bool:
    """Whether a state is what a call returns: it may be of two parts when the file is loaded."""
    if isinstance(state, Object):
        return not (isinstance(state.maker, Global) and state.maker.pair in _STATE_CLASSES)
    return isinstance(state, Outside)


def is_own_state(target: Object, state: StandIn) -> bool:
    """Whether a dictionary gets its own items as attributes, and all of them have plain names."""
    if state is not target or not target.by_class or target.pairs is None:
        return False
    keys = target.pairs.flat[::2]
    plain = all(type(key) is str and not key.startswith("__") for key in keys)
    return plain and isinstance(target.maker, Global) and target.maker.pair in _OWN_STATES


def may_exist_already(target: Object) -> bool:
    """Whether an object may be one that exists already instead of a new one.

    A function may return what it is given. To change its result is then to change something that
    decides how the rest of the file is read, such as a dtype or the state of an array wrapper.
    """
    if target.by_class or not isinstance(target.maker, Global):
        return False
    module, name = target.maker.pair
    if name in _CLASS_MAKERS:
        return not (target.args and isinstance(target.args[0], Global))
    if name in _RANDOM_MAKERS:
        return not _makes_random(target)
    if name.startswith("__pyx_unpickle_") or name in _LOWER_CLASSES:
        return False
    if name.endswith(("_matrix", "_array")) or name.lstrip("_")[:1].isupper():
        return False
    top = module.partition(".")[0]
    return top in _KNOWN or top in sys.stdlib_module_names


def _makes_random(target: Object) -> bool:
    """Whether the arguments are names and classes of ``numpy.random``, or their objects."""
    return not target.kwargs and all(
        type(one) is str or _is_random(one) or (isinstance(one, Global) and _in_random(one))
        for one in target.args
    )


def _is_random(value: StandIn) -> bool:
    """Whether it is an object of ``numpy.random``: no dictionary, and without attributes to set."""
    if not isinstance(value, Object) or not isinstance(value.maker, Global):
        return False
    made = value.maker.qualname not in _RANDOM_MAKERS or _makes_random(value)
    return made and _in_random(value.maker)


def _in_random(name: Global) -> bool:
    return name.module.startswith("numpy.random")
