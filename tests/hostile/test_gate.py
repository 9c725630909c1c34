"""The gate: exact names, nothing that cannot be read, and a word on what lets a file in."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from matrix.catalog import Trust
from matrix.catalog.toml import loads
from matrix.errors import Exit, NotAModelError
from matrix.inspection import Name, inspect, refusals
from matrix.inspection.allowed_lists import FUNCTIONS, GENERATED, REVIEWED, allowed_names, read_list
from matrix.upgrade.admission import admit
from matrix.upgrade.answer import Model
from tests.hostile.files import ALL, TRICKS, dill_array
from tests.inspection import assembler as a

OWN = a.new("churn_lib", "Ours") + a.state(x=a.integer(1)) + a.BUILD


def said_of(path: Path) -> str:
    """What the gate says of a file; empty if it is let in."""
    try:
        found = refusals(inspect(path))
    except NotAModelError as error:
        return error.problem
    return "; ".join(f"{one.what} ({one.why})" for one in found)


@pytest.mark.parametrize("kind", ALL)
def test_every_bad_file_is_kept_out_and_says_why(kind: str, tmp_path: Path) -> None:
    path, marker = tmp_path / "model.joblib", tmp_path / "marker"
    path.write_bytes(ALL[kind].make(str(marker)))
    assert ALL[kind].said in said_of(path)
    assert not marker.exists()


@pytest.mark.parametrize("kind", TRICKS)
def test_trusting_everything_else_does_not_let_a_trick_in(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "model.joblib"
    path.write_bytes(TRICKS[kind].make("marker"))
    try:
        found = inspect(path)
    except NotAModelError:
        return
    first = refusals(found)
    trusted = frozenset(one.trust for one in first[1:])
    assert refusals(found, trusted)


NEVER = """
builtins eval, builtins exec, builtins getattr, builtins setattr, builtins open, builtins
compile, builtins __import__, builtins map, builtins filter, builtins type, builtins vars,
builtins globals, os system, os mkdir, posix system, nt system, subprocess Popen, shutil
rmtree, pty spawn, functools partial, functools reduce, operator attrgetter, operator
methodcaller, operator itemgetter, importlib import_module, runpy run_path, codecs decode,
types FunctionType, types CodeType, marshal loads, pickle loads, _pickle loads, copyreg
__newobj_ex__, copyreg add_extension, joblib.numpy_pickle dump, joblib.numpy_pickle load,
joblib.memory Memory, joblib.parallel Parallel, joblib.numpy_pickle_compat NDArrayWrapper,
joblib.numpy_pickle_compat ZNDArrayWrapper, joblib.numpy_pickle NumpyUnpickler, joblib dump,
joblib load, sklearn.utils._joblib Memory, numpy load, numpy save, numpy memmap, numpy
fromfile, numpy loadtxt, numpy genfromtxt, numpy vectorize, numpy frompyfunc, numpy.core.memmap
memmap, numpy.lib.npyio load, numpy.testing._private.utils runstring,
scipy.stats._continuous_distns uniform_gen, scipy.stats._distn_infrastructure rv_frozen,
scipy.stats._distn_infrastructure rv_continuous_frozen, scipy.io loadmat, sklearn.datasets
get_data_home, sklearn.datasets._base get_data_home, sklearn.datasets._base load_files,
sklearn.datasets fetch_openml, sklearn.datasets._openml fetch_openml, sklearn.datasets
clear_data_home, sklearn.datasets.base get_data_home, sklearn.externals.joblib.numpy_pickle
load, tempfile NamedTemporaryFile, webbrowser open, ctypes CDLL, threading
Thread, multiprocessing.context Process, logging FileHandler, socket socket, urllib.request
urlopen
"""


@pytest.mark.parametrize("pair", [one.strip() for one in NEVER.replace("\n", " ").split(",")])
def test_nothing_that_does_anything_is_on_the_list(pair: str) -> None:
    module, qualname = pair.split()
    assert Name(module, qualname) not in allowed_names()


def test_the_lists_hold_exact_names_of_few_packages_in_order() -> None:
    for name in allowed_names():
        assert name.qualname.isidentifier(), name
        top = name.module.partition(".")[0]
        assert top in {
            "sklearn",
            "_loss",
            "numpy",
            "scipy",
            "joblib",
            "pandas",
            "imblearn",
            "skrub",
        } | {
            "builtins",
            "collections",
            "copyreg",
            "datetime",
            "_codecs",
            *("decimal", "fractions", "pathlib", "pytz", "re", "uuid"),
        }
        assert not re.match(r"sklearn\.(datasets|utils\._joblib|utils\._testing)", name.module)
    written = [line for line in GENERATED.read_text("utf-8").splitlines() if line[0] != "#"]
    assert written == sorted(written, key=str.split)
    assert not read_list(GENERATED) & read_list(REVIEWED)
    assert not read_list(FUNCTIONS) & (read_list(GENERATED) | read_list(REVIEWED))
    assert len(read_list(GENERATED)) > 300


def test_whatever_is_no_class_of_scikit_learn_has_a_reason() -> None:
    for line in [
        *REVIEWED.read_text("utf-8").splitlines(),
        *FUNCTIONS.read_text("utf-8").splitlines(),
    ]:
        if line and not line.startswith("#"):
            assert re.fullmatch(r"[\w.]+ \w+  # \S.+", line), line


def write(tmp_path: Path, body: bytes) -> Model:
    path = tmp_path / "model.joblib"
    path.write_bytes(a.whole(body))
    return Model(id="model", path=path, inspection=inspect(path))


def test_a_refusal_says_what_to_write_and_writing_it_lets_the_file_in(tmp_path: Path) -> None:
    model = write(tmp_path, OWN)
    assert model.inspection is not None
    (refused,) = admit([model], Trust())
    assert refused.problem is not None
    problem = refused.problem
    assert "not loaded" in problem.message
    assert "churn_lib.Ours (not part of scikit-learn)" in problem.message
    assert problem.exit_code is Exit.CANNOT_TELL
    digest = model.inspection.sha256
    options, in_file = (line for _, line in problem.paste)
    # No well-known package to install.
    assert options == "--path DIR --trust churn_lib.Ours --from scikit-learn==1.2.2"
    listed = f'trust = [{{ sha256 = "{digest}", names = ["churn_lib.Ours"] }}]'
    assert in_file == listed
    (entry,) = loads(f"[tool.matrix]\n{listed}")["tool"]["matrix"]["trust"]
    assert entry == {"sha256": digest, "names": ["churn_lib.Ours"]}
    names = frozenset({"churn_lib.Ours"})
    for trust in (Trust(everywhere=names), Trust(files={digest: names})):
        (let_in,) = admit([model], trust)
        assert let_in.problem is None


@pytest.mark.parametrize(
    "trusted",
    ["churn_lib", "churn_lib.", "churn_lib.*", "churn_lib.Our", "churn_lib.Ours.Inner", "Ours"],
)
def test_trust_is_exact(trusted: str, tmp_path: Path) -> None:
    model = write(tmp_path, OWN)
    assert model.inspection is not None
    assert refusals(model.inspection, frozenset({trusted}))


def test_trust_in_one_file_is_none_in_another(tmp_path: Path) -> None:
    trust = Trust(files={"0" * 64: frozenset({"churn_lib.Ours"})})
    (refused,) = admit([write(tmp_path, OWN)], trust)
    assert refused.problem is not None


def test_a_class_in_a_class_is_distinguished_from_a_class_in_a_module(tmp_path: Path) -> None:
    model = write(tmp_path, a.new("churn_lib", "Ours.Inner") + a.state() + a.BUILD)
    assert model.inspection is not None
    (refused,) = refusals(model.inspection)
    assert refused.trust == "churn_lib:Ours.Inner"
    assert refusals(model.inspection, frozenset({"churn_lib.Ours.Inner"}))
    assert not refusals(model.inspection, frozenset({"churn_lib:Ours.Inner"}))


@pytest.mark.parametrize("qualname", ["a b", "x;y", "--config", "\x1b[31m", ""])
def test_a_name_that_cannot_be_written_cannot_be_trusted(qualname: str, tmp_path: Path) -> None:
    model = write(tmp_path, a.name("churn_lib", qualname))
    assert model.inspection is not None
    (refused,) = refusals(model.inspection)
    assert refused.trust == ""
    (kept_out,) = admit([model], Trust())
    assert kept_out.problem is not None
    assert "cannot be trusted by name" in kept_out.problem.advice


WHYS = [
    (Name("__main__", "Ours"), "defined in the script that saved it, which no other program can"),
    (Name("churn_lib", "Outer.Inner"), "a nested name, which may reach another module"),
    (Name("os", "system"), "from Python's standard library; models do not need it, attacks do"),
    (Name("sklearn.utils", "shuffle"), "from scikit-learn, but not among the names"),
    (Name("numpy.testing", "run"), "from numpy, but not among the names"),
    (Name("scipy.io", "loadmat"), "from scipy, but not among the names"),
    (
        Name("numpy", "memmap"),
        "an array mapped from another file; load the model without mmap_mode",
    ),
    (Name("sklearn.externals.joblib.memory", "Memory"), "a cache on disk: set memory=None"),
    (Name("functools", "partial"), "binds arguments to something else than a function of the list"),
    (Name("churn_lib", "Ours"), "not part of scikit-learn"),
]


@pytest.mark.parametrize(("name", "why"), WHYS, ids=lambda one: str(one)[:40])
def test_each_kind_of_unknown_name_has_its_own_reason(name: Name, why: str, tmp_path: Path) -> None:
    path = tmp_path / "model.pkl"
    path.write_bytes(b"\x80\x04" + a.new(name.module, name.qualname) + b".")
    found = [one for one in refusals(inspect(path)) if name.qualname in one.what]
    assert [one.why.startswith(why) for one in found] == [True]


@pytest.mark.parametrize("kind", ALL)
def test_every_refusal_says_what_and_why(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "model.joblib"
    path.write_bytes(ALL[kind].make(str(tmp_path / "marker")))
    try:
        found = refusals(inspect(path))
    except NotAModelError:
        return
    assert found
    assert all(one.what and one.why for one in found)


def test_an_array_of_dill_is_read_as_if_the_file_had_made_it(tmp_path: Path) -> None:
    model = write(tmp_path, dill_array())
    assert model.inspection is not None
    assert not refusals(model.inspection)
    assert model.inspection.root.kind == "numpy.ndarray"


def test_a_reason_that_is_no_name_is_said_in_words(tmp_path: Path) -> None:
    model = write(tmp_path, ALL["a partial call"].make("marker")[2:-1])
    (kept_out,) = admit([model], Trust())
    assert kept_out.problem is not None
    assert "made-callable" not in kept_out.problem.message
