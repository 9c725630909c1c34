"""An id for causes that nobody has written down: the same wherever the same is seen."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from matrix.model import Cell, Group
from matrix.normalize_messages import folded

PREFIX = "unknown-"


def unknown(cell: Cell, estimators: Sequence[str]) -> str:
    """The id of what a cell shows, without what differs from cell to cell.

    What was raised, and whether while loading or in use; for a change, what the model is made of,
    the method and the verdict; else the reason.
    """
    if cell.verdict.group is Group.CHANGES:
        names = sorted({name.rpartition(".")[2] for name in estimators})
        said = [*names, cell.stage, cell.verdict.value]
    elif cell.exception is not None:
        kind = "load" if cell.stage == "load" else "use"
        said = [kind, cell.exception.type, folded(cell.exception.message)]
    else:
        said = [cell.verdict.value, folded(cell.reason)]
    return PREFIX + hashlib.sha256(json.dumps(said).encode()).hexdigest()[:8]
