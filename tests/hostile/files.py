"""Files that nobody should load, each with what is to be said of it.

The payloads do no harm: they make a folder, the marker, where the test looks for it.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.hostile import skops_parts as s
from tests.inspection import assembler as a

Make = Callable[[str], bytes]
"""Makes the bytes of a file from the path of the marker."""


@dataclass(frozen=True, kw_only=True)
class Bad:
    """One such file."""

    make: Make
    said: str
    """Part of what is said of it."""
    runs: bool = True
    """Whether its payload would run, were it loaded; a test does so."""


def mkdir(marker: str) -> bytes:
    return a.call("os", "mkdir", a.text(marker))


def array() -> bytes:
    """An array of joblib, so that joblib is what loads the file."""
    return a.wrapper() + b"\0" * 16 + a.POP


def dill_array(attributes: bytes = a.NONE) -> bytes:
    """The array [1, 2] of int8, as dill writes it."""
    core = "numpy.core.multiarray"
    bare = a.name("numpy", "ndarray") + a.integer(0) + a.TUPLE1 + b"C\x01b" + a.TUPLE3
    shape = a.integer(2) + a.TUPLE1
    parts = a.integer(1) + shape + a.dtype("i1") + b"\x89" + b"C\x02\x01\x02"
    state = a.MARK + parts + a.TUPLE
    return a.call(
        "dill._dill", "_create_array", a.name(core, "_reconstruct"), bare, state, attributes
    )


def swallowed(payload: bytes) -> bytes:
    """Nine bytes that whoever reads an array goes by; to others, all that follows is one text."""
    hidden = payload + a.STOP
    return b"\x8e" + len(hidden).to_bytes(8, "little") + hidden + a.POP


NINE = {
    "subclass": a.name("numpy", "ndarray"),
    "shape": a.integer(9) + a.TUPLE1,
    "order": a.text("C"),
    "dtype": a.dtype("u1"),
    "allow_mmap": b"\x89",
}
WRAPPER = a.name("joblib.numpy_pickle", "NumpyArrayWrapper")
PLAIN = a.new("sklearn.neural_network._stochastic_optimizers", "AdamOptimizer")
"""An object whose state is set attribute by attribute."""


def _old_zip(body: bytes) -> bytes:
    """As joblib packed before 0.10."""
    return b"ZF" + hex(len(body)).encode().ljust(19) + zlib.compress(body)


def _hidden_in_an_array(marker: str) -> bytes:
    payload = mkdir(marker) + a.STOP
    return a.whole(a.wrapper("u1", a.integer(len(payload)) + a.TUPLE1) + payload)


def _read_otherwise(marker: str) -> bytes:
    payload = mkdir(marker) + a.STOP
    shape = a.integer(len(payload)) + a.TUPLE1
    return a.whole(
        array() + a.wrapper("u1", shape, read=a.name("builtins", "slice")) + payload + a.POP
    )


def _with_template(marker: str) -> bytes:
    """A distribution of scipy runs the text that it keeps its arguments' names in."""
    template = f"import os\nos.mkdir({marker!r})\n"
    held = a.state(_parse_arg_template=a.text(template))
    return a.whole(a.new("scipy.stats._continuous_distns", "uniform_gen") + held + a.BUILD)


def path(marker: str) -> bytes:
    return a.call("pathlib", "PosixPath", a.text(marker))


def _set_state(function: bytes, given: bytes) -> bytes:
    """An object whose ``__setstate__`` is a function, which is called with a value."""
    return PLAIN + a.state(__setstate__=function) + a.BUILD + given + a.BUILD


def attribute(owner: bytes, name: str) -> bytes:
    return a.call("builtins", "getattr", owner, a.text(name))


def _partial_changed(marker: str) -> bytes:
    """A partial of a harmless function, whose state names another one."""
    bound = a.call("functools", "partial", a.name("numpy", "clip"))
    arguments = path(marker) + a.TUPLE1
    state = a.MARK + a.name("os", "mkdir") + arguments + a.NONE * 2 + a.TUPLE
    return _set_state(bound + state + a.BUILD, a.integer(0o777))


def _partial_of_a_method(marker: str) -> bytes:
    bound = a.call("functools", "partial", attribute(path(marker), "mkdir"))
    return _set_state(bound, a.integer(0o777))


def _partial_as_a_factory(marker: str) -> bytes:
    """``partial`` itself is an attribute, which something calls later."""
    return _set_state(a.name("functools", "partial"), a.name("os", "mkdir")) + path(marker) + a.POP


SHAPES = "\ndef _parse_args(self,  loc=0, scale=1):\n    return (), loc, scale\n"
UNIFORM = ("scipy.stats._continuous_distns", "uniform_gen")


def text_that_runs(marker: str) -> str:
    return f"import os\nos.mkdir({marker!r})\n"


def _template_of(held: Callable[[str], bytes]) -> Make:
    return lambda marker: a.whole(a.new(*UNIFORM) + held(marker) + a.BUILD)


def _template_after_another(marker: str) -> bytes:
    first = a.state(name=a.text("uniform")) + a.BUILD
    held = a.state(_parse_arg_template=a.text(SHAPES + text_that_runs(marker)))
    return a.whole(a.new(*UNIFORM) + first + held + a.BUILD)


def _template_in_pairs(marker: str) -> bytes:
    pair = a.text("_parse_arg_template") + a.text(text_that_runs(marker)) + a.TUPLE2
    return a.EMPTY_LIST + pair + a.APPEND


def _template_in_an_ordered_dict(marker: str) -> bytes:
    made = a.call("collections", "OrderedDict")
    return made + a.text("_parse_arg_template") + a.text(text_that_runs(marker)) + a.SETITEM


def _template_in_two_keys(marker: str) -> bytes:
    """scipy takes a pair of a dictionary and a generator: a dictionary of two keys is a pair."""
    keys = a.state(_parse_arg_template=a.NONE, **{text_that_runs(marker): a.NONE})
    return keys + a.text("ab") + a.TUPLE2


def _distribution_by_another_maker(marker: str) -> bytes:
    made = a.call("sklearn.neighbors._kd_tree", "newObj", a.name(*UNIFORM))
    held = a.state(_parse_arg_template=a.text(text_that_runs(marker)))
    return a.whole(made + held + a.BUILD)


def _distribution_by_the_oldest_way(marker: str) -> bytes:
    base = a.name("builtins", "object")
    made = a.call("copyreg", "_reconstructor", a.name(*UNIFORM), base, a.NONE)
    held = a.state(_parse_arg_template=a.text(text_that_runs(marker)))
    return a.whole(made + held + a.BUILD)


def _address(key: bytes) -> bytes:
    """An object that says where its array lies in memory."""
    shape = a.state(version=a.integer(3), data=a.integer(4096) + b"\x89" + a.TUPLE2)
    return a.whole(PLAIN + a.EMPTY_DICT + key + shape + a.SETITEM + a.BUILD)


def _nested(marker: str) -> bytes:
    return a.whole(a.wrapper("O8", a.integer(1) + a.TUPLE1) + a.whole(mkdir(marker)))


_CLASS = a.state(**{"__class__": WRAPPER, **NINE})
"""A state that makes an object an array wrapper of nine bytes, if each of it is set."""
_LONGER = {**NINE, "shape": a.integer(1000) + a.TUPLE1}


SCORER = ("sklearn.metrics._scorer", "_passthrough_scorer")
BUNCH = a.new("sklearn.utils._bunch", "Bunch")


def _wrapped(marker: str, state: bytes) -> bytes:
    """An array of nine bytes and then a payload; to others, all of it is an array."""
    wrapper = WRAPPER + a.EMPTY_TUPLE + a.NEWOBJ + state + a.BUILD
    payload = mkdir(marker) + a.STOP
    return a.whole(array() + wrapper + b"\0" * 9 + payload.ljust(991, b"."))


def _returned(value: bytes) -> bytes:
    """A call that returns what it is given: that of an object whose score is a scalar's maker."""
    scalar = a.name("numpy.core.multiarray", "scalar")
    return a.call(*SCORER, PLAIN + a.state(score=scalar) + a.BUILD, a.dtype("O8", 63), value)


def _with_key(key: bytes) -> Make:
    """A wrapper with a second shape under a key that a call returns."""
    second = key + a.integer(9) + a.TUPLE1 + a.SETITEM
    return lambda marker: _wrapped(marker, a.state(**_LONGER) + second)


def _dtype(letter: str, flags: bytes, version: int = 3) -> bytes:
    made = a.call("numpy", "dtype", a.text(letter), b"\x89", b"\x88")
    return made + _dtype_state(flags, version)


def _dtype_state(flags: bytes, version: int = 3) -> bytes:
    parts = a.integer(version) + a.text("|") + a.NONE * 3 + a.integer(-1) * 2 + flags
    return a.MARK + parts + a.TUPLE + a.BUILD


def _objects(marker: str, dtype: bytes) -> bytes:
    """An array of bytes which are a pickle, to those who read objects."""
    payload = a.whole(mkdir(marker))
    shape = a.integer(len(payload)) + a.TUPLE1
    return a.whole(array() + a.wrapper("u1", shape, dtype=dtype) + payload)


def _whole(body: Callable[[str], bytes]) -> Make:
    return lambda marker: a.whole(body(marker))


def _called(module: str, qualname: str) -> Make:
    return lambda marker: a.whole(a.call(module, qualname, a.text(marker)))


TRICKS: Mapping[str, Bad] = {
    "by a protocol 0 name": Bad(
        make=lambda marker: a.old_name("os", "mkdir") + f"(V{marker}\ntR.".encode(),
        said="os.mkdir",
    ),
    "by its other name": Bad(make=_called("posix", "mkdir"), said="posix.mkdir"),
    "by a name on the stack": Bad(make=_whole(mkdir), said="os.mkdir"),
    "as an old instance": Bad(
        make=lambda marker: a.MARK + f"V{marker}\nios\nmkdir\n.".encode(), said="os.mkdir"
    ),
    "as an old object": Bad(
        make=_whole(lambda marker: a.MARK + a.name("os", "mkdir") + a.text(marker) + b"o"),
        said="os.mkdir",
    ),
    "dropped at once": Bad(
        make=_whole(lambda marker: mkdir(marker) + a.POP + a.NONE), said="os.mkdir"
    ),
    "as a key": Bad(
        make=_whole(lambda marker: a.EMPTY_DICT + mkdir(marker) + a.NONE + a.SETITEM),
        said="os.mkdir",
    ),
    "dots through scikit-learn": Bad(
        make=_called("sklearn.datasets._base", "os.mkdir"), said="sklearn.datasets._base:os.mkdir"
    ),
    "dots through joblib": Bad(
        make=_called("joblib.numpy_pickle", "os.mkdir"), said="joblib.numpy_pickle:os.mkdir"
    ),
    "taken over by scikit-learn": Bad(
        make=_called("sklearn.datasets._base", "makedirs"),
        said="sklearn.datasets._base.makedirs",
    ),
    "a function that makes a folder": Bad(
        make=_called("sklearn.datasets", "get_data_home"), said="sklearn.datasets.get_data_home"
    ),
    "an array on disk": Bad(
        make=lambda marker: a.whole(
            a.call(
                "numpy",
                "memmap",
                *(a.text(marker), a.text("u1"), a.text("w+"), a.integer(0), a.integer(8)),
            )
        ),
        said="numpy.memmap",
    ),
    "a dump while loading": Bad(
        make=lambda marker: a.whole(
            a.call("joblib.numpy_pickle", "dump", a.integer(1), a.text(marker))
        ),
        said="joblib.numpy_pickle.dump",
    ),
    "evaluated": Bad(
        make=lambda marker: a.whole(
            a.call("builtins", "eval", a.text(f"__import__('os').mkdir({marker!r})"))
        ),
        said="builtins.eval",
    ),
    "a partial call": Bad(
        make=lambda marker: a.whole(
            a.call("functools", "partial", a.name("os", "mkdir"), a.text(marker))
            + a.EMPTY_TUPLE
            + a.REDUCE
        ),
        said="made-callable",
    ),
    "a method of a path": Bad(
        make=_whole(lambda marker: attribute(path(marker), "mkdir") + a.EMPTY_TUPLE + a.REDUCE),
        said="builtins.getattr",
    ),
    "a method of a path, called as a state": Bad(
        make=_whole(lambda marker: _set_state(attribute(path(marker), "mkdir"), a.integer(0o777))),
        said="builtins.getattr",
    ),
    "getattr itself as an attribute": Bad(
        make=_whole(
            lambda marker: (
                a.call("builtins", "getattr", a.name("builtins", "str"), a.text("lower"))
                + a.POP
                + _set_state(a.name("builtins", "getattr"), path(marker))
            )
        ),
        said="builtins.getattr",
        runs=False,
    ),
    "getattr twice from the memo": Bad(
        make=_whole(
            lambda marker: (
                a.name("builtins", "getattr")
                + b"q\x07"
                + a.name("builtins", "str")
                + a.text("lower")
                + a.TUPLE2
                + a.REDUCE
                + a.POP
                + b"h\x07"
                + path(marker)
                + a.text("mkdir")
                + a.TUPLE2
                + a.REDUCE
                + a.EMPTY_TUPLE
                + a.REDUCE
            )
        ),
        said="builtins.getattr",
    ),
    "a method that reads attributes of what it prints": Bad(
        make=_whole(lambda _: attribute(a.name("builtins", "str"), "format")),
        said="builtins.getattr",
        runs=False,
    ),
    "a method of str that is called": Bad(
        make=_whole(
            lambda _: (
                attribute(a.name("builtins", "str"), "lower")
                + a.text("__ARRAY_INTERFACE__")
                + a.TUPLE1
                + a.REDUCE
            )
        ),
        said="made-callable",
        runs=False,
    ),
    "a partial with another function in its state": Bad(
        make=_whole(_partial_changed), said="functools.partial"
    ),
    "a partial of a method": Bad(make=_whole(_partial_of_a_method), said="functools.partial"),
    "partial itself as an attribute": Bad(
        make=_whole(_partial_as_a_factory), said="functools.partial", runs=False
    ),
    "a partial of a class": Bad(
        make=_whole(
            lambda _: a.call("functools", "partial", a.name("sklearn.svm._classes", "SVC"))
        ),
        said="functools.partial of sklearn.svm._classes.SVC",
        runs=False,
    ),
    "an array of dill by another function": Bad(
        make=_whole(
            lambda marker: a.call(
                "dill._dill",
                "_create_array",
                a.name("os", "mkdir"),
                a.text(marker) + a.TUPLE1,
                a.EMPTY_TUPLE,
                a.NONE,
            )
        ),
        said="dill._dill._create_array",
        runs=False,
    ),
    "an array of dill with attributes": Bad(
        make=_whole(lambda _: dill_array(attributes=a.EMPTY_DICT)),
        said="dill._dill._create_array",
        runs=False,
    ),
    "a type of dill that is made of code": Bad(
        make=_whole(lambda _: a.call("dill._dill", "_load_type", a.text("FunctionType"))),
        said="dill._dill._load_type",
        runs=False,
    ),
    "a namespace by arguments": Bad(
        make=_whole(lambda _: a.call("types", "SimpleNamespace", a.EMPTY_DICT)),
        said="types.SimpleNamespace",
        runs=False,
    ),
    "a distribution that runs more than its own text": Bad(
        make=_template_of(
            lambda marker: a.state(_parse_arg_template=a.text(SHAPES + text_that_runs(marker)))
        ),
        said="scipy.stats._continuous_distns.uniform_gen",
        runs=False,
    ),
    "a distribution whose second state runs": Bad(
        make=_template_after_another, said="scipy.stats._continuous_distns.uniform_gen", runs=False
    ),
    "a distribution whose state is pairs": Bad(
        make=_template_of(_template_in_pairs),
        said="scipy.stats._continuous_distns.uniform_gen",
        runs=False,
    ),
    "a distribution whose state is another dictionary": Bad(
        make=_template_of(_template_in_an_ordered_dict),
        said="scipy.stats._continuous_distns.uniform_gen",
        runs=False,
    ),
    "a distribution whose state is two keys": Bad(
        make=_template_of(_template_in_two_keys),
        said="scipy.stats._continuous_distns.uniform_gen",
        runs=False,
    ),
    "a distribution by another maker": Bad(
        make=_distribution_by_another_maker,
        said="scipy.stats._continuous_distns.uniform_gen",
        runs=False,
    ),
    "a distribution by the oldest way": Bad(
        make=_distribution_by_the_oldest_way,
        said="scipy.stats._continuous_distns.uniform_gen",
        runs=False,
    ),
    "an array at an address": Bad(
        make=lambda _: _address(a.text("__array_interface__")), said="sets-special", runs=False
    ),
    "an array at an address, by a text that is made": Bad(
        make=lambda _: _address(
            a.call("builtins", "str", b"C\x13__array_interface__", a.text("ascii"))
        ),
        said="sets-special",
        runs=False,
    ),
    "an attribute that is called": Bad(
        make=_whole(
            lambda marker: (
                PLAIN
                + a.state(__setstate__=a.name("os", "mkdir"))
                + a.BUILD
                + a.text(marker)
                + a.BUILD
            )
        ),
        said="os.mkdir",
    ),
    "a function found by numpy": Bad(
        make=lambda marker: a.whole(
            a.call("numpy.core", "_ufunc_reconstruct", a.text("os"), a.text("mkdir"))
            + a.text(marker)
            + a.TUPLE1
            + a.REDUCE
        ),
        said="os.mkdir",
        runs=False,  # numpy 2 has it elsewhere
    ),
    "a distribution with a text that is run": Bad(
        make=_with_template, said="scipy.stats._continuous_distns.uniform_gen", runs=False
    ),
    "in an array of objects": Bad(make=_nested, said="holds another object instead of an array"),
    "after an array": Bad(make=_whole(lambda marker: array() + mkdir(marker)), said="os.mkdir"),
    "after a packed array": Bad(
        make=lambda marker: zlib.compress(a.whole(array() + mkdir(marker))), said="os.mkdir"
    ),
    "an array in joblib's oldest packing": Bad(
        make=lambda marker: _old_zip(_hidden_in_an_array(marker)), said="os.mkdir"
    ),
    "an array that is not read as one": Bad(
        make=_read_otherwise, said="attributes that joblib does not write"
    ),
    "an array by another class": Bad(
        make=_whole(
            lambda marker: (
                array()
                + PLAIN
                + a.NONE
                + a.state(**{"__class__": WRAPPER, **NINE})
                + a.TUPLE2
                + a.BUILD
                + swallowed(mkdir(marker))
            )
        ),
        said="sets-class",
    ),
    "an array by another maker": Bad(
        make=_whole(
            lambda marker: (
                array()
                + a.call("sklearn.neighbors._kd_tree", "newObj", WRAPPER)
                + a.state(**NINE)
                + a.BUILD
                + swallowed(mkdir(marker))
            )
        ),
        said="passed-on",
    ),
    "an array of a shape that a call names": Bad(
        make=_with_key(a.call("builtins", "str", a.text("shape"))), said="joblib does not write"
    ),
    "an array of a shape that numpy names": Bad(
        make=_with_key(a.call("numpy", "str_", a.text("shape"))), said="joblib does not write"
    ),
    "an array of a shape that is changed later": Bad(
        make=lambda marker: _wrapped(
            marker,
            a.state(**_LONGER)
            + b"q\1"
            + _returned(b"h\1")
            + a.text("shape")
            + a.integer(9)
            + a.TUPLE1
            + a.SETITEM
            + a.POP,
        ),
        said="joblib does not write",
        runs=False,  # numpy 1.20 and newer refuse such a scalar
    ),
    "a dtype that is changed by another name": Bad(
        make=lambda marker: _objects(
            marker, a.dtype("u1") + b"q\1" + _returned(b"h\1") + _dtype_state(a.integer(1)) + a.POP
        ),
        said="changes-result",
        runs=False,
    ),
    "an array by a computed state": Bad(
        make=_whole(
            lambda marker: (
                array()
                + PLAIN
                + a.call("builtins", "tuple", a.EMPTY_LIST + a.MARK + a.NONE + _CLASS + b"e")
                + a.BUILD
                + swallowed(mkdir(marker))
            )
        ),
        said="computed-state",
    ),
    "an array by computed slots": Bad(
        make=_whole(
            lambda marker: (
                array()
                + PLAIN
                + a.NONE
                + a.call("builtins", "dict", _CLASS)
                + a.TUPLE2
                + a.BUILD
                + swallowed(mkdir(marker))
            )
        ),
        said="sets-class",
    ),
    "an array by a scorer": Bad(
        make=_whole(
            lambda marker: (
                array()
                + a.call(*SCORER, BUNCH + a.text("score") + WRAPPER + a.SETITEM, *[a.NONE] * 4)
                + a.state(**NINE)
                + a.BUILD
                + swallowed(mkdir(marker))
            )
        ),
        said="passed-on",
        runs=False,  # it is elsewhere in old releases of scikit-learn
    ),
    "bytes that are said to be objects": Bad(
        make=lambda marker: _objects(marker, _dtype("u1", flags=b"\x88")),
        said="dtype whose state cannot be read",
    ),
    "objects in a dtype of an old version": Bad(
        make=lambda marker: _objects(marker, _dtype("u1", flags=a.integer(1), version=2)),
        said="dtype whose state cannot be read",
        runs=False,
    ),
    "an array by a maker of pandas": Bad(
        make=_whole(
            lambda marker: (
                array()
                + a.call("pandas.core.indexes.base", "_new_Index", WRAPPER, a.EMPTY_DICT)
                + a.state(**NINE)
                + a.BUILD
                + swallowed(mkdir(marker))
            )
        ),
        said="passed-on",
    ),
    "a name by number": Bad(
        make=lambda _: a.whole(b"\x82\xf1" + a.EMPTY_TUPLE + a.REDUCE),
        said="extension-codes",
        runs=False,
    ),
    "a part that lies elsewhere": Bad(
        make=lambda _: a.whole(a.text("x") + b"Q"), said="persistent-ids", runs=False
    ),
    "a buffer that lies elsewhere": Bad(
        make=lambda _: a.whole(b"\x97", 5), said="out-of-band", runs=False
    ),
    "a changed class": Bad(
        make=lambda _: a.whole(
            a.name("sklearn.svm._classes", "SVC")
            + a.state(predict=a.name("builtins", "list"))
            + a.BUILD
        ),
        said="sets-global",
        runs=False,
    ),
}
"""What would run, or is not known to run nothing."""


def _field(offset: int) -> bytes:
    """A dtype of eight bytes with a field at an offset."""
    fields = a.EMPTY_DICT + a.text("f") + a.dtype("f8") + a.integer(offset) + a.TUPLE2 + a.SETITEM
    parts = a.text("|") + a.NONE + a.text("f") + a.TUPLE1 + fields
    inside = a.MARK + a.integer(3) + parts + a.integer(8) + a.integer(1) + a.integer(16) + a.TUPLE
    return a.call("numpy", "dtype", a.text("V8"), b"\x89", b"\x88") + inside + a.BUILD


SKOPS: Mapping[str, Bad] = {
    "skops calls a name": Bad(
        make=lambda marker: s.archive(s.calling("os.mkdir", marker)), said="os.mkdir"
    ),
    "skops calls a name in a model": Bad(
        make=lambda marker: s.archive(
            s.part(
                "ObjectNode",
                "sklearn.preprocessing._data.StandardScaler",
                content=s.dict_({"mean_": s.calling("os.mkdir", marker)}),
            )
        ),
        said="os.mkdir",
    ),
    "skops makes a list of a name": Bad(
        make=lambda marker: s.archive(
            s.part(
                "ListNode",
                "os.mkdir",
                content=[s.plain(letter) for letter in marker],
            )
        ),
        said="os.mkdir",
        runs=False,  # os.mkdir takes no list
    ),
    "skops makes a key by a name": Bad(
        make=lambda marker: s.archive(
            s.dict_({marker: s.plain(1)}, s.part("FunctionNode", "os.mkdir"))
        ),
        said="os.mkdir",
    ),
    "skops makes a key by what numpy looks up": Bad(
        make=lambda marker: s.archive(s.dict_({marker: s.plain(1)}, s.resolved("os", "mkdir"))),
        said="skops-part",
    ),
    "skops calls a method": Bad(
        make=lambda marker: s.archive(
            s.part(
                "MethodNode",
                "builtins.str",
                content={"func": "join", "obj": s.plain(marker)},
            )
        ),
        said="skops-part",
        runs=False,
    ),
    "skops runs the text of a distribution": Bad(
        make=lambda marker: s.archive(
            s.part(
                "ObjectNode",
                "scipy.stats._continuous_distns.uniform_gen",
                content=s.dict_({"_parse_arg_template": s.plain(text_that_runs(marker))}),
            )
        ),
        said="scipy.stats._continuous_distns.uniform_gen",
    ),
    "skops binds arguments to a class": Bad(
        make=lambda marker: s.archive(
            s.part(
                "PartialNode",
                "functools.partial",
                content={
                    "func": s.part("TypeNode", "pathlib.PosixPath"),
                    "args": s.tuple_(s.plain(marker)),
                    "kwds": s.dict_({}),
                    "namespace": s.plain(None),
                },
            )
        ),
        said="functools.partial",
        runs=False,
    ),
    "skops calls an operator": Bad(
        make=lambda marker: s.archive(
            s.part("OperatorFuncNode", "operator.methodcaller", attrs=s.tuple_(s.plain(marker)))
        ),
        said="operator.methodcaller",
        runs=False,
    ),
    "skops calls a part": Bad(
        make=lambda marker: s.archive(
            s.part(
                "PartialNode",
                "functools.partial",
                content={
                    "func": s.part("FunctionNode", "os.mkdir"),
                    "args": s.tuple_(s.plain(marker)),
                    "kwds": s.dict_({}),
                    "namespace": s.plain(None),
                },
            )
        ),
        said="os.mkdir",
        runs=False,
    ),
    "skops draws by a name": Bad(
        make=lambda _: s.archive(
            s.part(
                "RandomGeneratorNode",
                "numpy.random._generator.Generator",
                content={
                    "bit_generator": s.dict_({"bit_generator": s.plain("seed")}),
                    "seed_seq": s.dict_({}),
                },
            )
        ),
        said="numpy.random.seed",
        runs=False,
    ),
    "skops of an unknown kind": Bad(
        make=lambda marker: s.archive(s.part("NewNode", "builtins.list", path=marker)),
        said="skops-part",
        runs=False,
    ),
    "skops from the future": Bad(
        make=lambda _: s.archive(s.plain(1), protocol=3), said="of protocol 3", runs=False
    ),
    "skops from the past": Bad(
        make=lambda _: s.archive(
            s.part(
                "FunctionNode",
                "builtins.len",
                content={"module_path": "os", "function": "mkdir"},
            ),
            protocol=0,
        ),
        said="of protocol 0",
        runs=False,
    ),
}
"""Files of skops that load what they should not; skops would, if all that it asks about is said."""

DAMAGED: Mapping[str, Bad] = {
    "objects said to be bytes": Bad(
        make=lambda _: a.whole(a.dtype("O8", 0)), said="contradicts itself"
    ),
    "objects said to be bytes, by another spelling": Bad(
        make=lambda _: a.whole(a.dtype("object", 0)), said="unknown-dtype"
    ),
    "a field outside of its element": Bad(
        make=lambda _: a.whole(_field(1 << 20)), said="a field outside of it"
    ),
    "a field before its element": Bad(
        make=lambda _: a.whole(_field(-8)), said="a field outside of it"
    ),
    "an object made in an odd way": Bad(
        make=lambda _: a.whole(
            a.call(
                "copyreg",
                "_reconstructor",
                a.name("numpy", "dtype"),
                a.name("numpy", "dtype"),
                a.text("O8"),
            )
        ),
        said="in a way that Python does not use",
    ),
    "empty": Bad(make=lambda _: b"", said="is empty"),
    "a web page": Bad(make=lambda _: b"<!DOCTYPE html><html></html>", said="is a web page"),
    "a text": Bad(make=lambda _: b"Dear colleague,\nplease find it attached.\n", said="is a text"),
    "cut off": Bad(make=lambda _: a.whole(array())[:60], said="is truncated"),
    "cut off, packed": Bad(
        make=lambda _: zlib.compress(a.whole(a.text("".join(map(str, range(999))))))[:200],
        said="is truncated",
    ),
    "a promise of 2 ** 63 bytes": Bad(
        make=lambda _: a.proto(5) + b"\x96" + b"\xff" * 7 + b"\x7f.", said="is truncated"
    ),
    "a memo of 2 ** 32 entries": Bad(
        make=lambda _: a.proto(2) + a.NONE + b"r\xff\xff\xff\xff", said="memo index out of range"
    ),
    "a frame within a frame": Bad(
        make=lambda _: (
            a.proto(4) + b"\x95\x1e\0\0\0\0\0\0\0N\x95\1\0\0\0\0\0\0\0N" + a.NONE * 30 + a.STOP
        ),
        said="outside an unfinished frame",
    ),
    "from the future": Bad(make=lambda _: a.whole(a.NONE, 99), said="this version reads protocols"),
}
"""What is no model, or a broken one."""

ALL: Mapping[str, Bad] = {**TRICKS, **SKOPS, **DAMAGED}
