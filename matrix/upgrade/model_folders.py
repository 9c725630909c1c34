"""Folders that are a model: of MLflow, of Hugging Face with skops, of TensorFlow.

Such a folder says which of its files is the model, which packages saved it, and what its input
looks like. All of that is data: no file of the folder is run, only versions of packages that the
model needs anyway are taken from its requirements, and no file outside of it is read.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from matrix.errors import UsageError
from matrix.upgrade.answer import ExampleRows, Problem, StatedOrigin
from matrix.user_files import read_bounded

MLFLOW = "MLmodel"
HUGGING_FACE = "config.json"
SAVED_MODEL = "saved_model.pb"
_LARGEST = 4 * 1024 * 1024
_LARGEST_YAML = 1024 * 1024
_MOST_PACKAGES = 1000
_MOST_ROWS = 1000
_MOST_COLUMNS = 10_000
_PIN = re.compile(
    r"\s*([A-Za-z0-9][\w.-]{0,60})(?:\[[\w\s,.-]{0,60}\])?\s*={1,3}\s*([0-9][\w.+!]{0,40})\s*(?:[;#=].*)?"
)
"""``numpy==1.26.4``, and of conda ``numpy=1.26.4=py311h``."""
_TYPES = {
    "boolean": "boolean",
    "integer": "int32",
    "long": "int64",
    "float": "float32",
    "double": "float64",
    "string": "text",
    "datetime": "date",
}
"""The type of ``--dtypes`` by that of a signature of MLflow."""
_FLAVOURS = {
    "sklearn": ("pickled_model", "model_path"),
    "xgboost": ("data", "model_path"),
    "lightgbm": ("data", "model_path"),
    "catboost": ("data", "model_path"),
}
"""By flavour of MLflow, the fields that may name the file of the model."""
_VERSIONS = {
    "scikit-learn": "sklearn_version",
    "xgboost": "xgb_version",
    "lightgbm": "lgb_version",
    "catboost": "catboost_version",
}
"""By package, the field of a flavour with its version."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelFolder:
    """What a folder says about the model in it."""

    kind: str
    """What it is, with its article: ``an MLflow model``."""
    file: Path
    """The file of the model."""
    origin: StatedOrigin
    types: Mapping[str, str] = field(default_factory=dict)
    """By column of the input, its type as ``--dtypes`` takes it."""
    example: ExampleRows | None = None


def read_folder(folder: Path, names: list[str]) -> ModelFolder | Problem | None:
    """What a folder says about the model in it.

    Args:
        folder: the folder.
        names: of its files and folders.

    Returns:
        None if it is no folder of that kind; a problem if its model is not read.
    """
    for name, kind, read in _READERS:
        if name not in names:
            continue
        try:
            return read(folder)
        except _NoModelFolderError:
            continue
        except (UsageError, ValueError, TypeError, RecursionError, yaml.YAMLError) as error:
            text = (str(error).splitlines() or [type(error).__name__])[0]
            return Problem(
                message=f"it looks like {kind}, and its {name} cannot be read: {text[:200]}",
                advice="Name the file of the model in it, with --from for its origin.",
            )
    return None


class _NoModelFolderError(Exception):
    """The file is something else."""


# ------------------------------------------------------------------------ MLflow


def _mlflow(folder: Path) -> ModelFolder | Problem:
    document = _mapping(_yaml(_text(folder, MLFLOW)))
    flavours = _mapping(document.get("flavors"))
    flavour = next((name for name in _FLAVOURS if name in flavours), "")
    if not flavour:
        own = sorted(str(name) for name in flavours if name != "python_function")
        what = f"flavour {', '.join(own)[:200]}" if own else "code of its own (python_function)"
        return Problem(
            message=f"it is an MLflow model with {what}, which this tool does not read",
            advice="If a file in it is a saved scikit-learn model, name that file.",
        )
    fields = {**_mapping(flavours.get("python_function", {})), **_mapping(flavours[flavour])}
    named = [fields[key] for key in _FLAVOURS[flavour] if isinstance(fields.get(key), str)]
    if not named:
        raise ValueError(f"it names no file for the flavour {flavour}")
    pins, python, source = _mlflow_pins(folder)
    python = python or str(fields.get("python_version", ""))
    for package, field_name in _VERSIONS.items():
        stated = fields.get(field_name)
        if isinstance(stated, str):
            pins.setdefault(package, stated)
    return ModelFolder(
        kind="an MLflow model",
        file=_inside(folder, named[0]),
        origin=_origin(pins, python, source or MLFLOW),
        types=_signature(document),
        example=_mlflow_example(folder, document),
    )


def _mlflow_pins(folder: Path) -> tuple[dict[str, str], str, str]:
    """The exact versions of packages, the Python, and the file that has them."""
    python, pins, source = "", {}, ""
    if (folder / "python_env.yaml").is_file():
        python = str(_mapping(_yaml(_text(folder, "python_env.yaml"))).get("python", ""))
    if (folder / "conda.yaml").is_file():
        conda = _mapping(_yaml(_text(folder, "conda.yaml")))
        pins, source = dict(_pins(_conda_lines(conda))), "conda.yaml"
        python = python or pins.get("python", "")
    if (folder / "requirements.txt").is_file():
        pins |= dict(_pins(_text(folder, "requirements.txt").splitlines()))
        source = "requirements.txt"
    return pins, python, source


def _conda_lines(document: Mapping[str, Any]) -> Iterator[str]:
    for entry in _list(document.get("dependencies", [])):
        if isinstance(entry, str):
            yield entry
        elif isinstance(entry, dict):
            yield from (line for line in _list(entry.get("pip", [])) if isinstance(line, str))


def _signature(document: Mapping[str, Any]) -> dict[str, str]:
    """The types of named columns in the signature; tensors and nested types have none."""
    signature = document.get("signature")
    inputs = signature.get("inputs") if isinstance(signature, dict) else None
    columns = json.loads(inputs) if isinstance(inputs, str) else inputs or []
    found = {}
    for column in _list(columns)[:_MOST_COLUMNS]:
        if isinstance(column, dict) and isinstance(column.get("name"), str):
            kind = str(column.get("type"))
            if kind in _TYPES:
                found[column["name"]] = _TYPES[kind]
    return found


def _mlflow_example(folder: Path, document: Mapping[str, Any]) -> ExampleRows | None:
    """The input example, if it is a plain table or array."""
    stated = document.get("saved_input_example_info")
    name = stated.get("artifact_path") if isinstance(stated, dict) else None
    if not isinstance(name, str):
        return None
    try:
        found = json.loads(_inside(folder, name).read_bytes()[:_LARGEST])
    except (OSError, ValueError, RecursionError):
        return None
    if isinstance(found, dict) and isinstance(found.get("inputs"), list):
        return _example(None, found["inputs"])
    if isinstance(found, dict) and "data" in found:
        return _example(found.get("columns"), found["data"])
    return _example(None, found)


def _example(columns: object, data: object) -> ExampleRows | None:
    rows = data[:_MOST_ROWS] if isinstance(data, list) else []
    if not rows or not all(isinstance(row, list) and row for row in rows):
        return None
    width = len(rows[0])
    plain = all(len(row) == width and all(_is_plain(one) for one in row) for row in rows)
    if not plain or width > _MOST_COLUMNS:
        return None
    if columns is None:
        return ExampleRows(columns=(), rows=tuple(map(tuple, rows)))
    names = [one for one in _list(columns) if isinstance(one, str)]
    if len(names) != width or len(set(names)) != width:
        return None
    return ExampleRows(columns=tuple(names), rows=tuple(map(tuple, rows)))


def _is_plain(value: object) -> bool:
    return value is None or isinstance(value, (str, int, float, bool))


# ------------------------------------------------------------------------ Hugging Face


def _hugging_face(folder: Path) -> ModelFolder | Problem:
    document = json.loads(_text(folder, HUGGING_FACE))
    stated = document.get("sklearn") if isinstance(document, dict) else None
    if not isinstance(stated, dict):
        raise _NoModelFolderError
    model = stated.get("model")
    name = model.get("file") if isinstance(model, dict) else stated.get("model_file")
    if not isinstance(name, str):
        raise TypeError("it names no file of a model")
    lines = [line for line in _list(stated.get("environment", [])) if isinstance(line, str)]
    pins = dict(_pins(lines))
    example = None
    table = stated.get("example_input")
    if isinstance(table, dict) and all(isinstance(one, list) for one in table.values()):
        rows = [list(row) for row in zip(*table.values(), strict=False)]
        example = _example(list(table), rows)
    return ModelFolder(
        kind="a Hugging Face repository",
        file=_inside(folder, name),
        origin=_origin(pins, pins.get("python", ""), HUGGING_FACE),
        example=example,
    )


def _saved_model(folder: Path) -> ModelFolder | Problem:
    return Problem(
        message="it is a SavedModel of TensorFlow: a program that may read and write files, and is "
        "not loaded here",
        advice='Save the model with model.save("model.keras"), and check that file. A matrix '
        "compares models that Keras exports in the format keras-export.",
    )


_READERS: tuple[tuple[str, str, Callable[[Path], ModelFolder | Problem]], ...] = (
    (MLFLOW, "an MLflow model", _mlflow),
    (HUGGING_FACE, "a Hugging Face repository", _hugging_face),
    (SAVED_MODEL, "a SavedModel of TensorFlow", _saved_model),
)
"""By file, what a folder with it is, and its reader."""


# ------------------------------------------------------------------------ both


def _origin(pins: Mapping[str, str], python: str, source: str) -> StatedOrigin:
    version = re.match(r"\s*(?:==?)?\s*(3\.\d{1,2})(?:\.|\s|$)", python)
    others = {name: pin for name, pin in pins.items() if name not in ("scikit-learn", "python")}
    return StatedOrigin(
        scikit_learn=pins.get("scikit-learn", ""),
        python=version[1] if version else "",
        pins=tuple(f"{name}=={pin}" for name, pin in sorted(others.items())),
        source=source,
    )


def _pins(lines: list[str] | Iterator[str]) -> Iterator[tuple[str, str]]:
    """The packages and exact versions in lines of requirements; all other lines are left out."""
    for number, line in enumerate(lines):
        found = _PIN.fullmatch(line)
        if found is None or number > _MOST_PACKAGES:
            continue
        try:
            yield str(canonicalize_name(found[1])), str(Version(found[2]))
        except InvalidVersion:
            continue


def _inside(folder: Path, name: str) -> Path:
    """A file that a folder names.

    Raises:
        ValueError: it is not in the folder, when links are followed, or is no regular file.
    """
    path = folder / name
    real, root = os.path.realpath(path), os.path.realpath(folder)
    if Path(name).is_absolute() or "\\" in name or os.path.commonpath([real, root]) != root:
        raise ValueError(f"it names {name[:100]!r}, which is outside of the folder")
    if not Path(real).is_file():
        raise ValueError(f"it names {name[:100]!r}, which is not there")
    return path


def _text(folder: Path, name: str) -> str:
    return read_bounded(_inside(folder, name), _LARGEST).decode("utf-8-sig")


class _Loader(yaml.SafeLoader):
    """Plain data only. Merge keys, which can grow a small file without a bound, are refused."""

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        if any(key.tag == "tag:yaml.org,2002:merge" for key, _ in node.value):
            raise yaml.constructor.ConstructorError(None, None, "it has a merge key", None)


def _yaml(text: str) -> Any:
    if len(text) > _LARGEST_YAML:
        raise ValueError(f"it has more than {_LARGEST_YAML:,} characters")
    return yaml.load(text, _Loader)  # noqa: S506  (a SafeLoader)


def _mapping(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError("a mapping is missing")
    return value


def _list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError("a list is missing")
    return value
