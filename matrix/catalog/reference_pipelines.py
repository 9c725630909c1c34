"""The reference pipelines that come with the package, for projects that have none of their own."""

from __future__ import annotations

from pathlib import Path

NAME = "package:reference"
"""Stands for their folder in `pipelines`."""

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
"""What holds where there is no configuration: all of them, and no environments."""


def folder() -> Path:
    """Where they are: inside the package, or beside it in the repository."""
    package = Path(__file__).parent.parent
    installed = package / "fixtures"
    return installed if installed.is_dir() else package.parent / "fixtures"
