"""The index of a run's cells in the order of the report, and of those not judged yet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from matrix.engine.roles import has_cell
from matrix.model import Cell, CellKey, Environment, Pipeline


class CellIndex:
    """A byte for each cell of a run, so that memory hardly grows with them.

    Args:
        environments: which write, in order.
        pipelines: which they save.
        readers: those of the environments that load; None is all.
    """

    def __init__(
        self,
        environments: Sequence[Environment],
        pipelines: Sequence[Pipeline],
        readers: Sequence[Environment] | None = None,
    ) -> None:
        self._ids = [environment.id for environment in environments]
        self._columns = [(one.id, name) for one in pipelines for name in one.formats]
        self._row = {id_: number for number, id_ in enumerate(self._ids)}
        self._column = {column: number for number, column in enumerate(self._columns)}
        self._closed = bytearray(len(self._ids) ** 2 * len(self._columns))

        self._leave_out_impossible(environments)
        if readers is not None:
            self._leave_out({*self._ids} - {environment.id for environment in readers})

    def _leave_out_impossible(self, environments: Sequence[Environment]) -> None:
        """Exclude pairs that have no cell: a runtime saves nothing and loads few formats."""
        width = len(self._columns)
        formats = {name for _, name in self._columns}
        for writer in environments:
            for reader in environments:
                closed = {name for name in formats if not has_cell(writer, reader, name)}
                start = (self._row[writer.id] * len(self._ids) + self._row[reader.id]) * width
                for number, (_, name) in enumerate(self._columns if closed else ()):
                    self._closed[start + number] = name in closed

    def _leave_out(self, readers: Iterable[str]) -> None:
        """Exclude these from the index."""
        width = len(self._columns)
        for reader in readers:
            for writer in range(len(self._ids)):
                start = (writer * len(self._ids) + self._row[reader]) * width
                self._closed[start : start + width] = b"\1" * width

    def close(self, cell: Cell) -> int:
        """Mark a cell as judged; return its position in the report."""
        pair = self._row[cell.writer] * len(self._ids) + self._row[cell.reader]
        position = pair * len(self._columns) + self._column[cell.pipeline, cell.format]
        self._closed[position] = True
        return position

    def open(self) -> Iterator[CellKey]:
        """The cells that are not judged yet; they may be closed while they are read."""
        position = self._closed.find(False)
        while position >= 0:
            pair, column = divmod(position, len(self._columns))
            writer, reader = divmod(pair, len(self._ids))
            yield (*self._columns[column], self._ids[writer], self._ids[reader])
            position = self._closed.find(False, position + 1)
