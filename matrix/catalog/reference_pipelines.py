"""The reference pipelines that come with the package, for projects that have none of their own."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from matrix.catalog.pipelines import read_pipelines
from matrix.model import Pipeline

NAME = "package:reference"
"""The value of `pipelines` in the configuration that means the folder of these pipelines."""

CONFIGURATION = {
    "pipelines": [NAME],
    "requirements": ["pandas"],
    "formats": {
        "joblib": ["*"],
        "joblib-zlib": ["tag:deployed"],
        "pickle-2": ["tag:deployed"],
        "pickle-4": ["tag:deployed"],
        "pickle-5": ["tag:deployed"],
    },
    "sets": {"default": {"skip": ["tag:extra"]}},
}
"""The configuration of a project without one: all reference pipelines, and no environments."""


def of_packages(modules: Collection[str]) -> tuple[Pipeline, ...]:
    """Return the reference pipelines for models of libraries beside scikit-learn.

    Args:
        modules: the top-level modules of these libraries: ``xgboost``.
    """
    found = read_pipelines([folder() / "_packages"])
    return tuple(one for one in found if not set(modules).isdisjoint(one.tags))


def folder() -> Path:
    """Return the folder of these pipelines: in the package, or beside it in the repository."""
    package = Path(__file__).parent.parent
    installed = package / "fixtures"
    return installed if installed.is_dir() else package.parent / "fixtures"
