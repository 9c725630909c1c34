"""Find the columns that a model takes by name, where it does not show them.

A class of unknown code may take its columns by name (``table["age"]``) and keep no names. It says
which column a table lacks: with a KeyError of pandas, or in its own words.
"""

import re
from typing import Any, Callable, List, Optional

from compat_worker.column_kinds import DATES
from compat_worker.input_model import Column, InputModel

MAX_COLUMNS = 100
"""Columns that are found in this way, at most."""

_ROWS = 4
_MISSING = re.compile(r"not in index|are in the \[columns\]|not found in axis|columns? .*missing")
_ATTRIBUTE = re.compile(r"'DataFrame' object has no attribute '(\w+)'")


def taken_by_name(call: Callable[[Any], Any]) -> Optional[InputModel]:
    """The columns that a model looks up by name in a table.

    Args:
        call: calls the model with a table; raises what the model raises.

    Returns:
        None if it looks up none, or pandas is not installed.
    """
    try:
        import pandas
    except ImportError:
        return None
    names: List[str] = []
    fill: List[List[Any]] = [[0.0, 1.0, 2.0, 3.0], ["a", "b", "c", "d"], list(DATES)]
    found = True
    while found and len(names) < MAX_COLUMNS:
        found = False
        for values in fill:
            table = pandas.DataFrame(dict.fromkeys(names, values), index=range(_ROWS))
            new = [name for name in _missing(call, table) if name not in names]
            names += new
            found = found or bool(new)
    return InputModel([Column(name) for name in names], "table", True) if names else None


def _missing(call: Callable[[Any], Any], table: Any) -> List[str]:
    """The columns that a table lacks, as an exception of the model names them."""
    try:
        call(table)
    except Exception as error:
        return _named_by(error)
    return []


def _named_by(error: BaseException) -> List[str]:
    key = error.args[0] if isinstance(error, KeyError) and error.args else None
    text = str(key if isinstance(key, str) else error)
    attribute = _ATTRIBUTE.search(text)
    if attribute is not None:
        return [attribute.group(1)]
    if _MISSING.search(text):
        listed = re.search(r"[\[{]+(.*?)[\]}]", text)
        return re.findall(r"'([^']+)'", listed.group(1)) if listed is not None else []
    return [key] if isinstance(key, str) else []
