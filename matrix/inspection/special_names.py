"""Attributes that change how an object is read, which no pickler writes into a state.

numpy makes an array of the memory at the address in an attribute ``__array_interface__``, of any
object. Python asks an object itself for ``__setstate__``. States of scikit-learn and its neighbors
are dictionaries with plain names, or tuples of values.
"""

from __future__ import annotations

import sys

from matrix.inspection.stand_ins import Dict, Global, Object, StandIn

ADDRESSES = frozenset({"__array_interface__", "__array_struct__"})
"""Names of attributes with the address of an array."""
LENGTHS = frozenset(map(len, ADDRESSES))
_HARMLESS = frozenset({"__doc__", "__module__", "__name__", "__qualname__", "__version__"})
_PACKAGES = frozenset({"sklearn", "_loss", "numpy", "scipy", "joblib", "pandas"})


def is_set_by(target: Object, state: StandIn) -> bool:
    """Whether a state sets such an attribute, or is in a form that may hide that it does.

    The form is not checked for classes of other packages: their own code reads their states.
    """
    if not isinstance(target.maker, Global):
        return False
    top = target.maker.module.partition(".")[0]
    known = top in _PACKAGES or top in sys.stdlib_module_names
    if known and _hides_names(state):
        return True
    parts = state if type(state) is tuple else (state,)
    keys = [key for part in parts if isinstance(part, Dict) for key in part.flat[::2]]
    return any(_is_special(key, known=known) for key in keys)


def _is_special(key: StandIn, *, known: bool) -> bool:
    if type(key) is not str:
        return known
    return key.startswith("__") and key not in _HARMLESS and (known or key in ADDRESSES)


def _hides_names(state: StandIn) -> bool:
    """Whether ``dict.update`` would take names from something else than a dictionary."""
    if isinstance(state, (Object, list)):
        return True
    return type(state) is tuple and bool(state) and all(map(_is_pair, state))


def _is_pair(value: StandIn) -> bool:
    return type(value) in (tuple, list) and len(value) == 2
