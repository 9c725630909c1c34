"""``pr``: check the user's models against what a branch changes in the locks of its repository."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path

from matrix.catalog import Catalog
from matrix.catalog.reference_pipelines import of_packages
from matrix.catalog.requirements import read_request
from matrix.cli.arguments import PrArguments
from matrix.cli.commands.upgrade import check, check_pipelines
from matrix.cli.configured import open_results, read_or_reference, read_settings
from matrix.cli.named_models import named_models, other_projects
from matrix.engine import last_run
from matrix.errors import Exit, MatrixError, UsageError, worst
from matrix.frameworks import FRAMEWORKS
from matrix.model import Group, Matrix, ModelAnswer
from matrix.report import numbered, write_outputs
from matrix.report.lock_change_words import lock_change_words
from matrix.report.terminal.lock_changes import show_changes, show_line, show_reference_note
from matrix.safe_text import plain_lines
from matrix.upgrade.installed_packages import only_for
from matrix.upgrade.lock_changes import LockChange, LockProblem, find_changes, of_project
from matrix.upgrade.resolved_ranges import are_the_same, with_exact_versions
from matrix.upgrade.upgrade_request import UpgradeRequest, has_library


def pr(arguments: PrArguments) -> Exit:
    """Find the locks that changed; check the models for each change that bears on them."""
    found = of_project(find_changes(Path.cwd(), arguments.base), Path.cwd())
    bearing = [one for one in found.changes if one.bears_on_models]
    show_changes(found)
    if not bearing and found.problems:
        raise found.problems[0].error
    if not bearing:
        return Exit.OK
    _refuse_without_scikit_learn(bearing)
    catalog = read_settings(arguments)
    models = arguments.models or named_models(catalog)
    if not models:
        _refuse_without_origin(bearing)
        show_reference_note(other_projects(one.path for one in bearing))
    exact = _exact(bearing, catalog, offline=arguments.offline)
    checks = _Checks(
        replace(arguments, models=models), several=len(exact) + len(found.problems) > 1
    )
    codes = [checks.of(change) for change in exact]
    codes += [checks.failed(problem) for problem in found.problems]
    return worst(codes)


def _exact(changes: list[LockChange], catalog: Catalog, *, offline: bool) -> list[LockChange]:
    """The changes with exact versions; those of ranges that stand for the same are left out."""
    exact = []
    for one in changes:
        resolved = with_exact_versions(one, catalog, offline=offline)
        if resolved is not one:
            words = (
                lock_change_words(resolved)
                if resolved.bears_on_models
                else (
                    f"{one.base} → {one.path}: its ranges stand for the same versions of what "
                    "models are known to be made of"
                )
            )
            show_line(f"resolved: {words}")
        if resolved.bears_on_models:
            exact.append(resolved)
    return exact


@dataclass(slots=True)
class _Checks:
    """The checks of one command, a report for each."""

    arguments: PrArguments
    several: bool
    """Whether there may be more than one: then a mistake in one does not keep the others back."""
    done: int = 0
    """How many reports there are."""

    def of(self, change: LockChange) -> Exit:
        """Check the models, or without any the reference pipelines of the libraries in the lock."""
        try:
            code = self._checked(change)
        except MatrixError as error:
            if not self.several:
                raise
            return self.failed(LockProblem(change.path, error))
        self.done += 1
        return code

    def failed(self, problem: LockProblem) -> Exit:
        """Report a lock that cannot be answered, as a model that cannot be."""
        error = problem.error
        where = "" if str(error).startswith(problem.path) else f"{problem.path}: "
        sys.stderr.write(plain_lines(f"error: {where}{error}") + "\n")
        matrix = _unanswered(problem)
        if self.arguments.models:
            with open_results(read_settings(self.arguments)) as store:
                last_run.keep_check(store, matrix, continues=self.done > 0)
        write_outputs(matrix, numbered(self.arguments.output, self.done))
        self.done += 1
        return Exit.CANNOT_TELL

    def _checked(self, change: LockChange) -> Exit:
        arguments = replace(self.arguments, output=numbered(self.arguments.output, self.done))
        request = _request(arguments, change)
        words = lock_change_words(change)
        if arguments.models or change.origin is None:
            return check(arguments, request, lock_change=words, continues=self.done > 0)
        used = [one for one in FRAMEWORKS[1:] if change.has(one.name)]
        catalog = read_or_reference(arguments)
        if not read_settings(arguments).pipelines:
            further = of_packages([module for one in used for module in one.modules])
            catalog = replace(catalog, pipelines=(*catalog.pipelines, *further))
        request = only_for(request, used)
        if are_the_same(request, catalog, offline=arguments.offline):
            show_line("Nothing that the reference pipelines need changed.")
            return Exit.OK
        assert request.origin is not None
        return check_pipelines(arguments, request, request.origin, catalog, lock_change=words)


def _unanswered(problem: LockProblem) -> Matrix:
    """The result for a lock that cannot be answered."""
    now = datetime.now(timezone.utc)
    message = problem.error.message
    answer = ModelAnswer(
        model=problem.path,
        sha256="",
        origin="",
        group=Group.UNKNOWN,
        answer=f"unknown: {message}",
        problem=message,
    )
    return Matrix(
        started=now, finished=now, environments=(), pipelines=(), cells=(), answers=(answer,)
    )


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


def _request(arguments: PrArguments, change: LockChange) -> UpgradeRequest:
    """Return the request of ``upgrade --from BASE:LOCK --to LOCK``."""
    further = read_request(arguments.further).others if arguments.further else ()
    return UpgradeRequest(origin=change.origin, targets=(change.target,), further=further)
