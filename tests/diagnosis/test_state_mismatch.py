"""A change is explained by comparing the file with the classes that load it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from matrix.diagnosis import diagnose
from matrix.diagnosis.trace_data import (
    Attribute,
    Diagnosis,
    Trace,
    TracedCall,
    TracedClass,
    TracedPart,
    TracedValue,
)
from matrix.model import Cell, Ending, Failure, Returned, Tolerance, Verdict
from matrix.report.diagnosis_text import points

NAME = "sklearn.cluster._spectral.SpectralClustering"
TFIDF = "sklearn.feature_extraction.text.TfidfTransformer"
CELL = Cell(
    pipeline="one",
    format="joblib",
    writer="sklearn-1.4",
    reader="sklearn-1.5",
    verdict=Verdict.SCORES_CHANGED,
    stage="transform",
)


def text(shown: str) -> Attribute:
    return Attribute(type="str", shown=shown)


def array(*shape: int, shown: str = "", dtype: str = "float64") -> Attribute:
    return Attribute(type="numpy.ndarray", dtype=dtype, shape=shape, shown=shown)


def trace(
    held: Mapping[str, Attribute], kind: TracedClass, name: str = NAME, path: tuple[str, ...] = ()
) -> Trace:
    part = TracedPart(path=path, kind=name, attributes=held)
    root = (TracedPart(path=(), kind="sklearn.pipeline.Pipeline", attributes={}),) if path else ()
    return Trace(parts=(*root, part), kinds={name: kind})


def compared(writer: Trace, reader: Trace, native: Trace | None = None, **fields: Any) -> Diagnosis:
    cell = Cell(**{**{name: getattr(CELL, name) for name in CELL.__slots__}, **fields})
    return diagnose(
        cell, writer, reader, native, fetch={}.__getitem__, tolerance=lambda _: Tolerance()
    )


def lines(diagnosis: Diagnosis) -> list[str]:
    return [
        f"{'' if number else point.heading:<9}{line}"
        for point in points(diagnosis, "scikit-learn 1.5")
        for number, line in enumerate(point.lines)
    ]


# ------------------------------------------------------------------------------- parameters


def test_a_parameter_that_the_reader_does_not_know_is_an_orphan() -> None:
    held = {"affinity": text("'rbf'"), "n_clusters": text("8")}
    writer = trace(held, TracedClass(parameters={"affinity": "'nearest'", "n_clusters": "8"}))
    seen = compared(writer, trace(held, TracedClass(parameters={"n_clusters": "8"})))
    (orphan,) = seen.orphans
    assert (orphan.name, orphan.value, orphan.by_default) == ("affinity", "'rbf'", False)
    assert lines(seen) == [
        "Ignored  SpectralClustering: `affinity='rbf'` is not a parameter in scikit-learn 1.5, "
        "and is ignored"
    ]


def test_one_at_its_default_is_distinguished() -> None:
    held = {"old": text("None"), "new": text("1")}
    writer = trace(held, TracedClass(parameters={"old": "None", "new": "1"}))
    seen = compared(writer, trace(held, TracedClass(parameters={"new": "1"})))
    assert [orphan.by_default for orphan in seen.orphans] == [True]
    assert "but all at their defaults: `SpectralClustering(old=…)`" in lines(seen)[0]


@pytest.mark.parametrize("reads", ["uses", "asks"])
def test_a_parameter_that_is_still_read_is_not_an_orphan(reads: str) -> None:
    held = {"old": text("1")}
    writer = trace(held, TracedClass(parameters={"old": "2"}))
    reader = trace(held, TracedClass(parameters={"new": "1"}, **{reads: frozenset({"old"})}))
    assert compared(writer, reader).orphans == ()


def test_an_attribute_that_is_not_a_parameter_of_the_writer_is_not_an_orphan() -> None:
    held = {"fitted_": text("1")}
    reader = trace(held, TracedClass(parameters={"new": "1"}))
    assert compared(trace(held, TracedClass(parameters={})), reader).orphans == ()


def test_a_parameter_that_the_file_lacks_is_named_with_its_default() -> None:
    writer = trace({}, TracedClass(parameters={}))
    known = TracedClass(parameters={"clip": "False", "new": "1"}, uses=frozenset({"clip"}))
    seen = compared(writer, trace({}, known))
    assert [(one.name, one.default, one.needed) for one in seen.missing] == [
        ("clip", "False", True),
        ("new", "1", False),
    ]
    assert "reads its parameter `clip` (default False), which the file lacks" in lines(seen)[0]


# ------------------------------------------------------------------------------- attributes


def test_what_the_reader_needs_and_the_file_lacks_is_named_with_what_it_has_instead() -> None:
    held = {"sigma_": array(3, 4)}
    writer = trace(held, TracedClass(parameters={}, uses=frozenset({"sigma_"})))
    seen = compared(writer, trace(held, TracedClass(parameters={}, uses=frozenset({"var_"}))))
    assert [(one.name, one.parameter, one.needed) for one in seen.missing] == [
        ("var_", False, True)
    ]
    assert [one.name for one in seen.unread] == ["sigma_"]
    assert lines(seen) == [
        "State    SpectralClustering: the file has `sigma_` (float64 of shape (3, 4)), which "
        "scikit-learn 1.5 does not read; scikit-learn 1.5 reads `var_`, which the file lacks"
    ]


def test_an_attribute_that_the_writer_lacks_too_is_not_reported() -> None:
    """``__Xfit`` of a support vector machine exists only with a custom kernel."""
    writer = trace({}, TracedClass(parameters={}, uses=frozenset({"rare_"})))
    assert compared(writer, writer).missing == ()


def test_what_the_readers_own_model_is_without_is_not_missing() -> None:
    writer = trace({}, TracedClass(parameters={}))
    reader = trace({}, TracedClass(parameters={}, uses=frozenset({"rare_", "new_"})))
    native = trace({"new_": text("1")}, reader.kinds[NAME])
    assert [one.name for one in compared(writer, reader, native).missing] == ["new_"]


def test_what_is_only_tested_for_counts_where_the_readers_own_model_has_it() -> None:
    """The silent change of TfidfTransformer in 1.5: without ``idf_`` it weighs nothing."""
    held = {"_idf_diag": array(9, 9)}
    writer = trace(held, TracedClass(parameters={}, uses=frozenset({"_idf_diag"})), TFIDF)
    reader = trace(held, TracedClass(parameters={}, asks=frozenset({"idf_", "rare_"})), TFIDF)
    native = trace({"idf_": array(9)}, reader.kinds[TFIDF], TFIDF)
    assert compared(writer, reader).missing == ()
    seen = compared(writer, reader, native)
    assert [(one.name, one.needed) for one in seen.missing] == [("idf_", False)]
    assert (
        "looks for `idf_`, which the file lacks, and continues without an error" in lines(seen)[0]
    )


def test_what_is_tested_for_in_place_of_what_is_no_longer_read_counts_without_such_a_model() -> (
    None
):
    """A user's model has none: one name that came for one that went is a new name for it."""
    held = {"_idf_diag": array(9, 9)}
    writer = trace(held, TracedClass(parameters={}, uses=frozenset({"_idf_diag"})), TFIDF)
    reader = trace(held, TracedClass(parameters={}, asks=frozenset({"idf_"})), TFIDF)
    assert [(one.name, one.needed) for one in compared(writer, reader).missing] == [("idf_", False)]


def test_an_attribute_that_fails_to_be_read_is_needed_wherever_it_is_read() -> None:
    held = {"old": text("1")}
    writer = trace(held, TracedClass(parameters={"old": "1"}))
    reader = trace(held, TracedClass(parameters={"estimator": "", "other": ""}))
    failure = Failure(
        type="AttributeError", message="'SpectralClustering' object has no attribute 'estimator'"
    )
    ended = Trace(
        method="predict", parts=reader.parts, kinds=reader.kinds, outcome=failure, untraced=failure
    )
    before = Trace(
        method="predict",
        parts=writer.parts,
        kinds=writer.kinds,
        outcome=Returned(digest="1"),
        untraced=Returned(digest="1"),
    )
    seen = compared(before, ended)
    assert [(one.name, one.needed) for one in seen.missing] == [
        ("estimator", True),
        ("other", False),
    ]
    assert seen.first is not None
    assert lines(seen)[0].startswith("Where    SpectralClustering.predict: raises first")


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [
        (array(3), array(3), False),
        (array(3), array(3, 1), True),
        (array(3), array(3, dtype="float32"), True),
        (array(3), None, True),
        (None, array(3), True),
        (
            Attribute(type="numpy.bool_", shown="True"),
            Attribute(type="numpy.bool", shown="True"),
            False,
        ),
        (Attribute(type="numpy.bool_", shown="True"), Attribute(type="bool", shown="False"), True),
        (Attribute(type="sklearn.ensemble.loss.Old"), Attribute(type="sklearn._loss.New"), True),
        (
            Attribute(type="sklearn.linear_model.sgd_fast.Log"),
            Attribute(type="sklearn._sgd_fast.Log"),
            False,
        ),
    ],
)
def test_states_of_one_file_in_two_environments(
    before: Attribute | None, after: Attribute | None, changed: bool
) -> None:
    one = {} if before is None else {"held_": before}
    other = {} if after is None else {"held_": after}
    kind = TracedClass(parameters={})
    assert bool(compared(trace(one, kind), trace(other, kind)).states) is changed


def test_the_readers_own_model_shows_what_a_number_should_be() -> None:
    """Trees keep fractions since 1.3, and counts before."""
    kind = TracedClass(parameters={})
    file = {"tree_.values": array(9, 1, 3, shown="0 to 35")}
    writer, reader = (
        Trace(
            method="predict_proba",
            parts=trace(file, kind).parts,
            kinds={NAME: kind},
            outcome=outcome,
            untraced=outcome,
        )
        for outcome in (Returned(digest="1"), Returned(digest="2"))
    )
    native = trace({"tree_.values": array(7, 1, 3, shown="0 to 1")}, kind)
    seen = compared(writer, reader, native)
    assert "0 to 35 in the file, but" in "".join(lines(seen))
    near = trace({"tree_.values": array(7, 1, 3, shown="0 to 34")}, kind)
    assert compared(writer, reader, near).own == ()


def test_a_parameter_that_the_pipeline_sets_otherwise_in_the_reader_is_reported() -> None:
    kind = TracedClass(parameters={"loss": "'hinge'"})
    file, native = trace({"loss": text("'log'")}, kind), trace({"loss": text("'log_loss'")}, kind)
    assert lines(compared(file, file, native)) == [
        "State    SpectralClustering: `loss` is 'log' in the file, but 'log_loss' in a model "
        "trained in "
        "scikit-learn 1.5"
    ]


def test_a_difference_in_a_step_with_equal_outputs_does_not_explain_the_change() -> None:
    kind = TracedClass(parameters={"loss": "1"})
    parts = {
        value: tuple(
            TracedPart(path=path, kind=NAME + path[0], attributes={"loss": text(value)})
            for path in (("here",), ("there",))
        )
        for value in "12"
    }
    kinds = {NAME + name: kind for name in ("here", "there")}
    failure = Failure(type="ValueError", message="no")
    call = TracedCall(
        part=parts["1"][0],
        method="transform",
        depth=0,
        given=TracedValue(digest="1"),
        ended=failure,
    )
    writer, reader = (
        Trace(
            method="transform",
            parts=parts["1"],
            kinds=kinds,
            calls=calls,
            outcome=outcome,
            untraced=outcome,
        )
        for calls, outcome in (((), Returned(digest="1")), ((call,), failure))
    )
    seen = compared(writer, reader, Trace(parts=parts["2"], kinds=kinds))
    assert {change.path for change in seen.own} == {("here",), ("there",)}
    shown = [line for line in lines(seen) if "`loss`" in line]
    assert len(shown) == 1
    assert "here → " in shown[0]


def test_a_renamed_way_to_an_estimator_is_the_same_way() -> None:
    kind = TracedClass(parameters={"loss": "1"})
    file = trace({"loss": text("1")}, kind, path=("base_estimator_",))
    native = trace({"loss": text("2")}, kind, path=("estimator_",))
    assert [one.name for one in compared(file, file, native).own] == ["loss"]


def test_a_class_that_moved_inside_its_package_is_the_same() -> None:
    held = {"old": text("1")}
    writer = trace(held, TracedClass(parameters={"old": "2"}), "sklearn.preprocessing.data.Scaler")
    reader = trace(held, TracedClass(parameters={"new": "2"}), "sklearn.preprocessing._data.Scaler")
    assert [one.name for one in compared(writer, reader).orphans] == ["old"]


# ------------------------------------------------------------------------------- no trace


@pytest.mark.parametrize(
    ("message", "traceback", "where"),
    [
        ("No module named 'sklearn.ensemble._gb_losses'", "", "loss_"),
        ("Can't get attribute 'OldLoss' on <module 'sklearn.ensemble._gb_losses'>", "", "loss_"),
        (
            "node array from the pickle",
            'File "_tree.pyx", line 7, in sklearn.tree._tree.Tree.__setstate__',
            "tree_",
        ),
        (
            "Can't get attribute '__pyx_unpickle_CyLoss' on <module 'sklearn._loss'>",
            "",
            "base.closs",
        ),
        ("something else", "", ""),
    ],
)
def test_where_a_file_holds_what_does_not_load(message: str, traceback: str, where: str) -> None:
    held = {
        "loss_": Attribute(type="sklearn.ensemble._gb_losses.OldLoss"),
        "tree_": Attribute(type="sklearn.tree._tree.Tree"),
        "base.closs": Attribute(type="sklearn._loss._loss.CyLoss"),
    }
    failure = Failure(type="ValueError", message=message, traceback=traceback)
    seen = compared(trace(held, TracedClass(parameters={})), Trace(load=failure))
    assert [holder.name for holder in seen.holders] == ([where] if where else [])


def test_what_many_members_hold_is_shown_once() -> None:
    held = {"tree_": Attribute(type="sklearn.tree._tree.Tree")}
    parts = [TracedPart(path=(f"estimators_[{n}]",), kind=NAME, attributes=held) for n in range(5)]
    failure = Failure(type="ImportError", message="No module named 'sklearn.tree._tree'")
    seen = compared(Trace(parts=tuple(parts)), Trace(load=failure))
    assert len(seen.holders) == 5
    shown = [line for line in lines(seen) if "is a sklearn.tree" in line]
    assert shown == [
        "Contains estimators_[0] → SpectralClustering.tree_ is a sklearn.tree._tree.Tree"
    ]


def test_without_a_load_the_parameters_come_from_the_readers_own_model() -> None:
    held = {"old": text("1")}
    writer = trace(held, TracedClass(parameters={"old": "2"}))
    native = trace({"new": text("3")}, TracedClass(parameters={"new": "3"}))
    seen = compared(writer, Trace(load=Failure(type="ImportError", message="")), native)
    assert [one.name for one in seen.orphans] == ["old"]
    assert [one.name for one in seen.missing] == ["new"]


def test_parts_that_could_not_be_traced_are_reported() -> None:
    crashed = Trace(method="transform", ending=Ending.CRASHED, reason="killed by SIGSEGV")
    notes = compared(trace({}, TracedClass(parameters={})), crashed, Trace(unavailable="no")).notes
    assert any(
        "sklearn-1.5 could not trace the file (crashed): killed by SIGSEGV" in n for n in notes
    )
    assert any(
        "the same pipeline trained in sklearn-1.5 could not be traced" in note for note in notes
    )


def test_an_attribute_that_is_lost_on_saving_is_not_blamed_on_the_reader() -> None:
    kind = TracedClass(parameters={})
    part = trace({}, kind).parts
    same = Trace(
        method="transform",
        parts=part,
        outcome=Returned(digest="1"),
        untraced=Returned(digest="1"),
        parts_left_out=3,
        calls_left_out=1,
    )
    notes = " ".join(compared(same, same).notes)
    assert "the change happened when it was saved" in notes
    assert "3 more estimators" in notes
    assert "too many calls" in notes


def test_a_traced_call_that_differs_from_an_untraced_one_is_reported() -> None:
    part = trace({}, TracedClass(parameters={})).parts
    odd = Trace(
        method="transform", parts=part, outcome=Returned(digest="1"), untraced=Returned(digest="2")
    )
    assert any("when it is not traced" in note for note in compared(odd, odd).notes)


def test_texts_from_a_file_are_escaped() -> None:
    held = {"evil\x1b[31m": text("\x1b]0;\x07")}
    writer = trace(held, TracedClass(parameters={"evil\x1b[31m": "1"}), path=("step\n\x1b",))
    seen = compared(writer, trace(held, TracedClass(parameters={"x": "1"}), path=("step\n\x1b",)))
    assert seen.orphans
    assert all(line.isprintable() for line in lines(seen))


def test_long_lists_are_counted() -> None:
    held = {f"p{n}": text("1") for n in range(40)}
    writer = trace(held, TracedClass(parameters=dict.fromkeys(held, "2")))
    shown = lines(compared(writer, trace(held, TracedClass(parameters={"x": "1"}))))
    assert len([line for line in shown if "is not a parameter" in line]) == 12
    assert shown[12].strip() == "and 28 more"
