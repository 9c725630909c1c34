"""The last run in the store, and whether its result is still valid."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import Any

from matrix.catalog import Catalog
from matrix.engine import selfcheck
from matrix.engine.run_context import RunContext
from matrix.errors import CannotTellError
from matrix.model import Cell, Environment, Explanation, Matrix, codec
from matrix.model.environments import SCIKIT_LEARN
from matrix.store import Store, keys
from matrix.store.cell_packing import pack, unpack
from matrix.store.runs import RunKind


def last(store: Store, kind: RunKind | None = None) -> Matrix:
    """The result of the last run in the store, or of the last one of a kind.

    Raises:
        CannotTellError: there is none, or its cells are damaged.
    """
    return _matrix(store, *_last_head(store, kind))


def last_checks(store: Store) -> list[Matrix]:
    """The result of the last run; of ``pr`` the checks of all locks, in their order.

    Raises:
        CannotTellError: there is none, or its cells are damaged.
    """
    found: list[Matrix] = []
    for run_id, text in store.runs.complete():
        head: dict[str, Any] = codec.decode(text)
        found.insert(0, _matrix(store, run_id, head))
        if not head.get("continues"):
            break
    return found or [last(store)]


def with_pipeline(store: Store, name: str, reader: str | None = None) -> Matrix:
    """The last result that has a pipeline or a model; without any, the last of all.

    Args:
        store: the results.
        name: of the pipeline or the model.
        reader: the id, the label or the release of an environment. Of the checks of one command,
            one that has it comes first.
    """
    found = list(_heads_with(store, name))
    if not found:
        return last(store)
    having = (one for one in found if any(_is_named(e, reader) for e in one[1]["environments"]))
    return _matrix(store, *next(having, found[0]))


def _heads_with(store: Store, name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """The last run that has a pipeline, and those before it of the same command."""
    found = False
    for run_id, text in store.runs.complete():
        head: dict[str, Any] = codec.decode(text)
        if any(one["id"] == name for one in head["pipelines"]):
            found = True
            yield run_id, head
        if found and not head.get("continues"):
            return


def _is_named(environment: dict[str, Any], name: str | None) -> bool:
    packages = (environment["info"] or {}).get("packages", {})
    return name in (environment["id"], environment["label"], packages.get(SCIKIT_LEARN))


def options_of(store: Store, matrix: Matrix) -> tuple[str, ...]:
    """The options of the check that a result is of, quoted for a shell.

    Raises:
        CannotTellError: the check is no longer in the store.
    """
    return tuple(_head_of(store, matrix)[1].get("options", ()))


def keep_check(
    store: Store, matrix: Matrix, *, continues: bool = False, options: Sequence[str] = ()
) -> None:
    """Store the result of a check of models, to be shown and explained later.

    Args:
        store: the results.
        matrix: the result.
        continues: whether the check before it belongs to the same command.
        options: that the same check of a model needs again, quoted for a shell.
    """
    run_id = store.runs.begin(continues=continues)
    store.runs.keep(run_id, ((place, pack(cell)) for place, cell in enumerate(matrix.cells)))
    head = codec.head_to_json(matrix) | {
        "digest": "",
        "settled": False,
        "continues": continues,
        "options": list(options),
        "cells_digest": store.runs.pack(run_id),
    }
    store.runs.end(run_id, codec.encode(head), RunKind.CHECK)


def _matrix(store: Store, run_id: int, head: dict[str, Any]) -> Matrix:
    if store.runs.digest(run_id) != head["cells_digest"]:
        raise CannotTellError(
            f"the results of the last run in {store.folder} were damaged on disk",
            advice="Run it again: it computes them from the stored answers.",
        )
    try:
        return codec.matrix_from_head(head, Cells(store, run_id))
    except codec.READ_ERRORS as error:
        raise CannotTellError(
            f"the last result in {store.folder} was written by another version of this tool, which "
            "this one cannot read",
            advice="Run it again: it uses the stored answers as far as they are the same.",
        ) from error


def _last_head(store: Store, kind: RunKind | None = None) -> tuple[int, dict[str, Any]]:
    """The id of the last run, and its stored head: everything except its cells."""
    found = store.runs.last(kind)
    if found is None:
        raise CannotTellError(
            f"there are no results in {store.folder} yet", advice="Run `nox -s matrix` first."
        )
    run_id, text = found
    head: dict[str, Any] = codec.decode(text)
    return run_id, head


def keep_explanation(store: Store, explanation: Explanation, checked: Matrix | None = None) -> None:
    """Store an explanation with its result, in place of an earlier one of the same cell.

    Args:
        store: the results.
        explanation: of a cell.
        checked: the check of models that has the cell; None for the last run.

    Raises:
        CannotTellError: there is no such result in the store.
    """
    kind = RunKind.MATRIX if checked is None else RunKind.CHECK
    run_id, head = _last_head(store, kind) if checked is None else _head_of(store, checked)
    new = codec.to_json(explanation)
    place = ("pipeline", "format", "writer", "reader")
    others = [
        one for one in head.get("stories", ()) if any(one[name] != new[name] for name in place)
    ]
    store.runs.end(run_id, codec.encode(head | {"stories": [*others, new]}), kind)


def _head_of(store: Store, checked: Matrix) -> tuple[int, dict[str, Any]]:
    started = checked.started.isoformat()
    for run_id, text in store.runs.complete(RunKind.CHECK):
        head: dict[str, Any] = codec.decode(text)
        if head["started"] == started:
            return run_id, head
    raise CannotTellError(f"the check is no longer in {store.folder}")


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells of a run, read from the store as they are iterated."""

    store: Store
    run: int
    cached: bool = False
    """All of them come from an earlier run."""

    def __iter__(self) -> Iterator[Cell]:
        for shared, cells in self.store.runs.batches(self.run):
            yield from unpack(shared, cells, cached=self.cached)


def digest(context: RunContext, catalog: Catalog) -> str:
    """The digest of everything that the result of a run depends on."""
    environments = [
        (one.id, context.key(one) if one.ready else one.reason) for one in context.environments
    ]
    pipelines = [(one.id, one.digest, one.formats) for one in context.pipelines]
    limits, tolerances = repr(catalog.limits), repr(catalog.tolerances)
    code = keys.worker(), keys.judge(), keys.causes()
    shard = str(context.shard), [one.id for one in context.shard_environments], context.taken_in
    return keys.of(environments, pipelines, limits, tolerances, *code, shard)


def unchanged(
    context: RunContext, catalog: Catalog, unbuildable: Environment | None
) -> Matrix | None:
    """The result of the last run, if nothing that it depends on has changed.

    Also None if it was interrupted, if a worker crashed or was stopped (the machine may be
    responsible, so it is tried again), or if its cells are damaged.
    """
    found = context.store.runs.last(RunKind.MATRIX)
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
