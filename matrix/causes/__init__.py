"""Why cells are not safe: known causes from a file, and ids for those that nobody has written down.

Pure but for reading that file, which comes with the package.
"""

from __future__ import annotations

from matrix.causes.causes_file import by_id, known, read
from matrix.causes.known_cause import KnownCause
from matrix.causes.matching import cause_of
from matrix.causes.unknown import PREFIX

__all__ = ["PREFIX", "KnownCause", "by_id", "cause_of", "known", "read"]
