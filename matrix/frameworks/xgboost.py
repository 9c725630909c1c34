"""xgboost; from 1.0 on, each booster ends with the version that saved it.

The forms of a booster in a pickle, from the oldest: the memory of its trees (before 1.0), the same
followed by its configuration in JSON (``CONFIG-offset:``), all in JSON, all in UBJSON.
"""

from __future__ import annotations

import re

from matrix.frameworks.framework import Excerpt, Framework, NativeFormat, VersionHint

_IN_JSON = re.compile(rb'"version":\[(\d{1,4}),(\d{1,4}),(\d{1,4})\]\}*\s*\Z')
_IN_UBJSON = re.compile(rb"version\[#L.{7}\x03(.{3,15}?)\}{1,2}\Z", re.DOTALL)
_MARKS = (b"CONFIG-offset:", b'{"', b"{L")
_NUMBER = {ord("i"): 1, ord("U"): 1, ord("I"): 2, ord("l"): 4}
"""Bytes of a number by its type in UBJSON."""


def read_version(booster: Excerpt) -> VersionHint:
    """Read the version from the end of a booster."""
    text = _IN_JSON.search(booster.tail)
    if text:
        return VersionHint(exact=".".join(str(int(part)) for part in text.groups()))
    binary = _IN_UBJSON.search(booster.tail)
    parts = _numbers(binary[1]) if binary else []
    if len(parts) == 3:
        return VersionHint(exact=".".join(map(str, parts)))
    return VersionHint() if booster.head.startswith(_MARKS) else VersionHint(bounds="<1")


def _numbers(data: bytes) -> list[int]:
    """The numbers in an array of UBJSON; empty if it holds anything else."""
    found, place = [], 0
    while place < len(data):
        size = _NUMBER.get(data[place])
        if size is None or place + 1 + size > len(data):
            return []
        found.append(int.from_bytes(data[place + 1 : place + 1 + size], "big"))
        place += 1 + size
    return found


FRAMEWORK = Framework(
    name="xgboost",
    modules=("xgboost",),
    # Releases before 2.0 ask pkg_resources whether pandas and others are there.
    needs={"<2": ("setuptools<70",)},
    handles=("handle",),
    marks=_MARKS,
    read_version=read_version,
    native=frozenset({("xgboost.core", "Booster")}),
    formats=(
        NativeFormat(name="xgboost-ubj", suffixes=(".ubj",), words="an xgboost model (UBJSON)"),
        NativeFormat(
            name="xgboost-binary",
            suffixes=(".model", ".bin"),
            words="an xgboost model in its old binary form",
        ),
        NativeFormat(name="xgboost-json", suffixes=(".json",), words="an xgboost model (JSON)"),
    ),
)
