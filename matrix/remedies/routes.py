"""Saving again on the way: load in A, save in B, load in C, with as many bridges as it takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from packaging.version import Version

from matrix.model import Cell, Environment, EnvSpec
from matrix.remedies.environment_factory import Hold, differing, like, version_of
from matrix.remedies.experiment import Experiment
from matrix.remedies.fixes import loads, with_fixes
from matrix.remedies.remedy import Budget, CandidateFile, FirstBad, Subject

_STAGE = "bridges"
_AT_ONCE = 3
"""So many bridges are made and asked at once."""
_KEPT = 3
"""So many files of a round are taken further in the next."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Search:
    """What came of looking for a route."""

    file: CandidateFile | None = None
    """The file at the end of the first route that was found; None if there is none."""
    cell: Cell | None = None
    """What it gives where it is to go."""
    tried: tuple[str, ...] = ()
    """The routes that lead nowhere, in words."""


def find_route(
    experiment: Experiment, subject: Subject, candidates: Sequence[EnvSpec], budget: Budget
) -> Search:
    """Find a way by which a file, saved again, is safe where it is to go.

    A bridge must give what the original gave, as it is or with something set that it lacks there,
    before it is left again; so must the end.
    With one bridge first, then with two, and so on.

    Args:
        experiment: asks.
        subject: the file.
        candidates: environments to go by, the most promising first.
        budget: how much may be tried.
    """
    bridges = list(dict.fromkeys(candidates))[: budget.environments]
    experiment.context.progress.stage(_STAGE, len(bridges))
    explorer = _Explorer(experiment, subject, bridges, budget)
    files = [subject.file]
    for _ in range(budget.hops):
        files = [reached for file in files for reached in explorer.further(file)][:_KEPT]
        if explorer.found is not None:
            file, end = explorer.found
            return Search(file=file, cell=end, tried=tuple(explorer.tried))
        if not files or budget.over:
            break
    return Search(tried=tuple(explorer.tried))


class _Explorer:
    """Saves files again in bridges, each bridge once: who gets there first is taken further.

    Args:
        experiment, subject, budget: as in :func:`find_route`.
        bridges: the most promising first.
    """

    def __init__(
        self, experiment: Experiment, subject: Subject, bridges: Sequence[EnvSpec], budget: Budget
    ) -> None:
        self.found: tuple[CandidateFile, Cell] | None = None
        self.tried: list[str] = []
        self._experiment = experiment
        self._subject = subject
        self._waiting = list(bridges)
        self._budget = budget

    def further(self, file: CandidateFile) -> Iterator[CandidateFile]:
        """The files that come of one by one more bridge, up to one that is safe at the end."""
        if self.found is not None:
            return
        for environment, cell in self._asked(file):
            saved = self._saved(file, environment, cell)
            if isinstance(saved, str):
                self._note(file, environment, saved)
                continue
            self._waiting.remove(environment.spec)
            end = self._end(saved)
            if not isinstance(end, str):
                self.found = end
                return
            self._note(file, environment, f"saved again there, it is {end}")
            yield saved

    def _saved(
        self, file: CandidateFile, environment: Environment, cell: Cell
    ) -> CandidateFile | str:
        """What is saved in a bridge where it is safe, or becomes so by setting what it lacks."""
        if cell.verdict.safe:
            return self._experiment.step(self._subject, file, environment, cell)
        said = f"there it is {_told(cell)} itself"
        if not loads(cell):
            return said
        found = with_fixes(self._experiment, self._subject, file, environment, cell)
        if isinstance(found, str):
            return "; ".join(filter(None, [said, found]))
        return found[0]

    def _end(self, file: CandidateFile) -> tuple[CandidateFile, Cell] | str:
        """The file that is safe where it is to go, as it is or by setting what it lacks there."""
        reader = self._subject.reader
        cell = self._experiment.cell(self._subject, file, reader)
        if cell.verdict.safe:
            return file, cell
        found = (
            with_fixes(self._experiment, self._subject, file, reader, cell) if loads(cell) else ""
        )
        return "; ".join(filter(None, [_told(cell), found])) if isinstance(found, str) else found

    def _note(self, file: CandidateFile, environment: Environment, said: str) -> None:
        """Take down where a way ends; what cannot be had is taken down once."""
        if not environment.ready:
            self._waiting.remove(environment.spec)
            said = f"it cannot be had: {environment.reason}"
        self.tried.append(f"by {_route(file, environment)}: {said}")

    def _asked(self, file: CandidateFile) -> Iterator[tuple[Environment, Cell]]:
        """What a file gives in the bridges that nothing was saved in yet, a few at a time."""
        waiting = list(self._waiting)
        while waiting and not self._budget.over:
            now, waiting = waiting[:_AT_ONCE], waiting[_AT_ONCE:]
            environments = self._experiment.factory.prepare(now)
            cells = self._experiment.cells(self._subject, file, environments)
            for environment in environments:
                if not file.steps:
                    self._experiment.context.progress.advance(stage=_STAGE)
                yield environment, cells[environment.id]


def bridges_of(
    experiment: Experiment, subject: Subject, first_bad: FirstBad | None
) -> list[EnvSpec]:
    """Where a file may be saved again, the most promising first.

    That is the last release that still reads it, and those near it; then every line of
    scikit-learn on the way, the nearest to the target first; then where it comes from, with the
    reader's numpy, by whose names arrays are found again.
    """
    found: dict[EnvSpec, None] = {}
    if first_bad is not None:
        safe = [one for one in first_bad.run if first_bad.run[one].verdict.safe]
        nearest = safe if first_bad.back else safe[::-1]
        found.update(dict.fromkeys(first_bad.environments[one].spec for one in nearest))
    found.update(dict.fromkeys(map(experiment.factory.as_released, _lines(experiment, subject))))
    writer, reader = subject.writer, subject.reader
    if "numpy" in differing(writer, reader):
        numpy = version_of(reader, "numpy")
        found[like(writer, "numpy", numpy, reader, hold=Hold.LINES)] = None
    return list(found)


def _lines(experiment: Experiment, subject: Subject) -> Iterator[str]:
    """The last release of each line of scikit-learn on the way, the nearest to the end first."""
    start, end = (version_of(one, "scikit-learn") for one in (subject.writer, subject.reader))
    between = experiment.factory.between("scikit-learn", start, end) or ()
    last: dict[tuple[int, ...], str] = {}
    for release in between:
        last[Version(release).release[:2]] = release
    ends = {Version(one).release[:2] for one in (start, end)}
    lines = [last[line] for line in sorted(last) if line not in ends]
    yield from lines if Version(end) < Version(start) else reversed(lines)


def _route(file: CandidateFile, environment: Environment) -> str:
    """A file's way so far and one more bridge, in words."""
    return " → ".join(
        [*(step.environment.spec.label for step in file.steps), environment.spec.label]
    )


def _told(cell: Cell) -> str:
    """A verdict with where and why, short."""
    what = cell.verdict.value
    if cell.exception is not None:
        return f"{what} ({cell.stage}: {cell.exception.type})"
    if cell.reason:
        return f"{what} ({cell.reason[:200]})"
    return f"{what} ({cell.stage})" if cell.stage else what
