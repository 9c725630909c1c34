"""What a table of rows was made of, for other environments to make their own table of it.

A source is a CSV file with its recipe, or plain values; both may come together, and the rows of the
file are then the first.
"""

from typing import Any, NamedTuple, Optional

import numpy as np

from compat_worker import content, csv_table

MAX_BYTES = 64 * 1024 * 1024
"""A larger file is not handed to other environments: they make their table of its values."""


class Source(NamedTuple):
    """What a table was made of; at least one of ``csv`` and ``values`` is there."""

    csv: Optional[bytes]
    recipe: csv_table.Recipe
    """How the file is read."""
    values: Any
    """A table with plain values in columns of objects, or None."""


def of_values(values: Any) -> Optional[Source]:
    """The source of a table that was made of plain values; None for None."""
    return None if values is None else Source(None, [], values)


def encode(source: Source) -> bytes:
    """The content of a source."""
    csv = None if source.csv is None else np.frombuffer(source.csv, dtype=np.uint8)
    recipe = csv_table.as_json(source.recipe)
    return content.encode({"csv": csv, "recipe": recipe, "values": source.values})


def joined(
    first: Optional[Source], rows: Any, second: Optional[Source], more: Any
) -> Optional[Source]:
    """The source of two tables, one after the other.

    Args:
        first: the source of the first table; None for its own values.
        rows: the first table.
        second: the source of the second table, which has no file; None for its own values.
        more: the second table.
    """
    if not hasattr(more, "iloc") or (first is None and second is None):
        return first
    values = more if second is None else second.values
    if first is not None and first.csv is not None:
        return first._replace(values=values)
    import pandas

    before = rows if first is None else first.values
    return Source(None, [], pandas.concat([before, values], ignore_index=True))


def build(data: bytes) -> Any:
    """The table that the pandas of this environment makes of a source.

    Raises:
        Exception: pandas cannot read the file as the recipe says.
    """
    import pandas

    source = content.decode(data)
    values = source["values"]
    if source["csv"] is None:
        return natural(values)
    head = csv_table.read(source["csv"].tobytes(), csv_table.from_json(source["recipe"]))
    if values is None:
        return head
    columns = []
    for at in range(head.shape[1]):
        first, more = head.iloc[:, at], values.iloc[:, at]
        columns.append(_joined(first, more))
    made = pandas.concat(columns, axis=1)
    made.columns = list(head.columns)
    return made


def _joined(first: Any, more: Any) -> Any:
    """One column after another, in the type of the first."""
    import pandas

    if str(first.dtype) == "category":
        values = pandas.Categorical(more.tolist(), dtype=first.dtype)
        return pandas.concat([first, pandas.Series(values)], ignore_index=True)
    if isinstance(first.dtype, np.dtype) and first.dtype.kind != "O":
        return pandas.concat([first, more.astype(first.dtype)], ignore_index=True)
    return pandas.Series(first.tolist() + more.tolist())


def joins_missing_texts() -> bool:
    """Whether pandas makes NaN of None in a column of texts, as from pandas 3 on."""
    try:
        import pandas
    except ImportError:
        return False
    return str(pandas.Series(["a", None]).dtype) != "object"


def natural(table: Any) -> Any:
    """A table with each column as pandas makes it of a list of its values."""
    import pandas

    columns = [natural_column(table.iloc[:, at]) for at in range(table.shape[1])]
    made = pandas.concat(columns, axis=1) if columns else pandas.DataFrame(index=table.index)
    made.columns = table.columns
    return made


def natural_column(column: Any) -> Any:
    """A column as pandas makes it of a list of its values; the given one if it has no text."""
    import pandas

    if str(column.dtype) == "category":
        return _natural_category(column)
    if str(column.dtype) != "object":
        return column
    values = column.tolist()
    if not any(isinstance(value, str) for value in values):
        return column  # no text: nothing that releases of pandas disagree about
    return pandas.Series(values, index=column.index, name=column.name)


def _natural_category(column: Any) -> Any:
    import pandas

    names = column.cat.categories.tolist()
    if not any(isinstance(name, str) for name in names):
        return column
    made = pandas.Index(names)
    if str(made.dtype) == str(column.cat.categories.dtype):
        return column
    values = pandas.Categorical.from_codes(column.cat.codes, made, ordered=column.cat.ordered)
    return pandas.Series(values, index=column.index, name=column.name)
