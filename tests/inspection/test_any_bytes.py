"""Any bytes are inspected or refused with a reason, and no module is imported."""

from __future__ import annotations

import _compat_pickle
import contextlib
import json
import pickle
import pickletools
import sys
import zlib
from dataclasses import asdict
from io import BytesIO

import joblib
import numpy as np
import pytest
from cattrs.errors import ForbiddenExtraKeysError
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from matrix.errors import NotAModelError
from matrix.inspection import Inspection, InspectionLimits, Name
from matrix.inspection.inspect_file import inspect
from matrix.inspection.opcodes import ACTIONS, FIRST_PROTOCOL
from matrix.inspection.result_json import inspection_from_message
from tests.inspection import assembler as a

LIMITS = InspectionLimits(operations=20_000, unpacked=1_000_000)
OPCODES = [opcode.code.encode("latin-1") for opcode in pickletools.opcodes]


def saved() -> dict[str, bytes]:
    rows = np.random.default_rng(0).normal(size=(30, 3))
    labels = np.array(["no", "yes"], dtype=object)[(rows[:, 0] > 0).astype(int)]
    forest = RandomForestClassifier(2, max_depth=2, random_state=0)
    model = make_pipeline(StandardScaler(), forest).fit(rows, labels)
    files = {f"pickle-{protocol}": pickle.dumps(model, protocol) for protocol in (0, 2, 5)}
    for compress in (0, 3):
        stream = BytesIO()
        joblib.dump(model, stream, compress=compress)
        files[f"joblib-{compress}"] = stream.getvalue()
    return files


SAVED = saved()

for coding in ("raw-unicode-escape", "latin-1", "utf-32-le", "utf-32-be"):
    b"a\0\0\0".decode(coding, "replace")  # Python imports its codecs when they are first used


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory):
    return tmp_path_factory.mktemp("bytes") / "model"


def test_every_instruction_of_python_is_known() -> None:
    known = {opcode.code: opcode.proto for opcode in pickletools.opcodes}
    assert {chr(code) for code in ACTIONS} == set(known) - {"."}
    assert {chr(code): proto for code, proto in FIRST_PROTOCOL.items()}.items() <= known.items()


def ends_well(path, data: bytes) -> None:
    path.write_bytes(data)
    before = set(sys.modules)
    try:
        found = inspect(path, LIMITS)
    except NotAModelError as error:
        assert error.problem  # noqa: PT017
    else:
        assert isinstance(found, Inspection)
        message = json.loads(json.dumps(asdict(found) | {"path": ""}))
        assert inspection_from_message(message, path) == found
        with pytest.raises(ForbiddenExtraKeysError):
            inspection_from_message({**message, "more": 1}, path)
    assert set(sys.modules) == before


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=300))
@example(data=b"")
def test_any_bytes(path, data: bytes) -> None:
    ends_well(path, data)


PIECES = st.one_of(
    st.sampled_from(OPCODES),
    st.binary(max_size=3),
    st.sampled_from(
        [
            a.text("steps"),
            a.integer(3),
            a.name("os", "system"),
            a.name("sklearn.svm._classes", "SVC"),
            a.new("sklearn.pipeline", "Pipeline"),
            a.state(steps=a.EMPTY_LIST, _sklearn_version=a.text("1.2")),
            a.dtype("f8"),
            a.wrapper("O8"),
            a.wrapper("f8"),
            a.call("numpy.core.multiarray", "scalar", a.dtype("U5"), b"C\x03abc"),
            a.call("numpy.core.multiarray", "_reconstruct", a.NONE),
            a.whole(a.NONE),
            b"h\0",
            b"q\0",
        ]
    ),
)


@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pieces=st.lists(PIECES, max_size=30), protocol=st.integers(0, 6))
def test_any_instructions(path, pieces: list[bytes], protocol: int) -> None:
    ends_well(path, a.whole(b"".join(pieces), protocol))


@pytest.mark.parametrize("kind", SAVED)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(draw=st.data())
def test_any_mutation_of_a_real_model(path, kind: str, draw: st.DataObject) -> None:
    data = bytearray(SAVED[kind])
    for _ in range(draw.draw(st.integers(1, 4))):
        start = draw.draw(st.integers(0, len(data)))
        end = min(len(data), start + draw.draw(st.integers(0, 6)))
        data[start:end] = draw.draw(st.binary(max_size=6))
    ends_well(path, bytes(data))


class _Inert:
    """Takes whatever a pickle does to it."""

    def __new__(cls, *arguments: object, **named: object) -> _Inert:
        return object.__new__(cls)

    def __call__(self, *arguments: object, **named: object) -> _Inert:
        return self

    append = extend = add = __setstate__ = __setitem__ = __call__


class _Noting(pickle._Unpickler):  # type: ignore[misc, name-defined]
    """The machine of Python itself, but for what it looks up."""

    def find_class(self, module: str, qualname: str) -> object:
        self.found.add(_mapped(self.proto, module, qualname))
        return type("Inert", (_Inert,), {})


def _mapped(protocol: int, module: str, qualname: str) -> Name:
    if protocol < 3:
        pair = (_compat_pickle.IMPORT_MAPPING.get(module, module), qualname)
        module, qualname = _compat_pickle.NAME_MAPPING.get((module, qualname), pair)
    return Name(module, qualname)


@settings(max_examples=600, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pieces=st.lists(PIECES, max_size=30), protocol=st.integers(0, 5))
@example(pieces=[a.text("os"), a.text("system"), b"\x93", a.EMPTY_TUPLE, a.REDUCE], protocol=4)
def test_python_looks_up_nothing_that_was_not_reported(
    path, pieces: list[bytes], protocol: int
) -> None:
    """What is accepted is read as Python reads it, to the last name."""
    data = a.whole(b"".join(pieces), protocol)
    assume(b"\x96" not in data)  # it has Python allocate whatever it says
    assume(b"NumpyArrayWrapper" not in data)  # and this is understood by joblib alone
    path.write_bytes(data)
    try:
        reported = set(inspect(path, LIMITS).names)
    except NotAModelError:
        return
    machine = _Noting(BytesIO(data), encoding="latin-1")
    machine.found = set()
    with contextlib.suppress(Exception):
        machine.load()
    assert machine.found <= reported


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pieces=st.lists(PIECES, max_size=30), cut=st.integers(0, 200))
def test_any_packed_bytes(path, pieces: list[bytes], cut: int) -> None:
    ends_well(path, zlib.compress(a.whole(b"".join(pieces)))[:cut])
