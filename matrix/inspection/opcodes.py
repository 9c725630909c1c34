"""The instructions of pickles, all protocols: what each does to the machine that reads them."""

from __future__ import annotations

import codecs
import warnings
from collections.abc import Callable

from matrix.inspection import arrays
from matrix.inspection.arrays import Array, Dtype
from matrix.inspection.machine_state import LONG_TEXT, MOST_DIGITS, MachineState
from matrix.inspection.read_errors import DamageError, UnreadableError
from matrix.inspection.stand_ins import Blob, Dict, Global, Object, Outside, Set, StandIn

HIGHEST = 5

Action = Callable[[MachineState], None]
ACTIONS: dict[int, Action] = {}
SINCE: dict[int, int] = {}
"""The protocol that brought an instruction."""


def _on(code: str, since: int = 0) -> Callable[[Action], Action]:
    def register(action: Action) -> Action:
        ACTIONS[ord(code)] = action
        SINCE[ord(code)] = since
        return action

    return register


# ------------------------------------------------------------------ plain values


@_on("\x80", 2)
def _proto(machine: MachineState) -> None:
    protocol = machine.stream.read(1)[0]
    if protocol > HIGHEST:
        raise UnreadableError(
            f"is a pickle of protocol {protocol}, which is newer than this tool knows",
            advice="Get a newer version of this tool, or save the model with protocol 5.",
        )
    machine.protocol = protocol
    machine.findings.protocol = max(machine.findings.protocol, protocol)


@_on("\x95", 4)
def _frame(machine: MachineState) -> None:
    machine.stream.begin_frame(machine.number("<Q", 8))


_on("N")(lambda machine: machine.push(None))
_on("\x89", 2)(lambda machine: machine.push(False))
_on("\x88", 2)(lambda machine: machine.push(True))
_on("J", 1)(lambda machine: machine.push(machine.number("<i", 4)))
_on("K", 1)(lambda machine: machine.push(machine.stream.read(1)[0]))
_on("M", 1)(lambda machine: machine.push(machine.number("<H", 2)))
_on("G", 1)(lambda machine: machine.push(machine.number(">d", 8)))
_on("F")(lambda machine: machine.push(float(machine.digits())))


@_on("I")
def _int(machine: MachineState) -> None:
    line = machine.digits()
    machine.push(line == b"01" if line in (b"00", b"01") else int(line, 0))


@_on("L")
def _long(machine: MachineState) -> None:
    machine.push(int(machine.digits().removesuffix(b"L"), 0))


@_on("\x8a", 2)
def _long_1(machine: MachineState) -> None:
    data = machine.stream.read(machine.stream.read(1)[0])
    machine.push(int.from_bytes(data, "little", signed=True))


@_on("\x8b", 2)
def _long_4(machine: MachineState) -> None:
    size = machine.number("<i", 4)
    if not 0 <= size <= MOST_DIGITS:
        raise DamageError("holds a number of too many digits")
    machine.push(int.from_bytes(machine.stream.read(size), "little", signed=True))


_on("X", 1)(lambda machine: machine.text(machine.number("<I", 4)))
_on("\x8d", 4)(lambda machine: machine.text(machine.number("<Q", 8)))
_on("\x8c", 4)(lambda machine: machine.text(machine.stream.read(1)[0]))
_on("T", 1)(lambda machine: machine.old_text(machine.number("<i", 4)))
_on("U", 1)(lambda machine: machine.old_text(machine.stream.read(1)[0]))
_on("B", 3)(lambda machine: machine.push(machine.data("bytes", machine.number("<I", 4))))
_on("\x8e", 4)(lambda machine: machine.push(machine.data("bytes", machine.number("<Q", 8))))
_on("C", 3)(lambda machine: machine.push(machine.stream.read(machine.stream.read(1)[0])))


@_on("\x96", 5)
def _bytearray(machine: MachineState) -> None:
    size = machine.number("<Q", 8)
    data = machine.data("bytearray", size)
    machine.push(data if isinstance(data, Blob) else Blob("bytearray", size, data))


@_on("V")
def _unicode(machine: MachineState) -> None:
    before = machine.stream.position
    line = machine.stream.line(LONG_TEXT)
    if line is None:
        machine.push(Blob("str", machine.stream.position - before))
    else:
        machine.push(line.decode("raw-unicode-escape"))


@_on("S")
def _string(machine: MachineState) -> None:
    machine.findings.python_2 = True
    before = machine.stream.position
    line = machine.stream.line(LONG_TEXT)
    if line is None:
        machine.push(Blob("str", machine.stream.position - before))
        return
    if len(line) < 2 or line[0] != line[-1] or line[:1] not in (b"'", b'"'):
        raise DamageError("holds a text without its quotes")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of escapes that no longer are any
        machine.push(codecs.escape_decode(line[1:-1])[0].decode("latin-1"))


# ------------------------------------------------------------------ containers

_on(")", 1)(lambda machine: machine.push(()))
_on("]", 1)(lambda machine: machine.push([]))
_on("}", 1)(lambda machine: machine.push(Dict([])))
_on("\x8f", 4)(lambda machine: machine.push(Set([])))
_on("t")(lambda machine: machine.push(tuple(machine.pop_mark())))
_on("l")(lambda machine: machine.push(machine.pop_mark()))
_on("d")(lambda machine: machine.push(Dict(_even(machine.pop_mark()))))
_on("\x91", 4)(lambda machine: machine.push(Set(machine.pop_mark(), frozen=True)))


def _tuple_of(size: int) -> Action:
    def action(machine: MachineState) -> None:
        stack = machine.stack
        if len(stack) < size:
            raise IndexError
        items = tuple(stack[-size:])
        del stack[-size:]
        stack.append(items)

    return action


_on("\x85", 2)(_tuple_of(1))
_on("\x86", 2)(_tuple_of(2))
_on("\x87", 2)(_tuple_of(3))


def _even(items: list[StandIn]) -> list[StandIn]:
    if len(items) % 2:
        raise DamageError("holds a dictionary with a key and no value")
    return items


@_on("a")
def _append(machine: MachineState) -> None:
    value = machine.stack.pop()
    _extend(machine, [value])


@_on("e", 1)
def _appends(machine: MachineState) -> None:
    _extend(machine, machine.pop_mark())


def _extend(machine: MachineState, items: list[StandIn]) -> None:
    target = machine.stack[-1]
    if type(target) is list:
        target.extend(items)
    elif isinstance(target, Object):
        target.items.extend(items)
    else:
        raise DamageError("appends to something that is no list")


@_on("s")
def _set_item(machine: MachineState) -> None:
    value, key = machine.stack.pop(), machine.stack.pop()
    _update(machine, [key, value])


@_on("u", 1)
def _set_items(machine: MachineState) -> None:
    _update(machine, _even(machine.pop_mark()))


def _update(machine: MachineState, flat: list[StandIn]) -> None:
    target = machine.stack[-1]
    if isinstance(target, Dict):
        target.flat.extend(flat)
    elif isinstance(target, Object):
        if target.pairs is None:
            target.pairs = Dict([])
        target.pairs.flat.extend(flat)
    else:
        raise DamageError("sets an item of something that is no dictionary")


@_on("\x90", 4)
def _add_items(machine: MachineState) -> None:
    items = machine.pop_mark()
    target = machine.stack[-1]
    if isinstance(target, (Set, Object)):
        target.items.extend(items)
    else:
        raise DamageError("adds to something that is no set")


# ------------------------------------------------------------------ the stack and the memo


@_on("(")
def _mark(machine: MachineState) -> None:
    machine.below.append(machine.stack)
    machine.stack = []


@_on("0")
def _pop(machine: MachineState) -> None:
    if machine.stack:
        machine.stack.pop()
    else:
        machine.pop_mark()


@_on("1", 1)
def _pop_to_mark(machine: MachineState) -> None:
    machine.pop_mark()


_on("2")(lambda machine: machine.push(machine.stack[-1]))
_on("g")(lambda machine: _get(machine, int(machine.digits())))
_on("h", 1)(lambda machine: _get(machine, machine.stream.read(1)[0]))
_on("j", 1)(lambda machine: _get(machine, machine.number("<I", 4)))
_on("p")(lambda machine: _put(machine, int(machine.digits())))
_on("q", 1)(lambda machine: _put(machine, machine.stream.read(1)[0]))
_on("r", 1)(lambda machine: _put(machine, machine.number("<I", 4)))
_on("\x94", 4)(lambda machine: _put(machine, len(machine.memo)))


def _get(machine: MachineState, index: int) -> None:
    if index not in machine.memo:
        raise DamageError("refers to something that was not there before")
    machine.push(machine.memo[index])


def _put(machine: MachineState, index: int) -> None:
    if not 0 <= index < 2**32:
        raise DamageError("numbers something beyond all bounds")
    machine.memo[index] = machine.stack[-1]


# ------------------------------------------------------------------ names and what they make


@_on("c")
def _global(machine: MachineState) -> None:
    module, qualname = machine.name(), machine.name()
    machine.push(machine.find(module, qualname))


@_on("\x93", 4)
def _stack_global(machine: MachineState) -> None:
    qualname, module = machine.stack.pop(), machine.stack.pop()
    machine.push(machine.find(module, qualname))


_on("\x82", 2)(lambda machine: machine.extension(machine.stream.read(1)[0]))
_on("\x83", 2)(lambda machine: machine.extension(machine.number("<H", 2)))
_on("\x84", 2)(lambda machine: machine.extension(machine.number("<i", 4)))


@_on("R")
def _reduce(machine: MachineState) -> None:
    args, maker = machine.stack.pop(), machine.stack.pop()
    machine.make(maker, args, by_class=False)


@_on("\x81", 2)
def _new(machine: MachineState) -> None:
    args, maker = machine.stack.pop(), machine.stack.pop()
    machine.make(maker, args, by_class=True)


@_on("\x92", 4)
def _new_with_names(machine: MachineState) -> None:
    kwargs, args, maker = machine.stack.pop(), machine.stack.pop(), machine.stack.pop()
    machine.make(maker, args, kwargs, by_class=True)


@_on("i")
def _instance(machine: MachineState) -> None:
    module, qualname = machine.name(), machine.name()
    maker = machine.find(module, qualname)
    machine.make(maker, tuple(machine.pop_mark()), by_class=True)


@_on("o", 1)
def _object(machine: MachineState) -> None:
    args = machine.pop_mark()
    machine.make(args.pop(0), tuple(args), by_class=True)


@_on("b")
def _build(machine: MachineState) -> None:
    state = machine.stack.pop()
    target = machine.stack[-1]
    if isinstance(target, Global):
        machine.findings.note("sets-global", f"it changes {target.module}.{target.qualname} itself")
    elif isinstance(target, (Object, Array, Dtype)):
        target.build(state)
        machine.findings.step(_weight(target, state))
        if _sets_class(target, state):
            machine.findings.note("sets-class", "it gives an object another class, or the like")
        if any(arrays.is_special(one) for one in _values(state)):
            machine.findings.note("passed-on", "it has an array or a dtype made by something else")
    else:
        raise DamageError("gives a state to something that has none")
    if isinstance(target, Object):
        machine.findings.built(target)
        pair = target.maker.pair if isinstance(target.maker, Global) else None
        if pair in arrays.WRAPPERS and machine.with_arrays:
            machine.stack[-1] = machine.array(target)


def _sets_class(target: StandIn, state: StandIn) -> bool:
    """Whether a state with slots sets what belongs to Python, such as ``__class__``."""
    if not isinstance(target, Object) or type(state) is not tuple or len(state) != 2:
        return False
    slots = state[1]
    return isinstance(slots, Dict) and any(
        type(key) is not str or key.startswith("__") for key, _ in slots.pairs()
    )


def _values(state: StandIn) -> list[StandIn]:
    """What a state sets attributes to."""
    parts = state if type(state) is tuple else (state,)
    return [value for part in parts for value in _held(part)]


def _held(part: StandIn) -> list[StandIn]:
    return part.flat[1::2] if isinstance(part, Dict) else [part]


def _weight(target: StandIn, state: StandIn) -> int:
    """How much there is to look at in a state."""
    if isinstance(target, Object):
        state = target.state
    elif isinstance(target, Dtype) and type(state) is tuple and len(state) > 4:
        state = state[4]
    return len(state) if isinstance(state, Dict) else 0


def _persistent(machine: MachineState) -> None:
    machine.findings.note(
        "persistent-ids", "parts of it lie elsewhere: only the program that saved it can load it"
    )
    machine.push(Outside("persistent id"))


@_on("P")
def _persistent_line(machine: MachineState) -> None:
    machine.digits()
    _persistent(machine)


@_on("Q", 1)
def _persistent_value(machine: MachineState) -> None:
    machine.stack.pop()
    _persistent(machine)


@_on("\x97", 5)
def _next_buffer(machine: MachineState) -> None:
    machine.findings.note("out-of-band", "its buffers lie elsewhere")
    machine.push(Outside("buffer"))


@_on("\x98", 5)
def _readonly_buffer(machine: MachineState) -> None:
    machine.push(machine.stack.pop())
