"""Small JSON files that are either whole or not there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from matrix.atomic_write import write_whole
from matrix.errors import StoreError


def read_json(path: Path) -> Any:
    """Return what a file holds; None if it is not there, or damaged: it can be made again."""
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None


def write_json(path: Path, value: object) -> None:
    """Write a file at one stroke; folders that are missing are made.

    Raises:
        StoreError: there is no space, or no permission.
    """
    text = json.dumps(value, indent=1, sort_keys=True)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, text.encode("utf-8"))
    except OSError as error:
        problem = error.strerror or str(error)
        raise StoreError(f"{path}: cannot be written: {problem}") from error
