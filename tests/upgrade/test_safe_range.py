"""The safe range has no gap, and unknown is never safe."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from matrix.model import Cell, EnvInfo, Environment, EnvSpec, Verdict
from matrix.upgrade.answer import Target
from matrix.upgrade.safe_range import gaps, safe_range

SAFE, BAD, UNKNOWN = Verdict.IDENTICAL, Verdict.LABELS_CHANGED, Verdict.UNAVAILABLE
LIMITED = Verdict.INTROSPECTION_FAILED


def target(release: str, verdict: Verdict, *, ready: bool = True) -> Target:
    packages = {"scikit-learn": release}
    info = EnvInfo(python="3.12", platform="linux", executable=Path("python"), packages=packages)
    spec = EnvSpec(id=f"sklearn-{release}", label=release, scikit_learn=release)
    cell = Cell(
        pipeline="m", format="joblib", writer="o", reader=f"sklearn-{release}", verdict=verdict
    )
    environment = Environment(spec=spec, info=info if ready else None)
    return Target(environment=environment, cell=cell)


def pin(*targets: Target) -> str:
    found = safe_range(targets, bisected=True)
    assert found is not None
    return found.pin


def test_safe_up_to_the_newest() -> None:
    assert pin(target("1.3.2", SAFE), target("1.4.2", SAFE), target("1.9.1", SAFE)) == (
        "scikit-learn>=1.3.2,<=1.9.1"
    )


def test_the_first_that_changes_ends_it() -> None:
    found = safe_range(
        [target("1.3.2", SAFE), target("1.4.2", SAFE), target("1.5.0", BAD), target("1.6.1", SAFE)],
        bisected=True,
    )
    assert found is not None
    assert found.run == ("1.3.2", "1.4.2")
    assert found.pin == "scikit-learn>=1.3.2,<1.5"
    assert found.highest == "1.4.2"


def test_what_was_not_looked_for_is_not_within_the_pin() -> None:
    found = safe_range([target("1.1.3", SAFE), target("1.2.2", BAD)])
    assert found is not None
    assert found.pin == "scikit-learn==1.1.3"


def test_what_is_not_known_is_not_within_the_pin() -> None:
    assert pin(target("1.1.3", SAFE), target("1.2.2", UNKNOWN)) == "scikit-learn==1.1.3"


def test_a_model_that_only_cannot_be_printed_goes_on_predicting() -> None:
    here = [
        target("1.3.2", SAFE),
        target("1.5.2", SAFE),
        target("1.6.0", LIMITED),
        target("1.7.2", SAFE),
        target("1.9.1", LIMITED),
        target("1.10.0", BAD),
        target("1.2.2", LIMITED),
    ]
    found = safe_range(here, bisected=True)
    assert found is not None
    assert found.run == ("1.2.2", "1.3.2", "1.5.2", "1.6.0", "1.7.2", "1.9.1")
    assert found.safe == ("1.3.2", "1.5.2", "1.7.2")
    assert [one.release for one in found.limited] == ["1.2.2", "1.6.0", "1.9.1"]
    assert found.pin == "scikit-learn>=1.2.2,<1.10"
    assert gaps(here) == [("1.9.1", "1.10.0")], "where repr begins to fail is not looked for"


def test_a_patch_release_is_named_in_full() -> None:
    assert pin(target("1.3.0", SAFE), target("1.3.1", BAD)) == "scikit-learn>=1.3.0,<1.3.1"


def test_an_unknown_release_ends_it_too() -> None:
    here = target("1.3.2", SAFE), target("1.4", UNKNOWN, ready=False), target("1.5.2", SAFE)
    found = safe_range(here)
    assert found is not None
    assert found.run == ("1.3.2",)
    assert gaps(here) == []


def test_below_the_origin_too() -> None:
    here = [target("1.3.2", SAFE), target("1.2.2", SAFE), target("1.1.3", BAD)]
    assert pin(*here) == "scikit-learn>=1.2.2,<=1.3.2"
    assert gaps(here) == [("1.1.3", "1.2.2")]


def test_the_same_release_with_other_packages_counts_as_its_worst() -> None:
    found = safe_range([target("1.3.2", SAFE), target("1.4.2", SAFE), target("1.4.2", BAD)])
    assert found is not None
    assert found.run == ("1.3.2",)


@pytest.mark.parametrize("verdict", [BAD, UNKNOWN])
def test_without_a_safe_origin_there_is_no_range(verdict: Verdict) -> None:
    assert safe_range([target("1.3.2", verdict), target("1.4.2", SAFE)]) is None
    assert safe_range([]) is None


RELEASES = [f"1.{line}.{patch}" for line in range(4) for patch in range(3)]


@given(
    st.dictionaries(st.sampled_from(RELEASES), st.sampled_from(list(Verdict)), min_size=1),
    st.booleans(),
    st.data(),
)
def test_no_release_that_is_known_to_be_unsafe_is_within_the_pin(
    verdicts: dict[str, Verdict], bisected: bool, data: st.DataObject
) -> None:
    origin = data.draw(st.sampled_from(sorted(verdicts)))
    others = [target(release, verdict) for release, verdict in verdicts.items()]
    targets = [target(origin, SAFE), *(t for t in others if t.release != origin)]
    found = safe_range(targets, bisected=bisected)
    assert found is not None
    allowed = SpecifierSet(found.pin.removeprefix("scikit-learn"))
    assert Version(origin) in allowed
    for release, verdict in verdicts.items():
        assert verdict.predicts_same or release == origin or Version(release) not in allowed
    limited = {t.release for t in targets if t.cell.verdict is LIMITED}
    assert {t.release for t in found.limited} == limited & set(found.run)
    assert set(found.safe) | (limited & set(found.run)) == set(found.run)
    assert not set(found.safe) & limited
