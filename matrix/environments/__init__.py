"""Interpreters, locks, and builds through nox.

:func:`prepare` is the entry point: it takes requested environments and returns built ones.
"""

from __future__ import annotations

from matrix.environments.prepare import BuildStep, build, prepare, standing, survey
from matrix.environments.records import Record
from matrix.environments.resolve import Resolved, resolve

__all__ = ["BuildStep", "Record", "Resolved", "build", "prepare", "resolve", "standing", "survey"]
