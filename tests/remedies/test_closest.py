"""Where no conversion keeps every output, the one that keeps most is named."""

from __future__ import annotations

from dataclasses import replace

import pytest

from matrix.model import Cell, OutputDifference, Returned, Verdict
from matrix.remedies import CandidateFile, Subject
from matrix.remedies.closest import closest

from .conftest import cell, environment

METHODS = ("predict", "predict_proba", "predict_log_proba", "classes_", "repr")


@pytest.fixture
def model(ends: Subject) -> Subject:
    outputs = {name: Returned(digest=name, whole=True) for name in METHODS}
    return replace(ends, saving=replace(ends.saving, outputs=outputs))


def changed(*methods: str) -> Cell:
    bad = {name: OutputDifference(verdict=Verdict.SCORES_CHANGED) for name in methods}
    return cell(Verdict.SCORES_CHANGED, outputs=bad)


def file(subject: Subject) -> CandidateFile:
    return replace(subject.file, steps=())


def test_the_conversion_that_keeps_most_is_named_with_what_it_loses(model: Subject) -> None:
    some, most = changed("predict_proba", "predict_log_proba"), changed("predict_log_proba")
    found = closest(model, cell(Verdict.LOAD_FAILED), [(file(model), some), (file(model), most)])
    assert found is not None
    assert (found.same, found.different) == (("predict", "predict_proba"), ("predict_log_proba",))
    assert "--methods predict,predict_proba" in found.words
    assert "not predict_log_proba (scores-changed)" in found.words


def test_the_original_is_named_where_no_conversion_keeps_more(model: Subject) -> None:
    before = changed("predict_proba")
    found = closest(model, before, [(file(model), changed("predict"))])
    assert found is not None
    assert found.words.startswith("closest: the file as it is: predict, predict_log_proba")


def test_where_no_output_stays_the_same_nothing_is_named(model: Subject) -> None:
    nothing = cell(Verdict.LOAD_FAILED)
    assert closest(model, nothing, [(file(model), nothing)]) is None
    assert closest(model, nothing, []) is None


def test_of_a_file_with_several_models_nothing_is_said(model: Subject) -> None:
    several = replace(model, others=(replace(model, reader=environment("1.9.0")),))
    assert closest(several, cell(Verdict.LOAD_FAILED), [(file(model), changed("repr"))]) is None
