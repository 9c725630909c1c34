"""``upgrade``: is it safe to bump, for the user's own models?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from matrix import catalog as catalogs
from matrix.catalog import Catalog, Trust
from matrix.catalog.requirements import spec_of
from matrix.cli.arguments import UpgradeArguments
from matrix.cli.arguments.model_groups import InputArguments, ModelArguments
from matrix.cli.commands.run import BuildProgress, fill, open_results, with_folders
from matrix.engine.run_context import RunContext
from matrix.errors import Exit, UsageError
from matrix.explain import look, tell
from matrix.model import Cell, Detection, Environment, Explanation, Group, Matrix
from matrix.remedies.model_subject import subject_of
from matrix.report import write_outputs
from matrix.report.cause_text import known_cause
from matrix.report.model_answers import as_matrix, group_of
from matrix.report.open_progress import open_progress
from matrix.report.progress import Progress
from matrix.report.risk import risks
from matrix.report.terminal import show_explanation
from matrix.report.terminal.risks import show_risks
from matrix.report.terminal.upgrade import show_upgrade
from matrix.sandbox.probing import sandbox
from matrix.store import Store
from matrix.upgrade.admission import admit
from matrix.upgrade.answer import Model, Target, UpgradeAnswer, UpgradeResult
from matrix.upgrade.checker import CheckInputs, ModelChecker
from matrix.upgrade.intake import find, read_hashes, take_in
from matrix.upgrade.origins import Origins, UpgradeRequest
from matrix.upgrade.reproduce import reproduce
from matrix.upgrade.upgrade import upgrade as ask


def upgrade(arguments: UpgradeArguments) -> Exit:
    """Look into the models, ask them where they come from and where they may go, and answer."""
    wishes = UpgradeRequest.read(
        origins=arguments.origins,
        targets=arguments.targets,
        further=arguments.further,
        as_of=arguments.as_of,
        rollback=arguments.rollback,
    )
    if not arguments.models:
        return _dependencies(arguments, wishes)
    cell_inputs = inputs_of(arguments)
    catalog = with_folders(catalogs.read_or_default(arguments.config), arguments)
    with open_results(catalog) as store:
        with open_progress() as progress:
            with_ = asking(arguments, catalog, wishes, cell_inputs, store, progress)
            answered = ask(with_.models, with_.places, with_.check, bisect=arguments.bisect)
            told = dict(_told(catalog, with_, answered)) if arguments.why else {}
        show_upgrade(answered)
        for story, cell in told.items():
            show_explanation(story, cell.verdict.group)
        write_outputs(replace(as_matrix(answered), stories=tuple(told)), arguments.output)
        if arguments.reproduce is not None:
            reproduce(answered.answers, store, arguments.reproduce)
    return exit_code(answered)


def _told(
    catalog: Catalog, with_: CheckSetup, answered: UpgradeResult
) -> Iterator[tuple[Explanation, Cell]]:
    """Why each model changes or fails where it does so first, with the cell that is told of."""
    for answer in answered.answers:
        target = _worst(answer)
        if target is None or answer.origin is None:
            continue
        subject = subject_of(answer, target, with_.check, with_.trust)
        diagnosis = look(with_.context, subject, target.cell, catalog.tolerances)
        cause = known_cause(target.cell)
        reader = target.environment
        yield (
            tell(target.cell, answer.origin, reader, cause=cause, diagnosis=diagnosis),
            target.cell,
        )


def _worst(answer: UpgradeAnswer) -> Target | None:
    """The first target above the safe range that is known to be bad, or else any that is."""
    if answer.problem is not None:
        return None
    first = None if answer.range is None else answer.range.first_bad
    bad = (Group.CHANGES, Group.FAILS)
    wanted = [*([] if first is None else [first]), *answer.targets]
    return next((target for target in wanted if target.cell.verdict.group in bad), None)


def _dependencies(arguments: UpgradeArguments, wishes: UpgradeRequest) -> Exit:
    """Without a model: the reference pipelines, between two sets of packages."""
    if wishes.origin is None or not wishes.targets:
        raise UsageError(
            "there is nothing to ask",
            advice="Name saved models; or, without any, both --from and --to: the reference "
            "pipelines are then asked.",
        )
    catalog = with_folders(catalogs.with_reference_pipelines(arguments.config), arguments)
    specs = [spec_of(wishes.origin, as_of="release", common=catalog.requirements)]
    for wish in wishes.targets:
        specs.append(spec_of(wish, as_of=wishes.as_of, common=catalog.requirements))
    wanted = replace(catalog, specs=tuple(specs), known=(), select=())
    with open_results(catalog) as store:
        with open_progress() as progress:
            matrix = fill(wanted, store, arguments, progress, remember=False)
        origin, *targets = matrix.environments
        for target in targets:
            show_risks(matrix, origin, target)
        write_outputs(matrix, arguments.output)
        return _risk_code(matrix, origin)


def _risk_code(matrix: Matrix, origin: Environment) -> Exit:
    """Whether any pipeline from there changes or fails somewhere."""
    if not origin.ready or Detection.MISSED in matrix.self_check.values():
        return Exit.CANNOT_TELL
    targets = [one for one in matrix.environments if one.id != origin.id]
    if any(risk.bad for one in targets for risk in risks(matrix, origin.id, one.id)):
        return Exit.UNSAFE
    return Exit.OK if all(one.ready for one in targets) else Exit.CANNOT_TELL


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckSetup:
    """All that models are asked with."""

    models: list[Model]
    places: Origins
    context: RunContext
    check: ModelChecker
    steps: BuildProgress
    trust: Trust
    """What the user lets in."""


def inputs_of(arguments: InputArguments) -> CheckInputs:
    """What the arguments give to ask models with."""
    return CheckInputs(
        data=_file(arguments.data, "--data"),
        target=arguments.target,
        expected=_file(arguments.expected, "--expected"),
        paths=tuple(_folder(path) for path in arguments.path),
    )


def asking(
    arguments: ModelArguments,
    catalog: Catalog,
    wishes: UpgradeRequest,
    cell_inputs: CheckInputs,
    store: Store,
    progress: Progress,
) -> CheckSetup:
    """Take the models in; nothing of them is run yet."""
    held = sandbox(arguments.sandbox)
    files = find(arguments.models)
    progress.stage("files", len(files))
    recorded = {} if arguments.hashes is None else read_hashes(arguments.hashes)
    trust = replace(catalog.trust, everywhere=frozenset(arguments.trust))
    models = admit(take_in(files, store, arguments.jobs, recorded), trust)
    progress.advance(len(models))
    steps = BuildProgress(progress)
    places = Origins(catalog, wishes, steps.tell, jobs=arguments.jobs, offline=arguments.offline)
    context = RunContext.of(
        replace(catalog, pipelines=()),
        (),
        store,
        progress=progress,
        slots=arguments.jobs,
        fresh=arguments.fresh,
    )
    context = replace(context, paths=cell_inputs.paths, sandbox=held)
    check = ModelChecker(context, cell_inputs, catalog.tolerances)
    return CheckSetup(
        models=models, places=places, context=context, check=check, steps=steps, trust=trust
    )


def _file(path: Path | None, option: str) -> Path | None:
    if path is not None and not path.is_file():
        raise UsageError(f"{option} {path}: there is no such file")
    return path


def _folder(path: Path) -> Path:
    if not path.is_dir():
        raise UsageError(f"--path {path}: there is no such folder")
    return path.absolute()


def exit_code(upgrade: UpgradeResult) -> Exit:
    """What the answers mean to whoever waits for them: the worst of them."""
    codes = {_code(answer) for answer in upgrade.answers}
    order = (Exit.UNSAFE, Exit.USAGE, Exit.CANNOT_TELL)
    return next((code for code in order if code in codes), Exit.OK)


def _code(answer: UpgradeAnswer) -> Exit:
    if answer.problem is not None:
        return answer.problem.exit_code
    group = group_of(answer)
    if group is Group.LOADS:
        return Exit.OK
    return Exit.CANNOT_TELL if group is Group.UNKNOWN else Exit.UNSAFE
