"""Files that xgboost, LightGBM and CatBoost write by themselves are described without loading.

The files in ``native`` were written by xgboost 2.0.3, LightGBM 4.3.0 and CatBoost 1.2.2, from one
table of four columns a, b, c and d.
"""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from matrix.inspection import Name, inspect, refusals
from matrix.inspection.gate import native_names
from matrix.inspection.native_files import native_kind
from matrix.upgrade.admission import looked_up
from matrix.upgrade.answer import Model
from matrix.worker.compat_worker.formats import FORMATS, NATIVE

FOLDER = Path(__file__).parent / "native"
XGBOOST = Name("xgboost.core", "Booster")
LIGHTGBM = Name("lightgbm.basic", "Booster")
FILES = [
    ("xgb-2.0.3.json", "xgboost-json", XGBOOST, "2.0.3", "abcd"),
    ("xgb-2.0.3.ubj", "xgboost-ubj", XGBOOST, "2.0.3", ""),
    ("xgb-2.0.3.model", "xgboost-binary", XGBOOST, ">=2.0,<2.1", ""),
    ("lgb-4.3.0.txt", "lightgbm-text", LIGHTGBM, ">=4.2,<4.4", "abcd"),
    ("cat-1.2.2.cbm", "catboost-cbm", Name("catboost.core", "CatBoost"), ">=1.2.1.1,<=1.2.2", ""),
]


@pytest.mark.parametrize(("file", "format_name", "name", "version", "columns"), FILES)
def test_a_native_file_is_a_model_for_a_sandbox(
    file: str, format_name: str, name: Name, version: str, columns: str
) -> None:
    found = inspect(FOLDER / file)
    assert found.container == format_name
    package = name.module.partition(".")[0]
    said = found.versions.get(package) or (found.bounds[package],)
    assert said == (version,)
    assert found.columns == tuple(columns)
    assert refusals(found) == ()
    assert native_names(found) == (name,)
    assert looked_up(Model(id=file, path=FOLDER / file, inspection=found)) == ()
    assert found.root.kind == str(name)


def test_content_decides_and_not_the_name_of_the_file(tmp_path: Path) -> None:
    renamed = tmp_path / "model.pkl"
    renamed.write_bytes((FOLDER / "xgb-2.0.3.ubj").read_bytes())
    assert inspect(renamed).container == "xgboost-ubj"
    pickled = tmp_path / "model.ubj"
    pickled.write_bytes(pickle.dumps({"learner": 1}))
    assert inspect(pickled).container == "pickle"


@pytest.mark.parametrize(
    "head", [b"", b"tree", b'{"learner": 3}', b"CBM", b'{"tree_info":[]}', b"\x80\x04N."]
)
def test_other_files_are_not_native(head: bytes) -> None:
    assert native_kind(head) is None


def test_native_formats_are_read_and_never_written(tmp_path: Path) -> None:
    assert not FORMATS.keys() & NATIVE.keys()
    assert {one[1] for one in FILES} == NATIVE.keys()
    with pytest.raises(TypeError, match="read, and not written"):
        NATIVE["xgboost-json"].save(object(), str(tmp_path / "x"))
