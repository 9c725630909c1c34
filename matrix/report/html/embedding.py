"""Cells as JSON inside a page: columns to filter by, and details that are read when asked for.

A page holds one block after another, each with up to a thousand cells:

- ``cells``: six lists of numbers, which are places in the lists of the ``index`` at the end:
  pipeline, format, writer, reader, verdict, cause;
- ``details``: for each cell, the numbers of the parts that say the rest (``PARTS``); 0 is nothing,
  and where there is a list of things, each has a number of its own;
- ``parts``: those that come up here for the first time. What many cells share (a traceback, a
  warning) is said once.

A browser takes in ``parts`` and ``details`` as text, and reads the ones that somebody opens.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from matrix.causes import PREFIX, KnownCause
from matrix.model import Cell, Matrix, Verdict
from matrix.model.codec import Json, encode, to_json
from matrix.normalize_messages import folded
from matrix.report.cause_text import known_cause
from matrix.report.safe_text import plain

PARTS = (
    "stage",
    "reason",
    "exception",
    "warning_details",
    "outputs",
    "n_identical",
    "before",
    "after",
    "retrained",
    "silent",
    "cause",
    "artifact",
    "cached",
)
"""What is told of a cell beside its columns, by the names of the JSON result."""

_BLOCK = 1000
_MOST_CAUSES = 1000
_MOST_REMEMBERED = 50_000
"""Parts that are remembered as said; then they are forgotten, and may be said again."""
_FURTHER = "further causes, each of them different"


@dataclass(frozen=True, slots=True)
class Embedded:
    """Text that may stand between ``<script>`` tags: nothing in it ends one or begins a comment."""

    text: str

    def __html__(self) -> str:
        """What makes a template engine take it as it is."""
        return self.text


def embedded(json: str) -> Embedded:
    """JSON in ASCII, as :func:`encode` gives it, fit to stand in a page."""
    for letter in "<>&":
        json = json.replace(letter, f"\\u{ord(letter):04x}")
    return Embedded(json)


@dataclass(frozen=True, slots=True)
class DataBlock:
    """One block of data, and what it is."""

    kind: str
    first: int
    """The number of its first cell, or of its first part."""
    json: Embedded


# --------------------------------------------------------------------------- what is counted


@dataclass(slots=True)
class Facts:
    """What stands at the top of the page, and takes all cells to know."""

    counts: Counter[Verdict] = field(default_factory=Counter)
    rows: tuple[int, int] | None = None
    """The fewest and the most rows that a difference was counted on; None if none was."""
    causes: dict[str, KnownCause] = field(default_factory=dict)
    """By id, those that cells have and that are known."""


def facts(matrix: Matrix) -> Facts:
    """Read the cells once."""
    found = Facts()
    for cell in matrix.cells:
        found.counts[cell.verdict] += 1
        cause = known_cause(cell)
        if cause is not None:
            found.causes[cause.id] = cause
        for output in cell.outputs.values():
            if output.n:
                low, high = found.rows or (output.n, output.n)
                found.rows = (min(low, output.n), max(high, output.n))
    return found


# --------------------------------------------------------------------------- blocks


def blocks(matrix: Matrix) -> Iterator[DataBlock]:
    """The cells block by block, then the index; never more than one block is held."""
    names = {name: Numbers() for name in ("pipelines", "formats", "environments", "causes")}
    names["causes"].of("")
    for pipeline in matrix.pipelines:
        names["pipelines"].of(pipeline.id)
    for environment in matrix.environments:
        names["environments"].of(environment.id)
    parts = _Parts()
    cells, first = iter(matrix.cells), 0
    while some := list(islice(_described(cells, names, parts), _BLOCK)):
        columns = [list(column) for column in zip(*(place for place, _ in some), strict=True)]
        yield DataBlock("cells", first, embedded(encode(columns)))
        yield DataBlock("details", first, embedded(encode([detail for _, detail in some])))
        start, new = parts.taken()
        yield DataBlock("parts", start, embedded(f"[{','.join(new)}]"))
        first += len(some)
    index = {name: list(numbers.known) for name, numbers in names.items()}
    yield DataBlock("index", first, embedded(encode({**index, "parts": PARTS})))


_Place = tuple[int, int, int, int, int, int]
Detail = list[int | list[int]]


def _described(
    cells: Iterable[Cell], names: dict[str, Numbers], parts: _Parts
) -> Iterator[tuple[_Place, Detail]]:
    pipeline, fmt = names["pipelines"].of, names["formats"].of
    environment, cause = names["environments"].of, names["causes"].of
    for cell in cells:
        said = cause_of(cell)
        if len(names["causes"].known) >= _MOST_CAUSES and said not in names["causes"].known:
            said = _FURTHER
        place = (
            pipeline(cell.pipeline),
            fmt(cell.format),
            environment(cell.writer),
            environment(cell.reader),
            cell.verdict.severity,
            cause(said),
        )
        yield place, parts.numbers(to_json(cell))


def cause_of(cell: Cell) -> str:
    """Why a cell is not safe, in words that cells with the same cause share; empty if it is."""
    if cell.cause is not None and not cell.cause.startswith(PREFIX):
        return plain(cell.cause)
    if cell.exception is not None:
        return plain(f"{cell.exception.type}: {folded(cell.exception.message)}")
    if cell.reason:
        return plain(folded(cell.reason))
    if cell.verdict.safe:
        return ""
    return plain(f"{cell.verdict.value} in {cell.stage}" if cell.stage else cell.verdict.value)


class Numbers:
    """Names, numbered as they come."""

    def __init__(self) -> None:
        self.known: dict[str, int] = {}

    def of(self, name: str) -> int:
        """The number of a name, a new one if it was not met before."""
        return self.known.setdefault(name, len(self.known))


class _Parts:
    """Parts of cells, numbered from 1 and said once; of what was said only a digest is kept."""

    def __init__(self) -> None:
        self._said: dict[bytes, int] = {}
        self._last = 0
        self._new: list[str] = []

    def numbers(self, cell: Json) -> Detail:
        """The numbers of what a cell says, in the order of ``PARTS``."""
        return [self._said_of(cell[name]) if cell[name] else 0 for name in PARTS]

    def taken(self) -> tuple[int, list[str]]:
        """The number of the first part that is new since the last time, and all that are."""
        new, self._new = self._new, []
        if len(self._said) > _MOST_REMEMBERED:
            self._said.clear()
        return self._last - len(new) + 1, new

    def _said_of(self, value: object) -> int | list[int]:
        if isinstance(value, list):
            return [self._number(entry) for entry in value]
        return self._number(value)

    def _number(self, value: object) -> int:
        text = encode(value)
        digest = hashlib.blake2b(text.encode("ascii"), digest_size=16).digest()
        number = self._said.get(digest)
        if number is None:
            self._last += 1
            number = self._said[digest] = self._last
            self._new.append(text)
        return number
