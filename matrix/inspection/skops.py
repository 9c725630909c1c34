"""Read what is in a skops file: a zip archive of arrays, and in JSON how objects are made of them.

What skops does with each kind of part is in its module ``skops.io._general`` and its neighbours, up
to protocol 2 (skops 0.16). A part says which class it makes, and most kinds call that class: each
is held to the classes that skops itself writes for it, so that what is harmless to name is not
called with what a file chooses. Whatever else there is gets a note, for which the gate refuses it.
"""

from __future__ import annotations

import ast
import json
import lzma
import re
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any, BinaryIO

from matrix.inspection.arrays import DTYPE, SPECIAL, Array, Dtype, shape_of
from matrix.inspection.faults import DamageError, TooMuchError, UnreadableError
from matrix.inspection.findings import Findings
from matrix.inspection.values import Blob, Dict, Global, Object, Set, Value

SCHEMA = "schema.json"
_PROTOCOLS = (1, 2)
_AGAIN = "Load it where it was saved, and save it again with joblib.dump or a newer skops."
_ANEW = "Copy or download it again, or save the model anew."
_PACKING = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    NotImplementedError,
    OSError,
)
"""What is raised by an archive that is not whole, or packed in a way that is not known."""
_HEADER = 4096
"""Bytes of an array that hold its dtype and shape."""
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
    "RandomGeneratorNode": frozenset({("numpy.random._generator", "Generator")}),
    "RandomStateNode": frozenset({("numpy.random.mtrand", "RandomState")}),
    "SetNode": frozenset({("builtins", "set")}),
    "SliceNode": frozenset({("builtins", "slice")}),
    "TupleNode": frozenset({("builtins", "tuple")}),
}
"""What each kind of part makes, where skops wrote it."""
_REDUCED = frozenset({"ConstructorFromReduceNode", "LossNode", "TreeNode"})
"""Kinds that call a class of scikit-learn with arguments of the file's."""
_NAMED = frozenset({"FunctionNode", "TypeNode"})
"""Kinds that are a class or a function, and call nothing."""
_OTHER = frozenset({"CachedNode", "NdArrayNode", "ObjectNode", "SparseMatrixNode"})
_ELEMENT = re.compile(
    r"ndarray|(?:u?int|float|complex|bool|str|bytes|void|datetime|timedelta)\d*_?"
)
"""What of numpy an array is made into: itself, or its only element."""


def read(file: BinaryIO, findings: Findings, unpacked: int) -> Value:
    """What the file makes, with nothing of it made.

    Args:
        file: a zip archive with a part called :data:`SCHEMA`.
        findings: takes down names, versions and oddities.
        unpacked: how many bytes its parts may become.

    Raises:
        UnreadableError: it is damaged, of another skops, or too much.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            _check(archive, unpacked)
            schema = json.loads(archive.read(SCHEMA))
            return _Plan(archive, findings).read(schema)
    except _PACKING as error:
        raise _damaged("its zip archive is not whole") from error
    except RecursionError as error:
        raise TooMuchError("looks like a skops file, and is nested too deeply") from error
    except (AttributeError, KeyError, SyntaxError, TypeError, ValueError, RuntimeError) as error:
        raise _damaged("its schema.json is none of skops") from error


def _damaged(what: str) -> DamageError:
    return DamageError(f"looks like a skops file, and {what}", advice=_ANEW)


def _check(archive: zipfile.ZipFile, unpacked: int) -> None:
    names = archive.namelist()
    if len(set(names)) != len(names):
        raise _damaged("has two parts of one name")
    if sum(one.file_size for one in archive.infolist()) > unpacked:
        raise TooMuchError(f"unpacks to more than {unpacked / 1024**3:g} GiB, and was not read")


class _Plan:
    """The parts of one file, each understood once."""

    def __init__(self, archive: zipfile.ZipFile, findings: Findings) -> None:
        self._archive = archive
        self._findings = findings
        self._known: dict[int, Value] = {}
        self._kinds: dict[int, tuple[str, str, str]] = {}

    def read(self, schema: dict[str, Any]) -> Value:
        protocol = schema["protocol"]
        if type(protocol) is not int or protocol not in _PROTOCOLS:
            raise UnreadableError(
                f"is a skops file of protocol {str(protocol)[:9]}, which is not known here",
                advice=_AGAIN,
            )
        self._findings.protocol = protocol
        self._findings.version("skops", schema.get("_skops_version"))
        return self.value(schema)

    def value(self, part: dict[str, Any]) -> Value:
        """What a part makes."""
        self._findings.step()
        number = part.get("__id__")
        kind = part["__loader__"]
        if kind == "CachedNode":
            return self._known[part["__id__"]]
        made = self._made(kind, part)
        if number is None:
            return made
        # Of two parts with one number skops makes the first; the other is looked into all the same.
        what = kind, part["__module__"], part["__class__"]
        if self._kinds.setdefault(number, what) != what:
            self._note("two parts of one number make different things")
        return self._known.setdefault(number, made)

    def _made(self, kind: str, part: dict[str, Any]) -> Value:
        name = self._name(part)
        self._hold(kind, name)
        if kind in _NAMED:
            if "content" in part:  # older ones looked up what stands there
                self._note(f"a part of the kind {kind} names two things")
            return name
        self._findings.called(name)
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
        return self._object(kind, name, part)

    def _name(self, part: dict[str, Any]) -> Global:
        module, qualname = part["__module__"], part["__class__"]
        if type(module) is not str or type(qualname) is not str:
            raise _damaged("has a class without a name")
        return self._findings.look_up(module, qualname)

    def _hold(self, kind: str, name: Global) -> None:
        """Hold a kind of part to what it makes in files that skops wrote."""
        if kind in _PLAIN:
            usual = name.pair in _PLAIN[kind]
        elif kind in _REDUCED:
            usual = name.module.partition(".")[0] in ("sklearn", "_loss")
            usual = usual and name.qualname.lstrip("_")[:1].isupper()
        elif kind == "NdArrayNode":
            usual = name.module == "numpy" and bool(_ELEMENT.fullmatch(name.qualname))
        else:
            usual = kind in _OTHER or kind in _NAMED
            usual = usual and (name.pair == DTYPE or name.pair not in SPECIAL)
        if not usual:
            self._note(f"a part of the kind {kind[:40]} makes {name.module}.{name.qualname}")

    def _note(self, text: str) -> None:
        self._findings.note("skops-part", text)

    def _bit_generator(self, part: dict[str, Any]) -> None:
        """What a generator of random numbers is made of: skops calls it by a name in its state."""
        said = part["content"]["bit_generator"]["content"]["bit_generator"]
        name = self._plain(said["content"]) if said["__loader__"] == "JsonNode" else None
        if type(name) is not str:
            raise _damaged("has a generator without a name")
        self._findings.called(self._findings.look_up("numpy.random", name))

    def _plain(self, text: str) -> Value:
        found = json.loads(text)
        return Dict([]) if isinstance(found, dict) else found

    def _sequence(self, kind: str, content: list[Any]) -> Value:
        inside = [self.value(one) for one in content]
        if kind == "SetNode":
            return Set(inside)
        return tuple(inside) if kind == "TupleNode" else inside

    def _mapping(self, kind: str, name: Global, part: dict[str, Any]) -> Value:
        content = part["content"]
        if kind == "DefaultDictNode":
            held = self.value(content["main"])
            self.value(content["default_factory"])
        else:
            types = part["key_types"]
            kinds = [types["__loader__"], *(one["__loader__"] for one in types["content"])]
            if kinds != ["ListNode"] + ["TypeNode"] * (len(kinds) - 1):
                self._note("the keys of a dict are made by what is no type")
            self.value(types)
            flat: list[Value] = []
            for key, one in content.items():
                flat += [key, self.value(one)]
            held = Dict(flat)
        if name.pair == ("builtins", "dict"):
            return held
        made = Object(name, (), by_class=True)
        made.pairs = held if isinstance(held, Dict) else None
        return made

    def _array(self, name: Global, part: dict[str, Any]) -> Value:
        array = Array(name)
        if part["type"] == "json":
            array.items = [self.value(one) for one in part["content"]]
            shape = self.value(part["shape"])
            array.dtype = Dtype("O", 8)
            array.shape = shape_of(shape)
        else:
            array.dtype, array.shape = self._header(part["file"])
        return array

    def _header(self, file: str) -> tuple[Value, tuple[int, ...] | None]:
        """The dtype and the shape of an array; ``numpy.lib.format`` says how they are written."""
        with self._archive.open(file) as stream:
            match = _NPY.match(stream.read(_HEADER))
        if match is None:
            return None, None
        said = ast.literal_eval(match[1].decode("latin-1"))
        return Dtype.of((said["descr"],)), shape_of(said["shape"])

    def _object(self, kind: str, name: Global, part: dict[str, Any]) -> Value:
        """Anything else: its arguments and its state, and whatever more stands in the part."""
        made = Object(name, (), by_class=True)
        more = [self.value(one) for one in _parts_in(part.get("__reduce__"))]
        content = part.get("content")
        if isinstance(content, dict) and "__loader__" in content:
            state = self.value(content)
            if kind == "ConstructorFromReduceNode":
                made.args = state if type(state) is tuple else ()
            else:
                made.build(state)
        else:
            more += [self.value(one) for one in _parts_in(content)]
        for key, one in part.items():
            if key not in ("content", "__reduce__"):
                more += [self.value(found) for found in _parts_in(one)]
        if more and not made.args:
            made.args = more[0] if type(more[0]) is tuple else tuple(more)
        self._findings.built(made)
        return made


def _parts_in(value: object) -> list[dict[str, Any]]:
    """The parts inside what is none itself, such as the content of a masked array."""
    if isinstance(value, dict):
        if "__loader__" in value:
            return [value]
        return [part for one in value.values() for part in _parts_in(one)]
    if isinstance(value, list):
        return [part for one in value for part in _parts_in(one)]
    return []
