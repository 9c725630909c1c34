"""Which cause a cell has."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet

from matrix import causes
from matrix.causes.known_cause import Condition, Example, KnownCause, Signature
from matrix.causes.matching import last_frame
from matrix.model import Cell, Direction, EnvInfo, Group, Verdict

from .cells import cell, changed, failed, info

TREE = ("sklearn.pipeline.Pipeline", "sklearn.tree._classes.DecisionTreeClassifier")


def known(*, id_: str = "known-1.3", since: str = "1.3.0", **signature: Any) -> KnownCause:
    signature = {"group": Group.FAILS, "message": re.compile("node array"), **signature}
    return KnownCause(
        id=id_,
        title="",
        explanation="",
        advice="",
        package="scikit-learn" if since else "",
        since=since,
        links=(),
        signatures=(Signature(**signature),),
        example=Example(pipeline="", writer="", reader=""),
    )


def of(
    found: Cell,
    *known_ones: KnownCause,
    writer: EnvInfo | None = None,
    reader: EnvInfo | None = None,
    estimators: tuple[str, ...] = TREE,
) -> str | None:
    return causes.cause_of(
        found,
        known_ones,
        estimators=estimators,
        writer=writer or info("1.2.2"),
        reader=reader or info("1.3.2"),
    )


FAILED = failed("node array from the pickle has another dtype", "ValueError")


def test_a_cell_that_shows_it_and_goes_over_the_release_has_the_cause() -> None:
    assert of(FAILED, known()) == "known-1.3"


@pytest.mark.parametrize(
    ("writer", "reader"), [("1.3.0", "1.9.1"), ("1.1.0", "1.2.2"), ("1.3.2", "1.3.2")]
)
def test_on_one_side_of_the_release_nothing_is_claimed(writer: str, reader: str) -> None:
    found = of(FAILED, known(), writer=info(writer), reader=info(reader))
    assert found is not None
    assert found.startswith(causes.PREFIX)


def test_the_first_release_has_it_and_so_has_its_candidate() -> None:
    for reader in ("1.3.0", "1.3.0rc1", "1.3"):
        assert of(FAILED, known(), reader=info(reader)) == "known-1.3"


@pytest.mark.parametrize("direction", [*Direction, None])
def test_a_direction_is_kept(direction: Direction | None) -> None:
    cause = known(direction=direction)
    ways = {"upgrade": ("1.2.2", "1.3.0"), "rollback": ("1.3.0", "1.2.2")}
    for way, (writer, reader) in ways.items():
        found = of(FAILED, cause, writer=info(writer), reader=info(reader))
        assert (found == "known-1.3") == (direction is None or direction.value == way)


def test_the_first_that_fits_is_taken() -> None:
    assert of(FAILED, known(id_="special"), known(id_="general")) == "special"


def test_without_a_release_any_pair_will_do() -> None:
    same = info("1.9.0")
    assert of(FAILED, known(since=""), writer=same, reader=same) == "known-1.3"


def test_an_environment_that_nothing_is_known_of_has_no_known_cause() -> None:
    for writer, reader in ((None, info()), (info("1.2"), None), (info("?"), info())):
        found = causes.cause_of(FAILED, [known()], estimators=(), writer=writer, reader=reader)
        assert found is not None
        assert found.startswith(causes.PREFIX)


NUMPY = Condition(package="numpy", versions=SpecifierSet("<2"))
FAILING = [
    {"group": Group.CHANGES},
    {"stages": ("predict*",)},
    {"exceptions": ("KeyError",)},
    {"message": re.compile("another message")},
    {"frame": re.compile(r"pickle\.py:load$")},
    {"estimators": ("ExtraTreeClassifier",)},
    {"formats": ("pickle-*",)},
    {"writer": (NUMPY,)},
    {"reader": (NUMPY,)},
]


@pytest.mark.parametrize("condition", FAILING, ids=lambda condition: next(iter(condition)))
def test_each_condition_must_hold(condition: dict[str, Any]) -> None:
    assert of(FAILED, known(**condition)) != "known-1.3"


def test_all_conditions_together() -> None:
    found = failed(
        "node array",
        "ValueError",
        format="joblib-zlib",
        traceback='Traceback:\n  File "/a/b/tree.pyx", line 3, in f\n'
        '  File "C:\\\\Python\\\\lib\\\\pickle.py", line 7, in load\nValueError: node array',
    )
    cause = known(
        stages=("load",),
        exceptions=("KeyError", "ValueError"),
        frame=re.compile(r"(^|/)pickle\.py:load$"),
        estimators=("DecisionTreeClassifier",),
        formats=("joblib*",),
        writer=(NUMPY,),
        reader=(Condition(package="python", versions=SpecifierSet(">=3.11")),),
    )
    writer = info("1.2", numpy="1.26.4")
    assert of(found, cause, writer=writer) == "known-1.3"
    assert of(found, cause, writer=info("1.2", numpy="2.0.0rc1")) != "known-1.3"


def test_an_estimator_is_one_of_scikit_learn() -> None:
    """A class of one's own may have the name of one of theirs."""
    cause = known(group=Group.CHANGES, message=None, estimators=("DecisionTreeClassifier",))
    assert of(changed(), cause) == "known-1.3"
    assert of(changed(), cause, estimators=("mine.DecisionTreeClassifier",)) != "known-1.3"
    assert of(changed(), cause, estimators=()) != "known-1.3"


def test_what_is_noted_of_the_output_is_the_message_of_a_change() -> None:
    cause = known(group=Group.CHANGES, message=re.compile("^shape "))
    assert of(changed(note="shape (3,) became (3, 2)"), cause) == "known-1.3"
    assert of(changed(note="array became table"), cause) != "known-1.3"


def test_few_rows_are_not_many() -> None:
    cause = known(
        group=Group.CHANGES, message=None, estimators=("DecisionTreeClassifier",), share=0.2
    )
    assert of(changed(n_changed=20), cause) == "known-1.3"
    assert of(changed(n_changed=21), cause) != "known-1.3"


@pytest.mark.parametrize("verdict", Verdict)
def test_only_what_changes_or_fails_has_a_cause(verdict: Verdict) -> None:
    found = of(cell(verdict, reason="killed by SIGSEGV"), known())
    bad = verdict.group.unsafe
    assert (found is not None and found.startswith(causes.PREFIX)) if bad else found is None


def test_a_repr_that_fails_has_the_cause_of_its_exception() -> None:
    """Signatures say "fails" of it, as they did before it had a verdict of its own."""
    shown = failed("node array from the pickle", stage="repr", verdict="introspection-failed")
    assert shown.verdict is Verdict.INTROSPECTION_FAILED
    assert of(shown, known(stages=("repr",))) == "known-1.3"
    assert of(shown, known(group=Group.CHANGES)) != "known-1.3"
    assert of(failed("another", stage="repr"), known()) == of(
        failed("another", stage="repr", verdict="introspection-failed"), known()
    ), "an unknown cause keeps its id"


@given(st.text(), st.text(), st.text(), st.text(), st.lists(st.text(), max_size=3), st.booleans())
def test_whatever_a_model_says_there_is_an_answer(
    kind: str, message: str, stage: str, traceback: str, names: list[str], change: bool
) -> None:
    """Our own file against any text: exceptions and names come from models."""
    bad = changed(stage, note=message) if change else failed(message, kind, stage)
    found = causes.cause_of(
        bad, causes.known(), estimators=names, writer=info(message), reader=info("1.3")
    )
    assert found
    last_frame(traceback)


# --------------------------------------------------------------------------- unknown ones


def test_an_unknown_cause_does_not_depend_on_numbers_and_places() -> None:
    messages = [
        "shape (3, 17) at 0x7f2f33 in /home/me/models/tree.py",
        "shape (3, 18) at 0x55aa in /srv/other/place/tree.py",
    ]
    assert len({of(failed(message)) for message in messages}) == 1


def test_what_distinguishes_unknown_causes() -> None:
    base = failed("no such thing")
    others = [
        failed("no such place"),
        failed("no such thing", "KeyError"),
        failed("no such thing", stage="predict"),
        changed(),
        changed("transform"),
        cell(Verdict.SCORES_CHANGED, stage="predict"),
        cell(Verdict.CRASHED, reason="killed by SIGSEGV"),
    ]
    assert len({of(one) for one in [base, *others]}) == 8
    assert of(base) == of(failed("no such thing", writer="other", pipeline="another"))
    assert of(failed("x", stage="predict")) == of(failed("x", stage="transform"))
    assert of(changed()) != of(changed(), estimators=())


def test_the_names_of_modules_tell_unknown_causes_apart() -> None:
    names = (
        "sklearn.ensemble._hist_gradient_boosting.loss",
        "sklearn.model_selection._searching_s",
    )
    assert len({of(failed(f"No module named '{name}'")) for name in names}) == 2


def test_the_id_of_an_unknown_cause_stays_what_it_was() -> None:
    """People write it down: a change of it is a change of what users see."""
    assert of(failed("no such thing 3", "KeyError")) == "unknown-88147294"


# ------------------------------------------------------------- tables that pandas makes otherwise

TABLE = "with pandas 3.0.0: column city, rows 3, 8: None → nan"
TEXTS = KnownCause(
    id="texts",
    title="",
    explanation="",
    advice="",
    package="pandas",
    since="3.0.0",
    links=(),
    signatures=(
        Signature(group=Group.CHANGES, table=re.compile("None → nan")),
        Signature(group=Group.FAILS, table=re.compile("None → nan")),
    ),
    example=Example(pipeline="p", writer="w", reader="r"),
)
MODEL = replace(
    TEXTS,
    id="model",
    signatures=(
        Signature(group=Group.CHANGES, estimators=("OneHotEncoder",)),
        Signature(group=Group.FAILS, message=re.compile("unknown")),
    ),
)


def cause_of_table(found: Cell, before: str = "2.2.3", after: str = "3.0.0") -> str | None:
    return causes.cause_of(
        found,
        (MODEL, TEXTS),
        estimators=("sklearn.preprocessing._encoders.OneHotEncoder",),
        writer=info(pandas=before),
        reader=info(pandas=after),
    )


def test_a_table_that_changed_has_a_cause_of_its_own() -> None:
    by_table = cell(Verdict.INPUT_CHANGED, stage="predict", reason=TABLE)
    assert cause_of_table(by_table) == "texts"
    assert cause_of_table(by_table, before="3.0.0", after="2.2.3") == "texts"
    assert str(cause_of_table(by_table, before="2.1.0", after="2.2.3")).startswith("unknown-")
    other = replace(by_table, reason="with pandas 2.2.3: column city, row 3: 'None' → nan")
    assert str(cause_of_table(other)).startswith("unknown-")


def test_a_failure_by_the_table_is_not_one_of_the_model_and_vice_versa() -> None:
    raised = failed("unknown category nan", "ValueError", "predict")
    assert cause_of_table(replace(raised, reason=TABLE)) == "texts"
    assert cause_of_table(raised) == "model"
    assert cause_of_table(changed()) == "model"
