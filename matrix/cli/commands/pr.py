"""``pr``: check the user's models against what a branch changes in the locks of its repository."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from matrix.catalog import Catalog
from matrix.catalog.reference_pipelines import of_packages
from matrix.catalog.requirements import read_request
from matrix.cli.arguments import PrArguments
from matrix.cli.commands.upgrade import check, check_pipelines
from matrix.cli.configured import read_or_reference, read_settings
from matrix.errors import Exit, UsageError
from matrix.frameworks import FRAMEWORKS
from matrix.report import ReportOutput
from matrix.report.terminal.lock_changes import show_changes, show_reference_note
from matrix.upgrade.installed_packages import only_for
from matrix.upgrade.lock_changes import LockChange, find_changes
from matrix.upgrade.upgrade_request import UpgradeRequest, has_library

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
    catalog = read_settings(arguments)
    models = arguments.models or _models(catalog)
    if not models:
        _refuse_without_origin(bearing)
        show_reference_note()
    codes = [
        _check(_arguments(arguments, models, number), change)
        for number, change in enumerate(bearing)
    ]
    codes += [Exit.CANNOT_TELL] * bool(found.problems)
    return next(code for code in _WORST_FIRST if code in codes)


def _check(arguments: PrArguments, change: LockChange) -> Exit:
    """Check the models, or without any the reference pipelines of the libraries in the lock."""
    request = _request(arguments, change)
    if arguments.models or change.origin is None:
        return check(arguments, request)
    used = [one for one in FRAMEWORKS[1:] if change.has(one.name)]
    catalog = read_or_reference(arguments)
    if not read_settings(arguments).pipelines:
        further = of_packages([module for one in used for module in one.modules])
        catalog = replace(catalog, pipelines=(*catalog.pipelines, *further))
    request = only_for(request, used)
    assert request.origin is not None
    return check_pipelines(arguments, request, request.origin, catalog)


def _refuse_without_scikit_learn(changes: list[LockChange]) -> None:
    for one in changes:
        for name, side in ((one.base, one.origin), (one.path, one.target)):
            if side is not None and not has_library(side):
                raise UsageError(
                    f"{name}: scikit-learn is not in it, so no environment can be built from it",
                    advice="Name the whole environment: compat-matrix upgrade MODEL --from "
                    f"{one.base} scikit-learn==… --to {one.path} scikit-learn==…",
                )


def _refuse_without_origin(changes: list[LockChange]) -> None:
    """Refuse to check the reference pipelines for a new lock: nothing says where they are from."""
    for one in changes:
        if one.origin is None:
            raise UsageError(
                f"{one.path} is new, there is no lock before it, and no models are named",
                advice="Name them under [tool.matrix] in pyproject.toml: "
                'models = ["models/*.joblib"]'
                "\n  Or on the command line: compat-matrix pr models/",
            )


def _models(catalog: Catalog) -> tuple[Path, ...]:
    """Return the models that the configuration names; none if it names none.

    Raises:
        UsageError: nothing matches one of the names.
    """
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
