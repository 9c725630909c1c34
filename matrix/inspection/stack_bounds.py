"""Infer the versions of packages that wrote a file from the names in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from packaging.version import Version

from matrix.inspection.result import Name

_SINCE: Mapping[str, Mapping[str, str]] = {
    "numpy": {
        r"numpy\.random\._pickle\..*": "1.17",
        r"numpy\.random\._pickle\.__bit_generator_ctor": "1.24",
        r"numpy\._core\..*": "2",
    },
    "scipy": {
        r"scipy\.sparse\._(?:bsr|coo|csc|csr|dia|dok|lil)\..*": "1.8",
        r"scipy\.interpolate\._interpolate\..*": "1.8",
        r"scipy\._lib\.array_api_compat\..*": "1.11",
    },
    "pandas": {
        r"pandas\._libs\.arrays\..*|pandas\.core\.internals\.blocks\.new_block": "1.3",
        r"pandas\._libs\.internals\._unpickle_block": "1.4",
        r"pandas\.core\.arrays\.numpy_\.(?:NumpyExtensionArray|NumpyEADtype)": "2.1",
        r"pandas\.(?:DataFrame|Series|Index|RangeIndex)": "3",
    },
    "statsmodels": {r"statsmodels\.tsa\.arima\.model\..*": "0.11"},
}
"""By package, patterns of full names that are new in a release, as its own files showed."""
_UNTIL: Mapping[str, Mapping[str, str]] = {
    "numpy": {r"numpy\.core\..*": "2"},
    "pandas": {r"pandas\.core\.indexes\.numeric\..*": "2"},
    "statsmodels": {r"statsmodels\.tsa\.arima_model\..*Results.*": "0.13"},
}
"""By package, patterns of full names that no release writes from this one on."""
ALIGNED = "1.2 or newer"
"""The joblib of files whose arrays are aligned."""


def stack_bounds(names: Iterable[Name], joblib: str) -> dict[str, str]:
    """Return a specifier for each package whose version the names in a file tell.

    Args:
        names: all that the file looks up.
        joblib: of the inspection: the releases that write arrays in this layout.

    Returns:
        By package, a specifier such as ``>=1.8`` or ``>=1.24,<2``.
    """
    texts = [str(name) for name in names]
    found = {package: ",".join(_bounds(package, texts)) for package in (*_SINCE, *_UNTIL)}
    found["joblib"] = ">=1.2" if joblib == ALIGNED else ""
    return {package: specifier for package, specifier in found.items() if specifier}


def _bounds(package: str, texts: list[str]) -> Iterator[str]:
    since = list(_matching(_SINCE.get(package, {}), texts))
    if since:
        yield f">={max(since, key=Version)}"
    until = list(_matching(_UNTIL.get(package, {}), texts))
    # Parts of a model may come from different releases; then the newest one wrote the file.
    lower = [Version(one) for one in until if not since or Version(one) > max(map(Version, since))]
    if lower:
        yield f"<{min(lower)}"


def _matching(patterns: Mapping[str, str], texts: list[str]) -> Iterator[str]:
    for pattern, release in patterns.items():
        if any(re.fullmatch(pattern, text) for text in texts):
            yield release
