"""LightGBM; a booster is text, and its second line is the version of that form."""

from __future__ import annotations

import re
from datetime import date

from matrix.frameworks.framework import Excerpt, Framework, NativeFormat, VersionHint

_FORM = re.compile(rb"tree\r?\nversion=v(\d+)\r?\n")
_HINTS = {
    "2": VersionHint(bounds="<2.3"),
    "3": VersionHint(bounds=">=2.3,<4"),
    "4": VersionHint(bounds=">=4"),
}


def read_version(booster: Excerpt) -> VersionHint:
    """Read which releases write this form of the text."""
    form = _FORM.match(booster.head)
    return _HINTS.get(form[1].decode(), VersionHint()) if form else VersionHint()


FRAMEWORK = Framework(
    name="lightgbm",
    modules=("lightgbm",),
    handles=("handle", "_handle"),
    marks=(b"tree\n", b"tree\r\n"),
    read_version=read_version,
    first_days={">=4": date(2023, 7, 14)},
    formats=(
        NativeFormat(name="lightgbm-text", suffixes=(".txt",), words="a LightGBM model in text"),
    ),
)
