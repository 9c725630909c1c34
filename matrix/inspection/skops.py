"""Read a skops file: a zip archive of arrays, and a JSON schema of the objects made from them.

Source: ``skops.io._general`` and its neighbour modules, up to protocol 2 (skops 0.16). The schema
is a tree of nodes, called *parts* here. A part names its loader (its kind) and a class, and most
loaders call that class. A kind is accepted only with the classes that skops writes for it, so that
a file cannot choose what a harmless name is called with. Everything else gets the note
``skops-part``, with which the gate refuses the file.
"""

from __future__ import annotations

import ast
import json
import lzma
import os
import re
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any, BinaryIO, TypeGuard

from matrix.inspection import exact_calls
from matrix.inspection.arrays import DTYPE, SPECIAL, Array, Dtype, parse_shape
from matrix.inspection.findings import Findings
from matrix.inspection.read_errors import COPY_AGAIN, DamageError, TooMuchError, UnreadableError
from matrix.inspection.stand_ins import Blob, Dict, Global, Object, Set, StandIn

SCHEMA = "schema.json"
_PROTOCOLS = (1, 2)
_SAVE_AGAIN = "Load it where it was saved, and save it again with joblib.dump or a newer skops."
ARCHIVE_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    NotImplementedError,
    OSError,
)
"""Raised for damaged archives and for unknown compression methods."""
_HEADER = 4096
"""Bytes at the start of an array that hold its dtype and shape."""
_NPY = re.compile(rb"\x93NUMPY[\x01-\x03]\0(?:..|..\0\0)(\{[^\n]*\})\s", re.DOTALL)

_PLAIN: Mapping[str, frozenset[tuple[str, str]]] = {
    "BytearrayNode": frozenset({("builtins", "bytearray")}),
    "BytesNode": frozenset({("builtins", "bytes")}),
    "DTypeNode": frozenset({("numpy", "dtype")}),
    "DefaultDictNode": frozenset({("collections", "defaultdict")}),
    "DictNode": frozenset(
        {
            ("builtins", "dict"),
            ("collections", "OrderedDict"),
            ("sklearn.utils", "Bunch"),
            ("sklearn.utils._bunch", "Bunch"),
        }
    ),
    "JsonNode": frozenset({("builtins", "str")}),
    "ListNode": frozenset({("builtins", "list")}),
    "MaskedArrayNode": frozenset({("numpy.ma", "MaskedArray"), ("numpy.ma.core", "MaskedArray")}),
    "PartialNode": frozenset({exact_calls.PARTIAL}),
    "RandomGeneratorNode": frozenset({("numpy.random._generator", "Generator")}),
    "RandomStateNode": frozenset({("numpy.random.mtrand", "RandomState")}),
    "SetNode": frozenset({("builtins", "set")}),
    "SliceNode": frozenset({("builtins", "slice")}),
    "TupleNode": frozenset(
        {("builtins", "tuple"), ("sklearn.impute._iterative", "_ImputerTriplet")}
    ),
}
"""By kind, the classes that skops writes for it."""
_REDUCED = frozenset({"ConstructorFromReduceNode", "LossNode", "TreeNode"})
"""Kinds that call a class of scikit-learn with arguments from the file."""
_PLAIN_DATA = frozenset({"datetime", "decimal", "fractions", "pathlib", "pathlib._local"})
"""Modules whose classes such a kind may call too; the list of names says which."""
_NAMED = frozenset({"FunctionNode", "TypeNode"})
"""Kinds that refer to a class or a function and call nothing."""
_CREATED_EMPTY = exact_calls.DISTRIBUTIONS | exact_calls.FROZEN | exact_calls.CREATED_EMPTY
_OTHER = frozenset({"NdArrayNode", "ObjectNode", "SparseMatrixNode"})
_EVERYWHERE = frozenset(
    {"__class__", "__id__", "__loader__", "__module__", "_skops_version", "protocol"}
)
_FIELDS: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(_NAMED, frozenset()),
    **dict.fromkeys(("BytearrayNode", "BytesNode"), frozenset({"file"})),
    **dict.fromkeys(("LossNode", "TreeNode"), frozenset({"__reduce__", "content"})),
    "DictNode": frozenset({"content", "key_types"}),
    "JsonNode": frozenset({"content", "is_json"}),
    "NdArrayNode": frozenset({"content", "file", "shape", "type"}),
    "SparseMatrixNode": frozenset({"file", "type"}),
}
"""By kind, the fields beside the common ones; only ``content`` for kinds not listed."""
_INSIDE: Mapping[str, frozenset[str]] = {
    "DefaultDictNode": frozenset({"default_factory", "main"}),
    "MaskedArrayNode": frozenset({"data", "mask"}),
    "PartialNode": frozenset({"args", "func", "kwds", "namespace"}),
    "RandomGeneratorNode": frozenset({"bit_generator", "seed_seq"}),
    "SliceNode": frozenset({"start", "step", "stop"}),
}
"""By kind, the fields of a ``content`` that is not itself a part."""
_ZIP64 = b"\1\0"
"""The only extra field that Python writes; newer Pythons read another file name from others."""
_PIECE = 4096
_END = 42
"""Bytes of the end record of an archive and of the record that may precede it."""
_ELEMENT = re.compile(
    r"ndarray|(?:u?int|float|complex|bool|str|bytes|void|datetime|timedelta)\d*_?"
)
"""Names in numpy that an array may become: ``ndarray`` or a scalar type."""


def read(file: BinaryIO, findings: Findings, unpacked: int) -> StandIn:
    """The stand-in for the object in a skops file.

    Args:
        file: a zip archive with a member :data:`SCHEMA`.
        findings: collects names, versions and notes.
        unpacked: limit on the decompressed size in bytes.

    Raises:
        UnreadableError: it is damaged, has an unknown protocol, or exceeds a limit.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            _check(archive, file, unpacked)
            schema = json.loads(_read_part(archive, SCHEMA))
            return _SchemaReader(archive, findings).read(schema)
    except ARCHIVE_ERRORS as error:
        raise _damaged("its zip archive is damaged") from error
    except RecursionError as error:
        raise TooMuchError("looks like a skops file, and is nested too deeply") from error
    except (
        ArithmeticError,  # an impossible offset in the archive
        AttributeError,
        KeyError,
        SyntaxError,
        TypeError,
        ValueError,
        RuntimeError,
    ) as error:
        raise _damaged("skops did not write its schema.json") from error


def _damaged(what: str) -> DamageError:
    return DamageError(f"looks like a skops file, and {what}", advice=COPY_AGAIN)


def _check(archive: zipfile.ZipFile, file: BinaryIO, unpacked: int) -> None:
    names = archive.namelist()
    if len(set(names)) != len(names):
        raise _damaged("has two members with the same name")
    if _has_unusual_end(file) or any(_is_unusual(one) for one in archive.infolist()):
        raise _damaged("different Pythons read its zip archive differently")
    if sum(one.file_size for one in archive.infolist()) > unpacked:
        raise TooMuchError(f"decompresses to more than {unpacked / 1024**3:g} GiB, the limit")


def _has_unusual_end(file: BinaryIO) -> bool:
    """Whether the end of the archive has more records than an archive of less than 4 GiB needs.

    Python releases differ in how they read a record before the end record (CVE-2025-8291), and
    another end record may follow.
    """
    file.seek(-_END, os.SEEK_END)
    end = file.read(_END)
    return end[:4] == b"PK\6\7" or end[-22:-18] != b"PK\5\6"


def _is_unusual(one: zipfile.ZipInfo) -> bool:
    """Whether a member has a name or an extra field that Python does not write."""
    extra = one.extra
    plain = extra[:2] == _ZIP64 and len(extra) == 4 + int.from_bytes(extra[2:4], "little")
    return one.orig_filename != one.filename or bool(extra and not plain)


def _read_part(archive: zipfile.ZipFile, name: str) -> bytes:
    """Read a member in pieces, because its declared size may be wrong."""
    with archive.open(name) as stream:
        return b"".join(iter(lambda: stream.read(_PIECE), b""))


class _SchemaReader:
    """Reads the parts of one file."""

    def __init__(self, archive: zipfile.ZipFile, findings: Findings) -> None:
        self._archive = archive
        self._findings = findings
        self._parts: dict[int, dict[str, Any]] = {}
        self._headers: dict[str, tuple[StandIn, tuple[int, ...] | None]] = {}

    def read(self, schema: dict[str, Any]) -> StandIn:
        protocol = schema["protocol"]
        if type(protocol) is not int or protocol not in _PROTOCOLS:
            raise UnreadableError(
                f"is a skops file of protocol {str(protocol)[:9]}, which is not supported",
                advice=_SAVE_AGAIN,
            )
        self._findings.protocol = protocol
        self._findings.add_version("skops", schema.get("_skops_version"))
        return self.value(schema)

    def value(self, part: dict[str, Any]) -> StandIn:
        """The stand-in for a part."""
        self._findings.count()
        number = part.get("__id__")
        kind = part["__loader__"]
        if number is not None and not self._same_content(
            self._parts.setdefault(number, part), part
        ):
            # skops loads the first one and uses it for both.
            self._note("two parts with the same number differ")
        return self._build(kind, part)

    def _same_content(self, one: object, other: object) -> bool:
        """Whether two parts are equal apart from ids and file names."""
        self._findings.count()
        if one is other:
            return True
        if type(one) is not type(other):
            return False
        if isinstance(one, dict) and isinstance(other, dict):
            return list(one) == list(other) and all(
                key in ("__id__", "file") or self._same_content(one[key], other[key]) for key in one
            )
        if isinstance(one, list) and isinstance(other, list):
            return len(one) == len(other) and all(map(self._same_content, one, other))
        return one == other

    def _build(self, kind: str, part: dict[str, Any]) -> StandIn:
        name = self._name(part)
        self._check_class(kind, name)
        self._check_fields(kind, part)
        if kind in _NAMED:
            return name
        self._findings.add_call(name)
        if kind == "JsonNode":
            return self._plain(part["content"])
        if kind in ("ListNode", "TupleNode", "SetNode"):
            return self._sequence(kind, part["content"])
        if kind in ("DictNode", "DefaultDictNode"):
            return self._mapping(kind, name, part)
        if kind == "NdArrayNode":
            return self._array(name, part)
        if kind in ("BytesNode", "BytearrayNode"):
            size = self._archive.getinfo(part["file"]).file_size
            return Blob(name.qualname, size)
        if kind == "RandomGeneratorNode":
            self._bit_generator(part)
        if kind == "SliceNode":
            bounds = part["content"]
            return Object(name, (bounds["start"], bounds["stop"], bounds["step"]), by_class=True)
        return self._exact(name, part) if name.restricted else self._object(kind, name, part)

    def _exact(self, name: Global, part: dict[str, Any]) -> StandIn:
        """What a restricted name makes; recorded if skops does so exactly as pickle does."""
        kind = part["__loader__"]
        if kind == "PartialNode":
            return self._partial(name, part["content"])
        made = self._object(kind, name, part)
        usual = name.pair in _CREATED_EMPTY and kind == "ObjectNode" and not made.args
        if usual and exact_calls.is_state(made, made.state):
            self._findings.add_exact_call(name)
        return made

    def _partial(self, name: Global, content: dict[str, Any]) -> StandIn:
        """A function with bound arguments; skops calls ``functools.partial`` with them."""
        function, args, keywords, namespace = (
            self.value(content[key]) for key in ("func", "args", "kwds", "namespace")
        )
        made = exact_calls.result(name, (function,), None, by_class=True)
        if made is None or content["func"]["__loader__"] != "FunctionNode":
            return Object(name, (function,), by_class=True)
        if exact_calls.is_state(made, (function, args, keywords, namespace)):
            self._findings.add_exact_call(name)
            self._findings.add_target(function)
        return made

    def _name(self, part: dict[str, Any]) -> Global:
        module, qualname = part["__module__"], part["__class__"]
        if type(module) is not str or type(qualname) is not str:
            raise _damaged("has a class without a name")
        found = self._findings.look_up(module, qualname)
        if found.restricted:
            self._findings.add_get(found)
        return found

    def _check_class(self, kind: str, name: Global) -> None:
        """Add a note if skops does not write this class for this kind."""
        if kind in _PLAIN:
            usual = name.pair in _PLAIN[kind]
        elif kind in _REDUCED:
            usual = name.module.partition(".")[0] in ("sklearn", "_loss")
            usual = usual and name.qualname.lstrip("_")[:1].isupper()
            usual = usual or (kind == "ConstructorFromReduceNode" and _is_plain_data(name))
        elif kind == "NdArrayNode":
            usual = name.module == "numpy" and bool(_ELEMENT.fullmatch(name.qualname))
        else:
            usual = kind in _OTHER or kind in _NAMED
            usual = usual and (name.pair == DTYPE or name.pair not in SPECIAL)
        if not usual:
            self._note(f"a part of kind {kind[:40]} creates {name.module}.{name.qualname}")

    def _check_fields(self, kind: str, part: dict[str, Any]) -> None:
        """Add a note if a part has fields that skops does not write for its kind."""
        fields = part.keys() - _EVERYWHERE
        usual = fields <= _FIELDS.get(kind, frozenset({"content"}))
        if kind in _INSIDE:
            inside = part["content"]
            usual = usual and inside.keys() <= _INSIDE[kind]
            usual = usual and (kind == "SliceNode" or all(map(_is_part, inside.values())))
        if "__reduce__" in fields:
            usual = usual and part["__reduce__"].keys() == {"args"}
            usual = usual and _is_part(part["__reduce__"]["args"])
        if not usual:
            self._note(f"a part of kind {kind[:40]} has unknown fields")

    def _note(self, text: str) -> None:
        self._findings.add_note("skops-part", text)

    def _bit_generator(self, part: dict[str, Any]) -> None:
        """Record the bit generator of a ``Generator``; skops calls it by a name in its state."""
        state = part["content"]["bit_generator"]
        said = state["content"]["bit_generator"]
        kinds = state["__loader__"], said["__loader__"]
        name = self._plain(said["content"]) if kinds == ("DictNode", "JsonNode") else None
        if type(name) is not str:
            raise _damaged("has a generator without a name")
        self._findings.add_call(self._findings.look_up("numpy.random", name))

    def _plain(self, text: str) -> StandIn:
        found = json.loads(text)
        return Dict([]) if isinstance(found, dict) else found

    def _sequence(self, kind: str, content: list[Any]) -> StandIn:
        inside = [self.value(one) for one in content]
        if kind == "SetNode":
            return Set(inside)
        return tuple(inside) if kind == "TupleNode" else inside

    def _mapping(self, kind: str, name: Global, part: dict[str, Any]) -> StandIn:
        content = part["content"]
        if kind == "DefaultDictNode":
            held = self.value(content["main"])
            self.value(content["default_factory"])
        else:
            types = part["key_types"]
            kinds = [types["__loader__"], *(one["__loader__"] for one in types["content"])]
            if kinds != ["ListNode"] + ["TypeNode"] * (len(kinds) - 1):
                self._note("the types of dict keys are not types")
            self.value(types)
            if not all(_makes_keys(one) for one in types["content"]):
                self._note("the types of dict keys are not plain types")
            flat: list[StandIn] = []
            for key, one in content.items():
                if (
                    key.startswith("__") and key != "__doc__"
                ):  # numpy reads __array_interface__ of every element
                    self._note(f"an object gets the attribute {key[:40]}")
                flat += [key, self.value(one)]
            held = Dict(flat)
        if name.pair == ("builtins", "dict"):
            return held
        made = Object(name, (), by_class=True)
        made.pairs = held if isinstance(held, Dict) else None
        return made

    def _array(self, name: Global, part: dict[str, Any]) -> StandIn:
        array = Array(name)
        if part["type"] == "json":
            array.items = [self.value(one) for one in part["content"]]
            shape = self.value(part["shape"])
            array.dtype = Dtype("O", 8)
            array.shape = parse_shape(shape)
        else:
            file = part["file"]
            if file not in self._headers:
                self._headers[file] = self._header(file)
            array.dtype, array.shape = self._headers[file]
        return array

    def _header(self, file: str) -> tuple[StandIn, tuple[int, ...] | None]:
        """Dtype and shape of an array file; ``numpy.lib.format`` documents its header."""
        with self._archive.open(file) as stream:
            match = _NPY.match(stream.read(_HEADER))
        if match is None:
            return None, None
        said = ast.literal_eval(match[1].decode("latin-1"))
        return Dtype.from_args((said["descr"],)), parse_shape(said["shape"])

    def _object(self, kind: str, name: Global, part: dict[str, Any]) -> Object:
        """The stand-in for any other kind, with its arguments, its state and all inner parts."""
        made = Object(name, (), by_class=True)
        content = part.get("content")
        others = [one for key, one in part.items() if key not in {*_EVERYWHERE, "content"}]
        if not _is_part(content):
            others.append(content)
        more = [self.value(found) for found in _parts_in(others)]
        if _is_part(content):
            state = self.value(content)
            if kind == "ConstructorFromReduceNode":
                more.insert(0, state)
            else:
                made.build(state)
        if more:
            made.args = more[0] if type(more[0]) is tuple else tuple(more)
        self._findings.add_state(made)
        return made


def _is_plain_data(name: Global) -> bool:
    """Whether it is a class of the standard library that creates a value of any arguments."""
    return name.module in _PLAIN_DATA or name.pair == ("builtins", "range")


def _is_part(value: object) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict) and "__loader__" in value


def _makes_keys(part: dict[str, Any]) -> bool:
    module, name = part["__module__"], part["__class__"]
    if module == "numpy":
        return bool(_ELEMENT.fullmatch(name))
    return module == "builtins" and name in ("bool", "float", "int", "str")


def _parts_in(value: object) -> list[dict[str, Any]]:
    """The parts inside a value that is not a part, such as the content of a masked array."""
    if isinstance(value, dict):
        if "__loader__" in value:
            return [value]
        return [part for one in value.values() for part in _parts_in(one)]
    if isinstance(value, list):
        return [part for one in value for part in _parts_in(one)]
    return []
