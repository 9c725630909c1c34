"""What a branch changes in a lock, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from matrix.upgrade.lock_changes import LockChange, PackageChange

_SHOWN = 8


def lock_change_words(change: LockChange) -> str:
    """Return the two sides of a lock, and the packages that differ and bear on models.

    Without any of these, the others: ``3f1c2d4a5b6c:uv.lock → uv.lock: numpy 1.26.4 → 2.1.0``.
    """
    python = f", for Python {change.python}" if change.python else ""
    base = change.base or "(new)"
    shown = [one for one in change.packages if one.bears_on_models] or list(change.packages)
    return f"{base} → {change.path}{python}: {_words(shown)}"


def lock_change_lines(change: LockChange) -> Iterator[str]:
    """Yield the same, and the packages that differ and do not bear on models."""
    yield lock_change_words(change)
    others = [one for one in change.packages if not one.bears_on_models]
    if others and change.bears_on_models:
        yield f"  also, not known to bear on models: {_words(others)}"


def _words(packages: Sequence[PackageChange]) -> str:
    words = [f"{one.name} {one.before or '(none)'} → {one.after or '(none)'}" for one in packages]
    more = [f"and {len(words) - _SHOWN} more"] if len(words) > _SHOWN else []
    return ", ".join([*words[:_SHOWN], *more])
