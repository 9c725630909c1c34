"""The description of the first bad release claims only what was tested."""

from __future__ import annotations

from dataclasses import replace

import pytest

from matrix.model import EnvSpec, Verdict
from matrix.remedies import FirstBad, Subject
from matrix.remedies.first_bad import find_first_bad

from .conftest import BAD, SAFE, World, cell, environment

RUN = {"1.4.2": cell(SAFE), "1.5.0": cell(BAD)}


def first_bad(*, gap: tuple[str, ...] = (), exact: bool = True, back: bool = False) -> FirstBad:
    return FirstBad(
        package="scikit-learn",
        last_good="1.4.2",
        first_bad="1.5.0",
        gap=gap,
        exact=exact,
        back=back,
        run=RUN,
    )


def test_exactly() -> None:
    assert first_bad().words == (
        "first bad: scikit-learn 1.5.0; 1.4.2 is the last good one (run: 1.4.2, 1.5.0)"
    )
    assert first_bad().requirement == "scikit-learn<1.5"


def test_a_gap_is_reported_and_not_pinned() -> None:
    found = first_bad(gap=("1.4.3",), exact=False)
    assert "unknown between them: 1.4.3" in found.words
    assert found.requirement == "scikit-learn<=1.4.2"
    assert "were not run" in first_bad(exact=False).words
    assert first_bad(exact=False).requirement == "scikit-learn<=1.4.2"


def test_the_way_back() -> None:
    assert first_bad(back=True).words.startswith(
        "bad from scikit-learn 1.5.0 down; 1.4.2 is still good"
    )
    assert first_bad(back=True).requirement == "scikit-learn>=1.4.2"


def test_releases_with_other_packages_are_reported_as_such() -> None:
    """What is seen then need not be the doing of scikit-learn."""
    found = replace(first_bad(), held=False)
    assert "each with the packages of its time" in found.words


# --------------------------------------------------------------------- where only repr fails

RELEASES = tuple(f"1.{line}.0" for line in range(10))


class ReleasesInBetween(World):
    """Every release between the two ends is available."""

    def between(self, package: str, low: str, high: str) -> tuple[str, ...]:
        assert (package, low, high) == ("scikit-learn", RELEASES[0], RELEASES[-1])
        return RELEASES[1:-1]

    def as_released(self, release: str) -> EnvSpec:
        return environment(release).spec


def repr_fails_then_all(_: str, release: str) -> Verdict:
    """Safe up to 1.3, then only ``repr`` fails, and from 1.7 on the file does not load."""
    line = int(release.split(".")[1])
    return SAFE if line < 4 else Verdict.INTROSPECTION_FAILED if line < 7 else BAD


@pytest.mark.parametrize(
    ("limited", "last_good", "first"), [(False, "1.6.0", "1.7.0"), (True, "1.3.0", "1.4.0")]
)
def test_a_release_where_only_repr_fails_is_bad_only_if_that_is_looked_for(
    ends: Subject, limited: bool, last_good: str, first: str
) -> None:
    world = ReleasesInBetween(gives=repr_fails_then_all)
    found = find_first_bad(world.experiment, ends, limited=limited)
    assert found is not None
    assert (found.last_good, found.first_bad, found.exact) == (last_good, first, True)
    assert len(world.loads) <= 4
