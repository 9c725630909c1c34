"""``migrate``: a model that works elsewhere, written only when that is proven."""

from __future__ import annotations

from pathlib import Path

from matrix import catalog as catalogs
from matrix.catalog import Catalog
from matrix.cli.arguments import MigrateArguments
from matrix.cli.commands.run import open_results, with_folders
from matrix.cli.commands.upgrade import CheckSetup, asking, inputs_of
from matrix.errors import CannotTellError, Exit, UsageError
from matrix.explain import look
from matrix.model import Group
from matrix.remedies import (
    EnvironmentFactory,
    Experiment,
    Remedies,
    Subject,
    find_remedies,
    find_resave_remedies,
)
from matrix.remedies.fixes_from_diagnosis import fixes_of
from matrix.remedies.model_subject import subject_of
from matrix.remedies.provenance import provenance, refuse_existing, write
from matrix.report import migration
from matrix.report.open_progress import open_progress
from matrix.report.terminal.migration import show_migration
from matrix.report.terminal.upgrade import show_upgrade
from matrix.store import Store
from matrix.upgrade.answer import Target, UpgradeAnswer, UpgradeResult
from matrix.upgrade.origins import UpgradeRequest, needed_by
from matrix.upgrade.upgrade import upgrade as ask
from matrix.worker.compat_worker.formats import FORMATS


def migrate(arguments: MigrateArguments) -> Exit:
    """Ask the model where it comes from and where it is to go; find a way, and write the file."""
    if len(arguments.targets) != 1:
        raise UsageError(
            "where the model is to go must be said, once",
            advice="Say --to scikit-learn==…, a requirements file or a lock.",
        )
    wishes = UpgradeRequest.read(
        origins=arguments.origins,
        targets=arguments.targets,
        further=arguments.further,
        as_of=arguments.as_of,
        rollback=False,
    )
    cell_inputs = inputs_of(arguments)
    if arguments.migrated is not None:
        refuse_existing(arguments.migrated, force=arguments.force)
    catalog = with_folders(catalogs.read_or_default(arguments.config), arguments)
    with open_results(catalog) as store:
        with open_progress() as progress:
            with_ = asking(arguments, catalog, wishes, cell_inputs, store, progress)
            answered = ask(with_.models, with_.places, with_.check, bisect=False)
            (answer,) = answered.answers
            target = _target(answer)
            if target is None:
                subject = ways = None
            else:
                subject, ways = _ways(arguments, catalog, with_, answer, target)
        if target is None or subject is None or ways is None:
            return _without(answered)
        if not ways.files:
            show_migration(migration.no_remedy(answer, subject, ways), target.cell.verdict.group)
            return Exit.UNSAFE
        return _written(arguments, store, answer, subject, ways)


def _target(answer: UpgradeAnswer) -> Target | None:
    """Where the model is to go, if it is known to be bad there."""
    if answer.problem is not None or not answer.targets:
        return None
    origin, *targets = answer.targets
    target = targets[0] if targets else origin
    if not origin.cell.verdict.safe or target.cell.verdict.group is Group.UNKNOWN:
        return None
    return None if target.cell.verdict.safe else target


def _without(answered: UpgradeResult) -> Exit:
    """There is nothing to look for: the model is safe already, or nobody can tell."""
    (answer,) = answered.answers
    if answer.problem is None and all(one.cell.verdict.safe for one in answer.targets):
        show_migration(migration.already(answer), Group.LOADS)
        return Exit.OK
    show_upgrade(answered)
    return Exit.CANNOT_TELL if answer.problem is None else answer.problem.exit_code


def _ways(
    arguments: MigrateArguments,
    catalog: Catalog,
    with_: CheckSetup,
    answer: UpgradeAnswer,
    target: Target,
) -> tuple[Subject, Remedies]:
    subject = subject_of(answer, target, with_.check, with_.trust)
    factory = EnvironmentFactory(
        catalog=catalog,
        report=with_.steps.tell,
        common=(*with_.places.common, *needed_by(answer.model)),
        jobs=arguments.jobs,
        offline=arguments.offline,
    )
    experiment = Experiment(context=with_.context, tolerances=catalog.tolerances, factory=factory)
    if arguments.via:
        bridges = [factory.as_released(release) for release in arguments.via]
        return subject, find_resave_remedies(experiment, subject, bridges)
    diagnosis = look(with_.context, subject, target.cell, catalog.tolerances)
    given = fixes_of(diagnosis)
    return subject, find_remedies(experiment, subject, target.cell, given=given, first=True)


def _written(
    arguments: MigrateArguments,
    store: Store,
    answer: UpgradeAnswer,
    subject: Subject,
    ways: Remedies,
) -> Exit:
    way = ways.files[0]
    assert way.file is not None
    artifact = way.file.artifact
    place = arguments.migrated or _beside(answer.model.path, subject, artifact.format)
    document = provenance(subject, way, answer.rows.n, answer.model.path, place)
    if not store.has_artifact(artifact.sha256, artifact.format):
        raise CannotTellError("the file that was made is damaged", advice="Run it again.")
    write(store.artifact(artifact.sha256, artifact.format), document, place, force=arguments.force)
    show_migration(migration.migrated(answer, subject, ways, place), Group.LOADS)
    return Exit.OK


def _beside(model: Path, subject: Subject, format_name: str) -> Path:
    """The name of a migrated file that nobody has named."""
    assert subject.reader.info is not None
    release = subject.reader.info.packages["scikit-learn"]
    same = format_name == subject.artifact.format
    ending = model.suffix if same else FORMATS[format_name].ending
    return model.with_name(f"{model.stem}.sklearn-{release}{ending}")
