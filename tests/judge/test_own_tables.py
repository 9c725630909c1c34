"""The same data is another table under another pandas: the model is told apart from its input."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from matrix.judge.own_tables import words
from matrix.model import (
    Failure,
    Observation,
    OwnColumn,
    OwnTable,
    Saving,
    ValueChange,
    Verdict,
    WarningSeen,
)

from .conftest import Bench

LABELS = np.array([0, 1, 1, 0])
SCORES = np.array([0.1, 0.9, 0.8, 0.2])
ERROR = Failure(type="ValueError", message="Found unknown categories [nan]")
CITY = OwnColumn(
    name="city",
    given="object",
    own="str",
    changes=(ValueChange(given="None", own="nan", rows=(3, 8), count=2),),
)


def table(bench: Bench, outputs: dict[str, Any], **other: Any) -> OwnTable:
    return OwnTable(pandas="3.0.0", columns=(CITY,), outputs=bench.outcomes(outputs), **other)


def test_a_model_that_is_the_same_and_predicts_otherwise_for_the_own_table(bench: Bench) -> None:
    own = table(bench, {"predict": 1 - LABELS, "predict_proba": SCORES})
    before = {"repr": "m", "predict": LABELS, "predict_proba": SCORES}
    cell = bench.judge(before, before, own=own)
    assert (cell.verdict, cell.stage) == (Verdict.INPUT_CHANGED, "predict")
    assert cell.reason == "with pandas 3.0.0: column city, rows 3, 8: None → nan"
    assert cell.outputs["predict"].verdict is Verdict.LABELS_CHANGED
    assert (cell.outputs["predict"].n_changed, cell.outputs["predict"].n) == (4, 4)
    assert cell.silent
    assert cell.n_identical == 2
    assert not cell.verdict.safe


def test_a_change_of_the_model_itself_comes_first(bench: Bench) -> None:
    own = table(bench, {"predict": 1 - LABELS})
    cell = bench.judge({"predict": LABELS}, {"predict": 1 - LABELS}, own=own)
    assert (cell.verdict, cell.reason) == (Verdict.LABELS_CHANGED, "")


def test_a_failing_repr_hides_no_change_of_the_table(bench: Bench) -> None:
    own = table(bench, {"predict": 1 - LABELS})
    before = {"repr": SCORES, "predict": LABELS}
    cell = bench.judge(before, {"repr": ERROR, "predict": LABELS}, own=own)
    assert (cell.verdict, cell.stage) == (Verdict.INPUT_CHANGED, "predict")
    assert set(cell.outputs) == {"repr", "predict"}


@pytest.mark.parametrize("noise", [0.0, 1e-13])
def test_a_table_that_changes_no_output_changes_nothing(bench: Bench, noise: float) -> None:
    own = table(bench, {"predict_proba": SCORES + noise})
    cell = bench.judge({"predict_proba": SCORES}, {"predict_proba": SCORES}, own=own)
    assert cell.verdict is Verdict.IDENTICAL


def test_own_tables_are_compared_with_one_another(bench: Bench) -> None:
    """Both under pandas 3: what the writer's own table gave is the reference."""
    own = table(bench, {"predict": 1 - LABELS})
    saving = bench.saving({"predict": LABELS}, own=own)
    assert bench.judge({}, {"predict": LABELS}, saving=saving, own=own).verdict.safe
    back = bench.judge({}, {"predict": LABELS}, saving=saving)  # to pandas 2
    assert back.verdict is Verdict.INPUT_CHANGED
    assert back.reason == "with another pandas: column city, rows 3, 8: nan → None"


def test_a_model_that_raises_for_the_own_table_cannot_be_used(bench: Bench) -> None:
    own = table(bench, {"predict": ERROR})
    cell = bench.judge({"predict": LABELS}, {"predict": LABELS}, own=own)
    assert (cell.verdict, cell.stage) == (Verdict.USE_FAILED, "predict")
    assert cell.exception == ERROR
    assert "column city, rows 3, 8: None → nan" in cell.reason


def test_a_model_that_raised_for_the_writers_own_table_has_nothing_to_compare(
    bench: Bench,
) -> None:
    """Its program cannot have predicted for such rows; that the reader's can is no harm."""
    saving = bench.saving({"predict": LABELS}, own=table(bench, {"predict": ERROR}))
    back = bench.judge({}, {"predict": LABELS}, saving=saving)
    assert back.verdict is Verdict.IDENTICAL
    both = bench.judge({}, {"predict": LABELS}, saving=saving, own=table(bench, {"predict": ERROR}))
    assert both.verdict is Verdict.IDENTICAL


def test_a_warning_for_the_own_table_is_no_silence(bench: Bench) -> None:
    told = WarningSeen(category="UserWarning", message="unknown categories", stage="predict")
    own = table(bench, {"predict": 1 - LABELS}, warnings=(told,))
    assert not bench.judge({"predict": LABELS}, {"predict": LABELS}, own=own).silent


def test_scores_are_those_for_the_own_table(bench: Bench) -> None:
    own = table(bench, {"predict": 1 - LABELS, "classes_": np.array([0, 1])})
    outputs = {"predict": LABELS, "classes_": np.array([0, 1])}
    cell = bench.judge(outputs, outputs, truth=LABELS, own=own)
    assert cell.before is not None
    assert cell.after is not None
    assert (cell.before.accuracy, cell.after.accuracy) == (1.0, 0.0)  # type: ignore[union-attr]


def test_two_own_tables_are_worded_by_what_changes_between_them() -> None:
    """The given rows have NaN; pandas 3 keeps it, pandas 2 makes None of some plain values."""
    texts = OwnColumn(name="c", given="object", own="str")
    plain = OwnColumn(
        name="c",
        given="object",
        own="object",
        changes=(ValueChange(given="nan", own="None", rows=(1,), count=1),),
    )

    def said(before: OwnColumn | None, after: OwnColumn | None) -> str:
        owns = [
            None if one is None else OwnTable(pandas="2.2.3", columns=(one,))
            for one in (before, after)
        ]
        return words(Saving(pipeline="p", writer="w", own=owns[0]), Observation(own=owns[1]))

    assert said(texts, plain) == "with pandas 2.2.3: column c, row 1: nan → None"
    assert said(plain, texts) == "with pandas 2.2.3: column c, row 1: None → nan"
    assert said(texts, None) == "with another pandas: column c: str → object"
    assert said(plain, plain) == said(texts, texts) == "with pandas 2.2.3"


def test_the_words_are_few_for_many_columns_and_rows() -> None:
    many = ValueChange(given="None", own="nan", rows=tuple(range(20)), count=412)
    columns = tuple(
        OwnColumn(name=f"c{i}", given="object", own="str", changes=(many,) if i else ())
        for i in range(5)
    )
    own = OwnTable(pandas="3.0.0", columns=columns, columns_left_out=10)
    assert words(Saving(pipeline="p", writer="w"), Observation(own=own)) == (
        "with pandas 3.0.0: column c0: object → str; "
        "column c1, rows 0, 1, 2, 3, 4 and 407 more: None → nan; "
        "column c2, rows 0, 1, 2, 3, 4 and 407 more: None → nan; 12 more columns"
    )
