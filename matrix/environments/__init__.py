"""Interpreters, locks, and builds through nox.

:func:`prepare` is the door: environments wanted go in, environments found come out.
"""

from __future__ import annotations

from matrix.environments.prepare import BuildStep, build, prepare, standing, survey
from matrix.environments.records import Record
from matrix.environments.resolve import Resolved, resolve

__all__ = ["BuildStep", "Record", "Resolved", "build", "prepare", "resolve", "standing", "survey"]
