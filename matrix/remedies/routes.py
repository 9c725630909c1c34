"""Resave a file in bridges: load it in A, save it in B, load it in C, with several bridges."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from packaging.version import Version

from matrix.model import Cell, Environment, EnvSpec
from matrix.remedies.environment_factory import Hold, differing, like, version_of
from matrix.remedies.experiment import Experiment
from matrix.remedies.fixes import loads, with_fixes
from matrix.remedies.remedy import NOT_IN_TIME, Budget, CandidateFile, FirstBad, Subject

_STAGE = "bridges"
_AT_ONCE = 3
"""How many bridges are made and tested at once."""
_NUMPY_2, _KNOWS_NUMPY_2 = Version("2"), Version("1.4.2")
"""Wheels of older releases of scikit-learn were built for numpy 1, and do not import with 2."""
_KEPT = 3
"""How many files of a round continue to the next."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Search:
    """The result of a search for a route."""

    file: CandidateFile | None = None
    """The file at the end of the first route; None if there is no route."""
    cell: Cell | None = None
    """Its cell in the reader's environment."""
    tried: tuple[str, ...] = ()
    """The routes without success, in words."""


def find_route(
    experiment: Experiment, subject: Subject, candidates: Sequence[EnvSpec], budget: Budget
) -> Search:
    """Find a route: bridges that save the file again so that it is safe in the reader.

    In each bridge the file must give the reference outputs before it is saved, as it is or after
    attributes that it lacks there were set; and so in the reader.
    Routes with one bridge come first, then those with two, and so on.

    Args:
        experiment: loads and saves files.
        subject: the file.
        candidates: environments that may serve as bridges, the most promising first.
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
    return Search(tried=(*explorer.tried, *explorer.not_tried))


class _Explorer:
    """Saves files again in bridges; each bridge serves the first file that reaches it.

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
        self._entered: set[str] = set()
        self._budget = budget

    @property
    def not_tried(self) -> Iterator[str]:
        """The bridges that no file was loaded in, in words."""
        left = [spec.label for spec in self._waiting if spec.id not in self._entered]
        if left:
            yield f"by {', '.join(left)}: {NOT_IN_TIME}"

    def further(self, file: CandidateFile) -> Iterator[CandidateFile]:
        """Save a file in one more bridge each, until one is safe in the reader."""
        if self.found is not None:
            return
        for environment, cell in self._loaded(file):
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
        """The file saved in a bridge where it is safe, or after setting what it lacks there."""
        if cell.verdict.safe:
            return self._experiment.step(self._subject, file, environment, cell)
        result = f"there it is {_described(cell)}"
        if not loads(cell):
            return result
        found = with_fixes(self._experiment, self._subject, file, environment, cell)
        if isinstance(found, str):
            return "; ".join(filter(None, [result, found]))
        return found[0]

    def _end(self, file: CandidateFile) -> tuple[CandidateFile, Cell] | str:
        """The file that is safe in the reader, as it is or after setting what it lacks there."""
        reader = self._subject.reader
        cell = self._experiment.cell(self._subject, file, reader)
        if cell.verdict.safe:
            return file, cell
        found = (
            with_fixes(self._experiment, self._subject, file, reader, cell) if loads(cell) else ""
        )
        return (
            "; ".join(filter(None, [_described(cell), found])) if isinstance(found, str) else found
        )

    def _note(self, file: CandidateFile, environment: Environment, result: str) -> None:
        """Record where a route ends; an unavailable bridge is recorded once."""
        if not environment.ready:
            self._waiting.remove(environment.spec)
            result = f"not available: {environment.reason}"
        self.tried.append(f"by {_route(file, environment)}: {result}")

    def _loaded(self, file: CandidateFile) -> Iterator[tuple[Environment, Cell]]:
        """The cells of a file in the unused bridges, a few at a time."""
        waiting = list(self._waiting)
        while waiting and not self._budget.over:
            now, waiting = waiting[:_AT_ONCE], waiting[_AT_ONCE:]
            environments = self._experiment.factory.prepare(now)
            cells = self._experiment.cells(self._subject, file, environments)
            for environment in environments:
                self._entered.add(environment.id)
                if not file.steps:
                    self._experiment.context.progress.advance(stage=_STAGE)
                yield environment, cells[environment.id]


def bridges_of(
    experiment: Experiment, subject: Subject, cell: Cell, first_bad: FirstBad | None
) -> list[EnvSpec]:
    """Environments that may serve as bridges, the most promising first.

    First the last release that still reads the file, and those near it; then every line of
    scikit-learn between the two ends, the nearest to the reader first; then, for a file that the
    reader does not load, the writer with the reader's numpy, whose module names the reader knows.

    Args:
        experiment: makes environments.
        subject: the file.
        cell: of the file in the reader's environment.
        first_bad: the first bad release; None if unknown.
    """
    found: dict[EnvSpec, None] = {}
    if first_bad is not None:
        safe = [one for one in first_bad.run if first_bad.run[one].verdict.safe]
        nearest = safe if first_bad.back else safe[::-1]
        found.update(dict.fromkeys(first_bad.environments[one].spec for one in nearest))
    found.update(dict.fromkeys(map(experiment.factory.as_released, _lines(experiment, subject))))
    writer, reader = subject.writer, subject.reader
    if cell.stage == "load" and _takes_numpy_of(writer, reader):
        numpy = version_of(reader, "numpy")
        found[like(writer, "numpy", numpy, reader, hold=Hold.LINES)] = None
    return list(found)


def _takes_numpy_of(writer: Environment, reader: Environment) -> bool:
    """Whether the writer's scikit-learn can run with the reader's numpy: known without building."""
    if "numpy" not in differing(writer, reader):
        return False
    new = Version(version_of(reader, "numpy")) >= _NUMPY_2
    return not new or Version(version_of(writer, "scikit-learn")) >= _KNOWS_NUMPY_2


def _lines(experiment: Experiment, subject: Subject) -> Iterator[str]:
    """The last release of each line of scikit-learn in between, the nearest to the reader first."""
    start, end = (version_of(one, "scikit-learn") for one in (subject.writer, subject.reader))
    between = experiment.factory.between("scikit-learn", start, end) or ()
    last: dict[tuple[int, ...], str] = {}
    for release in between:
        last[Version(release).release[:2]] = release
    ends = {Version(one).release[:2] for one in (start, end)}
    lines = [last[line] for line in sorted(last) if line not in ends]
    yield from lines if Version(end) < Version(start) else reversed(lines)


def _route(file: CandidateFile, environment: Environment) -> str:
    """The bridges of a file and one more, in words."""
    return " → ".join(
        [*(step.environment.spec.label for step in file.steps), environment.spec.label]
    )


def _described(cell: Cell) -> str:
    """A verdict with its stage and reason, short."""
    what = cell.verdict.value
    if cell.exception is not None:
        return f"{what} ({cell.stage}: {cell.exception.type})"
    if cell.reason:
        return f"{what} ({cell.reason[:200]})"
    return f"{what} ({cell.stage})" if cell.stage else what
