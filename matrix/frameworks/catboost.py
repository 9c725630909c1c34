"""CatBoost; its models keep what they were built from, which names the release in recent ones."""

from __future__ import annotations

import re

from matrix.frameworks.framework import Excerpt, Framework, NativeFormat, VersionHint

_BUILT_FROM = re.compile(rb"(?:Branch: tags/v|CatBoost Release )(\d+(?:\.\d+)+)\b")


def read_version(model: Excerpt) -> VersionHint:
    """Read the release that a model's build information names."""
    found = _BUILT_FROM.search(model.head)
    return VersionHint(exact=found[1].decode()) if found else VersionHint()


FRAMEWORK = Framework(
    name="catboost",
    modules=("catboost", "_catboost"),
    handles=("__model",),
    marks=(b"CBM1",),
    read_version=read_version,
    formats=(NativeFormat(name="catboost", suffixes=(".cbm",), words="a CatBoost model"),),
)
