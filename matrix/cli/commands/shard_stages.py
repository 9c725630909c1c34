"""The two stages of ``run --shard I/N --artifacts DIR``: save a part, and load what all have saved.

``matrix/engine/saved_share.py`` describes them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from packaging.version import Version

from matrix import environments
from matrix.catalog import Catalog
from matrix.cli.arguments import RunArguments
from matrix.cli.build_progress import BuildProgress
from matrix.engine import pipeline_check, roles, saved_share, selfcheck, shares
from matrix.engine import run as engine
from matrix.engine.measuring import Measures, measured_in, measures_due
from matrix.engine.run_context import RunContext
from matrix.engine.save_stage import save_share as save_part
from matrix.engine.saved_share import SavedShare
from matrix.engine.shards import digest, readers
from matrix.environments import Resolved
from matrix.errors import CannotTellError, PipelineFileError, UsageError
from matrix.executors.remote_machine import platform_kind, system_of
from matrix.model import Environment, Matrix, Shard
from matrix.report.progress import Progress
from matrix.store import Store


def check_exchange(catalog: Catalog, arguments: RunArguments) -> None:
    """Check that the options of an exchange are given together.

    Raises:
        UsageError: one is missing.
    """
    if arguments.artifacts is not None and catalog.shard is None:
        raise UsageError(
            "--artifacts needs --shard: a run that is not divided saves everything itself",
            advice=f"compat-matrix run --shard 1/2 --artifacts {arguments.artifacts} --save-only",
        )
    if arguments.artifacts is not None and arguments.executor is not None:
        raise UsageError(
            "--executor and --artifacts are two ways to use several machines: give one of them"
        )
    if arguments.save_only and arguments.artifacts is None:
        raise UsageError(
            "--save-only needs --artifacts: the folder that all shards will load from",
            advice="compat-matrix run --shard 1/2 --artifacts saved --save-only",
        )


# --------------------------------------------------------------------------- save


def save_share(
    catalog: Catalog, store: Store, arguments: RunArguments, progress: Progress, *, folder: Path
) -> tuple[Path, SavedShare]:
    """Build the environments of a shard, save in them, and publish the file of the shard.

    Returns:
        The file, and what is in it.
    """
    resolved = environments.resolve(catalog, offline=arguments.offline)
    shard, measured_before = _shard(catalog, resolved, folder)
    builder = _Builder(catalog, store, arguments, progress, resolved)
    own = {one.id for one in readers(_requested(resolved), shard)}
    newest = None
    for name in _newest_first(resolved):
        built = builder.build({*own, name})
        if built[name].ready:
            newest = built[name]
            break
    built = builder.build(own)
    builder.end()
    everything = tuple(built.get(one.id, one) for one in _requested(resolved))
    context = RunContext.of(
        replace(catalog, shard=shard),
        everything,
        store,
        progress=progress,
        slots=arguments.jobs,
        fresh=arguments.fresh,
    )
    _check_files(context)
    share = save_part(context, shard, newest, measured_before)
    return saved_share.publish(folder, shard, share, store), share


def _check_files(context: RunContext) -> None:
    """Note a pipeline file that does not import here: another shard may have its packages."""
    if not context.local_writers:
        return
    try:
        pipeline_check.check_pipeline_files(context)
    except PipelineFileError as error:
        context.progress.note(f"in the environments of this shard, {error.message}")


def _newest_first(resolved: Sequence[Resolved]) -> list[str]:
    """The environments that save, that with the newest scikit-learn first."""
    pins = {one.spec.id: one.lock.pins for one in resolved if one.lock is not None}
    saving = [one.id for one in _requested(resolved) if one.id in pins and roles.saves(one)]
    return sorted(saving, key=lambda id_: Version(pins[id_].get("scikit-learn", "0")), reverse=True)


# --------------------------------------------------------------------------- load


def fill_from_shares(
    catalog: Catalog, store: Store, arguments: RunArguments, progress: Progress, *, folder: Path
) -> Matrix:
    """Build the environments of a shard, load in them what all shards have saved, and judge."""
    resolved = environments.resolve(selfcheck.planted_in(catalog), offline=arguments.offline)
    requested = [one for one in resolved if one.spec.id != selfcheck.UNBUILDABLE.id]
    shard, _ = _shard(catalog, requested, folder)
    catalog = replace(catalog, shard=shard)
    share = saved_share.take_in(folder, shard, store)
    saved = _saved_environments(requested, share)
    _check_complete(catalog, saved, share)
    builder = _Builder(catalog, store, arguments, progress, resolved)
    own = {one.id for one in readers(saved, shard)}
    context = RunContext.of(catalog, saved, store, progress=progress, slots=1)
    share = share.measured_as(measured_in(context, share.savings()))
    due = measures_due(context, share.savings(), Measures.of(share.evidence))
    needed = own | {work.environment.id for work in due}
    if not any(one.ready and roles.saves(one) for one in saved if one.id in needed):
        needed |= set(_newest_first(requested)[:1])
    built = builder.build({*needed, selfcheck.UNBUILDABLE.id})
    builder.end()
    check_alike(saved, built)
    return engine.run(
        catalog,
        tuple(built.get(one.id, one) if one.ready else one for one in saved),
        store,
        unbuildable=built.get(selfcheck.UNBUILDABLE.id),
        progress=progress,
        slots=arguments.jobs,
        fresh=arguments.fresh,
        share=share,
        built=frozenset(built),
    )


def _saved_environments(resolved: Sequence[Resolved], share: SavedShare) -> tuple[Environment, ...]:
    """The environments as the shards that saved in them have found them.

    Raises:
        UsageError: a shard has saved with other packages than are resolved here.
    """
    found = []
    for one in resolved:
        environment = share.environments.get(one.spec.id)
        if environment is None:
            environment = Environment(spec=one.spec, reason="no shard has built it", why=one.why)
        ours, theirs = one.lock, environment.lock
        if ours is not None and theirs is not None and dict(ours.pins) != dict(theirs.pins):
            raise UsageError(
                f"{one.spec.id} holds other packages where it was saved",
                advice="Run all shards anew, from one state of the project.",
            )
        found.append(environment)
    return tuple(found)


def _check_complete(catalog: Catalog, saved: Sequence[Environment], share: SavedShare) -> None:
    """Check that every pipeline was saved in every environment that is ready.

    Raises:
        CannotTellError: some shards have not saved all of their part.
    """
    for one in saved:
        missing = [
            pipeline.id
            for pipeline in catalog.pipelines
            if one.ready and roles.saves(one) and (one.id, pipeline.id) not in share.answers
        ]
        if missing:
            raise CannotTellError(
                f"{len(missing)} pipelines were not saved in {one.id}, such as {missing[0]}: a "
                "shard could not build it",
                advice="Run all shards with --save-only again.",
            )


def check_alike(saved: Sequence[Environment], built: Mapping[str, Environment]) -> None:
    """Check that this machine is of the kind of those that saved.

    Interpreters on one machine may name different C libraries, so only equal environments are
    compared by these.

    Raises:
        UsageError: it has another system, processor or C library.
    """
    there = {one.id: one.info.platform for one in saved if one.info is not None}
    here = {one.id: one.info.platform for one in built.values() if one.info is not None}
    pairs = [
        (platform_kind(there[name]), platform_kind(here[name])) for name in here if name in there
    ]
    machines = [
        (system_of(one), system_of(other)) for one in there.values() for other in here.values()
    ]
    for theirs, ours in (*pairs, *machines):
        if theirs != ours:
            raise UsageError(
                f"this machine is {ours}, and files were saved on {theirs}",
                advice="Run all shards on machines of one kind.",
            )


# --------------------------------------------------------------------------- both


def _shard(
    catalog: Catalog, resolved: Sequence[Resolved], folder: Path
) -> tuple[Shard, Mapping[str, str]]:
    """The shard with its plan, and what ``plan`` knows from earlier runs.

    Returns:
        The shard, with its environments if ``plan`` has divided them; and the environment in which
        an earlier run measured each pipeline.
    """
    assert catalog.shard is not None
    requested = _requested(resolved)
    plan = digest(catalog, requested)
    shard = replace(catalog.shard, plan=plan)
    division = shares.read_division(folder, plan, shard.count)
    if division is None:
        return shard, {}
    return replace(shard, readers=division.shares[shard.index - 1]), division.measured_in


def _requested(resolved: Sequence[Resolved]) -> tuple[Environment, ...]:
    """The environments as they are before anything is built."""
    return tuple(
        Environment(spec=one.spec, lock=one.lock, reason=one.reason, why=one.why)
        for one in resolved
    )


class _Builder:
    """Builds some of the environments that are resolved, and remembers their outcomes."""

    def __init__(
        self,
        catalog: Catalog,
        store: Store,
        arguments: RunArguments,
        progress: Progress,
        resolved: Sequence[Resolved],
    ) -> None:
        self._catalog = catalog
        self._store = store
        self._arguments = arguments
        self._resolved = resolved
        self._steps = BuildProgress(progress, store, arguments.jobs)
        self._built: dict[str, Environment] = {}

    def build(self, ids: set[str]) -> dict[str, Environment]:
        """The outcomes of these environments, and of those that were built before, by id."""
        due = [one for one in self._resolved if one.spec.id in ids - self._built.keys()]
        found = environments.build(
            self._catalog,
            due,
            jobs=self._arguments.jobs,
            offline=self._arguments.offline,
            remember=False,
            report=self._steps.tell,
        )
        self._built.update((one.id, one) for one in found)
        return self._built

    def end(self) -> None:
        """Close the progress of building."""
        self._steps.end(self._store)
