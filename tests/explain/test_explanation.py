"""The explanation of a cell: first the answer, then cause, location and remedies."""

from __future__ import annotations

from pathlib import Path

import pytest

from matrix import causes
from matrix.diagnosis import Diagnosis
from matrix.diagnosis.mechanism import Mechanism, explain_change
from matrix.diagnosis.trace_data import Attribute, Divergence, Missing, Orphan, StateChange
from matrix.explain import explanation_of
from matrix.model import (
    Cell,
    EnvInfo,
    Environment,
    EnvSpec,
    Explanation,
    ExplanationPoint,
    Failure,
    OutputDifference,
    Verdict,
)

HERE, KIND = ("scale",), "shop.Scaler"
FIRST = Divergence(path=HERE, kind=KIND, method="transform")
THERE = Attribute(type="float", shown="2.0")


def environment(label: str, **packages: str) -> Environment:
    return Environment(
        spec=EnvSpec(id=f"sklearn-{label}", label=label, scikit_learn=label),
        info=EnvInfo(
            python="3.12.1", platform="linux", executable=Path("python"), packages=packages
        ),
    )


OLD, NEW = environment("1.3", shop="1.0"), environment("1.9", shop="2.0")
CHANGED = Cell(
    pipeline="till",
    format="joblib",
    writer="sklearn-1.3",
    reader="sklearn-1.9",
    verdict=Verdict.LABELS_CHANGED,
    stage="predict",
    silent=True,
    outputs={
        "predict": OutputDifference(verdict=Verdict.LABELS_CHANGED, n_changed=3, n=120, max_abs=1.0)
    },
    cause="unknown-12345678",
)


def failing(error: str, message: str) -> Cell:
    return Cell(
        pipeline="till",
        format="joblib",
        writer="sklearn-1.3",
        reader="sklearn-1.9",
        verdict=Verdict.LOAD_FAILED,
        stage="load",
        exception=Failure(type=error, message=message),
    )


def missing(
    name: str, *, parameter: bool = False, needed: bool = True, default: str = ""
) -> Missing:
    return Missing(
        path=HERE, kind=KIND, name=name, parameter=parameter, needed=needed, default=default
    )


def unread(name: str) -> StateChange:
    return StateChange(path=HERE, kind=KIND, name=name, before=THERE, after=None)


def orphan(name: str, *, by_default: bool = False) -> Orphan:
    return Orphan(path=HERE, kind=KIND, name=name, value="2.5", by_default=by_default)


def said(story: Explanation, heading: str) -> str:
    return "\n".join(
        line for point in story.points if point.heading == heading for line in point.lines
    )


@pytest.mark.parametrize(
    ("diagnosis", "mechanism", "sentence"),
    [
        (
            Diagnosis(first=FIRST, missing=(missing("factor_"),), unread=(unread("scale_"),)),
            Mechanism.RENAMED_ATTRIBUTE,
            "scale → Scaler: the file has `scale_`, and shop 2.0 reads `factor_` in its place",
        ),
        (
            Diagnosis(first=FIRST, missing=(missing("a_"),), unread=(unread("b_"), unread("c_"))),
            Mechanism.MISSING_ATTRIBUTE,
            "scale → Scaler: shop 2.0 reads `a_`, which the file lacks",
        ),
        (
            Diagnosis(first=FIRST, orphans=(orphan("dull", by_default=True), orphan("low"))),
            Mechanism.IGNORED_PARAMETER,
            "scale → Scaler: `low=2.5` is not a parameter in shop 2.0, and is ignored",
        ),
        (
            Diagnosis(
                first=FIRST,
                missing=(missing("top", parameter=True, default="1.0"),),
                orphans=(Orphan(path=(), kind=KIND, name="far", value="1"),),
            ),
            Mechanism.NEW_PARAMETER,
            "scale → Scaler: shop 2.0 has a parameter `top` that the file lacks, and takes the "
            "default 1.0",
        ),
        (
            Diagnosis(
                first=FIRST,
                own=(
                    StateChange(
                        path=HERE, kind=KIND, name="n_", before=THERE, after=THERE, read=True
                    ),
                ),
            ),
            Mechanism.OTHER_STATE,
            "scale → Scaler: `n_` in the file has another type than shop 2.0 expects",
        ),
        (
            Diagnosis(first=FIRST, missing=(missing("idle", parameter=True, needed=False),)),
            Mechanism.OTHER_CODE,
            "scale → Scaler.transform behaves differently in shop 2.0, although the file has all "
            "that it reads",
        ),
    ],
    ids=lambda value: value.value if isinstance(value, Mechanism) else "",
)
def test_the_kind_of_change_is_reported_in_a_sentence(
    diagnosis: Diagnosis, mechanism: Mechanism, sentence: str
) -> None:
    """What is at the step that goes another way counts; what is elsewhere does not."""
    found = explain_change(CHANGED, diagnosis)
    assert found is not None
    assert found.mechanism is mechanism
    story = explanation_of(CHANGED, OLD, NEW, diagnosis=diagnosis)
    assert story.answer == (
        "till (joblib) 1.3 → 1.9: silently changes predict: labels-changed, 3 of 120 labels "
        f"({mechanism.value})"
    )
    assert story.points[0].lines[0] == sentence


@pytest.mark.parametrize(
    ("error", "message", "mechanism", "name"),
    [
        ("ModuleNotFoundError", "No module named 'shop.old'", Mechanism.MISSING_MODULE, "shop.old"),
        (
            "AttributeError",
            "Can't get attribute 'Till' on <module 'shop'>",
            Mechanism.MISSING_NAME,
            "Till",
        ),
    ],
)
def test_the_removed_name_is_shown_if_a_file_does_not_load(
    error: str, message: str, mechanism: Mechanism, name: str
) -> None:
    story = explanation_of(failing(error, message), OLD, NEW, diagnosis=Diagnosis())
    assert story.answer == f"till (joblib) 1.3 → 1.9: does not load ({mechanism.value})"
    assert f"`{name}`" in story.points[0].lines[0]


def test_without_a_diagnosis_no_cause_is_given() -> None:
    assert explain_change(CHANGED, Diagnosis()) is None
    assert explain_change(failing("ValueError", "odd"), Diagnosis()) is None
    story = explanation_of(CHANGED, OLD, NEW)
    assert said(story, "Why") == "no known cause; similar cells have the id unknown-12345678"


def test_a_known_cause_comes_first_and_its_advice_last() -> None:
    cause = next(one for one in causes.known() if one.id == "tree-nodes-1.3")
    way = ExplanationPoint(heading="Remedies", lines=("pin it",))
    story = explanation_of(
        failing("ValueError", "node array"), OLD, NEW, cause=cause, further=(way,)
    )
    assert story.answer.endswith(f"does not load ({cause.title})")
    assert said(story, "Why").startswith(cause.explanation)
    assert "known cause tree-nodes-1.3, since scikit-learn 1.3.0" in said(story, "Why")
    headings = [point.heading for point in story.points]
    assert headings == ["Why", "Remedies", "Advice", "See"]
