"""``migrate`` with folders or several files: a folder of new files, with a manifest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from matrix.catalog.requirements import read_request
from matrix.catalog.split_requirements import split_requirements
from matrix.cli.arguments import MigrateArguments
from matrix.cli.check_progress import CheckProgress
from matrix.cli.commands.upgrade import CheckSetup, migrate_options
from matrix.errors import Exit
from matrix.migration.converter import Converter
from matrix.migration.folder_migration import FolderMigration, FolderOptions
from matrix.migration.manifest import DAY, NAME, SEARCH, ManifestFile
from matrix.migration.model_files import (
    ModelFile,
    answers_by_file,
    files_of,
    refuse_inside,
    refuse_twice,
)
from matrix.migration.to_convert import ConversionNeed
from matrix.model import MigratedModel, MigrationOutcome, PassedOver
from matrix.report import migration
from matrix.report.progress import Progress
from matrix.report.terminal.migration import show_many
from matrix.store import Store
from matrix.upgrade.checker import CheckInputs
from matrix.upgrade.upgrade import upgrade as check_models

_STAGE = "converting"


@dataclass(frozen=True, kw_only=True, slots=True)
class MigratedFolder:
    """The files of a folder as far as they are decided."""

    batch: FolderMigration
    n_files: int
    n_kept: int
    """How many an earlier run decided."""
    passed_over: tuple[PassedOver, ...]

    def shown(self) -> Exit:
        """Show what became of each file.

        Raises:
            KeyboardInterrupt: the search was interrupted; what was finished is shown.
        """
        found = sorted(self.batch.models.values(), key=lambda one: one.source)
        manifest = None
        if not self.batch.options.dry_run:
            manifest = self.batch.manifest.folder / NAME
        methods = self.batch.manifest.methods
        show_many(
            migration.many(found, self.n_files, self.n_kept, self.passed_over, manifest, methods)
        )
        if self.batch.interrupted:
            raise KeyboardInterrupt
        return exit_code(found)


def migrate_many(
    arguments: MigrateArguments,
    setup: CheckSetup,
    inputs: CheckInputs,
    converter: Converter,
    store: Store,
    progress: Progress,
) -> MigratedFolder:
    """Convert all files into a folder.

    Raises:
        UsageError: the folder holds something else.
    """
    files = files_of(setup.models)
    batch = _batch(arguments, files, inputs, converter, store, progress)
    progress.stage(_STAGE, len(files))
    rest = batch.kept(files)
    models = [model for one in rest for model in one.models]
    listener = CheckProgress(progress)
    result = check_models(models, setup.origins, setup.checker, bisect=False, listener=listener)
    batch.interrupted = result.interrupted
    batch.run(() if result.interrupted else rest, answers_by_file(result.answers))
    return MigratedFolder(
        batch=batch,
        n_files=len(files),
        n_kept=len(files) - len(rest),
        passed_over=setup.passed_over,
    )


def _batch(
    arguments: MigrateArguments,
    files: Sequence[ModelFile],
    inputs: CheckInputs,
    converter: Converter,
    store: Store,
    progress: Progress,
) -> FolderMigration:
    roots = tuple(path for path in arguments.models if path.is_dir())
    folder = arguments.migrated or _folder(arguments)
    refuse_inside(folder, arguments.models)
    refuse_twice(files, roots)
    force = arguments.force or arguments.dry_run
    return FolderMigration(
        converter=converter,
        store=store,
        manifest=ManifestFile.open(
            folder, _request(arguments, inputs), arguments.methods, force=force
        ),
        options=FolderOptions(
            wanted=ConversionNeed(
                introspection=arguments.introspection, by_value=arguments.by_value
            ),
            roots=roots,
            copy_safe=arguments.copy_safe,
            dry_run=arguments.dry_run,
            force=arguments.force,
        ),
        on_model=lambda model: _advance(progress, model),
    )


def _advance(progress: Progress, model: MigratedModel) -> None:
    failed = int(model.outcome is MigrationOutcome.NOT_CONVERTED)
    progress.advance(under_way=model.source, failed=failed, stage=_STAGE)
    progress.note(migration.in_one_line(model))


def _folder(arguments: MigrateArguments) -> Path:
    """The default folder of the new files: beside the first one that was named."""
    first = arguments.models[0].absolute()
    request = read_request(split_requirements(arguments.targets[0]))
    release = request.scikit_learn or ""
    ending = f"sklearn-{release}" if release[:1].isdigit() else "migrated"
    name = first.name if first.is_dir() and len(arguments.models) == 1 else "models"
    found = first.with_name(f"{name}.{ending}")
    relative = not arguments.models[0].is_absolute() and found.is_relative_to(Path.cwd())
    return found.relative_to(Path.cwd()) if relative else found


def _request(arguments: MigrateArguments, inputs: CheckInputs) -> dict[str, str]:
    """What was requested: a model that is unchanged is not converted again for the same."""
    return {
        "to": arguments.targets[0],
        "as_of": arguments.as_of or "today",
        DAY: "" if arguments.as_of else datetime.now(timezone.utc).date().isoformat(),
        "options": " ".join(migrate_options(arguments)),
        "inputs": inputs.digest,
        SEARCH: f"{arguments.minutes} min" + ", other classes" * arguments.other_class,
        "via": " ".join(arguments.via),
        "methods": ",".join(arguments.methods),
        "introspection": str(arguments.introspection),
        "by_value": str(arguments.by_value),
    }


def exit_code(models: Sequence[MigratedModel]) -> Exit:
    """The exit code of the worst outcome."""
    outcomes = {one.outcome for one in models}
    if MigrationOutcome.NOT_CONVERTED in outcomes:
        return Exit.UNSAFE
    return Exit.CANNOT_TELL if MigrationOutcome.UNKNOWN in outcomes else Exit.OK
