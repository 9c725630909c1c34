"""Find floats by bisection over all of them, in the arithmetic of a function."""

from typing import Any, Callable, Optional

import numpy as np

FloatFunction = Callable[[Any], Any]
"""From an array of floats to another of the same length; it rises or falls everywhere."""

_WHOLE = {np.dtype(np.float32): np.int32, np.dtype(np.float64): np.int64}


def next_after(values: Any, dtype: Any) -> Any:
    """The next larger floats of a type."""
    return np.nextafter(np.asarray(values, dtype=dtype), np.array(np.inf, dtype=dtype))


def last_at_most(function: Optional[FloatFunction], limits: Any, dtype: Any) -> Any:
    """The largest floats whose value of a function is at most each of some limits.

    Of a function that falls they are the largest floats whose value is still more than the limit:
    the value changes sides between the float and the next one.

    Args:
        function: None for the identity.
        limits: an array of floats.
        dtype: numpy's single or double precision, in which the function gets its floats.
    """
    limits = np.asarray(limits)
    if function is None:
        found = limits.astype(dtype)
        return np.where(found > limits, np.nextafter(found, np.array(-np.inf, dtype=dtype)), found)
    with np.errstate(all="ignore"):
        ends = function(np.array([-1.0, 1.0], dtype=dtype))
        falls = bool(ends[0] > ends[1])
        largest = _place(np.array([np.finfo(dtype).max], dtype=dtype))[0]
        low = np.full(len(limits), -largest, dtype=np.int64)
        high = np.full(len(limits), largest, dtype=np.int64)
        for _ in range(np.dtype(dtype).itemsize * 8 + 1):
            # The difference of both may be more than a whole number holds.
            middle = low // 2 + high // 2 + (low % 2 + high % 2 + 1) // 2
            value = function(_float(middle, dtype))
            before = value > limits if falls else value <= limits
            low, high = np.where(before, middle, low), np.where(before, high, middle - 1)
            high = np.maximum(high, low)
    return _float(low, dtype)


def _place(values: Any) -> Any:
    """The positions of floats in the order of all floats; that of zero is 0."""
    whole = values.view(_WHOLE[values.dtype]).astype(np.int64)
    sign = np.int64(-(2 ** (values.dtype.itemsize * 8 - 1)))
    return np.where(whole < 0, sign - whole, whole)


def _float(places: Any, dtype: Any) -> Any:
    """Reverse :func:`_place`."""
    dtype = np.dtype(dtype)
    sign = np.int64(-(2 ** (dtype.itemsize * 8 - 1)))
    whole = np.where(places < 0, sign - places, places)
    return whole.astype(_WHOLE[dtype]).view(dtype)
