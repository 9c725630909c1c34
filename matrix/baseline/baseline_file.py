"""A baseline on disk: TOML, sorted, one line an entry, to be read in a diff."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from matrix.baseline import ranges
from matrix.baseline.baseline import Baseline
from matrix.catalog import toml
from matrix.errors import ConfigError
from matrix.model import Acceptance, CellKey, Verdict

SCHEMA = 1

_HEAD = """\
# What is known and accepted: `run --baseline` with this file fails only on what is new or worse.
# `baseline update` writes `known` and `environments` anew, and keeps `accepted`, which is yours:
#   { pipelines = "mlp_*", writers = "1.3", readers = "1.8", reason = "#12", until = 2027-01-31 },
# with globs, each of which may be left out: pipelines, formats, writers, readers, verdicts.
"""
_GLOBS = ("pipelines", "formats", "writers", "readers", "verdicts")


def written(known: Baseline) -> str:
    """The text of the file; the same for the same, whatever the order of cells was."""
    ids = ranges.in_order(id_ for _, _, *pair in known.verdicts for id_ in pair)
    environments = ranges.names(ids)
    lines = [
        _HEAD,
        f"schema = {SCHEMA}\n",
        *_array("accepted", map(_acceptance, known.acceptances)),
        *_array("known", (_quoted(line) for line in _known(known.verdicts, environments))),
        "[environments]",
        *(f"{_quoted(name)} = {_quoted(id_)}" for name, id_ in environments.items()),
    ]
    return "\n".join(lines) + "\n"


def _array(name: str, items: Iterable[str]) -> Iterator[str]:
    yield f"{name} = ["
    yield from (f"  {item}," for item in items)
    yield "]\n"


def _acceptance(one: Acceptance) -> str:
    said = [f"{name} = {_quoted(getattr(one, name))}" for name in _GLOBS if _said(one, name)]
    rest = [f"reason = {_quoted(one.reason)}", f"until = {one.until.isoformat()}"]
    return f"{{ {', '.join([*said, *rest])} }}"


def _said(one: Acceptance, name: str) -> bool:
    return bool(getattr(one, name) != "*")


def _quoted(text: str) -> str:
    """A basic string of TOML: JSON escapes all that it must, but for one character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _known(verdicts: Mapping[CellKey, Verdict], environments: Mapping[str, str]) -> list[str]:
    """A line for each pipeline and verdict; formats where the same holds share it."""
    pairs: dict[tuple[str, str, Verdict], list[tuple[str, str]]] = {}
    for (pipeline, format_, writer, reader), verdict in verdicts.items():
        pairs.setdefault((pipeline, format_, verdict), []).append((writer, reader))
    formats: dict[tuple[str, Verdict, str], list[str]] = {}
    for (pipeline, format_, verdict), found in pairs.items():
        text = ranges.written(ranges.blocks(found), environments)
        formats.setdefault((pipeline, verdict, text), []).append(format_)
    return sorted(
        f"{pipeline} {','.join(sorted(together))} {verdict.value}: {text}"
        for (pipeline, verdict, text), together in formats.items()
    )


def read(path: Path) -> Baseline:
    """Read a baseline.

    Raises:
        ConfigError: it cannot be read, is of another schema, or has a mistake, with its place.
    """
    document = _document(path)
    if document.get("schema") != SCHEMA:
        raise ConfigError(
            path,
            "schema",
            f"{document.get('schema')!r} cannot be read here",
            advice=f"This version of the tool reads schema {SCHEMA}; `baseline update` writes it "
            "to a new file.",
        )
    unknown = sorted(document.keys() - {"schema", "accepted", "known", "environments"})
    if unknown:
        raise ConfigError(path, unknown[0], "unknown key")
    environments = _table(path, document)
    verdicts: dict[CellKey, Verdict] = {}
    for number, line in enumerate(_list(path, document, "known")):
        try:
            verdicts.update(_line(line, environments))
        except ValueError as error:
            raise ConfigError(path, f"known[{number}]", str(error)) from None
    acceptances = []
    for number, entry in enumerate(_list(path, document, "accepted")):
        try:
            acceptances.append(_accepted(entry))
        except ValueError as error:
            raise ConfigError(path, f"accepted[{number}]", str(error)) from None
    return Baseline(source=str(path), verdicts=verdicts, acceptances=tuple(acceptances))


def _document(path: Path) -> dict[str, Any]:
    try:
        return toml.loads(path.read_bytes().decode("utf-8"))
    except OSError as error:
        advice = "`baseline update` writes it from the last run."
        problem = f"cannot be read: {error.strerror or error}"
        raise ConfigError(path, "", problem, advice=advice) from None
    except (ValueError, RecursionError) as error:
        raise ConfigError(path, "", f"is no baseline: {error}") from None


def _table(path: Path, document: Mapping[str, Any]) -> dict[str, str]:
    found = document.get("environments", {})
    if not isinstance(found, dict) or not all(isinstance(one, str) for one in found.values()):
        raise ConfigError(path, "environments", "must be a table of ids by name")
    return found


def _list(path: Path, document: Mapping[str, Any], key: str) -> list[Any]:
    found = document.get(key, [])
    if not isinstance(found, list):
        raise ConfigError(path, key, "must be a list")
    return found


def _line(line: object, environments: Mapping[str, str]) -> dict[CellKey, Verdict]:
    """The cells of a line; raises ValueError in words."""
    head, colon, text = line.partition(":") if isinstance(line, str) else ("", "", "")
    words = head.split()
    if not colon or len(words) != 3:
        raise ValueError("write PIPELINE FORMAT,FORMAT VERDICT: WRITERS > READERS; ...")
    pipeline, formats, name = words
    verdict = _verdict(name)
    pairs = ranges.read(text, environments)
    return {(pipeline, one, *pair): verdict for one in formats.split(",") for pair in pairs}


def _verdict(name: str) -> Verdict:
    try:
        verdict = Verdict(name)
    except ValueError:
        raise ValueError(f"there is no verdict {name!r}") from None
    if verdict.safe:
        raise ValueError(f"{name} is safe: there is nothing to accept")
    return verdict


def _accepted(entry: object) -> Acceptance:
    """An acceptance; raises ValueError in words."""
    if not isinstance(entry, dict):
        raise ValueError(  # noqa: TRY004 (a mistake in a file, not in a call)
            "must be a table: { pipelines = ..., reason = ..., until = ... }"
        )
    for key, value in entry.items():
        if key not in (*_GLOBS, "reason", "until"):
            raise ValueError(f"unknown key {key!r}; known: {', '.join(_GLOBS)}, reason, until")
        if key != "until" and not isinstance(value, str):
            raise ValueError(f"{key} must be a string")
    until = entry.get("until")
    if not isinstance(until, date) or isinstance(until, datetime):
        raise ValueError(  # noqa: TRY004
            "needs until, the last day that it holds: until = 2027-01-31"
        )
    if not entry.get("reason", "").strip():
        raise ValueError("needs its reason")
    if not any(entry.get(glob, "*") != "*" for glob in _GLOBS):
        raise ValueError("accepts everything: say pipelines, formats, writers, readers or verdicts")
    return Acceptance(**entry)
