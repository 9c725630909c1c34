"""Names of several environments in one phrase."""

from __future__ import annotations

import re
from collections.abc import Sequence

_NAME = re.compile(r"(?P<package>\S+) (?P<release>[^\s,]+)(?: \((?P<details>[^()]*)\))?")


def joined(names: Sequence[str], most: int | None = None) -> str:
    """Return names of environments as one phrase; what all have in common stands there once.

    Args:
        names: as :func:`matrix.report.model_answers.versions` returns them.
        most: how many to name; the others are counted.

    Returns:
        ``scikit-learn 1.9.1, 1.8.0 and 1.4.2 (resolved today)``, or the names as they are if they
        are of another form.
    """
    found = [_NAME.fullmatch(name) for name in names]
    parts = [one.group("package", "details") for one in found if one is not None]
    if len(parts) < 2 or len(parts) < len(names) or len(set(parts)) > 1:
        return _listed(names, most, ", ")
    package, details = parts[0]
    releases = [one["release"] for one in found if one is not None]
    return f"{package} {_listed(releases, most, ' and ')}{f' ({details})' if details else ''}"


def _listed(names: Sequence[str], most: int | None, last: str) -> str:
    if most is not None and len(names) > most:
        return f"{', '.join(names[:most])} and {len(names) - most} more"
    return last.join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]
