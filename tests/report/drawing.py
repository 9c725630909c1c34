"""What a test calls to see a picture; ``conftest.py`` provides it."""

from __future__ import annotations

from collections.abc import Callable

Draw = Callable[..., str]
"""Shows a matrix at a width."""
