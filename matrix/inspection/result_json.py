"""An inspection as JSON: in reports, and as a message of the process that reads the file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from cattrs import override

from matrix.inspection.result import Code, Inspection, ModelNode, Name, Note
from matrix.model.codec import Json, new_converter, reader

SCHEMA_VERSION = 1

_reported = new_converter()
_reported.register_unstructure_hook(Name, lambda name: [name.module, name.qualname])


def inspection_to_json(found: Inspection) -> Json:
    """An inspection as JSON; ``docs/inspect.md`` documents the fields."""
    return {"schema_version": SCHEMA_VERSION, **_reported.unstructure(found)}


_messages = new_converter(forbid_extra_keys=True)
for _plain in (Name, Code, Note):
    _messages.register_structure_hook(_plain, reader(_messages, _plain))


def _nodes(messages: Iterable[Json], _: object = None) -> tuple[ModelNode, ...]:
    return tuple(_node(message, ModelNode) for message in messages)


_node = reader(_messages, ModelNode, children=override(struct_hook=_nodes))
_messages.register_structure_hook(ModelNode, _node)
_inspection = reader(_messages, Inspection)


def inspection_to_message(found: Inspection) -> Json:
    """Every field of an inspection but the path, as :func:`inspection_from_message` reads it."""
    message = asdict(found)
    del message["path"]  # the other side knows it
    return message


def inspection_from_message(message: Any, path: Path) -> Inspection:
    """The inspection that the process handed over; :mod:`reader_process` writes it.

    Args:
        message: every field but the path, and no others.
        path: the file; its name need not survive as JSON.

    Raises:
        one of READ_ERRORS: the message is not of this form.
    """
    return _inspection({**message, "path": str(path)}, Inspection)
