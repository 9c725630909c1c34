"""The libraries whose models are known: one module for each, with one :class:`Framework`.

Adding a library is adding a module here, and its admitted names in ``matrix/inspection/allowed``.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable

from matrix.frameworks.framework import Excerpt as Excerpt
from matrix.frameworks.framework import Framework as Framework
from matrix.frameworks.framework import NativeFormat as NativeFormat
from matrix.frameworks.framework import VersionHint as VersionHint
from matrix.frameworks.scikit_learn import FRAMEWORK as SCIKIT_LEARN


def _all() -> tuple[Framework, ...]:
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    modules = [importlib.import_module(f"{__name__}.{name}") for name in names]
    found: list[Framework] = [one.FRAMEWORK for one in modules if hasattr(one, "FRAMEWORK")]
    return (SCIKIT_LEARN, *(one for one in found if one is not SCIKIT_LEARN))


FRAMEWORKS = _all()
"""All of them; scikit-learn is the first, the others are sorted by module."""
BY_NAME = {one.name: one for one in FRAMEWORKS}
"""By the normalized name of the distribution."""
BY_MODULE = {module: one for one in FRAMEWORKS for module in one.modules}
"""By top-level module."""
RUNTIMES = {one.name: one for one in FRAMEWORKS if one.runs}
"""By the normalized name of the distribution, those that run models without scikit-learn."""
MARKS = tuple(mark for one in FRAMEWORKS for mark in one.marks)
"""The first bytes of all models that native code writes into a pickle."""


def needed_for(modules: Iterable[str]) -> tuple[Framework, ...]:
    """Return the libraries beside scikit-learn that a file needs, in the order of the records.

    Args:
        modules: top-level modules that the file names.
    """
    named = {BY_MODULE[module] for module in modules if module in BY_MODULE}
    return tuple(one for one in FRAMEWORKS[1:] if one in named)


def come_with(frameworks: Iterable[Framework]) -> frozenset[str]:
    """Return the top-level modules that environments with these libraries have."""
    return frozenset(module for one in frameworks for module in (*one.modules, *one.brings))


def variables(packages: Iterable[str]) -> dict[str, str]:
    """Return the environment variables of processes in an environment.

    Args:
        packages: what the environment has, by normalized name.
    """
    there = frozenset(packages)
    found: dict[str, str] = {}
    for one in FRAMEWORKS:
        if one.name in there:
            found.update(one.variables(there))
    return found
