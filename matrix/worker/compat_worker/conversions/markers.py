"""Markers that stand for "not given" in one release, and are no value in another."""

from typing import Any

from compat_worker import missing_params
from compat_worker.conversions.conversion import Conversion, own

_MARKERS = ("deprecated", "warn")


def _no_marker(one: Any) -> bool:
    """A parameter that was not given has the default of this release.

    ``multi_class="deprecated"`` of 1.5 and newer counts as multinomial in 1.4, which gives other
    probabilities of two classes.
    """
    state, found = own(one), False
    for name, default in missing_params.defaults(type(one)):
        value = state.get(name)
        if _is_marker(value) and not _is_marker(default):
            state[name], found = default, True
    return found


def _is_marker(value: Any) -> bool:
    return isinstance(value, str) and value in _MARKERS


CONVERSIONS = (
    Conversion(
        "markers",
        ("BaseEstimator",),
        _no_marker,
        "parameters that were not given have the default of this release",
    ),
)
