"""Compare the header of the user's data with the columns of models, before anything is built."""

from __future__ import annotations

import csv
import difflib
import io
import json
import re
import shlex
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TextIO

from matrix.errors import Exit, UsageError
from matrix.upgrade.answer import Model, Problem
from matrix.upgrade.checker import CheckInputs
from matrix.upgrade.parquet_columns import parquet_columns

_SHOWN = 20
_LONGEST_NAME = 60
"""Characters of a name in a message."""
_LONGEST_HEADER = 4 * 1024 * 1024


def check_columns(models: Iterable[Model], inputs: CheckInputs) -> list[Model]:
    """The models, with a problem where the data lack a column that the file of the model names.

    What a file does not show is checked when the model is loaded in its origin.

    Args:
        models: as they were admitted.
        inputs: the data, the target, and the types of columns.

    Raises:
        UsageError: ``--target`` or ``--dtypes`` names a column that the data do not have, or a CSV
            file cannot be read as it is.
    """
    if inputs.data is not None:
        _check_kind(inputs.data)
    header = None if inputs.data is None else _header(inputs.data)
    if header is None or inputs.data is None:
        return list(models)
    for option, names in (("--target", [inputs.target]), ("--dtypes", list(inputs.dtypes))):
        for name in names:
            if name is not None and name not in header:
                close = difflib.get_close_matches(name, header, n=1)
                raise UsageError(
                    f"{inputs.data.name}: there is no column {name!r} for {option}; the file has: "
                    f"{_listed(header)}",
                    advice=f"Did you mean {close[0]!r}?" if close else "",
                )
    names = [name for name in header if name != inputs.target]
    letters = Counter(map(_letters, names))
    there = {*names, *(one for one, count in letters.items() if count == 1)}
    return [_checked(model, inputs.data.name, header, there) for model in models]


def _checked(model: Model, name: str, header: Sequence[str], there: set[str]) -> Model:
    if model.problem is not None or model.inspection is None or model.part:
        return model
    portable = model.inspection.portable
    if portable is not None and portable.is_one_table:
        return model  # its one input has no columns with names
    expected = model.inspection.columns
    missing = [one for one in expected if one not in there and _letters(one) not in there]
    if not missing:
        return model
    message = (
        f"{name}: the column{'s' * (len(missing) > 1)} {_listed(missing)} "
        f"{'are' if len(missing) > 1 else 'is'} missing; the model was fitted on {len(expected)}: "
        f"{_listed(expected)}, and the data has: {_listed(header)}"
    )
    return replace(model, problem=Problem(message=message, exit_code=Exit.USAGE))


def _written_again(
    data: Path,
    *,
    reader: str = "read_csv",
    options: Mapping[str, object] | None = None,
) -> str:
    """A line that reads a file with pandas and writes it as a CSV file beside it."""
    given = "".join(f", {name}={_literal(value)}" for name, value in (options or {}).items())
    read, made = _literal(str(data)), _literal(str(data.with_name(f"{data.stem}-2.csv")))
    code = f"import pandas; pandas.{reader}({read}{given}).to_csv({made}, index=False)"
    return f"python -c {shlex.quote(code)}"


def _literal(value: object) -> str:
    """A value as Python writes it, with the quotes that need no others in a shell."""
    return repr(value) if isinstance(value, bool) else json.dumps(value, ensure_ascii=False)


_OTHER_TABLES: dict[str, tuple[str, dict[str, object]]] = {
    ".tsv": ("read_csv", {"sep": "\t"}),
    ".gz": ("read_csv", {}),
    ".xls": ("read_excel", {}),
    ".xlsx": ("read_excel", {}),
    ".ods": ("read_excel", {}),
    ".json": ("read_json", {}),
    ".jsonl": ("read_json", {"lines": True}),
    ".feather": ("read_feather", {}),
}
"""By ending of a file that is not read, the function of pandas that reads it."""


def _check_kind(data: Path) -> None:
    """Raise UsageError for a table of a kind that is not read."""
    found = _OTHER_TABLES.get(data.suffix.lower())
    if found is None:
        return
    reader, options = found
    raise UsageError(
        f"{data.name}: tables are read from CSV and Parquet files alone; this writes one:",
        advice=_written_again(data, reader=reader, options=options),
    )


def _header(data: Path) -> list[str] | None:
    """The names of a Parquet file, or in the first line of a CSV file; None if it has no plain one.

    Raises:
        UsageError: the file is not UTF-8, or has other separators than commas.
    """
    if data.suffix.lower() == ".parquet":
        return parquet_columns(data)
    if data.suffix.lower() != ".csv":
        return None
    try:
        with data.open(encoding="utf-8-sig", newline="") as file:
            first = _first_record(file)
            header = next(csv.reader(io.StringIO(first, newline="")), [])
            while file.read(_LONGEST_HEADER):  # all of it: a row may have other characters
                pass
    except UnicodeDecodeError as error:
        raise UsageError(
            f"{data.name}: it is not UTF-8: {error.reason} in it; this writes a copy that is "
            "(where it comes from Windows):",
            advice=_written_again(data, options={"encoding": "cp1252"}),
        ) from error
    except (OSError, csv.Error):
        return None
    if len(header) == 1:
        _check_separator(data, first)
    return header or None


def _first_record(file: TextIO) -> str:
    """The first lines, up to the one that ends a record: a quoted name may hold line breaks."""
    lines, left = [file.readline(_LONGEST_HEADER)], _LONGEST_HEADER
    while sum(line.count('"') for line in lines) % 2 and lines[-1] and left > 0:
        lines.append(file.readline(left))
        left -= len(lines[-1])
    return "".join(lines)


_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}


def _check_separator(data: Path, first: str) -> None:
    """Raise UsageError if the names in the first line are separated by another sign."""
    for sign, name in _SEPARATORS.items():
        if sign not in first:
            continue
        decimal = {"decimal": ","} if _DECIMAL_COMMA.search(_second_line(data)) else {}
        raise UsageError(
            f"{data.name}: its columns are separated by {name} instead of commas; this writes a "
            "copy with commas:",
            advice=_written_again(data, options={"sep": sign, **decimal}),
        )


_DECIMAL_COMMA = re.compile(r"\d,\d")


def _second_line(data: Path) -> str:
    with data.open(encoding="utf-8-sig", newline="") as file:
        file.readline(_LONGEST_HEADER)
        return file.readline(_LONGEST_HEADER)


def _letters(name: str) -> str:
    """The letters and digits of a name, in small letters: names that differ in others are one."""
    return "".join(sign for sign in name.casefold() if sign.isalnum())


def _listed(names: Sequence[str]) -> str:
    more = f", … {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    return ", ".join(map(_shortened, names[:_SHOWN])) + more


def _shortened(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"
