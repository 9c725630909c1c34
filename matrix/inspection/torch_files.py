"""Read what a file of PyTorch shows without PyTorch: a zip archive with ``data.pkl`` and tensors.

A ``state_dict`` has tensors by name, and no code: the class that makes the network is needed beside
it. A whole network names its class. Neither is loaded; tensors are not read.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from typing import BinaryIO, cast

from matrix.inspection.byte_stream import Stream
from matrix.inspection.findings import Findings
from matrix.inspection.pickle_machine import Machine
from matrix.inspection.read_errors import COPY_AGAIN, DamageError, TooMuchError
from matrix.inspection.result import InspectionLimits, ModelNode
from matrix.inspection.skops import ARCHIVE_ERRORS
from matrix.inspection.stand_ins import Dict, Global, Object, Outside, StandIn

PICKLE = "data.pkl"
STATE, NETWORK = "torch-state", "torch-network"
"""Codes of the notes about files with tensors alone and with a network."""
_TEXTS = {
    STATE: "it is a state_dict of PyTorch: tensors by name, and not the code that makes the model",
    NETWORK: "it is a file of PyTorch with objects of other classes than tensors",
}
_MOST_BYTES = 64 * 1024 * 1024
_MOST_SHOWN = 200
_TENSORS = frozenset({"_rebuild_tensor_v2", "_rebuild_tensor_v3", "_rebuild_parameter"})
_PLAIN = frozenset({("collections", "OrderedDict")})


def is_torch(members: frozenset[str]) -> bool:
    """Whether a zip archive with these members is a file of PyTorch."""
    return _pickle_of(members) is not None


def _pickle_of(members: frozenset[str]) -> str | None:
    found = sorted(name for name in members if name.rpartition("/")[2] == PICKLE)
    versions = {name.rpartition("/")[0] for name in members if name.rpartition("/")[2] == "version"}
    return next((name for name in found if name.rpartition("/")[0] in versions), None)


def read(
    file: BinaryIO, members: frozenset[str], limits: InspectionLimits
) -> tuple[Findings, ModelNode]:
    """Return what a file looks up, with a note about what it lacks, and its tensors.

    Raises:
        UnreadableError: it is damaged or too large.
    """
    findings = Findings(limits)
    value = _value(file, members, findings, min(limits.unpacked, _MOST_BYTES))
    found = tensors(value)
    code = STATE if found and _is_plain(findings) else NETWORK
    findings.add_note(code, _TEXTS[code])
    if code == NETWORK:
        return findings, ModelNode(kind=_class_of(value))
    shown = dict(list(found.items())[:_MOST_SHOWN])
    hidden = max(0, len(found) - _MOST_SHOWN)
    return findings, ModelNode(kind="PyTorch state_dict", fitted=shown, hidden=hidden)


def _value(file: BinaryIO, members: frozenset[str], findings: Findings, most: int) -> StandIn:
    name = _pickle_of(members)
    assert name is not None
    try:
        with zipfile.ZipFile(file) as archive:
            if archive.namelist().count(name) != 1:
                raise DamageError("is an archive with two members of one name", advice=COPY_AGAIN)
            with archive.open(name) as stream:
                data = stream.read(most + 1)
    except ARCHIVE_ERRORS as error:
        raise DamageError("is a damaged file of PyTorch", advice=COPY_AGAIN) from error
    if len(data) > most:
        raise TooMuchError(f"has {PICKLE} of more than {most:,} bytes")
    source = Stream(cast(BinaryIO, io.BytesIO(data)), len(data), "", most)
    try:
        return Machine(source, findings, with_arrays=False).load()
    finally:
        source.detach()


def _is_plain(findings: Findings) -> bool:
    return all(
        name.module.split(".")[0] == "torch" or (name.module, name.qualname) in _PLAIN
        for name in findings.names
    )


def tensors(value: StandIn) -> dict[str, str]:
    """Return the shape of each tensor by its name; empty unless all values are tensors."""
    found = dict(_described(value, ""))
    return {} if "" in found else found


def _described(value: StandIn, name: str) -> Iterator[tuple[str, str]]:
    """Yield each tensor by its path; a value that is no tensor has the name ``""``."""
    items = _items(value)
    if items is None:
        yield (name, _shape(value)) if _is_tensor(value) and name else ("", "")
        return
    for key, one in items.pairs():
        if type(key) is not str:
            yield "", ""
        elif not (type(one) in (int, float, str, bool) or one is None):
            yield from _described(one, f"{name}.{key}" if name else key)


def _items(value: StandIn) -> Dict | None:
    if isinstance(value, Dict):
        return value
    plain = isinstance(value, Object) and isinstance(value.maker, Global)
    return (value.pairs or Dict([])) if plain and value.maker.pair in _PLAIN else None


def _is_tensor(value: StandIn) -> bool:
    return (
        isinstance(value, Object)
        and isinstance(value.maker, Global)
        and value.maker.module == "torch._utils"
        and value.maker.qualname in _TENSORS
    )


def _shape(value: Object) -> str:
    """Return ``float32 (16, 8)`` from the storage and the size that a tensor is made of."""
    if value.args and isinstance(value.args[0], Object):  # a parameter has its tensor
        return _shape(value.args[0])
    size = value.args[2] if len(value.args) > 2 else ()
    numbers = [one for one in size if type(one) is int] if isinstance(size, tuple) else []
    return f"tensor ({', '.join(map(str, numbers))})"


def _class_of(value: StandIn) -> str:
    if isinstance(value, Object) and isinstance(value.maker, Global):
        return ".".join(value.maker.pair)
    return "an object outside the file" if isinstance(value, Outside) else type(value).__name__
