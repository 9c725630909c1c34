"""Build hook: convert the README for package registries, and name the repository.

A registry shows only the README, so links to other files of the repository lead there. The address
is that of the repository whose workflow builds the package; a build on another machine has none,
and the links become plain text.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

_RELATIVE_LINK = re.compile(r"\[([^\]]+)\]\((?!https?://|#)([^)]+)\)")


class Readme(MetadataHookInterface):
    """Fills in ``readme`` and ``urls`` when the package is built."""

    def update(self, metadata: dict[str, Any]) -> None:
        text = Path(self.root, "README.md").read_text("utf-8")
        address = repository(os.environ)
        metadata["readme"] = {"content-type": "text/markdown", "text": linked(text, address)}
        metadata["urls"] = urls(address)


def repository(environ: Mapping[str, str]) -> str:
    """Return the address of the repository whose workflow runs; empty outside of workflows."""
    server, name = environ.get("GITHUB_SERVER_URL", ""), environ.get("GITHUB_REPOSITORY", "")
    return f"{server}/{name}" if server and name else ""


def linked(text: str, address: str) -> str:
    """Return Markdown whose links to files lead to a repository, or are text without one."""
    target = rf"[\1]({address}/blob/HEAD/\2)" if address else r"\1 (`\2`)"
    return _RELATIVE_LINK.sub(target, text)


def urls(address: str) -> dict[str, str]:
    """Return the project URLs; none without a repository."""
    pages = {
        "Repository": "",
        "Documentation": "/blob/HEAD/docs/index.md",
        "Changelog": "/blob/HEAD/CHANGELOG.md",
        "Issues": "/issues",
    }
    return {name: f"{address}{path}" for name, path in pages.items()} if address else {}
