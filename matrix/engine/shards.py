"""Split a matrix over several machines by readers, and merge the results.

Alone, each shard saves in every environment and loads in every n-th one: a reader loads files that
were saved on its own machine, and only results are transferred between machines. With a folder for
exchanging files, each saves a part and loads what all have saved; see ``matrix/engine/shares.py``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from matrix.catalog import Catalog
from matrix.engine.roles import has_cell
from matrix.errors import CannotTellError, StoreError, UsageError
from matrix.model import Cell, Detection, Environment, Matrix, Shard, Verdict, format_costs
from matrix.store import keys


def readers(environments: Sequence[Environment], shard: Shard | None) -> tuple[Environment, ...]:
    """The environments that load in a shard; all of them without a shard."""
    return tuple(
        environment
        for position, environment in enumerate(environments)
        if shard is None or shard.has(position, environment.id)
    )


def digest(catalog: Catalog, environments: Sequence[Environment]) -> str:
    """The digest of a plan: environments, pipelines, settings and code, but no local interpreters.

    Results of shards can be merged only if their plans have the same digest.
    """
    specs = [repr(environment.spec) for environment in environments]
    pipelines = [(one.id, one.digest, one.formats) for one in catalog.pipelines]
    settings = repr(catalog.limits), repr(catalog.tolerances)
    return keys.of(specs, pipelines, settings, keys.worker(), keys.judge(), keys.causes())


def planned(catalog: Catalog, environments: Sequence[Environment]) -> Shard | None:
    """The shard of a run with the digest of its plan; None if the run has no shard."""
    if catalog.shard is None:
        return None
    return replace(catalog.shard, plan=digest(catalog, environments))


_MOST_SHARDS = 10_000
"""Of one plan; a file that names more was not written by a run."""


def merge(shards: Mapping[str, Matrix], *, allow_missing: bool = False) -> Matrix:
    """Merge the results of shards into one, equal to the result of a run on one machine.

    Args:
        shards: by file name, in any order.
        allow_missing: whether shards may be missing; the verdict of their cells is not-run.

    Raises:
        UsageError: they are not shards of one plan, or one is there twice.
        CannotTellError: some are missing.
    """
    by_index = _by_index(shards)
    first = next(iter(by_index.values()))
    count = _shard(first).count
    missing = [str(Shard(index=i, count=count)) for i in range(1, count + 1) if i not in by_index]
    if missing and not allow_missing:
        raise CannotTellError(
            f"{len(missing)} of {count} shards are missing: {', '.join(missing)}",
            advice="Run them, or merge what there is with --allow-missing: their cells are then "
            "not-run.",
        )
    found = tuple(by_index.values())
    owners = _owners(by_index, first, count)
    return Matrix(
        started=min(matrix.started for matrix in found),
        finished=max(matrix.finished for matrix in found),
        environments=tuple(
            by_index.get(owner, first).environments[position]
            for position, owner in enumerate(owners)
        ),
        pipelines=first.pipelines,
        cells=_MergedCells(by_index, first, owners, missing),
        evidence={name: one for matrix in found for name, one in matrix.evidence.items()},
        format_costs=format_costs.merged(cost for one in found for cost in one.format_costs),
        score_margin=first.score_margin,
        self_check=_worst(found),
        interrupted=any(matrix.interrupted for matrix in found),
        whole=all(matrix.whole for matrix in found),
    )


def _shard(matrix: Matrix) -> Shard:
    assert matrix.shard is not None
    return matrix.shard


def _by_index(shards: Mapping[str, Matrix]) -> dict[int, Matrix]:
    """The results by the index of their shard, in order.

    Raises:
        UsageError: they are not shards of one plan, or one is there twice.
    """
    names: dict[int, str] = {}
    for name, matrix in shards.items():
        shard = matrix.shard
        if shard is None:
            raise UsageError(
                f"{name} is not a shard: it has the cells of all readers",
                advice="Shards are results of `run --shard 1/3 --output json:FILE`.",
            )
        if not 1 <= shard.index <= shard.count <= _MOST_SHARDS:
            raise UsageError(f"{name} is no possible shard: {str(shard)[:60]}")
        if shard.index in names:
            raise UsageError(f"{names[shard.index]} and {name} are both shard {shard}")
        names[shard.index] = name
    first, *others = names.values()
    for other in others:
        _check_alike(first, shards[first], other, shards[other])
    return {index: shards[names[index]] for index in sorted(names)}


def _check_alike(first: str, one: Matrix, second: str, other: Matrix) -> None:
    ours, theirs = _shard(one), _shard(other)
    problem = ""
    if (ours.plan, ours.count) != (theirs.plan, theirs.count):
        problem = "shards of different plans: other environments, pipelines, settings or code"
    elif len(one.environments) != len(other.environments):
        problem = "shards of different plans: other environments"
    else:
        for left, right in zip(one.environments, other.environments, strict=True):
            if left.lock and right.lock and left.lock.pins != right.lock.pins:
                problem = f"shards of different plans: {left.id} holds other packages"
    if problem:
        raise UsageError(
            f"{first} ({ours}) and {second} ({theirs}) are {problem}",
            advice="Run all shards anew, from one state of the project.",
        )


def _owners(shards: Mapping[int, Matrix], first: Matrix, count: int) -> tuple[int, ...]:
    """The index of the shard that loads in each environment; 0 if that shard is missing.

    Raises:
        UsageError: an environment is in two shards, or in none although all shards are there.
    """
    owners = []
    for position, environment in enumerate(first.environments):
        found = [
            index
            for index, matrix in shards.items()
            if _shard(matrix).has(position, environment.id)
        ]
        if len(found) > 1 or (not found and len(shards) == count):
            raise UsageError(
                f"the shards divide the environments in different ways: {environment.id} is in "
                f"{len(found)} of them",
                advice="Run all shards anew, with one folder of --artifacts or without any.",
            )
        owners.append(found[0] if found else 0)
    return tuple(owners)


def _worst(found: Sequence[Matrix]) -> dict[str, Detection]:
    """The worst detection of each planted fault; empty if a shard did no self-check."""
    worst: dict[str, Detection] = {}
    for matrix in found:
        for name, detection in matrix.self_check.items():
            if worst.get(name) is not Detection.MISSED:
                worst[name] = detection
    return {} if any(not matrix.self_check for matrix in found) else worst


@dataclass(frozen=True, slots=True)
class _MergedCells:
    """The cells of all shards in the order of an unsharded report, read in parallel."""

    shards: Mapping[int, Matrix]
    first: Matrix
    owners: tuple[int, ...]
    """By environment; 0 for those whose shard is missing."""
    missing: Sequence[str]
    """The names of the missing shards."""

    def __iter__(self) -> Iterator[Cell]:
        streams = {index: iter(matrix.cells) for index, matrix in self.shards.items()}
        environments = self.first.environments
        columns = [(one.id, name) for one in self.first.pipelines for name in one.formats]
        for writer in environments:
            for position, reader in enumerate(environments):
                index = self.owners[position]
                for pipeline, name in columns:
                    if not has_cell(writer, reader, name):
                        continue
                    place = pipeline, name, writer.id, reader.id
                    if index in streams:
                        yield _next(streams[index], index, place)
                    else:
                        yield self._not_run(position, *place)
        for index, stream in streams.items():
            if next(stream, None) is not None:
                raise StoreError(f"shard {index} has more cells than it should")

    def _not_run(self, position: int, pipeline: str, name: str, writer: str, reader: str) -> Cell:
        return Cell(
            pipeline=pipeline,
            format=name,
            writer=writer,
            reader=reader,
            verdict=Verdict.NOT_RUN,
            reason=self._reason(position),
        )

    def _reason(self, position: int) -> str:
        """Which shard is missing: known if they divide by position, or if only one is missing."""
        shard = _shard(self.first)
        if not shard.readers:
            return f"shard {position % shard.count + 1}/{shard.count} is missing"
        if len(self.missing) == 1:
            return f"shard {self.missing[0]} is missing"
        return f"shards {', '.join(self.missing)} are missing"


def _next(stream: Iterator[Cell], index: int, place: tuple[str, str, str, str]) -> Cell:
    cell = next(stream, None)
    if cell is None or (cell.pipeline, cell.format, cell.writer, cell.reader) != place:
        raise StoreError(f"shard {index} does not hold the cells that it should: {place} is next")
    return cell
