"""What is kept of earlier runs: the last matrix, and whether it still holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import Any

from matrix.catalog import Catalog
from matrix.engine import selfcheck
from matrix.engine.run_context import RunContext
from matrix.errors import CannotTellError
from matrix.model import Cell, Environment, Explanation, Matrix, codec
from matrix.store import Store, keys
from matrix.store.cell_packing import unpack


def last(store: Store) -> Matrix:
    """The matrix of the last run that is kept.

    Raises:
        CannotTellError: there is none, or its cells are no longer what was kept.
    """
    run_id, head = _last_head(store)
    if store.runs.digest(run_id) != head["cells_digest"]:
        raise CannotTellError(
            f"the results of the last run in {store.folder} were damaged on disk",
            advice="Run `nox -s matrix`: it makes them again from the answers that are kept.",
        )
    return codec.matrix_from_head(head, Cells(store, run_id))


def _last_head(store: Store) -> tuple[int, dict[str, Any]]:
    """The id of the last run, and all that is kept of it but its cells."""
    found = store.runs.last()
    if found is None:
        raise CannotTellError(
            f"there are no results in {store.folder} yet", advice="Run `nox -s matrix` first."
        )
    run_id, text = found
    head: dict[str, Any] = codec.decode(text)
    return run_id, head


def tell(store: Store, story: Explanation) -> None:
    """Keep a story with the last run, in place of an earlier one of the same cell.

    Raises:
        CannotTellError: no run is kept.
    """
    run_id, head = _last_head(store)
    told = codec.to_json(story)
    place = ("pipeline", "format", "writer", "reader")
    others = [
        one for one in head.get("stories", ()) if any(one[name] != told[name] for name in place)
    ]
    store.runs.end(run_id, codec.encode(head | {"stories": [*others, told]}))


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells of a run, read from the store as they are asked for."""

    store: Store
    run: int
    cached: bool = False
    """All of them are of an earlier run."""

    def __iter__(self) -> Iterator[Cell]:
        for shared, cells in self.store.runs.batches(self.run):
            yield from unpack(shared, cells, cached=self.cached)


def digest(context: RunContext, catalog: Catalog) -> str:
    """Of all that the table of a run depends on."""
    environments = [
        (one.id, context.key(one) if one.ready else one.reason) for one in context.environments
    ]
    pipelines = [(one.id, one.digest, one.formats) for one in context.pipelines]
    limits, tolerances = repr(catalog.limits), repr(catalog.tolerances)
    code = keys.worker(), keys.judge(), keys.causes()
    return keys.of(environments, pipelines, limits, tolerances, *code, str(context.shard))


def unchanged(
    context: RunContext, catalog: Catalog, unbuildable: Environment | None
) -> Matrix | None:
    """The matrix of the last run, if nothing that it depends on has changed since.

    None too if it was interrupted, if a worker crashed or was stopped (which may have been the
    machine's doing, and is tried again), or if its cells are no longer what was kept.
    """
    found = context.store.runs.last()
    if found is None or context.fresh:
        return None
    run_id, text = found
    head = codec.decode(text)
    if head.get("digest") != digest(context, catalog) or not head["settled"]:
        return None
    if context.store.runs.digest(run_id) != head["cells_digest"]:
        return None
    now = datetime.now(timezone.utc)
    matrix = codec.matrix_from_head(head, Cells(context.store, run_id, cached=True))
    self_check = {**matrix.self_check, **selfcheck.noticed(unbuildable)}
    return replace(matrix, started=now, finished=now, self_check=self_check, whole=catalog.whole)
