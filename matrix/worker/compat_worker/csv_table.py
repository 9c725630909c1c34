"""Read a CSV file into a table as a recipe says, with the pandas of this environment."""

import io
import json
from typing import Any, List, NamedTuple

from compat_worker.column_types import ColumnType, converted


class RecipeColumn(NamedTuple):
    """One column of a table."""

    source: Any
    """Its name in the file, or its position if names repeat."""
    name: Any
    """Its name in the table."""
    type: ColumnType


Recipe = List[RecipeColumn]
"""The columns of a table in their order."""


def read(data: bytes, recipe: Recipe) -> Any:
    """The table that this pandas makes of a CSV file.

    Raises:
        ColumnError: the values of a column do not fit its type.
        Exception: pandas cannot read the file.
    """
    import pandas

    texts = {column.source: str for column in recipe if column.type.is_read_as_text}
    return of_frame(pandas.read_csv(io.BytesIO(data), dtype=texts), recipe)


class ColumnError(ValueError):
    """The values of a column do not fit its type."""

    def __init__(self, column: Any, kind: str, error: BaseException) -> None:
        lines = str(error).strip().splitlines() or [type(error).__name__]
        super().__init__(
            "the column {!r} does not fit the type {}: {}".format(str(column), kind, lines[0][:200])
        )


def of_frame(frame: Any, recipe: Recipe) -> Any:
    """The columns of a recipe from a table that was read.

    Raises:
        ColumnError: the values of a column do not fit its type.
    """
    import pandas

    columns = []
    for column in recipe:
        try:
            columns.append(converted(frame[column.source], column.type))
        except (ValueError, TypeError, OverflowError) as error:
            raise ColumnError(column.source, column.type.dtype or column.type.kind, error)
    made = pandas.concat(columns, axis=1) if columns else pandas.DataFrame(index=frame.index)
    made.columns = [column.name for column in recipe]
    return made


def as_json(recipe: Recipe) -> str:
    """A recipe as text."""
    return json.dumps([[one.source, one.name, list(one.type)] for one in recipe])


def from_json(text: str) -> Recipe:
    """The recipe of a text of :func:`as_json`."""
    return [
        RecipeColumn(source, name, ColumnType(*found)) for source, name, found in json.loads(text)
    ]
