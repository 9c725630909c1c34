"""Load files in environments, judge what they give, and name the cause: the only place that does.

Runs, the self-check, the check of a user's models and the search for remedies all come here. What a
model's own code wrote in place of a worker, and what was lost in the store, ends in a cell too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from matrix import causes
from matrix.catalog import Tolerances
from matrix.engine.loading import LoadWork, OnObservation, load_job, loads_due
from matrix.engine.run_context import RunContext
from matrix.executors.jobs import Job
from matrix.judge import Case, judge
from matrix.judge.content import Fetch, read
from matrix.judge.evidence import with_inputs, worst_rows
from matrix.judge.own_tables import with_own_tables
from matrix.judge.untrusted import UNREADABLE, unreadable
from matrix.model import (
    Cell,
    Ending,
    EnvInfo,
    Environment,
    Evidence,
    Observation,
    Returned,
    RowChange,
    Saving,
    Tolerance,
    Verdict,
)
from matrix.worker.compat_worker.formats import READABLE


@dataclass(frozen=True, kw_only=True, slots=True)
class Evaluation:
    """What one load in one environment means."""

    saving: Saving
    """The reference that the outputs were compared with."""
    reader: Environment
    observation: Observation | None
    """None if nothing was loaded."""
    cell: Cell
    """With its verdict and its cause."""
    readable: bool = True
    """False if the verdict says only that outputs cannot be read or are no longer kept."""


def methods_of(format_name: str) -> tuple[str, ...]:
    """The only output methods that files of a format have; empty for all of the model's."""
    return READABLE[format_name].methods if format_name in READABLE else ()


OnEvaluation = Callable[[Evaluation], None]


class _LostContentError(Exception):
    """An output that was recorded is no longer kept, or is damaged."""


def evaluate(
    case: Case,
    *,
    fetch: Fetch,
    tolerance: Callable[[str], Tolerance],
    writer: EnvInfo | None,
    reader: Environment,
) -> Evaluation:
    """Judge an observation, and name the cause of what changed or failed.

    Args:
        case: the reference and the observation.
        fetch: gives the content of an output by its digest; KeyError if it is not kept.
        tolerance: gives the tolerance for a method by its name.
        writer: the packages and interpreter that saved; None if unknown.
        reader: the environment that loaded.

    Returns:
        An evaluation for every case, also where outputs cannot be read.
    """
    readable = True
    try:
        cell = judge(case, _checked(fetch), tolerance)
    except _LostContentError:
        readable, reason = False, "a recorded output is missing or damaged in the store: run again"
        lost = Observation(ending=Ending.NOT_RUN, reason=reason)
        cell = judge(replace(case, observation=lost), fetch, tolerance)
    except UNREADABLE as error:
        readable, cell = False, unreadable(case, error)
    cause = causes.cause_of(
        cell,
        causes.known(),
        estimators=case.saving.estimators,
        writer=writer,
        reader=reader.info,
    )
    return Evaluation(
        saving=case.saving,
        reader=reader,
        observation=case.observation,
        cell=replace(cell, cause=cause),
        readable=readable,
    )


def _checked(fetch: Fetch) -> Fetch:
    """The same contents, with an error of its own for one that is not kept."""

    def fetched(digest: str) -> bytes:
        try:
            return fetch(digest)
        except KeyError as error:
            raise _LostContentError(digest) from error

    return fetched


def _no_native(saving: Saving, reader: Environment) -> Saving | None:
    return None


@dataclass(frozen=True, kw_only=True)
class Evaluator:
    """Loads files in the environments of a run context, and evaluates each load as it ends."""

    context: RunContext
    tolerances: Tolerances
    writers: Mapping[str, Environment]
    """The environments that saved, by id."""
    native: Callable[[Saving, Environment], Saving | None] = _no_native
    """Gives what a reader reported of the same pipeline, trained there; None if unknown."""
    scored: bool = False
    """Whether to score every load against the truth, also where no prediction changed."""
    evidence: Mapping[str, Evidence] = field(default_factory=dict)
    """By pipeline, how much its rows would notice; else as the saving says."""

    def due(
        self, reader: Environment, loads: Iterable[LoadWork], on_evaluation: OnEvaluation
    ) -> list[LoadWork]:
        """The loads that a ready reader must still do; loads with a kept result are evaluated."""
        return loads_due(self.context, reader, loads, self._evaluating(on_evaluation))

    def job(self, reader: Environment, due: list[LoadWork], on_evaluation: OnEvaluation) -> Job:
        """A job that does loads in a ready reader, and evaluates each when it ends."""
        return load_job(self.context, reader, due, self._evaluating(on_evaluation))

    def evaluate(
        self, saving: Saving, format_name: str, reader: Environment, observation: Observation | None
    ) -> Evaluation:
        """Evaluate one observation.

        Args:
            saving: the reference; its writer is one of ``writers``.
            format_name: the format of the file that was loaded.
            reader: the environment that loaded.
            observation: what it reported; None if nothing was loaded.
        """
        evidence = self.evidence.get(saving.pipeline, saving.evidence)
        case = Case(
            saving=replace(saving, evidence=evidence),
            format=format_name,
            reader=reader.id,
            observation=observation,
            native=self.native(saving, reader),
            methods=methods_of(format_name),
            only=self.context.methods,
            scored=self.scored,
        )
        return evaluate(
            case,
            fetch=self.context.store.content,
            tolerance=lambda method: self.tolerances.of(saving.pipeline, method),
            writer=self.writers[saving.writer].info,
            reader=reader,
        )

    def worst_rows(self, evaluation: Evaluation) -> tuple[RowChange, ...]:
        """The rows of the worst output that changed most; none where no values can be compared."""
        cell, observation = evaluation.cell, evaluation.observation
        if cell.verdict.safe or observation is None or not evaluation.readable:
            return ()
        saving = evaluation.saving
        if cell.verdict is Verdict.INPUT_CHANGED:
            saving, observation = with_own_tables(saving, observation) or (saving, observation)
        before = saving.outputs.get(cell.stage)
        after = observation.outputs.get(cell.stage)
        if not isinstance(before, Returned) or not isinstance(after, Returned):
            return ()
        if not (before.digest and after.digest):
            return ()
        content = self.context.store.content
        try:
            found = worst_rows(read(content(before.digest)), read(content(after.digest)))
        except UNREADABLE:
            return ()
        return self._with_inputs(found, evaluation.saving)

    def _with_inputs(self, changes: tuple[RowChange, ...], saving: Saving) -> tuple[RowChange, ...]:
        """The same changes with the inputs and the true answers of their rows, if they are kept."""
        content = self.context.store.content
        try:
            rows = read(content(saving.rows))
            truth = read(content(saving.truth)) if saving.truth else None
        except (KeyError, *UNREADABLE):
            return changes
        return with_inputs(changes, rows, truth)

    def _evaluating(self, on_evaluation: OnEvaluation) -> OnObservation:
        def on_observation(
            saving: Saving, format_name: str, reader: Environment, observation: Observation
        ) -> None:
            on_evaluation(self.evaluate(saving, format_name, reader, observation))

        return on_observation
