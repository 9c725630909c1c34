"""The verdict for every pair of outcomes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from matrix.judge import Case, judge
from matrix.model import (
    Absent,
    ClassifierScores,
    Ending,
    Evidence,
    Failure,
    Group,
    Observation,
    RegressorScores,
    Returned,
    Saving,
    Tolerance,
    Verdict,
    WarningSeen,
)

from .conftest import Bench

LABELS = np.array([0, 1, 1, 0])
SCORES = np.array([0.1, 0.9, 0.8, 0.2])
ERROR = Failure(type="ValueError", message="no")
NO_METHOD = Absent(message="object has no attribute 'predict'")

PAIRS = [
    # before, after, verdict
    (LABELS, LABELS, Verdict.IDENTICAL),
    (LABELS, np.array([0, 1, 1, 1]), Verdict.LABELS_CHANGED),
    (LABELS, ERROR, Verdict.USE_FAILED),
    (LABELS, NO_METHOD, Verdict.STRUCTURE_CHANGED),
    (ERROR, LABELS, Verdict.STRUCTURE_CHANGED),
    (ERROR, ERROR, Verdict.IDENTICAL),
    (ERROR, Failure(type="TypeError", message="no"), Verdict.EQUIVALENT),
    (ERROR, NO_METHOD, Verdict.STRUCTURE_CHANGED),
    (NO_METHOD, NO_METHOD, Verdict.IDENTICAL),
    (SCORES, SCORES + 1e-12, Verdict.EQUIVALENT),
    (SCORES, SCORES + 1e-3, Verdict.SCORES_CHANGED),
    (SCORES, SCORES[:3], Verdict.STRUCTURE_CHANGED),
    (SCORES, SCORES.reshape(4, 1), Verdict.STRUCTURE_CHANGED),
    (SCORES, np.array(["a", "b", "c", "d"]), Verdict.STRUCTURE_CHANGED),
    (SCORES, np.array([0.1, 0.9, np.nan, 0.2]), Verdict.STRUCTURE_CHANGED),
    (SCORES, [0.1, 0.9, 0.8, 0.2], Verdict.STRUCTURE_CHANGED),
    (LABELS, LABELS.astype(float), Verdict.STRUCTURE_CHANGED),
    (LABELS, LABELS.astype(np.int32), Verdict.EQUIVALENT),
    (np.array(["no", "yes"]), np.array(["no", "no"]), Verdict.LABELS_CHANGED),
    (np.array(["no", "yes"]), np.array(["no", "yes"], dtype=object), Verdict.EQUIVALENT),
    (np.array([True, False]), np.array([True, True]), Verdict.LABELS_CHANGED),
    (SCORES.astype("f4"), (SCORES * (1 + 1e-5)).astype("f4"), Verdict.EQUIVALENT),
    (SCORES.astype("f4"), (SCORES * 1.01).astype("f4"), Verdict.SCORES_CHANGED),
    (np.array([np.inf, 1.0]), np.array([np.inf, 1.0 + 1e-14]), Verdict.EQUIVALENT),
    (np.array([np.inf, 1.0]), np.array([-np.inf, 1.0]), Verdict.SCORES_CHANGED),
]


@pytest.mark.parametrize(("before", "after", "verdict"), PAIRS)
def test_each_pair_of_outcomes_has_its_verdict(
    bench: Bench, before: object, after: object, verdict: Verdict
) -> None:
    cell = bench.judge({"predict": before}, {"predict": after})
    assert cell.verdict is verdict
    assert cell.stage == ("" if verdict is Verdict.IDENTICAL else "predict")


def evidence(noticed: int, live: int = 100, *, constant: bool = False) -> Evidence:
    return Evidence.of(
        by_source={"model": 200},
        faults=120,
        live=live,
        noticed=noticed,
        leaves=0,
        reached=0,
        complete=True,
        constant=constant,
    )


STRENGTHS = [
    # evidence, verdict where nothing differed
    (evidence(100), Verdict.IDENTICAL),
    (evidence(50), Verdict.IDENTICAL),
    (evidence(49), Verdict.WEAK_EVIDENCE),
    (evidence(0), Verdict.WEAK_EVIDENCE),
    (evidence(0, 0), Verdict.IDENTICAL),  # there is no state to plant faults in
    (evidence(0, 0, constant=True), Verdict.WEAK_EVIDENCE),
    (evidence(80, constant=True), Verdict.WEAK_EVIDENCE),
    (evidence(100, constant=True), Verdict.IDENTICAL),  # a dummy model ignores its rows
    (None, Verdict.IDENTICAL),
]


@pytest.mark.parametrize(("found", "verdict"), STRENGTHS)
def test_rows_that_notice_too_little_show_no_safety(
    bench: Bench, found: Evidence | None, verdict: Verdict
) -> None:
    def judged(after: object, saved_by: str) -> Verdict:
        saving = replace(bench.saving({"predict": LABELS}, evidence=found), writer=saved_by)
        return bench.judge({}, {"predict": after}, saving=saving).verdict

    assert judged(LABELS, "w") is verdict
    assert judged(LABELS, "r") is Verdict.IDENTICAL  # the reader itself saved it
    assert judged(1 - LABELS, "w") is Verdict.LABELS_CHANGED


def test_on_weak_evidence_a_failing_repr_does_not_say_that_predictions_are_the_same(
    bench: Bench,
) -> None:
    saving = replace(bench.saving({"predict": LABELS, "repr": LABELS}, evidence=evidence(10)))
    cell = bench.judge({}, {"predict": LABELS, "repr": ERROR}, saving=saving)
    assert cell.verdict is Verdict.WEAK_EVIDENCE, "r loaded what w saved"
    assert (cell.stage, cell.exception) == ("", None)
    assert cell.outputs["repr"].verdict is Verdict.INTROSPECTION_FAILED


def test_the_worst_method_decides_and_the_others_are_still_reported(bench: Bench) -> None:
    cell = bench.judge(
        {"predict": LABELS, "predict_proba": SCORES, "transform": SCORES, "apply": LABELS},
        {"predict": 1 - LABELS, "predict_proba": ERROR, "transform": SCORES + 1, "apply": LABELS},
    )
    assert cell.verdict is Verdict.USE_FAILED
    assert cell.stage == "predict_proba"
    assert cell.exception == ERROR
    assert {name: found.verdict for name, found in cell.outputs.items()} == {
        "predict": Verdict.LABELS_CHANGED,
        "predict_proba": Verdict.USE_FAILED,
        "transform": Verdict.SCORES_CHANGED,
    }
    assert cell.n_identical == 1


def test_a_failing_repr_hides_no_silent_change(bench: Bench) -> None:
    """A tree of scikit-learn 1.3 in 1.9: repr fails, predict_proba is silently wrong."""
    cell = bench.judge(
        {"repr": LABELS, "predict_proba": SCORES}, {"repr": ERROR, "predict_proba": SCORES + 1}
    )
    assert (cell.verdict, cell.stage, cell.silent) == (
        Verdict.SCORES_CHANGED,
        "predict_proba",
        True,
    )
    alone = bench.judge(
        {"repr": LABELS, "predict_proba": SCORES}, {"repr": ERROR, "predict_proba": SCORES + 1e-12}
    )
    assert (alone.verdict, alone.stage) == (Verdict.INTROSPECTION_FAILED, "repr")
    assert alone.exception == ERROR


@pytest.mark.parametrize("shows", ["repr", "get_params"])
@pytest.mark.parametrize("after", [ERROR, NO_METHOD])
def test_a_model_that_only_cannot_be_shown_is_limited_and_neither_safe_nor_broken(
    bench: Bench, shows: str, after: object
) -> None:
    cell = bench.judge({shows: LABELS, "predict": LABELS}, {shows: after, "predict": LABELS})
    assert (cell.verdict, cell.verdict.group) == (Verdict.INTROSPECTION_FAILED, Group.LIMITED)
    assert cell.verdict.predicts_same
    assert not cell.verdict.safe
    assert not cell.silent
    assert cell.outputs[shows].verdict is Verdict.INTROSPECTION_FAILED


def test_a_repr_that_fails_in_one_of_two_loads_is_no_unstable_output(bench: Bench) -> None:
    cell = bench.judge(
        {"repr": LABELS, "predict": LABELS},
        {"repr": LABELS, "predict": LABELS},
        repeats={"repr": ERROR},
    )
    assert cell.verdict is Verdict.INTROSPECTION_FAILED
    assert "disagree" in cell.outputs["repr"].note


@pytest.mark.parametrize("after", [ERROR, 1 - LABELS, NO_METHOD])
def test_predictions_outweigh_a_failing_repr_and_both_are_told(bench: Bench, after: object) -> None:
    cell = bench.judge({"repr": LABELS, "predict": LABELS}, {"repr": ERROR, "predict": after})
    assert cell.stage == "predict"
    assert not cell.verdict.predicts_same
    assert cell.outputs["repr"].verdict is Verdict.INTROSPECTION_FAILED


def test_whole_numbers_of_another_method_than_predict_are_no_labels(bench: Bench) -> None:
    assert bench.judge({"apply": LABELS}, {"apply": 1 - LABELS}).verdict is Verdict.SCORES_CHANGED


def test_another_class_order_is_another_structure(bench: Bench) -> None:
    cell = bench.judge({"classes_": np.array(["a", "b"])}, {"classes_": np.array(["b", "a"])})
    assert cell.verdict is Verdict.STRUCTURE_CHANGED


def test_rows_and_sizes_of_a_change_are_counted(bench: Bench) -> None:
    before = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    after = np.array([[1.0, 2.0], [3.0, 5.0], [5.5, 9.0]])
    found = bench.judge({"transform": before}, {"transform": after}).outputs["transform"]
    assert (found.n_changed, found.n) == (2, 3)
    assert found.max_abs == 3.0
    assert found.max_rel == pytest.approx(1 / 3)


def test_noise_around_zero_is_forgiven_by_the_scale_of_the_output(bench: Bench) -> None:
    noise = bench.judge(
        {"transform": np.array([1e-17, 5.0])}, {"transform": np.array([2e-17, 5.0])}
    )
    assert noise.verdict is Verdict.EQUIVALENT
    small = bench.judge(
        {"transform": np.array([1e-17, 5e-17])}, {"transform": np.array([2e-17, 5e-17])}
    )
    assert small.verdict is Verdict.SCORES_CHANGED


def test_a_tolerance_can_be_set(bench: Bench) -> None:
    wide = Tolerance(rtol=0.1)
    assert bench.judge({"transform": SCORES}, {"transform": SCORES * 1.05}).verdict.safe is False
    cell = bench.judge({"transform": SCORES}, {"transform": SCORES * 1.05}, tolerance=wide)
    assert cell.verdict is Verdict.EQUIVALENT


def test_no_tolerance_forgives_a_label(bench: Bench) -> None:
    cell = bench.judge({"predict": LABELS}, {"predict": 1 - LABELS}, tolerance=Tolerance(rtol=10))
    assert cell.verdict is Verdict.LABELS_CHANGED


def test_sparse_and_dense_of_the_same_numbers_differ_in_structure(bench: Bench) -> None:
    sparse = pytest.importorskip("scipy.sparse")
    dense = np.eye(3)
    cell = bench.judge({"transform": sparse.csr_matrix(dense)}, {"transform": dense})
    assert cell.verdict is Verdict.STRUCTURE_CHANGED
    same = bench.judge(
        {"transform": sparse.csr_matrix(dense)}, {"transform": sparse.csc_matrix(dense)}
    )
    assert same.verdict is Verdict.EQUIVALENT
    other = bench.judge(
        {"transform": sparse.csr_matrix(dense)}, {"transform": sparse.csr_matrix(dense * 2)}
    )
    assert other.verdict is Verdict.SCORES_CHANGED


def test_each_part_of_a_tuple_is_compared(bench: Bench) -> None:
    before, after = (SCORES, LABELS), (SCORES, LABELS + 1)
    cell = bench.judge({"decision_path": before}, {"decision_path": after})
    assert cell.verdict is Verdict.SCORES_CHANGED
    fewer = bench.judge({"decision_path": before}, {"decision_path": (SCORES,)})
    assert fewer.verdict is Verdict.STRUCTURE_CHANGED


def test_probabilities_that_are_none_are_said_to_be_none(bench: Bench) -> None:
    before, after = np.array([[0.5, 0.5], [1.0, 0.0]]), np.array([[20.0, 35.0], [55.0, 0.0]])
    found = bench.judge({"predict_proba": before}, {"predict_proba": after})
    assert "reach from 0 to 55" in found.outputs["predict_proba"].note


# --------------------------------------------------------------------------- came and went


def test_a_method_that_the_release_gained_is_no_change_of_the_model(bench: Bench) -> None:
    old, new = {"predict": LABELS}, {"predict": LABELS, "get_feature_names_out": np.array(["a"])}
    assert bench.judge(old, new, native=new).verdict is Verdict.IDENTICAL
    assert bench.judge(old, new, native=old).verdict is Verdict.STRUCTURE_CHANGED


def test_a_method_that_the_release_lacks_is_no_change_of_the_model(bench: Bench) -> None:
    new = {"predict": LABELS, "get_feature_names_out": np.array(["a"])}
    old = {"predict": LABELS, "get_feature_names_out": Absent()}
    assert bench.judge(new, old, native={"predict": LABELS}).verdict is Verdict.IDENTICAL
    assert bench.judge(new, old, native=new).verdict is Verdict.STRUCTURE_CHANGED


NOTES = [
    # before, after, the note
    (SCORES, Absent(message="no attribute 'transform'"), "went: no attribute 'transform'"),
    (Absent(), ERROR, "came, and fails"),
    (Absent(), SCORES, "came"),
]


@pytest.mark.parametrize(("before", "after", "note"), NOTES)
def test_a_method_that_came_or_went_with_the_model_says_so_and_raises_nothing(
    bench: Bench, before: object, after: object, note: str
) -> None:
    """The release has it as it had it before, so it is the model that differs."""
    outputs = {"predict": LABELS, "transform": before}
    cell = bench.judge(outputs, {"predict": LABELS, "transform": after}, native=outputs)
    assert (cell.verdict, cell.stage) == (Verdict.STRUCTURE_CHANGED, "transform")
    assert cell.outputs["transform"].note == note
    assert cell.exception is None


# --------------------------------------------------------------------------- objects


def test_objects_that_cannot_be_compared_are_never_green(bench: Bench) -> None:
    before = Returned(digest="0", whole=False)
    saving = bench.saving({})
    saving = replace(saving, outputs={"predict": before, "transform": bench.outcome(SCORES)})
    observation = Observation(outputs=saving.outputs)
    case = Case(saving=saving, format="joblib", reader="r", observation=observation)
    cell = judge(case, bench.contents.__getitem__, lambda _: Tolerance())
    assert cell.verdict is Verdict.NOT_RUN
    assert "cannot be compared" in cell.reason


@pytest.mark.parametrize("first", ["predict", "transform"])
def test_an_equivalent_output_beside_one_that_cannot_be_compared_is_not_green(
    bench: Bench, first: str
) -> None:
    """Rounding noise says nothing of the other output, whichever of them comes first."""
    opaque = {"predict": Returned(digest="0", whole=False)}
    before = bench.outcomes({"transform": SCORES})
    after = bench.outcomes({"transform": SCORES + 1e-12})
    both = [before | opaque, after | opaque]
    saved, seen = [{first: one[first], **one} for one in both]
    case = Case(
        saving=replace(bench.saving({}), outputs=saved),
        format="joblib",
        reader="r",
        observation=Observation(outputs=seen),
    )
    cell = judge(case, bench.contents.__getitem__, lambda _: Tolerance())
    assert cell.outputs["transform"].verdict is Verdict.EQUIVALENT
    assert (cell.verdict, cell.stage) == (Verdict.NOT_RUN, "predict")
    assert "cannot be compared" in cell.reason


UNKNOWN_AND = [
    # another output beside one that cannot be compared, and what the cell is then
    ({"transform": SCORES}, {"transform": SCORES + 1}, "transform", Verdict.SCORES_CHANGED),
    ({"transform": SCORES}, {"transform": ERROR}, "transform", Verdict.USE_FAILED),
]


@pytest.mark.parametrize(("before", "after", "stage", "verdict"), UNKNOWN_AND)
def test_a_change_or_a_failure_outweighs_an_output_that_cannot_be_compared(
    bench: Bench,
    before: dict[str, object],
    after: dict[str, object],
    stage: str,
    verdict: Verdict,
) -> None:
    opaque = {"predict": Returned(digest="0", whole=False)}
    case = Case(
        saving=replace(bench.saving({}), outputs=opaque | bench.outcomes(before)),
        format="joblib",
        reader="r",
        observation=Observation(outputs=opaque | bench.outcomes(after)),
    )
    cell = judge(case, bench.contents.__getitem__, lambda _: Tolerance())
    assert (cell.stage, cell.verdict) == (stage, verdict)


def test_an_output_that_cannot_be_compared_makes_a_cell_unknown_beside_a_failing_repr(
    bench: Bench,
) -> None:
    """A failing ``repr`` alone says that every output is the same: here that is unknown."""
    opaque = {"predict": Returned(digest="0", whole=False)}
    case = Case(
        saving=replace(bench.saving({}), outputs=opaque | bench.outcomes({"repr": LABELS})),
        format="joblib",
        reader="r",
        observation=Observation(outputs=opaque | bench.outcomes({"repr": ERROR})),
    )
    cell = judge(case, bench.contents.__getitem__, lambda _: Tolerance())
    assert (cell.stage, cell.verdict) == ("predict", Verdict.NOT_RUN)
    assert cell.outputs["repr"].verdict is Verdict.INTROSPECTION_FAILED


# --------------------------------------------------------------------------- what is not reported


def test_an_observation_without_any_output_is_unknown(bench: Bench) -> None:
    cell = bench.judge({"predict": LABELS, "transform": SCORES}, {})
    assert (cell.verdict, cell.n_identical, cell.silent) == (Verdict.NOT_RUN, 0, False)
    assert cell.reason.endswith("recorded for predict, transform")


@pytest.mark.parametrize("recorded", [SCORES, ERROR, NO_METHOD])
def test_a_method_that_is_not_reported_makes_a_cell_unknown(bench: Bench, recorded: object) -> None:
    """Also one that raised, or that the model did not have: a worker reports these too."""
    cell = bench.judge({"predict": LABELS, "transform": recorded}, {"predict": LABELS})
    assert (cell.verdict, cell.stage, cell.n_identical) == (Verdict.NOT_RUN, "transform", 1)
    assert "transform" in cell.reason
    assert cell.outputs["transform"].verdict is Verdict.NOT_RUN


def test_what_changed_beside_a_method_that_is_not_reported_is_still_named(bench: Bench) -> None:
    cell = bench.judge(
        {"predict": LABELS, "apply": LABELS, "transform": SCORES},
        {"predict": 1 - LABELS, "apply": LABELS, "decision_function": SCORES},
        native={},
    )
    assert cell.verdict is Verdict.NOT_RUN
    assert cell.outputs["predict"].verdict is Verdict.LABELS_CHANGED
    assert cell.n_identical == 2, "apply, and a method that came with the release"


def test_a_method_that_only_the_reader_reports_makes_no_cell_unknown(bench: Bench) -> None:
    cell = bench.judge({"predict": LABELS}, {"predict": LABELS, "transform": SCORES})
    assert cell.verdict is Verdict.IDENTICAL


def test_without_a_recorded_output_a_cell_is_unknown(bench: Bench) -> None:
    for outputs in ({}, {"predict": LABELS}):
        cell = bench.judge({}, outputs)
        assert cell.verdict is Verdict.NOT_RUN
        assert "nothing to compare with" in cell.reason


# --------------------------------------------------------------------------- two loads


def test_loads_that_disagree_are_unstable(bench: Bench) -> None:
    cell = bench.judge(
        {"transform": SCORES}, {"transform": SCORES}, repeats={"transform": SCORES + 1}
    )
    assert cell.verdict is Verdict.UNSTABLE


def test_loads_that_disagree_by_rounding_are_stable(bench: Bench) -> None:
    cell = bench.judge(
        {"transform": SCORES}, {"transform": SCORES}, repeats={"transform": SCORES + 1e-13}
    )
    assert cell.verdict.safe


def test_a_load_that_fails_now_and_then_is_unstable(bench: Bench) -> None:
    cell = bench.judge({"predict": LABELS}, {"predict": LABELS}, repeats={"predict": ERROR})
    assert cell.verdict is Verdict.UNSTABLE


# --------------------------------------------------------------------------- silence


def warning(category: str, message: str = "", stage: str = "predict") -> WarningSeen:
    return WarningSeen(category=category, message=message, stage=stage)


@pytest.mark.parametrize(
    ("warnings", "silent"),
    [
        ((), True),
        ((warning("InconsistentVersionWarning", stage="load"),), True),
        ((warning("UserWarning", "Trying to unpickle estimator X from version 0.22"),), True),
        ((warning("DeprecationWarning"),), True),
        ((warning("FutureWarning"),), False),
        ((warning("UserWarning", "something is wrong"),), False),
    ],
)
def test_a_change_is_silent_unless_a_warning_was_shown(
    bench: Bench, warnings: tuple[WarningSeen, ...], silent: bool
) -> None:
    cell = bench.judge({"predict": LABELS}, {"predict": 1 - LABELS}, warnings=warnings)
    assert cell.silent is silent
    assert cell.warnings == warnings


def test_a_warning_that_came_before_saving_too_tells_nobody_of_a_change(bench: Bench) -> None:
    usual = (warning("RuntimeWarning", "divide by zero", "predict_log_proba"),)
    saving = bench.saving({"predict": LABELS}, warnings=usual)
    cell = bench.judge({}, {"predict": 1 - LABELS}, saving=saving, warnings=usual)
    assert cell.silent


def test_a_warning_of_another_method_tells_nobody(bench: Bench) -> None:
    """One-vs-rest logistic regression of 1.7 in 1.8: only predict_log_proba warns."""
    outputs = {"predict_proba": SCORES, "predict_log_proba": SCORES}
    changed = {name: scores + 1 for name, scores in outputs.items()}
    one = (warning("RuntimeWarning", stage="predict_log_proba"),)
    assert bench.judge(outputs, changed, warnings=one).silent
    both = (*one, warning("RuntimeWarning", stage="predict_proba"))
    assert not bench.judge(outputs, changed, warnings=both).silent
    early = (warning("UserWarning", "beware", stage="load"),)
    assert not bench.judge(outputs, changed, warnings=early).silent


def test_what_is_not_a_change_is_not_silent(bench: Bench) -> None:
    assert not bench.judge({"predict": LABELS}, {"predict": LABELS}).silent
    assert not bench.judge({"predict": LABELS}, {"predict": ERROR}).silent


# --------------------------------------------------------------------------- no outputs

ENDINGS = [
    (Observation(load=ERROR), Verdict.LOAD_FAILED),
    (Observation(ending=Ending.CRASHED, reason="SIGSEGV"), Verdict.CRASHED),
    (Observation(ending=Ending.TIMED_OUT, reason="stopped after 60 s"), Verdict.TIMED_OUT),
    (Observation(ending=Ending.NOT_RUN, reason="the worker did not start"), Verdict.NOT_RUN),
    (Observation(unavailable="no protocol 5"), Verdict.UNAVAILABLE),
    (None, Verdict.NOT_RUN),
]


@pytest.mark.parametrize(("observation", "verdict"), ENDINGS)
def test_what_did_not_load_says_how(
    bench: Bench, observation: Observation | None, verdict: Verdict
) -> None:
    saving = bench.saving({"predict": LABELS})
    case = Case(saving=saving, format="joblib", reader="r", observation=observation)
    cell = judge(case, bench.contents.__getitem__, lambda _: Tolerance())
    assert cell.verdict is verdict
    if observation is not None:
        assert cell.exception == observation.load
        assert cell.reason == observation.reason or observation.unavailable


SAVINGS = [
    ({"unavailable": "no such estimator"}, Verdict.UNAVAILABLE),
    ({"failure": ERROR, "stage": "fit"}, Verdict.NOT_SAVED),
    ({"ending": Ending.CRASHED, "reason": "SIGSEGV"}, Verdict.NOT_SAVED),
    ({"ending": Ending.NOT_RUN}, Verdict.NOT_RUN),
    ({"artifacts": {"joblib": ERROR}}, Verdict.NOT_SAVED),
    ({"artifacts": {"joblib": "no protocol 5"}}, Verdict.UNAVAILABLE),
    ({"artifacts": {}}, Verdict.NOT_RUN),
]


@pytest.mark.parametrize(("fields", "verdict"), SAVINGS)
def test_what_was_not_saved_is_never_green(fields: dict[str, object], verdict: Verdict) -> None:
    saving = replace(Saving(pipeline="p", writer="w"), **fields)
    case = Case(saving=saving, format="joblib", reader="r", observation=None)
    cell = judge(case, lambda digest: b"", lambda _: Tolerance())
    assert cell.verdict is verdict
    assert not cell.verdict.safe


# --------------------------------------------------------------------------- truth, retraining


def test_a_recall_that_fell_is_in_the_scores_of_a_changed_classifier(bench: Bench) -> None:
    truth = np.array([0] * 98 + [1, 1])
    before = {"predict": truth, "classes_": np.array([0, 1])}
    after = {"predict": np.zeros(100, int), "classes_": np.array([0, 1])}
    cell = bench.judge(before, after, truth=truth)
    assert isinstance(cell.before, ClassifierScores)
    assert isinstance(cell.after, ClassifierScores)
    assert cell.before.classes[1].recall == 1.0
    assert cell.after.classes[1].recall == 0.0
    assert cell.after.accuracy == 0.98


def test_a_changed_regressor_has_its_errors(bench: Bench) -> None:
    truth = np.array([1.0, 2.0, 3.0])
    rows = np.array([1.0, 2.0, 3.0, 99.0])  # the last row is a made one, without a truth
    cell = bench.judge({"predict": rows}, {"predict": rows + 1}, truth=truth)
    assert isinstance(cell.after, RegressorScores)
    assert cell.after.max_error == 1.0


CLASSIFIER = {
    "predict": np.array([0, 0, 1, 1]),
    "predict_proba": np.array([[0.9, 0.1], [0.6, 0.4], [0.3, 0.7], [0.2, 0.8]]),
    "classes_": np.array([0, 1]),
}
LABELS = np.array([0, 1, 1, 1])


def test_scores_are_shown_if_asked_for_although_nothing_changed(bench: Bench) -> None:
    cell = bench.judge(CLASSIFIER, CLASSIFIER, truth=LABELS, scored=True)
    assert cell.verdict is Verdict.IDENTICAL
    assert isinstance(cell.before, ClassifierScores)
    assert cell.before == cell.after
    assert (cell.before.accuracy, cell.before.roc_auc) == (0.75, 1.0)
    assert bench.judge(CLASSIFIER, CLASSIFIER, truth=LABELS).before is None


def test_probabilities_that_change_without_a_flipped_label_change_area_and_loss(
    bench: Bench,
) -> None:
    changed = np.array([[0.9, 0.1], [0.95, 0.05], [0.3, 0.7], [0.2, 0.8]])
    cell = bench.judge(CLASSIFIER, {**CLASSIFIER, "predict_proba": changed}, truth=LABELS)
    assert cell.verdict is Verdict.SCORES_CHANGED
    before, after = cell.before, cell.after
    assert isinstance(before, ClassifierScores)
    assert isinstance(after, ClassifierScores)
    assert before.accuracy == after.accuracy
    assert before.roc_auc == 1.0
    assert after.roc_auc == pytest.approx(2 / 3)
    assert before.log_loss is not None
    assert after.log_loss is not None
    assert after.log_loss > before.log_loss


def test_counts_in_place_of_probabilities_have_no_loss_that_looks_better(bench: Bench) -> None:
    """As trees of scikit-learn 1.2 in 1.3: the loss of the true class would be zero."""
    counts = CLASSIFIER["predict_proba"] * 30
    cell = bench.judge(CLASSIFIER, {**CLASSIFIER, "predict_proba": counts}, truth=LABELS)
    assert isinstance(cell.after, ClassifierScores)
    assert cell.after.log_loss is None


def test_the_decision_of_two_classes_has_an_area(bench: Bench) -> None:
    model = {
        "predict": CLASSIFIER["predict"],
        "decision_function": np.array([-1.0, -0.5, 2.0, 3.0]),
        "classes_": np.array([0, 1]),
    }
    cell = bench.judge(model, model, truth=LABELS, scored=True)
    assert isinstance(cell.before, ClassifierScores)
    assert (cell.before.roc_auc, cell.before.log_loss) == (1.0, None)


def test_a_class_without_a_row_is_listed_and_its_area_is_unknown(bench: Bench) -> None:
    model = {
        "predict": np.array(["a", "b"]),
        "predict_proba": np.array([[0.8, 0.1, 0.1], [0.1, 0.8, 0.1]]),
        "classes_": np.array(["a", "b", "c"]),
    }
    cell = bench.judge(model, model, truth=np.array(["a", "b"]), scored=True)
    assert isinstance(cell.before, ClassifierScores)
    assert [(one.label, one.support) for one in cell.before.classes] == [
        ("a", 1),
        ("b", 1),
        ("c", 0),
    ]
    assert cell.before.balanced_accuracy == 1.0
    assert cell.before.roc_auc is None


def test_a_format_with_two_methods_is_scored_with_the_classes_of_the_model(bench: Bench) -> None:
    after = {name: CLASSIFIER[name] for name in ("predict", "predict_proba")}
    cell = bench.judge(
        CLASSIFIER, after, truth=LABELS, scored=True, methods=("predict", "predict_proba")
    )
    assert isinstance(cell.after, ClassifierScores)
    assert cell.after == cell.before


@pytest.mark.parametrize(
    ("own", "words"),
    [
        (SCORES, "the loaded model is wrong"),
        (SCORES + 1, "the release changed prediction"),
        (SCORES + 2, "the release changed training too"),
    ],
)
def test_the_same_pipeline_trained_in_the_reader_tells_model_from_release(
    bench: Bench, own: object, words: str
) -> None:
    cell = bench.judge({"transform": SCORES}, {"transform": SCORES + 1}, native={"transform": own})
    assert words in cell.retrained


def test_a_retrained_model_is_compared_by_the_rules_of_its_method(bench: Bench) -> None:
    """Neighbors at equal distances may come in any order, in the retrained model too."""
    before = (np.array([[0.0, 1.0, 1.0]]), np.array([[7, 1, 2]]))
    tied = (before[0], np.array([[7, 2, 1]]))
    changed = (before[0] + 1, before[1])
    assert bench.judge({"kneighbors": before}, {"kneighbors": tied}).verdict.safe
    same, ordered = (
        bench.judge({"kneighbors": before}, {"kneighbors": changed}, native={"kneighbors": own})
        for own in (before, tied)
    )
    assert "the loaded model is wrong" in same.retrained
    assert ordered.retrained == same.retrained


def test_where_a_file_has_two_methods_only_these_are_compared(bench: Bench) -> None:
    """Both must be there: one that was recorded and is not reported makes the cell unknown."""
    before = {"predict": np.array([1, 0]), "predict_proba": np.array([[0.1, 0.9]]), "transform": 1}
    methods = ("predict", "predict_proba")

    def judged(**after: object) -> Verdict:
        return bench.judge(before, after, methods=methods).verdict

    single = np.array([[0.1, 0.9]], dtype=np.float32)
    assert judged(predict=np.array([1, 0]), predict_proba=single) is Verdict.EQUIVALENT
    assert judged(predict=np.array([0, 0]), predict_proba=single) is Verdict.LABELS_CHANGED
    assert judged(predict=np.array([[1], [0]]), predict_proba=single) is Verdict.EQUIVALENT
    assert judged(predict=np.array([[1, 0]]), predict_proba=single) is Verdict.STRUCTURE_CHANGED
    assert judged(predict=np.array([1, 0])) is Verdict.NOT_RUN
    assert bench.judge({"transform": 1}, {}, methods=methods).verdict is Verdict.NOT_RUN


def test_where_a_user_needs_two_methods_the_others_do_not_count(bench: Bench) -> None:
    """But shapes must be those of the origin, and a model with none of them is unknown."""
    before = {"predict": np.array([1, 0]), "score_samples": np.array([0.5, 0.5]), "repr": 1}
    only = ("predict", "predict_proba")

    def judged(**after: object) -> Verdict:
        return bench.judge(before, after, only=only).verdict

    wrong = np.array([0.5, 0.6])
    assert judged(predict=np.array([1, 0]), score_samples=wrong) is Verdict.IDENTICAL
    assert judged(predict=np.array([1, 0]), new=wrong) is Verdict.IDENTICAL
    assert judged(predict=np.array([0, 0]), score_samples=wrong) is Verdict.LABELS_CHANGED
    assert judged(predict=np.array([[1], [0]])) is Verdict.STRUCTURE_CHANGED
    assert judged(score_samples=np.array([0.5, 0.5])) is Verdict.NOT_RUN
    cell = bench.judge({"transform": 1}, {"transform": 1}, only=only)
    assert (cell.verdict, cell.reason) == (
        Verdict.NOT_RUN,
        "it has no result of predict, predict_proba to compare",
    )
