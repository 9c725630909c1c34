"""Compare the header of the user's data with the columns of models, before anything is built."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from matrix.errors import Exit, UsageError
from matrix.upgrade.answer import Model, Problem
from matrix.upgrade.checker import CheckInputs

_SHOWN = 20
_LONGEST_HEADER = 4 * 1024 * 1024


def check_columns(models: Iterable[Model], inputs: CheckInputs) -> list[Model]:
    """The models, with a problem where the data lack a column that the file of the model names.

    What a file does not show is checked when the model is loaded in its origin.

    Args:
        models: as they were admitted.
        inputs: the data, the target, and the types of columns.

    Raises:
        UsageError: ``--target`` or ``--dtypes`` names a column that the data do not have.
    """
    header = None if inputs.data is None else _header(inputs.data)
    if header is None or inputs.data is None:
        return list(models)
    for option, names in (("--target", [inputs.target]), ("--dtypes", list(inputs.dtypes))):
        for name in names:
            if name is not None and name not in header:
                raise UsageError(
                    f"{inputs.data.name}: there is no column {name!r} for {option}; the file has: "
                    f"{_listed(header)}"
                )
    there = {_normal(name) for name in header if name != inputs.target}
    return [_checked(model, inputs.data.name, header, there) for model in models]


def _checked(model: Model, name: str, header: Sequence[str], there: set[str]) -> Model:
    if model.problem is not None or model.inspection is None or model.part:
        return model
    expected = model.inspection.columns
    missing = [column for column in expected if _normal(column) not in there]
    if not missing:
        return model
    message = (
        f"{name}: the column{'s' * (len(missing) > 1)} {_listed(missing)} "
        f"{'are' if len(missing) > 1 else 'is'} missing; the model was fitted on {len(expected)}: "
        f"{_listed(expected)}, and the data has: {_listed(header)}"
    )
    return replace(model, problem=Problem(message=message, exit_code=Exit.USAGE))


def _header(data: Path) -> list[str] | None:
    """The names in the first line of a CSV file; None if it has no plain one."""
    if data.suffix.lower() != ".csv":
        return None
    try:
        with data.open(encoding="utf-8-sig", newline="") as file:
            header = next(csv.reader([file.readline(_LONGEST_HEADER)]), [])
    except (OSError, UnicodeDecodeError, csv.Error):
        return None
    return header or None


def _normal(name: str) -> str:
    return name.replace(" ", "_")


def _listed(names: Sequence[str]) -> str:
    more = f", … {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
