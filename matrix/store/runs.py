"""The stored runs: the head of each, and its cells in the order of the report.

Cells arrive in any order during a run. They wait in a temporary table: the cells of a killed run
are not needed, because its worker answers are stored and judged again. At the end, cells are packed
in order, some hundred in a batch: neighbors share exceptions and warnings, which a batch stores
once, and one blob is read much faster than hundreds.
"""

from __future__ import annotations

import enum
import hashlib
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from matrix.model.codec import decode
from matrix.store.disk_errors import as_store_error

SCHEMA = """
CREATE TABLE IF NOT EXISTS runs (
    id INTEGER PRIMARY KEY, head TEXT NOT NULL, complete INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS batches (
    run INTEGER NOT NULL, number INTEGER NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (run, number)
) WITHOUT ROWID;
CREATE TEMP TABLE IF NOT EXISTS waiting (
    run INTEGER NOT NULL, position INTEGER NOT NULL, parts TEXT NOT NULL,
    PRIMARY KEY (run, position)
) WITHOUT ROWID;
"""

Batch = tuple[list[Any], list[list[Any]]]
"""The shared parts, then for each cell its own part and the positions of its shared parts."""

_BATCH = 500
_RUNS_KEPT = 5
_BETWEEN = "\n"
"""A character that JSON without indentation never contains."""


class RunKind(enum.IntEnum):
    """What was run; the column ``complete`` has it, and 0 while a run is not complete."""

    MATRIX = 1
    CHECK = 2
    """A check of saved models."""


class Runs:
    """The runs in a database.

    Args:
        database: has the tables of ``SCHEMA``; the caller commits.
        folder: of the database, for messages.

    Raises:
        StoreError: from every method, if the disk fails.
    """

    def __init__(self, database: sqlite3.Connection, folder: Path) -> None:
        self._database = database
        self._folder = folder

    def begin(self, *, continues: bool = False) -> int:
        """Open a new run; incomplete runs and the oldest complete ones of each kind are removed.

        Args:
            continues: whether it belongs to the command of the run before it. Then no complete one
                is removed: a command shows all of its results.
        """
        with as_store_error(self._folder):
            cursor = self._database.execute("INSERT INTO runs (head) VALUES ('')")
            run = int(cursor.lastrowid or 0)
            self._database.execute("DELETE FROM runs WHERE id < ? AND complete = 0", (run,))
            for kind in () if continues else RunKind:
                self._database.execute(
                    "DELETE FROM runs WHERE complete = ? AND id NOT IN "
                    "(SELECT id FROM runs WHERE complete = ? ORDER BY id DESC LIMIT ?)",
                    (kind, kind, _RUNS_KEPT - 1),
                )
            self._database.execute("DELETE FROM batches WHERE run NOT IN (SELECT id FROM runs)")
            return run

    def keep(self, run: int, cells: Iterable[tuple[int, Sequence[str]]]) -> None:
        """Hold judged cells until the run is packed.

        Args:
            run: its id.
            cells: the position of each in the report, and its JSON texts on one line: its own part,
                then the parts that other cells may share.
        """
        with as_store_error(self._folder):
            self._database.executemany(
                "INSERT OR REPLACE INTO waiting VALUES (?, ?, ?)",
                ((run, position, _BETWEEN.join(parts)) for position, parts in cells),
            )

    def pack(self, run: int) -> str:
        """Pack all cells of a run in order; return their digest."""
        with as_store_error(self._folder):
            waiting = self._database.execute(
                "SELECT parts FROM waiting WHERE run = ? ORDER BY position", (run,)
            )
            number = 0
            while texts := [text for (text,) in islice(waiting, _BATCH)]:
                body = zlib.compress(_packed(texts).encode(), 1)
                self._database.execute("INSERT INTO batches VALUES (?, ?, ?)", (run, number, body))
                number += 1
            self._database.execute("DELETE FROM waiting WHERE run = ?", (run,))
        return self.digest(run)

    def digest(self, run: int) -> str:
        """Digest of all cells of a run, to detect damage."""
        digest = hashlib.sha256()
        for body in self._bodies(run):
            digest.update(b"%d:" % len(body))
            digest.update(body)
        return digest.hexdigest()

    def end(self, run: int, head: str, kind: RunKind = RunKind.MATRIX) -> None:
        """Mark a run as complete: :meth:`last` returns it from now on.

        Args:
            run: its id.
            head: everything but its cells, as JSON.
            kind: what was run.
        """
        with as_store_error(self._folder):
            self._database.execute(
                "UPDATE runs SET head = ?, complete = ? WHERE id = ?", (_signed(head), kind, run)
            )
            self._database.commit()

    def last(self, kind: RunKind | None = None) -> tuple[int, str] | None:
        """The id and head of the last complete and undamaged run, of a kind or of any."""
        return next(self.complete(kind), None)

    def complete(self, kind: RunKind | None = None) -> Iterator[tuple[int, str]]:
        """The id and head of all complete and undamaged runs, the last first."""
        wanted = [kind] if kind is not None else list(RunKind)
        with as_store_error(self._folder):
            for run, complete, text in self._database.execute(
                "SELECT id, complete, head FROM runs WHERE complete ORDER BY id DESC"
            ):
                head = str(text).partition(_BETWEEN)[2]
                if complete in wanted and text == _signed(head):
                    yield int(run), head

    def batches(self, run: int) -> Iterator[Batch]:
        """The cells of a run in order, batch by batch."""
        for body in self._bodies(run):
            shared, cells = decode(zlib.decompress(body))
            yield shared, cells

    def _bodies(self, run: int) -> Iterator[bytes]:
        with as_store_error(self._folder):
            for (body,) in self._database.execute(
                "SELECT body FROM batches WHERE run = ? ORDER BY number", (run,)
            ):
                yield body


def _signed(head: str) -> str:
    """A head with its digest, to detect damage."""
    return hashlib.sha256(head.encode()).hexdigest() + _BETWEEN + head


def _packed(cells: Iterable[str]) -> str:
    """A batch as JSON, joined from the texts of its cells."""
    places: dict[str, int] = {}
    lines = []
    for cell in cells:
        own, *shared = cell.split(_BETWEEN)
        numbers = [places.setdefault(part, len(places)) for part in shared]
        lines.append(f"[{','.join([own, *map(str, numbers)])}]")
    return f"[[{','.join(places)}],[{','.join(lines)}]]"
