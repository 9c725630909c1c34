"""A file is converted in the target first, and written only if every output is the same."""

from __future__ import annotations

from matrix.model import AppliedConversion, Failure, OutputDifference, Verdict
from matrix.remedies import Subject, find_conversions
from matrix.remedies.conversions import find_conversion, in_words, lines_of

from .conftest import BAD, SAFE, World, cell, environment, subject

DONE = (
    AppliedConversion(name="tree-values-1.3", places=2, meaning="values are divided"),
    AppliedConversion(name="monotonic_cst=None", places=3),
)
CONVERTED = "original>1.9.0>converted"


def world(*good: str) -> World:
    return World(lambda file, _: SAFE if file in good else BAD, converted=DONE)


def test_what_was_done_is_told_and_listed_in_the_script(ends: Subject) -> None:
    (remedy,) = find_conversions(world(CONVERTED).experiment, ends, cell(BAD)).files
    assert remedy.words == (
        "load it in 1.9.0, convert it: values are divided (in 2 places); monotonic_cst=None (in 3 "
        "places) set: identical in the target"
    )
    assert remedy.file is not None
    assert list(lines_of(remedy.file.steps[0])) == [
        "# converted: values are divided (in 2 places)",
        "# converted: set monotonic_cst=None (in 3 places)",
    ]
    assert "# converted: values are divided" in remedy.by_hand


def test_a_converted_file_that_differs_is_no_remedy(ends: Subject) -> None:
    found = find_conversions(world().experiment, ends, cell(BAD))
    assert found.files == ()
    assert found.tried == (
        "converting the fitted state (values are divided (in 2 places); monotonic_cst=None (in 3 "
        "places) set): still load-failed (load: ValueError)",
    )


def test_a_partial_result_names_what_it_keeps_and_what_not(ends: Subject) -> None:
    class Partial(World):
        def cell(self, *_: object) -> object:  # type: ignore[override]
            changed = OutputDifference(verdict=Verdict.SCORES_CHANGED)
            outputs = {"predict_log_proba": changed}
            return cell(Verdict.SCORES_CHANGED, stage="predict_log_proba", outputs=outputs)

    partial = Partial(lambda *_: BAD, converted=DONE)
    found = find_conversion(partial.experiment, ends, cell(BAD))
    assert isinstance(found, str)
    assert "scores-changed (predict_log_proba), and the same in predict, repr" in found


def test_nothing_is_tried_between_environments_that_differ_in_neither() -> None:
    same = subject(environment("1.0.0"), environment("1.0.0", pandas="2.1.0"))
    one = world(CONVERTED)
    assert find_conversion(one.experiment, same, cell(BAD)) == ""
    assert one.loads == []


def test_a_file_of_a_newer_protocol_is_saved_with_an_older_one_first(ends: Subject) -> None:
    failure = Failure(type="ValueError", message="unsupported pickle protocol: 5")
    bad = cell(Verdict.LOAD_FAILED, stage="load", exception=failure)
    found = find_conversion(world("original>1.0.0>1.9.0>converted").experiment, ends, bad)
    assert not isinstance(found, str)
    assert [step.environment.spec.label for step in found[0].steps] == ["1.0.0", "1.9.0"]


def test_a_file_that_was_only_saved_again_is_said_to_be_so() -> None:
    assert in_words(()) == "saved again"
