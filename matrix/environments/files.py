"""Small JSON files that can be made again: whole, or read as missing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from matrix.atomic_write import write_whole
from matrix.errors import StoreError


def read_json(path: Path) -> Any:
    """Return the value in a file; None if the file is missing or damaged."""
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None


def write_json(path: Path, value: object) -> None:
    """Replace a file at once; missing folders are made.

    Raises:
        StoreError: no space is left, or the permission is missing.
    """
    text = json.dumps(value, indent=1, sort_keys=True)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, text.encode("utf-8"))
    except OSError as error:
        problem = error.strerror or str(error)
        raise StoreError(f"{path}: cannot be written: {problem}") from error
