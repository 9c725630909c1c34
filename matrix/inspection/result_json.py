"""Convert an inspection to JSON and back, for the reading process and for reports."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matrix.inspection.result import Code, Inspection, ModelNode, Name, Note

Json = dict[str, Any]

SCHEMA_VERSION = 1


def inspection_to_dict(found: Inspection) -> Json:
    """An inspection as JSON; ``docs/inspect.md`` documents the fields."""
    return {
        "schema_version": SCHEMA_VERSION,
        "path": str(found.path),
        "size": found.size,
        "sha256": found.sha256,
        "container": found.container,
        "compression": found.compression,
        "protocol": found.protocol,
        "joblib": found.joblib,
        "numpy": found.numpy,
        "python": found.python,
        "versions": {package: list(known) for package, known in found.versions.items()},
        "modules": list(found.modules),
        "names": [[name.module, name.qualname] for name in found.names],
        "code": [{"name": one.name, "why": one.why} for one in found.code],
        "notes": [{"code": note.code, "text": note.text} for note in found.notes],
        "root": _node_to_dict(found.root),
    }


def inspection_from_dict(document: Json, path: Path) -> Inspection:
    """The inverse of :func:`inspection_to_dict`.

    Args:
        document: the JSON.
        path: of the file; the path in the JSON may be lossy.

    Raises:
        KeyError, TypeError, ValueError: the document is invalid.
    """
    return Inspection(
        path=path,
        size=document["size"],
        sha256=document["sha256"],
        container=document["container"],
        compression=document["compression"],
        protocol=document["protocol"],
        joblib=document["joblib"],
        numpy=document["numpy"],
        python=document["python"],
        versions={package: tuple(known) for package, known in document["versions"].items()},
        modules=tuple(document["modules"]),
        names=tuple(Name(module, qualname) for module, qualname in document["names"]),
        code=tuple(Code(**one) for one in document["code"]),
        notes=tuple(Note(**note) for note in document["notes"]),
        root=_node_from_dict(document["root"]),
    )


def _node_to_dict(node: ModelNode) -> Json:
    return {
        "name": node.name,
        "kind": node.kind,
        "version": node.version,
        "count": node.count,
        "columns": node.columns,
        "params": dict(node.params),
        "fitted": dict(node.fitted),
        "children": [_node_to_dict(child) for child in node.children],
        "hidden": node.hidden,
    }


def _node_from_dict(document: Mapping[str, Any]) -> ModelNode:
    children = tuple(_node_from_dict(child) for child in document["children"])
    return ModelNode(**{**document, "children": children})
