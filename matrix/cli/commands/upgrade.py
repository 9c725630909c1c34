"""``upgrade``: check whether an upgrade is safe for the user's own models."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from matrix.baseline.baseline import Baseline
from matrix.catalog import Catalog, Trust
from matrix.catalog.requirements import EnvironmentRequest, spec_of
from matrix.cli.arguments import UpgradeArguments
from matrix.cli.arguments.model_groups import InputArguments, ModelArguments
from matrix.cli.build_progress import BuildProgress
from matrix.cli.check_progress import CheckProgress
from matrix.cli.commands.run import compared, fill, read_known
from matrix.cli.commands.run import exit_code as run_code
from matrix.cli.configured import open_results, read_or_reference, read_settings
from matrix.engine import last_run
from matrix.engine.run import RunInterrupted
from matrix.engine.run_context import RunContext
from matrix.environments.history import open_registry
from matrix.errors import Exit, UsageError
from matrix.executors.fork_servers import ForkServers
from matrix.explain import diagnose_cell, explanation_of
from matrix.model import (
    Detection,
    Environment,
    Explanation,
    Group,
    Matrix,
    PassedOver,
    Verdict,
)
from matrix.remedies.model_subject import subject_of
from matrix.report import write_outputs
from matrix.report.answers_as_matrix import as_matrix
from matrix.report.cause_text import known_cause
from matrix.report.next_steps import with_places
from matrix.report.open_progress import open_progress
from matrix.report.progress import Progress
from matrix.report.terminal.lock_changes import show_line
from matrix.report.terminal.risks import show_risks
from matrix.report.terminal.upgrade import show_upgrade
from matrix.sandbox.probing import sandbox
from matrix.store import Store
from matrix.upgrade.admission import admit
from matrix.upgrade.answer import Model, Target, UpgradeAnswer, UpgradeResult
from matrix.upgrade.bundles import unbundled
from matrix.upgrade.checker import CheckInputs, ModelChecker
from matrix.upgrade.data_columns import check_columns
from matrix.upgrade.folders import find, sort_out
from matrix.upgrade.installed_packages import only_needed
from matrix.upgrade.intake import read_hashes, take_in
from matrix.upgrade.lines_between import Needed, always, in_baseline, never
from matrix.upgrade.native_data import only_in_sandbox
from matrix.upgrade.origins import Origins
from matrix.upgrade.own_script import read_script
from matrix.upgrade.packed import alone, named, open_packed, remove_unpacked
from matrix.upgrade.pandas_need import needs_pandas
from matrix.upgrade.reproduce import reproduce
from matrix.upgrade.resolved_ranges import are_the_same
from matrix.upgrade.typed_releases import refuse_unknown
from matrix.upgrade.upgrade import upgrade as check_models
from matrix.upgrade.upgrade_request import UpgradeRequest
from matrix.user_files import refuse_system_file


def upgrade(arguments: UpgradeArguments) -> Exit:
    """Inspect the models, load them in their origin and in the targets, and show the answer."""
    request = UpgradeRequest.read(
        origins=arguments.origins,
        targets=arguments.targets,
        further=arguments.further,
        as_of=arguments.as_of,
        rollback=arguments.rollback,
    )
    if not arguments.models:
        return _dependencies(arguments, request)
    return check(arguments, request)


def check(
    arguments: UpgradeArguments,
    request: UpgradeRequest,
    *,
    lock_change: str = "",
    continues: bool = False,
) -> Exit:
    """Check the models of the arguments in the requested environments, and show the answer.

    Args:
        arguments: of the command.
        request: where the models come from and where they may go.
        lock_change: as in :class:`matrix.model.Matrix`.
        continues: whether the check before it belongs to the same command.
    """
    inputs = inputs_of(arguments)
    _refuse_useless_margin(arguments, inputs)
    catalog = read_settings(arguments)
    known = read_known(arguments.baseline)
    with open_results(catalog) as store:
        with open_progress(arguments.verbosity) as progress:
            setup = set_up(arguments, catalog, request, inputs, store, progress)
            if lock_change and _nothing_changes(setup, catalog, offline=arguments.offline):
                show_line("Nothing that these models need changed, so they were not loaded.")
                return Exit.OK
            result = check_models(
                setup.models,
                setup.origins,
                setup.checker,
                bisect=arguments.bisect,
                needed=needed_lines(arguments, known),
                listener=CheckProgress(progress),
            )
            margin = arguments.score_margin
            result = replace(
                result,
                passed_over=setup.passed_over,
                score_margin=catalog.score_margin if margin is None else margin,
                options=migrate_options(arguments),
            )
            explain = arguments.why and not result.interrupted
            stories = tuple(_explained(catalog, setup, result)) if explain else ()
        matrix = as_matrix(result)
        answers = {answer.model: answer for answer in matrix.answers}
        stories = tuple(with_places(one, answers[one.pipeline]) for one in stories)
        matrix = replace(matrix, stories=stories, lock_change=lock_change)
        last_run.keep_check(store, matrix, continues=continues, options=result.options)
        matrix = compared(matrix, known)
        show_upgrade(matrix)
        write_outputs(matrix, arguments.output)
        if result.interrupted:
            raise KeyboardInterrupt
        if arguments.reproduce is not None:
            reproduce(
                result.answers, store, arguments.reproduce, main=inputs.main, paths=inputs.paths
            )
    if known is not None:
        return compared_code(matrix, arguments.fail_on)
    return exit_code(result, arguments.fail_on)


def _nothing_changes(setup: CheckSetup, catalog: Catalog, *, offline: bool) -> bool:
    """Whether what a lock changed is in none of the environments, for models that can be checked.

    Models whose files cannot be read are still reported by the check.
    """
    readable = bool(setup.models) and all(one.problem is None for one in setup.models)
    return readable and are_the_same(setup.request, catalog, offline=offline)


def needed_lines(arguments: UpgradeArguments, known: Baseline | None) -> Needed:
    """Which lines are run between two in which the same is wrong.

    They are left out only where what is wrong there fails the check, or is in the baseline: what
    was not run may not pass because its neighbours do.

    Args:
        arguments: of the command.
        known: the baseline that the answers are compared with, if there is one.
    """
    if arguments.all_releases:
        return always
    if known is not None:
        return in_baseline(known, date.today())
    failing = {verdict for verdict in Verdict if verdict.group in (Group.CHANGES, Group.FAILS)}
    return never if failing <= arguments.fail_on else always


def _refuse_useless_margin(arguments: UpgradeArguments, inputs: CheckInputs) -> None:
    """Refuse a margin of scores where nothing says what is true, before anything is built.

    Raises:
        UsageError: there is no ``--target``, and no ``.npz`` file, whose ``y`` has true answers.
    """
    holds_truth = inputs.data is not None and inputs.data.suffix.lower() == ".npz"
    if arguments.score_margin is not None and inputs.target is None and not holds_truth:
        raise UsageError(
            "--score-margin compares scores, which need the true answers, and none are given",
            advice="Name their column of the data: --data FILE --target NAME. Or leave out "
            "--score-margin.",
        )


def _explained(catalog: Catalog, setup: CheckSetup, result: UpgradeResult) -> Iterator[Explanation]:
    """Explain the first cell of each model that changes or fails."""
    for answer in result.answers:
        target = _worst(answer)
        if target is None or answer.origin is None:
            continue
        subject = subject_of(answer, target, setup.checker, setup.trust)
        diagnosis = diagnose_cell(setup.context, subject, target.cell, catalog.tolerances)
        cause = known_cause(target.cell)
        reader = target.environment
        yield explanation_of(target.cell, answer.origin, reader, cause=cause, diagnosis=diagnosis)


def _worst(answer: UpgradeAnswer) -> Target | None:
    """The first known bad target above the safe range, or else any bad target."""
    if answer.problem is not None:
        return None
    first = None if answer.range is None else answer.range.first_bad
    moved = [one.range.first_bad for one in answer.packages if one.range is not None]
    ends = [one for one in (first, *moved) if one is not None]
    candidates = [*ends, *answer.every_target]
    bad = [target for target in candidates if target.cell.verdict.group.unsafe]
    changed = (target for target in bad if not target.cell.verdict.predicts_same)
    return next(changed, next(iter(bad), None))


def _dependencies(arguments: UpgradeArguments, request: UpgradeRequest) -> Exit:
    """Check the reference pipelines between two sets of packages; no model was named."""
    if request.origin is None or not request.targets:
        raise UsageError(
            "there is nothing to check",
            advice="Name saved models, or check the reference pipelines between two environments: "
            "upgrade --from scikit-learn==1.4.2 --to scikit-learn==1.5.2",
        )
    return check_pipelines(arguments, request, request.origin, read_or_reference(arguments))


def check_pipelines(
    arguments: UpgradeArguments,
    request: UpgradeRequest,
    requested_origin: EnvironmentRequest,
    catalog: Catalog,
    *,
    lock_change: str = "",
) -> Exit:
    """Check the pipelines of a catalog between an origin and the targets of a request."""
    day = requested_origin.day or "release"
    specs = [spec_of(requested_origin, as_of=day, common=catalog.requirements)]
    for requested in request.targets:
        specs.append(spec_of(requested, as_of=request.as_of, common=catalog.requirements))
    checked = replace(catalog, specs=tuple(specs), known=(), select=())
    known = read_known(arguments.baseline)
    with open_results(catalog) as store:
        filled = replace(_filled(checked, store, arguments), lock_change=lock_change)
        matrix = compared(filled, known)
        origin, *targets = matrix.environments
        for target in targets:
            show_risks(matrix, origin, target)
        write_outputs(matrix, arguments.output)
        if matrix.interrupted:
            raise KeyboardInterrupt
        if known is not None:
            return run_code(matrix, arguments.fail_on)
        return _risk_code(matrix, origin, arguments.fail_on)


def _filled(catalog: Catalog, store: Store, arguments: UpgradeArguments) -> Matrix:
    """The matrix, or what of it was finished before an interruption."""
    try:
        with open_progress(arguments.verbosity) as progress:
            return fill(catalog, store, arguments, progress, remember=False)
    except RunInterrupted as stopped:
        return stopped.matrix


def _risk_code(matrix: Matrix, origin: Environment, fail_on: frozenset[Verdict]) -> Exit:
    """The exit code of a check of the reference pipelines that the origin saved."""
    if not origin.ready or Detection.MISSED in matrix.self_check.values():
        return Exit.CANNOT_TELL
    targets = [one for one in matrix.environments if one.id != origin.id]
    there = {one.id for one in targets}
    cells = (one for one in matrix.cells if one.writer == origin.id and one.reader in there)
    if any(cell.verdict in fail_on for cell in cells):
        return Exit.UNSAFE
    return Exit.OK if all(one.ready for one in targets) else Exit.CANNOT_TELL


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckSetup:
    """Everything that checks models."""

    models: list[Model]
    passed_over: tuple[PassedOver, ...]
    """What is in the given folders and not a model."""
    origins: Origins
    context: RunContext
    checker: ModelChecker
    steps: BuildProgress
    trust: Trust
    """Names that the user trusts."""
    request: UpgradeRequest
    """That of the user, with the packages that the models need."""


def migrate_options(arguments: ModelArguments) -> tuple[str, ...]:
    """The options of a check that ``migrate`` needs too for the same models, quoted for a shell."""
    named: list[tuple[str, Iterable[object]]] = [
        ("--from", arguments.origins),
        ("--as-of", _given(arguments.as_of if arguments.targets else None)),
        ("--sandbox", _given(None if arguments.sandbox == "auto" else arguments.sandbox)),
        ("--data", _given(arguments.data)),
        ("--target", _given(arguments.target)),
        ("--dtypes", _given(json.dumps(arguments.dtypes) if arguments.dtypes else None)),
        ("--expected", _given(arguments.expected)),
        ("--hashes", _given(arguments.hashes)),
        ("--with", arguments.further),
        ("--path", arguments.path),
        ("--main", _given(arguments.main)),
        ("--trust", arguments.trust),
        ("--config", _given(arguments.config)),
    ]
    return tuple(
        f"{option} {shlex.quote(str(value))}" for option, values in named for value in values
    )


def _given(value: object | None) -> Iterable[object]:
    """A value that an option has once; nothing if it was not given."""
    return () if value is None else (value,)


def _refuse_without_data(arguments: InputArguments) -> None:
    """Refuse options that say something of rows which are not given.

    Raises:
        UsageError: there is such an option.
    """
    needing = {
        "--target": (arguments.target, "names a column"),
        "--dtypes": (arguments.dtypes, "gives types of columns"),
        "--expected": (arguments.expected, "has the outputs for the rows"),
    }
    for option, (value, what) in needing.items():
        if value is not None and arguments.data is None:
            raise UsageError(
                f"{option} {what} of --data, which is not given", advice="Add --data FILE."
            )


def inputs_of(arguments: InputArguments) -> CheckInputs:
    """What the arguments say to check models with.

    Raises:
        UsageError: a file or folder does not exist, or an option needs another one.
    """
    _refuse_without_data(arguments)
    main = None if arguments.main is None else read_script(arguments.main)
    return CheckInputs(
        data=_file(arguments.data, "--data"),
        target=arguments.target,
        dtypes=arguments.dtypes or {},
        expected=_file(arguments.expected, "--expected"),
        paths=(
            *(_folder(path) for path in arguments.path),
            *(() if main is None else main.folders),
        ),
        main=main,
    )


def set_up(
    arguments: ModelArguments,
    catalog: Catalog,
    request: UpgradeRequest,
    inputs: CheckInputs,
    store: Store,
    progress: Progress,
    methods: tuple[str, ...] = (),
) -> CheckSetup:
    """Inspect and admit the models; nothing in them is run yet.

    Args:
        arguments: of the command.
        catalog: of the project.
        request: the origin and the targets.
        inputs: what the models are checked with.
        store: of the project.
        progress: shows each step.
        methods: the only methods to compare; empty for every method.

    Raises:
        UsageError: a package or a release that was typed does not exist.
    """
    refuse_unknown(request, lambda: open_registry(catalog, offline=arguments.offline))
    chosen = sandbox(arguments.sandbox)
    recorded = {} if arguments.hashes is None else read_hashes(arguments.hashes)
    found = find(arguments.models, recorded)
    packed = open_packed(found, store.scratch, recorded, most_mb=catalog.limits.model_mb)
    progress.stage("reading", len(found.files))
    trust = replace(catalog.trust, everywhere=_trusted(arguments, inputs))
    most_mb = catalog.limits.model_mb
    taken = take_in(
        list(found.files),
        store,
        arguments.jobs,
        recorded,
        most_mb=most_mb,
        fresh=arguments.fresh,
        on_file=lambda: progress.advance(stage="reading"),
    )
    remove_unpacked(packed)
    read, passed_over = sort_out(named(taken, packed, store), found)
    read = alone(read, packed)
    script = None if inputs.main is None else inputs.main.file
    named_origin = request.origin is not None
    admitted = admit(read, trust, paths=inputs.paths, script=script, origin=named_origin)
    contained = only_in_sandbox(admitted, trust, chosen)
    models = check_columns(unbundled(contained), inputs)
    steps = BuildProgress(progress, store, arguments.jobs)
    own_code = (*inputs.paths, *(() if script is None else (script,)))
    needed = only_needed(request, models, own_code)
    origins = Origins(
        catalog,
        needed,
        steps.tell,
        pandas=needs_pandas(models, inputs.data, inputs.expected),
        jobs=arguments.jobs,
        offline=arguments.offline,
    )
    context = RunContext.of(
        replace(catalog, pipelines=()),
        (),
        store,
        progress=progress,
        slots=arguments.jobs,
        fresh=arguments.fresh,
    )
    context = replace(
        context,
        paths=inputs.paths,
        main=inputs.main,
        methods=methods,
        sandbox=chosen,
        servers=ForkServers(store.scratch),
    )
    checker = ModelChecker(context, inputs, catalog.tolerances)
    return CheckSetup(
        models=models,
        passed_over=passed_over,
        origins=origins,
        context=context,
        checker=checker,
        steps=steps,
        trust=trust,
        request=needed,
    )


def _trusted(arguments: InputArguments, inputs: CheckInputs) -> frozenset[str]:
    """The names that the user lets in: those after ``--trust``, and what ``--main`` defines."""
    return frozenset(arguments.trust).union(() if inputs.main is None else inputs.main.names)


def _file(path: Path | None, option: str) -> Path | None:
    if path is not None and not path.is_file():
        raise UsageError(f"{option} {path}: the file does not exist")
    if path is not None:
        refuse_system_file(path)
    return path


def _folder(path: Path) -> Path:
    if not path.is_dir():
        raise UsageError(f"--path {path}: the folder does not exist")
    return path.absolute()


BAD = frozenset(verdict for verdict in Verdict if verdict.group.unsafe)
"""What makes a check fail unless the user names other verdicts."""


def exit_code(upgrade: UpgradeResult, fail_on: frozenset[Verdict] = BAD) -> Exit:
    """The exit code of the worst answer.

    A mistake of usage decides only if no model has an answer: otherwise some are answered and
    others are not.

    Args:
        upgrade: the answers.
        fail_on: the verdicts that make the check fail. Other known verdicts pass; unknown ones
            never do.
    """
    codes = {_code(answer, fail_on) for answer in upgrade.answers}
    if Exit.UNSAFE in codes:
        return Exit.UNSAFE
    if codes == {Exit.USAGE}:
        return Exit.USAGE
    return Exit.CANNOT_TELL if codes & {Exit.USAGE, Exit.CANNOT_TELL} else Exit.OK


def _code(answer: UpgradeAnswer, fail_on: frozenset[Verdict]) -> Exit:
    if answer.problem is not None:
        return answer.problem.exit_code
    verdicts = {target.cell.verdict for target in answer.every_target}
    if not answer.targets[0].cell.verdict.predicts_same:
        return Exit.CANNOT_TELL  # what the origin itself does not repeat says nothing of a target
    if verdicts & fail_on:
        return Exit.UNSAFE
    unknown = any(verdict.group is Group.UNKNOWN for verdict in verdicts)
    return Exit.CANNOT_TELL if unknown else Exit.OK


def compared_code(matrix: Matrix, fail_on: frozenset[Verdict] = frozenset()) -> Exit:
    """The exit code of a check that was compared with a baseline, as that of ``run``.

    Args:
        matrix: with its comparison.
        fail_on: verdicts that make the check fail although the baseline has them.
    """
    if matrix.comparison is not None and matrix.comparison.fails:
        return Exit.UNSAFE
    if any(matrix.counts[verdict] for verdict in fail_on):
        return Exit.UNSAFE
    unknown = matrix.unanswered or matrix.counts[Verdict.NOT_RUN]
    return Exit.CANNOT_TELL if unknown else Exit.OK
