"""Words of command lines that people paste into a shell."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from pathlib import Path


def path_word(path: Path | str) -> str:
    """Return a path as an argument that no program takes for an option: ``./-q.joblib``."""
    text = str(path)
    return f"./{text}" if text.startswith("-") else text


def quoted_path(path: Path | str) -> str:
    """Return the same, quoted for a shell."""
    return shlex.quote(path_word(path))


def with_names(options: Iterable[str], names: Iterable[str]) -> str:
    """Return options and then names that are not paths, quoted, with ``--`` if a name needs it."""
    words = list(names)
    separator = ["--"] if any(one.startswith("-") for one in words) else []
    return shlex.join([*options, *separator, *words])
