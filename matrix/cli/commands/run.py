"""``run``: fill the matrix and show it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from matrix import catalog as catalogs
from matrix import environments
from matrix.catalog import Catalog
from matrix.cli.arguments import Arguments
from matrix.engine import run as engine
from matrix.engine import selfcheck
from matrix.errors import Exit
from matrix.model import Detection, Matrix, Verdict
from matrix.report import write_outputs
from matrix.report.progress import Progress, open_progress
from matrix.report.terminal import show
from matrix.store import Store


def run(arguments: Arguments) -> Exit:
    """Build what is missing, save, load, judge, show."""
    catalog = _read(arguments)
    with Store(catalog.state) as store:
        with open_progress() as progress:
            matrix = _fill(catalog, store, arguments, progress)
        show(matrix, everything=arguments.all)
        write_outputs(matrix, arguments.output)
        return exit_code(matrix, arguments.fail_on)


def _read(arguments: Arguments) -> Catalog:
    catalog = catalogs.read(
        arguments.config,
        set_name=arguments.set,
        select=arguments.select,
        pipeline_globs=arguments.pipelines,
        formats=arguments.formats,
    )
    return with_state(catalog, arguments.state)


def with_state(catalog: Catalog, state: Path | None) -> Catalog:
    """The catalog with its results in another folder, if one is named."""
    return catalog if state is None else replace(catalog, state=state.absolute())


def _fill(catalog: Catalog, store: Store, arguments: Arguments, progress: Progress) -> Matrix:
    planted = selfcheck.UNBUILDABLE.id
    wanted = replace(
        catalog,
        specs=(*catalog.specs, selfcheck.UNBUILDABLE),
        select=(*catalog.select, planted) if catalog.select else (),
    )
    progress.stage("environments", len(wanted.specs))
    over: set[str] = set()
    prepared = environments.prepare(
        wanted,
        jobs=arguments.jobs,
        offline=arguments.offline,
        report=lambda step: _tell(progress, step, over),
    )
    progress.stage("environments", len(prepared))  # now that it is known what `latest` means
    progress.advance(len(prepared) - len(over))  # those that stood already
    return engine.run(
        catalog,
        tuple(one for one in prepared if one.id != planted),
        store,
        unbuildable=next((one for one in prepared if one.id == planted), None),
        progress=progress,
        slots=arguments.jobs,
        fresh=arguments.fresh,
    )


def _tell(progress: Progress, step: environments.Step, over: set[str]) -> None:
    """Show what became of an environment; the planted one is nobody's concern."""
    if step.phase == "unavailable" and step.environment != selfcheck.UNBUILDABLE.id:
        progress.note(f"{step.environment} is unavailable: {step.text}")
    if step.phase in ("ready", "unavailable"):
        over.add(step.environment)
        progress.advance(1, under_way=step.environment)
    else:
        progress.advance(0, under_way=step.environment)


def exit_code(matrix: Matrix, fail_on: frozenset[Verdict]) -> Exit:
    """What a matrix means to whoever waits for it.

    A planted fault that was missed outweighs all else: then no verdict can be believed.
    """
    if not matrix.self_check or Detection.MISSED in matrix.self_check.values():
        return Exit.CANNOT_TELL
    return Exit.UNSAFE if any(matrix.counts[verdict] for verdict in fail_on) else Exit.OK
