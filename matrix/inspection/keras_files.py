"""Read what a file of Keras shows without Keras: ``.keras`` (a zip archive) and ``.h5``.

Its configuration is JSON. It names the classes and functions that Keras looks up, which the gate
checks, and the version of Keras that saved it. Weights are not read.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from packaging.version import InvalidVersion, Version

from matrix.inspection.allowed_lists import keras_names
from matrix.inspection.hdf5 import root_attributes
from matrix.inspection.read_errors import COPY_AGAIN, DamageError, TooMuchError, UnreadableError
from matrix.inspection.result import InspectionLimits, ModelNode, Name, Note
from matrix.inspection.skops import ARCHIVE_ERRORS
from matrix.worker.compat_worker import keras_names as configuration

LOADER = Name("keras.saving", "load_model")
"""Stands for the compiled code that reads the weights."""
CONFIGURATION, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
_MOST_BYTES = 64 * 1024 * 1024
_MOST_LAYERS = 200
_ONLY_WEIGHTS = "is an HDF5 file without the configuration of a Keras model"
_WITH_CODE = (
    "a Lambda layer: its function, as code inside the file or by name, would run in the model"
)

_WITH_FILE = "the vocabulary of a layer is a file that the configuration names"


@dataclass(frozen=True, kw_only=True, slots=True)
class KerasFile:
    """What a file of Keras shows."""

    container: str
    """``keras`` or ``keras-h5``."""
    versions: Mapping[str, tuple[str, ...]]
    names: tuple[Name, ...]
    exact: tuple[Name, ...]
    """Those of the names that a configuration may refer to."""
    notes: tuple[Note, ...]
    root: ModelNode


def is_keras(members: frozenset[str]) -> bool:
    """Whether a zip archive with these members is a model of Keras."""
    return {CONFIGURATION, METADATA} <= members and WEIGHTS in members


def read_zip(file: BinaryIO, limits: InspectionLimits) -> KerasFile:
    """Read a ``.keras`` file.

    Raises:
        UnreadableError: it is damaged, too large, or has no configuration.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
            if len(set(names)) != len(names):
                raise DamageError("is an archive with two members of one name", advice=COPY_AGAIN)
            most = min(limits.unpacked, _MOST_BYTES)
            texts = [_member(archive, name, most) for name in (CONFIGURATION, METADATA)]
    except ARCHIVE_ERRORS as error:
        raise DamageError("is a damaged Keras model", advice=COPY_AGAIN) from error
    config, metadata = map(_json, texts)
    version = metadata.get("keras_version") if isinstance(metadata, dict) else None
    return _described("keras", [config], version)


def _member(archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    if archive.getinfo(name).file_size > most:
        raise TooMuchError(f"has {name} of more than {most:,} bytes")
    with archive.open(name) as stream:
        data = stream.read(most + 1)
    if len(data) > most:
        raise TooMuchError(f"has {name} of more than {most:,} bytes")
    return data


def read_hdf5(file: BinaryIO) -> KerasFile:
    """Read a ``.h5`` file.

    Raises:
        UnreadableError: it is damaged, or has no configuration.
    """
    found = root_attributes(file)
    if "model_config" not in found:
        raise UnreadableError(
            _ONLY_WEIGHTS,
            advice="Weights alone need the code that makes the model: use "
            'model.save("model.keras"), or compare them with your own code and load_weights.',
        )
    configs = [_json(found[name]) for name in ("model_config", "training_config") if name in found]
    return _described("keras-h5", configs, found.get("keras_version"))


def _json(text: str | bytes) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        problem = "is a Keras model with a configuration that is not JSON"
        raise DamageError(problem, advice=COPY_AGAIN) from error


def _described(container: str, configs: Sequence[Any], version: object) -> KerasFile:
    try:
        found = configuration.find(configs)
    except configuration.TooManyObjects as error:
        raise TooMuchError(f"has a configuration of {error}") from error
    names = tuple(sorted({LOADER, *_resolved(found.names)}))
    return KerasFile(
        container=container,
        versions=_version(version),
        names=names,
        exact=tuple(name for name in names if name == LOADER or name in keras_names()),
        notes=(
            *([Note("keras-code", _WITH_CODE)] if found.code else []),
            *([Note("keras-file", _WITH_FILE)] if found.files else []),
        ),
        root=_tree(configs[0]),
    )


def _resolved(names: Iterable[tuple[str, str]]) -> Iterable[Name]:
    """The names; one without a module is that of Keras on the list, if there is one."""
    listed: dict[str, str] = {}
    for one in sorted(keras_names()):
        listed.setdefault(one.qualname, one.module)
    for module, name in names:
        yield Name(module or listed.get(name, "keras"), name)


def _version(text: object) -> dict[str, tuple[str, ...]]:
    """The version of Keras; TensorFlow's own Keras adds a suffix such as ``-tf``."""
    try:
        found = Version(str(text).partition("-")[0])
    except InvalidVersion:
        return {}
    return {"keras": (str(found),)}


def _tree(config: Any) -> ModelNode:
    """The model with its layers."""
    if not isinstance(config, dict):
        return ModelNode(kind="keras.Model")
    inner = config.get("config")
    layers = inner.get("layers", []) if isinstance(inner, dict) else inner
    layers = [one for one in layers if isinstance(one, dict)] if isinstance(layers, list) else []
    return ModelNode(
        name=_short(inner.get("name", "")) if isinstance(inner, dict) else "",
        kind=_kind(config),
        children=tuple(map(_tree, layers[:_MOST_LAYERS])),
        hidden=max(0, len(layers) - _MOST_LAYERS),
    )


def _kind(config: Mapping[str, Any]) -> str:
    module, kind = config.get("module"), _short(config.get("class_name"))
    return f"{_short(module)}.{kind}" if isinstance(module, str) else f"keras.{kind}"


def _short(value: object) -> str:
    return value[:100] if isinstance(value, str) else ""
