"""Which models ``migrate`` converts."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from matrix.cli.arguments import MigrateArguments, parse
from matrix.cli.commands.migrate import _beside, _target
from matrix.model import Cell, Environment, EnvSpec, Verdict
from matrix.upgrade.answer import Model, Problem, Target, UpgradeAnswer

SAFE, BAD, LIMITED = Verdict.EQUIVALENT, Verdict.LABELS_CHANGED, Verdict.INTROSPECTION_FAILED


def target(release: str, verdict: Verdict) -> Target:
    spec = EnvSpec(id=f"sklearn-{release}", label=release, scikit_learn=release)
    cell = Cell(pipeline="m", format="joblib", writer="w", reader=spec.id, verdict=verdict)
    return Target(environment=Environment(spec=spec, reason=""), cell=cell)


def answer(verdict: Verdict, origin: Verdict = Verdict.IDENTICAL) -> UpgradeAnswer:
    model = Model(id="m", path=Path("m.joblib"))
    return UpgradeAnswer(model=model, targets=(target("1.2.2", origin), target("1.5.2", verdict)))


@pytest.mark.parametrize(
    ("verdict", "usually", "with_introspection"),
    [
        (SAFE, False, False),
        (LIMITED, False, True),
        (BAD, True, True),
        (Verdict.USE_FAILED, True, True),
        (Verdict.UNAVAILABLE, False, False),
        (Verdict.WEAK_EVIDENCE, False, False),
    ],
)
def test_a_model_is_converted_where_it_is_known_to_be_bad(
    verdict: Verdict, usually: bool, with_introspection: bool
) -> None:
    for introspection, converted in ((False, usually), (True, with_introspection)):
        found = _target(answer(verdict), introspection=introspection, by_value=False)
        assert (found is not None) is converted
        if found is not None:
            assert found.environment.spec.scikit_learn == "1.5.2"


def test_a_model_that_its_origin_does_not_repeat_is_not_converted() -> None:
    for introspection in (False, True):
        assert (
            _target(
                answer(BAD, origin=Verdict.UNSTABLE), introspection=introspection, by_value=False
            )
            is None
        )
        unknown = UpgradeAnswer(
            model=Model(id="m", path=Path("m")), problem=Problem(message="refused")
        )
        assert _target(unknown, introspection=introspection, by_value=False) is None


def test_a_safe_model_is_saved_again_if_its_code_goes_into_the_file() -> None:
    assert _target(answer(SAFE), introspection=False, by_value=True) is not None
    unknown = answer(Verdict.UNAVAILABLE)
    assert _target(unknown, introspection=False, by_value=True) is None


@pytest.mark.parametrize(
    ("path", "packed_as", "expected"),
    [
        ("churn.joblib", "", "churn.sklearn-1.5.2.joblib"),
        ("model.tar.gz", "churn.pkl", "model.sklearn-1.5.2.pkl"),
        ("models.zip", "a.skops", "models.sklearn-1.5.2.skops"),
        ("run/model", "model.pkl", "run/model.sklearn-1.5.2.pkl"),
    ],
)
def test_a_migrated_file_lies_beside_what_the_user_named(
    tmp_path: Path, path: str, packed_as: str, expected: str
) -> None:
    (tmp_path / "run" / "model").mkdir(parents=True)
    model = Model(id="m", path=tmp_path / path, packed_as=packed_as)
    artifact = SimpleNamespace(format="joblib")
    reader = SimpleNamespace(info=SimpleNamespace(packages={"scikit-learn": "1.5.2"}))
    subject = SimpleNamespace(artifact=artifact, reader=reader)
    found = _beside(model, subject, "joblib")  # type: ignore[arg-type]
    assert found == tmp_path / expected


def test_introspection_is_an_option_of_migrate() -> None:
    for more, expected in (([], False), (["--introspection"], True)):
        parsed = parse(["migrate", "m.joblib", "--to", "scikit-learn==1.5.2", *more])
        assert isinstance(parsed, MigrateArguments)
        assert parsed.introspection is expected
