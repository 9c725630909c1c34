"""A file of skops is inspected like a pickle: objects, names, and no import."""

from __future__ import annotations

import contextlib
import json
import struct
import subprocess
import sys
import zlib
from collections import OrderedDict, defaultdict
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_LZMA, ZipFile, ZipInfo

import joblib
import numpy as np
import pytest
import skops.io
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_iris
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from sklearn.svm import SVC

from matrix.errors import NotAModelError
from matrix.inspection import Inspection, InspectionLimits, inspect
from matrix.inspection.gate import refusals
from matrix.inspection.result import ModelNode
from tests.hostile import skops_parts as s
from tests.hostile.files import SKOPS

from .conftest import Inspect

X, Y = load_iris(return_X_y=True)
TEXTS = ["good food", "bad food", "good wine"]
MODELS = {
    "pipeline": make_pipeline(StandardScaler(), LogisticRegression()).fit(X, Y),
    "forest": RandomForestClassifier(7, random_state=0).fit(X, Y),
    "boosting": HistGradientBoostingClassifier(max_iter=2).fit(X, Y),
    "drawn": MLPClassifier(3, max_iter=5, random_state=np.random.RandomState(1)).fit(X, Y),
    "search": GridSearchCV(SVC(), {"C": [1, 2]}, cv=2).fit(X, Y),
    "neighbours": KNeighborsClassifier(algorithm="kd_tree").fit(X, Y),
    "text": make_pipeline(TfidfVectorizer(dtype=np.float32), SVC()).fit(TEXTS, [1, 0, 1]),
    "function": make_pipeline(FunctionTransformer(np.log1p), SVC()).fit(X, Y),
    "columns": ColumnTransformer(
        [("numbers", StandardScaler(), [0, 1]), ("words", OneHotEncoder(), [2])]
    ).fit(np.array([[1, 2, "a"], [3, 4, "b"]], dtype=object)),
}


def shape(node: ModelNode) -> object:
    """The classes in a tree."""
    return node.name, node.kind, node.count, [shape(child) for child in node.children]


@pytest.mark.parametrize("name", MODELS)
def test_a_model_is_the_same_model_as_in_a_pickle_and_is_let_in(
    name: str, inspected: Inspect
) -> None:
    stream = BytesIO()
    joblib.dump(MODELS[name], stream)
    pickled = inspected(stream.getvalue())
    found = inspected(skops.io.dumps(MODELS[name]))
    assert (found.container, found.protocol) == ("skops", 2)
    assert found.versions == {**pickled.versions, "skops": (skops.__version__,)}
    assert shape(found.root) == shape(pickled.root)
    assert found.root.params.keys() == pickled.root.params.keys()
    assert refusals(found) == ()
    assert {one.why for one in found.code} <= {"function"}


@pytest.mark.parametrize("name", MODELS)
def test_every_name_that_skops_does_not_trust_is_reported(name: str, inspected: Inspect) -> None:
    data = skops.io.dumps(MODELS[name])
    names = {str(one) for one in inspected(data).names}
    assert set(skops.io.get_untrusted_types(data=data)) <= names


def test_values_are_reported_like_those_of_a_pickle(inspected: Inspect) -> None:
    stream = BytesIO()
    joblib.dump(MODELS["pipeline"], stream)
    found = inspected(skops.io.dumps(MODELS["pipeline"])).root.children[1]
    pickled = inspected(stream.getvalue()).root.children[1]
    assert found.params == pickled.params
    assert found.fitted["coef_"] == pickled.fitted["coef_"] == "float64 (3, 4)"


def test_values_of_builtin_types_are_read(inspected: Inspect) -> None:
    held = {
        "a": [1, 2.5, None, True],
        "b": ("x", {1}, slice(1, 2, None), b"raw", bytearray(b"r")),
        "c": OrderedDict(x=1),
        "d": defaultdict(list, y=[1]),
        "e": np.array(["a", 1], dtype=object),
        "f": np.float64(1.5),
        "g": np.dtype("float32"),
        "h": np.ma.masked_array([1, 2], [0, 1]),
    }
    found = inspected(skops.io.dumps(held))
    assert [note.code for note in found.notes] == []
    fitted = found.root.fitted
    assert fitted["a"] == "[1, 2.5, None, True]"
    assert fitted["c"] == "OrderedDict of 1"
    assert fitted["e"].startswith("object (2,)")


@pytest.mark.parametrize("kind", SKOPS)
def test_a_schema_that_skops_would_not_write_is_refused(
    kind: str, tmp_path: Path, inspected: Inspect
) -> None:
    bad = SKOPS[kind]
    marker = tmp_path / "mark"
    with contextlib.suppress(NotAModelError):
        found = inspected(bad.make(str(marker)))
        reported = [one.what for one in refusals(found)]
        assert bad.said in reported
    assert not marker.exists()


LOAD = """
import sys, skops.io
for path in sys.argv[1:]:
    try:
        skops.io.load(path, trusted=skops.io.get_untrusted_types(file=path))
    except Exception as error:
        print(repr(error))
"""


def test_the_hostile_files_run_code_when_loaded_by_skops(tmp_path: Path) -> None:
    """They run if the user trusts all types that skops lists."""
    kinds = [kind for kind, bad in SKOPS.items() if bad.runs]
    paths = [tmp_path / f"{number}.skops" for number in range(len(kinds))]
    for kind, path in zip(kinds, paths, strict=True):
        path.write_bytes(SKOPS[kind].make(str(path.with_suffix(".mark"))))
    subprocess.run([sys.executable, "-W", "ignore", "-c", LOAD, *paths], check=True)
    unmarked = [not path.with_suffix(".mark").exists() for path in paths]
    assert [kind for kind, one in zip(kinds, unmarked, strict=True) if one] == []


def test_a_part_that_skops_creates_only_once_is_inspected_every_time(inspected: Inspect) -> None:
    """skops creates only the first of two parts with the same id; inspection reads both."""
    first = s.part("ListNode", "builtins.list", content=[], __id__=1)
    second = s.part("ListNode", "os.mkdir", content=[], __id__=1)
    found = inspected(s.archive(s.tuple_(first, second)))
    assert "os.mkdir" in [one.what for one in refusals(found)]


PACKED = skops.io.dumps(StandardScaler().fit(X), compression=ZIP_LZMA)


HIDDEN = s.calling("os.mkdir", "mark")
NAMED = s.dict_({"bit_generator": s.plain("PCG64")})
TEXT = s.part("TypeNode", "builtins.str")


def generator(state: s.Part) -> s.Part:
    inside = {"bit_generator": state, "seed_seq": s.dict_({})}
    return s.part("RandomGeneratorNode", "numpy.random._generator.Generator", content=inside)


@pytest.mark.parametrize(
    "schema",
    [
        # What looks like a part is none to skops, which takes what stands in it under a name.
        s.part(
            "MaskedArrayNode",
            "numpy.ma.MaskedArray",
            content={**s.plain(1), "data": HIDDEN, "mask": s.plain(0)},
        ),
        generator(NAMED) | {"content": {**s.plain(1), "bit_generator": NAMED, "seed_seq": HIDDEN}},
        s.part(
            "TreeNode",
            "sklearn.tree._tree.Tree",
            content=s.dict_({}),
            __reduce__={**s.plain(1), "args": HIDDEN},
        ),
        s.part("ListNode", "builtins.list", content=[], attrs=HIDDEN),
        # Of two parts with one number skops makes the first.
        s.tuple_({**s.plain("seed"), "__id__": 1}, {**s.plain("PCG64"), "__id__": 1}),
        s.tuple_(
            {**s.part("ListNode", "builtins.list", content=[s.plain(1)]), "__id__": 1},
            {**s.part("ListNode", "builtins.list", content=[TEXT]), "__id__": 1},
        ),
        s.part("MaskedArrayNode", "numpy.ma.MaskedArray", content={"data": {"__id__": 1}}),
        # Keys are made by what makes keys, and an array asks every element for its interface.
        s.dict_({"a": s.plain(1)}, s.part("TypeNode", "sklearn.svm._classes.SVC")),
        s.dict_({"__array_interface__": s.plain(1)}),
        s.part("FunctionNode", "numpy.log1p", content={"module_path": "os", "function": "mkdir"}),
        s.part(
            "DictNode",
            "builtins.dict",
            content={"a": s.plain(1)},
            key_types=s.tuple_(s.part("TypeNode", "builtins.str")),
        ),
        s.tuple_(
            s.part("FunctionNode", "numpy.log1p", __id__=1),
            s.part("TypeNode", "builtins.str", __id__=1),
        ),
        s.part("NdArrayNode", "numpy.dtype", type="json", content=[], shape=s.tuple_()),
        s.part("ObjectNode", "joblib.numpy_pickle.NumpyArrayWrapper", content=s.dict_({})),
    ],
)
def test_an_ambiguous_schema_is_refused(schema: s.Part, inspected: Inspect) -> None:
    assert "skops-part" in [one.what for one in refusals(inspected(s.archive(schema)))]


@pytest.mark.parametrize(
    "state",
    [
        s.part(
            "DefaultDictNode",
            "collections.defaultdict",
            content={
                "main": s.dict_({"bit_generator": s.plain("seed")}),
                "default_factory": s.plain(None),
                "bit_generator": s.plain("PCG64"),
            },
        ),
        {"__loader__": "CachedNode", "__id__": 1, "content": {"bit_generator": s.plain("PCG64")}},
        {"__id__": 1, "content": {"bit_generator": s.plain("PCG64")}},
        s.dict_({"bit_generator": s.part("ListNode", "builtins.list", content='"PCG64"')}),
    ],
)
def test_a_generator_is_of_the_kind_that_was_seen(state: s.Part, inspected: Inspect) -> None:
    """skops calls what stands in the state that it has made, whatever that was made of."""
    said = {**s.dict_({"bit_generator": s.plain("seed")}), "__id__": 1}
    with pytest.raises(NotAModelError, match="skops file"):
        inspected(s.archive(s.tuple_(said, generator(state))))


def test_an_ambiguous_archive_is_refused(inspected: Inspect) -> None:
    """Python 3.12 gives a part another name than 3.11; newer ones find another directory."""
    named = ZipInfo("0.bin")
    name = struct.pack("<BL", 1, zlib.crc32(b"0.bin")) + b"schema.json"
    named.extra = struct.pack("<HH", 0x7075, len(name)) + name
    stream = BytesIO(s.archive(s.plain(1)))
    with ZipFile(stream, "a") as archive:
        archive.writestr(named, b"{}")
    whole = s.archive(s.plain(1))
    locator = b"PK\6\7" + struct.pack("<LQL", 0, 0, 1)
    for data in (
        stream.getvalue(),
        whole + b"PK\5\6",
        whole[:-22] + locator + whole[-22:],
        whole[:-2] + b"\1\0x",
    ):
        with pytest.raises(NotAModelError, match=r"differently|damaged"):
            inspected(data)


BROKEN = {
    "no JSON": s.archive(b"{"),
    "a list": s.archive(b"[]"),
    "no kind": s.archive({"__class__": "a", "__module__": "b"}),
    "no class": s.archive({"__loader__": "ListNode", "__module__": "b", "content": []}),
    "a class without a name": s.archive(
        {"__loader__": "ListNode", "__class__": 1, "__module__": "b", "content": []}
    ),
    "no protocol": s.archive(s.plain(1), protocol=None),
    "a protocol that is true": s.archive(s.plain(1), protocol=True),
    "an array that is not there": s.archive(
        s.part("NdArrayNode", "numpy.ndarray", type="numpy", file="0.npy")
    ),
    "a part of no number": s.archive({"__loader__": "CachedNode", "__id__": 9}),
    "too deep": s.archive(b'{"content": [' * 5000 + b"]}" * 5000),
    "too deep in parts": s.archive(
        b'{"protocol": 2, "__loader__": "TupleNode", "__class__": "tuple", "__module__": '
        b'"builtins", "content": [' * 400 + b"]}" * 400
    ),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_archive_is_refused_with_the_reason(kind: str, inspected: Inspect) -> None:
    with pytest.raises(NotAModelError, match="skops file"):
        inspected(BROKEN[kind])


def test_parts_of_one_name_and_bombs_are_not_read(tmp_path: Path) -> None:
    path = tmp_path / "model.skops"
    path.write_bytes(s.archive(s.plain(1), **{"0_npy": bytes(2_000_000)}))
    assert inspect(path).container == "skops"
    with pytest.raises(NotAModelError, match="decompresses to more than"):
        inspect(path, InspectionLimits(unpacked=1_000_000))
    with ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("schema.json", b"{}")
    with pytest.raises(NotAModelError, match="two members with the same name"):
        inspect(path)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["content", "__loader__", "__class__", "__module__", "a"]), inner
        )
    ),
    max_leaves=8,
)
KINDS = [
    *("BytesNode", "CachedNode", "ConstructorFromReduceNode", "DTypeNode", "DefaultDictNode"),
    *("DictNode", "FunctionNode", "JsonNode", "ListNode", "LossNode", "MethodNode", "NdArrayNode"),
    *("ObjectNode", "PartialNode", "RandomGeneratorNode", "SetNode", "SliceNode", "TreeNode"),
    *("SparseMatrixNode", "TupleNode", "TypeNode", "x"),
]
PART = st.deferred(lambda: PARTS)
PARTS = st.fixed_dictionaries(
    {
        "__loader__": st.sampled_from(KINDS) | JSON,
        "__class__": st.sampled_from(["list", "Pipeline", "mkdir"]) | JSON,
        "__module__": st.sampled_from(["builtins", "sklearn.pipeline", "os"]) | JSON,
        "protocol": st.just(2),
    },
    optional={
        "content": JSON | st.lists(PART, max_size=2) | PART,
        "key_types": JSON,
        "type": st.sampled_from(["numpy", "json", "scipy"]) | JSON,
        "file": JSON,
        "__id__": JSON,
        "__reduce__": JSON,
    },
)


@given(schema=PARTS | JSON)
@example(schema={"protocol": 2, "__loader__": "x", "__class__": "a", "__module__": "b", "c": []})
@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_schema_is_inspected_or_refused(schema: object, inspected: Inspect) -> None:
    with contextlib.suppress(NotAModelError):
        assert isinstance(inspected(s.archive(json.dumps(schema).encode())), Inspection)


@given(data=st.data())
@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_damaged_archive_is_inspected_or_refused(
    data: st.DataObject, inspected: Inspect
) -> None:
    whole = bytearray(PACKED)
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(4, len(whole) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(NotAModelError):
        assert isinstance(inspected(bytes(whole)), Inspection)


def test_a_copy_has_the_same_report(inspected: Inspect) -> None:
    """Two dumps differ in bytes, but have the same report."""
    first, second = (inspected(skops.io.dumps(MODELS["pipeline"])) for _ in range(2))
    assert replace(first, sha256="") == replace(second, sha256="")
