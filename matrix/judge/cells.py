"""Decide what a saving and an observation mean together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from matrix.judge import own_tables, scoring
from matrix.judge.compare import TRAINING, compare
from matrix.judge.content import Fetch, MethodOutput, read
from matrix.judge.only_methods import with_only
from matrix.judge.own_tables import INTROSPECTION
from matrix.judge.scoring import Truth
from matrix.model import (
    Absent,
    Artifact,
    Cell,
    Ending,
    Failure,
    Group,
    Observation,
    Outcome,
    OutputDifference,
    Returned,
    Saving,
    Tolerance,
    Verdict,
    WarningSeen,
)

_NOT_REPORTED = "the reader reported nothing of it"

_Told = Callable[..., Cell]
"""Makes the cell of a case from fields beside its place; without any, it was not run."""

HIDDEN = frozenset(
    {"DeprecationWarning", "PendingDeprecationWarning", "ImportWarning", "ResourceWarning"}
)
"""Warnings that Python does not show by default: nobody was warned by them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """All that is known of one cell.

    Args:
        saving: what the writer reported of the pipeline.
        format: the format of the artifact.
        reader: the id of the environment that loaded.
        observation: what the reader reported; None if it was not run.
        native: what the reader reported of the same pipeline, trained there; None if unknown.
        methods: the only methods that files of this format have; empty for all of the model's.
        only: the only methods that the user needs; empty for all of the model's.
        scored: whether to score it against the truth even if nothing that scores are made of
            changed.
    """

    saving: Saving
    format: str
    reader: str
    observation: Observation | None
    native: Saving | None = None
    methods: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    scored: bool = False


def judge(case: Case, fetch: Fetch, tolerance: Callable[[str], Tolerance]) -> Cell:
    """The cell with its verdict.

    The verdict is known only if the reader reported every method that the writer recorded, also
    one recorded as absent: whatever else changed is then in ``outputs``, and the cell is not run.

    Args:
        case: the observations.
        fetch: gives the content of an output by its digest.
        tolerance: gives the tolerance for a method by its name.
    """
    truth = scoring.truth_of(case.saving, always=case.scored)
    if case.methods:
        case = replace(case, saving=_limited(case.saving, case.methods), native=None)
    if case.only:
        saving, observed = with_only(case.only, case.saving, case.observation)
        case = replace(case, saving=saving, observation=observed, native=None)
    artifact, seen = case.saving.artifacts.get(case.format), case.observation
    cell = partial(
        Cell,
        pipeline=case.saving.pipeline,
        format=case.format,
        writer=case.saving.writer,
        reader=case.reader,
        verdict=Verdict.NOT_RUN,
        artifact=artifact.sha256 if isinstance(artifact, Artifact) else "",
        warnings=() if seen is None else seen.warnings,
        cached=seen is not None and seen.cached,
    )
    return (
        _not_saved(cell, case)
        or _not_loaded(cell, case.observation)
        or _on_evidence(_used(cell, case, truth, _Outputs(fetch), tolerance), case)
    )


def _limited(saving: Saving, methods: tuple[str, ...]) -> Saving:
    """A saving with what it returned from some methods, on the rows as they are."""
    kept = {
        name: outcome
        for name, outcome in saving.outputs.items()
        if name in methods and isinstance(outcome, Returned)
    }
    return replace(saving, outputs=kept, own=None)


def _on_evidence(cell: Cell, case: Case) -> Cell:
    """The cell, which is unknown in another environment if its rows would hardly notice a change.

    The environment that saved the model is compared with itself: no change is to be noticed there.
    """
    evidence = case.saving.evidence
    if not cell.verdict.predicts_same or evidence is None or not evidence.weak:
        return cell
    if case.reader == case.saving.writer:
        return cell
    return replace(cell, verdict=Verdict.WEAK_EVIDENCE, stage="", exception=None, reason=_WEAK)


_WEAK = "every output was the same, but these rows would hardly notice a change"


# --------------------------------------------------------------------------- before any use


def _not_saved(cell: _Told, case: Case) -> Cell | None:
    """The cell of an artifact that does not exist; None if it does."""
    saving = case.saving
    if saving.ending is Ending.NOT_RUN:
        return cell(reason=saving.reason or "the writer was not run")
    if saving.ending is not Ending.FINISHED:
        reason = f"the writer {_ended(saving.ending)}: {saving.reason}"
        return cell(verdict=Verdict.NOT_SAVED, stage=saving.stage, reason=reason)
    if saving.unavailable:
        return cell(verdict=Verdict.UNAVAILABLE, reason=saving.unavailable)
    if saving.failure is not None:
        return cell(verdict=Verdict.NOT_SAVED, stage=saving.stage, exception=saving.failure)
    match saving.artifacts.get(case.format):
        case Artifact() if case.only and not saving.outputs:
            return cell(reason=f"it has no result of {', '.join(case.only)} to compare")
        case Artifact():
            return None
        case Failure() as failure:
            return cell(verdict=Verdict.NOT_SAVED, stage="save", exception=failure)
        case str() as reason:
            return cell(verdict=Verdict.UNAVAILABLE, reason=reason)
        case _:
            return cell(reason="it was not saved in this format")


def _ended(ending: Ending) -> str:
    return {Ending.CRASHED: "crashed", Ending.TIMED_OUT: "was stopped"}.get(ending, ending.value)


def _not_loaded(cell: _Told, observation: Observation | None) -> Cell | None:
    """The cell of an artifact that gave no outputs to compare; None if it did."""
    if observation is None:
        return cell()
    if observation.ending is not Ending.FINISHED:
        verdict = {
            Ending.CRASHED: Verdict.CRASHED,
            Ending.TIMED_OUT: Verdict.TIMED_OUT,
        }.get(observation.ending, Verdict.NOT_RUN)
        return cell(verdict=verdict, reason=observation.reason)
    if observation.unavailable:
        return cell(verdict=Verdict.UNAVAILABLE, reason=observation.unavailable)
    if observation.load is not None:
        return cell(verdict=Verdict.LOAD_FAILED, stage="load", exception=observation.load)
    return None


# --------------------------------------------------------------------------- in use


def _used(
    cell: _Told,
    case: Case,
    truth: Truth | None,
    outputs: _Outputs,
    tolerance: Callable[[str], Tolerance],
) -> Cell:
    observation = case.observation
    assert observation is not None
    judged = _Methods(case, observation, outputs, tolerance)
    differences = dict(judged.differences())
    n_identical = len(observation.outputs) - len(observation.outputs.keys() & differences.keys())
    not_reported = [method for method in case.saving.outputs if method not in observation.outputs]
    if not_reported or not case.saving.outputs:
        return cell(
            stage=next(iter(not_reported), ""),
            reason=_incomparable(not_reported),
            outputs=differences,
            n_identical=n_identical,
        )
    worst = _worst(differences)
    if all(one.verdict.predicts_same for one in differences.values()):
        changed = _with_own_tables(cell, case, truth, judged, differences, n_identical)
        if changed is not None:
            return changed
    found: dict[str, Any] = {}
    verdict = differences[worst].verdict if worst else Verdict.IDENTICAL
    if truth is not None and (case.scored or not verdict.predicts_same):
        found = truth.before_and_after(case.saving, observation, differences, outputs.get)
    if not worst:
        return cell(verdict=verdict, n_identical=n_identical, **found)
    if verdict is Verdict.NOT_RUN:
        found = {"reason": differences[worst].note}
    elif not verdict.predicts_same:
        found["retrained"] = judged.retrained(worst)
    return cell(
        verdict=verdict,
        stage=worst,
        exception=_exception(observation, worst, verdict),
        outputs=differences,
        n_identical=n_identical,
        silent=verdict.group is Group.CHANGES and _silent(case.saving, observation, differences),
        **found,
    )


def _worst(differences: Mapping[str, OutputDifference]) -> str:
    """The method whose difference decides the verdict; empty if nothing differs."""
    return max(differences, key=lambda method: _weight(differences[method]), default="")


def _with_own_tables(
    cell: _Told,
    case: Case,
    truth: Truth | None,
    judged: _Methods,
    differences: Mapping[str, OutputDifference],
    n_identical: int,
) -> Cell | None:
    """The cell of a model that is the same, but predicts otherwise for the reader's own table.

    Returns:
        None if it predicts the same for the table that each environment makes itself.
    """
    pair = own_tables.with_own_tables(case.saving, judged.observation)
    if pair is None:
        return None
    saving, observation = pair
    outputs = judged.outputs.get
    case = replace(case, saving=saving, observation=observation, native=None)
    own = _Methods(case, observation, judged.outputs, judged.tolerance)
    found = {name: one for name, one in own.differences() if not one.verdict.safe}
    worst = _worst(found)
    if not worst:
        return None
    verdict = found[worst].verdict
    if verdict.group is Group.CHANGES:
        verdict = Verdict.INPUT_CHANGED
    made: Cell = cell(
        verdict=verdict,
        stage=worst,
        reason=own_tables.words(judged.case.saving, judged.observation),
        exception=_exception(observation, worst, verdict),
        outputs={**differences, **found},
        n_identical=n_identical - len(found.keys() - differences.keys()),
        silent=verdict.group is Group.CHANGES and _silent(saving, observation, found),
        **({} if truth is None else truth.before_and_after(saving, observation, found, outputs)),
    )
    return made


def _incomparable(not_reported: list[str]) -> str:
    """Why a cell is unknown although its artifact was loaded."""
    if not not_reported:
        return "the writer recorded no output, so there is nothing to compare with"
    return f"the reader reported nothing of what was recorded for {', '.join(not_reported)}"


def _of_introspection(difference: OutputDifference) -> OutputDifference:
    """The difference of a method that only shows the model: no output depends on it."""
    verdict = difference.verdict
    if verdict.safe or verdict.group is Group.UNKNOWN:
        return difference
    return replace(difference, verdict=Verdict.INTROSPECTION_FAILED)


def _weight(difference: OutputDifference) -> float:
    """How much a method's verdict counts.

    An output that cannot be compared counts less than a change or a failure, and more than a
    ``repr`` that fails: that verdict says that every output is the same.
    """
    if difference.verdict.group is Group.UNKNOWN:
        return Verdict.INTROSPECTION_FAILED.severity + 0.5
    return difference.verdict.severity


def _exception(observation: Observation, method: str, verdict: Verdict) -> Failure | None:
    outcome = observation.outputs.get(method)
    failed = verdict in (Verdict.USE_FAILED, Verdict.INTROSPECTION_FAILED)
    if failed and isinstance(outcome, Failure):
        return outcome
    return None


def _silent(
    saving: Saving, observation: Observation, differences: Mapping[str, OutputDifference]
) -> bool:
    """Whether some method changed, and nobody who loads and calls it is told.

    A warning that the method gave before saving too, such as one for the logarithm of a
    probability of zero, tells nobody of a change; nor does one that another method gives.
    """
    before = {(warning.category, warning.stage) for warning in saving.warnings}
    told = {
        warning.stage
        for warning in observation.warnings
        if _tells(warning) and (warning.category, warning.stage) not in before
    }
    if "load" in told:
        return False
    return any(
        difference.verdict.group is Group.CHANGES and method not in told
        for method, difference in differences.items()
    )


def _tells(warning: WarningSeen) -> bool:
    if warning.category in HIDDEN or warning.category == "InconsistentVersionWarning":
        return False
    # The same warning before scikit-learn 1.3 gave it a class of its own.
    return not warning.message.startswith("Trying to unpickle estimator")


class _Outputs:
    """Reads contents, each once a cell."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._read: dict[str, MethodOutput] = {}

    def get(self, digest: str) -> MethodOutput:
        if digest not in self._read:
            self._read[digest] = read(self._fetch(digest))
        return self._read[digest]


class _Methods:
    """Compares the outcomes of a cell's methods."""

    def __init__(
        self,
        case: Case,
        observation: Observation,
        outputs: _Outputs,
        tolerance: Callable[[str], Tolerance],
    ) -> None:
        self.case = case
        self.observation = observation
        self.outputs = outputs
        self.tolerance = tolerance

    def differences(self) -> Iterator[tuple[str, OutputDifference]]:
        """Every method whose outcome is not identical, or was recorded and not reported."""
        before, after = self.case.saving.outputs, self.observation.outputs
        for method in before:
            if method not in after:
                yield method, OutputDifference(verdict=Verdict.NOT_RUN, note=_NOT_REPORTED)
        for method in after:
            difference = self._unstable(method) or self._one(
                method, before.get(method), after[method]
            )
            if difference is not None:
                shows = method in INTROSPECTION
                yield method, _of_introspection(difference) if shows else difference

    def _unstable(self, method: str) -> OutputDifference | None:
        """Two fresh loads in the same reader disagree."""
        repeat = self.observation.repeats.get(method)
        if repeat is None:
            return None
        first = self.observation.outputs[method]
        if isinstance(first, Returned) and isinstance(repeat, Returned):
            found = self._values(method, first, repeat)
            if found is None or found.verdict.group is not Group.CHANGES:
                return None
            return replace(found, verdict=Verdict.UNSTABLE, note="two fresh loads disagree")
        note = f"two fresh loads disagree: {_brief(first)}, then {_brief(repeat)}"
        return OutputDifference(verdict=Verdict.UNSTABLE, note=note)

    def _one(self, method: str, before: Outcome | None, after: Outcome) -> OutputDifference | None:
        """None if the outcome is identical, or differs in what the release itself decides."""
        match before, after:
            case Returned(), Returned():
                return self._values(method, before, after)
            case (Returned(), Failure()) if method in TRAINING:
                note = f"{_brief(after)}: {after.message}"[:300]
                return OutputDifference(verdict=Verdict.STRUCTURE_CHANGED, note=note)
            case (Returned(), Failure()):
                return OutputDifference(verdict=Verdict.USE_FAILED, note=_brief(after))
            case (Absent() | None, Failure()):
                # It was not there before; in this release it is, and does not work.
                return self._came_or_went(method, after, "came, and fails")
            case (Returned() | Failure(), Absent()):
                return self._came_or_went(method, after, f"went: {after.message}")
            case (Absent() | None, Returned()):
                return self._came_or_went(method, after, "came")
            case (Failure(), Returned()):
                note = f"{_brief(before)} before saving; returns now"
                return OutputDifference(verdict=Verdict.STRUCTURE_CHANGED, note=note)
            case (Failure(), Failure()) if before.type != after.type:
                note = f"{_brief(before)} before saving; {_brief(after)} now"
                return OutputDifference(verdict=Verdict.EQUIVALENT, note=note)
            case _:
                return None

    def _values(self, method: str, before: Returned, after: Returned) -> OutputDifference | None:
        if not (before.whole and after.whole):
            note = "it returns objects that cannot be compared"
            return OutputDifference(verdict=Verdict.NOT_RUN, note=note)
        if before.digest == after.digest:
            return None
        left, right = self.outputs.get(before.digest), self.outputs.get(after.digest)
        if self.case.methods:
            right = _in_one_dimension(right, left)
        return compare(method, left, right, self.tolerance(method))

    def _came_or_went(self, method: str, after: Outcome, note: str) -> OutputDifference | None:
        """A method came or went with the model, unless it did so with the release.

        Where the same pipeline, trained in the reader, has or lacks the method just so, the
        release gained or dropped it for all models, and this one is as it was.
        """
        native = self.case.native
        if native is not None and native.outputs:
            own = native.outputs.get(method)
            there = isinstance(own, Returned | Failure)
            if there == isinstance(after, Returned | Failure):
                return None
        elif not isinstance(after, Absent):
            return None
        return OutputDifference(verdict=Verdict.STRUCTURE_CHANGED, note=note)

    def retrained(self, method: str) -> str:
        """What the same pipeline, trained in the reader, returns from a method, in words."""
        native = self.case.native
        if native is None or native.rows != self.case.saving.rows:
            return ""
        own = native.outputs.get(method)
        before = self.case.saving.outputs.get(method)
        after = self.observation.outputs.get(method)
        if not isinstance(own, Returned) or not isinstance(before, Returned):
            return ""
        if self._agree(method, before, own):
            return (
                "retrained there, it predicts the same as before saving: the loaded model is wrong"
            )
        if isinstance(after, Returned) and self._agree(method, after, own):
            return (
                "retrained there, it predicts like the loaded model: the release changed prediction"
            )
        return "retrained there, it predicts differently again: the release changed training too"

    def _agree(self, method: str, one: Returned, other: Returned) -> bool:
        found = self._values(method, one, other)
        return found is None or found.verdict.safe


def _in_one_dimension(output: MethodOutput, like: MethodOutput) -> MethodOutput:
    """An output whose columns of one number are lists of numbers, where the other one has lists.

    A runtime returns a table from each regression, whatever the shape of its targets was.
    """
    if len(output.leaves) != len(like.leaves):
        return output
    leaves = [
        replace(one, array=one.array[:, 0]) if one.array.shape == (*other.array.shape, 1) else one
        for one, other in zip(output.leaves, like.leaves, strict=True)
    ]
    return replace(output, leaves=tuple(leaves))


def _brief(outcome: Outcome) -> str:
    match outcome:
        case Failure():
            return f"raises {outcome.type}"
        case Absent():
            return "has no such method"
        case _:
            return "returns"


__all__ = ["Case", "judge"]
