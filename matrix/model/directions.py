"""The direction in which a saved file crosses releases."""

from __future__ import annotations

import enum


class Direction(str, enum.Enum):
    """The direction from the release that saved a file to the one that loads it."""

    UPGRADE = "upgrade"
    """Loaded by a later release."""
    ROLLBACK = "rollback"
    """Loaded by an earlier release."""
    VARIATION = "variation"
    """Loaded by the same release of scikit-learn with another Python, joblib or numpy."""
