"""Converts the text of one option into its value; argparse shows the errors."""

from __future__ import annotations

import argparse
import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

from matrix.catalog import checks
from matrix.model import Group, Shard, Verdict

_GROUPS = {
    "limited": Group.LIMITED,
    "changes": Group.CHANGES,
    "fails": Group.FAILS,
    "unknown": Group.UNKNOWN,
}


def names(text: str) -> tuple[str, ...]:
    """Names separated by commas."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def count(text: str) -> int:
    """A positive integer."""
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} must be a positive integer")
    return number


def methods(text: str) -> tuple[str, ...]:
    """Names of methods, separated by commas."""
    found = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    if not found or not all(name.isidentifier() for name in found):
        raise argparse.ArgumentTypeError(f"{text!r} is no list of methods: predict,predict_proba")
    return found


def margin(text: str) -> float:
    """A number from 0 to 1."""
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} must be a number from 0 to 1, such as 0.001")
    return number


def release(text: str) -> str:
    """A release of scikit-learn (``1.2.2``) or a line of releases (``1.2``)."""
    try:
        checked = checks.scikit_learn(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    if checked in checks.NEWEST:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a release: write 1.2.2, or 1.2 for a line"
        )
    return checked


def trusted_name(text: str) -> str:
    """One exact name that a file may look up, such as ``churn_lib.Ours``."""
    try:
        return checks.trusted_name(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def dask_address(text: str) -> str:
    """The address of a Dask scheduler, or ``local``, after ``dask:``."""
    kind, _, address = text.partition(":")
    if kind != "dask" or not (address == "local" or re.fullmatch(r"(tcp|tls)://.+", address)):
        raise argparse.ArgumentTypeError(
            f"{text!r} is no executor: write dask:tcp://HOST:PORT, dask:tls://HOST:PORT or "
            "dask:local"
        )
    return address


def shard(text: str) -> Shard:
    """One of several parts of a run, such as ``2/3``."""
    index, _, total = text.partition("/")
    if not (index.isdecimal() and total.isdecimal() and 1 <= int(index) <= int(total)):
        raise argparse.ArgumentTypeError(f"{text!r} is not a shard: write 1/3, 2/3 or 3/3")
    return Shard(index=int(index), count=int(total))


def verdicts(text: str) -> frozenset[Verdict]:
    """Verdicts and groups of verdicts, separated by commas."""
    chosen: set[Verdict] = set()
    for name in names(text):
        if name in _GROUPS:
            chosen |= {verdict for verdict in Verdict if verdict.group is _GROUPS[name]}
            continue
        try:
            chosen.add(Verdict(name))
        except ValueError:
            known = ", ".join([*_GROUPS, *(verdict.value for verdict in Verdict)])
            raise argparse.ArgumentTypeError(
                f"{name!r} is not a verdict; the verdicts are: {known}"
            ) from None
    return frozenset(chosen)


ColumnTypes = dict[str, str | list[Any]]
"""By column, the name of a type or the categories in their order."""


def column_types(text: str) -> ColumnTypes:
    """Types of columns, as JSON or as the name of a JSON file."""
    try:
        found = json.loads(text if text.lstrip().startswith("{") else _read(text))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not valid JSON: {error}") from None
    if isinstance(found, dict) and all(map(_is_type, found.values())):
        return found
    raise argparse.ArgumentTypeError(
        f"{text!r} must give a type for each column: write "
        '\'{"zip": "text", "opened": "date", "size": ["S", "M", "L"]}\''
    )


def _is_type(found: object) -> bool:
    if isinstance(found, list):
        return bool(found) and all(isinstance(one, (str, int, float)) for one in found)
    return isinstance(found, str)


def _read(name: str) -> str:
    try:
        return Path(name).read_text("utf-8")
    except OSError as error:
        raise argparse.ArgumentTypeError(f"{name!r} cannot be read: {error.strerror}") from None


_AGE = re.compile(r"(\d+)\s*([hdw])")
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*(kB|MB|GB|TB)", re.IGNORECASE)
_HOURS = {"h": 1, "d": 24, "w": 7 * 24}
_BYTES = {"kb": 1000, "mb": 1000**2, "gb": 1000**3, "tb": 1000**4}


def age(text: str) -> timedelta:
    """A length of time in hours, days or weeks: ``30d``."""
    found = _AGE.fullmatch(text.strip())
    if found is None or len(found[1]) > 6:
        raise argparse.ArgumentTypeError(f"{text!r} is not an age: write 12h, 30d or 2w")
    return timedelta(hours=int(found[1]) * _HOURS[found[2]])


def size(text: str) -> int:
    """A size in bytes, from powers of 1,000: ``5GB``."""
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not a size: write 800MB or 5GB")
    return int(float(found[1]) * _BYTES[found[2].lower()])
