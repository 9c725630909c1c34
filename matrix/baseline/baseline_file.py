"""A baseline on disk: TOML, sorted, one line an entry, to be read in a diff."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from matrix.baseline import ranges
from matrix.baseline.baseline import Baseline
from matrix.catalog import toml
from matrix.catalog.toml_table import TomlTable
from matrix.errors import ConfigError
from matrix.model import Acceptance, CellKey, Verdict

SCHEMA = 1

_HEAD = """\
# What is known and accepted: `run --baseline` with this file fails only on what is new or worse.
# `baseline update` writes `known` and `environments` anew, and keeps `accepted`, which is yours:
#   { pipelines = "mlp_*", writers = "1.3", readers = "1.8", reason = "#12", until = 2027-01-31 },
# with globs, each of which may be left out: pipelines, formats, writers, readers, verdicts.
"""
_WORD = re.compile(r"[^\s:\"]+")
_GLOBS = ("pipelines", "formats", "writers", "readers", "verdicts")


def written(known: Baseline) -> str:
    """The text of the file; it does not depend on the order of the cells."""
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
    """A basic string of TOML: JSON escapes every character that TOML requires, except one."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _known(verdicts: Mapping[CellKey, Verdict], environments: Mapping[str, str]) -> list[str]:
    """A line for each pipeline and verdict; formats with the same pairs share it."""
    pairs: dict[tuple[str, str, Verdict], list[tuple[str, str]]] = {}
    for (pipeline, format_, writer, reader), verdict in verdicts.items():
        pairs.setdefault((pipeline, format_, verdict), []).append((writer, reader))
    formats: dict[tuple[str, Verdict, str], list[str]] = {}
    for (pipeline, format_, verdict), found in pairs.items():
        text = ranges.written(ranges.blocks(found), environments)
        formats.setdefault((pipeline, verdict, text), []).append(format_)
    return sorted(
        f"{_name(pipeline)} {','.join(sorted(together))} {verdict.value}: {text}"
        for (pipeline, verdict, text), together in formats.items()
    )


def _name(pipeline: str) -> str:
    """A pipeline as one word: the path of a model is quoted if it has spaces or colons."""
    return pipeline if _WORD.fullmatch(pipeline) else json.dumps(pipeline, ensure_ascii=False)


def read(path: Path) -> Baseline:
    """Read a baseline.

    Raises:
        ConfigError: it cannot be read, has another schema, or an error; the message says where.
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
    table = TomlTable(path, "", document)
    table.only(("schema", "accepted", "known", "environments"))
    names = table.table("environments")
    environments = {name: names.text(name) for name in names}
    verdicts: dict[CellKey, Verdict] = {}
    for cells in table.parsed("known", lambda line: _line(line, environments)):
        verdicts.update(cells)
    acceptances = tuple(map(_accepted, table.tables("accepted")))
    return Baseline(source=str(path), verdicts=verdicts, acceptances=acceptances)


def _document(path: Path) -> dict[str, Any]:
    try:
        return toml.loads(path.read_bytes().decode("utf-8"))
    except OSError as error:
        advice = "`baseline update` writes it from the last run."
        problem = f"cannot be read: {error.strerror or error}"
        raise ConfigError(path, "", problem, advice=advice) from None
    except (ValueError, RecursionError) as error:
        raise ConfigError(path, "", f"is not a baseline: {error}") from None


def _line(line: str, environments: Mapping[str, str]) -> dict[CellKey, Verdict]:
    """The cells of a line.

    Raises:
        ValueError: the line has an error; the message is for people.
    """
    pipeline, rest = _first_word(line)
    head, colon, text = rest.partition(":")
    words = head.split()
    if not colon or len(words) != 2:
        raise ValueError("write PIPELINE FORMAT,FORMAT VERDICT: WRITERS > READERS; ...")
    formats, name = words
    verdict = _verdict(name)
    pairs = ranges.read(text, environments)
    return {(pipeline, one, *pair): verdict for one in formats.split(",") for pair in pairs}


def _first_word(line: str) -> tuple[str, str]:
    """The pipeline of a line, and the rest."""
    if line.startswith('"'):
        pipeline, end = json.JSONDecoder().raw_decode(line)
        return pipeline, line[end:]
    head, _, rest = line.strip().partition(" ")
    return head, rest


def _verdict(name: str) -> Verdict:
    try:
        verdict = Verdict(name)
    except ValueError:
        raise ValueError(f"there is no verdict {name!r}") from None
    if verdict.safe:
        raise ValueError(f"{name} is safe: there is nothing to accept")
    return verdict


def _accepted(table: TomlTable) -> Acceptance:
    table.only((*_GLOBS, "reason", "until"))
    globs = {glob: table.text(glob, "*") for glob in _GLOBS}
    if all(glob == "*" for glob in globs.values()):
        raise table.error(
            "pipelines",
            "the entry accepts everything",
            advice="Name pipelines, formats, writers, readers or verdicts.",
        )
    return Acceptance(
        **globs,
        reason=table.required("reason"),
        until=table.day("until", advice="It is the last day that it holds: until = 2027-01-31"),
    )
