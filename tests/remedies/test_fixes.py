"""A fix is tried before it is offered; given values come before missing parameters."""

from __future__ import annotations

from dataclasses import replace

from matrix.diagnosis.trace_data import Attribute, Diagnosis, Missing, StateChange
from matrix.model import Cell, Fix, OutputDifference, Verdict
from matrix.remedies import Subject
from matrix.remedies.fixes import described, find_fix, place_of
from matrix.remedies.fixes_from_diagnosis import fixes_of

from .conftest import BAD, SAFE, World, cell

GIVEN = Fix(path=("steps", 1, 1), name="given", value=0)
OWN = Fix(path=(), name="own", value=None)
CHANGED = OutputDifference(verdict=Verdict.USE_FAILED)


def in_use() -> Cell:
    return cell(Verdict.USE_FAILED, stage="predict", outputs={"predict": CHANGED})


def world(*good: str) -> World:
    return World(lambda file, _: SAFE if file in good else BAD, lacking=(OWN,))


def test_what_was_given_is_set_alone_first(ends: Subject) -> None:
    found = find_fix(world("original>1.9.0>given").experiment, ends, in_use(), [GIVEN])
    assert not isinstance(found, str)
    assert found[0].steps[0].fixes == (GIVEN,)


def test_missing_parameters_are_set_next(ends: Subject) -> None:
    found = find_fix(world("original>1.9.0>given+own").experiment, ends, in_use(), [GIVEN])
    assert not isinstance(found, str)
    assert found[0].steps[0].fixes == (GIVEN, OWN)


def test_a_change_that_does_not_restore_the_outputs_is_not_offered(ends: Subject) -> None:
    found = find_fix(world().experiment, ends, in_use())
    assert found == "setting own=None: still load-failed"


def test_a_file_that_does_not_load_is_changed_in_its_origin(ends: Subject) -> None:
    found = find_fix(world("original>1.0.0>given").experiment, ends, cell(BAD), [GIVEN])
    assert not isinstance(found, str)
    assert found[0].steps[0].environment == ends.writer
    assert "nothing is known to be missing" in str(find_fix(world().experiment, ends, cell(BAD)))


def test_in_words() -> None:
    many = [Fix(path=("estimators_", n), name="monotonic_cst", value=None) for n in range(50)]
    assert described([*many, OWN]) == "monotonic_cst=None (in 50 places), own=None"
    assert place_of(GIVEN) == "model.steps[1][1].given"
    assert place_of(Fix(path=("a b", 0), name="c", value=1)) == "model['a b'][0].c"
    held = (("key", "m"), ("index", 1))
    assert place_of(Fix(part=held, path=("steps",), name="c")) == 'model["m"][1].steps.c'


def test_only_the_necessary_attributes_are_set(ends: Subject) -> None:
    """The fixes from a diagnosis may contain more than the one that is needed."""
    more = [GIVEN, Fix(path=(), name="needed", value=1), Fix(path=(), name="idle", value=2)]
    good = ("original>1.9.0>given+idle+needed", "original>1.9.0>needed+given")
    good += ("original>1.9.0>given+needed", "original>1.9.0>needed")
    found = find_fix(world(*good).experiment, ends, in_use(), more)
    assert not isinstance(found, str)
    assert [fix.name for fix in found[0].steps[0].fixes] == ["needed"]


def test_plain_values_and_missing_parameters_of_a_diagnosis_come_first() -> None:
    def change(
        name: str, before: Attribute | None, after: Attribute | None, *, read: bool = True
    ) -> StateChange:
        return StateChange(
            path=("step",), kind="K", name=name, before=before, after=after, read=read
        )

    old, new = Attribute(type="str", shown="'log'"), Attribute(type="str", shown="'log_loss'")
    array = Attribute(type="numpy.ndarray", shape=(2,), shown="1 to 2")
    diagnosis = Diagnosis(
        own=(
            change("loss", old, new),
            change("gone", old, None),
            change("unread", None, new, read=False),
            change("idf_", None, array),
            change("n_", None, Attribute(type="int", shown="4")),
            change("cut", None, Attribute(type="str", shown="'very lo…")),
            change("sort", array, Attribute(type="int", shown="4")),
        )
    )
    assert fixes_of(diagnosis) == (
        Fix(path=("step",), name="n_", value=4, named=True),
        Fix(path=("step",), name="loss", value="log_loss", named=True),
    )


def test_an_attribute_of_another_name_is_tried_in_place_of_one_that_is_lacking() -> None:
    """A diagonal matrix of weights gives its diagonal; with two candidates there is no fix."""

    def lacking(name: str) -> Missing:
        return Missing(path=("step",), kind="k", name=name, parameter=False)

    def had(name: str, *shape: int) -> StateChange:
        before = Attribute(type="numpy.ndarray", shape=shape)
        return StateChange(path=("step",), kind="k", name=name, before=before, after=None)

    found = fixes_of(Diagnosis(missing=(lacking("shift_"),), unread=(had("offset_", 3),)))
    assert found == (Fix(path=("step",), name="shift_", of="offset_", named=True),)
    assert described(found) == "shift_=offset_"
    found = fixes_of(Diagnosis(missing=(lacking("idf_"),), unread=(had("_idf_diag", 9, 9),)))
    assert [one.of for one in found] == ["_idf_diag.diagonal()"]
    two = (had("a_", 3), had("b_", 3))
    assert fixes_of(Diagnosis(missing=(lacking("c_"),), unread=two)) == ()


def test_what_a_model_in_a_dictionary_lacks_is_set_in_that_model(ends: Subject) -> None:
    held = (("key", "m"),)
    rest = (("data", ((("key", "t"),),)),)
    model = replace(ends, artifact=replace(ends.artifact, part=held))
    whole = replace(model, others=(replace(ends, artifact=replace(ends.artifact, part=rest)),))
    lacking = (Fix(path=("m", "steps"), name="gone", value=None),)
    world = World(lambda file, _: SAFE if "gone" in file else BAD, lacking=lacking)
    found = find_fix(world.experiment, whole, in_use())
    assert not isinstance(found, str)
    (step,) = found[0].steps
    assert step.fixes == (Fix(part=held, path=("steps",), name="gone", value=None),)


def test_names_that_differ_in_underscores_alone_are_paired_among_others() -> None:
    def had(name: str) -> StateChange:
        before = Attribute(type="list")
        return StateChange(path=("step",), kind="k", name=name, before=before, after=None)

    lacking = Missing(path=("step",), kind="k", name="calibrators", parameter=True)
    unread = (had("calibrators_"), had("label_encoder_"))
    found = fixes_of(Diagnosis(missing=(lacking,), unread=unread))
    assert [(one.name, one.of) for one in found] == [("calibrators", "calibrators_")]
