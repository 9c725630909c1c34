"""Check the names in a file of Keras before Keras reads it, and import the user's code for it.

The inspection decides which names a file may look up. Here they are read once more, with the
libraries that Keras itself reads the file with, so that a file which two readers understand in two
ways is refused.
"""

import importlib
import json
import zipfile
from typing import Any, Dict, List

from compat_worker import keras_names, name_guard

MOST_BYTES = 64 * 1024 * 1024
"""Of a configuration."""


def user_objects(path: str) -> Dict[str, Any]:
    """The user's classes and functions that a file needs, by the names that Keras looks up.

    Raises:
        NameRefused: the file looks up a name that is not allowed, holds code, or reads a file.
        ImportError: the user's code is not here.
    """
    found = keras_names.find(configurations(path))
    allowed = name_guard.allowed_now()
    if allowed is not None:
        if found.code or found.files:
            raise name_guard.NameRefused("keras.layers", "Lambda")
        own = {name for module, name in allowed if keras_names.is_of_keras(module)}
        for module, name in found.names:
            if (module, name) not in allowed and (module or name not in own):
                raise name_guard.NameRefused(module or "keras", name)
    objects = {}  # type: Dict[str, Any]
    for registered, (module, name) in found.registered.items():
        if keras_names.is_of_keras(module):
            continue
        value = getattr(importlib.import_module(module), name, None)
        if value is not None:
            objects[registered] = objects[name] = value
    return objects


def configurations(path: str) -> List[Any]:
    """The configurations in a file, as ``json.loads`` returns them."""
    return [json.loads(text) for text in (_in_zip if zipfile.is_zipfile(path) else _in_hdf5)(path)]


def _in_zip(path: str) -> List[str]:
    with zipfile.ZipFile(path) as archive:
        if archive.getinfo("config.json").file_size > MOST_BYTES:
            raise ValueError("its configuration is too large")
        with archive.open("config.json") as file:
            return [file.read().decode("utf-8")]


def _in_hdf5(path: str) -> List[str]:
    import h5py

    with h5py.File(path, "r") as file:
        found = [file.attrs.get(name) for name in ("model_config", "training_config")]
    return [_decoded(one) for one in found if one is not None]


def _decoded(value: Any) -> str:
    text = value.decode("utf-8") if isinstance(value, bytes) else str(value)
    if len(text) > MOST_BYTES:
        raise ValueError("its configuration is too large")
    return text
