"""Of a script only what a model looks up is defined, with what that needs; nothing else runs."""

from __future__ import annotations

import importlib
import sys
import types
from collections.abc import Iterator
from pathlib import Path

import pytest
from compat_worker import loader_guard, own_script
from compat_worker.own_script import OwnScriptError

TRAINING = '''
"""How a model was trained."""
from __future__ import annotations
import no_such_plot_library as plt
from collections import namedtuple
from math import *
try:
    import no_such_json as json
except ImportError:
    import json

FACTOR = 3
SIZES = {}
SIZES["a"] = 1
WORDS = set()
WORDS.add("a")
WORDS.update(["b"])
words = open("no/such/file").read()
rows = load_rows()  # not defined anywhere
Row = namedtuple("Row", "a b")

def scale(x):
    words = FACTOR  # a local variable, not the text of the file
    return x * words

class Base:
    size = SIZES["a"]

class Ours(Base):
    def count(self):
        return len(WORDS) + scale(1)
    def root(self):
        return sqrt(4), json.dumps({})

fail_if_this_runs()
if __name__ == "__main__":
    fail_if_this_runs()
'''


@pytest.fixture(autouse=True)
def main() -> Iterator[None]:
    before = sys.modules["__main__"]
    yield
    own_script.use(None)
    sys.modules["__main__"] = before


def define(source: str, *names: str) -> types.ModuleType:
    return own_script.define(source, "train.py", names)


def test_what_a_class_needs_is_defined_and_nothing_else_runs() -> None:
    module = define(TRAINING, "Ours")
    assert sys.modules["__main__"] is module
    ours = module.Ours()
    assert (ours.count(), ours.root(), ours.size) == (5, (2.0, "{}"), 1)
    assert type(ours).__module__ == "__main__"
    assert not {"plt", "words", "rows", "Row"} & set(vars(module))


SHAPES = """
BASE = 2
class Meta(type): pass
DATA = [i * BASE for i in range(3)]
with open("no/such/file") as stream: pass
bad = undefined_name
for k in range(3):
    TABLE = {k: BASE}
if BASE > 1:
    def pick(): return TABLE
else:
    def pick(): return None
class Ours(metaclass=Meta):
    x = DATA
    y = [z for z in x]
    bad = 3
    def f(self, k=BASE):
        bad = k
        return [bad for _ in DATA], pick(), (lambda: self.bad)()
    class Inner:
        v = BASE
def counted():
    global COUNT
    COUNT = 1
    yield from DATA
"""


def test_names_are_told_apart_from_local_variables_and_attributes() -> None:
    module = define(SHAPES, "Ours", "counted")
    assert module.Ours().f() == ([2, 2, 2], {2: 2}, 3)
    assert (module.Ours.Inner.v, list(module.counted())) == (2, [0, 2, 4])
    assert not {"stream", "bad"} & set(vars(module))


def test_a_class_that_a_function_makes_is_defined() -> None:
    row = define(TRAINING, "Row").Row(1, 2)
    assert (row.a, type(row).__module__) == (1, "__main__")


def test_a_block_that_only_the_script_itself_runs_defines_nothing() -> None:
    module = define('if __name__ == "__main__":\n    class Late: pass\n', "Late")
    assert not hasattr(module, "Late")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("\nclass Ours(Missing): pass\n", "train.py line 2: NameError: name 'Missing'"),
        ("import no_such\nclass Ours(no_such.Base): pass\n", "train.py line 1: ModuleNotFound"),
        ("class Ours:\n  x = [\n", "train.py line"),
        ("raise_ = exit(3)\nclass Ours:\n  x = raise_\n", "train.py line 1: SystemExit"),
    ],
)
def test_a_failure_names_the_line_of_the_script(source: str, message: str) -> None:
    before = sys.modules["__main__"]
    with pytest.raises(OwnScriptError) as raised:
        define(source, "Ours")
    assert str(raised.value).startswith(message)
    assert sys.modules["__main__"] is before


def test_a_load_defines_what_its_file_looks_up_once() -> None:
    own_script.use({"file": "train.py", "source": TRAINING})
    with loader_guard.guarded([("__main__", "Ours"), ("__main__", "scale")]):
        first = sys.modules["__main__"]
    with loader_guard.guarded([("__main__", "Ours.Inner")]):
        assert sys.modules["__main__"] is first
    with loader_guard.guarded([("numpy", "ndarray")]):
        assert sys.modules["__main__"] is first


def test_own_modules_are_those_of_the_named_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ours_by_value").mkdir()
    (tmp_path / "ours_by_value" / "steps.py").touch()
    (tmp_path / "ours_alone.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    first = importlib.import_module("ours_by_value.steps")
    second = importlib.import_module("ours_alone")
    own_script.use(None, [str(tmp_path)])
    try:
        assert own_script.own_modules() == [second, sys.modules["ours_by_value"]]
        own_script.use(None, [])
        assert own_script.own_modules() == []
    finally:
        for name in ("ours_by_value.steps", "ours_by_value", "ours_alone"):
            del sys.modules[name]
    assert first.__name__ == "ours_by_value.steps"
