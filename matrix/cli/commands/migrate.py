"""``migrate``: convert models for another environment, verified before they are written."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from matrix.atomic_write import replacing
from matrix.catalog import Catalog
from matrix.cli.arguments import MigrateArguments
from matrix.cli.commands.bundled_models import lines_of
from matrix.cli.commands.migrate_many import migrate_many
from matrix.cli.commands.upgrade import CheckSetup, inputs_of, set_up
from matrix.cli.configured import open_results, read_settings
from matrix.errors import Exit, UsageError
from matrix.migration.converter import Converter
from matrix.migration.model_files import files_of, is_batch
from matrix.migration.new_file import beside, write_new_file
from matrix.migration.to_convert import ConversionNeed, HeldModel, held_by_file, known_target
from matrix.model import Group
from matrix.remedies import Remedies, Subject
from matrix.remedies.by_value import check_possible
from matrix.remedies.provenance import refuse_existing
from matrix.remedies.script import script_of
from matrix.report import migration
from matrix.report.answers_as_matrix import as_matrix
from matrix.report.model_answers import group_of
from matrix.report.open_progress import open_progress
from matrix.report.terminal.migration import show_migration
from matrix.report.terminal.upgrade import show_upgrade
from matrix.store import Store
from matrix.upgrade.answer import UpgradeResult
from matrix.upgrade.upgrade import upgrade as check_models
from matrix.upgrade.upgrade_request import UpgradeRequest


def migrate(arguments: MigrateArguments) -> Exit:
    """Load the models in their origin and in the target, find remedies, and write the files."""
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
    if arguments.migrated is not None and _names_one_file(arguments):
        refuse_existing(arguments.migrated, force=arguments.force)
    _check_script(arguments)
    catalog = read_settings(arguments)
    with open_results(catalog) as store:
        with open_progress(arguments.verbosity) as progress:
            methods = arguments.methods
            setup = set_up(arguments, catalog, request, inputs, store, progress, methods)
            if arguments.by_value:
                check_possible(setup.context.sandbox, own=bool(inputs.paths or inputs.main))
            converter = _converter(arguments, catalog, setup)
            if is_batch(arguments.models, files_of(setup.models)):
                _refuse_script(arguments)
                show = migrate_many(arguments, setup, inputs, converter, store, progress).shown
            else:
                show = _migrate_one(arguments, setup, converter, store)
        return show()


def _migrate_one(
    arguments: MigrateArguments, setup: CheckSetup, converter: Converter, store: Store
) -> Callable[[], Exit]:
    """Convert one file; what is returned writes and shows it, after the progress has ended."""
    result = check_models(setup.models, setup.origins, setup.checker, bisect=False)
    if result.interrupted:
        raise KeyboardInterrupt
    held = held_by_file(result.answers, _wanted(arguments))
    found = converter.find(held) if held and not arguments.dry_run else None
    if found is None:
        return lambda: _without(result, arguments)
    subject, remedies = found
    if remedies.files:
        return lambda: _written(arguments, store, held, subject, remedies)
    again = ""
    if arguments.script is not None and not remedies.interrupted:
        name = held[0][0].model.path.name
        again = converter.retraining(subject, name, "nothing keeps its outputs")
    return lambda: _not_written(arguments, held, subject, remedies, again)


def _not_written(
    arguments: MigrateArguments,
    held: Sequence[HeldModel],
    subject: Subject,
    remedies: Remedies,
    again: str,
) -> Exit:
    """Show why there is no conversion; ``again`` is the script that trains the model again."""
    answer, target = held[0]
    show_migration(migration.no_remedy(answer, subject, remedies), target.cell.verdict.group)
    if remedies.interrupted:
        raise KeyboardInterrupt
    if again and arguments.script is not None:
        _write_script(arguments.script, again)
    _show_lines(held[1:], arguments)
    return Exit.UNSAFE


def _names_one_file(arguments: MigrateArguments) -> bool:
    return len(arguments.models) == 1 and not arguments.models[0].is_dir()


def _wanted(arguments: MigrateArguments) -> ConversionNeed:
    return ConversionNeed(introspection=arguments.introspection, by_value=arguments.by_value)


def _converter(arguments: MigrateArguments, catalog: Catalog, setup: CheckSetup) -> Converter:
    return Converter(
        catalog=catalog,
        context=setup.context,
        checker=setup.checker,
        trust=setup.trust,
        common=setup.origins.common,
        report=setup.steps.tell,
        jobs=arguments.jobs,
        offline=arguments.offline,
        via=arguments.via,
        by_value=arguments.by_value,
        other_class=arguments.other_class,
        seconds=60.0 * arguments.minutes,
    )


def _without(result: UpgradeResult, arguments: MigrateArguments) -> Exit:
    """Nothing to migrate: everything predicts the same already, or some verdict is unknown."""
    known = [answer for answer in result.answers if answer.problem is None]
    targets = [one for answer in known for one in answer.targets]
    if len(known) == len(result.answers) and all(one.cell.verdict.predicts_same for one in targets):
        for answer in known:
            show_migration(migration.already(answer, arguments.methods), group_of(answer))
        return Exit.OK
    show_upgrade(as_matrix(result))
    there = [(answer, target) for answer in known if (target := known_target(answer))]
    _show_lines(there, arguments)
    problems = [answer.problem for answer in result.answers if answer.problem is not None]
    return problems[0].exit_code if problems else Exit.CANNOT_TELL


def _show_lines(held: Sequence[HeldModel], arguments: MigrateArguments) -> None:
    """Print how to convert a model of a file that holds several alone, each line whole.

    Args:
        held: what else is in the file; the first model that needs a new file counts.
        arguments: of the command.
    """
    wanted = _wanted(arguments)
    models = [answer.model for answer, target in held if wanted.needs_file(target)]
    for line in lines_of(models, arguments.targets[0]):
        sys.stdout.write(f"{line}\n")


def _written(
    arguments: MigrateArguments,
    store: Store,
    held: Sequence[HeldModel],
    subject: Subject,
    remedies: Remedies,
) -> Exit:
    remedy = remedies.files[0]
    assert remedy.file is not None
    model = held[0][0].model
    place = arguments.migrated or beside(model, subject, remedy.file.artifact.format)
    rows = {answer.model.id: answer.rows.n for answer, _ in held}
    methods, force = arguments.methods, arguments.force
    write_new_file(store, model, subject, remedy, rows, place, methods=methods, force=force)
    lines = migration.migrated(rows, subject, remedies, place, arguments.methods)
    show_migration(lines, Group.LOADS)
    source = Path(model.packed_as or model.path)
    for line in migration.in_python(subject, remedies, source, place):
        sys.stdout.write(f"{line}\n")
    if arguments.script is not None:
        own = arguments.script
        _write_script(own, script_of(subject, remedy.file, source, place, own))
    return Exit.OK


# --------------------------------------------------------------------------- scripts


def _check_script(arguments: MigrateArguments) -> None:
    """Refuse a script that exists, or that cannot be run.

    Raises:
        UsageError: it is one.
    """
    script = arguments.script
    if script is None:
        return
    if arguments.by_value:
        raise UsageError(
            "--script cannot say how --by-value saves your own code",
            advice="Leave one of them out.",
        )
    if script.is_dir() or (script.exists() and not arguments.force):
        raise UsageError(
            f"{script} exists already",
            advice="Choose another file with --script FILE, or overwrite it with --force.",
        )


def _refuse_script(arguments: MigrateArguments) -> None:
    """Refuse a script of several models.

    Raises:
        UsageError: one was named.
    """
    if arguments.script is not None:
        raise UsageError(
            "--script writes the conversion of one model, and several are named",
            advice="Leave it out, or name one model.",
        )


def _write_script(path: Path, text: str) -> None:
    with replacing(path) as stream:
        stream.write(text)
    sys.stdout.write(f"  script: {path}\n")
