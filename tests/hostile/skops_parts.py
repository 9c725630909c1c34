"""Files of skops, part by part: what skops itself would never write."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

Part = dict[str, Any]


def part(kind: str, name: str, **more: Any) -> Part:
    """A part of a kind that makes what a name says."""
    module, _, qualname = name.rpartition(".")
    return {"__loader__": kind, "__module__": module, "__class__": qualname, **more}


def plain(value: object) -> Part:
    """A number, a text, a truth value or nothing."""
    return part("JsonNode", "builtins.str", content=json.dumps(value), is_json=True)


def tuple_(*parts: Part) -> Part:
    return part("TupleNode", "builtins.tuple", content=list(parts))


def dict_(content: dict[str, Part], *types: Part) -> Part:
    """A dict; the types of its keys, where they are not texts."""
    text = part("TypeNode", "builtins.str")
    keys = part("ListNode", "builtins.list", content=list(types) or [text] * len(content))
    return part("DictNode", "builtins.dict", content=content, key_types=keys)


def calling(name: str, *arguments: object) -> Part:
    """A name called with plain values."""
    inside = tuple_(*map(plain, arguments))
    return part("ConstructorFromReduceNode", name, content=inside)


def archive(schema: Part | bytes, *, protocol: object = 2, **files: bytes) -> bytes:
    """A whole file."""
    stream = io.BytesIO()
    if not isinstance(schema, bytes):
        whole = {**schema, "protocol": protocol, "_skops_version": "0.16.0"}
        schema = json.dumps(whole).encode()
    with zipfile.ZipFile(stream, "w") as packed:
        for name, data in files.items():
            packed.writestr(name.replace("_", "."), data)
        packed.writestr("schema.json", schema)
    return stream.getvalue()


def resolved(module: str, name: str) -> Part:
    """A function that numpy looks up by its name, on the list of what pickles may look up."""
    return part(
        "ConstructorFromReduceNode",
        "numpy.core._ufunc_reconstruct",
        content=tuple_(plain(module), plain(name)),
    )
