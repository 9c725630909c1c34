"""The JSON result: a Matrix written cell by cell, and read back unchanged.

``schema-2.json`` beside this file is its schema. Strict JSON: a number that is not finite is a
string, ``"NaN"``, ``"Infinity"`` or ``"-Infinity"``. ``counts``, ``limits`` and ``formats`` follow
from the cells: they are written for other readers, and ignored here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path
from typing import TextIO

from matrix.errors import StoreError
from matrix.model import Cell, Matrix, Verdict
from matrix.model.codec import (
    READABLE_VERSIONS,
    SCHEMA_VERSION,
    Json,
    encode,
    from_json,
    head_to_json,
    matrix_from_head,
    to_json,
)
from matrix.report.format_shares import FormatComparison, FormatShare, compare_formats
from matrix.report.json_stream import Document, NotJsonError
from matrix.report.notice import Tally
from matrix.report.verdict_grids import VerdictGrids
from matrix.safe_text import without_commands


def schema() -> Json:
    """Return the JSON Schema of a result."""
    text = files("matrix.report").joinpath(f"schema-{SCHEMA_VERSION}.json").read_text("utf-8")
    loaded: Json = json.loads(text)
    return loaded


def _json(value: object) -> str:
    return without_commands(encode(value))


def write_json(matrix: Matrix, stream: TextIO) -> None:
    """Write the result, one cell per line, with at most one cell in memory."""
    head = head_to_json(matrix)
    stream.write(_json(head)[:-1] + ',\n"cells": [')
    tally, grids = Tally(), VerdictGrids(matrix.environments)
    tracebacks: dict[str, int] = {}
    separator = "\n"
    for cell in matrix.cells:
        stream.write(separator + _json(_shared(to_json(cell), tracebacks)))
        separator = ",\n"
        tally.add(cell)
        grids.add(cell)
    tail = {
        "tracebacks": list(tracebacks),
        "counts": {verdict.value: tally.verdicts[verdict] for verdict in Verdict},
        "limits": list(tally.notice(matrix)),
        "formats": _formats(compare_formats(matrix, grids)),
    }
    stream.write("\n],\n" + _json(tail)[1:] + "\n")


def _formats(found: FormatComparison | None) -> Json | None:
    """Return the comparison of formats; null if there is none."""
    if found is None:
        return None
    return {
        "pipelines": found.pipelines,
        "shares": [_share(one) for one in found.shares],
        "families": [
            {
                "family": family.name,
                "pipelines": family.pipelines,
                "shares": [_share(one) for one in family.shares],
            }
            for family in found.families
        ],
    }


def _share(one: FormatShare) -> Json:
    found = asdict(one)
    return {**found.pop("tally"), **found, "runs_code": one.runs_code, "needs": one.needs}


def _shared(cell: Json, tracebacks: dict[str, int]) -> Json:
    """Replace the text of the traceback by its index, since many cells share one."""
    if cell["exception"] is not None:
        text = cell["exception"]["traceback"]
        cell["exception"]["traceback"] = tracebacks.setdefault(text, len(tracebacks))
    return cell


def _own(cell: Json, tracebacks: list[str] | _TracebackNumbers) -> Json:
    """Reverse :func:`_shared`."""
    if cell["exception"] is not None:
        cell["exception"]["traceback"] = tracebacks[cell["exception"]["traceback"]]
    return cell


def read_json(path: Path) -> Matrix:
    """Read a result back.

    The whole file is checked now; its cells are read from the file again on each iteration.

    Raises:
        StoreError: the file cannot be read or is not such a result; the message says where.
    """
    if path.exists() and not path.is_file():
        raise StoreError(f"{path}: is not a regular file")  # a pipe would be waited for
    document = Document(path, "cells")
    head = _read_head(path, document)
    with _reading(path, "the top level"):
        return matrix_from_head(head, _CellsInFile(document, head["tracebacks"]))


def _read_head(path: Path, document: Document) -> Json:
    """Return all members but the cells, which are checked and dropped."""
    head: Json = {}
    index = 0
    shared = _TracebackNumbers()
    with _reading(path, "the top level"):
        for key, value in document.members():
            if key == "schema_version" and value not in READABLE_VERSIONS:
                raise StoreError(
                    f"{path}: schema_version {value!r} cannot be read here",
                    advice="This version of the tool reads schema_version "
                    f"{' and '.join(map(str, READABLE_VERSIONS))}.",
                )
            if key == "cells":
                with _reading(path, f"cells[{index}]"):
                    from_json(_own(value, shared), Cell)
                index += 1
            else:
                head[key] = value
        head["schema_version"]
        if shared.highest >= len(head["tracebacks"]):
            raise ValueError(f"there is no traceback {shared.highest}")
    return head


class _TracebackNumbers:
    """Stands in for the list of tracebacks, which follows the cells; records the largest index."""

    highest = -1

    def __getitem__(self, number: int) -> str:
        if number < 0:
            raise ValueError(f"there is no traceback {number}")
        self.highest = max(self.highest, number)
        return ""


@contextmanager
def _reading(path: Path, where: str) -> Iterator[None]:
    """Turn any error in reading a file into a StoreError that says where."""
    try:
        yield
    except OSError as error:
        raise StoreError(f"{path} cannot be read: {error.strerror or error}") from error
    except KeyError as error:
        raise StoreError(f"{path}: {where}: {error.args[0]!r} is missing") from error
    except NotJsonError as error:
        raise StoreError(f"{path} is not a whole JSON document: {error}") from error
    except (AttributeError, TypeError, ValueError) as error:
        raise StoreError(f"{path}: {where}: {error}") from error


@dataclass(frozen=True, slots=True)
class _CellsInFile:
    """Cells that are read from their file on each iteration."""

    document: Document
    tracebacks: list[str]

    def __iter__(self) -> Iterator[Cell]:
        with _reading(self.document.path, "cells"):
            for item in self.document.items():
                yield from_json(_own(item, self.tracebacks), Cell)
