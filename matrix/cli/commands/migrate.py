"""``migrate``: convert a model for another environment, verified before it is written."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from matrix.catalog import Catalog
from matrix.cli.arguments import MigrateArguments
from matrix.cli.commands.bundled_models import lines_of
from matrix.cli.commands.upgrade import CheckSetup, inputs_of, set_up
from matrix.cli.configured import open_results, read_settings
from matrix.errors import CannotTellError, Exit, UsageError
from matrix.explain import diagnose_cell
from matrix.model import Cell, Fix, Group
from matrix.remedies import (
    CandidateFile,
    EnvironmentFactory,
    Experiment,
    Remedies,
    Subject,
    find_remedies,
    find_resave_remedies,
)
from matrix.remedies.by_value import check_possible, find_by_value
from matrix.remedies.fixes import is_one_model
from matrix.remedies.fixes_from_diagnosis import fixes_of
from matrix.remedies.model_subject import subject_of
from matrix.remedies.provenance import provenance, refuse_existing, write
from matrix.report import migration
from matrix.report.answers_as_matrix import as_matrix
from matrix.report.cause_text import known_cause
from matrix.report.model_answers import group_of
from matrix.report.open_progress import open_progress
from matrix.report.terminal.migration import show_migration
from matrix.report.terminal.upgrade import show_upgrade
from matrix.store import Store
from matrix.upgrade.answer import Model, Target, UpgradeAnswer, UpgradeResult
from matrix.upgrade.model_requirements import needed_by
from matrix.upgrade.needed_packages import needed_packages
from matrix.upgrade.package_answers import held_by
from matrix.upgrade.upgrade import upgrade as check_models
from matrix.upgrade.upgrade_request import UpgradeRequest
from matrix.worker.compat_worker.formats import FORMATS

_TRIED_ONCE = 2
"""The targets of an answer if ``--to`` was tried once: the origin and this one."""


def migrate(arguments: MigrateArguments) -> Exit:
    """Load the model in its origin and in the target, find a remedy, and write the file."""
    if len(arguments.targets) != 1:
        raise UsageError(
            "migrate needs exactly one target",
            advice="Name it with --to scikit-learn==1.5.2, or --to requirements.txt.",
        )
    request = UpgradeRequest.read(
        origins=arguments.origins,
        targets=arguments.targets,
        further=arguments.further,
        as_of=arguments.as_of,
        rollback=False,
    )
    inputs = inputs_of(arguments)
    if arguments.migrated is not None:
        refuse_existing(arguments.migrated, force=arguments.force)
    catalog = read_settings(arguments)
    with open_results(catalog) as store:
        with open_progress(arguments.verbosity) as progress:
            setup = set_up(arguments, catalog, request, inputs, store, progress)
            if arguments.by_value:
                check_possible(setup.context.sandbox, own=bool(inputs.paths or inputs.main))
            _refuse_several_files(arguments, setup.models)
            result = check_models(setup.models, setup.origins, setup.checker, bisect=False)
            if result.interrupted:
                raise KeyboardInterrupt
            held = _in_target(result, arguments)
            subject = remedies = None
            if held:
                subject, remedies = _search(arguments, catalog, setup, held)
        if subject is None or remedies is None:
            return _without(result, arguments)
        if not remedies.files:
            answer, target = held[0]
            show_migration(
                migration.no_remedy(answer, subject, remedies), target.cell.verdict.group
            )
            _show_lines(held[1:], arguments)
            return Exit.UNSAFE
        return _written(arguments, store, [answer for answer, _ in held], subject, remedies)


def _refuse_several_files(arguments: MigrateArguments, models: Sequence[Model]) -> None:
    files = {(model.path, model.packed_as) for model in models}
    if len(files) != 1:
        raise UsageError(
            f"migrate converts one file, and {arguments.models[0]} has {len(files)} with models",
            advice="Name the file to convert.",
        )


def _in_target(
    result: UpgradeResult, arguments: MigrateArguments
) -> list[tuple[UpgradeAnswer, Target]]:
    """Everything in the file with its target, the worst first.

    Returns:
        Empty if something in the file is unknown there, or no new file is needed.
    """
    found = [(answer, target) for answer in result.answers if (target := _known(answer))]
    needed = any(_needs_file(target, arguments) for _, target in found)
    if len(found) < len(result.answers) or not needed:
        return []
    return sorted(found, key=lambda one: -one[1].cell.verdict.severity)


def _known(answer: UpgradeAnswer) -> Target | None:
    """The target of a model, if it is right in the origin and its verdict there is known."""
    if answer.problem is not None or not answer.targets:
        return None
    origin, *targets = answer.targets
    target = targets[-1] if targets else origin  # the last one may be as of its release
    if not origin.cell.verdict.predicts_same or target.cell.verdict.group is Group.UNKNOWN:
        return None
    return target


def _needs_file(target: Target, arguments: MigrateArguments) -> bool:
    """Whether a new file is needed: ``--by-value`` and ``--introspection`` may require one too."""
    verdict = target.cell.verdict
    good = verdict.safe if arguments.introspection else verdict.predicts_same
    return arguments.by_value or not good


def _without(result: UpgradeResult, arguments: MigrateArguments) -> Exit:
    """Nothing to migrate: everything predicts the same already, or some verdict is unknown."""
    known = [answer for answer in result.answers if answer.problem is None]
    targets = [one for answer in known for one in answer.targets]
    if len(known) == len(result.answers) and all(one.cell.verdict.predicts_same for one in targets):
        for answer in known:
            show_migration(migration.already(answer), group_of(answer))
        return Exit.OK
    show_upgrade(as_matrix(result))
    there = [(answer, target) for answer in known if (target := _known(answer))]
    _show_lines(there, arguments)
    problems = [answer.problem for answer in result.answers if answer.problem is not None]
    return problems[0].exit_code if problems else Exit.CANNOT_TELL


def _show_lines(held: Sequence[tuple[UpgradeAnswer, Target]], arguments: MigrateArguments) -> None:
    """Print how to convert a model of a file that holds several alone, each line whole.

    Args:
        held: what else is in the file; the first model that needs a new file counts.
        arguments: of the command.
    """
    models = [answer.model for answer, target in held if _needs_file(target, arguments)]
    for line in lines_of(models, arguments.targets[0]):
        sys.stdout.write(f"{line}\n")


def _search(
    arguments: MigrateArguments,
    catalog: Catalog,
    setup: CheckSetup,
    held: Sequence[tuple[UpgradeAnswer, Target]],
) -> tuple[Subject, Remedies]:
    answer, target = held[0]
    first, *others = (subject_of(one, there, setup.checker, setup.trust) for one, there in held)
    # A target that was tried as of its release for one model in a file is so for all of them.
    reader = next(
        (there.environment for one, there in held if len(one.targets) > _TRIED_ONCE), first.reader
    )
    others = [replace(one, reader=reader) for one in others]
    subject = replace(first, reader=reader, others=tuple(others))
    needed = [one.name for one in needed_packages(answer.model.inspection)]
    libraries = held_by(subject.writer, needed)
    factory = EnvironmentFactory(
        catalog=catalog,
        report=setup.steps.tell,
        common=(*setup.origins.common, *needed_by(answer.model), *libraries),
        jobs=arguments.jobs,
        offline=arguments.offline,
    )
    experiment = Experiment(context=setup.context, tolerances=catalog.tolerances, factory=factory)
    if arguments.by_value and target.cell.verdict.predicts_same:
        return subject, _by_value(experiment, subject, subject.file, target.cell)
    found = _converted(arguments, catalog, setup, subject, target, experiment)
    found = _with_parts(experiment, subject, found)
    if not arguments.by_value or not found.files:
        return subject, found
    remedy = found.files[0]
    assert remedy.file is not None
    assert remedy.cell is not None
    return subject, _by_value(experiment, subject, remedy.file, remedy.cell)


def _by_value(
    experiment: Experiment, subject: Subject, file: CandidateFile, cell: Cell
) -> Remedies:
    """The file with the user's own code inside; or why there is none."""
    found = find_by_value(experiment, subject, file, cell)
    if isinstance(found, str):
        return Remedies(found=(), tried=(f"with your own code inside: {found}",))
    return Remedies(found=(found,))


def _converted(
    arguments: MigrateArguments,
    catalog: Catalog,
    setup: CheckSetup,
    subject: Subject,
    target: Target,
    experiment: Experiment,
) -> Remedies:
    """The remedies that keep the predictions in the target, with the user's own code."""
    factory = experiment.factory
    if arguments.via:
        bridges = [factory.as_released(release) for release in arguments.via]
        return find_resave_remedies(experiment, subject, bridges)
    if not subject.others:
        cell, parts = target.cell, [(subject, target.cell)]
    else:
        cell = experiment.cell(subject, subject.file, subject.reader)
        parts = experiment.cells_of_parts(subject, subject.file, subject.reader)
    known = known_cause(cell)
    if known is not None and known.bridges:
        bridges = [factory.as_released(release) for release in known.bridges]
        found = find_resave_remedies(experiment, subject, bridges)
        if found.files:
            return found
    given: list[Fix] = []
    for one, its in parts:
        if not its.verdict.safe and is_one_model(one.artifact.part):
            diagnosis = diagnose_cell(setup.context, one, its, catalog.tolerances)
            given += fixes_of(diagnosis, one.artifact.part or ())
    return find_remedies(experiment, subject, cell, given=given, first=True)


def _with_parts(experiment: Experiment, subject: Subject, remedies: Remedies) -> Remedies:
    """The remedies; the first with a file has the cell of each part of the file in the target."""
    if not subject.others or not remedies.files:
        return remedies
    first = remedies.files[0]
    assert first.file is not None
    cells = experiment.cells_of_parts(subject, first.file, first.reader or subject.reader)
    whole = replace(first, parts=tuple(cell for _, cell in cells))
    return replace(remedies, found=tuple(whole if one is first else one for one in remedies.found))


def _written(
    arguments: MigrateArguments,
    store: Store,
    answers: Sequence[UpgradeAnswer],
    subject: Subject,
    remedies: Remedies,
) -> Exit:
    remedy = remedies.files[0]
    assert remedy.file is not None
    artifact = remedy.file.artifact
    model = answers[0].model
    place = arguments.migrated or _beside(model, subject, artifact.format)
    source = Path(model.packed_as or model.path)
    rows = {answer.model.id: answer.rows.n for answer in answers}
    document = provenance(subject, remedy, rows, source, place)
    if not store.has_artifact(artifact.sha256, artifact.format):
        raise CannotTellError(
            "the converted file in the store is damaged", advice="Run the same command again."
        )
    write(store.artifact(artifact.sha256, artifact.format), document, place, force=arguments.force)
    show_migration(migration.migrated(rows, subject, remedies, place), Group.LOADS)
    return Exit.OK


def _beside(model: Model, subject: Subject, format_name: str) -> Path:
    """The default name of a migrated file: beside the model, or the archive or folder of it."""
    assert subject.reader.info is not None
    release = subject.reader.info.packages["scikit-learn"]
    same = format_name == subject.artifact.format
    suffix = Path(model.packed_as or model.path).suffix
    ending = suffix if same else FORMATS[format_name].ending
    stem = model.path.stem
    if model.packed_as:
        stem = model.path.name if model.path.is_dir() else stem.removesuffix(".tar")
    return model.path.with_name(f"{stem}.sklearn-{release}{ending}")
