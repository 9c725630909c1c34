"""``run``: fill the matrix and show it."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

from matrix import baseline as baselines
from matrix import environments
from matrix.baseline import Baseline
from matrix.catalog import Catalog
from matrix.cli.arguments import RunArguments
from matrix.cli.arguments.groups import WorkArguments
from matrix.cli.build_progress import BuildProgress
from matrix.cli.commands.open_executor import open_executor
from matrix.cli.commands.shard_stages import check_exchange, fill_from_shares, save_share
from matrix.cli.configured import open_results, read_selected
from matrix.engine import run as engine
from matrix.engine import selfcheck
from matrix.errors import Exit
from matrix.model import Detection, Matrix, Verdict
from matrix.report import write_outputs
from matrix.report.open_progress import open_progress
from matrix.report.progress import Progress
from matrix.report.sizes import size_text
from matrix.report.terminal import show
from matrix.store import Store


def run(arguments: RunArguments) -> Exit:
    """Build what is missing, save, load, judge, show."""
    catalog = read_selected(arguments)
    check_exchange(catalog, arguments)
    known = read_known(arguments.baseline)
    with open_results(catalog) as store:
        if arguments.save_only:
            return _save_only(catalog, store, arguments)
        matrix = compared(_filled(catalog, store, arguments), known)
        show(matrix, everything=arguments.all)
        write_outputs(matrix, arguments.output)
        if matrix.interrupted:
            raise KeyboardInterrupt
        return exit_code(matrix, arguments.fail_on)


def _filled(catalog: Catalog, store: Store, arguments: RunArguments) -> Matrix:
    """The matrix, or what of it was finished before an interruption."""
    try:
        with open_progress(arguments.verbosity) as progress:
            if arguments.artifacts is not None:
                return fill_from_shares(
                    catalog, store, arguments, progress, folder=arguments.artifacts
                )
            return fill(catalog, store, arguments, progress, dask=arguments.executor)
    except engine.RunInterrupted as stopped:
        return stopped.matrix


def _save_only(catalog: Catalog, store: Store, arguments: RunArguments) -> Exit:
    """Save the part of a shard, and say where."""
    assert arguments.artifacts is not None
    with open_progress(arguments.verbosity) as progress:
        file, share = save_share(catalog, store, arguments, progress, folder=arguments.artifacts)
    saved = len(share.answers)
    size = size_text(file.stat().st_size)
    sys.stdout.write(f"{file} ({size}) has {saved:,} saved pipelines\n")
    return Exit.OK


def fill(
    catalog: Catalog,
    store: Store,
    arguments: WorkArguments,
    progress: Progress,
    *,
    remember: bool = True,
    dask: str | None = None,
) -> Matrix:
    """Build what is missing, save, load, judge.

    Args:
        catalog: environments and pipelines.
        store: where results are kept.
        arguments: how work is done.
        progress: shows how far the run is.
        remember: whether the configuration names the environments; see ``environments.prepare``.
        dask: the address of the scheduler whose workers run everything; None for processes of this
            machine.
    """
    planted = selfcheck.UNBUILDABLE.id
    with_planted = selfcheck.planted_in(catalog)
    if catalog.sources.words:
        progress.note(f"packages also come from {catalog.sources.words} ({catalog.source})")
    steps = BuildProgress(progress, store, arguments.jobs)
    prepared = environments.prepare(
        with_planted,
        jobs=arguments.jobs,
        offline=arguments.offline,
        remember=remember,
        report=steps.tell,
    )
    steps.end(store)
    found = tuple(one for one in prepared if one.id != planted)
    with open_executor(dask, found, arguments.jobs) as executor:
        return engine.run(
            catalog,
            found,
            store,
            unbuildable=next((one for one in prepared if one.id == planted), None),
            progress=progress,
            slots=arguments.jobs if executor is None else executor.slots,
            fresh=arguments.fresh,
            executor=executor,
        )


def read_known(baseline: Path | None) -> Baseline | None:
    """The baseline to compare with; read before anything is done."""
    return None if baseline is None else baselines.read(baseline)


def compared(matrix: Matrix, known: Baseline | None) -> Matrix:
    """The matrix with its comparison with a baseline, if there is one."""
    if known is None:
        return matrix
    return replace(matrix, comparison=baselines.compare(known, matrix, date.today()))


def exit_code(matrix: Matrix, fail_on: frozenset[Verdict]) -> Exit:
    """The exit code of a run.

    If a planted fault was missed, no verdict is reliable, whatever the others are. With a baseline,
    a cell that was not run makes the result unknown: it may be new or worse.
    """
    if not matrix.self_check or Detection.MISSED in matrix.self_check.values():
        return Exit.CANNOT_TELL
    if matrix.comparison is not None and matrix.comparison.fails:
        return Exit.UNSAFE
    if any(matrix.counts[verdict] for verdict in fail_on):
        return Exit.UNSAFE
    judged = matrix.comparison is None or not matrix.counts[Verdict.NOT_RUN]
    return Exit.OK if judged else Exit.CANNOT_TELL
