"""Rows of one kind, for tables and for documents alike."""

from typing import Any, List, NamedTuple

Values = List[Any]
"""Rows as a list of columns, each an array of numbers or objects."""


class RowBlock(NamedTuple):
    """Rows of one kind."""

    kind: str
    values: Values

    def __len__(self) -> int:  # rows, not fields
        return len(self.values[0])
