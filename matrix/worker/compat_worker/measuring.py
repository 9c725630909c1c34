"""Measure how much the rows of a saved pipeline would notice."""

from typing import Any

from compat_worker import (
    bundle_parts,
    evidence,
    evidence_rows,
    keras_models,
    loader_guard,
    mutation,
)
from compat_worker.answer import Answer, KeptContents, Piece, complete_answer
from compat_worker.formats import READABLE
from compat_worker.journal import Journal
from compat_worker.loading import check_readable, read_rows
from compat_worker.observe import SeenWarnings, failure


def measure(piece: Piece, journal: Journal) -> Answer:
    """The answer to one piece of an ``evidence`` request, as ``worker.py`` describes it."""
    seen = SeenWarnings()
    return complete_answer(lambda: _measure(piece), seen, KeptContents(journal))


def _measure(piece: Piece) -> Answer:
    for path in (piece["path"], piece["rows"]):
        check_readable(path)

    def fresh() -> Any:
        with loader_guard.guarded(piece.get("allowed")):
            return bundle_parts.take(READABLE[piece["format"]].load(piece["path"]), None)

    try:
        if keras_models.is_keras(fresh()):
            return {"evidence": None}  # its weights are compared themselves
        rows = read_rows(piece["rows"])
    except (Exception, SystemExit) as error:
        return {"raised": failure(error)}
    n = rows.shape[0] if hasattr(rows, "shape") else len(rows)
    pool = evidence_rows.pool_of(n)
    found = evidence.measure(fresh, rows, pool, piece.get("allowed"), mutation.LIVE)
    found["by_source"] = piece["rows_by_source"]
    return {"evidence": found}
