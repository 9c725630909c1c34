"""Sizes in bytes as people write them."""

from __future__ import annotations

_UNITS = ("B", "kB", "MB", "GB", "TB")


def size_text(size: float, *, kilobytes: str = ".0f") -> str:
    """A size in bytes in powers of 1,000: ``1.4 GB``.

    Args:
        size: in bytes.
        kilobytes: how numbers of kB are formatted; single files may need a decimal place.
    """
    number = float(size)
    for unit in _UNITS[:-1]:
        if number < 999.5:
            digits = {"B": ".0f", "kB": kilobytes}.get(unit, ".3g")
            return f"{number:{digits}} {unit}"
        number /= 1000
    return f"{number:.3g} {_UNITS[-1]}"
