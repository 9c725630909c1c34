"""Causes of cells that change or fail: known ones from a file, else generated ids.

Pure, except for reading that file, which is part of the package.
"""

from __future__ import annotations

from matrix.causes.causes_file import by_id, known, read
from matrix.causes.known_cause import KnownCause
from matrix.causes.matching import cause_of
from matrix.causes.unknown import PREFIX

__all__ = ["PREFIX", "KnownCause", "by_id", "cause_of", "known", "read"]
