"""The user's rows, and how a file of rows may fail to fit the model."""

from typing import Any, Callable, Dict, NamedTuple, Optional

from compat_worker.column_types import ColumnType
from compat_worker.input_model import InputModel
from compat_worker.table_source import Source
from compat_worker.user_error import UserError

_LONGEST_NAME = 60
"""Characters of a name in a message."""


class GivenRows(NamedTuple):
    """The user's rows in the form in which the model takes them."""

    rows: Any
    truth: Any
    """The true targets, or None."""
    n: int
    source: Optional[Source] = None
    """What a table was made of; None for the plain values of the rows."""


class DataRequest(NamedTuple):
    """How to read a file of rows."""

    path: str
    name: str
    """Of the file, for messages."""
    target: Optional[str]
    """The column, or the array in an ``.npz``, with the true targets; None without any."""
    known: Optional[InputModel]
    """The inferred input of the model; None if nothing could be inferred."""
    types: Dict[str, ColumnType]
    """The types that the user gives, by column."""
    accepts: Callable[[Any], bool]
    """Whether the model accepts some rows."""
    hints: Dict[str, ColumnType]
    """The types of columns that neither the user nor the model gives."""


def check_width(width: int, name: str, known: InputModel) -> None:
    """Raise UserError if rows have another number of columns than the model was fitted on."""
    if width != len(known.columns) and not known.assumed:
        raise UserError(
            "{}: the data has {} column{}; the model was fitted on {}".format(
                name, width, "" if width == 1 else "s", expected_columns(known)
            )
        )


def expected_columns(known: InputModel) -> str:
    """The columns that the model was fitted on, in words."""
    count = len(known.columns)
    names = known.names
    if names is None:
        return "{} column{} without names: give only these, in the same order".format(
            count, "" if count == 1 else "s"
        )
    return "{}: {}".format(count, listed(names))


def listed(names: Any, most: int = 20) -> str:
    """Names separated by commas; at most ``most`` of them."""
    texts = [str(one) for one in names]
    more = ", … {} more".format(len(texts) - most) if len(texts) > most else ""
    shown = [_shortened(text) for text in texts[:most]]
    return (", ".join(shown) or "none") + more


def _shortened(text: str) -> str:
    """A name as a message has it: one that is empty is visible, and one that is long is not."""
    if len(text) > _LONGEST_NAME:
        return text[: _LONGEST_NAME - 1] + "…"
    return text or "''"


def first_line(error: BaseException) -> str:
    """The first line of the message of an exception."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
