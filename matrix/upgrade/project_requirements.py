"""Read which packages the requirements of a project name. Nothing is installed or run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from packaging.utils import canonicalize_name

from matrix.catalog.source_file import DiskFile
from matrix.errors import UsageError

FILES = ("requirements.txt", "requirements.in", "app/requirements.txt", "api/requirements.txt")
"""Where a folder of a project may have its requirements."""
_NAME = re.compile(r"\s*([A-Za-z0-9][\w.-]*)\s*(?:\[|[<>=!~;#@]|$)")


def texts_of(folder: Path) -> Iterator[str]:
    """Yield the texts of the files of requirements in a folder that can be read."""
    for name in FILES:
        if (folder / name).is_file():
            try:
                yield DiskFile.named(folder / name).text()
            except UsageError:  # the file of a stranger: only a proposal
                continue


def required_by(folders: Iterable[Path]) -> frozenset[str]:
    """Return the normalized names of the packages that the requirements in folders name."""
    lines = (line for one in folders for text in texts_of(one) for line in text.splitlines())
    names = (found[1] for found in map(_NAME.match, lines) if found)
    return frozenset(str(canonicalize_name(name)) for name in names)
