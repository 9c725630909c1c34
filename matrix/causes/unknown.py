"""Generates ids for unknown causes: equal evidence gives an equal id."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from matrix.model import Cell, Group
from matrix.normalize_messages import folded

PREFIX = "unknown-"


def unknown(cell: Cell, estimators: Sequence[str]) -> str:
    """Return an id for the evidence of a cell, without details that vary between cells.

    For an exception: its class and message, and whether it was raised at load or in use. For a
    change: the classes in the model, the method and the verdict. Otherwise: the reason.
    """
    if cell.verdict.group is Group.CHANGES:
        names = sorted({name.rpartition(".")[2] for name in estimators})
        evidence = [*names, cell.stage, cell.verdict.value]
    elif cell.exception is not None:
        kind = "load" if cell.stage == "load" else "use"
        evidence = [kind, cell.exception.type, folded(cell.exception.message)]
    else:
        evidence = [cell.verdict.value, folded(cell.reason)]
    return PREFIX + hashlib.sha256(json.dumps(evidence).encode()).hexdigest()[:8]
