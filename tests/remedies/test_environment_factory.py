"""A derived environment differs in one package, and pins all others."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from matrix.remedies.environment_factory import Hold, differing, like, with_package

from .conftest import environment

BASE = environment("1.2.2", numpy="1.24.2", scipy="1.10.1", threadpoolctl="3.1.0", python="3.10.13")
LATER = environment("1.3.0", numpy="1.26.4", scipy="1.11.3", python="3.12.1")


def test_all_pins_are_held_but_one() -> None:
    spec = like(BASE, "numpy", "1.26.4", LATER)
    assert (spec.scikit_learn, spec.python) == ("1.2.2", "3.10.13")
    assert set(spec.requirements) == {"pandas==2.2.0", "numpy==1.26.4"}
    assert spec.constraints == ("scipy==1.10.1", "threadpoolctl==3.1.0")


def test_scikit_learn_and_python_are_changed_in_their_own_places() -> None:
    spec = like(BASE, "scikit-learn", "1.3.0", LATER)
    assert (spec.scikit_learn, spec.python) == ("1.3.0", "3.10.13")
    assert "numpy==1.24.2" in spec.constraints
    spec = like(BASE, "python", "3.12.1", LATER)
    assert (spec.scikit_learn, spec.python) == ("1.2.2", "3.12.1")
    assert "numpy==1.24.2" in spec.constraints


def test_other_packages_may_change_where_a_swap_alone_cannot_be_resolved() -> None:
    spec = like(BASE, "numpy", "1.26.4", LATER, hold=Hold.CORE)
    assert set(spec.requirements) == {"pandas", "numpy==1.26.4"}
    assert spec.constraints == ("scipy==1.10.1",)
    with_joblib = environment("1.2.2", joblib="1.2.0"), environment("1.3.0", joblib="1.3.2")
    spec = like(with_joblib[0], "scikit-learn", "1.3.0", with_joblib[1], hold=Hold.LINES)
    assert spec.constraints == ("joblib>=1.2.0,<=1.3.2", "numpy==1.26.*")
    back = like(with_joblib[1], "scikit-learn", "1.2.2", with_joblib[0], hold=Hold.LINES)
    assert "joblib>=1.2.0,<=1.3.2" in back.constraints


def test_the_later_day_counts_and_today_is_the_latest() -> None:
    assert LATER.lock is not None
    newer = replace(LATER, lock=replace(LATER.lock, as_of=date(2025, 1, 2)))
    today = replace(LATER, lock=replace(LATER.lock, as_of=None))
    assert like(BASE, "numpy", "1.26.4", newer).as_of == "2025-01-02"
    assert like(newer, "numpy", "1.26.4", BASE).as_of == "2025-01-02"
    assert like(BASE, "numpy", "1.26.4", today).as_of == "today"


def test_two_that_differ_have_two_names() -> None:
    spec = like(BASE, "numpy", "1.26.4", LATER)
    assert spec.id.startswith("sklearn-1.2.2-with-numpy-1.26.4-")
    assert spec.label == "1.2.2 with numpy 1.26.4"
    other = like(environment("1.2.2", scipy="1.9.3"), "numpy", "1.26.4", LATER)
    assert spec.id != other.id
    long = replace(BASE, spec=replace(BASE.spec, id="x" * 80))
    assert len(like(long, "scikit-learn", "1.9.1.post1", LATER).id) <= 80


def test_only_what_differs_is_suspected() -> None:
    assert differing(BASE, LATER) == ("scikit-learn", "numpy", "scipy", "python")
    assert differing(BASE, BASE) == ()


def test_the_python_of_the_other_end_may_be_taken_along() -> None:
    """A numpy of old has no wheels for a new Python."""
    spec = like(BASE, "numpy", "1.26.4", LATER, hold=Hold.OTHER_PYTHON)
    assert LATER.info is not None
    assert spec.python == LATER.info.python
    assert "numpy==1.26.4" in (*spec.requirements, *spec.constraints)
    assert like(BASE, "python", "3.9.18", LATER, hold=Hold.OTHER_PYTHON).python == "3.9.18"


def test_adding_a_package_changes_no_other() -> None:
    spec = with_package(BASE, "skops<=0.11.0")
    assert (spec.scikit_learn, spec.python, spec.as_of) == ("1.2.2", "3.10.13", "today")
    assert spec.requirements == ("pandas==2.2.0", "skops<=0.11.0")
    assert set(spec.constraints) == {
        "numpy==1.24.2",
        "pandas==2.2.0",
        "scipy==1.10.1",
        "threadpoolctl==3.1.0",
    }
    assert spec.id != with_package(BASE, "skops").id
    held = environment("1.2.2", skops="0.9.0")
    held = replace(held, spec=replace(held.spec, requirements=("pandas", "skops")))
    assert with_package(held, "skops").requirements == ("pandas==2.2.0", "skops")
    assert not any(one.startswith("skops") for one in with_package(held, "skops").constraints)
