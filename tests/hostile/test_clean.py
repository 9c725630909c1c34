"""Models of scikit-learn pass the gate without a question: the list is that of this release."""

from __future__ import annotations

import importlib.util
import pickle
import warnings
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import joblib
import pytest

from matrix.inspection import inspect, refusals

ROOT = Path(__file__).parents[2]


def _script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("everything", ROOT / "tools" / "everything.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def models() -> dict[str, Any]:
    """Each estimator of this release, as it is and fitted once."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return dict(_script().plain())


def refused(models: dict[str, Any], save: Callable[[Any, Path], object], folder: Path) -> list[str]:
    found = []
    for name, model in models.items():
        path = folder / "model"
        save(model, path)
        found += [f"{name}: {one.what}" for one in refusals(inspect(path))]
    return found


def test_every_estimator_of_this_release_is_let_in(models: dict[str, Any], tmp_path: Path) -> None:
    assert len(models) > 300
    assert refused(models, joblib.dump, tmp_path) == []


def test_every_composition_metric_and_kernel_is_let_in(tmp_path: Path) -> None:
    script, path, saved, found = _script(), tmp_path / "model", 0, []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, model in [*script.measuring(), *script.composed()]:
            try:
                path.write_bytes(pickle.dumps(model))
            except (TypeError, AttributeError, pickle.PicklingError):
                continue  # a generator
            saved += 1
            found += [f"{name}: {one.what}" for one in refusals(inspect(path))]
    assert found == []
    assert saved > 500


@pytest.mark.parametrize("protocol", range(6))
def test_in_every_protocol(protocol: int, models: dict[str, Any], tmp_path: Path) -> None:
    def save(model: Any, path: Path) -> None:
        path.write_bytes(pickle.dumps(model, protocol))

    some = dict(list(models.items())[:: 5 if protocol > 1 else 25])
    assert refused(some, save, tmp_path) == []


@pytest.mark.parametrize("compressor", ["zlib", "gzip", "bz2", "xz", "lzma", "lz4"])
def test_in_every_compression(compressor: str, models: dict[str, Any], tmp_path: Path) -> None:
    def save(model: Any, path: Path) -> None:
        joblib.dump(model, path, compress=(compressor, 3))

    assert refused(dict(list(models.items())[::9]), save, tmp_path) == []
