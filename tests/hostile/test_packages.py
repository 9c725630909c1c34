"""Classes of packages beside scikit-learn: only empty objects are created, and given a state."""

from __future__ import annotations

import io
import pickle
import re
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from compat_worker.loader_guard import guarded
from compat_worker.name_guard import NameRefused

from matrix.catalog import Trust
from matrix.frameworks import FRAMEWORKS
from matrix.inspection import Name, inspect, refusals
from matrix.inspection.allowed_lists import (
    HOOKS,
    LEFT_OUT,
    allowed_names,
    created_empty,
    native_classes,
    read_list,
)
from matrix.sandbox.kinds import Sandbox, SandboxKind
from matrix.upgrade.answer import Model
from matrix.upgrade.native_data import only_in_sandbox
from matrix.worker.compat_worker.exact_call_lists import PACKAGES
from tests.inspection import assembler as a

BOOSTER = ("xgboost.core", "Booster")
CLASSIFIER = ("xgboost.sklearn", "XGBClassifier")
VECTORIZER = ("skrub._table_vectorizer", "TableVectorizer")
FILTER = ("skrub._selectors._base", "Filter")
EBM = ("interpret.glassbox._ebm._ebm", "ExplainableBoostingClassifier")
CONTAINED = Sandbox(kind=SandboxKind.BUBBLEWRAP)

MAPPER = ("sklearn_pandas.dataframe_mapper", "DataFrameMapper")


def mapper(*features: bytes) -> bytes:
    """A mapper with features of two parts or more, of which the first is a name of a column."""
    listed = a.EMPTY_LIST + b"".join(one + a.APPEND for one in features)
    return a.new(*MAPPER) + a.state(features=listed) + a.BUILD


RESULTS = ("statsmodels.regression.linear_model", "OLSResults")
WRAPPER = ("statsmodels.regression.linear_model", "RegressionResultsWrapper")
OLS = ("statsmodels.regression.linear_model", "OLS")
OLS_DATA = ("statsmodels.base.data", "PandasData")
MEMORY = ("joblib.memory", "Memory")


def made(pair: tuple[str, str], **attributes: bytes) -> bytes:
    """An empty object of a class with a state."""
    return a.new(*pair) + a.state(**attributes) + a.BUILD


CODE = a.text("I(__import__('os').system('touch /tmp/x'))")
HIDING = a.new("types", "SimpleNamespace") + a.state(formula=CODE, design_info=CODE) + a.BUILD
REGRESSION = made(
    WRAPPER,
    _results=made(RESULTS, params=a.integer(1), model=made(OLS, data=made(OLS_DATA, k=a.NONE))),
)
NO_CACHE = made(
    MEMORY,
    depth=a.integer(3),
    backend=a.text("local"),
    backend_options=a.EMPTY_DICT,
    location=a.NONE,
    store_backend=a.NONE,
    timestamp=a.NONE,
    _verbose=a.integer(0),
)
FEATURE = a.text("city") + a.NONE + a.TUPLE2
CALLING = a.MARK + a.name("numpy", "sin") + a.NONE + a.EMPTY_DICT + a.integer(1) + a.TUPLE
ORDINARY = a.new(*CLASSIFIER) + a.state(_Booster=a.new(*BOOSTER) + a.state(handle=a.NONE) + a.BUILD)
OLD = (
    a.call("copyreg", "_reconstructor", a.name(*CLASSIFIER), a.name("builtins", "object"), a.NONE)
    + a.state(n_jobs=a.integer(1))
    + a.BUILD
)
ATTACKS = {
    "called with a file": a.call(*BOOSTER, a.NONE, a.EMPTY_TUPLE, a.text("/etc/passwd")),
    "called with nothing": a.call(*CLASSIFIER),
    "created with arguments": a.name(*BOOSTER) + a.text("x") + a.TUPLE1 + a.NEWOBJ,
    "called by an old opcode": a.MARK + a.text("/etc/passwd") + b"ixgboost.core\nBooster\n",
    "called by another old opcode": a.MARK + a.name(*BOOSTER) + a.text("x") + b"o",
    "handed on": a.call("collections", "defaultdict", a.name(*BOOSTER)),
    "an attribute": a.new(*CLASSIFIER) + a.state(cls=a.name(*BOOSTER)) + a.BUILD,
    "filled": a.new(*CLASSIFIER) + a.integer(1) + a.APPEND,
    "given items": a.new(*CLASSIFIER) + a.text("x") + a.integer(1) + a.SETITEM,
    "bound": a.call("functools", "partial", a.name(*CLASSIFIER)),
    "a path for a booster": a.new(*CLASSIFIER) + a.state(_Booster=a.text("/etc/passwd")) + a.BUILD,
    "a path object for a booster": a.new(*CLASSIFIER)
    + a.state(_Booster=a.call("pathlib", "PurePosixPath", a.text("/etc/passwd")))
    + a.BUILD,
    "a booster in a second state": a.new(*CLASSIFIER)
    + a.state(n_jobs=a.integer(1))
    + a.BUILD
    + a.state(_Booster=a.text("/etc/passwd"))
    + a.BUILD,
    "a feature that is called": mapper(FEATURE, CALLING),
    "features that are no list": a.new(*MAPPER)
    + a.state(features=a.call("builtins", "list"))
    + a.BUILD,
    "a vectorizer that is called": a.call(*VECTORIZER, a.text("x")),
    "a vectorizer handed on": a.new(*FILTER) + a.state(predicate=a.name(*VECTORIZER)) + a.BUILD,
    "a predicate that runs programs": a.new(*FILTER)
    + a.state(predicate=a.name("os", "system"))
    + a.BUILD,
    "another function of skrub": a.new(*FILTER)
    + a.state(predicate=a.name("skrub._utils", "import_optional_dependency"))
    + a.BUILD,
    "an encoder that downloads": a.new("skrub._text_encoder", "TextEncoder"),
    "a part of a listed function": a.new(*FILTER)
    + a.state(predicate=a.name("skrub._dataframe._common", "is_numeric.__globals__"))
    + a.BUILD,
    "a machine that is called": a.call(*EBM, a.text("x")),
    "a method of a machine": a.name(EBM[0], "EBMModel.to_json"),
    "a formula that runs on load": made(OLS_DATA, restore_design_info=a.integer(1), formula=CODE),
    "a formula that runs on load in statsmodels 0.15": made(
        OLS_DATA, restore_model_spec=a.integer(1)
    ),
    "a formula that runs in predict": made(OLS, formula=CODE, design_info=CODE),
    "a namespace with a formula for a model": made(RESULTS, model=HIDING),
    "a table for a model": made(RESULTS, model=a.new("pandas.core.frame", "DataFrame")),
    "a namespace for the data of a model": made(OLS, data=HIDING),
    "a namespace with a formula for results": made(WRAPPER, _results=HIDING),
    "a formula in a second state": a.new(*OLS)
    + a.state(exog=a.NONE)
    + a.BUILD
    + a.state(formula=CODE)
    + a.BUILD,
    "state of a call": a.new(*BOOSTER) + a.call("builtins", "dict") + a.BUILD,
    "state of two parts": a.new(*BOOSTER)
    + a.NONE
    + a.state(handle=a.integer(1))
    + a.TUPLE2
    + a.BUILD,
}


def written(tmp_path: Path, body: bytes) -> Path:
    path = tmp_path / "model.pkl"
    path.write_bytes(b"\x80\x04" + body + b".")
    return path


SELECTOR = (
    a.new(*FILTER)
    + a.state(predicate=a.name("skrub._selectors._selectors", "_cardinality_below"))
    + a.BUILD
)


@pytest.mark.parametrize(
    "body",
    [ORDINARY + a.BUILD, OLD, mapper(FEATURE), SELECTOR, REGRESSION, NO_CACHE],
    ids=["new", "protocol 1", "mapper", "selector", "regression", "no cache"],
)
def test_what_picklers_write_for_a_model_is_allowed(body: bytes, tmp_path: Path) -> None:
    assert refusals(inspect(written(tmp_path, body))) == ()


@pytest.mark.parametrize("body", ATTACKS.values(), ids=ATTACKS)
def test_every_other_use_of_a_class_is_refused(body: bytes, tmp_path: Path) -> None:
    found = refusals(inspect(written(tmp_path, body)))
    expected = {"xgboost", "computed-state", "functools", "sklearn_pandas", "skrub", "interpret"}
    assert {*expected, "os", "statsmodels"} & {one.what.split(".")[0] for one in found}


CACHES = {
    "a folder": made(MEMORY, location=a.text("cache"), store_backend=a.NONE),
    "an older folder": made(MEMORY, cachedir=a.text("cache")),
    "a store": made(MEMORY, location=a.NONE, store_backend=a.new(*MEMORY)),
    "an unknown attribute": made(MEMORY, location=a.NONE, cache=a.name("numpy", "sin")),
    "options": made(MEMORY, location=a.NONE, backend_options=a.state(x=a.integer(1))),
    "a call": a.call(*MEMORY, a.text("cache")),
    "a call without anything": a.call(*MEMORY),
    "a folder in a second state": NO_CACHE + a.state(location=a.text("cache")) + a.BUILD,
}


@pytest.mark.parametrize("body", CACHES.values(), ids=CACHES)
def test_only_a_cache_without_a_folder_passes_and_any_other_can_be_trusted(
    body: bytes, tmp_path: Path
) -> None:
    inspection = inspect(written(tmp_path, body))
    found = [one for one in refusals(inspection) if one.what == "joblib.memory.Memory"]
    assert len(found) == 1
    trusted = refusals(inspection, frozenset({"joblib.memory.Memory"}))
    assert "joblib.memory.Memory" not in {one.what for one in trusted}


@pytest.mark.parametrize("kind", [SandboxKind.OFF, SandboxKind.LIMITS])
def test_data_for_compiled_code_is_loaded_in_a_sandbox_only(
    kind: SandboxKind, tmp_path: Path
) -> None:
    path = written(tmp_path, ORDINARY + a.BUILD)
    model = Model(id="model", path=path, inspection=inspect(path))
    outside = Sandbox(kind=kind)
    (admitted,) = only_in_sandbox([model], Trust(), CONTAINED)
    assert admitted.problem is None
    (refused,) = only_in_sandbox([model], Trust(), outside)
    assert refused.problem is not None
    assert "in a sandbox only" in refused.problem.message
    assert refused.problem.options == ("--trust xgboost.core.Booster",)
    trust = Trust(everywhere=frozenset({"xgboost.core.Booster"}))
    (trusted,) = only_in_sandbox([model], trust, outside)
    assert trusted.problem is None


class Booster:
    """Stands for a class whose constructor does something with its arguments."""

    made: list[object]

    def __init__(self, path: object = None) -> None:
        self.made.append(path)


Booster.__module__ = BOOSTER[0]
Booster.__qualname__ = BOOSTER[1]


class Ours(Booster):
    """A user's own subclass."""


@pytest.fixture
def fake_package(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[object]]:
    module = types.ModuleType(BOOSTER[0])
    module.Booster = Booster  # type: ignore[attr-defined]
    module.Ours = Ours  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "xgboost", types.ModuleType("xgboost"))
    monkeypatch.setitem(sys.modules, BOOSTER[0], module)
    Booster.made = []
    yield Booster.made
    Booster(1)
    assert Booster.made[-1] == 1, "the constructor is not restored"


NAMES = [list(BOOSTER), ["copyreg", "_reconstructor"], ["builtins", "object"]]


@pytest.mark.usefixtures("fake_package")
@pytest.mark.parametrize("unpickler", [pickle.Unpickler, pickle._Unpickler])  # type: ignore[attr-defined]
@pytest.mark.parametrize("attack", ["called with a file", "called by an old opcode"])
def test_the_second_gate_alone_refuses_to_call_a_class(unpickler: Any, attack: str) -> None:
    data = io.BytesIO(b"\x80\x04" + ATTACKS[attack] + b".")
    with pytest.raises(NameRefused), guarded(NAMES):
        unpickler(data).load()
    assert Booster.made == []


class Classifier:
    """Loads its booster as xgboost 1.0 does."""

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._Booster = Booster(path=state["_Booster"])


def test_the_second_gate_alone_refuses_a_path_for_a_booster(
    fake_package: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    module = types.ModuleType(CLASSIFIER[0])
    module.XGBClassifier = Classifier  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, CLASSIFIER[0], module)
    data = b"\x80\x04" + ATTACKS["a path for a booster"] + b"."
    with pytest.raises(NameRefused), guarded([list(CLASSIFIER)]):
        pickle.loads(data)
    assert fake_package == []
    old = (
        a.new(*CLASSIFIER) + a.state(_Booster=b"\x96" + (1).to_bytes(8, "little") + b"x") + a.BUILD
    )
    with guarded([list(CLASSIFIER)]):
        pickle.loads(b"\x80\x05" + old + b".")
    assert fake_package == [bytearray(b"x")]


class Mapper:
    """Builds its features anew as sklearn-pandas does."""

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.built = [sys.modules[MAPPER[0]]._build_feature(*one) for one in state["features"]]


def test_the_second_gate_alone_lets_no_mapper_call_a_part_of_its_state(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    called: list[object] = []
    module = types.ModuleType(MAPPER[0])
    module.DataFrameMapper = Mapper  # type: ignore[attr-defined]
    module._build_feature = lambda *parts: called.append(parts)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "sklearn_pandas", types.ModuleType("sklearn_pandas"))
    monkeypatch.setitem(sys.modules, MAPPER[0], module)
    names = [list(MAPPER), ["numpy", "sin"]]
    with guarded(names):
        pickle.loads(b"\x80\x04" + mapper(FEATURE) + b".")
    assert called == [("city", None)]
    with pytest.raises(NameRefused), guarded(names):
        pickle.loads(b"\x80\x04" + mapper(CALLING) + b".")
    assert called == [("city", None)]


@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_the_second_gate_lets_empty_objects_and_subclasses_be_created(
    protocol: int, fake_package: list[object]
) -> None:
    model = Booster.__new__(Booster)
    model.__dict__["x"] = 1
    with guarded(NAMES):
        assert pickle.loads(pickle.dumps(model, protocol)).x == 1
        Ours("path")  # a trusted class of the user may be made as it likes
    assert fake_package == ["path"]


def test_all_classes_of_tslearn_are_native_because_numba_checks_no_places() -> None:
    listed = {one for one in created_empty() if one.module.startswith("tslearn.")}
    assert listed
    assert listed <= native_classes()


def test_the_lists_of_packages_hold_classes_of_their_packages_alone() -> None:
    modules = {module for one in FRAMEWORKS[1:] for module in one.modules}
    for name in created_empty():
        assert name.qualname.isidentifier()
        assert name.module.partition(".")[0] in modules & PACKAGES
    assert not created_empty() & (allowed_names() | read_list(LEFT_OUT))
    readers = {  # of files of their own; no pickle may look them up
        Name("keras.saving", "load_model"),
        Name("onnxruntime", "InferenceSession"),
        Name("jpmml_evaluator", "make_evaluator"),
    }
    assert native_classes() - created_empty() == readers
    assert not readers & allowed_names()
    assert {Name(*BOOSTER), Name("lightgbm.basic", "Booster")} < native_classes()


@pytest.mark.parametrize("path", [HOOKS, LEFT_OUT], ids=["hooks", "left out"])
def test_each_reviewed_name_has_a_reason(path: Path) -> None:
    for line in path.read_text("utf-8").splitlines():
        assert line.startswith("#") or re.fullmatch(r"[\w.]+ \w+  # \S.+", line), line
