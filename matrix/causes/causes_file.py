"""Reads the file of known causes strictly: each mistake is an error with its place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from matrix.catalog import toml
from matrix.catalog.toml_table import TomlTable
from matrix.causes.known_cause import (
    CROSSINGS,
    Condition,
    Example,
    KnownCause,
    LaterCompiled,
    Pattern,
    Signature,
)
from matrix.errors import ConfigError
from matrix.model import Group

FILE = Path(__file__).with_name("causes.toml")

_KEYS = (
    *("id", "title", "explanation", "advice", "package", "since", "links"),
    *("signature", "example", "migrate", "bridges", "conversions"),
)
_SIGNATURE_LISTS = ("stages", "exceptions", "estimators", "formats")
_SIGNATURE_KEYS = (
    *_SIGNATURE_LISTS,
    *("group", "message", "frame", "table", "share", "direction", "writer", "reader"),
)
_GROUPS = {"changes": Group.CHANGES, "fails": Group.FAILS}
_ID = re.compile(r"[a-z0-9]+(?:[.-][a-z0-9]+)*")


@cache
def known() -> tuple[KnownCause, ...]:
    """Return the causes in the package, in the order of the file."""
    return read(FILE, compiled=False)


@cache
def by_id() -> Mapping[str, KnownCause]:
    """Return the causes in the package, by id."""
    return {cause.id: cause for cause in known()}


def read(path: Path, *, compiled: bool = True) -> tuple[KnownCause, ...]:
    """Read a file of causes.

    Args:
        path: of the file.
        compiled: compile regular expressions now, which finds mistakes in them.

    Raises:
        ConfigError: the file cannot be read, or has a mistake; the message says where.
    """
    try:
        document = toml.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(path, "", f"is not a file of causes: {error}") from None
    if set(document) - {"cause"}:
        raise ConfigError(path, "", "must have only [[cause]] tables")
    found: dict[str, KnownCause] = {}
    for table in TomlTable(path, "", document).tables("cause"):
        cause = _cause(table, compiled=compiled)
        if cause.id in found:
            raise table.error("id", f"duplicate id {cause.id}")
        found[cause.id] = cause
    return tuple(found.values())


def _cause(table: TomlTable, *, compiled: bool) -> KnownCause:
    table.only(_KEYS)
    id_ = table.required("id", check=_check_id)
    named = TomlTable(table.source, f"cause.{id_}", table.value)  # errors name the cause
    package, since = named.text("package"), named.text("since", check=_check_version)
    if bool(package) != bool(since):
        raise named.error("package" if since else "since", "package and since must be set together")
    signatures = named.tables("signature")
    if not signatures:
        raise named.error("signature", "needs a [[cause.signature]]")
    return KnownCause(
        id=id_,
        **{key: named.required(key) for key in ("title", "explanation", "advice")},
        package=package,
        since=since,
        links=named.texts("links", check=_check_link),
        signatures=tuple(_signature(one, package, compiled=compiled) for one in signatures),
        example=_example(named.table("example")),
        migrate=named.flag("migrate"),
        bridges=named.texts("bridges", check=_check_version),
        conversions=named.texts("conversions", check=_check_id),
    )


def _signature(table: TomlTable, package: str, *, compiled: bool) -> Signature:
    table.only(_SIGNATURE_KEYS)
    group = table.choice("group", _GROUPS)
    if group is None:
        raise table.error("group", "a signature needs a group: changes or fails")
    direction = table.choice("direction", {one.value: one for one in CROSSINGS})
    if direction is not None and not package:
        raise table.error("direction", "a direction needs a release: set package and since")
    if not ({*table} & {"message", "frame", "table", "estimators"}):
        raise table.error(
            "message",
            "a signature needs a message, a frame, a table or estimators: otherwise it matches too "
            "much",
        )
    return Signature(
        group=group,
        message=_pattern(table, "message", compiled=compiled),
        frame=_pattern(table, "frame", compiled=compiled),
        table=_pattern(table, "table", compiled=compiled),
        share=_share(table),
        direction=direction,
        writer=table.parsed("writer", _condition),
        reader=table.parsed("reader", _condition),
        **{key: table.texts(key) for key in _SIGNATURE_LISTS},
    )


def _example(table: TomlTable) -> Example:
    table.only(("pipeline", "writer", "reader", "format", "set"))
    return Example(
        pipeline=table.required("pipeline"),
        writer=table.required("writer"),
        reader=table.required("reader"),
        format=table.text("format", "joblib"),
        set=table.text("set", "default"),
    )


def _check_id(text: str) -> None:
    if not _ID.fullmatch(text):
        raise ValueError("id must be lowercase words and digits, separated by hyphens or dots")


def _check_version(text: str) -> None:
    try:
        Version(text)
    except InvalidVersion:
        raise ValueError(f"{text!r} is not a version") from None


def _check_link(text: str) -> None:
    if not text.startswith("https://"):
        raise ValueError("links must begin with https://")


def _pattern(table: TomlTable, key: str, *, compiled: bool) -> Pattern | None:
    if not compiled:
        text = table.text(key)
        return LaterCompiled(text) if text else None
    text = table.text(key, check=_compiled)
    return _compiled(text) if text else None


def _compiled(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise ValueError(f"is not a regular expression: {error}") from None


def _share(table: TomlTable) -> float:
    share = table.number("share", 1.0)
    if not 0 < share <= 1:
        raise table.error("share", f"must be above 0.0, and at most 1.0, not {share:g}")
    return share


def _condition(text: str) -> Condition:
    requirement = Requirement(text)  # whose errors are ValueErrors
    if requirement.marker or requirement.extras or requirement.url or not requirement.specifier:
        raise ValueError(f"{text!r} must be a package with versions, such as numpy>=2")
    return Condition(package=canonicalize_name(requirement.name), versions=requirement.specifier)
