"""The opcodes of all pickle protocols, as actions on a :class:`Machine`.

Python's ``pickletools`` documents each opcode.
"""

from __future__ import annotations

import codecs
import warnings
from collections.abc import Callable

from matrix.inspection import arrays, build_checks, exact_calls, special_names
from matrix.inspection.arrays import Array, Dtype
from matrix.inspection.machine_state import MAX_DIGITS, MAX_TEXT, MachineState
from matrix.inspection.read_errors import DamageError, UnreadableError
from matrix.inspection.stand_ins import Blob, Dict, Global, Object, Outside, Set, StandIn

HIGHEST_PROTOCOL = 5

Action = Callable[[MachineState], None]
ACTIONS: dict[int, Action] = {}
FIRST_PROTOCOL: dict[int, int] = {}
"""By opcode, the first protocol that has it."""


def _opcode(code: str, since: int = 0) -> Callable[[Action], Action]:
    def register(action: Action) -> Action:
        ACTIONS[ord(code)] = action
        FIRST_PROTOCOL[ord(code)] = since
        return action

    return register


# ------------------------------------------------------------------ plain values


@_opcode("\x80", 2)
def _proto(machine: MachineState) -> None:
    protocol = machine.stream.read(1)[0]
    if protocol > HIGHEST_PROTOCOL:
        raise UnreadableError(
            f"is a pickle of protocol {protocol}; this version reads protocols up to 5",
            advice="Update sklearn-compat-matrix, or save the model with protocol 5.",
        )
    machine.protocol = protocol
    machine.findings.protocol = max(machine.findings.protocol, protocol)


@_opcode("\x95", 4)
def _frame(machine: MachineState) -> None:
    machine.stream.begin_frame(machine.read_number("<Q", 8))


_opcode("N")(lambda machine: machine.push(None))
_opcode("\x89", 2)(lambda machine: machine.push(False))
_opcode("\x88", 2)(lambda machine: machine.push(True))
_opcode("J", 1)(lambda machine: machine.push(machine.read_number("<i", 4)))
_opcode("K", 1)(lambda machine: machine.push(machine.stream.read(1)[0]))
_opcode("M", 1)(lambda machine: machine.push(machine.read_number("<H", 2)))
_opcode("G", 1)(lambda machine: machine.push(machine.read_number(">d", 8)))
_opcode("F")(lambda machine: machine.push(float(machine.read_number_line())))


@_opcode("I")
def _int(machine: MachineState) -> None:
    line = machine.read_number_line()
    machine.push(line == b"01" if line in (b"00", b"01") else int(line, 0))


@_opcode("L")
def _long(machine: MachineState) -> None:
    machine.push(int(machine.read_number_line().removesuffix(b"L"), 0))


@_opcode("\x8a", 2)
def _long_1(machine: MachineState) -> None:
    data = machine.stream.read(machine.stream.read(1)[0])
    machine.push(int.from_bytes(data, "little", signed=True))


@_opcode("\x8b", 2)
def _long_4(machine: MachineState) -> None:
    size = machine.read_number("<i", 4)
    if not 0 <= size <= MAX_DIGITS:
        raise DamageError("holds a number with too many digits")
    machine.push(int.from_bytes(machine.stream.read(size), "little", signed=True))


_opcode("X", 1)(lambda machine: machine.push_text(machine.read_number("<I", 4)))
_opcode("\x8d", 4)(lambda machine: machine.push_text(machine.read_number("<Q", 8)))
_opcode("\x8c", 4)(lambda machine: machine.push_text(machine.stream.read(1)[0]))
_opcode("T", 1)(lambda machine: machine.push_python_2_text(machine.read_number("<i", 4)))
_opcode("U", 1)(lambda machine: machine.push_python_2_text(machine.stream.read(1)[0]))
_opcode("B", 3)(
    lambda machine: machine.push(machine.read_data("bytes", machine.read_number("<I", 4)))
)
_opcode("\x8e", 4)(
    lambda machine: machine.push(machine.read_data("bytes", machine.read_number("<Q", 8)))
)
_opcode("C", 3)(lambda machine: machine.push(machine.stream.read(machine.stream.read(1)[0])))


@_opcode("\x96", 5)
def _bytearray(machine: MachineState) -> None:
    size = machine.read_number("<Q", 8)
    data = machine.read_data("bytearray", size)
    machine.push(data if isinstance(data, Blob) else Blob("bytearray", size, data))


@_opcode("V")
def _unicode(machine: MachineState) -> None:
    before = machine.stream.position
    line = machine.stream.read_line(MAX_TEXT)
    if line is None:
        machine.push(Blob("str", machine.stream.position - before))
    else:
        machine.push(machine.check_text(line.decode("raw-unicode-escape")))


@_opcode("S")
def _string(machine: MachineState) -> None:
    machine.findings.python_2 = True
    before = machine.stream.position
    line = machine.stream.read_line(MAX_TEXT)
    if line is None:
        machine.push(Blob("str", machine.stream.position - before))
        return
    if len(line) < 2 or line[0] != line[-1] or line[:1] not in (b"'", b'"'):
        raise DamageError("holds a string without quotes")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # invalid escape sequences are deprecated
        text = codecs.escape_decode(line[1:-1])[0].decode("latin-1")
        machine.push(machine.check_text(text))


# ------------------------------------------------------------------ containers

_opcode(")", 1)(lambda machine: machine.push(()))
_opcode("]", 1)(lambda machine: machine.push([]))
_opcode("}", 1)(lambda machine: machine.push(Dict([])))
_opcode("\x8f", 4)(lambda machine: machine.push(Set([])))
_opcode("t")(lambda machine: machine.push_tuple(tuple(machine.pop_mark())))
_opcode("l")(lambda machine: machine.push(machine.held(machine.pop_mark())))
_opcode("d")(lambda machine: machine.push(Dict(_key_value_pairs(machine.held(machine.pop_mark())))))
_opcode("\x91", 4)(lambda machine: machine.push(Set(machine.held(machine.pop_mark()), frozen=True)))


def _tuple_of(size: int) -> Action:
    def action(machine: MachineState) -> None:
        stack = machine.stack
        if len(stack) < size:
            raise IndexError
        items = tuple(stack[-size:])
        del stack[-size:]
        machine.push_tuple(items)

    return action


_opcode("\x85", 2)(_tuple_of(1))
_opcode("\x86", 2)(_tuple_of(2))
_opcode("\x87", 2)(_tuple_of(3))


def _key_value_pairs(items: list[StandIn]) -> list[StandIn]:
    if len(items) % 2:
        raise DamageError("holds a dictionary with a key but no value")
    return items


@_opcode("a")
def _append(machine: MachineState) -> None:
    value = machine.stack.pop()
    _extend(machine, [value])


@_opcode("e", 1)
def _appends(machine: MachineState) -> None:
    _extend(machine, machine.pop_mark())


def _extend(machine: MachineState, items: list[StandIn]) -> None:
    target = machine.stack[-1]
    machine.held(items)
    if type(target) is list:
        target.extend(items)
    elif isinstance(target, Object):
        _check_filled(machine, target)
        target.items.extend(items)
    else:
        raise DamageError("appends to something that is not a list")


@_opcode("s")
def _set_item(machine: MachineState) -> None:
    value, key = machine.stack.pop(), machine.stack.pop()
    _update(machine, [key, value])


@_opcode("u", 1)
def _set_items(machine: MachineState) -> None:
    _update(machine, _key_value_pairs(machine.pop_mark()))


def _update(machine: MachineState, flat: list[StandIn]) -> None:
    target = machine.stack[-1]
    machine.held(flat)
    if isinstance(target, Dict) and not target.frozen:
        target.flat.extend(flat)
    elif isinstance(target, Object):
        _check_filled(machine, target)
        if target.pairs is None:
            target.pairs = Dict([])
        target.pairs.flat.extend(flat)
    else:
        raise DamageError("sets an item of something that is not a dictionary")


@_opcode("\x90", 4)
def _add_items(machine: MachineState) -> None:
    items = machine.held(machine.pop_mark())
    target = machine.stack[-1]
    if isinstance(target, Object):
        _check_filled(machine, target)
    if isinstance(target, (Set, Object)):
        target.items.extend(items)
    else:
        raise DamageError("adds to something that is not a set")


# ------------------------------------------------------------------ the stack and the memo


@_opcode("(")
def _mark(machine: MachineState) -> None:
    machine.below.append(machine.stack)
    machine.stack = []


@_opcode("0")
def _pop(machine: MachineState) -> None:
    if machine.stack:
        machine.stack.pop()
    else:
        machine.pop_mark()


@_opcode("1", 1)
def _pop_to_mark(machine: MachineState) -> None:
    machine.pop_mark()


_opcode("2")(lambda machine: machine.push_again(machine.stack[-1]))
_opcode("g")(lambda machine: _get(machine, int(machine.read_number_line())))
_opcode("h", 1)(lambda machine: _get(machine, machine.stream.read(1)[0]))
_opcode("j", 1)(lambda machine: _get(machine, machine.read_number("<I", 4)))
_opcode("p")(lambda machine: _put(machine, int(machine.read_number_line())))
_opcode("q", 1)(lambda machine: _put(machine, machine.stream.read(1)[0]))
_opcode("r", 1)(lambda machine: _put(machine, machine.read_number("<I", 4)))
_opcode("\x94", 4)(lambda machine: _put(machine, len(machine.memo)))


def _get(machine: MachineState, index: int) -> None:
    if index not in machine.memo:
        raise DamageError("refers to an object that is not in the memo")
    machine.push_again(machine.memo[index])


def _put(machine: MachineState, index: int) -> None:
    # A pickler counts them up. The C unpickler allocates memory for all that are below.
    if not 0 <= index <= machine.stream.position:
        raise DamageError("uses a memo index out of range")
    machine.memo[index] = machine.stack[-1]


# ------------------------------------------------------------------ names and calls


@_opcode("c")
def _global(machine: MachineState) -> None:
    module, qualname = machine.read_name_line(), machine.read_name_line()
    machine.push_name(machine.look_up(module, qualname))


@_opcode("\x93", 4)
def _stack_global(machine: MachineState) -> None:
    qualname, module = machine.stack.pop(), machine.stack.pop()
    machine.push_name(machine.look_up(module, qualname))


_opcode("\x82", 2)(lambda machine: machine.push_extension(machine.stream.read(1)[0]))
_opcode("\x83", 2)(lambda machine: machine.push_extension(machine.read_number("<H", 2)))
_opcode("\x84", 2)(lambda machine: machine.push_extension(machine.read_number("<i", 4)))


@_opcode("R")
def _reduce(machine: MachineState) -> None:
    args, maker = machine.stack.pop(), machine.stack.pop()
    machine.call(maker, args, by_class=False)


@_opcode("\x81", 2)
def _new(machine: MachineState) -> None:
    args, maker = machine.stack.pop(), machine.stack.pop()
    machine.call(maker, args, by_class=True)


@_opcode("\x92", 4)
def _new_with_names(machine: MachineState) -> None:
    kwargs, args, maker = machine.stack.pop(), machine.stack.pop(), machine.stack.pop()
    machine.call(maker, args, kwargs, by_class=True)


@_opcode("i")
def _instance(machine: MachineState) -> None:
    module, qualname = machine.read_name_line(), machine.read_name_line()
    maker = machine.look_up(module, qualname)
    if maker.restricted:
        machine.findings.add_misuse(maker)
    machine.call(maker, tuple(machine.pop_mark()), by_class=True)


@_opcode("o", 1)
def _object(machine: MachineState) -> None:
    args = machine.pop_mark()
    machine.call(args.pop(0), tuple(args), by_class=True)


@_opcode("b")
def _build(machine: MachineState) -> None:
    state = machine.stack.pop()
    target = machine.stack[-1]
    if isinstance(target, Global):
        machine.findings.add_note("sets-global", f"it changes {target.module}.{target.qualname}")
    elif isinstance(target, (Object, Array, Dtype)):
        target.build(state)
        machine.findings.count(_weight(target, state))
        if isinstance(target, Object):
            _check_state(machine, target, state)
        machine.held(_values(state))
    else:
        raise DamageError("sets the state of something that has none")
    if isinstance(target, Object):
        machine.findings.add_state(target)
        pair = target.maker.pair if isinstance(target.maker, Global) else None
        if pair in arrays.WRAPPERS and machine.with_arrays:
            machine.stack[-1] = machine.read_array(target)
        elif pair in arrays.COMPANIONS:
            machine.stack[-1] = machine.read_companion(target)


def _check_state(machine: MachineState, target: Object, state: StandIn) -> None:
    """Add a note if the effect of a state is unknown."""
    if build_checks.sets_attributes(target, state):
        machine.findings.add_note("sets-class", "it sets __class__ or another special attribute")
    if build_checks.is_computed(state) and not build_checks.is_own_state(target, state):
        machine.findings.add_note("computed-state", "it gives an object the result of a call")
    if special_names.is_set_by(target, state):
        machine.note_special()
    if _is_misused(target, state):
        machine.findings.add_misuse(target.maker)
    _check_new(machine, target)


def _check_new(machine: MachineState, target: Object) -> None:
    """Add a note if an object that is changed may be any that exists already."""
    if build_checks.may_exist_already(target):
        machine.findings.add_note("changes-result", "it changes what a function returns")


def _check_filled(machine: MachineState, target: Object) -> None:
    """Check an object that gets elements or items, by a method of its class."""
    if isinstance(target.maker, Global) and target.maker.restricted:
        machine.findings.add_misuse(target.maker)
    _check_new(machine, target)


def _is_misused(target: Object, state: StandIn) -> bool:
    """Whether the object of a restricted name gets a state that picklers do not write for it."""
    restricted = isinstance(target.maker, Global) and target.maker.restricted
    return restricted and not exact_calls.is_state(target, state)


def _values(state: StandIn) -> list[StandIn]:
    """The attribute values in a state."""
    parts = state if type(state) is tuple else (state,)
    return [value for part in parts for value in _dict_values(part)]


def _dict_values(part: StandIn) -> list[StandIn]:
    return part.flat[1::2] if isinstance(part, Dict) else [part]


def _weight(target: StandIn, state: StandIn) -> int:
    """Cost of a state: its number of entries."""
    if isinstance(target, Object):
        state = target.state
    elif isinstance(target, Dtype) and type(state) is tuple and len(state) > 4:
        state = state[4]
    return len(state) if isinstance(state, Dict) else 0


def _persistent(machine: MachineState) -> None:
    machine.findings.add_note(
        "persistent-ids",
        "it refers to objects outside the file; only the program that saved it has them",
    )
    machine.push(Outside("persistent id"))


@_opcode("P")
def _persistent_line(machine: MachineState) -> None:
    machine.read_number_line()
    _persistent(machine)


@_opcode("Q", 1)
def _persistent_value(machine: MachineState) -> None:
    machine.stack.pop()
    _persistent(machine)


@_opcode("\x97", 5)
def _next_buffer(machine: MachineState) -> None:
    machine.findings.add_note("out-of-band", "its buffers are outside the file")
    machine.push(Outside("buffer"))


@_opcode("\x98", 5)
def _readonly_buffer(machine: MachineState) -> None:
    machine.push(machine.stack.pop())
