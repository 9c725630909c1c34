"""Reads the file of known causes strictly: each mistake is an error with its place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from matrix.catalog import toml
from matrix.causes.known_cause import CROSSINGS, Condition, Example, KnownCause, Signature
from matrix.errors import ConfigError
from matrix.model import Group

FILE = Path(__file__).with_name("causes.toml")

Table = Mapping[str, Any]

_TEXTS = ("id", "title", "explanation", "advice", "package", "since")
_KEYS = {*_TEXTS, "links", "signature", "example"}
_SIGNATURE_LISTS = ("stages", "exceptions", "estimators", "formats")
_SIGNATURE_KEYS = {
    *_SIGNATURE_LISTS,
    *("group", "message", "frame", "share", "direction", "writer", "reader"),
}
_GROUPS = {"changes": Group.CHANGES, "fails": Group.FAILS}
_ID = re.compile(r"[a-z0-9]+(?:[.-][a-z0-9]+)*")


@cache
def known() -> tuple[KnownCause, ...]:
    """Return the causes in the package, in the order of the file."""
    return read(FILE)


@cache
def by_id() -> Mapping[str, KnownCause]:
    """Return the causes in the package, by id."""
    return {cause.id: cause for cause in known()}


def read(path: Path) -> tuple[KnownCause, ...]:
    """Read a file of causes.

    Raises:
        ConfigError: the file cannot be read, or has a mistake; the message says where.
    """
    try:
        document = toml.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(path, "", f"is not a file of causes: {error}") from None
    tables = document.get("cause", [])
    if set(document) - {"cause"} or not isinstance(tables, list):
        raise ConfigError(path, "", "must have only [[cause]] tables")
    found: dict[str, KnownCause] = {}
    for number, table in enumerate(tables):
        try:
            cause = _cause(table)
            if cause.id in found:
                raise ValueError(f"duplicate id {cause.id}")  # noqa: TRY301
        except (ValueError, InvalidRequirement) as error:
            name = table.get("id", number) if isinstance(table, dict) else number
            raise ConfigError(path, f"cause.{name}", str(error)) from None
        found[cause.id] = cause
    return tuple(found.values())


def _cause(table: object) -> KnownCause:
    values = _table(table, _KEYS)
    texts = {key: _text(values, key, needed=key not in ("package", "since")) for key in _TEXTS}
    if not _ID.fullmatch(texts["id"]):
        raise ValueError("id must be lowercase words and digits, separated by hyphens or dots")
    if bool(texts["package"]) != bool(texts["since"]):
        raise ValueError("package and since must be set together")
    if texts["since"]:
        _version(texts["since"])
    links = _list(values, "links")
    if not all(link.startswith("https://") for link in links):
        raise ValueError("links must begin with https://")
    signatures = values.get("signature")
    if not isinstance(signatures, list) or not signatures:
        raise ValueError("needs a [[cause.signature]]")
    return KnownCause(
        **texts,
        links=links,
        signatures=tuple(_signature(one, texts["package"]) for one in signatures),
        example=_example(values.get("example")),
    )


def _signature(table: object, package: str) -> Signature:
    values = _table(table, _SIGNATURE_KEYS)
    group = _one_of(values, "group", _GROUPS)
    if group is None:
        raise ValueError("a signature needs a group: changes or fails")
    direction = _one_of(values, "direction", {one.value: one for one in CROSSINGS})
    if direction is not None and not package:
        raise ValueError("a direction needs a release: set package and since")
    if not (values.keys() & {"message", "frame", "estimators"}):
        raise ValueError(
            "a signature needs a message, a frame or estimators: otherwise it matches too much"
        )
    return Signature(
        group=group,
        message=_pattern(values, "message"),
        frame=_pattern(values, "frame"),
        share=_share(values),
        direction=direction,
        writer=tuple(map(_condition, _list(values, "writer"))),
        reader=tuple(map(_condition, _list(values, "reader"))),
        **{key: _list(values, key) for key in _SIGNATURE_LISTS},
    )


def _example(table: object) -> Example:
    values = _table(table, {"pipeline", "writer", "reader", "format"})
    for key in ("pipeline", "writer", "reader"):
        _text(values, key, needed=True)
    return Example(**{key: _text(values, key, needed=True) for key in values})


def _table(value: object, keys: set[str]) -> Table:
    if not isinstance(value, dict):
        raise ValueError("must be a table")  # noqa: TRY004 (an error in a file, not in a call)
    unknown = sorted(value.keys() - keys)
    if unknown:
        raise ValueError(f"unknown key {unknown[0]!r}; known: {', '.join(sorted(keys))}")
    return value


def _text(table: Table, key: str, *, needed: bool) -> str:
    value = table.get(key, "")
    if not isinstance(value, str) or (needed and not value.strip()):
        raise ValueError(f"{key} must be a string")
    return value


def _list(table: Table, key: str) -> tuple[str, ...]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
        raise ValueError(f"{key} must be a list of strings")
    return tuple(value)


def _one_of(table: Table, key: str, values: Mapping[str, Any]) -> Any:
    value = table.get(key)
    if value is None:
        return None
    if not isinstance(value, str) or value not in values:
        raise ValueError(f"{key} must be one of {', '.join(values)}")
    return values[value]


def _pattern(table: Table, key: str) -> re.Pattern[str] | None:
    text = _text(table, key, needed=False)
    try:
        return re.compile(text) if text else None
    except re.error as error:
        raise ValueError(f"{key} is not a regular expression: {error}") from None


def _share(table: Table) -> float:
    value = table.get("share", 1.0)
    if not isinstance(value, float) or not 0 < value <= 1:
        raise ValueError("share must be a float above 0.0, and at most 1.0")
    return value


def _condition(text: str) -> Condition:
    requirement = Requirement(text)
    if requirement.marker or requirement.extras or requirement.url or not requirement.specifier:
        raise ValueError(f"{text!r} must be a package with versions, such as numpy>=2")
    return Condition(package=canonicalize_name(requirement.name), versions=requirement.specifier)


def _version(text: str) -> None:
    try:
        Version(text)
    except InvalidVersion:
        raise ValueError(f"since: {text!r} is not a version") from None
