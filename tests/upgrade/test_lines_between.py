"""Lines are left out only between two that are bad alike, and nothing is claimed of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from matrix.baseline.baseline import Baseline
from matrix.model import (
    Acceptance,
    Cell,
    EnvInfo,
    Environment,
    EnvSpec,
    Failure,
    OutputDifference,
    Verdict,
)
from matrix.upgrade.answer import Model, Target, UpgradeQuestion
from matrix.upgrade.lines_between import (
    Needed,
    alike,
    always,
    ends_of,
    in_baseline,
    never,
    not_run,
    to_run,
    with_lines,
)

SAFE, LIMITED, UNKNOWN = (
    Verdict.IDENTICAL,
    Verdict.INTROSPECTION_FAILED,
    Verdict.UNAVAILABLE,
)
CHANGED, FAILED = Verdict.LABELS_CHANGED, Verdict.LOAD_FAILED
LINES = ("1.4", "1.5", "1.6", "1.7", "1.8", "1.9")


def spec(name: str) -> EnvSpec:
    return EnvSpec(id=f"sklearn-{name}", label=name, scikit_learn=name)


def target(release: str, verdict: Verdict, line: str = "", **more: object) -> Target:
    packages = {"scikit-learn": release}
    info = EnvInfo(python="3.12", platform="linux", executable=Path("python"), packages=packages)
    there = spec(line or release.rpartition(".")[0])
    cell = Cell(pipeline="m", format="joblib", writer="o", reader=there.id, verdict=verdict)
    return Target(
        environment=Environment(spec=there, info=info),
        cell=replace(cell, **more),  # type: ignore[arg-type]
    )


def question(*run: str) -> UpgradeQuestion:
    lines = tuple(map(spec, LINES))
    return UpgradeQuestion(
        model=Model(id="m", path=Path("m")),
        origin=spec("1.3.2"),
        targets=tuple(one for one in lines if one.scikit_learn in run),
        lines=lines,
    )


ORIGIN = target("1.3.2", SAFE, "1.3.2")


def run_next(*targets: Target, needed: Needed = never) -> list[str]:
    asked = question(*(one.environment.spec.scikit_learn for one in targets))
    return [one.scikit_learn for one in to_run(asked, (ORIGIN, *targets), needed)]


def test_between_two_that_are_safe_every_line_is_run() -> None:
    """Two changes may cancel each other out, so a release between may be bad."""
    assert run_next(target("1.9.1", SAFE)) == ["1.4", "1.5", "1.6", "1.7", "1.8"]
    assert run_next(target("1.9.1", LIMITED)) == ["1.4", "1.5", "1.6", "1.7", "1.8"]


def test_what_is_unknown_says_nothing_of_the_lines_before_it() -> None:
    assert run_next(target("1.9.1", UNKNOWN)) == ["1.4", "1.5", "1.6", "1.7", "1.8"]


def test_between_a_safe_one_and_a_bad_one_the_middle_is_run() -> None:
    assert run_next(target("1.9.1", CHANGED)) == ["1.6"]
    assert run_next(target("1.6.1", SAFE), target("1.9.1", CHANGED)) == ["1.4", "1.5", "1.7"]


def test_between_two_that_are_bad_alike_none_is_run_and_the_answer_names_them() -> None:
    bad = (target("1.6.1", CHANGED), target("1.9.1", CHANGED))
    assert run_next(*bad) == ["1.4"]
    (gap,) = not_run(question("1.4", "1.5", "1.6", "1.9"), (ORIGIN, *bad))
    assert gap.lines == ("1.7", "1.8")
    assert (gap.below.release, gap.above.release) == ("1.6.1", "1.9.1")
    assert run_next(*bad, needed=always) == ["1.4", "1.7", "1.8"]


def test_with_a_rollback_both_ends_are_run_first() -> None:
    lines = tuple(map(spec, ("1.4", "1.5", "1.2", "1.1")))
    assert [one.scikit_learn for one in ends_of(lines, "1.3.2")] == ["1.5", "1.1"]
    assert [one.scikit_learn for one in ends_of(lines, "1.0.2")] == ["1.5"]


def test_the_line_of_the_origin_lies_after_it() -> None:
    lines = (spec("1.3"), spec("1.4"))
    asked = replace(question(), origin=spec("1.3.0"), targets=lines[1:], lines=lines)
    found = with_lines(asked, (target("1.3.0", SAFE, "1.3.0"), target("1.4.2", SAFE)), never)
    assert found.targets == lines


_FAILS = Failure(type="AttributeError", message="no attribute 'a'")


@pytest.mark.parametrize(
    "other",
    [
        target("1.9.1", FAILED, stage="load", exception=_FAILS),
        target("1.9.1", CHANGED, stage="predict", cause="tfidf-idf-1.5", outputs={}),
        target("1.9.1", CHANGED, stage="transform", outputs={}),
        target(
            "1.9.1",
            CHANGED,
            stage="predict",
            outputs={"predict": OutputDifference(verdict=CHANGED, n_changed=9, n=10)},
        ),
        target("1.9.1", CHANGED, stage="predict", silent=True),
        target("1.9.1", SAFE),
    ],
)
def test_results_that_differ_in_anything_are_not_alike(other: Target) -> None:
    one = target(
        "1.6.1",
        CHANGED,
        stage="predict",
        outputs={"predict": OutputDifference(verdict=CHANGED, n_changed=8, n=10)},
    )
    assert alike(one.cell, one.cell)
    assert not alike(one.cell, other.cell)


def test_what_is_safe_or_unknown_is_alike_to_nothing() -> None:
    for verdict in (SAFE, LIMITED, UNKNOWN):
        one = target("1.6.1", verdict)
        assert not alike(one.cell, one.cell)


# ------------------------------------------------------------------------ baselines


def baseline(*lines: str, accepted: str = "") -> Needed:
    verdicts = {("m", "joblib", "o", f"sklearn-{line}"): CHANGED for line in lines}
    day = date(2026, 11, 29)
    acceptances = [Acceptance(pipelines="m", readers=accepted, reason="known", until=day)]
    known = Baseline(
        source="b.toml", verdicts=verdicts, acceptances=tuple(acceptances if accepted else ())
    )
    return in_baseline(known, day)


@pytest.mark.parametrize(
    ("needed", "expected"),
    [
        (baseline("1.6", "1.9"), ["1.4"]),
        (baseline("1.6", "1.7", "1.9"), ["1.4", "1.7"]),
        (baseline("1.6", accepted="1.9"), ["1.4", "1.7", "1.8"]),
        (baseline(accepted="1.2"), ["1.4"]),
    ],
)
def test_a_line_passes_only_as_it_is_in_the_baseline(needed: Needed, expected: list[str]) -> None:
    """What an acceptance lets pass says nothing of the lines between."""
    assert run_next(target("1.6.1", CHANGED), target("1.9.1", CHANGED), needed=needed) == expected
