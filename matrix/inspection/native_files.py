"""Recognize and describe the files that xgboost, LightGBM and CatBoost write by themselves.

They contain no pickle: the library's compiled code reads them. Such a file is described as a model
whose one name is the class that loads it, so that it is loaded in a sandbox only.
"""

from __future__ import annotations

import json
import os
import re
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from matrix.frameworks import BY_NAME, Excerpt, VersionHint
from matrix.inspection.result import ModelNode, Name

_END = 64 * 1024
"""Bytes at each end of a file that are searched for versions and names."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NativeKind:
    """A form of native files."""

    format: str
    """A key of ``FORMATS`` in the worker."""
    framework: str
    name: Name
    """The class that reads such a file."""
    read_version: Callable[[Excerpt], VersionHint]
    read_columns: Callable[[Excerpt], tuple[str, ...]]


@dataclass(frozen=True, kw_only=True, slots=True)
class NativeModel:
    """What a native file shows without loading it."""

    kind: NativeKind
    versions: Mapping[str, tuple[str, ...]]
    bounds: Mapping[str, str]
    columns: tuple[str, ...]

    @property
    def root(self) -> ModelNode:
        """The model as a tree without branches."""
        return ModelNode(kind=str(self.kind.name))


def read_native(file: BinaryIO, head: bytes) -> NativeModel | None:
    """What a native file shows; None for other files.

    Args:
        file: a file at any position.
        head: its first bytes.
    """
    kind = native_kind(head)
    if kind is None:
        return None
    excerpt = _excerpt(file)
    hint = kind.read_version(excerpt)
    return NativeModel(
        kind=kind,
        versions={kind.framework: (hint.exact,)} if hint.exact else {},
        bounds={kind.framework: hint.bounds} if hint.bounds and not hint.exact else {},
        columns=kind.read_columns(excerpt),
    )


def native_kind(head: bytes) -> NativeKind | None:
    """The form of a native file that begins with ``head``; None if it is something else."""
    for pattern, kind in _PATTERNS:
        if pattern.match(head):
            return kind
    return None


def _excerpt(file: BinaryIO) -> Excerpt:
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    head = file.read(_END)
    file.seek(max(0, size - _END))
    return Excerpt(head=head, tail=file.read(_END))


def _known(framework: str) -> Callable[[Excerpt], VersionHint]:
    """The reader of a framework's record."""
    reader = BY_NAME[framework].read_version
    assert reader is not None
    return reader


_HEADER = struct.Struct("<f6I")
"""Of the old binary form: base score, features, classes, two flags, major and minor version."""


def _binary_version(excerpt: Excerpt) -> VersionHint:
    """The line of releases that the header of xgboost's old binary form names, from 1.0 on."""
    major, minor = _HEADER.unpack_from(excerpt.head.removeprefix(b"binf"))[5:]
    if not 0 < major < 100 or minor > 100:
        return VersionHint(bounds="<1")
    return VersionHint(bounds=f">={major}.{minor},<{major}.{minor + 1}")


def _no_columns(_: Excerpt) -> tuple[str, ...]:
    return ()


_IN_JSON = re.compile(rb'"feature_names":(\[(?:"(?:[^"\\]|\\.)*",?)*\])')


def _json_columns(excerpt: Excerpt) -> tuple[str, ...]:
    found = _IN_JSON.search(excerpt.head)
    try:
        names = json.loads(found[1]) if found else []
    except ValueError:
        return ()
    return tuple(names)


def _text_columns(excerpt: Excerpt) -> tuple[str, ...]:
    found = re.search(rb"\nfeature_names=(.+?)\r?\n", excerpt.head)
    names = found[1].decode("utf-8", "replace").split(" ") if found else []
    numbered = [f"Column_{place}" for place in range(len(names))]
    return () if names == numbered else tuple(names)


_BOOSTER = Name("xgboost.core", "Booster")
_OBJECTIVE = rb"(?:reg|binary|multi|rank|count|survival):"
_XGBOOST_JSON = NativeKind(
    format="xgboost-json",
    framework="xgboost",
    name=_BOOSTER,
    read_version=_known("xgboost"),
    read_columns=_json_columns,
)
_PATTERNS: tuple[tuple[re.Pattern[bytes], NativeKind], ...] = (
    (re.compile(rb'\{\s*"learner":\s*\{'), _XGBOOST_JSON),
    (re.compile(rb'\{\s*"version":\s*\[[\d,\s]+\],\s*"learner":'), _XGBOOST_JSON),
    (
        re.compile(rb"\{(?:L.{8}|l.{4}|I.{2}|[iU].)learner", re.DOTALL),
        NativeKind(
            format="xgboost-ubj",
            framework="xgboost",
            name=_BOOSTER,
            read_version=_known("xgboost"),
            read_columns=_no_columns,
        ),
    ),
    (
        re.compile(rb"(?:binf)?.{136}.\0{7}" + _OBJECTIVE, re.DOTALL),
        NativeKind(
            format="xgboost-binary",
            framework="xgboost",
            name=_BOOSTER,
            read_version=_binary_version,
            read_columns=_no_columns,
        ),
    ),
    (
        re.compile(rb"tree\r?\nversion="),
        NativeKind(
            format="lightgbm-text",
            framework="lightgbm",
            name=Name("lightgbm.basic", "Booster"),
            read_version=_known("lightgbm"),
            read_columns=_text_columns,
        ),
    ),
    (
        re.compile(rb"CBM1"),
        NativeKind(
            format="catboost-cbm",
            framework="catboost",
            name=Name("catboost.core", "CatBoost"),
            read_version=_known("catboost"),
            read_columns=_no_columns,
        ),
    ),
)
