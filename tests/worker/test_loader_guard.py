"""Actions of a loading file that the guard of names does not see are prevented."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from compat_worker.loader_guard import FileNamedByRowError, guarded
from compat_worker.name_guard import NameRefused

CORE = "numpy.core"
core = pytest.importorskip(CORE)


def reconstruct(module: str, name: str) -> Any:
    """What a pickle that calls ``_ufunc_reconstruct`` with these gets, inside the guard."""
    with guarded([[CORE, "_ufunc_reconstruct"]]):
        return core._ufunc_reconstruct(module, name)


@pytest.mark.parametrize(
    ("module", "name"),
    [("numpy", "log"), ("numpy.core.umath", "exp"), ("scipy.special", "expit")],
)
def test_ufuncs_of_numpy_and_scipy_are_reconstructed(module: str, name: str) -> None:
    assert isinstance(reconstruct(module, name), np.ufunc)


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("builtins", "exec"),
        ("os", "system"),
        ("numpy", "load"),
        ("numpy", "frompyfunc"),
        ("numpy.lib.npyio", "load"),
        ("numpyish", "log"),
        ("scipy.io", "loadmat"),
        ("scipy.special", "legendre"),
        ("", "log"),
    ],
)
def test_nothing_else_is_reconstructed_by_name(module: str, name: str) -> None:
    with pytest.raises(NameRefused):
        reconstruct(module, name)


def test_a_name_that_is_not_a_string_is_refused() -> None:
    class Text(str):
        __slots__ = ()

    with pytest.raises(NameRefused):
        reconstruct(Text("numpy"), "log")


def test_numpy_is_as_it_was_after_the_load() -> None:
    before = core._ufunc_reconstruct
    with pytest.raises(NameRefused):
        reconstruct("builtins", "exec")
    after = core._ufunc_reconstruct
    assert after is before


@pytest.mark.parametrize("kind", ["CountVectorizer", "HashingVectorizer", "TfidfVectorizer"])
def test_a_model_opens_no_file_that_a_row_names(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sklearn.feature_extraction import text

    monkeypatch.setattr(text, "open", open, raising=False)
    named = tmp_path / "named.txt"
    named.write_text("secret words")
    model = getattr(text, kind)(input="filename").fit([str(named)])
    assert model.transform([str(named)]).nnz
    with guarded([["sklearn.feature_extraction.text", kind]]):
        pass
    with pytest.raises(FileNamedByRowError, match='input="content"'):
        model.transform([str(named)])
    assert getattr(text, kind)().fit(["some words"]).transform(["words"]).nnz


def test_the_array_wrapper_of_an_old_scikit_learn_is_that_of_joblib(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As a class of its own, joblib would leave its bytes to be executed as opcodes."""
    import joblib.numpy_pickle

    own = ModuleType("sklearn.externals.joblib.numpy_pickle")
    other = type("NumpyArrayWrapper", (), {})
    own.NumpyArrayWrapper = other  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, own.__name__, own)
    with guarded([[own.__name__, "NumpyArrayWrapper"]]):
        assert own.NumpyArrayWrapper is joblib.numpy_pickle.NumpyArrayWrapper
    assert own.NumpyArrayWrapper is other


def test_an_array_of_an_old_joblib_lies_beside_the_model(tmp_path: Path) -> None:
    import joblib.numpy_pickle

    wrapper = joblib.numpy_pickle.NDArrayWrapper
    np.save(tmp_path / "m.pkl_01.npy", np.arange(3.0))

    class Unpickler:
        _dirname = str(tmp_path)
        mmap_mode = None
        np = np

    with guarded([("joblib.numpy_pickle", "NDArrayWrapper")]):
        beside = wrapper("m.pkl_01.npy", np.ndarray).read(Unpickler())
        assert beside.tolist() == [0.0, 1.0, 2.0]
        with pytest.raises(NameRefused):
            wrapper(str(tmp_path / "m.pkl_01.npy"), np.ndarray).read(Unpickler())
