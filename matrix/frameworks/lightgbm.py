"""LightGBM; a booster is text, and its parameters show which line of releases wrote it."""

from __future__ import annotations

import re

from matrix.frameworks.framework import Excerpt, Framework, NativeFormat, VersionHint

_FORM = re.compile(rb"tree\r?\nversion=v(\d+)\r?\n")
_FORMS = {"2": "<2.3", "3": ">=2.3,<4", "4": ">=4"}
"""The releases by the version of the text, which its second line has."""
_FIRST_PARAMETERS = (
    ("gpu_device_id_list", ">=4.7"),
    ("bagging_by_query", ">=4.6,<4.7"),
    ("early_stopping_min_delta", ">=4.4,<4.6"),
    ("use_quantized_grad", ">=4.2,<4.4"),
    ("lambdarank_position_bias_regularization", ">=4.1,<4.2"),
    ("parser_config_file", ">=4.0,<4.1"),
    ("precise_float_parser", ">=3.3,<4"),
    ("linear_tree", ">=3.2,<3.3"),
    ("deterministic", ">=3.1,<3.2"),
    ("auc_mu_weights", ">=3.0,<3.1"),
    ("cegb_tradeoff", ">=2.3,<3"),
)
"""The releases by a parameter that the first of them lists, as boosters fitted with each release
from 2.2.0 to 4.7.0 show."""


def read_version(booster: Excerpt) -> VersionHint:
    """Read which releases write such a text."""
    form = _FORM.match(booster.head)
    bounds = _FORMS.get(form[1].decode(), "") if form else ""
    if not bounds:
        return VersionHint()
    for parameter, releases in _FIRST_PARAMETERS:
        if b"\n[%s: " % parameter.encode() in booster.tail:
            return VersionHint(bounds=releases)
    return VersionHint(bounds=bounds)


FRAMEWORK = Framework(
    name="lightgbm",
    modules=("lightgbm",),
    handles=("handle", "_handle"),
    marks=(b"tree\n", b"tree\r\n"),
    read_version=read_version,
    native=frozenset({("lightgbm.basic", "Booster")}),
    formats=(
        NativeFormat(name="lightgbm-text", suffixes=(".txt",), words="a LightGBM model in text"),
    ),
)
