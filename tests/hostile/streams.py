"""Files made of opcodes that no pickler writes in this way, repeatably.

Wherever a file has data (strings, bytes, arrays, padding), these are opcodes too: they look up a
name of the module ``hidden``. Whoever reads one byte more or less than another looks it up.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import random
import struct
import zlib
from collections.abc import Callable, Sequence

from tests.inspection import assembler as a

SCALAR = ("numpy.core.multiarray", "scalar")
SCORER = ("sklearn.metrics._scorer", "_passthrough_scorer")
PLAIN = ("sklearn.neural_network._stochastic_optimizers", "AdamOptimizer")
NAMES = [
    *[("builtins", name) for name in ("list", "dict", "str", "tuple", "int", "bytes", "set")],
    *[("numpy", name) for name in ("str_", "float64", "int64", "bool_", "ndarray", "dtype")],
    ("collections", "OrderedDict"),
    ("copyreg", "_reconstructor"),
    ("sklearn.svm._classes", "SVC"),
    ("sklearn.utils._bunch", "Bunch"),
    ("sklearn.neighbors._kd_tree", "newObj"),
    ("joblib.numpy_pickle", "NumpyArrayWrapper"),
    PLAIN,
    SCORER,
    SCALAR,
    ("__builtin__", "list"),
    ("copy_reg", "_reconstructor"),
    ("UserDict", "UserDict"),
    ("Tix", "Tk"),
    ("itertools", "izip"),
    ("own", "Thing"),
    ("own", "Thing.Inner"),
    ("own.\u00fcml", "\u00e4"),
]
"""Names that files look up openly; none of them does anything."""
LETTERS = ("u1", "f8", "i4", "V8", "V9", "O8", "U1", "S3", "b1", "M8")
LITTLE = 40
"""Nesting and lengths are kept below it."""


def hidden(chance: random.Random, size: int) -> bytes:
    """So many bytes of data that look up a name where they are taken for opcodes."""
    start = chance.choice((b"", b"0", b"N", b"))", b"\x80\x04", b"\x80\x02", b"N0N0"))
    piece = b"chidden\nname\n0" + a.name("hidden", "other") + b"0"
    return (start + piece * (size // len(piece) + 1))[:size]


class Maker:
    """Makes one file from a source of chance."""

    def __init__(self, seed: str) -> None:
        self.chance = random.Random(seed)
        self.memo = 0
        self.depth = 0
        self.odd = self.chance.choice((0.0, 0.02, 0.1, 0.3))
        """How often something is made in an odd way."""

    def pick(self, *choices: bytes) -> bytes:
        return self.chance.choice(choices)

    def is_odd(self) -> bool:
        return self.chance.random() < self.odd

    # ------------------------------------------------------------ plain values

    def number(self, value: int) -> bytes:
        found = [a.integer(value), f"I{value}\n".encode(), f"L{value}L\n".encode()]
        found.append(b"\x8a\x05" + value.to_bytes(5, "little", signed=True))
        found.append(b"\x8b\5\0\0\0" + value.to_bytes(5, "little", signed=True))
        if 0 <= value < 256:
            found += [b"K" + bytes([value]), f"I0x{value:x}\n".encode(), b"I %d \n" % value]
        if 0 <= value < 2**16:
            found.append(b"M" + struct.pack("<H", value))
        return self.odd_value(self.pick(*found), "int")

    def truth(self, value: bool) -> bytes:
        return self.pick(b"\x88", b"I01\n") if value else self.pick(b"\x89", b"I00\n")

    def text(self, value: str) -> bytes:
        data = value.encode("utf-8", "surrogatepass")
        found = [a.text(value), b"\x8d" + struct.pack("<Q", len(data)) + data]
        if len(data) < 256:
            found.append(b"\x8c" + bytes([len(data)]) + data)
        if value.isascii() and value.isprintable() and "\\" not in value and "'" not in value:
            line = value.encode()
            found += [b"V" + line + b"\n", b"S'" + line + b"'\n", b'S"' + line + b'"\n']
            found += [b"T" + struct.pack("<i", len(data)) + data]
            if len(data) < 256:
                found.append(b"U" + bytes([len(data)]) + data)
        return self.odd_value(self.pick(*found), "str")

    def data(self) -> bytes:
        size = self.chance.randrange(LITTLE * 3)
        data = hidden(self.chance, size)
        return self.pick(
            b"C" + bytes([size]) + data,
            b"B" + struct.pack("<I", size) + data,
            b"\x8e" + struct.pack("<Q", size) + data,
            b"\x96" + struct.pack("<Q", size) + data,
            a.call("_codecs", "encode", a.text(data.decode("latin-1")), a.text("latin1")),
            b"V" + data.replace(b"\n", b" ").replace(b"\\", b"/") + b"\n",
            b"X" + struct.pack("<I", size) + data.replace(b"\x93", b"t").replace(b"\x80", b"p"),
            b"G" + (data + b"\0" * 8)[:8],
            b"F1.5\n",
        )

    def odd_value(self, value: bytes, kind: str) -> bytes:
        """Now and then the same value in a way of which only a load says what it is."""
        if not self.is_odd():
            return value
        if kind == "tuple":
            return self.pick(
                a.call("builtins", "tuple", value), self.returned(value), self.twice(value)
            )
        if kind == "dict":
            return self.pick(
                a.call("builtins", "dict", value),
                a.call("collections", "OrderedDict", value),
                self.returned(value),
                self.twice(value),
            )
        if kind == "str":
            return self.pick(
                a.call("builtins", "str", value), a.call("numpy", "str_", value), self.twice(value)
            )
        return self.pick(
            a.call("builtins", kind, value), a.call("numpy", "int64", value), self.twice(value)
        )

    def returned(self, value: bytes) -> bytes:
        """The value through a call that returns what it is given."""
        held = a.new(*PLAIN) + a.state(score=a.name(*SCALAR)) + a.BUILD
        return self.pick(
            a.call(*SCALAR, a.dtype("O8", 63), value),
            a.call(*SCORER, held, a.dtype("O8", 63), value),
            a.call("numpy", "positive", value),
        )

    def twice(self, value: bytes) -> bytes:
        """The value from the memo."""
        put, get = self.put_and_get()
        return value + put + a.POP + get

    def put_and_get(self) -> tuple[bytes, bytes]:
        if self.is_odd():
            self.memo = self.chance.randrange(8)
        index = self.memo
        self.memo += 1
        if index > 200:
            return a.DUP, a.POP
        byte = bytes([index])
        put = self.pick(b"q" + byte, b"p%d\n" % index, b"r" + byte + b"\0\0\0")
        get = self.pick(b"h" + byte, b"g%d\n" % index, b"j" + byte + b"\0\0\0")
        return put, get

    # ------------------------------------------------------------ names and calls

    def name(self, module: str, qualname: str) -> bytes:
        found = [self.text(module) + self.text(qualname) + b"\x93"]
        if "\n" not in module + qualname:
            found.append(f"c{module}\n{qualname}\n".encode())
        put, get = self.put_and_get()
        found.append(self.text(qualname) + put + a.POP + self.text(module) + get + b"\x93")
        return self.pick(*found)

    def any_name(self) -> bytes:
        return self.name(*self.chance.choice(NAMES))

    def call(self) -> bytes:
        maker, arguments = self.any_name(), self.values()
        tuple_ = a.MARK + arguments + a.TUPLE
        names = self.dict([])
        module, qualname = self.chance.choice(NAMES)
        return self.pick(
            maker + tuple_ + a.REDUCE,
            maker + self.pick(a.EMPTY_TUPLE, tuple_) + a.NEWOBJ,
            maker + tuple_ + names + b"\x92",
            a.MARK + maker + arguments + b"o",
            a.MARK + arguments + f"i{module}\n{qualname}\n".encode(),
            a.call("copyreg", "_reconstructor", maker, a.name("builtins", "object"), a.NONE),
        )

    def built(self) -> bytes:
        """An object with a state."""
        items = [(self.text("x"), self.value()), (self.text("score"), self.any_name())]
        state = self.pick(
            self.dict(items),
            a.NONE + self.dict(items) + a.TUPLE2,
            self.odd_value(a.NONE + self.dict(self.wrapper_items()[0]) + a.TUPLE2, "tuple"),
            self.value(),
        )
        return self.pick(a.new(*PLAIN), self.call()) + state + a.BUILD

    def dict(self, items: Sequence[tuple[bytes, bytes]]) -> bytes:
        pairs = b"".join(key + value for key, value in items)
        found = [
            a.EMPTY_DICT + a.MARK + pairs + a.SETITEMS,
            a.MARK + pairs + b"d",
            a.EMPTY_DICT + b"".join(key + value + a.SETITEM for key, value in items),
        ]
        return self.odd_value(self.pick(*found), "dict")

    # ------------------------------------------------------------ containers

    def value(self) -> bytes:
        self.depth += 1
        try:
            if self.depth > 6:
                return a.NONE
            makers: list[tuple[int, Callable[[], bytes]]] = [
                (2, lambda: a.NONE),
                (3, lambda: self.number(self.chance.randrange(-300, 70_000))),
                (3, lambda: self.text(self.chance.choice(("shape", "x", "hidden", "__class__")))),
                (5, self.data),
                (2, self.any_name),
                (3, self.call),
                (2, self.built),
                (5, self.array),
                (4, self.container),
                (2, self.noise),
                (2, self.framed),
            ]
            weights, choices = zip(*makers, strict=True)
            return self.chance.choices(choices, weights)[0]()
        finally:
            self.depth -= 1

    def values(self) -> bytes:
        return b"".join(self.value() for _ in range(self.chance.randrange(4)))

    def container(self) -> bytes:
        inside = self.values()
        put, get = self.put_and_get()
        return self.pick(
            a.MARK + inside + self.pick(b"t", b"l"),
            a.EMPTY_LIST + a.MARK + inside + b"e",
            a.EMPTY_LIST + put + self.value() + a.APPEND + get + a.APPEND,
            a.EMPTY_SET + a.MARK + inside + a.ADDITEMS,
            a.MARK + inside + a.FROZENSET,
            self.value() + a.TUPLE1,
            self.value() + self.value() + a.TUPLE2,
            self.dict([(self.text("k"), self.value())]),
        )

    def noise(self) -> bytes:
        """Opcodes that change nothing, or what they should not."""
        extra = [
            self.value() + a.POP,
            a.MARK + self.values() + b"1",
            a.MARK + a.POP,
            self.value() + a.DUP + a.POP + a.POP,
            a.proto(self.chance.randrange(6)),
        ]
        if self.is_odd():
            extra += [
                b"\x82\1",
                b"\x83\1\0",
                b"P1\n",
                a.NONE + b"Q",
                b"\x97",
                b"\x98",
                b"r\xff\xff\xff\x7f",
                b"\x94",
                bytes([self.chance.randrange(256)]),
            ]
        return self.pick(*extra) + self.value()

    def framed(self) -> bytes:
        inside = self.value()
        size = len(inside)
        if self.is_odd():
            size += self.chance.choice((-3, -1, 1, 2, 9, 2**40))
        return b"\x95" + struct.pack("<Q", max(size, 0)) + inside

    # ------------------------------------------------------------ arrays

    def dtype(self, letter: str) -> bytes:
        """A dtype; now and then with a state that contradicts it."""
        objects = 63 if letter == "O8" else 0
        size = int(letter[1:]) if letter[0] in "VS" else -1
        state = [
            self.number(3),
            self.text("|" if letter in ("u1", "O8", "V8", "V9", "S3", "b1") else "<"),
            *(a.NONE, a.NONE, a.NONE),
            self.number(size),
            self.number(self.chance.choice((1, -1))),
            self.number(objects),
        ]
        if letter == "V9" or self.is_odd():
            inner = self.pick(a.dtype("u1"), a.dtype("O8", 63) if self.is_odd() else a.dtype("f8"))
            field = self.dict([(a.text("f"), inner + self.number(0) + a.TUPLE2)])
            state[3:5] = [a.text("f") + a.TUPLE1, field]
        if self.is_odd():
            part = a.dtype(self.chance.choice(("u1", "O8")), self.chance.choice((0, 63)))
            state[2] = part + self.number(self.chance.randrange(10)) + a.TUPLE2
        if self.is_odd():
            state[0] = self.number(self.chance.randrange(6))
        if self.is_odd():
            state[7] = self.pick(self.number(1), b"\x88", a.NONE, self.number(257))
        if self.is_odd():
            state = state[: self.chance.randrange(4, 9)]
        if self.is_odd():
            state.append(a.NONE)
        made = a.call("numpy", "dtype", self.text(letter), self.truth(False), self.truth(True))
        found = self.odd_value(a.MARK + b"".join(state) + a.TUPLE, "tuple")
        return made + (a.NONE + a.POP if self.is_odd() else found + a.BUILD)

    def wrapper_items(self) -> tuple[list[tuple[bytes, bytes]], str, int, int | None]:
        letter = self.chance.choice(LETTERS)
        count = self.chance.randrange(LITTLE)
        align = self.chance.choice((None, None, 16, 64))
        shape = self.pick(
            self.number(count) + a.TUPLE1, self.number(1) + self.number(count) + a.TUPLE2
        )
        items = [
            (self.text("subclass"), self.name("numpy", "ndarray")),
            (self.text("shape"), self.odd_value(shape, "tuple")),
            (self.text("order"), self.text(self.chance.choice("CF"))),
            (self.text("dtype"), self.dtype(letter)),
            (self.text("allow_mmap"), self.truth(True)),
        ]
        if align is not None:
            items.append((self.text("numpy_array_alignment_bytes"), self.number(align)))
        if self.is_odd():
            items.append((self.text(self.chance.choice(("shape", "x", "read"))), self.value()))
        if self.is_odd():
            other = self.number(self.chance.randrange(LITTLE)) + a.TUPLE1
            items.append((self.text("shape"), other))
        return items, letter, count, align

    def array(self) -> bytes:
        """An array of joblib, whose bytes are opcodes."""
        items, letter, count, align = self.wrapper_items()
        state = self.dict(items)
        maker = self.name("joblib.numpy_pickle", "NumpyArrayWrapper")
        if self.is_odd():
            maker = self.twice(maker)
        made = self.pick(
            maker + a.EMPTY_TUPLE + a.NEWOBJ,
            a.call("copyreg", "_reconstructor", maker, a.name("builtins", "object"), a.NONE),
        )
        if self.is_odd():
            made = self.pick(
                a.call("sklearn.neighbors._kd_tree", "newObj", maker),
                self.twice(made),
                self.returned(made),
                a.new(*PLAIN),
                maker + a.EMPTY_TUPLE + a.REDUCE,
            )
        if self.is_odd():
            state = self.odd_value(a.NONE + state + a.TUPLE2, "tuple")
        if letter == "O8":
            return made + state + a.BUILD + self.nested(count)
        size = count * (4 if letter[0] == "U" else 1) * int(letter[1:])
        padding = b""
        if align is not None:
            length = self.chance.choice((0, 1, 3, 16, 40, 255))
            padding = bytes([length]) + hidden(self.chance, length)
        return made + state + a.BUILD + padding + hidden(self.chance, size)

    def nested(self, count: int) -> bytes:
        """A pickle of an array of objects."""
        kind = a.name("numpy", "ndarray") + self.number(0) + a.TUPLE1 + b"C\1b"
        made = a.name("numpy.core.multiarray", "_reconstruct") + a.MARK + kind + a.TUPLE + a.REDUCE
        items = a.EMPTY_LIST + a.MARK + a.NONE * count + b"e"
        parts = self.number(1) + self.number(count) + a.TUPLE1 + a.dtype("O8", 63) + b"\x89" + items
        body = made + a.MARK + parts + a.TUPLE + a.BUILD
        inside = self.pick(a.NONE, self.any_name(), self.array() if self.is_odd() else a.NONE)
        return a.whole(inside + a.POP + body, self.chance.choice((2, 3, 4)))

    # ------------------------------------------------------------ whole files

    def file(self) -> bytes:
        body = b"".join(self.value() + a.POP for _ in range(self.chance.randrange(1, 4)))
        protocol = self.chance.choice((None, 0, 1, 2, 3, 4, 4, 4, 5))
        start = b"" if protocol is None else a.proto(protocol)
        data = start + body + self.value() + a.STOP
        if self.chance.random() < 0.2:  # concatenated
            data += a.whole(self.value())
        if self.chance.random() < 0.2:
            data += hidden(self.chance, 60)
        return self.packed(data)

    def packed(self, data: bytes) -> bytes:
        if self.chance.random() < 0.7:
            return data
        cut = self.chance.randrange(len(data) + 1)
        pack = self.chance.choice((zlib.compress, gzip.compress, bz2.compress, lzma.compress))
        if pack is zlib.compress and self.is_odd():
            return b"ZF" + hex(len(data)).ljust(19).encode() + zlib.compress(data)
        if self.is_odd():
            return pack(data[:cut]) + pack(data[cut:]) + self.pick(b"", b"\0" * 8, data[:40])
        return pack(data)


def made_file(seed: str) -> bytes:
    """The file of a seed."""
    return Maker(seed).file()
