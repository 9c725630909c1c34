"""The state of the pickle virtual machine, and the operations that its opcodes share.

No line here imports, calls or sets an attribute of anything that a file names: every object that a
file creates is a stand-in.
"""

from __future__ import annotations

import _compat_pickle
import struct
from typing import Any

from matrix.frameworks import MARKS, Excerpt
from matrix.inspection import arrays, exact_calls, special_names
from matrix.inspection.arrays import Array, Dtype
from matrix.inspection.byte_stream import Stream
from matrix.inspection.companions import Companions
from matrix.inspection.findings import Findings
from matrix.inspection.read_errors import DamageError
from matrix.inspection.stack_bounds import ALIGNED
from matrix.inspection.stand_ins import Blob, Dict, Global, Object, Set, StandIn

MAX_TEXT = 64 * 1024
"""Bytes of a string that is kept; longer ones are skipped."""
MAX_DIGITS = 4096
"""Digits or bytes of an integer, at most."""
_SHORT_TEXT = 256
"""Bytes of a string that is always kept."""
_MAX_KEPT = 64 * 1024 * 1024
"""Bytes of all longer strings together that are kept, at most."""
_MAX_NAME = 1000
"""Characters of a module or name, at most."""
_MARK = 16
"""Bytes at the start of a long string that are always kept."""
_HEAD, _TAIL = 256 * 1024, 64 * 1024
"""Further bytes that are kept of the two ends of a model that native code wrote."""
_SMALL_ARRAY = 16 * 1024
"""Bytes of an array whose elements are kept, at most."""


class MachineState:
    """The stack, memo and stream of one pickle, and the operations that opcodes share."""

    stream: Stream

    def __init__(
        self,
        stream: Stream,
        findings: Findings,
        *,
        with_arrays: bool = True,
        companions: Companions | None = None,
    ) -> None:
        """Create a machine.

        Args:
            stream: positioned at the first opcode.
            findings: collects names, versions and notes.
            with_arrays: whether the stream has arrays that joblib wrote.
            companions: the files beside it, if joblib reads arrays from them.
        """
        self.stream = stream
        self.findings = findings
        self.with_arrays = with_arrays
        self.companions = companions
        self.stack: list[StandIn] = []
        self.below: list[list[StandIn]] = []
        """The stacks below each mark."""
        self.memo: dict[int, StandIn] = {}
        self.hiding: dict[int, StandIn] = {}
        """By identity, tuples with a name that must be called directly."""
        self.protocol = 0
        self.outer: int | None = None
        """The protocol of the pickle around this one; None if it is the outermost one."""

    def load(self) -> StandIn:
        """Run the pickle up to its STOP opcode; implemented by :class:`Machine`."""
        raise NotImplementedError

    # ---------------------------------------------------------------- what actions share

    def push(self, value: StandIn) -> None:
        """Put a value on the stack."""
        self.stack.append(value)

    def push_again(self, value: StandIn) -> None:
        """Push a value that the file already has, so that it has it twice."""
        if isinstance(value, (Dict, Dtype, Object)):
            value.shared = True
        elif type(value) is Global and value.restricted:
            self.findings.add_get(value)
        self.stack.append(value)

    def push_tuple(self, items: tuple[StandIn, ...]) -> None:
        """Push a tuple, and keep in mind whether it holds a name that must be called directly.

        Such a tuple may only be the arguments of a call: :meth:`call` decides about those.
        """
        if any(id(one) in self.hiding for one in items):
            self.note_passed_on()
        if any(arrays.is_special(one) for one in items):
            self.hiding[id(items)] = items
        self.stack.append(items)

    def held(self, items: list[StandIn]) -> list[StandIn]:
        """The same items, which something else is going to hold.

        A name that must be called directly would get a way to be called from there.
        """
        for one in items:
            if arrays.is_special(one) or id(one) in self.hiding:
                self.note_passed_on()
        return items

    def note_passed_on(self) -> None:
        """Add the note that a name that must be called directly is passed to something else."""
        self.findings.add_note(
            "passed-on", "it passes an array or dtype constructor to another call"
        )

    def push_name(self, name: Global) -> None:
        """Put a name on the stack."""
        if name.restricted:
            self.findings.add_get(name)
        self.stack.append(name)

    def pop_mark(self) -> list[StandIn]:
        """Remove and return all values above the last mark."""
        items = self.stack
        self.stack = self.below.pop()
        return items

    def read_number(self, layout: str, size: int) -> Any:
        """A number in a ``struct`` layout of ``size`` bytes."""
        return struct.unpack(layout, self.stream.read(size))[0]

    def read_data(self, kind: str, size: int) -> StandIn:
        """``size`` bytes, or a Blob if they are too long to keep."""
        if size < 0:
            raise DamageError("holds a string of negative length")
        if size <= _SHORT_TEXT or self.reserve(size, MAX_TEXT):
            return self.stream.read(size)
        return Blob(kind, size, excerpt=self.read_excerpt(size))

    def read_excerpt(self, size: int) -> Excerpt:
        """Skip ``size`` bytes but for their two ends, which may tell what wrote them."""
        head = self.stream.read(_MARK)
        if head.startswith(MARKS) and size >= _MARK + _TAIL:
            more = min(size - _MARK - _TAIL, _HEAD)
            if self.reserve(more + _TAIL, _HEAD + _TAIL):
                head += self.stream.read(more)
                self.stream.skip(size - len(head) - _TAIL)
                return Excerpt(head=head, tail=self.stream.read(_TAIL))
        self.stream.skip(size - len(head))
        return Excerpt(head=head, tail=b"")

    def reserve(self, size: int, longest: int) -> bool:
        """Reserve memory for ``size`` bytes; False if it is more than ``longest`` or the total."""
        if size > longest or self.findings.kept + size > _MAX_KEPT:
            return False
        self.findings.kept += size
        return True

    def push_text(self, size: int) -> None:
        """Push a string of ``size`` bytes."""
        data = self.read_data("str", size)
        if isinstance(data, Blob):
            self.push(data)
            return
        text = data.decode("utf-8", "surrogatepass")
        self.push(self.check_text(text) if size in special_names.LENGTHS else text)

    def check_text(self, text: str) -> str:
        """The same text; a note is added if it names the address of an array."""
        if text in special_names.ADDRESSES:
            self.note_special()
        return text

    def note_special(self) -> None:
        """Add the note that an attribute changes how an object is read."""
        self.findings.add_note(
            "sets-special", "it sets an attribute that changes how an object is read"
        )

    def push_python_2_text(self, size: int) -> None:
        """Push a string of Python 2, which may be text or bytes."""
        self.findings.python_2 = True
        data = self.read_data("str", size)
        self.push(data if isinstance(data, Blob) else self.check_text(data.decode("latin-1")))

    def read_number_line(self) -> bytes:
        """A line that holds a number."""
        line = self.stream.read_line(MAX_DIGITS)
        if line is None:
            raise DamageError("holds a number with too many digits")
        return line

    def read_name_line(self) -> str:
        """A line that holds a name."""
        line = self.stream.read_line(4 * _MAX_NAME)
        if line is None:
            raise DamageError("holds a name with too many characters")
        return line.decode("utf-8")

    def look_up(self, module: StandIn, qualname: StandIn) -> Global:
        """The stand-in for a name; names of Python 2 are mapped as Python 3 maps them."""
        if type(module) is not str or type(qualname) is not str:
            raise DamageError("looks up a name that is not a string")
        if len(module) > _MAX_NAME or len(qualname) > _MAX_NAME:
            raise DamageError("holds a name with too many characters")
        renamed = _in_python_3(module, qualname)
        if renamed != (module, qualname):
            # joblib 1.6 and newer look up names in a nested pickle by the protocol around it, and
            # Python 3.13 does not rename all that older ones do: both names are reported.
            either = self.outer is not None and (self.outer < 3) != (self.protocol < 3)
            if either or (self.protocol < 3 and module in _RENAMED):
                self.findings.look_up(module, qualname)
            if either or self.protocol < 3:
                module, qualname = renamed
        found = self.findings.look_up(module, qualname)
        wrappers = arrays.WRAPPERS if qualname.endswith(arrays.WRAPPER) else arrays.COMPANIONS
        if qualname.endswith(arrays.ENDINGS) and found.pair not in wrappers:
            raise DamageError("holds an array wrapper under a name that joblib does not use")
        return found

    def push_extension(self, code: int) -> None:
        """Push the stand-in for an extension code, whose meaning depends on the loading program."""
        self.findings.add_note(
            "extension-codes", "it refers to names by number, registered elsewhere"
        )
        self.push(self.findings.look_up("copyreg", f"<extension {code}>"))

    def call(
        self, maker: StandIn, args: StandIn, kwargs: StandIn = None, *, by_class: bool
    ) -> None:
        """Push the stand-in for the result of calling ``maker``."""
        if type(args) is not tuple or not (kwargs is None or isinstance(kwargs, Dict)):
            raise DamageError("calls something with invalid arguments")
        if isinstance(maker, Global):
            self.findings.add_call(maker)
            self.push(self.build(maker, args, kwargs, by_class=by_class))
        elif isinstance(maker, Object):
            if not exact_calls.is_called_at_once(maker):
                self.findings.add_note("made-callable", "it calls the result of another call")
            self.push(Object(maker, args, kwargs, by_class=False))
        else:
            raise DamageError("calls something that cannot be called")

    def build(
        self, maker: Global, args: tuple[StandIn, ...], kwargs: Dict | None, *, by_class: bool
    ) -> StandIn:
        """The stand-in for the result of calling a name."""
        pair = maker.pair
        if pair in arrays.COMPANIONS:
            return Object(maker, args, kwargs, by_class=by_class)
        if maker.restricted or pair == exact_calls.ZONE_UNPICKLE:
            return self.exact_result(maker, args, kwargs, by_class=by_class)
        if pair == ("_codecs", "encode"):
            return self.encoded_bytes(args)
        if pair in arrays.UFUNCS:
            return self.look_up(*_module_and_name(args))
        if pair in _MAKERS:
            maker, args = _class_and_args(args, with_base=pair[1] == "_reconstructor")
            by_class = True
            if maker.pair in exact_calls.CREATED_EMPTY and not args:
                self.findings.add_exact_call(maker)
        self.held([*args, *(kwargs.flat if kwargs else ())])
        if maker.pair == arrays.DTYPE and arrays.Dtype.from_args(args) is None:
            self.findings.add_note("unknown-dtype", "it holds an unknown dtype")
        return _result_of(maker, args, kwargs, by_class=by_class)

    def exact_result(
        self, maker: Global, args: tuple[StandIn, ...], kwargs: Dict | None, *, by_class: bool
    ) -> StandIn:
        """The stand-in for the result of calling a restricted name."""
        if maker.pair == exact_calls.ZONE_UNPICKLE:
            if not exact_calls.zone(args):
                self.findings.add_misuse(Global(*exact_calls.ZONE))
            return Object(Global(*exact_calls.ZONE), args, by_class=False)
        if maker.pair in (exact_calls.DILL_ARRAY, exact_calls.DILL_TYPE):
            plain = kwargs is None and not by_class
            made = self.result_of_dill(maker, args) if plain else None
        else:
            made = exact_calls.result(maker, args, kwargs, by_class=by_class)
        if made is None:
            self.findings.add_misuse(maker)
            return Object(maker, args, kwargs, by_class=by_class)
        self.findings.add_exact_call(maker)
        if maker.pair == exact_calls.PARTIAL:
            self.findings.add_target(args[0])
        if isinstance(made, Global) and isinstance(args[0], Global):
            self.findings.add_exact_call(args[0])  # the class whose method it is
        return made

    def result_of_dill(self, maker: Global, args: tuple[StandIn, ...]) -> StandIn | None:
        """What a helper of dill returns; None if it is not called as dill calls it.

        An array is made as the opcodes of a file without dill would make it.
        """
        if maker.pair == exact_calls.DILL_TYPE:
            name = exact_calls.dill_type(args)
            return self.look_up("builtins", name) if name else None
        parts = exact_calls.dill_array(args)
        if parts is None:
            return None
        function, given, state = parts
        array = self.build(function, given, None, by_class=False)
        if not isinstance(array, Array):
            return None
        self.findings.add_call(function)
        self.held([*state])
        array.build(state)
        return array

    def encoded_bytes(self, args: tuple[StandIn, ...]) -> StandIn:
        """Bytes as protocols 0 to 2 store them: a string and its encoding."""
        text, coding = args if len(args) == 2 else (None, None)
        if isinstance(text, Blob) and text.kind == "str":
            return Blob("bytes", text.size, excerpt=text.excerpt)
        if type(text) is not str or type(coding) is not str or coding not in ("latin1", "latin-1"):
            raise DamageError("holds bytes in an encoding that Python does not use")
        if len(text) > _SHORT_TEXT and not self.reserve(len(text), MAX_TEXT):
            return Blob("bytes", len(text))
        return text.encode("latin-1")

    def read_companion(self, wrapper: Object) -> StandIn:
        """The array that joblib reads from a file beside this one, for its wrapper.

        The wrapper itself if that file is unknown; a note says so.
        """
        array = None if self.companions is None else self.companions.read(wrapper)
        self.findings.add_companion(wrapper, was_read=array is not None)
        return wrapper if array is None else array

    def read_array(self, wrapper: Object) -> Array:
        """Read an array that joblib wrote into the stream after ``wrapper``."""
        array, size, align = arrays.read_wrapper(wrapper)
        self.findings.joblib = "0.10 to 1.1" if align is None else ALIGNED
        self.findings.arrays += 1
        self.stream.leave_frame()
        if size is None:
            inner = type(self)(self.stream, self.findings, with_arrays=False)
            inner.outer = self.protocol
            nested = inner.load()
            if not isinstance(nested, Array):
                raise DamageError("holds another object instead of an array")
            return nested
        if align is not None:
            self.stream.skip(self.stream.read(1)[0])
        if self.reserve(size, _SMALL_ARRAY):
            array.set_data(self.stream.read(size))
        else:
            self.stream.skip(size)
        return array


_RENAMED = {"Tix": "tkinter.tix"}
"""Modules of Python 2 that only some releases of Python 3 rename."""


def _in_python_3(module: str, qualname: str) -> tuple[str, str]:
    """What Python 3 calls a name of Python 2."""
    pair = _compat_pickle.NAME_MAPPING.get((module, qualname))
    other = _RENAMED.get(module) or _compat_pickle.IMPORT_MAPPING.get(module, module)
    return pair or (other, qualname)


_SETS = (("builtins", "set"), ("builtins", "frozenset"))
_MAKERS = (("copyreg", "_reconstructor"), ("copyreg", "__newobj__"))
_BASES = frozenset(
    {"object", "dict", "list", "tuple", "set", "frozenset", "int", "float", "complex", "str"}
    | {"bytes", "bytearray"}
)


def _class_and_args(
    args: tuple[StandIn, ...], *, with_base: bool
) -> tuple[Global, tuple[StandIn, ...]]:
    """The class that a ``copyreg`` helper instantiates, and its arguments."""
    if not args or not isinstance(args[0], Global):
        raise DamageError("creates an object without a class")
    if with_base:
        base = args[1].pair if len(args) == 3 and isinstance(args[1], Global) else ("", "")
        if base[0] != "builtins" or base[1] not in _BASES:
            raise DamageError("creates an object in a way that Python does not use")
        return args[0], args[2:] if base[1] != "object" else ()
    return args[0], args[1:]


def _module_and_name(args: tuple[StandIn, ...]) -> tuple[str, str]:
    if len(args) != 2 or type(args[0]) is not str or type(args[1]) is not str:
        raise DamageError("looks up a function of numpy with invalid arguments")
    return args[0], args[1]


def _result_of(
    maker: Global, args: tuple[StandIn, ...], kwargs: Dict | None, *, by_class: bool
) -> StandIn:
    if maker.pair in _SETS and len(args) == 1 and type(args[0]) is list:
        return Set(args[0], frozen=maker.qualname == "frozenset")
    found = arrays.call_numpy(maker, args)
    return Object(maker, args, kwargs, by_class=by_class) if found is None else found
