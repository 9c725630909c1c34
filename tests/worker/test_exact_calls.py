"""Names that are harmless only in some calls, guarded by the interpreter that loads a file.

The attacks would make a folder, the marker. Each is loaded by the unpickler in C and by that in
Python, which joblib extends, with all its names allowed.
"""

from __future__ import annotations

import builtins
import functools
import importlib
import io
import pickle
import re
import subprocess
import sys
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from compat_worker import exact_call_lists
from compat_worker import exact_calls as worker
from compat_worker.loader_guard import guarded
from compat_worker.name_guard import NameRefused
from scipy import stats
from sklearn.utils import Bunch

from matrix.inspection import exact_calls as inspection
from matrix.inspection import inspect, refusals
from matrix.inspection.allowed_lists import allowed_names
from tests.hostile import files as hostile
from tests.inspection import assembler as a

NAMES = [
    *([name.module, name.qualname] for name in allowed_names()),
    *map(list, inspection.RESTRICTED),
    ["os", "mkdir"],
]
LOADERS: list[Callable[[io.BytesIO], Any]] = [
    pickle.load,
    lambda file: pickle._Unpickler(file).load(),
]  # type: ignore[attr-defined]
ATTACKS = [
    "a method of a path",
    "a method of a path, called as a state",
    "getattr twice from the memo",
    "a partial with another function in its state",
    "a partial of a method",
    "a partial of a class",
    "a method that reads attributes of what it prints",
    "a distribution that runs more than its own text",
    "a distribution whose second state runs",
    "a distribution whose state is pairs",
    "a distribution whose state is another dictionary",
    "an array of dill by another function",
    "an array of dill with attributes",
    "a type of dill that is made of code",
]


@pytest.fixture(params=LOADERS, ids=["c", "python"])
def load(request: pytest.FixtureRequest) -> Callable[[bytes], Any]:
    def run(data: bytes) -> Any:
        with guarded(NAMES):
            return request.param(io.BytesIO(data))

    return run


@pytest.mark.parametrize("kind", ATTACKS)
def test_an_attack_with_all_its_names_allowed_is_refused(
    kind: str, load: Callable[[bytes], Any], tmp_path: Path
) -> None:
    marker = tmp_path / "marker"
    with pytest.raises(NameRefused):
        load(hostile.ALL[kind].make(str(marker)))
    assert not marker.exists()


def test_the_standard_library_is_known_to_a_python_that_does_not_list_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Python 3.6 to 3.9 have no ``sys.stdlib_module_names``."""
    monkeypatch.delattr(sys, "stdlib_module_names")
    for module in ("pathlib", "pathlib._local", "uuid", "collections", "time", "email.message"):
        assert not exact_call_lists.may_own_method(module, "write_text")
    assert exact_call_lists.may_own_method("my_tokenizer", "tokenize")


@pytest.mark.parametrize("kind", [one for one in ATTACKS if one[:8] == "a method" or "memo" in one])
def test_without_the_guard_these_attacks_run(kind: str, tmp_path: Path) -> None:
    if kind == "a method that reads attributes of what it prints":
        pytest.skip("it only gets the method")
    marker = tmp_path / "marker"
    pickle.loads(hostile.ALL[kind].make(str(marker)))
    assert marker.exists()


def test_without_the_guard_the_text_of_a_distribution_runs(tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    data = hostile.ALL["a distribution that runs more than its own text"].make(str(marker))
    with pytest.raises(KeyError):
        pickle.loads(data)
    assert marker.exists()


@pytest.mark.parametrize("protocol", [2, 4, 5])
@pytest.mark.parametrize(
    "value",
    [
        str.lower,
        re.compile("a+").findall,
        functools.partial(np.clip, a_min=0, a_max=1),
        stats.uniform(0.5, 2),
        stats.loguniform(0.5, 2),
        stats.randint(2, 5),
    ],
    ids=["method", "pattern", "partial", "uniform", "loguniform", "randint"],
)
def test_what_picklers_write_for_ordinary_objects_is_loaded(
    value: Any, protocol: int, load: Callable[[bytes], Any]
) -> None:
    loaded = load(pickle.dumps(value, protocol))
    if isinstance(value, functools.partial):
        assert repr(loaded) == repr(value)
        assert isinstance(loaded, functools.partial)
        assert loaded(np.array([-1, 5])).tolist() == [0, 1]
    elif hasattr(value, "rvs"):
        assert loaded.rvs(3, random_state=0).tolist() == value.rvs(3, random_state=0).tolist()
    else:
        assert loaded("AAB") == value("AAB")


def test_what_dill_writes_for_arrays_and_types_is_loaded_without_dill(
    load: Callable[[bytes], Any],
) -> None:
    kind = a.call("dill._dill", "_load_type", a.text("slice"))
    sliced = kind + a.integer(1) + a.TUPLE1 + a.REDUCE
    before = sys.modules.get("dill"), sys.modules.get("dill._dill")
    array, cut = load(a.whole(hostile.dill_array() + sliced + a.TUPLE2))
    assert array.tolist() == [1, 2]
    assert array.dtype == np.int8
    assert cut == slice(1)
    assert (sys.modules.get("dill"), sys.modules.get("dill._dill")) == before


FRESH = """
import pickle, sys
sys.path.insert(0, sys.argv[1])
from compat_worker.loader_guard import guarded
from matrix.inspection import inspect
from pathlib import Path
names = [[name.module, name.qualname] for name in inspect(Path(sys.argv[2])).names]
with guarded(names):
    with open(sys.argv[2], "rb") as file:
        print(pickle.load(file).mean())
"""


def test_a_fresh_interpreter_loads_a_distribution_with_the_names_of_its_file_alone(
    tmp_path: Path,
) -> None:
    path = tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps(stats.uniform(0.5, 1)))
    worker_folder = Path(worker.__file__).parents[1]
    command = [sys.executable, "-c", FRESH, worker_folder, path]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout == "1.0\n", done.stderr


def test_a_loaded_partial_is_copied_and_saved_as_a_plain_one(
    load: Callable[[bytes], Any],
) -> None:
    loaded = load(pickle.dumps(functools.partial(np.clip, a_min=0, a_max=1)))
    for copied in (deepcopy(loaded), pickle.loads(pickle.dumps(loaded))):
        assert type(copied) is functools.partial
        assert copied.keywords == {"a_min": 0, "a_max": 1}


def test_modules_are_as_they_were_after_a_load(load: Callable[[bytes], Any]) -> None:
    before = sys.modules["builtins"], sys.modules["functools"]
    with pytest.raises(NameRefused):
        load(hostile.ALL["a method of a path"].make("marker"))
    assert (sys.modules["builtins"], sys.modules["functools"]) == before == (builtins, functools)
    assert functools.partial(int, "5")() == 5


def test_code_that_is_imported_during_a_load_has_the_functions_of_python() -> None:
    with guarded(NAMES):
        import builtins as one
        from functools import partial

        assert partial is functools.partial
        assert one.getattr is getattr


def test_a_partial_of_a_name_that_the_file_does_not_look_up_is_refused() -> None:
    data = pickle.dumps(functools.partial(np.round, decimals=1))
    with pytest.raises(NameRefused), guarded([["functools", "partial"], ["numpy", "clip"]]):
        pickle.loads(data)


@pytest.mark.parametrize(
    "made",
    [
        lambda key: Bunch(**{key: {"version": 3, "data": (4096, True), "shape": (1,)}}),
        lambda key: pd.Series([{"version": 3, "data": (4096, True), "shape": (1,)}], [key]),
    ],
    ids=["bunch", "series"],
)
def test_no_key_is_taken_for_the_address_of_an_array(made: Callable[[str], Any]) -> None:
    """The key may come from the bytes of an array, where the inspection does not read it."""
    with guarded([["sklearn.utils", "Bunch"], ["pandas.core.series", "Series"]]):
        pass
    value = made("__array_interface__")
    assert not hasattr(value, "__array_interface__")
    assert np.asarray(value).dtype == object


def test_both_gates_have_the_same_lists() -> None:
    assert worker.TEXT_METHODS == inspection.TEXT_METHODS
    assert worker.PATTERN_METHODS == inspection.PATTERN_METHODS
    assert worker.DISTRIBUTION_METHODS == inspection.DISTRIBUTION_METHODS
    assert worker.TEMPLATE.pattern == inspection.TEMPLATE.pattern


@pytest.mark.parametrize("name", sorted(name for _, name in inspection.DISTRIBUTIONS))
def test_the_text_of_every_distribution_is_known(name: str) -> None:
    distribution = getattr(stats, name.removesuffix("_gen"), None)
    if distribution is None:
        pytest.skip("this scipy has no such distribution")
    assert inspection.TEMPLATE.fullmatch(distribution._parse_arg_template)


@pytest.mark.parametrize(
    "text",
    [
        "\ndef _parse_args(self, a=print(1), loc=0, scale=1):\n    return (a, ), loc, scale\n",
        hostile.SHAPES,
        "",
    ],
)
def test_another_text_is_not(text: str) -> None:
    assert inspection.TEMPLATE.fullmatch(text) is None
    whole = stats.norm._parse_arg_template
    for changed in (
        whole + "import os\n",
        whole + " ",
        "x" + whole,
        whole.replace("loc=0", "loc=f()"),
    ):
        assert inspection.TEMPLATE.fullmatch(changed) is None


def test_assembled_calls_are_those_of_pickle() -> None:
    """The attacks differ from what Python writes only in what they name."""
    assert pickle.loads(a.whole(hostile.attribute(a.name("builtins", "str"), "lower"))) is str.lower


OWN = """
import os
class Words:
    def __init__(self): self.made = 0
    def split(self, text): return text.split()
    def _hidden(self, text): return text
    @property
    def costly(self): os.mkdir(self.place)
class Other(Words): pass
class Meta(type):
    def made_by(self, text): return text
import logging, pandas
class Log(Words, logging.FileHandler, metaclass=Meta): pass
class Frame(pandas.DataFrame): pass
"""


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A module of the user's own, whose class ``Words`` the user trusts."""
    (tmp_path / "words_of_ours.py").write_text(OWN)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield importlib.import_module("words_of_ours")
    sys.modules.pop("words_of_ours", None)


def _loaded(data: bytes) -> Any:
    ours = [["words_of_ours", name] for name in ("Words", "Log", "Frame")]
    with guarded([*NAMES, *ours]):
        return pickle.loads(data)


@pytest.mark.parametrize("protocol", [2, 4, 5])
def test_a_public_method_of_an_object_whose_class_is_trusted_is_given(
    own: Any, protocol: int, tmp_path: Path
) -> None:
    """``TfidfVectorizer(tokenizer=TweetTokenizer().tokenize)`` is such a model."""
    data = pickle.dumps(own.Words().split, protocol)
    assert _loaded(data)("a b") == ["a", "b"]
    (tmp_path / "m.pkl").write_bytes(data)
    refused = refusals(inspect(tmp_path / "m.pkl"))
    assert [one.trust for one in refused] == ["words_of_ours.Words"]
    assert refusals(inspect(tmp_path / "m.pkl"), frozenset({"words_of_ours.Words"})) == ()


@pytest.mark.parametrize("name", ["_hidden", "costly", "made", "__class__", "split.__globals__"])
def test_nothing_else_of_such_an_object_is_given(own: Any, name: str, tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    words = a.new("words_of_ours", "Words") + a.state(place=a.text(str(marker))) + a.BUILD
    with pytest.raises(NameRefused):
        _loaded(a.whole(hostile.attribute(words, name)))
    assert not marker.exists()


def test_an_attribute_of_the_object_does_not_stand_for_its_method(own: Any) -> None:
    words = a.new("words_of_ours", "Words") + a.state(split=a.name("os", "mkdir")) + a.BUILD
    method = _loaded(a.whole(hostile.attribute(words, "split")))
    assert method.__func__ is own.Words.split


@pytest.mark.parametrize(
    ("module", "qualname", "method"),
    [
        ("words_of_ours", "Other", "split"),
        ("xgboost.core", "Booster", "save_model"),
        ("sklearn.utils", "Bunch", "pop"),
        ("pathlib", "PosixPath", "unlink"),
        ("os", "DirEntry", "stat"),
    ],
)
def test_methods_of_classes_that_nobody_trusts_are_refused(
    own: Any, module: str, qualname: str, method: str, tmp_path: Path
) -> None:
    data = a.whole(hostile.attribute(a.new(module, qualname), method))
    (tmp_path / "m.pkl").write_bytes(data)
    assert refusals(inspect(tmp_path / "m.pkl"))
    with pytest.raises((NameRefused, ModuleNotFoundError, TypeError)):
        _loaded(data)


def test_a_method_of_a_base_of_ones_own_is_given(own: Any) -> None:
    method = _loaded(a.whole(hostile.attribute(a.new("words_of_ours", "Log"), "split")))
    assert method("a b") == ["a", "b"]


@pytest.mark.parametrize(
    ("qualname", "method"), [("Frame", "to_csv"), ("Log", "emit"), ("Log", "made_by")]
)
def test_a_method_that_a_trusted_class_inherits_from_a_library_is_refused(
    own: Any, qualname: str, method: str, tmp_path: Path
) -> None:
    """``CountVectorizer(analyzer=Frame().to_csv)`` would write a file for each text."""
    marker = tmp_path / "marker"
    made = a.new("words_of_ours", qualname)
    if qualname == "Log":
        made += a.state(baseFilename=a.text(str(marker))) + a.BUILD
    with pytest.raises(NameRefused):
        _loaded(a.whole(hostile.attribute(made, method)))
    assert not marker.exists()


@pytest.mark.parametrize(
    "change",
    [
        a.state(x=a.integer(1)) + a.BUILD,
        a.text("x") + a.integer(1) + a.SETITEM,
        a.integer(1) + a.APPEND,
    ],
    ids=["state", "item", "element"],
)
def test_what_is_got_of_an_object_is_not_changed(change: bytes, tmp_path: Path) -> None:
    """Before Python 3.8 it may be an attribute: a dictionary that another object has as state."""
    method = hostile.attribute(a.new("words_of_ours", "Words"), "split")
    (tmp_path / "m.pkl").write_bytes(a.whole(method + change))
    assert refusals(inspect(tmp_path / "m.pkl"), frozenset({"words_of_ours.Words"}))


def test_a_method_that_the_file_calls_itself_is_refused(own: Any, tmp_path: Path) -> None:
    method = hostile.attribute(a.new("words_of_ours", "Words"), "split")
    (tmp_path / "m.pkl").write_bytes(a.whole(method + a.text("a") + a.TUPLE1 + a.REDUCE))
    refused = refusals(inspect(tmp_path / "m.pkl"), frozenset({"words_of_ours.Words"}))
    assert [one.what for one in refused] == ["made-callable"]
