"""Read an ONNX file without onnx: a message of protocol buffers whose field numbers are fixed.

The numbers are those of ``onnx/onnx.proto``, which never change. Tensors are not read.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator, MutableMapping
from typing import BinaryIO

from matrix.inspection.portable import Entry, PortableModel, keep
from matrix.inspection.protobuf import Field, Message
from matrix.inspection.read_errors import COPY_AGAIN, DamageError, TooMuchError, UnreadableError

_MOST = 1000
"""Of each kind: inputs, outputs, operators, files."""
_LONGEST = 200
"""Bytes of a name."""
_DEEPEST = 32
"""Graphs inside of operators."""
_LARGEST = 2**31
"""Bytes; protocol buffers have no larger messages."""

# Fields of ModelProto, GraphProto, NodeProto, AttributeProto and TensorProto.
_IR_VERSION, _PRODUCER, _PRODUCER_VERSION, _GRAPH, _OPSET, _FUNCTION = 1, 2, 3, 7, 8, 25
_NODE, _INITIALIZER, _INPUT, _OUTPUT, _SPARSE = 1, 5, 11, 12, 15
_OPERATOR, _ATTRIBUTE, _DOMAIN = 4, 5, 7
_TENSOR_OF, _GRAPH_OF, _TENSORS_OF, _GRAPHS_OF, _SPARSE_OF, _SPARSES_OF = 5, 6, 10, 11, 22, 23
_FUNCTION_NODE = 7
_EXTERNAL = 13

_TYPES = (
    *("undefined", "float", "uint8", "int8", "uint16", "int16", "int32", "int64", "string"),
    *("bool", "float16", "double", "uint32", "uint64", "complex64", "complex128", "bfloat16"),
)
"""Of the elements of a tensor, by number."""


def read_onnx(file: BinaryIO) -> PortableModel:
    """What an ONNX file shows.

    Args:
        file: a regular file, at any position.

    Raises:
        UnreadableError: it is no ONNX model, or damaged.
    """
    size = file.seek(0, 2)
    if size > _LARGEST:
        raise TooMuchError(f"has {size:,} bytes, and an ONNX file has {_LARGEST:,} at most")
    try:
        data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except OSError as error:
        raise TooMuchError(f"cannot be mapped into memory: {error.strerror}") from error
    with data:
        return read_message(Message(data, 0, size))


def read_message(message: Message) -> PortableModel:
    """What the message of an ONNX file shows; see :func:`read_onnx`."""
    found = _OnnxFacts()
    for field in message.fields():
        found.model_field(field)
    if not found.graphs:
        raise UnreadableError(
            "is an ONNX model without its graph, or another protocol buffer", advice=COPY_AGAIN
        )
    return PortableModel(
        producer=found.producer,
        producer_version=found.producer_version,
        version=str(found.ir_version),
        opsets=dict(sorted(found.opsets.items())),
        inputs=found.inputs,
        outputs=found.outputs,
        operators=dict(sorted(found.operators.items())),
        external=tuple(sorted(found.external)),
        left_out=found.left_out,
    )


class _OnnxFacts:
    """Collects what the parts of a file show."""

    def __init__(self) -> None:
        self.producer = self.producer_version = ""
        self.ir_version = self.graphs = self.left_out = 0
        self.opsets: dict[str, int] = {}
        self.inputs: dict[str, str] = {}
        self.outputs: dict[str, str] = {}
        self.operators: dict[str, int] = {}
        self.external: dict[str, None] = {}

    def model_field(self, field: Field) -> None:
        part = field.message
        if field.number == _IR_VERSION:
            self.ir_version = field.value
        if part is None:
            return
        if field.number == _PRODUCER:
            self.producer = part.text(_LONGEST)
        elif field.number == _PRODUCER_VERSION:
            self.producer_version = part.text(_LONGEST)
        elif field.number == _GRAPH:
            self.graphs += 1
            self._graph(part)
        elif field.number == _OPSET:
            self._opset(part)
        elif field.number == _FUNCTION:
            for node in _parts(part, _FUNCTION_NODE):
                self._node(node, 0)

    def _opset(self, part: Message) -> None:
        domain, version = "ai.onnx", 0
        for field in part.fields():
            if field.number == 1 and field.message is not None:
                domain = field.message.text(_LONGEST) or domain
            elif field.number == 2:
                version = field.value
        self._keep(self.opsets, domain, version)

    def _graph(self, graph: Message, depth: int = 0) -> None:
        if depth > _DEEPEST:
            raise DamageError(f"has more than {_DEEPEST} graphs inside each other")
        inputs: dict[str, str] = {}
        fixed: set[str] = set()
        for field in graph.fields():
            part = field.message
            if part is None:
                continue
            if field.number == _NODE:
                self._node(part, depth)
            elif field.number in (_INITIALIZER, _SPARSE):
                fixed.add(self._tensor(part, sparse=field.number == _SPARSE))
            elif depth == 0 and field.number in (_INPUT, _OUTPUT):
                name, type_ = _named_type(part)
                self._keep(inputs if field.number == _INPUT else self.outputs, name, type_)
        # Before IR version 4 the numbers of a model were listed among its inputs too.
        self.inputs |= {name: type_ for name, type_ in inputs.items() if name not in fixed}

    def _node(self, node: Message, depth: int) -> None:
        operator = domain = ""
        for field in node.fields():
            if field.message is None:
                continue
            if field.number == _OPERATOR:
                operator = field.message.text(_LONGEST)
            elif field.number == _DOMAIN:
                domain = field.message.text(_LONGEST)
            elif field.number == _ATTRIBUTE:
                self._attribute(field.message, depth)
        name = operator if domain in ("", "ai.onnx", "ai.onnx.ml") else f"{domain}.{operator}"
        self._keep(self.operators, name, self.operators.get(name, 0) + 1)

    def _attribute(self, attribute: Message, depth: int) -> None:
        for field in attribute.fields():
            if field.message is None:
                continue
            if field.number in (_GRAPH_OF, _GRAPHS_OF):
                self._graph(field.message, depth + 1)
            elif field.number in (_TENSOR_OF, _TENSORS_OF):
                self._tensor(field.message)
            elif field.number in (_SPARSE_OF, _SPARSES_OF):
                self._tensor(field.message, sparse=True)

    def _tensor(self, tensor: Message, *, sparse: bool = False) -> str:
        """Note the file that holds the numbers of a tensor; return the name of the tensor."""
        name = ""
        for field in tensor.fields():
            if field.message is None:
                continue
            if sparse and field.number in (1, 2):  # values and indices
                name = self._tensor(field.message) or name
            elif not sparse and field.number == 8:
                name = field.message.text(_LONGEST)
            elif not sparse and field.number == _EXTERNAL:
                key, value = (_text_of(field.message, number) for number in (1, 2))
                if key == "location":
                    self._keep(self.external, value, None)
        return name

    def _keep(self, into: MutableMapping[str, Entry], name: str, value: Entry) -> None:
        self.left_out += not keep(into, name, value, _MOST)


def _named_type(part: Message) -> tuple[str, str]:
    """The name of an input or output, and its type in words."""
    name, type_ = "", "unknown type"
    for field in part.fields():
        if field.message is None:
            continue
        if field.number == 1:
            name = field.message.text(_LONGEST)
        elif field.number == 2:
            type_ = _type(field.message)
    return name, type_


def _type(part: Message) -> str:
    for field in part.fields():
        if field.message is None:
            continue
        if field.number == 1:
            return _tensor_type(field.message)
        if field.number in _OTHER_TYPES:
            return _OTHER_TYPES[field.number]
    return "unknown type"


_OTHER_TYPES = {4: "sequence", 5: "map", 8: "sparse tensor", 9: "optional"}


def _tensor_type(part: Message) -> str:
    element, shape = 0, ""
    for field in part.fields():
        if field.number == 1:
            element = field.value
        elif field.number == 2 and field.message is not None:
            sizes = [
                _size(one) for one, _ in zip(_parts(field.message, 1), range(20), strict=False)
            ]
            shape = f" ({', '.join(sizes)})"
    name = _TYPES[element] if element < len(_TYPES) else f"type {element}"
    return name + shape


def _size(dimension: Message) -> str:
    """The length of a dimension, or a question mark for one that is not fixed."""
    for field in dimension.fields():
        if field.number == 1 and field.message is None:
            return str(field.value)
    return "?"


def _parts(message: Message, number: int) -> Iterator[Message]:
    for field in message.fields():
        if field.number == number and field.message is not None:
            yield field.message


def _text_of(message: Message, number: int) -> str:
    return next((one.text(_LONGEST) for one in _parts(message, number)), "")
