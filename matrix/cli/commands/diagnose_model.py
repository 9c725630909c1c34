"""Look into a model of a check again: where it begins to differ, and what it lacks."""

from __future__ import annotations

import shlex
from dataclasses import replace

from matrix.cli.arguments import ExplainArguments, UpgradeArguments, parse
from matrix.cli.commands.upgrade import inputs_of, set_up
from matrix.cli.configured import open_results, read_settings
from matrix.engine import last_run
from matrix.errors import CannotTellError
from matrix.explain import diagnose_cell, explanation_of
from matrix.model import Cell, Environment, Explanation, Matrix
from matrix.remedies.model_subject import loaded_subject
from matrix.report.cause_text import known_cause
from matrix.report.open_progress import open_progress
from matrix.upgrade.checker import ModelWork
from matrix.upgrade.upgrade_request import UpgradeRequest


def diagnose_model(arguments: ExplainArguments, checked: Matrix, cell: Cell) -> Explanation:
    """Load a model in two environments of a check, as the check did, and find the difference.

    What the check has recorded is not computed again. The explanation is kept with the check.

    Args:
        arguments: of the command.
        checked: the check.
        cell: one of its cells, that changes or fails.

    Raises:
        CannotTellError: the model or an environment is not what it was in the check.
        StoreError: the folder of results is in use, or cannot be written.
        UsageError: a file of the check is gone.
    """
    catalog = read_settings(arguments)
    environments = {one.id: one for one in checked.environments}
    with open_results(catalog) as store:
        again = _arguments(arguments, checked, cell, last_run.options_of(store, checked))
        request = UpgradeRequest.read(
            origins=again.origins, targets=(), further=again.further, as_of=None, rollback=False
        )
        with open_progress(arguments.verbosity) as progress:
            setup = set_up(again, catalog, request, inputs_of(again), store, progress)
            model = next((one for one in setup.models if one.id == cell.pipeline), None)
            if (
                model is None
                or model.problem is not None
                or _digest(checked, cell) != (model.inspection and model.inspection.sha256)
            ):
                raise CannotTellError("the file is not the one that was checked")
            sides = [environments[cell.writer], environments[cell.reader]]
            made = setup.origins.prepare([one.spec for one in sides])
            writer, reader = (_same(one, made[one.id]) for one in sides)
            setup.checker.check([ModelWork(model=model, origin=writer, targets=(reader,))])
            found = setup.checker.found(model).targets[reader.id].cell
            subject = loaded_subject(model, writer, reader, setup.checker, setup.trust)
            diagnosis = diagnose_cell(setup.context, subject, found, catalog.tolerances)
        explanation = explanation_of(
            found, writer, reader, cause=known_cause(found), diagnosis=diagnosis
        )
        last_run.keep_explanation(store, explanation, checked)
        return explanation


def _arguments(
    arguments: ExplainArguments, checked: Matrix, cell: Cell, options: tuple[str, ...]
) -> UpgradeArguments:
    """The arguments of a check of this model with the same options."""
    file = next(one.file for one in checked.pipelines if one.id == cell.pipeline)
    words = shlex.split(" ".join(options))
    parsed = parse(["upgrade", *words, "--", str(file)])
    assert isinstance(parsed, UpgradeArguments)
    return replace(parsed, jobs=arguments.jobs, offline=arguments.offline)


def _digest(checked: Matrix, cell: Cell) -> str:
    return next(one.sha256 for one in checked.answers if one.model == cell.pipeline)


def _same(before: Environment, now: Environment) -> Environment:
    """The environment of today, if it has the packages of the check.

    Raises:
        CannotTellError: it has others, or is not available.
    """
    if not now.ready or before.info is None or now.info is None:
        raise CannotTellError(f"{before.spec.label} is not available: {now.reason}")
    if now.info.packages != before.info.packages:
        raise CannotTellError(f"{before.spec.label} has other packages today than in the check")
    return now
