"""``migrate``: convert a model for another environment, verified before it is written."""

from __future__ import annotations

from pathlib import Path

from matrix.catalog import Catalog
from matrix.cli.arguments import MigrateArguments
from matrix.cli.commands.bundled_models import refuse_bundle
from matrix.cli.commands.upgrade import CheckSetup, inputs_of, set_up
from matrix.cli.configured import open_results, read_settings
from matrix.errors import CannotTellError, Exit, UsageError
from matrix.explain import diagnose_cell
from matrix.model import Cell, Group
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
from matrix.remedies.fixes_from_diagnosis import fixes_of
from matrix.remedies.model_subject import subject_of
from matrix.remedies.provenance import provenance, refuse_existing, write
from matrix.report import migration
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
        with open_progress() as progress:
            setup = set_up(arguments, catalog, request, inputs, store, progress)
            if arguments.by_value:
                check_possible(setup.context.sandbox, own=bool(inputs.paths or inputs.main))
            refuse_bundle(setup.models, arguments.targets[0])
            if len(setup.models) != 1:
                raise UsageError(
                    f"migrate converts one model, and {arguments.models[0]} has "
                    f"{len(setup.models)}",
                    advice="Name the file to convert.",
                )
            result = check_models(setup.models, setup.origins, setup.checker, bisect=False)
            if result.interrupted:
                raise KeyboardInterrupt
            (answer,) = result.answers
            target = _target(
                answer, introspection=arguments.introspection, by_value=arguments.by_value
            )
            if target is None:
                subject = remedies = None
            else:
                subject, remedies = _search(arguments, catalog, setup, answer, target)
        if target is None or subject is None or remedies is None:
            return _without(result)
        if not remedies.files:
            show_migration(
                migration.no_remedy(answer, subject, remedies), target.cell.verdict.group
            )
            return Exit.UNSAFE
        return _written(arguments, store, answer, subject, remedies)


def _target(answer: UpgradeAnswer, *, introspection: bool, by_value: bool) -> Target | None:
    """The target, if the model is known there and a new file is needed.

    Args:
        answer: of the check in the origin and in the target.
        introspection: a failing ``repr`` or ``get_params`` needs a new file too.
        by_value: a new file is needed in any case.
    """
    if answer.problem is not None or not answer.targets:
        return None
    origin, *targets = answer.targets
    target = targets[-1] if targets else origin  # the last one may be as of its release
    if not origin.cell.verdict.predicts_same or target.cell.verdict.group is Group.UNKNOWN:
        return None
    good = target.cell.verdict.safe if introspection else target.cell.verdict.predicts_same
    return None if good and not by_value else target


def _without(result: UpgradeResult) -> Exit:
    """Nothing to migrate: the model predicts the same already, or its verdict is unknown."""
    (answer,) = result.answers
    if answer.problem is None and all(one.cell.verdict.predicts_same for one in answer.targets):
        show_migration(migration.already(answer), group_of(answer))
        return Exit.OK
    show_upgrade(result)
    return Exit.CANNOT_TELL if answer.problem is None else answer.problem.exit_code


def _search(
    arguments: MigrateArguments,
    catalog: Catalog,
    setup: CheckSetup,
    answer: UpgradeAnswer,
    target: Target,
) -> tuple[Subject, Remedies]:
    subject = subject_of(answer, target, setup.checker, setup.trust)
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
    subject, found = _converted(arguments, catalog, setup, subject, target, experiment)
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
) -> tuple[Subject, Remedies]:
    """The remedies that keep the predictions in the target, with the user's own code."""
    factory = experiment.factory
    if arguments.via:
        bridges = [factory.as_released(release) for release in arguments.via]
        return subject, find_resave_remedies(experiment, subject, bridges)
    diagnosis = diagnose_cell(setup.context, subject, target.cell, catalog.tolerances)
    given = fixes_of(diagnosis)
    return subject, find_remedies(experiment, subject, target.cell, given=given, first=True)


def _written(
    arguments: MigrateArguments,
    store: Store,
    answer: UpgradeAnswer,
    subject: Subject,
    remedies: Remedies,
) -> Exit:
    remedy = remedies.files[0]
    assert remedy.file is not None
    artifact = remedy.file.artifact
    place = arguments.migrated or _beside(answer.model, subject, artifact.format)
    source = Path(answer.model.packed_as or answer.model.path)
    document = provenance(subject, remedy, answer.rows.n, source, place)
    if not store.has_artifact(artifact.sha256, artifact.format):
        raise CannotTellError(
            "the converted file in the store is damaged", advice="Run the same command again."
        )
    write(store.artifact(artifact.sha256, artifact.format), document, place, force=arguments.force)
    show_migration(migration.migrated(answer, subject, remedies, place), Group.LOADS)
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
