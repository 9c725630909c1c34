"""One package moves at a time: its range, its pin, and which package is responsible."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from matrix.model import (
    Cell,
    EnvInfo,
    Environment,
    EnvSpec,
    ModelReference,
    Returned,
    Saving,
    UnavailableReason,
    Verdict,
)
from matrix.report import model_answers, package_words
from matrix.upgrade.answer import Model, PackageLadder, Target, UpgradeAnswer
from matrix.upgrade.checker import ModelChecker, ModelRecord, ModelWork
from matrix.upgrade.origins import Origins
from matrix.upgrade.upgrade import upgrade

SAFE, BAD = Verdict.IDENTICAL, Verdict.USE_FAILED
SCIKIT_LEARN = ["1.4.0", "1.5.0", "1.6.0"]
XGBOOST = ["2.0.0", "2.0.1", "2.1.0", "3.0.0"]


def spec(scikit_learn: str, xgboost: str = "2.0.0", more: str = "") -> EnvSpec:
    return EnvSpec(
        id=f"sklearn-{scikit_learn}-xgboost{xgboost}{more}",
        label=f"{scikit_learn} xgboost{xgboost}",
        scikit_learn=scikit_learn,
        requirements=(f"xgboost=={xgboost}",),
    )


@dataclass
class Places:
    """Two packages whose releases can be combined, except for some."""

    impossible: tuple[str, ...] = ()
    no_pair: tuple[tuple[str, str], ...] = ()
    are_consecutive: bool = True
    sandbox: None = None
    made: dict[str, Environment] = field(default_factory=dict)

    def text(self, _: EnvSpec) -> str:
        return ""

    def origin(self, model: Model) -> EnvSpec:
        return spec(SCIKIT_LEARN[0])

    def targets(self, _: Model, origin: EnvSpec) -> tuple[EnvSpec, ...]:
        return tuple(map(spec, SCIKIT_LEARN[1:]))

    def ladders(self, _: Model, origin: EnvSpec) -> tuple[PackageLadder, ...]:
        lines = [one for one in ("2.1.0", "3.0.0") if one not in self.impossible]
        return (
            PackageLadder(
                package="xgboost",
                targets=tuple(spec(SCIKIT_LEARN[0], one) for one in lines),
                impossible=self.impossible,
            ),
        )

    def moved(
        self, _: Model, origin: EnvSpec, package: str, releases: Sequence[str]
    ) -> dict[str, EnvSpec | None]:
        return {
            one: None if one in self.impossible else spec(SCIKIT_LEARN[0], one) for one in releases
        }

    def companions(
        self, origin: EnvSpec, target: EnvSpec, newer: Sequence[Mapping[str, str]]
    ) -> Iterator[EnvSpec]:
        for versions in newer:
            newest = versions["xgboost"].startswith(">")
            version = XGBOOST[-1] if newest else versions["xgboost"].removeprefix("==")
            yield spec(target.scikit_learn, version)

    def with_newer(self, _: Model, target: EnvSpec) -> EnvSpec | None:
        return spec(target.scikit_learn, "3.0.0", "-newer")

    def between(self, _: Model, origin: EnvSpec, low: str, high: str) -> EnvSpec | None:
        return None

    def releases_between(self, low: str, high: str, package: str) -> tuple[str, ...]:
        if package == "scikit-learn":
            return ()
        return tuple(XGBOOST[XGBOOST.index(low) + 1 : XGBOOST.index(high)])

    def neighbours(self, low: str, high: str, package: str = "scikit-learn") -> bool:
        return package == "scikit-learn" or not self.releases_between(low, high, package)

    def put_in_order(self, ids: Iterable[str]) -> None: ...

    def prepare(self, specs: Iterable[EnvSpec]) -> Mapping[str, Environment]:
        for one in specs:
            packages = {
                "scikit-learn": one.scikit_learn,
                "xgboost": one.requirements[0].partition("==")[2],
                "numpy": "1.26.4",
            }
            info = EnvInfo(
                python="3.12", platform="linux", executable=Path("python"), packages=packages
            )
            self.made[one.id] = Environment(spec=one, info=info)
            if (one.scikit_learn, packages["xgboost"]) in self.no_pair:
                self.made[one.id] = Environment(
                    spec=one, reason="there is no wheel", why=UnavailableReason.NO_WHEEL
                )
        return self.made

    def target_notes(self, environments: Iterable[Environment]) -> Iterator[str]:
        yield from ()

    def notes(self, model: Model) -> tuple[str, ...]:
        return ()

    @property
    def environments(self) -> tuple[Environment, ...]:
        return tuple(self.made.values())


@dataclass
class Check:
    """Gives each pair of releases its verdict."""

    bad: Callable[[str, str], bool]
    sandbox: None = None

    def check(self, work: Sequence[ModelWork], _: object) -> dict[str, ModelRecord]:
        return {one.model.id: self._found(one) for one in work}

    def _found(self, one: ModelWork) -> ModelRecord:
        outputs = {"predict": Returned(digest="0")}
        found = ModelRecord(
            reference=ModelReference(saving=Saving(pipeline="m", writer="o", outputs=outputs))
        )
        for reader in (one.origin, *one.targets):
            assert reader.info is not None
            packages = reader.info.packages
            bad = self.bad(packages["scikit-learn"], packages["xgboost"])
            cell = Cell(
                pipeline="m",
                format="joblib",
                writer="o",
                reader=reader.id,
                verdict=BAD if bad else SAFE,
                stage="predict" if bad else "",
            )
            found.targets[reader.id] = Target(environment=reader, cell=cell)
        return found


def answer(bad: Callable[[str, str], bool], **places: Any) -> UpgradeAnswer:
    origins, checker = cast(Origins, Places(**places)), cast(ModelChecker, Check(bad))
    (found,) = upgrade([Model(id="m", path=Path("m"))], origins, checker).answers
    return found


def test_each_pin_names_the_packages_that_stayed() -> None:
    found = answer(lambda scikit_learn, xgboost: False)
    assert found.range is not None
    assert found.range.pin == "scikit-learn>=1.4.0,<=1.6.0 xgboost==2.0.0"
    assert list(package_words.pins(found)) == ["xgboost>=2.0.0,<=3.0.0 scikit-learn==1.4.0"]
    assert model_answers.headline(found) == (
        "safe with scikit-learn 1.4.0 to 1.6.0; safe with xgboost 2.0.0 to 3.0.0"
    )


def test_the_first_bad_release_of_a_package_is_found_while_scikit_learn_stays() -> None:
    found = answer(lambda scikit_learn, xgboost: xgboost != "2.0.0")
    (package,) = found.packages
    assert package.range is not None
    assert [one.release for one in package.targets] == ["2.0.0", "2.1.0", "3.0.0", "2.0.1"]
    assert package.range.first_bad is not None
    assert (package.range.first_bad.release, package.range.exact) == ("2.0.1", True)
    assert package.range.pin == "xgboost>=2.0.0,<2.0.1 scikit-learn==1.4.0"
    assert "fails in predict with 2.0.1" in model_answers.headline(found)
    assert model_answers.group_of(found).unsafe


def test_every_line_names_the_versions_of_all_packages() -> None:
    found = answer(lambda scikit_learn, xgboost: xgboost == "3.0.0")
    names = [one.name for one in model_answers.target_ranges(found)]
    assert names == [
        "1.4.0 to 1.6.0, xgboost 2.0.0",
        "1.4.0, xgboost 2.0.0 to 2.1.0",
        "1.4.0, xgboost 3.0.0",
    ]


def test_an_old_library_is_responsible_where_a_newer_one_does_what_it_did() -> None:
    """A failure that goes away with a newer xgboost is not that of scikit-learn."""
    found = answer(lambda scikit_learn, xgboost: scikit_learn == "1.6.0" and xgboost < "2.1")
    assert (
        "fails in predict with 1.6.0 (because of xgboost 2.0.0, not scikit-learn: predicts the "
        "same with xgboost 3.0.0)"
    ) in model_answers.headline(found)
    both = answer(lambda scikit_learn, xgboost: scikit_learn == "1.6.0")
    assert "not scikit-learn" not in model_answers.headline(both)


def test_a_release_that_cannot_be_installed_is_said_and_ends_no_range() -> None:
    found = answer(lambda scikit_learn, xgboost: False, impossible=("3.0.0",))
    (package,) = found.packages
    assert package.range is not None
    assert package.range.run == ("2.0.0", "2.1.0")
    assert "cannot be installed with scikit-learn 1.4.0: xgboost 3.0.0" in package_words.tested(
        found
    )


def test_a_newer_library_that_needs_a_newer_scikit_learn_is_tried_there_too() -> None:
    """None of its releases can be installed in the origin."""
    found = answer(
        lambda scikit_learn, xgboost: scikit_learn == "1.6.0" and xgboost == "2.0.0",
        impossible=("2.1.0", "3.0.0"),
    )
    assert "because of xgboost 2.0.0, not scikit-learn" in model_answers.headline(found)


def test_where_the_library_cannot_be_installed_newer_ones_are_tried() -> None:
    """They are no part of the range that holds the library."""
    found = answer(lambda scikit_learn, xgboost: False, no_pair=(("1.6.0", "2.0.0"),))
    assert found.range is not None
    assert found.range.pin == "scikit-learn>=1.4.0,<=1.5.0 xgboost==2.0.0"
    assert "safe with 1.6.0 and xgboost 3.0.0" in model_answers.headline(found)
    assert "1.6.0, xgboost 3.0.0" in [one.name for one in model_answers.target_ranges(found)]
    assert next(package_words.tested(found)) == (
        "cannot be installed with scikit-learn 1.6.0: xgboost 2.0.0; newer ones were used there"
    )


def test_a_label_without_the_version_of_a_library_is_replaced_by_versions() -> None:
    plain = spec("1.4.0")
    (made,) = Places().prepare([plain]).values()
    assert package_words.short_name(made) == "1.4.0 xgboost2.0.0"
    bare = replace(made, spec=replace(plain, label="1.4.0 xgboost"))
    assert package_words.short_name(bare) == "1.4.0, xgboost 2.0.0"
