"""Real models: the tree is correct, and the names are those that unpickling looks up."""

from __future__ import annotations

import _compat_pickle
import hashlib
import io
import pickle
import subprocess
import sys
import warnings
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
import sklearn
from joblib.numpy_pickle import NumpyUnpickler
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_iris
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    VotingClassifier,
)
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from sklearn.svm import SVC

from matrix.inspection import Inspection, ModelNode, Name, inspect, inspect_in_subprocess
from tests.inspection import assembler as a
from tests.inspection.conftest import Inspect

X, Y = load_iris(return_X_y=True)
LABELS = np.array(["setosa", "versicolor", "virginica"], dtype=object)[Y]
ROUND = np.floor(X)


def _columns() -> ColumnTransformer:
    known = OneHotEncoder(handle_unknown="ignore")
    return ColumnTransformer([("scaled", StandardScaler(), [0, 1]), ("named", known, [2, 3])])


MODELS: dict[str, Callable[[], Any]] = {
    "pipeline": lambda: make_pipeline(StandardScaler(), SVC()).fit(X, LABELS),
    "forest": lambda: RandomForestClassifier(12, random_state=0).fit(X, Y),
    "boosting": lambda: GradientBoostingClassifier(n_estimators=3).fit(X, Y),
    "histogram": lambda: HistGradientBoostingClassifier(max_iter=3).fit(X, Y),
    "voting": lambda: VotingClassifier([("a", SVC()), ("b", LogisticRegression())]).fit(X, Y),
    "columns": lambda: make_pipeline(_columns(), LogisticRegression()).fit(ROUND, Y),
    "union": lambda: make_union(StandardScaler(), FunctionTransformer(np.log1p)).fit(X),
    "calibrated": lambda: CalibratedClassifierCV(SGDClassifier(random_state=0), cv=2).fit(X, Y),
    "search": lambda: GridSearchCV(SVC(), {"C": [1, 2]}, cv=2).fit(X, Y),
    "neighbours": lambda: KNeighborsClassifier(algorithm="kd_tree").fit(X, LABELS),
    "text": lambda: TfidfVectorizer().fit(["a first text", "ein zweiter Text", "ça va"]),
    "process": lambda: GaussianProcessRegressor().fit(X, Y),
    "network": lambda: MLPClassifier(5, max_iter=5, random_state=0).fit(X, Y),
    "bare": lambda: {"model": StandardScaler().fit(X), "columns": ["a", "b"], "date": None},
}

SAVERS: dict[str, Callable[[Any, Path], object]] = {
    **{
        f"pickle-{protocol}": lambda model, path, protocol=protocol: path.write_bytes(
            pickle.dumps(model, protocol)
        )
        for protocol in range(6)
    },
    "joblib": joblib.dump,
    **{
        name: lambda model, path, name=name: joblib.dump(model, path, compress=(name, 3))
        for name in ("zlib", "gzip", "bz2", "xz", "lzma")
    },
}


def looked_up(path: Path) -> set[Name]:
    """The names that the real machines ask for, nested pickles included."""
    found: set[Name] = set()

    def note(protocol: int, module: str, qualname: str) -> None:
        if protocol < 3:
            pair = (_compat_pickle.IMPORT_MAPPING.get(module, module), qualname)
            module, qualname = _compat_pickle.NAME_MAPPING.get((module, qualname), pair)
        found.add(Name(module, qualname))

    class Noting(NumpyUnpickler):  # type: ignore[misc]
        def find_class(self, module: str, qualname: str) -> Any:
            note(self.proto, module, qualname)
            return super().find_class(module, qualname)

    from joblib.numpy_pickle_utils import _detect_compressor, _validate_fileobject_and_memmap

    with path.open("rb") as file:
        assert _detect_compressor(file) != "compat"
        file.seek(0)
        with _validate_fileobject_and_memmap(file, str(path), None) as opened:
            stream = opened[0] if isinstance(opened, tuple) else opened
            Noting(str(path), stream, ensure_native_byte_order=True).load()
    return found


def kinds(node: ModelNode) -> list[str]:
    own = [node.kind.rpartition(".")[2]] * (node.count == 1)
    own += [f"{node.count} {node.kind.rpartition('.')[2]}"] * (node.count > 1)
    return [*own, *(kind for child in node.children for kind in kinds(child))]


@pytest.fixture(scope="module")
def models() -> dict[str, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return {name: make() for name, make in MODELS.items()}


@pytest.mark.parametrize("saver", SAVERS)
def test_every_model_in_every_format_is_read_as_python_reads_it(
    saver: str, models: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / "model"
    trees = []
    for name, model in models.items():
        SAVERS[saver](model, path)
        found = inspect(path)
        assert set(found.names) == looked_up(path), name
        assert found.versions == {"scikit-learn": (sklearn.__version__,)}, name
        assert found.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
        assert found.notes == (), name
        top = type(model)
        if name != "bare":
            assert found.root.kind == f"{top.__module__}.{top.__qualname__}"
        trees.append(kinds(found.root))
        if name == "union":
            assert [code.name for code in found.code] == ["numpy.log1p"]
    assert trees[:6] == [
        ["Pipeline", "StandardScaler", "SVC"],
        ["RandomForestClassifier", "12 DecisionTreeClassifier"],
        ["GradientBoostingClassifier", "DummyClassifier", "9 DecisionTreeRegressor"],
        ["HistGradientBoostingClassifier", "LabelEncoder", "_BinMapper"],
        ["VotingClassifier", "LabelEncoder", "SVC", "LogisticRegression"],
        ["Pipeline", "ColumnTransformer", "StandardScaler", "OneHotEncoder", "LogisticRegression"],
    ]


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Inspection:
    path = tmp_path_factory.mktemp("models") / "columns.joblib"
    joblib.dump(MODELS["columns"](), path, compress=3)
    return inspect_in_subprocess(path)


def test_parameters_and_fitted_sizes_are_distinguished(pipeline: Inspection) -> None:
    columns = pipeline.root.children[0]
    scaler, encoder = columns.children
    assert scaler.name == "scaled"
    assert scaler.columns == "[0, 1]"
    assert scaler.version == sklearn.__version__
    assert scaler.params == {"copy": "True", "with_mean": "True", "with_std": "True"}
    assert scaler.fitted["mean_"].startswith("float64 (2,) [")
    assert encoder.params["handle_unknown"] == "'ignore'"
    assert encoder.fitted["categories_"] == "list of 2"
    assert pipeline.root.children[1].fitted["coef_"].startswith("float64 (3, ")


def test_how_it_was_saved_is_reported(pipeline: Inspection) -> None:
    assert (pipeline.container, pipeline.compression) == ("joblib", "zlib")
    assert pipeline.numpy == np.__version__[0]
    assert pipeline.modules == ("joblib", "numpy", "sklearn")
    assert pipeline.code == ()


@pytest.mark.parametrize(
    ("protocol", "python"), [(0, ""), (2, ""), (3, "3.0"), (4, "3.4"), (5, "3.8")]
)
def test_the_protocol_gives_the_lowest_python(
    protocol: int, python: str, inspected: Inspect
) -> None:
    found = inspected(pickle.dumps({"a": StandardScaler()}, protocol))
    assert (found.python, found.container) == (python, "pickle")
    assert found.protocol == protocol


def test_arrays_are_reported_by_dtype_shape_and_few_values(tmp_path: Path) -> None:
    arrays = {
        "f": np.arange(3.0),
        "big_endian": np.arange(3, dtype=">i4"),
        "text": np.array(["ä", "b"]),
        "objects": np.array(["a", None], dtype=object),
        "grid": np.zeros((4, 5), order="F"),
        "struct": np.zeros(2, dtype=[("a", "f8"), ("b", "i4", (2,))]),
        "none": np.zeros((0, 3)),
        "zero": np.array(7.5),
        "large": np.zeros((300, 300), dtype="float32"),
        "time": np.array(["2020-01-01"], dtype="M8[ns]"),
    }
    expected = {
        "f": "float64 (3,) [0.0, 1.0, 2.0]",
        "big_endian": "int32 (3,) [0, 1, 2]",
        "text": "str1 (2,) ['ä', 'b']",
        "objects": "object (2,) ['a', None]",
        "grid": "float64 (4, 5)",
        "struct": "struct of 2 (2,)",
        "none": "float64 (0, 3)",
        "zero": "float64 ()",
        "large": "float32 (300, 300)",
        "time": "datetime64 (1,)",
    }
    path = tmp_path / "arrays"
    for save in SAVERS.values():
        save(arrays, path)
        assert inspect(path).root.fitted == expected


def test_objects_other_than_plain_data_are_named(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import pickle\n"
        "class Own:\n"
        "    def __init__(self): self.part = helper\n"
        "def helper(): pass\n"
        "pickle.dump(Own(), open('own.pkl', 'wb'))\n"
    )
    subprocess.run([sys.executable, script], check=True, cwd=tmp_path)
    found = inspect(tmp_path / "own.pkl")
    assert [(code.name, code.why) for code in found.code] == [
        ("__main__.Own", "script"),
        ("__main__.helper", "script"),
    ]
    assert found.modules == ("__main__",)
    assert found.root.params == {"part": "__main__.helper"}


def test_functions_kept_inside_and_other_packages_are_named(inspected: Inspect) -> None:
    made = a.call("cloudpickle.cloudpickle", "_make_function")
    own = (
        a.new("churn.steps", "Cleaner") + a.state(clean=made, run=a.name("os", "getcwd")) + a.BUILD
    )
    found = inspected(a.whole(own))
    assert [(code.name, code.why) for code in found.code] == [
        ("churn.steps.Cleaner", "package"),
        ("cloudpickle.cloudpickle._make_function", "inside"),
        ("os.getcwd", "function"),
    ]
    assert found.modules == ("churn", "cloudpickle")


def test_parts_of_several_versions_are_odd(inspected: Inspect) -> None:
    def part(version: str) -> bytes:
        return (
            a.new("sklearn.svm._classes", "SVC")
            + a.state(_sklearn_version=a.text(version))
            + a.BUILD
        )

    found = inspected(a.whole(a.MARK + part("1.3.2") + part("1.5.0") + a.TUPLE))
    assert found.versions == {"scikit-learn": ("1.3.2", "1.5.0")}
    assert [note.code for note in found.notes] == ["several-versions"]


def test_a_file_of_python_2_is_read_and_marked_as_odd(inspected: Inspect) -> None:
    old = a.old_name("sklearn.svm.classes", "SVC")
    body = b"ccopy_reg\n_reconstructor\n(" + old + b"c__builtin__\nobject\nNtR"
    body += b"}U\x07_kernelU\x03\xe9\xff\x00sU\x10_sklearn_versionU\x060.17.1sb."
    found = inspected(b"\x80\x02" + body)
    assert found.root.kind == "sklearn.svm.classes.SVC"
    assert found.versions == {"scikit-learn": ("0.17.1",)}
    assert [note.code for note in found.notes] == ["python-2"]
    assert found.root.fitted == {"_kernel": "'éÿ\\x00'"}


def test_data_after_the_end_are_odd(inspected: Inspect) -> None:
    data = pickle.dumps([1, 2])
    assert [(note.code, note.text) for note in inspected(data + b"more").notes] == [
        ("data-after-end", "4 bytes follow the end of the pickle")
    ]
    assert [note.code for note in inspected(zlib.compress(data + b"more")).notes] == [
        "data-after-end"
    ]
    assert [note.code for note in inspected(zlib.compress(data) + b"more").notes] == [
        "data-after-end",
        "several-streams",
    ]


def test_parts_that_lie_elsewhere_are_odd(inspected: Inspect) -> None:
    stream = io.BytesIO()

    class Pickler(pickle.Pickler):
        def persistent_id(self, obj: object) -> object:
            return "elsewhere" if isinstance(obj, np.ndarray) else None

    Pickler(stream).dump([np.arange(3)])
    assert [note.code for note in inspected(stream.getvalue()).notes] == ["persistent-ids"]
    old = (
        a.new("joblib.numpy_pickle", "NDArrayWrapper") + a.state(filename=a.text("x.npy")) + a.BUILD
    )
    assert [note.code for note in inspected(a.whole(old)).notes] == ["companion-files"]


def test_joblib_before_1_2_did_not_align_and_is_read_as_well(inspected: Inspect) -> None:
    found = inspected(a.whole(a.wrapper() + b"\0" * 16 + a.TUPLE1))
    assert found.joblib == "0.10 to 1.1"
    aligned = a.wrapper(numpy_array_alignment_bytes=a.integer(16)) + b"\2\xff\xff" + b"\0" * 16
    assert inspected(a.whole(aligned)).joblib == "1.2 or newer"


def test_joblib_before_0_10_packed_all_of_a_file(inspected: Inspect) -> None:
    data = pickle.dumps({"a": 1}, 2)
    for space in (b"", b" "):
        packed = b"ZF" + hex(len(data)).ljust(19).encode() + space + zlib.compress(data)
        assert inspected(packed).compression == "zlib"


def test_a_file_in_several_compressed_parts_is_one(inspected: Inspect) -> None:
    import bz2
    import gzip
    import lzma

    data = pickle.dumps({"a": 1, "b": list(range(100))})
    for pack in (zlib.compress, gzip.compress, bz2.compress, lzma.compress):
        assert inspected(pack(data[:50]) + pack(data[50:])).root.fitted["a"] == "1"


def test_an_array_of_unknown_length_is_refused(inspected: Inspect) -> None:
    from matrix.errors import NotAModelError

    for damaged in (
        a.wrapper(dtype=a.NONE),
        a.wrapper(shape=a.integer(-1) + a.TUPLE1),
        a.wrapper(dtype=a.dtype("f8", flags=63)),
        a.wrapper("f3"),
        a.new("joblib.memory", "numpy_pickle.NumpyArrayWrapper"),
    ):
        with pytest.raises(NotAModelError, match=r"array w(rapper|ith an)|contradicts itself"):
            inspected(a.whole(damaged + b"\0" * 100))
