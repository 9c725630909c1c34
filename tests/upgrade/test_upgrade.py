"""Between a safe release and a bad one, the first bad one is found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st

from matrix.errors import Exit, UsageError
from matrix.model import (
    Cell,
    EnvInfo,
    Environment,
    EnvSpec,
    ModelReference,
    Returned,
    Saving,
    Verdict,
)
from matrix.sandbox.kinds import Sandbox
from matrix.upgrade.answer import Model, PackageLadder, Problem, Target, UpgradeAnswer
from matrix.upgrade.checker import ModelRecord, ModelWork
from matrix.upgrade.upgrade import upgrade

RELEASES = [f"1.{line}.{patch}" for line in range(6) for patch in range(3)]
LINES = [release for release in RELEASES if release.endswith(".2")]
SAFE, BAD = Verdict.IDENTICAL, Verdict.LABELS_CHANGED


def spec(release: str) -> EnvSpec:
    return EnvSpec(id=f"sklearn-{release}", label=release, scikit_learn=release)


def environment(wanted: EnvSpec, *, ready: bool = True) -> Environment:
    packages = {"scikit-learn": wanted.scikit_learn}
    info = EnvInfo(python="3.12", platform="linux", executable=Path("python"), packages=packages)
    reason = "" if ready else "there is none"
    return Environment(spec=wanted, info=info if ready else None, reason=reason)


@dataclass
class Places:
    """Releases of which some cannot be had."""

    start: str
    missing: frozenset[str] = frozenset()
    are_consecutive: bool = True
    made: dict[str, Environment] = field(default_factory=dict)

    def text(self, _: EnvSpec) -> str:
        return ""

    def origin(self, model: Model) -> EnvSpec:
        if model.id == "unknown":
            raise UsageError("it does not say where it comes from", advice="say it with --from")
        return spec(self.start)

    def targets(self, _: Model, origin: EnvSpec) -> tuple[EnvSpec, ...]:
        return tuple(map(spec, LINES))

    def ladders(self, _: Model, origin: EnvSpec) -> tuple[PackageLadder, ...]:
        return ()

    def between(self, _: Model, __: EnvSpec, low: str, high: str) -> EnvSpec | None:
        inside = RELEASES[RELEASES.index(low) + 1 : RELEASES.index(high)]
        return spec(inside[len(inside) // 2]) if inside else None

    def releases_between(self, low: str, high: str, _: str) -> tuple[str, ...]:
        return tuple(RELEASES[RELEASES.index(low) + 1 : RELEASES.index(high)])

    def neighbours(self, low: str, high: str, package: str = "scikit-learn") -> bool:
        return RELEASES.index(high) - RELEASES.index(low) == 1

    def put_in_order(self, ids: Iterable[str]) -> None:
        made = {id_: self.made[id_] for id_ in ids if id_ in self.made}
        self.made = {**made, **self.made}

    def prepare(self, specs: Iterable[EnvSpec]) -> Mapping[str, Environment]:
        for one in specs:
            self.made[one.id] = environment(one, ready=one.scikit_learn not in self.missing)
        return self.made

    def unavailable(self, origin: Environment) -> Problem:
        return Problem(message=f"its origin is not available: {origin.reason}")

    def notes(self, model: Model) -> tuple[str, ...]:
        return ()

    def target_notes(self, targets: Iterable[Environment]) -> tuple[str, ...]:
        return ()

    @property
    def environments(self) -> tuple[Environment, ...]:
        return tuple(self.made.values())


@dataclass
class Check:
    """Gives each release its verdict."""

    verdicts: Mapping[str, Verdict]
    asked: list[list[str]] = field(default_factory=list)
    """By call, the releases of the first model's targets."""
    sandbox: Sandbox | None = None
    results: dict[str, ModelRecord] = field(default_factory=dict)

    def check(
        self, work: Sequence[ModelWork], on_model: Callable[[Model], None]
    ) -> dict[str, ModelRecord]:
        self.asked.append([target.spec.scikit_learn for target in work[0].targets] if work else [])
        for one in work:
            self.results[one.model.id] = self._found(one)
            on_model(one.model)
        return self.results

    def found(self, model: Model) -> ModelRecord:
        return self.results.get(model.id, ModelRecord())

    def _found(self, one: ModelWork) -> ModelRecord:
        outputs = {"predict": Returned(digest="0")}
        found = ModelRecord(
            reference=ModelReference(saving=Saving(pipeline="m", writer="o", outputs=outputs))
        )
        for reader in (one.origin, *one.targets):
            verdict = self.verdicts.get(reader.spec.scikit_learn, SAFE)
            cell = Cell(
                pipeline="m", format="joblib", writer="o", reader=reader.id, verdict=verdict
            )
            found.targets[reader.id] = Target(environment=reader, cell=cell)
        return found


def answer(
    verdicts: Mapping[str, Verdict],
    start: str = "1.0.2",
    missing: frozenset[str] = frozenset(),
    *,
    bisect: bool = True,
) -> UpgradeAnswer:
    places, check = Places(start, missing), Check(verdicts)
    model = Model(id="model", path=Path("model"))
    found = upgrade([model], cast(Any, places), cast(Any, check), bisect=bisect)
    assert found.environments == places.environments
    return found.answers[0]


def bad_from(release: str) -> dict[str, Verdict]:
    return dict.fromkeys(RELEASES[RELEASES.index(release) :], BAD)


@given(st.sampled_from(RELEASES[3:]))
def test_the_first_bad_release_is_found(first: str) -> None:
    found = answer(bad_from(first)).range
    assert found is not None
    assert found.first_bad is not None
    assert found.first_bad.release == first
    assert found.highest == RELEASES[RELEASES.index(first) - 1]
    assert found.pin == f"scikit-learn>=1.0.2,<{first.removesuffix('.0')}"


def test_where_all_is_safe_nothing_further_is_checked() -> None:
    found = answer({})
    assert [target.release for target in found.targets] == LINES
    assert found.range is not None
    assert found.range.run == tuple(LINES)


def test_it_need_not_be_looked_for() -> None:
    found = answer(bad_from("1.3.0"), bisect=False)
    assert found.range is not None
    assert found.range.first_bad is not None
    assert found.range.first_bad.release == "1.3.2"
    # 1.3.0 and 1.3.1 were not run: nothing is known of them.
    assert found.range.pin == "scikit-learn>=1.0.2,<=1.2.2"


@given(st.dictionaries(st.sampled_from(RELEASES), st.sampled_from([SAFE, BAD])))
def test_however_it_goes_up_and_down_the_ends_are_neighbours(
    verdicts: dict[str, Verdict],
) -> None:
    verdicts["1.0.2"] = SAFE
    found = answer(verdicts).range
    assert found is not None
    for release in found.run:
        assert verdicts.get(release, SAFE) is SAFE
    if found.first_bad is not None:
        after = RELEASES.index(found.first_bad.release) - RELEASES.index(found.highest)
        assert after == 1


def test_a_release_that_is_unavailable_ends_what_is_known() -> None:
    found = answer({}, missing=frozenset({"1.3.2"}))
    assert found.range is not None
    assert found.range.highest == "1.2.2"
    assert found.range.first_bad is not None
    assert found.range.first_bad.cell.verdict is Verdict.UNAVAILABLE


def test_without_its_origin_everything_is_unknown() -> None:
    found = answer({}, missing=frozenset({"1.0.2"}))
    assert found.problem is not None
    assert "there is none" in found.problem.message
    assert found.problem.exit_code is Exit.CANNOT_TELL


def test_one_model_that_cannot_be_checked_leaves_the_others() -> None:
    broken = Model(id="broken", path=Path("x"), problem=Problem(message="empty"))
    unknown, good = Model(id="unknown", path=Path("u")), Model(id="good", path=Path("g"))
    places, check = Places("1.0.2"), Check({})
    found = upgrade([broken, unknown, good], cast(Any, places), cast(Any, check))
    first, second, third = found.answers
    assert first.problem is not None
    assert first.problem.message == "empty"
    assert second.problem is not None
    assert second.problem.exit_code is Exit.CANNOT_TELL
    assert third.problem is None
    assert third.range is not None


# ------------------------------------------------------------------------ meanwhile


@dataclass
class Listener:
    """Keeps what it hears."""

    heard: list[str] = field(default_factory=list)

    def newest(self, answer: UpgradeAnswer) -> None:
        last = answer.targets[-1]
        self.heard.append(f"{answer.model.id} {last.release} {last.cell.verdict.value}")

    def answered(self, answer: UpgradeAnswer) -> None:
        assert answer.range is not None
        self.heard.append(f"{answer.model.id} up to {answer.range.highest}")

    def bisecting(self, left: int) -> None:
        self.heard.append(f"{left} left")


def test_the_newest_release_is_checked_and_reported_first() -> None:
    places, check, listener = Places("1.0.2"), Check(bad_from("1.3.0")), Listener()
    model = Model(id="model", path=Path("model"))
    result = upgrade([model], cast(Any, places), cast(Any, check), listener=listener)
    assert check.asked[0] == ["1.5.2"]
    assert listener.heard[0] == "model 1.5.2 labels-changed"
    assert [one for one in listener.heard if "up to" in one] == ["model up to 1.2.2"]
    assert listener.heard[-3:] == ["2 left", "1 left", "0 left"]
    order = [one.spec.scikit_learn for one in result.environments]
    assert order == [*LINES[:4], "1.5.2", "1.3.1", "1.3.0"], "as if they had been built in order"


def test_where_all_is_safe_there_is_nothing_to_bisect() -> None:
    listener = Listener()
    model = Model(id="model", path=Path("model"))
    upgrade([model], cast(Any, Places("1.0.2")), cast(Any, Check({})), listener=listener)
    assert listener.heard == ["model 1.5.2 identical", "model up to 1.5.2", "0 left"]


# ------------------------------------------------------------------------ interruptions


@dataclass
class Interrupted(Check):
    """Is interrupted after a few loads of the first model."""

    loads: int = 3

    def check(
        self, work: Sequence[ModelWork], on_model: Callable[[Model], None]
    ) -> dict[str, ModelRecord]:
        if not self.asked:  # the newest release
            return super().check(work[:1], on_model)
        first = self._found(work[0])
        kept = dict(list(first.targets.items())[: self.loads])
        self.results[work[0].model.id] = ModelRecord(reference=first.reference, targets=kept)
        raise KeyboardInterrupt


def test_what_was_finished_before_an_interruption_is_answered() -> None:
    """And the rest is unknown: no model is left out, and none is safe that was not loaded."""
    models = [Model(id=name, path=Path(name)) for name in ("one", "two", "unknown")]
    check = Interrupted({"1.1.2": BAD})
    result = upgrade(models, cast(Any, Places("1.0.2")), cast(Any, check))
    assert result.interrupted
    one, two, unknown = result.answers
    verdicts = [target.cell.verdict for target in one.targets]
    assert verdicts.count(SAFE) == 2
    assert verdicts.count(BAD) == 1
    assert verdicts.count(Verdict.NOT_RUN) == len(verdicts) - 3
    reasons = {t.cell.reason for t in one.targets if t.cell.verdict is Verdict.NOT_RUN}
    assert reasons == {"interrupted before it was checked"}
    assert two.problem is not None
    assert two.problem.message == "interrupted before it was checked"
    assert unknown.problem is not None
    assert "where it comes from" in unknown.problem.message


def test_an_interruption_before_any_environment_answers_nothing() -> None:
    class Early(Places):
        def prepare(self, specs: Iterable[EnvSpec]) -> Mapping[str, Environment]:
            raise KeyboardInterrupt

    model = Model(id="model", path=Path("model"))
    result = upgrade([model], cast(Any, Early("1.0.2")), cast(Any, Interrupted({})))
    assert result.interrupted
    assert result.answers[0].problem is not None
