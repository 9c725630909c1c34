"""Find the conversion of one file, verified by running it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from matrix.catalog import Catalog, Trust
from matrix.engine.constructing import construction_of
from matrix.engine.run_context import RunContext
from matrix.environments.prepare import Report
from matrix.explain import diagnose_cell
from matrix.migration.to_convert import HeldModel
from matrix.model import Cell, Fix
from matrix.remedies import (
    Budget,
    CandidateFile,
    EnvironmentFactory,
    Experiment,
    Remedies,
    Subject,
    find_conversions,
    find_remedies,
    find_resave_remedies,
)
from matrix.remedies.by_value import find_by_value
from matrix.remedies.closest import closest
from matrix.remedies.environment_factory import packages_of
from matrix.remedies.fixes import is_one_model
from matrix.remedies.fixes_from_diagnosis import fixes_of
from matrix.remedies.model_subject import subject_of
from matrix.remedies.retraining import retraining_script
from matrix.report.cause_text import known_cause
from matrix.upgrade.answer import Target
from matrix.upgrade.checker import ModelChecker
from matrix.upgrade.model_requirements import needed_by
from matrix.upgrade.needed_packages import needed_packages
from matrix.upgrade.package_answers import held_by

SECONDS = 60.0
"""How long the search for a conversion of one file starts something new."""
_TRIED_ONCE = 2
"""The targets of an answer if ``--to`` was tried once: the origin and this one."""


@dataclass(frozen=True, kw_only=True)
class Converter:
    """Finds conversions of files that were checked.

    Args:
        catalog: of the project.
        context: of the check.
        checker: the checker that loaded the files.
        trust: names that the user trusts.
        common: requirements of every environment.
        report: called for each step of building.
        jobs, offline: as in :func:`matrix.environments.prepare`.
        via: releases of scikit-learn to save files again in; empty to search.
        by_value: whether the user's own code goes into the new file.
        other_class: whether another class may take the place of one of the model's.
        seconds: after this time the search for one file starts nothing new; a conversion that is
            known for its cause is tried in any case.
    """

    catalog: Catalog
    context: RunContext
    checker: ModelChecker
    trust: Trust
    common: Sequence[str]
    report: Report
    jobs: int
    offline: bool
    via: tuple[str, ...] = ()
    by_value: bool = False
    other_class: bool = False
    seconds: float = SECONDS

    def find(self, held: Sequence[HeldModel]) -> tuple[Subject, Remedies]:
        """The file as the subject of a search, and the remedies that keep its predictions.

        An interruption ends the search; the remedies say so, and have what is known so far.

        Args:
            held: everything in the file with its target, the worst first; not empty.
        """
        _, target = held[0]
        subject = self._subject(held)
        experiment = self._experiment(held[0], subject)
        try:
            return self._found(subject, target, experiment)
        except KeyboardInterrupt:
            best = closest(subject, target.cell, experiment.ends)
            return subject, Remedies(found=(), closest=best, interrupted=True)

    def _found(
        self, subject: Subject, target: Target, experiment: Experiment
    ) -> tuple[Subject, Remedies]:
        if self.by_value and target.cell.verdict.predicts_same:
            return subject, _by_value(experiment, subject, subject.file, target.cell)
        found = self._converted(subject, target, experiment)
        found = _with_parts(experiment, subject, found)
        if not self.by_value or not found.files:
            return subject, found
        remedy = found.files[0]
        assert remedy.file is not None
        assert remedy.cell is not None
        return subject, _by_value(experiment, subject, remedy.file, remedy.cell)

    def retraining(self, subject: Subject, source: str, why: str) -> str:
        """A script that builds an untrained copy of a model; empty if its parameters are unknown.

        Args:
            subject: the model that cannot be converted.
            source: the name of its file.
            why: why it cannot be, in one line.
        """
        value = construction_of(
            self.context, subject.writer, subject.pipeline, subject.artifact, subject.allowed
        )
        if value is None:
            return ""
        versions = packages_of(subject.writer)
        try:
            return retraining_script(value, source=source, versions=versions, why=why)
        except ValueError:  # the code of the model wrote another form
            return ""

    def _subject(self, held: Sequence[HeldModel]) -> Subject:
        first, *others = (subject_of(one, at, self.checker, self.trust) for one, at in held)
        # A target that was tried as of its release for one model in a file is so for all of them.
        reader = next(
            (at.environment for one, at in held if len(one.targets) > _TRIED_ONCE), first.reader
        )
        others = [replace(one, reader=reader) for one in others]
        return replace(first, reader=reader, others=tuple(others))

    def _experiment(self, first: HeldModel, subject: Subject) -> Experiment:
        model = first[0].model
        needed = [one.name for one in needed_packages(model.inspection)]
        factory = EnvironmentFactory(
            catalog=self.catalog,
            report=self.report,
            common=(*self.common, *needed_by(model), *held_by(subject.writer, needed)),
            jobs=self.jobs,
            offline=self.offline,
        )
        return Experiment(
            context=self.context,
            tolerances=self.catalog.tolerances,
            factory=factory,
            other_class=self.other_class,
        )

    def _converted(self, subject: Subject, target: Target, experiment: Experiment) -> Remedies:
        """The remedies that keep the predictions in the target, with the user's own code."""
        factory = experiment.factory
        if self.via:
            bridges = [factory.as_released(release) for release in self.via]
            return find_resave_remedies(experiment, subject, bridges)
        if not subject.others:
            cell, parts = target.cell, [(subject, target.cell)]
        else:
            cell = experiment.cell(subject, subject.file, subject.reader)
            parts = experiment.cells_of_parts(subject, subject.file, subject.reader)
        conversions = find_conversions(experiment, subject, cell)
        if conversions.files:
            return conversions
        known = known_cause(cell)
        if known is not None and known.bridges:
            bridges = [factory.as_released(release) for release in known.bridges]
            found = find_resave_remedies(experiment, subject, bridges)
            if found.files:
                return found
        given: list[Fix] = []
        for one, its in parts:
            if not its.verdict.safe and is_one_model(one.artifact.part):
                diagnosis = diagnose_cell(self.context, one, its, self.catalog.tolerances)
                given += fixes_of(diagnosis, one.artifact.part or ())
        budget = Budget(seconds=self.seconds)
        return find_remedies(experiment, subject, cell, given=given, budget=budget, first=True)


def _by_value(
    experiment: Experiment, subject: Subject, file: CandidateFile, cell: Cell
) -> Remedies:
    """The file with the user's own code inside; or why there is none."""
    found = find_by_value(experiment, subject, file, cell)
    if isinstance(found, str):
        return Remedies(found=(), tried=(f"with your own code inside: {found}",))
    return Remedies(found=(found,))


def _with_parts(experiment: Experiment, subject: Subject, remedies: Remedies) -> Remedies:
    """The remedies; the first with a file has the cell of each part of the file in the target."""
    if not subject.others or not remedies.files:
        return remedies
    first = remedies.files[0]
    assert first.file is not None
    cells = experiment.cells_of_parts(subject, first.file, first.reader or subject.reader)
    whole = replace(first, parts=tuple(cell for _, cell in cells))
    return replace(remedies, found=tuple(whole if one is first else one for one in remedies.found))
