"""Translate the version constraints of Poetry into those of PEP 440."""

from __future__ import annotations

import re

from packaging.specifiers import SpecifierSet
from packaging.version import Version

_PART = re.compile(r"(?P<operator>\^|~=|~|===|==|=|!=|<=|>=|<|>)?\s*(?P<version>[\w*][^\s,]*)")


def specifier(text: str) -> str:
    """Return the specifier of PEP 440; empty for any version.

    Args:
        text: ``^1.2``, ``~1.2``, ``1.2.*``, ``>=1.2,<2`` or ``*``.

    Raises:
        ValueError: it is not such a constraint, or has alternatives (``||``).
    """
    if "|" in text:
        raise ValueError("alternatives (||) are not supported")
    parts = [_translated(found) for found in _PART.finditer(text) if found["version"] != "*"]
    return str(SpecifierSet(",".join(parts)))


def _translated(found: re.Match[str]) -> str:
    operator, version = found["operator"] or "==", found["version"]
    if operator not in {"^", "~"}:
        return ("==" if operator == "=" else operator) + version
    release = list(Version(version.removesuffix(".*")).release)
    if operator == "~":
        kept = min(len(release), 2)
    else:
        first = next((at for at, part in enumerate(release) if part), len(release) - 1)
        kept = first + 1
    above = [*release[: kept - 1], release[kept - 1] + 1]
    return f">={version.removesuffix('.*')},<{'.'.join(map(str, above))}"
