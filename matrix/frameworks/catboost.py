"""CatBoost; its models keep the tag or the commit that it was built from."""

from __future__ import annotations

import re

from matrix.frameworks.framework import Excerpt, Framework, NativeFormat, VersionHint

_TAG = re.compile(rb"(?:Branch: tags/v|CatBoost Release )(\d+(?:\.\d+)+)\b")
_COMMIT = re.compile(rb"Commit: ([0-9a-f]{12})[0-9a-f]{28}\b")
_RELEASES = {
    "0e39f51d28b1": "0.16.5",
    "baef6cef1cb7": "0.17.5",
    "f54368a531b2": "0.18.1",
    "632f6c49a074": "0.20",
    "3f2f0a84b34f": "0.20.1",
    "9807fe7f2fea": "0.20.2",
    "114d63c307da": "0.21",
    "6959d382d44f": "0.22",
    "f1ae9062b339": "0.23",
    "d3ac074676d5": "0.23.1",
    "130b3ff9e57b": "0.23.2",
    "3c3ed1b11fe5": "0.24",
    "e94bcd3987d8": "0.24.1",
    "a711a298a3d2": "0.24.2",
    "24ddf7a39197": "0.24.3",
    "e31af0f9afd4": "0.24.4",
    "df499e959883": "0.25",
    "a17d5edd9e55": "0.25.1",
    "280ef2e9eec7": "0.26",
    "53fa90391759": "0.26.1",
    "68feda4c03e7": "1.0.0",
    "769476be44ef": "1.0.1",
    "2c391817b7a6": ">=1.0.2,<=1.0.3",
    "bc029b31525c": "1.0.4",
    "3a376c1c18f3": "1.0.5",
    "42359eaac284": "1.0.6",
    "ba2589f75ec1": "1.1",
    "d63ba37ba1c5": "1.1.1",
    "000000000000": "1.2",
    "f68bd8c0af35": "1.2.1",
    "ff8f073eea24": ">=1.2.1.1,<=1.2.2",
    "ad980dac979d": "1.2.3",
    "2605fe627ed4": "1.2.5",
    "e4324310de22": "1.2.6",
    "f903943a8cd9": "1.2.7",
}
"""By the first digits of its commit, the release whose wheel was built from it, as the library in
the wheel says; a specifier if several were. Releases from 1.2.6 on name themselves."""


def read_version(model: Excerpt) -> VersionHint:
    """Read the release that a model's build information names."""
    tag = _TAG.search(model.head)
    if tag:
        return VersionHint(exact=tag[1].decode())
    commit = _COMMIT.search(model.head)
    release = _RELEASES.get(commit[1].decode(), "") if commit else ""
    if release[:1].isdigit():
        return VersionHint(exact=release)
    return VersionHint(bounds=release)


FRAMEWORK = Framework(
    name="catboost",
    modules=("catboost", "_catboost"),
    handles=("__model",),
    marks=(b"CBM1",),
    read_version=read_version,
    native=frozenset(
        {
            ("catboost.core", "CatBoost"),
            ("catboost.core", "CatBoostClassifier"),
            ("catboost.core", "CatBoostRanker"),
            ("catboost.core", "CatBoostRegressor"),
        }
    ),
    formats=(NativeFormat(name="catboost-cbm", suffixes=(".cbm",), words="a CatBoost model"),),
)
