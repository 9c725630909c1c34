"""Read a PMML file with expat: no entities, no other files, nothing kept but names and counts."""

from __future__ import annotations

from typing import BinaryIO
from xml.parsers import expat

from matrix.inspection.portable import Entry, PortableModel, keep
from matrix.inspection.read_errors import COPY_AGAIN, DamageError, TooMuchError, UnreadableError

_MOST = 1000
"""Of each kind: fields and models."""
_LONGEST = 200
"""Characters of a name."""
_DEEPEST = 1000
"""Elements inside each other."""
_CHUNK = 1024 * 1024


def read_pmml(file: BinaryIO) -> PortableModel:
    """What a PMML file shows.

    Args:
        file: of text, at its start.

    Raises:
        UnreadableError: it is damaged, or declares a document type, which PMML never does.
    """
    found = _PmmlFacts()
    parser = expat.ParserCreate()
    parser.StartElementHandler = found.start
    parser.EndElementHandler = found.end
    parser.StartDoctypeDeclHandler = _refuse_types
    parser.EntityDeclHandler = _refuse_types
    try:
        while data := file.read(_CHUNK):
            parser.Parse(data, False)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise DamageError(f"is damaged XML: {error}", advice=COPY_AGAIN) from error
    if not found.models:
        raise UnreadableError("is a PMML file without a model in it", advice=COPY_AGAIN)
    outputs = {name: found.fields.pop(name, "unknown type") for name in found.targets}
    return PortableModel(
        producer=found.producer,
        producer_version=found.producer_version,
        version=found.version,
        inputs=found.fields,
        outputs=outputs | found.outputs,
        operators=dict(sorted(found.models.items())),
        left_out=found.left_out,
    )


def _refuse_types(*_: object) -> None:
    raise DamageError("declares a document type or an entity, which no PMML file does")


class _PmmlFacts:
    """Collects what the elements of a file show."""

    def __init__(self) -> None:
        self.producer = self.producer_version = self.version = ""
        self.fields: dict[str, str] = {}
        self.outputs: dict[str, str] = {}
        self.targets: dict[str, None] = {}
        self.models: dict[str, int] = {}
        self.left_out = self._depth = self._models = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise TooMuchError(f"has more than {_DEEPEST:,} elements inside each other")
        element = tag.rpartition(":")[2][:_LONGEST]
        name = attributes.get("name", "")[:_LONGEST]
        if element == "PMML":
            self.version = attributes.get("version", "")[:_LONGEST]
        elif element == "Application":
            self.producer, self.producer_version = name, attributes.get("version", "")[:_LONGEST]
        elif element == "DataField":
            self._keep(self.fields, name, attributes.get("dataType", "unknown type")[:_LONGEST])
        elif element == "OutputField" and self._models == 1:
            self._keep(self.outputs, name, attributes.get("dataType", "unknown type")[:_LONGEST])
        elif element == "MiningField" and self._models == 1:
            if attributes.get("usageType") in ("target", "predicted"):
                self.targets[name] = None
        elif element.endswith("Model"):
            self._models += 1
            self._keep(self.models, element, self.models.get(element, 0) + 1)

    def end(self, tag: str) -> None:
        self._depth -= 1
        if tag.endswith("Model"):
            self._models -= 1

    def _keep(self, into: dict[str, Entry], name: str, value: Entry) -> None:
        self.left_out += not keep(into, name, value, _MOST)
