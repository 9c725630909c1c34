"""What is kept of earlier runs: the last matrix, and whether it still holds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timezone

from matrix import documents
from matrix.catalog import Catalog
from matrix.engine import selfcheck
from matrix.engine.setting import Setting
from matrix.errors import CannotTellError
from matrix.model import Cell, Environment, Matrix
from matrix.store import Store, keys


def last(store: Store) -> Matrix:
    """The matrix of the last run that is kept.

    Raises:
        CannotTellError: there is none.
    """
    found = store.last_run()
    if found is None:
        raise CannotTellError(
            f"there are no results in {store.folder} yet", advice="Run `nox -s matrix` first."
        )
    run_id, head = found
    return documents.matrix_from_head(json.loads(head), Cells(store, run_id))


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells of a run, read from the store as they are asked for."""

    store: Store
    run: int
    cached: bool = False
    """All of them are of an earlier run."""

    def __iter__(self) -> Iterator[Cell]:
        for body in self.store.cells(self.run):
            data = json.loads(body)
            data["cached"] = data["cached"] or self.cached
            yield documents.cell_from_dict(data)


def digest(setting: Setting, catalog: Catalog) -> str:
    """Of all that the table of a run depends on."""
    environments = [
        (one.id, setting.key(one) if one.ready else one.reason) for one in setting.environments
    ]
    pipelines = [(one.id, one.digest, one.formats) for one in setting.pipelines]
    limits, tolerances = repr(catalog.limits), repr(catalog.tolerances)
    return keys.of(environments, pipelines, limits, tolerances, keys.worker(), keys.judge())


def unchanged(setting: Setting, catalog: Catalog, unbuildable: Environment | None) -> Matrix | None:
    """The matrix of the last run, if nothing that it depends on has changed since.

    None too if it was interrupted, if a worker crashed or was stopped (which may have been the
    machine's doing, and is tried again), or if its cells are no longer what was kept.
    """
    found = setting.store.last_run()
    if found is None or setting.fresh:
        return None
    run_id, text = found
    head = json.loads(text)
    if head.get("digest") != digest(setting, catalog) or not head["settled"]:
        return None
    if setting.store.cells_digest(run_id) != head["cells_digest"]:
        return None
    now = datetime.now(timezone.utc)
    matrix = documents.matrix_from_head(head, Cells(setting.store, run_id, cached=True))
    self_check = {**matrix.self_check, **selfcheck.noticed(unbuildable)}
    return replace(matrix, started=now, finished=now, self_check=self_check)
