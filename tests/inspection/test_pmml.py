"""PMML files are read without Java, and what XML can do beside them is refused."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matrix.errors import NotAModelError
from matrix.inspection import inspect
from matrix.inspection.pmml import read_pmml
from matrix.inspection.portable import PortableModel
from matrix.inspection.read_errors import UnreadableError

MODEL = b"""<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<PMML xmlns="http://www.dmg.org/PMML-4_4" version="4.4">
 <Header><Application name="SkLearn2PMML package" version="0.133.1"/></Header>
 <DataDictionary>
  <DataField name="y" optype="categorical" dataType="string"><Value value="a"/></DataField>
  <DataField name="x1" optype="continuous" dataType="float"/>
 </DataDictionary>
 <MiningModel functionName="classification">
  <MiningSchema><MiningField name="y" usageType="target"/><MiningField name="x1"/></MiningSchema>
  <Output><OutputField name="probability(a)" dataType="double"/></Output>
  <Segmentation><Segment><TreeModel functionName="classification">
   <MiningSchema><MiningField name="inner" usageType="target"/></MiningSchema>
  </TreeModel></Segment><Segment><TreeModel/></Segment></Segmentation>
 </MiningModel>
</PMML>
"""
BOMB = b"""<?xml version="1.0"?>
<!DOCTYPE PMML [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>
<PMML version="4.4"><Header>&b;</Header></PMML>
"""
OUTSIDE = b"""<?xml version="1.0"?>
<!DOCTYPE PMML SYSTEM "file:///etc/passwd"><PMML version="4.4"/>
"""


def test_it_shows_what_wrote_it_its_inputs_and_models(tmp_path: Path) -> None:
    path = tmp_path / "model.xml"
    path.write_bytes(MODEL)
    found = inspect(path)
    assert (found.container, found.columns) == ("pmml", ("x1",))
    assert found.portable == PortableModel(
        producer="SkLearn2PMML package",
        producer_version="0.133.1",
        version="4.4",
        inputs={"x1": "float"},
        outputs={"y": "string", "probability(a)": "double"},
        operators={"MiningModel": 1, "TreeModel": 2},
    )


@pytest.mark.parametrize("data", [BOMB, OUTSIDE])
def test_entities_and_other_files_are_refused(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "model.pmml"
    path.write_bytes(data)
    with pytest.raises(NotAModelError, match="declares a document type"):
        inspect(path)


def test_damaged_and_deep_files_are_refused() -> None:
    with pytest.raises(UnreadableError, match="damaged XML"):
        read_pmml(BytesIO(MODEL[:-20]))
    with pytest.raises(UnreadableError, match="more than 1,000 elements inside each other"):
        read_pmml(BytesIO(b"<PMML>" + b"<Extension>" * 2000))


@given(st.binary(max_size=40), st.integers(0, len(MODEL)), st.integers(0, 40))
def test_any_bytes_are_read_or_refused(noise: bytes, place: int, dropped: int) -> None:
    for data in (noise, MODEL[:place] + noise + MODEL[place + dropped :]):
        try:
            read_pmml(BytesIO(data))
        except UnreadableError:
            continue
