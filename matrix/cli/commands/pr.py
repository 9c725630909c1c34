"""``pr``: check the user's models against what a branch changes in the locks of its repository."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from matrix.catalog.requirements import read_request
from matrix.cli.arguments import PrArguments
from matrix.cli.commands.upgrade import check
from matrix.cli.configured import read_settings
from matrix.errors import Exit, UsageError
from matrix.report import ReportOutput
from matrix.report.terminal.lock_changes import show_changes
from matrix.upgrade.lock_changes import LockChange, LockChanges, find_changes
from matrix.upgrade.upgrade_request import UpgradeRequest

_WORST_FIRST = (Exit.UNSAFE, Exit.CANNOT_TELL, Exit.USAGE, Exit.OK)


def pr(arguments: PrArguments) -> Exit:
    """Find the locks that changed; check the models for each change that bears on them."""
    found = find_changes(Path.cwd(), arguments.base)
    bearing = [one for one in found.changes if one.bears_on_models]
    show_changes(found)
    if not bearing and found.problems:
        raise UsageError(found.problems[0].message, advice=found.problems[0].advice)
    if not bearing:
        return Exit.OK
    _refuse_without_scikit_learn(bearing)
    models = arguments.models or _models(arguments, found, bearing[0])
    codes = [
        check(_arguments(arguments, models, number), _request(arguments, change))
        for number, change in enumerate(bearing)
    ]
    codes += [Exit.CANNOT_TELL] * bool(found.problems)
    return next(code for code in _WORST_FIRST if code in codes)


def _refuse_without_scikit_learn(changes: list[LockChange]) -> None:
    for one in changes:
        for name, side in ((one.base, one.origin), (one.path, one.target)):
            if side.scikit_learn is None:
                raise UsageError(
                    f"{name}: scikit-learn is not in it, so no environment can be built from it",
                    advice="Name the whole environment: compat-matrix upgrade MODEL --from "
                    f"{one.base} scikit-learn==… --to {one.path} scikit-learn==…",
                )


def _models(arguments: PrArguments, found: LockChanges, change: LockChange) -> tuple[Path, ...]:
    """Return the models that the configuration names.

    Raises:
        UsageError: it names none, or a name that nothing has.
    """
    catalog = read_settings(arguments)
    if not catalog.models:
        raise UsageError(
            f"{change.path} changes what models are made of since {found.commit}, and no models "
            "are named",
            advice='Name them under [tool.matrix] in pyproject.toml: models = ["models/*.joblib"]'
            "\n  Or on the command line: compat-matrix pr models/",
        )
    models: dict[Path, None] = {}
    for pattern in catalog.models:
        matching = sorted(catalog.root.glob(pattern))
        if not matching:
            raise UsageError(f"{catalog.source}: tool.matrix.models: nothing matches {pattern}")
        models.update(dict.fromkeys(_relative(path) for path in matching))
    return tuple(models)


def _relative(path: Path) -> Path:
    try:
        return path.relative_to(Path.cwd())
    except ValueError:
        return path


def _arguments(arguments: PrArguments, models: tuple[Path, ...], number: int) -> PrArguments:
    """Return the arguments of one check; reports of further ones get a number."""
    outputs = arguments.output
    if number:
        outputs = tuple(ReportOutput(one.format, _numbered(one.path, number)) for one in outputs)
    return replace(arguments, models=models, output=outputs)


def _numbered(path: Path, number: int) -> Path:
    return path if str(path) == "-" else path.with_stem(f"{path.stem}-{number + 1}")


def _request(arguments: PrArguments, change: LockChange) -> UpgradeRequest:
    """Return the request of ``upgrade --from BASE:LOCK --to LOCK``."""
    further = read_request(arguments.further).others if arguments.further else ()
    return UpgradeRequest(origin=change.origin, targets=(change.target,), further=further)
