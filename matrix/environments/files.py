"""Small JSON files that are either whole or not there."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

from matrix.errors import StoreError


def read_json(path: Path) -> Any:
    """Return what a file holds; None if it is not there, or damaged: it can be made again."""
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None


def write_json(path: Path, value: object) -> None:
    """Write a file at one stroke: a temporary one beside it, renamed into place.

    Raises:
        StoreError: there is no space, or no permission.
    """
    text = json.dumps(value, indent=1, sort_keys=True)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        problem = error.strerror or str(error)
        raise StoreError(f"{path}: cannot be written: {problem}") from error
