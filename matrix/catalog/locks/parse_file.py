"""Parse TOML, JSON and YAML of locks into tables that name file and key in each error.

No message repeats the content of a file.
"""

from __future__ import annotations

import json
import re

from matrix.catalog import toml
from matrix.catalog.source_file import SourceFile
from matrix.catalog.toml_table import TomlTable
from matrix.errors import UsageError

_CONFLICT = re.compile(r"^(<{7} |>{7} |<{7}$|>{7}$)", re.M)
_LINE = re.compile(r"\(?at (line \d+)|: (line \d+)")
CUT_SHORT = "it may be cut short: restore it from git, or write it again with its tool"


def refuse_conflicts(file: SourceFile, text: str) -> None:
    """Refuse a file with the marks of a merge that was not finished.

    Raises:
        UsageError: it has such marks; the message has the line.
    """
    found = _CONFLICT.search(text)
    if found:
        line = text.count("\n", 0, found.start()) + 1
        raise UsageError(
            f"{file}, line {line}: the file has merge conflicts",
            advice="Resolve them, or name one side, such as HEAD:" + file.name,
        )


def read_toml(file: SourceFile) -> TomlTable:
    """Parse a TOML file.

    Raises:
        UsageError: it is not TOML.
    """
    try:
        return TomlTable(str(file), "", toml.loads(file.text()))
    except (ValueError, RecursionError) as error:
        found = _LINE.search(str(error))
        where = f" ({found[1] or found[2]})" if found else ""
        raise UsageError(f"{file}: is not valid TOML{where}", advice=CUT_SHORT) from None


def read_json(file: SourceFile) -> TomlTable:
    """Parse a JSON file with an object.

    Raises:
        UsageError: it is not JSON.
    """
    try:
        return TomlTable(str(file), "", json.loads(file.text()))
    except json.JSONDecodeError as error:
        problem = f"{file}: is not valid JSON (line {error.lineno})"
        raise UsageError(problem, advice=CUT_SHORT) from None
    except (ValueError, RecursionError):
        raise UsageError(f"{file}: is not valid JSON", advice=CUT_SHORT) from None


def read_yaml(file: SourceFile) -> TomlTable:
    """Parse a YAML file with a mapping; every scalar stays a string, so ``3.10`` is not 3.1.

    Raises:
        UsageError: it is not YAML.
    """
    import yaml  # the noxfile runs without it

    # The base loaders know no tag at all: they make strings, lists and dictionaries only.
    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    try:
        return TomlTable(str(file), "", yaml.load(file.text(), loader))  # noqa: S506
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f" (line {mark.line + 1})" if mark else ""
        raise UsageError(f"{file}: is not valid YAML{where}", advice=CUT_SHORT) from None
    except (yaml.YAMLError, ValueError, TypeError, RecursionError):
        raise UsageError(f"{file}: is not valid YAML", advice=CUT_SHORT) from None


def refuse_version(file: SourceFile, found: str, known: str, export: str) -> UsageError:
    """Return the error for a lock whose format has another version.

    Args:
        file: the lock.
        found: its version.
        known: the versions that are read, in words: ``1`` or ``1.1 to 2.1``.
        export: a command that writes a file that is read; empty if there is none.
    """
    shown = found[:20] if re.fullmatch(r"[\w.]+", found) else "unknown"
    advice = f"Update this program, or export it: {export}" if export else "Update this program."
    return UsageError(
        f"{file}: has version {shown} of its format, and only {known} is read", advice=advice
    )
