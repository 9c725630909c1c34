"""Each format brings back the model that was saved, in a release that has what it needs."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from compat_worker import own_script
from compat_worker.formats import FORMATS, Format
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

X = np.random.RandomState(0).rand(30, 4)
MODULE = """
def doubled(X):
    return 2 * X
"""
MODELS = [name for name, one in FORMATS.items() if not one.methods and one.package != "keras"]
"""Formats from which the model itself comes back; those of Keras save models of Keras alone."""
BY_VALUE = {"cloudpickle", "cloudpickle-value", "dill"}
"""Formats that have the code of lambdas inside."""


@pytest.mark.parametrize("name", MODELS)
def test_a_model_comes_back(name: str, tmp_path: Path) -> None:
    one, path = FORMATS[name], str(tmp_path / f"model{FORMATS[name].ending}")
    assert one.missing() is None
    model = make_pipeline(Ridge()).fit(X, X[:, 0])
    one.save(model, path)
    assert (one.load(path).predict(X) == model.predict(X)).all()


@pytest.mark.parametrize("name", MODELS)
def test_the_line_that_is_shown_writes_what_the_format_loads(name: str, tmp_path: Path) -> None:
    one, path = FORMATS[name], str(tmp_path / "model")
    model = Ridge().fit(X, X[:, 0])
    lines = f"import cloudpickle, dill, joblib, pickle, skops.io\n{one.save_line.format(path=path)}"
    exec(lines, {"model": model})
    assert (one.load(path).predict(X) == model.predict(X)).all()


@pytest.mark.parametrize("name", MODELS)
def test_a_lambda_is_saved_where_its_code_is_in_the_file(name: str, tmp_path: Path) -> None:
    model = make_pipeline(FunctionTransformer(lambda X: 2 * X), Ridge()).fit(X, X[:, 0])
    one, path = FORMATS[name], str(tmp_path / "model")
    if name in BY_VALUE:
        one.save(model, path)
        assert (one.load(path).predict(X) == model.predict(X)).all()
    else:
        with pytest.raises(Exception, match=r"lambda|pickle"):
            _save_and_load(one, model, path)


def _save_and_load(one: Format, model: object, path: str) -> object:
    """skops saves the name of a lambda, which no reader can import."""
    one.save(model, path)
    return one.load(path)


@pytest.mark.parametrize(("name", "inside"), [("cloudpickle", False), ("cloudpickle-value", True)])
def test_the_code_of_own_modules_is_inside_by_value_alone(
    name: str, inside: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own_module_of_a_test.py").write_text(MODULE)
    monkeypatch.syspath_prepend(str(tmp_path))
    import own_module_of_a_test as own

    own_script.use(None, [str(tmp_path)])
    try:
        path = str(tmp_path / "model.pkl")
        FORMATS[name].save(FunctionTransformer(own.doubled), path)
    finally:
        own_script.use(None)
    del sys.modules["own_module_of_a_test"]  # for good: each test has a module of its own
    monkeypatch.setattr(sys, "path", [one for one in sys.path if one != str(tmp_path)])
    if inside:
        assert (FORMATS[name].load(path).transform(X) == 2 * X).all()
    else:
        with pytest.raises(ModuleNotFoundError):
            FORMATS[name].load(path)


def test_a_memory_map_is_read_only_and_lies_in_the_file(tmp_path: Path) -> None:
    path = str(tmp_path / "model.joblib")
    FORMATS["joblib-mmap"].save(Ridge().fit(X, X), path)
    loaded = FORMATS["joblib-mmap"].load(path)
    assert isinstance(loaded.coef_, np.memmap)
    assert not loaded.coef_.flags.writeable


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, one in FORMATS.items():
        if one.package:
            module = {"lz4": "lz4.frame", "skops": "skops.io"}.get(one.package, one.package)
            with monkeypatch.context() as patch:
                patch.setitem(sys.modules, module, None)
                assert str(one.missing()).startswith(f"{one.package} is not installed"), name


def test_a_joblib_that_cannot_compress_with_lz4_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("joblib.__version__", "0.11")
    assert FORMATS["joblib-lz4"].missing() == (
        "joblib 0.11 cannot compress with lz4: 0.12 was the first"
    )
