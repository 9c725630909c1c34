"""JSON is strict, follows its published schema, and reads back as what was written."""

from __future__ import annotations

import io
import json
import math
from dataclasses import fields, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from made_up import small_matrix

from matrix.errors import StoreError
from matrix.model import (
    Cell,
    FileLine,
    Matrix,
    OutputDifference,
    Verdict,
    WarningSeen,
)
from matrix.model.codec import to_json
from matrix.report.json import read_json, schema, write_json
from matrix.report.json_stream import Document
from tests.strategies import MATRICES


def refuse(literal: str) -> None:
    """What strict readers of JSON do with NaN and Infinity."""
    raise AssertionError(f"{literal} is not JSON")


def closed(part: Any) -> Any:
    """The schema with every object closed: a field that it does not name is a mistake here."""
    if isinstance(part, dict):
        more = {"additionalProperties": False} if "properties" in part else {}
        return {**more, **{key: closed(value) for key, value in part.items()}}
    return [closed(item) for item in part] if isinstance(part, list) else part


VALIDATOR = jsonschema.Draft202012Validator(
    closed(schema()), format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
)


def written(matrix: Matrix) -> str:
    stream = io.StringIO()
    write_json(matrix, stream)
    return stream.getvalue()


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(MATRICES)
def test_what_is_written_is_strict_valid_and_reads_back_the_same(
    tmp_path: Path, matrix: Matrix
) -> None:
    """Any text, any number, NaN and infinities too."""
    text = written(matrix)
    document = json.loads(text, parse_constant=refuse)
    VALIDATOR.validate(document)
    assert sum(document["counts"].values()) == len(document["cells"])
    path = tmp_path / "result.json"
    path.write_text(text, encoding="utf-8")
    back = read_json(path)
    assert repr(replace_cells(back)) == repr(replace_cells(matrix))  # NaN is not equal to itself


def replace_cells(matrix: Matrix) -> Matrix:
    return replace(matrix, cells=list(matrix.cells))


def test_the_published_schema_is_a_schema() -> None:
    """And it leaves room for fields to come."""
    jsonschema.Draft202012Validator.check_schema(schema())
    document = json.loads(written(small_matrix()))
    document["new"] = document["cells"][0]["new"] = 1
    jsonschema.Draft202012Validator(schema()).validate(document)


def test_the_schema_refuses_what_is_wrong() -> None:
    """A schema that accepts anything would pass every other test here."""
    document = json.loads(written(small_matrix()))
    VALIDATOR.validate(document)
    document["cells"][0]["verdict"] = "fine"
    with pytest.raises(jsonschema.ValidationError, match="'fine' is not one of"):
        VALIDATOR.validate(document)


def test_the_fields_that_others_rely_on() -> None:
    """As the design names them."""
    document = json.loads(written(small_matrix()))
    assert set(document) >= {
        *("schema_version", "started", "finished", "environments", "pipelines", "cells"),
        *("counts", "self_check"),
    }
    assert document["environments"][0]["spec"].keys() >= {"python", "requirements", "as_of"}
    assert document["environments"][0]["info"].keys() >= {"python", "platform", "packages"}
    assert [found["status"] for found in document["environments"]] == ["ready"] * 5 + [
        "unavailable"
    ]
    assert document["pipelines"][0].keys() >= {"id", "source", "tags"}
    changed = next(c for c in document["cells"] if c["verdict"] == "labels-changed")
    assert changed["outputs"]["predict"].keys() >= {
        *("verdict", "max_abs", "max_rel", "n_changed", "n")
    }
    assert changed["before"]["classes"][1]["recall"] == 0.9
    assert changed["after"]["classes"][1]["recall"] == 0.1


def test_every_field_of_a_cell_is_written() -> None:
    """A field that is added to the model must not be lost here."""
    cell = next(iter(small_matrix().cells))
    assert {field.name for field in fields(Cell)} <= set(to_json(cell))


def test_warnings_are_named_once_and_kept_whole() -> None:
    """Readers count classes; the texts stand beside them."""
    seen = tuple(
        WarningSeen(category="UserWarning", message=text, stage="load") for text in ("a", "b")
    )
    data = to_json(replace(next(iter(small_matrix().cells)), warnings=seen))
    assert data["warnings"] == ["UserWarning"]
    assert [warning["message"] for warning in data["warning_details"]] == ["a", "b"]


SCHEMA = schema()


def oldest(value: Any, part: Any) -> Any:
    """A document with nothing but what the schema requires: what the first of a version had."""
    if "$ref" in part:
        return oldest(value, SCHEMA["$defs"][part["$ref"].rpartition("/")[2]])
    if "anyOf" in part:
        some = [one for one in part["anyOf"] if one.get("type") != "null"]
        return None if value is None else oldest(value, some[0])
    if isinstance(value, list):
        return [oldest(one, part.get("items", {})) for one in value]
    if not isinstance(value, dict):
        return value
    known, required = part.get("properties", {}), part.get("required", ())
    rest = part.get("additionalProperties")
    return {
        name: oldest(one, known.get(name) or (rest if isinstance(rest, dict) else {}))
        for name, one in value.items()
        if name in required or name not in known
    }


@settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(MATRICES)
def test_a_result_without_the_fields_that_the_schema_does_not_require_is_read(
    tmp_path: Path, matrix: Matrix
) -> None:
    """An earlier result of the same version lacks what was added later."""
    document = oldest(json.loads(written(matrix)), SCHEMA)
    assert "framework" not in json.dumps([one["spec"] for one in document["environments"]])
    path = tmp_path / "result.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    assert len(list(read_json(path).cells)) == len(document["cells"])


def test_the_place_of_a_requirement_survives(tmp_path: Path) -> None:
    """Though environments are the same wherever they are asked for."""
    first, *rest = small_matrix().environments
    place = FileLine(file=Path("requirements.txt"), line=3)
    there = replace(first, spec=replace(first.spec, place=place))
    path = tmp_path / "result.json"
    path.write_text(written(replace(small_matrix(), environments=(there, *rest))), "utf-8")
    assert read_json(path).environments[0].spec.place == place


def test_a_time_zone_survives(tmp_path: Path) -> None:
    """A time without its zone would move with the reader."""
    path = tmp_path / "result.json"
    path.write_text(written(small_matrix()))
    assert read_json(path).started == datetime(2026, 11, 20, 9, 30, tzinfo=timezone.utc)


def test_cells_may_be_read_twice_and_the_file_may_not_change_between(tmp_path: Path) -> None:
    """Two passes over two different files would show a result that never was."""
    path = tmp_path / "result.json"
    path.write_text(written(small_matrix()))
    matrix = read_json(path)
    assert list(matrix.cells) == list(matrix.cells) == list(small_matrix().cells)
    path.write_text(written(small_matrix()) + "\n")
    with pytest.raises(StoreError, match="changed while it was being read"):
        list(matrix.cells)


def test_a_reader_of_other_json_is_served_too(tmp_path: Path) -> None:
    """Indented, sorted, with the cells first: the order of members means nothing."""
    document = json.loads(written(small_matrix()))
    path = tmp_path / "result.json"
    path.write_text(json.dumps(document, indent=4, sort_keys=True, ensure_ascii=False))
    assert list(read_json(path).cells) == list(small_matrix().cells)


@pytest.mark.parametrize("chunk", [1, 2, 3, 7, 100])
def test_a_value_may_be_cut_anywhere_while_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    """A number, a word or a string that goes on behind what was read is read whole."""
    monkeypatch.setattr("matrix.report.json_stream._CHUNK", chunk)
    path = tmp_path / "any.json"
    path.write_text(
        ' {"a" : 12345 , "cells": [10, 2.5e3,true ,"\\u00e9é", [], {"b":-1}],"c":null} \n'
    )
    assert list(Document(path, "cells").members()) == [
        ("a", 12345),
        *(("cells", item) for item in (10, 2500.0, True, "éé", [], {"b": -1})),
        ("c", None),
    ]


DAMAGES = {
    "cut": (lambda text: text[:5000], "not a whole JSON document"),
    "empty": (lambda text: "", "not a whole JSON document"),
    "twice": (lambda text: text + text, "something follows the end"),
    "nan": (lambda text: text.replace('"n_identical":4', '"n_identical":NaN', 1), "NaN"),
    "array": (lambda text: "[]", "'{' expected"),
    "deep": (lambda text: '{"a":' + "[" * 200_000, "not a whole JSON document"),
    "later": (lambda text: text.replace('"schema_version":2', '"schema_version":3'), "version 3"),
    "verdict": (lambda text: text.replace('"identical"', '"fine"', 1), r"cells\[0\]: 'fine'"),
    "missing": (lambda text: text.replace('"silent"', '"loud"', 1), r"cells\[0\]: 'silent' is mis"),
    "kind": (lambda text: text.replace('"writer":"', '"writer":5,"w":"', 1), "5 is not a string"),
    "top": (lambda text: text.replace('"started"', '"begun"', 1), "'started' is missing"),
    "none": (lambda text: "{}", "'schema_version' is missing"),
}


@pytest.mark.parametrize("kind", DAMAGES)
def test_a_damaged_file_is_an_error(tmp_path: Path, kind: str) -> None:
    """One error, that names the file and the place."""
    damage, expected = DAMAGES[kind]
    path = tmp_path / "result.json"
    path.write_text(damage(written(small_matrix())))
    with pytest.raises(StoreError, match=expected) as caught:
        read_json(path)
    assert str(path) in caught.value.message


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    """No traceback for a wrong path."""
    with pytest.raises(StoreError, match="No such file"):
        read_json(tmp_path / "none.json")


def test_numbers_that_json_does_not_have_are_words() -> None:
    """Strict readers would refuse the whole file for one NaN."""
    cell = next(iter(small_matrix().cells))
    difference = OutputDifference(
        verdict=Verdict.SCORES_CHANGED, max_abs=math.nan, max_rel=-math.inf
    )
    data = to_json(replace(cell, outputs={"predict": difference}))
    assert data["outputs"]["predict"]["max_abs"] == "NaN"
    assert data["outputs"]["predict"]["max_rel"] == "-Infinity"
