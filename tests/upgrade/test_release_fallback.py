"""A target that does not work with the packages of today is tried as of its release."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from matrix.catalog import default
from matrix.inspection import Inspection, ModelNode
from matrix.model import (
    Cell,
    EnvInfo,
    Environment,
    EnvSpec,
    Failure,
    Interpreter,
    Lock,
    UnavailableReason,
    Verdict,
)
from matrix.upgrade.answer import Model, Target, UpgradeAnswer, UpgradeQuestion
from matrix.upgrade.lines_between import never
from matrix.upgrade.origins import Origins
from matrix.upgrade.release_fallback import fallback_notes, with_fallbacks
from matrix.upgrade.upgrade import _further
from matrix.upgrade.upgrade_request import UpgradeRequest

MODEL = Model(id="m", path=Path("m"))
ORIGIN = EnvSpec(id="sklearn-1.2.2", label="1.2.2", scikit_learn="1.2.2")
TODAY, RELEASED = "sklearn-1.0.2-today", "sklearn-1.0.2"


def origins(as_of: str | None = None) -> Origins:
    wishes = UpgradeRequest.read(
        origins=(), targets=("scikit-learn==1.0.2",), further=(), as_of=as_of, rollback=False
    )
    return Origins(default(Path()), wishes, lambda _: None, pandas=False)


def environment(spec: EnvSpec, *, numpy: str, imports: bool) -> Environment:
    interpreter = Interpreter(path=Path("python"), version="3.10.0")
    pins = {"scikit-learn": "1.0.2", "numpy": numpy}
    lock = Lock(interpreter=interpreter, pins=pins, as_of=None)
    if not imports:
        return Environment(
            spec=spec, lock=lock, reason="does not import", why=UnavailableReason.NO_IMPORT
        )
    info = EnvInfo(python="3.10", platform="linux", executable=Path("python"), packages=pins)
    return Environment(spec=spec, lock=lock, info=info)


def asked(
    exception: Failure | None, *, as_of: str | None = None, imports: bool = True
) -> tuple[UpgradeQuestion, list[str]]:
    """The question after a first answer, and its notes."""
    found = origins(as_of)
    (spec,) = found.targets(MODEL, ORIGIN)
    question = UpgradeQuestion(model=MODEL, origin=ORIGIN, targets=(spec,))
    today = environment(spec, numpy="2.2.6", imports=imports)
    verdict = Verdict.LOAD_FAILED if exception else Verdict.IDENTICAL
    cell = Cell(
        pipeline="m",
        format="pickle",
        writer="o",
        reader=spec.id,
        verdict=verdict,
        exception=exception,
    )
    answer = UpgradeAnswer(model=MODEL, targets=(Target(environment=today, cell=cell),))
    further = with_fallbacks(question, answer, found)
    then = environment(further.targets[-1], numpy="1.22.1", imports=True)
    notes = fallback_notes(further, {spec.id: today, then.id: then})
    assert with_fallbacks(further, answer, found) == further
    return further, list(notes)


def ids(question: UpgradeQuestion) -> list[str]:
    return [spec.id for spec in question.targets]


def test_a_target_that_cannot_be_imported_is_replaced() -> None:
    question, notes = asked(None, imports=False)
    assert ids(question) == [RELEASED]
    assert notes == [
        "scikit-learn 1.0.2 cannot be imported with the packages of today (numpy 2.2.6), so it was "
        "tried as of its release: install it with numpy==1.22.1"
    ]


@pytest.mark.parametrize(
    "message",
    [
        "module 'numpy' has no attribute 'float'.\n`np.float` was a deprecated alias",
        "cannot import name 'comb' from 'scipy.misc' (…)",
        "numpy.dtype size changed, may indicate binary incompatibility",
    ],
)
def test_one_whose_code_was_made_for_other_packages_is_tried_too(message: str) -> None:
    question, (note,) = asked(Failure(type="AttributeError", message=message))
    assert ids(question) == [TODAY, RELEASED]
    assert "does not work with the packages of today" in note
    assert "tried too" in note


@pytest.mark.parametrize(
    "message",
    [
        "'SVR' object has no attribute '_probA'",
        "No module named 'numpy._core'",
        "Can't get attribute 'float' on <module 'numpy' from 'numpy/__init__.py'>",
    ],
)
def test_a_failure_of_the_model_itself_is_its_answer(message: str) -> None:
    question, notes = asked(Failure(type="AttributeError", message=message))
    assert (ids(question), notes) == ([TODAY], [])


def test_a_day_that_the_user_names_is_kept() -> None:
    question, _ = asked(None, as_of="2024-07-01", imports=False)
    assert ids(question) == ["sklearn-1.0.2-2024-07-01"]


def test_a_file_of_newer_packages_moves_the_day() -> None:
    """joblib 1.1, as of scikit-learn 1.0.2, does not read arrays that joblib 1.2 aligned."""
    inspection = Inspection(
        path=Path("m"),
        size=1,
        sha256="00",
        container="joblib",
        protocol=4,
        bounds={"joblib": ">=1.2", "numpy": ">=2"},
        root=ModelNode(kind="sklearn.svm.SVC"),
    )
    found = origins()
    (spec,) = found.targets(MODEL, ORIGIN)
    released = found.as_released(replace(MODEL, inspection=inspection), ORIGIN, spec)
    assert released is not None
    assert (released.as_of, released.requirements) == ("2022-10-07", ("joblib>=1.2",))


def test_a_target_that_works_is_not_tried_again() -> None:
    assert ids(asked(None)[0]) == [TODAY]


def test_a_target_that_holds_a_library_is_tried_with_the_same_library_first() -> None:
    """Newer releases of the library do not help where scikit-learn itself is not imported."""
    inspection = Inspection(
        path=Path("m"),
        size=1,
        sha256="00",
        container="joblib",
        protocol=4,
        modules=("category_encoders",),
        root=ModelNode(kind="category_encoders.TargetEncoder"),
    )
    model = replace(MODEL, inspection=inspection)
    found = origins()
    (plain,) = found.targets(MODEL, ORIGIN)
    held = "category-encoders==2.6.3"
    today = replace(plain, requirements=(held,))
    question = UpgradeQuestion(model=model, origin=ORIGIN, targets=(today,))
    released = replace(plain, id=RELEASED, requirements=(held,), as_of="release")
    asks = _KnowsTheRelease(found, released)
    cell = Cell(
        pipeline="m", format="joblib", writer="o", reader=today.id, verdict=Verdict.UNAVAILABLE
    )
    target = Target(environment=environment(today, numpy="2.2.6", imports=False), cell=cell)
    first = replace(target, environment=environment(ORIGIN, numpy="1.24", imports=True))
    answer = UpgradeAnswer(model=model, targets=(first, target))
    further = _further(question, answer, asks, never, bisect=True)  # type: ignore[arg-type]
    assert isinstance(further, UpgradeQuestion)
    assert further.targets == (released,)


class _KnowsTheRelease:
    """Origins that know one target as of its release, without a registry."""

    are_consecutive = False

    def __init__(self, origins: Origins, released: EnvSpec) -> None:
        self.with_newer = origins.with_newer
        self._released = released

    def as_released(self, *_: object) -> EnvSpec:
        return self._released
