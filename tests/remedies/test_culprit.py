"""The culprit package is found by swapping one package at a time."""

from __future__ import annotations

from dataclasses import replace

from matrix.model import Cell, Environment, Failure, Verdict
from matrix.remedies.culprit import PackageSwap, alike, judged

from .conftest import BAD, SAFE, cell, environment

ENVIRONMENT = environment("1.0.0")
NOWHERE = Environment(spec=ENVIRONMENT.spec, reason="conflict: they do not go together")
UNKNOWN = Verdict.UNAVAILABLE


def swap(package: str, verdict: Verdict, *, back: bool = False) -> PackageSwap:
    known = verdict is not UNKNOWN
    return PackageSwap(
        package=package,
        before="1",
        after="2",
        back=back,
        environment=ENVIRONMENT if known else NOWHERE,
        cell=cell(verdict, reason="" if known else NOWHERE.reason),
        shows=verdict is BAD if known else None,
    )


def test_one_alone() -> None:
    found = judged([swap("scikit-learn", SAFE), swap("numpy", BAD), swap("scipy", SAFE)])
    assert (found.alone, found.package) == (("numpy",), "numpy")
    assert found.words == "numpy alone is responsible (1 → 2)"


def test_each_of_two() -> None:
    found = judged([swap("scikit-learn", BAD), swap("numpy", BAD)])
    assert found.package == ""
    assert found.words == "each of scikit-learn (1 → 2) and numpy (1 → 2) alone is responsible"


def test_two_together() -> None:
    forth = [swap("scikit-learn", SAFE), swap("scipy", SAFE), swap("joblib", SAFE)]
    back = [swap(name, SAFE, back=True) for name in ("scikit-learn", "scipy")]
    found = judged([*forth, *back, swap("joblib", BAD, back=True)])
    assert found.together == ("scikit-learn", "scipy")
    assert found.words == "no package alone; scikit-learn and scipy together are responsible"


def test_one_that_is_not_available_alone_is_put_back() -> None:
    forth = [swap("scikit-learn", UNKNOWN), swap("numpy", SAFE)]
    back = [swap("scikit-learn", SAFE, back=True), swap("numpy", BAD, back=True)]
    found = judged([*forth, *back])
    assert found.package == "scikit-learn"
    assert found.words.endswith("put back alone, it removes the change")


def test_an_unavailable_package_is_not_responsible() -> None:
    """An unknown package is not taken for one that is not responsible."""
    forth = [swap("scikit-learn", UNKNOWN), swap("numpy", UNKNOWN)]
    back = [swap("scikit-learn", SAFE, back=True), swap("numpy", UNKNOWN, back=True)]
    found = judged([*forth, *back])
    assert found.alone == ()
    assert found.words.startswith("not without scikit-learn; unknown whether others are needed")
    alone = judged([swap("scikit-learn", UNKNOWN)])
    assert alone.words.startswith("unknown: scikit-learn 2 is not available with the rest")
    assert NOWHERE.reason in alone.words


def test_a_swap_back_with_another_fault_does_not_clear_a_package() -> None:
    other = replace(swap("scikit-learn", BAD, back=True), shows=False)
    found = judged([swap("scikit-learn", SAFE), swap("numpy", SAFE), other])
    assert found.alone == found.together == ()


def test_what_moved_along_is_cleared_by_its_own_swap_or_named() -> None:
    moved = replace(swap("scikit-learn", BAD), moved=("joblib", "threadpoolctl"))
    found = judged([moved, swap("joblib", UNKNOWN)])
    assert found.words == "scikit-learn (1 → 2) is responsible, or joblib, which had to change too"
    assert (
        judged([moved, swap("joblib", SAFE)]).words == "scikit-learn alone is responsible (1 → 2)"
    )


def test_bad_in_the_same_way() -> None:
    def raising(kind: str, stage: str = "predict") -> Cell:
        failure = Failure(type=kind, message="")
        return cell(Verdict.USE_FAILED, stage=stage, exception=failure)

    assert alike(raising("ValueError"), raising("ValueError"))
    assert not alike(raising("ValueError"), raising("TypeError"))
    assert not alike(raising("ValueError"), raising("ValueError", "transform"))
    changed = cell(Verdict.LABELS_CHANGED, stage="predict")
    assert alike(changed, cell(Verdict.SCORES_CHANGED, stage="predict_proba"))
    assert not alike(changed, raising("ValueError"))
    assert not alike(changed, cell(SAFE))
    assert not alike(cell(SAFE), cell(SAFE))
