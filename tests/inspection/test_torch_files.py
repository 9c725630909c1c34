"""Files of PyTorch are read without PyTorch, and never loaded; these are made by hand."""

from __future__ import annotations

import io
import pickle
import sys
import types
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import pytest

from matrix.errors import NotAModelError
from matrix.inspection import inspect
from matrix.inspection.gate import refusals
from matrix.store import Store
from matrix.upgrade.intake import take_in


def _rebuild_tensor_v2(*parts: Any) -> Any:
    raise AssertionError("nobody calls it")


class FloatStorage:
    """The type of a storage; files name it by a persistent id."""


class Linear:
    """A layer, as a whole network has it."""


class Tensor:
    def __init__(self, key: str, *size: int) -> None:
        self.key, self.size = key, size

    def __reduce__(self) -> Any:
        size, storage = self.size, Stored(self.key)
        return _rebuild_tensor_v2, (storage, 0, size, (1,) * len(size), False, OrderedDict())


class Stored:
    def __init__(self, key: str) -> None:
        self.key = key


class Pickler(pickle.Pickler):
    """Writes storages as PyTorch does: outside of the pickle."""

    def persistent_id(self, obj: Any) -> Any:
        return ("storage", FloatStorage, obj.key, "cpu", 9) if isinstance(obj, Stored) else None


@pytest.fixture(autouse=True)
def names_of_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    for value, module in (
        (_rebuild_tensor_v2, "torch._utils"),
        (FloatStorage, "torch"),
        (Linear, "torch.nn.modules.linear"),
    ):
        made = sys.modules.get(module) or types.ModuleType(module)
        monkeypatch.setitem(sys.modules, module, made)
        monkeypatch.setattr(made, value.__name__, value, raising=False)
        monkeypatch.setattr(value, "__module__", module)


def saved(tmp_path: Path, value: object, **members: bytes) -> Path:
    stream = io.BytesIO()
    Pickler(stream, protocol=2).dump(value)
    path = tmp_path / "net.pt"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in {"data.pkl": stream.getvalue(), "version": b"3\n", **members}.items():
            archive.writestr(f"net/{name}", data)
        archive.writestr("net/data/0", b"\0" * 36)
    return path


STATE = OrderedDict([("body.weight", Tensor("0", 3, 4)), ("body.bias", Tensor("1", 4))])


def test_a_state_dict_shows_its_tensors_and_is_refused_for_lack_of_code(tmp_path: Path) -> None:
    found = inspect(saved(tmp_path, STATE))
    assert (found.container, found.root.kind) == ("torch", "PyTorch state_dict")
    assert found.root.fitted == {"body.weight": "tensor (3, 4)", "body.bias": "tensor (4)"}
    assert found.modules == ("torch",)
    (refusal,) = refusals(found)
    assert "the code is not in the file" in refusal.why
    assert refusal.trust == ""


def test_a_checkpoint_with_numbers_beside_its_tensors_is_one_too(tmp_path: Path) -> None:
    found = inspect(saved(tmp_path, {"epoch": 3, "model": STATE}))
    assert list(found.root.fitted) == ["model.body.weight", "model.body.bias"]


def test_a_network_is_told_apart_from_tensors_and_refused(tmp_path: Path) -> None:
    found = inspect(saved(tmp_path, Linear()))
    assert found.root.kind == "torch.nn.modules.linear.Linear"
    assert [one.what for one in refusals(found)] == ["torch-network"]


class Runs:
    def __reduce__(self) -> Any:
        return print, ("marker",)


def test_what_would_run_is_never_taken_for_a_state_dict(tmp_path: Path) -> None:
    found = inspect(saved(tmp_path, {"weight": Tensor("0", 2), "other": Runs()}))
    assert [one.what for one in refusals(found)] == ["torch-network"]


def test_upgrade_says_what_the_file_lacks(tmp_path: Path) -> None:
    (found,) = take_in([saved(tmp_path, STATE)], Store(tmp_path / "store"), 1)
    assert found.problem is not None
    assert "a state_dict of PyTorch (2 tensors)" in found.problem.message
    assert "the code that makes the model is not in it" in found.problem.message


class NeuralNetClassifier:
    """As skorch pickles it: its network has tensors that are files of PyTorch themselves."""


def _load_from_bytes(data: bytes) -> Any:
    raise AssertionError("nobody calls it")


class Weight:
    def __reduce__(self) -> Any:
        return _load_from_bytes, (b"PK",)


def test_a_network_of_skorch_is_refused_with_what_it_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for value, module in (
        (NeuralNetClassifier, "skorch.classifier"),
        (_load_from_bytes, "torch.storage"),
    ):
        made = types.ModuleType(module)
        setattr(made, value.__name__, value)
        monkeypatch.setitem(sys.modules, module.partition(".")[0], made)
        monkeypatch.setitem(sys.modules, module, made)
        monkeypatch.setattr(value, "__module__", module)
    network = NeuralNetClassifier()
    network.__dict__["module_"] = Weight()
    path = tmp_path / "skorch.pkl"
    path.write_bytes(pickle.dumps(network))
    found = {one.what: one.why for one in refusals(inspect(path))}
    assert set(found) == {
        "skorch.classifier.NeuralNetClassifier",
        "torch.storage._load_from_bytes",
    }
    assert "a file of PyTorch inside of this one" in found["torch.storage._load_from_bytes"]


def test_a_damaged_one_is_an_error(tmp_path: Path) -> None:
    path = saved(tmp_path, STATE)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("net/data.pkl", b"\x80\x02}")
        archive.writestr("net/version", b"3\n")
    with pytest.raises(NotAModelError):
        inspect(path)
