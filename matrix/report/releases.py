"""Finds the releases at which pipelines break: in upgrades, rollbacks and variations."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from packaging.version import InvalidVersion, Version

from matrix.model import Direction, Environment, Group, Verdict
from matrix.report.verdict_grids import ABSENT, VERDICTS, VerdictGrids


@dataclass(frozen=True, kw_only=True, slots=True)
class Break:
    """Consecutive writers, the first reader that fails or changes, and the affected pipelines."""

    direction: Direction
    nearest: Environment
    """The writer closest to the reader."""
    farthest: Environment
    """The writer at the other end of the run; the same for a single writer."""
    open: bool
    """No more distant writer is known to do better: ``up to 1.2``, ``1.3 and later``."""
    reader: Environment
    verdict: Verdict
    pipelines: tuple[str, ...]
    """By name, with the formats in brackets if only some formats are affected."""


def release_line(environments: Sequence[Environment]) -> list[Environment]:
    """Return one ready environment for each release, oldest first, without variations.

    Environments without scikit-learn have no place in the line.
    """
    line: dict[Version, Environment] = {}
    for environment in environments:
        spec = environment.spec
        if environment.ready and spec.like is None and spec.scikit_learn:
            line.setdefault(release_of(environment), environment)
    return [line[version] for version in sorted(line)]


def variations(environments: Sequence[Environment]) -> list[tuple[Environment, Environment]]:
    """Return pairs of ready environments; the second varies one package of the first."""
    ready = {environment.id: environment for environment in environments if environment.ready}
    return [
        (ready[environment.spec.like], environment)
        for environment in ready.values()
        if environment.spec.like in ready
    ]


def find_breaks(grids: VerdictGrids) -> list[Break]:
    """Return all breaks: upgrades, rollbacks, then variations, each in the order of releases."""
    line = release_line(grids.environments)
    found: dict[_BreakKey, dict[str, list[str]]] = {}
    for (pipeline, fmt), grid in grids.severities.items():
        look = _Lookup(grids.environments, grid)
        for key in (
            *_along(line, look, Direction.UPGRADE),
            *_along(line[::-1], look, Direction.ROLLBACK),
            *_varied(grids, look),
        ):
            found.setdefault(key, {}).setdefault(pipeline, []).append(fmt)
    formats: dict[str, int] = {}
    for pipeline, _ in grids.severities:
        formats[pipeline] = formats.get(pipeline, 0) + 1
    order = {environment.id: i for i, environment in enumerate(line)}
    position = {environment.id: i for i, environment in enumerate(grids.environments)}
    by_id = {environment.id: environment for environment in grids.environments}
    directions = list(Direction)

    def place(key: _BreakKey) -> tuple[int, ...]:
        return (
            directions.index(key.direction),
            order.get(
                key.nearest if key.direction is Direction.VARIATION else key.reader, len(order)
            ),
            position[key.reader],
            -key.verdict.severity,
            position[key.nearest],
            position[key.farthest],
        )

    return [
        Break(
            direction=key.direction,
            nearest=by_id[key.nearest],
            farthest=by_id[key.farthest],
            open=key.open,
            reader=by_id[key.reader],
            verdict=key.verdict,
            pipelines=tuple(
                name if len(which) == formats[name] else f"{name} [{', '.join(which)}]"
                for name, which in sorted(found[key].items())
            ),
        )
        for key in sorted(found, key=place)
    ]


@dataclass(frozen=True, slots=True)
class _BreakKey:
    """A Break without its pipelines; environments by id."""

    direction: Direction
    nearest: str
    farthest: str
    open: bool
    reader: str
    verdict: Verdict


class _Lookup:
    """Looks up the verdict of one grid by environments; None if it is missing or unknown."""

    def __init__(self, environments: Sequence[Environment], grid: bytearray) -> None:
        self._position = {environment.id: i for i, environment in enumerate(environments)}
        self._grid = grid

    def __call__(self, writer: Environment, reader: Environment) -> Verdict | None:
        side = len(self._position)
        severity = self._grid[self._position[writer.id] * side + self._position[reader.id]]
        if severity == ABSENT:
            return None
        verdict = VERDICTS[severity]
        return None if verdict.group is Group.UNKNOWN else verdict


def _along(line: Sequence[Environment], look: _Lookup, direction: Direction) -> Iterator[_BreakKey]:
    """Yield runs of consecutive writers with the same first bad reader further along the line.

    A reader that only cannot print the model hides no later one that predicts differently: both
    are yielded.
    """
    yield from _first(line, look, direction, _ends_prediction)
    yield from _first(line, look, direction, _limits)


_Known = list[tuple[Environment, Verdict]]
_Met = tuple[Environment, Verdict]


def _ends_prediction(known: _Known) -> _Met | None:
    """Return the first reader that predicts differently or fails."""
    return next((one for one in known if not one[1].predicts_same), None)


def _limits(known: _Known) -> _Met | None:
    """Return the first reader that is not safe, if it predicts the same."""
    first = next((one for one in known if not one[1].safe), None)
    return first if first is not None and first[1].predicts_same else None


def _first(
    line: Sequence[Environment],
    look: _Lookup,
    direction: Direction,
    meets: Callable[[_Known], _Met | None],
) -> Iterator[_BreakKey]:
    """Yield runs of consecutive writers that meet the same reader.

    Writers without a known cell neither end a run nor extend it.
    """
    run: list[int] = []
    met: _Met | None = None
    for i, writer in enumerate(line):
        known = [
            (reader, verdict)
            for reader in line[i + 1 :]
            if (verdict := look(writer, reader)) is not None
        ]
        if not known:
            continue
        first = meets(known)
        if met is not None and first != met:
            yield _key(direction, line, run, met, look)
        if first != met:
            run = []
        run.append(i)
        met = first
    if met is not None:
        yield _key(direction, line, run, met, look)


def _key(
    direction: Direction,
    line: Sequence[Environment],
    run: Sequence[int],
    met: _Met,
    look: _Lookup,
) -> _BreakKey:
    """Return the key of a run; it is open if no more distant writer does better."""
    reader, verdict = met
    opened = all(look(writer, reader) in (None, verdict) for writer in line[: run[0]])
    farthest = line[0] if opened else line[run[0]]
    return _BreakKey(direction, line[run[-1]].id, farthest.id, opened, reader.id, verdict)


def _varied(grids: VerdictGrids, look: _Lookup) -> Iterator[_BreakKey]:
    for base, variant in variations(grids.environments):
        for writer, reader in ((base, variant), (variant, base)):
            verdict = look(writer, reader)
            if verdict is not None and not verdict.safe:
                yield _BreakKey(
                    Direction.VARIATION, writer.id, writer.id, False, reader.id, verdict
                )


def release_of(environment: Environment) -> Version:
    """Return the installed version of scikit-learn, or else the requested one."""
    found = environment.info.packages.get("scikit-learn", "") if environment.info else ""
    for text in (found, environment.spec.scikit_learn):
        try:
            return Version(text)
        except InvalidVersion:
            continue
    return Version("9999")  # ``latest``, not installed
