"""The state of a machine that reads a pickle, and the operations that its instructions share.

There is no line here that imports, calls, or sets an attribute of anything a file names: whatever
a file makes is a stand-in.
"""

from __future__ import annotations

import _compat_pickle
import struct
from typing import Any

from matrix.inspection import arrays
from matrix.inspection.arrays import Array
from matrix.inspection.byte_stream import Stream
from matrix.inspection.findings import Findings
from matrix.inspection.read_errors import DamageError
from matrix.inspection.stand_ins import Blob, Dict, Global, Object, Set, StandIn

LONG_TEXT = 64 * 1024
"""Longer texts and bytes are gone by."""
MOST_DIGITS = 4096
"""Digits or bytes of a whole number."""
_SHORT_TEXT = 256
"""Texts up to here are kept, however many there are."""
_KEPT = 64 * 1024 * 1024
"""How much longer ones may take together."""
_NAME = 1000
"""Letters of a module or a name in it."""
_SMALL_ARRAY = 16 * 1024
"""Bytes of an array whose elements are kept."""


class MachineState:
    """What one pickle has put on the stack so far, and what its instructions share."""

    stream: Stream

    def __init__(self, stream: Stream, findings: Findings, *, with_arrays: bool = True) -> None:
        """Make a machine.

        Args:
            stream: stands at the first instruction.
            findings: told whatever is worth knowing on the way.
            with_arrays: whether joblib's arrays lie in the stream.
        """
        self.stream = stream
        self.findings = findings
        self.with_arrays = with_arrays
        self.stack: list[StandIn] = []
        self.below: list[list[StandIn]] = []
        """The stacks beneath each mark."""
        self.memo: dict[int, StandIn] = {}
        self.protocol = 0

    def load(self) -> StandIn:
        """Read up to the end of the pickle."""
        raise NotImplementedError

    # ---------------------------------------------------------------- what actions share

    def push(self, value: StandIn) -> None:
        """Put a value on the stack."""
        self.stack.append(value)

    def pop_mark(self) -> list[StandIn]:
        """Everything above the last mark."""
        items = self.stack
        self.stack = self.below.pop()
        return items

    def number(self, layout: str, size: int) -> Any:
        """A number of fixed size."""
        return struct.unpack(layout, self.stream.read(size))[0]

    def data(self, kind: str, size: int) -> StandIn:
        """So many bytes: bytes if they may be kept, else what is known of them."""
        if size < 0:
            raise DamageError("holds a text of less than no letters")
        if size <= _SHORT_TEXT or self.keeps(size, LONG_TEXT):
            return self.stream.read(size)
        self.stream.skip(size)
        return Blob(kind, size)

    def keeps(self, size: int, longest: int) -> bool:
        """Whether there is room for so many bytes; if so, it is taken."""
        if size > longest or self.findings.kept + size > _KEPT:
            return False
        self.findings.kept += size
        return True

    def text(self, size: int) -> None:
        """Push a text of so many bytes."""
        data = self.data("str", size)
        self.push(data if isinstance(data, Blob) else data.decode("utf-8", "surrogatepass"))

    def old_text(self, size: int) -> None:
        """Push a text of Python 2, which may be letters or bytes."""
        self.findings.python_2 = True
        data = self.data("str", size)
        self.push(data if isinstance(data, Blob) else data.decode("latin-1"))

    def digits(self) -> bytes:
        """A line that holds a number."""
        line = self.stream.line(MOST_DIGITS)
        if line is None:
            raise DamageError("holds a number of too many digits")
        return line

    def name(self) -> str:
        """A line that holds a name."""
        line = self.stream.line(4 * _NAME)
        if line is None:
            raise DamageError("holds a name of too many letters")
        return line.decode("utf-8")

    def find(self, module: StandIn, qualname: StandIn) -> Global:
        """The stand-in for a name, noted as Python would look it up."""
        if type(module) is not str or type(qualname) is not str:
            raise DamageError("looks up a name that is no text")
        if len(module) > _NAME or len(qualname) > _NAME:
            raise DamageError("holds a name of too many letters")
        if self.protocol < 3:
            if (module, qualname) in _compat_pickle.NAME_MAPPING:
                module, qualname = _compat_pickle.NAME_MAPPING[module, qualname]
            elif module in _compat_pickle.IMPORT_MAPPING:
                module = _compat_pickle.IMPORT_MAPPING[module]
        found = self.findings.look_up(module, qualname)
        if qualname.endswith(arrays.WRAPPER) and found.pair not in arrays.WRAPPERS:
            raise DamageError("announces an array of joblib under a name that joblib does not use")
        return found

    def extension(self, code: int) -> None:
        """Push what a number stands for: it depends on what was registered where it is loaded."""
        self.findings.note("extension-codes", "it refers to names by number, known elsewhere only")
        self.push(self.findings.look_up("copyreg", f"<extension {code}>"))

    def make(
        self, maker: StandIn, args: StandIn, kwargs: StandIn = None, *, by_class: bool
    ) -> None:
        """Push what a class or a function makes of arguments."""
        if type(args) is not tuple or not (kwargs is None or isinstance(kwargs, Dict)):
            raise DamageError("calls something with arguments that are none")
        if isinstance(maker, Global):
            self.findings.called(maker)
            self.push(self.made(maker, args, kwargs, by_class=by_class))
        elif isinstance(maker, Object):
            self.findings.note("made-callable", "it calls what another call has returned")
            self.push(Object(maker, args, kwargs, by_class=False))
        else:
            raise DamageError("calls something that cannot be called")

    def made(
        self, maker: Global, args: tuple[StandIn, ...], kwargs: Dict | None, *, by_class: bool
    ) -> StandIn:
        """What a name makes of arguments."""
        pair = maker.pair
        if pair == ("_codecs", "encode"):
            return self.encoded(args)
        if pair in arrays.UFUNCS:
            return self.find(*_two_texts(args))
        if pair in _MAKERS:
            maker, args = _unwrapped(args, with_base=pair[1] == "_reconstructor")
            by_class = True
        if any(arrays.is_special(one) for one in (*args, *(kwargs.flat if kwargs else ()))):
            self.findings.note("passed-on", "it has an array or a dtype made by something else")
        if maker.pair == arrays.DTYPE and arrays.Dtype.of(args) is None:
            self.findings.note("unknown-dtype", "it holds a dtype that is not known here")
        return _made(maker, args, kwargs, by_class=by_class)

    def encoded(self, args: tuple[StandIn, ...]) -> StandIn:
        """Bytes, as protocols 0 to 2 hold them: as text, with the coding it was read in."""
        text, coding = args if len(args) == 2 else (None, None)
        if isinstance(text, Blob) and text.kind == "str":
            return Blob("bytes", text.size)
        if type(text) is not str or type(coding) is not str or coding not in ("latin1", "latin-1"):
            raise DamageError("holds bytes in a coding that Python does not use")
        if len(text) > _SHORT_TEXT and not self.keeps(len(text), LONG_TEXT):
            return Blob("bytes", len(text))
        return text.encode("latin-1")

    def array(self, wrapper: Object) -> Array:
        """Go by an array of joblib."""
        array, size, align = arrays.wrapped(wrapper)
        self.findings.joblib = "0.10 to 1.1" if align is None else "1.2 or newer"
        self.findings.arrays += 1
        self.stream.leave_frame()
        if size is None:
            nested = type(self)(self.stream, self.findings, with_arrays=False).load()
            if not isinstance(nested, Array):
                raise DamageError("holds no array where one was announced")
            return nested
        if align is not None:
            self.stream.skip(self.stream.read(1)[0])
        if self.keeps(size, _SMALL_ARRAY):
            array.take(self.stream.read(size))
        else:
            self.stream.skip(size)
        return array


_SETS = (("builtins", "set"), ("builtins", "frozenset"))
_MAKERS = (("copyreg", "_reconstructor"), ("copyreg", "__newobj__"))
_BASES = frozenset(
    {"object", "dict", "list", "tuple", "set", "frozenset", "int", "float", "complex", "str"}
    | {"bytes", "bytearray"}
)


def _unwrapped(args: tuple[StandIn, ...], *, with_base: bool) -> tuple[Global, tuple[StandIn, ...]]:
    """The class that is to be made, and what of."""
    if not args or not isinstance(args[0], Global):
        raise DamageError("makes an object of no class")
    if with_base:
        base = args[1].pair if len(args) == 3 and isinstance(args[1], Global) else ("", "")
        if base[0] != "builtins" or base[1] not in _BASES:
            raise DamageError("makes an object in a way that Python does not use")
        return args[0], args[2:] if base[1] != "object" else ()
    return args[0], args[1:]


def _two_texts(args: tuple[StandIn, ...]) -> tuple[str, str]:
    if len(args) != 2 or type(args[0]) is not str or type(args[1]) is not str:
        raise DamageError("looks up a function of numpy by something that is no name")
    return args[0], args[1]


def _made(
    maker: Global, args: tuple[StandIn, ...], kwargs: Dict | None, *, by_class: bool
) -> StandIn:
    if maker.pair in _SETS and len(args) == 1 and type(args[0]) is list:
        return Set(args[0], frozen=maker.qualname == "frozenset")
    found = arrays.called(maker, args)
    return Object(maker, args, kwargs, by_class=by_class) if found is None else found
