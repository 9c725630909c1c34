"""Cells as JSON in a page: columns to filter by, and details that are parsed on demand.

A page has blocks of up to a thousand cells:

- ``cells``: six lists of numbers: indexes of pipeline, format, writer, reader, verdict and cause
  in the lists of the ``index`` block at the end;
- ``details``: for each cell, the numbers of its parts in the order of ``PARTS``; 0 is none, and a
  list has a number for each entry;
- ``parts``: the parts that occur for the first time. Parts that cells share (a traceback, a
  warning) are written once.

A browser keeps ``parts`` and ``details`` as text, and parses a block when the user opens a cell.
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
from matrix.report.score_words import has_scores
from matrix.report.verdict_grids import VerdictGrids
from matrix.safe_text import plain, without_commands

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
"""The fields of a cell besides its columns, by their names in the JSON result."""

_BLOCK = 1000
_MOST_CAUSES = 1000
_MOST_REMEMBERED = 50_000
"""Most parts that are remembered as written; then all are forgotten, and may be repeated."""
_OTHER_CAUSES = "other causes, all different"


@dataclass(frozen=True, slots=True)
class Embedded:
    """Text that is safe between ``<script>`` tags: it cannot end one or begin a comment."""

    text: str

    def __html__(self) -> str:
        """Tell the template engine not to escape the text."""
        return self.text


def embedded(json: str) -> Embedded:
    """Escape ASCII JSON, as :func:`encode` returns it, for a ``<script>`` element."""
    for char in "<>&":
        json = json.replace(char, f"\\u{ord(char):04x}")
    return Embedded(without_commands(json))


@dataclass(frozen=True, slots=True)
class DataBlock:
    """One block of data and its kind."""

    kind: str
    first: int
    """Number of its first cell or part."""
    json: Embedded


# --------------------------------------------------------------------------- counts


@dataclass(slots=True)
class Facts:
    """Counts over all cells, for what is visible without the scripts."""

    grids: VerdictGrids
    counts: Counter[Verdict] = field(default_factory=Counter)
    rows: tuple[int, int] | None = None
    """Smallest and largest number of rows that differing outputs were compared on; or None."""
    causes: dict[str, KnownCause] = field(default_factory=dict)
    """Known causes of the cells, by id."""
    scored: dict[str, list[Cell]] = field(default_factory=dict)
    """Of an upgrade check: by model, the cells with scores against the truth."""


def facts(matrix: Matrix) -> Facts:
    """Count the cells; they are read once."""
    found = Facts(grids=VerdictGrids(matrix.environments))
    for cell in matrix.cells:
        found.grids.add(cell)
        if matrix.answers and has_scores(cell):
            found.scored.setdefault(cell.pipeline, []).append(cell)
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
    """Yield the cells block by block, then the index, with one block in memory."""
    names = {name: NameNumbers() for name in ("pipelines", "formats", "environments", "causes")}
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
    cells: Iterable[Cell], names: dict[str, NameNumbers], parts: _Parts
) -> Iterator[tuple[_Place, Detail]]:
    pipeline, fmt = names["pipelines"].of, names["formats"].of
    environment, cause = names["environments"].of, names["causes"].of
    for cell in cells:
        text = cause_of(cell)
        if len(names["causes"].known) >= _MOST_CAUSES and text not in names["causes"].known:
            text = _OTHER_CAUSES
        place = (
            pipeline(cell.pipeline),
            fmt(cell.format),
            environment(cell.writer),
            environment(cell.reader),
            cell.verdict.severity,
            cause(text),
        )
        yield place, parts.numbers(to_json(cell))


def cause_of(cell: Cell) -> str:
    """Return a text that cells with the same cause share; empty for a safe cell."""
    if cell.cause is not None and not cell.cause.startswith(PREFIX):
        return plain(cell.cause)
    if cell.exception is not None:
        return plain(f"{cell.exception.type}: {folded(cell.exception.message)}")
    if cell.reason:
        return plain(folded(cell.reason))
    if cell.verdict.safe:
        return ""
    return plain(f"{cell.verdict.value} in {cell.stage}" if cell.stage else cell.verdict.value)


class NameNumbers:
    """Numbers names in the order of their first use."""

    def __init__(self) -> None:
        self.known: dict[str, int] = {}

    def of(self, name: str) -> int:
        """Return the number of a name, a new one at its first use."""
        return self.known.setdefault(name, len(self.known))


class _Parts:
    """Numbers parts of cells from 1; each is written once, and only its digest is kept."""

    def __init__(self) -> None:
        self._known: dict[bytes, int] = {}
        self._last = 0
        self._new: list[str] = []

    def numbers(self, cell: Json) -> Detail:
        """Return the numbers of the parts of a cell, in the order of ``PARTS``."""
        return [self._numbers_of(cell[name]) if cell[name] else 0 for name in PARTS]

    def taken(self) -> tuple[int, list[str]]:
        """Return the parts that are new since the last call, and the number of the first."""
        new, self._new = self._new, []
        if len(self._known) > _MOST_REMEMBERED:
            self._known.clear()
        return self._last - len(new) + 1, new

    def _numbers_of(self, value: object) -> int | list[int]:
        if isinstance(value, list):
            return [self._number(entry) for entry in value]
        return self._number(value)

    def _number(self, value: object) -> int:
        text = encode(value)
        digest = hashlib.blake2b(text.encode("ascii"), digest_size=16).digest()
        number = self._known.get(digest)
        if number is None:
            self._last += 1
            number = self._known[digest] = self._last
            self._new.append(text)
        return number
