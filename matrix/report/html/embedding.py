"""Cells as compressed JSON in a page: columns to filter by, and details that are read on demand.

A page has blocks of up to 2,500 cells (``packing.py`` says how a block is compressed):

- ``cells``: six lists of numbers: indexes of pipeline, format, writer, reader, verdict and cause
  in the lists of the ``index`` block at the end;
- ``details``: a list for each name in ``PARTS``: the numbers of the part of each cell, 0 for none,
  each as the difference from the number before;
- ``parts``: the parts that occur for the first time. Parts that cells share (an exception, a
  list of warnings) are written once;
- ``lines``: the lines of tracebacks and warnings that occur for the first time; a part has their
  numbers;
- ``artifacts``: digests of files, numbered by themselves.

A browser keeps all but ``cells`` as text, and reads a block when the user opens a cell.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice, pairwise
from typing import Any

from matrix.causes import PREFIX, KnownCause
from matrix.model import Cell, Matrix, Verdict
from matrix.model.codec import Json, encode, to_json
from matrix.normalize_messages import folded
from matrix.report.cause_text import known_cause
from matrix.report.html.cause_cards import CauseTally, tally
from matrix.report.html.packing import Packed, packed
from matrix.report.known_mistakes import pipelines_with_mistakes
from matrix.report.score_words import has_scores
from matrix.report.verdict_grids import VerdictGrids
from matrix.safe_text import plain

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

_BLOCK = 2500
_MOST_CAUSES = 1000
_MOST_REMEMBERED = 50_000
"""Most parts that are remembered as written; then all are forgotten, and may be repeated."""
_MOST_PAIRS = 60_000
"""Most pairs of numbers in a page: about 0.6 MB of it."""
_OTHER_CAUSES = "other causes, all different"


@dataclass(frozen=True, slots=True)
class DataBlock:
    """One block of data and its kind."""

    kind: str
    first: int
    """Number of its first cell, part, line or artifact."""
    packed: Packed


# --------------------------------------------------------------------------- counts


@dataclass(slots=True)
class Facts:
    """Counts over all cells, for what is visible without the scripts."""

    grids: VerdictGrids
    counts: Counter[Verdict] = field(default_factory=Counter)
    rows: tuple[int, int] | None = None
    """Smallest and largest number of rows that differing outputs were compared on; or None."""
    mistakes: Counter[Verdict] = field(default_factory=Counter)
    """Of the pipelines that show a known mistake."""
    tallies: dict[str, CauseTally] = field(default_factory=dict)
    """By cause, without those of known mistakes."""
    causes: dict[str, KnownCause] = field(default_factory=dict)
    """Known causes of the cells, by id."""
    scored: dict[str, list[Cell]] = field(default_factory=dict)
    """Of an upgrade check: by model, the cells with scores against the truth."""


def facts(matrix: Matrix) -> Facts:
    """Count the cells; they are read once."""
    found = Facts(grids=VerdictGrids(matrix.environments))
    mistaken = pipelines_with_mistakes(matrix)
    for cell in matrix.cells:
        found.grids.add(cell)
        if matrix.answers and has_scores(cell):
            found.scored.setdefault(cell.pipeline, []).append(cell)
        found.counts[cell.verdict] += 1
        if cell.pipeline in mistaken:
            found.mistakes[cell.verdict] += 1
        else:
            tally(found.tallies, cause_of(cell), cell)
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
        yield DataBlock("cells", first, packed(encode(columns)))
        details = [_steps(column) for column in zip(*(one for _, one in some), strict=True)]
        yield DataBlock("details", first, packed(encode(details)))
        for kind, numbered in parts.kinds.items():
            start, new = numbered.taken()
            if new:
                text = f"[{','.join(new)}]"
                yield DataBlock(kind, start, packed(text, digests=kind == "artifacts"))
        first += len(some)
    index = {name: list(numbers.known) for name, numbers in names.items()}
    yield DataBlock("index", first, packed(encode({**index, "parts": PARTS})))


def _steps(column: Iterable[int]) -> list[int]:
    """Return the first number and the differences: mostly 0 and 1, which compress well."""
    numbers = list(column)
    return [now - before for before, now in pairwise([0, *numbers])]


_Place = tuple[int, int, int, int, int, int]
Detail = list[int]


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


class _Texts:
    """Numbers texts from 1; each is written once, and only its digest is kept."""

    def __init__(self) -> None:
        self._known: dict[bytes, int] = {}
        self._last = 0
        self._new: list[str] = []

    def taken(self) -> tuple[int, list[str]]:
        """Return the texts that are new since the last call, and the number of the first."""
        new, self._new = self._new, []
        if len(self._known) > _MOST_REMEMBERED:
            self._known.clear()
        return self._last - len(new) + 1, new

    def number(self, value: object) -> int:
        """Return the number of a value as JSON."""
        text = encode(value)
        digest = hashlib.blake2b(text.encode("ascii"), digest_size=16).digest()
        number = self._known.get(digest)
        if number is None:
            self._last += 1
            number = self._known[digest] = self._last
            self._new.append(text)
        return number


class _DrawnPairs:
    """Keeps the pairs of numbers that pictures are drawn of, up to a limit for the whole page."""

    def __init__(self) -> None:
        self._known: set[int] = set()
        self._left = _MOST_PAIRS

    def bounded(self, output: Json) -> Json:
        """Return an output; without pairs if the page has too many, with its histogram always."""
        numbers = output["numbers"]
        if numbers is None or not numbers["pairs"]:
            return output
        pairs = hash(encode(numbers["pairs"]))  # those that cells share are written once
        if pairs not in self._known:
            if self._left < len(numbers["pairs"]):
                return {**output, "numbers": {**numbers, "pairs": []}}
            self._left -= len(numbers["pairs"])
            self._known.add(pairs)
        return output


class _Parts:
    """Numbers the parts of cells, the lines of their texts, and the digests of files."""

    def __init__(self) -> None:
        self.kinds = {name: _Texts() for name in ("parts", "lines", "artifacts")}
        self._drawn = _DrawnPairs()

    def numbers(self, cell: Json) -> Detail:
        """Return the numbers of the parts of a cell, in the order of ``PARTS``."""
        return [self._number(name, cell[name]) if cell[name] else 0 for name in PARTS]

    def _number(self, name: str, value: Any) -> int:
        if name == "artifact":
            return self.kinds["artifacts"].number(value)
        if name == "exception":
            value = self._with_lines(value, "traceback")
        elif name == "warning_details":
            value = [self._with_lines(one, "message") for one in value]
        elif name == "outputs":
            value = {method: self._drawn.bounded(one) for method, one in value.items()}
        return self.kinds["parts"].number(value)

    def _with_lines(self, value: Json, name: str) -> Json:
        """Return the value with the numbers of the lines of one text instead of the text."""
        line = self.kinds["lines"].number
        return {**value, name: [line(text) for text in value[name].split("\n")]}
