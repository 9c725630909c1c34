"""Reports read back, each by a reader that knows its format and not how it was made."""

from __future__ import annotations

import base64
import csv
import io
import json
import re
import zlib
from collections import Counter
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import xmlschema
from junitparser import JUnitXml
from markdown_it import MarkdownIt
from sarif_pydantic import Sarif

from matrix.model import Matrix
from matrix.report import FORMATS

HERE = Path(__file__).parent
JUNIT = xmlschema.XMLSchema(str(HERE / "junit-10.xsd"))
"""That of Jenkins' xUnit plugin (MIT licence), which other CI systems keep to as well."""
_SARIF = jsonschema.Draft7Validator(
    json.loads((HERE / "sarif-2.1.0-part.json").read_text("utf-8")),
    format_checker=jsonschema.Draft7Validator.FORMAT_CHECKER,
)
SVG = "{http://www.w3.org/2000/svg}"


def written(matrix: Matrix, name: str) -> str:
    """A report as a file holds it."""
    stream = io.StringIO(newline="\n")
    FORMATS[name](matrix, stream)
    text = stream.getvalue()
    text.encode("utf-8")
    return text


def unpacked(text: str) -> Any:
    """What a block of the page holds: JSON, compressed, in base64."""
    return json.loads(zlib.decompress(base64.b64decode(text)))


def embedded(page: str) -> dict[str, list[Any]]:
    """The blocks of data in a page, by kind."""
    found: dict[str, list[Any]] = {}
    block = re.compile(r'<script[^<>]* data-kind="([^"<>]*)"[^<>]*>([\w+/=]*)</script>', re.ASCII)
    for kind, text in block.findall(page):
        found.setdefault(kind, []).append(unpacked(text))
    return found


def csv_rows(text: str) -> list[dict[str, str]]:
    """The rows by the names in the header; each has all of them, and no more."""
    assert text.replace("\r\n", "").count("\r") == text.replace("\r\n", "").count("\n") == 0
    rows = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
    assert all(None not in row and None not in row.values() for row in rows)
    return rows


def junit(text: str) -> JUnitXml:
    """Return the suites; each must match the schema."""
    JUNIT.validate(text)
    found = JUnitXml.fromstring(text.encode())
    assert isinstance(found, JUnitXml)
    return found


def sarif(text: str) -> dict[str, Any]:
    """The one run, held to the standard's schema, by hand and by a library for SARIF."""
    log = strict_json(text)
    _SARIF.validate(log)
    Sarif.model_validate(log)
    (run,) = log["runs"]
    assert isinstance(run, dict)
    return run


def strict_json(text: str) -> Any:
    """JSON without the numbers that it does not have."""

    def refuse(literal: str) -> None:
        raise AssertionError(f"{literal} is not JSON")

    return json.loads(text, parse_constant=refuse)


def svg_text(text: str) -> str:
    """What is to be read in a picture."""
    drawn = ElementTree.fromstring(text)
    assert drawn.tag == f"{SVG}svg"
    return " ".join("".join(each.itertext()) for each in drawn.iter(f"{SVG}text")).replace(
        "\xa0", " "
    )


def markdown_tokens(text: str) -> list[Any]:
    """Return the visible text of GitHub Markdown, block by block."""
    reader = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    return [each for token in reader.parse(text) for each in (token, *(token.children or []))]


def verdicts(rows: list[dict[str, str]]) -> Counter[str]:
    return Counter(row["verdict"] for row in rows)
