"""Which models ``migrate`` converts."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from matrix.cli.arguments import MigrateArguments, parse
from matrix.migration.new_file import beside
from matrix.migration.to_convert import ConversionNeed, held_by_file
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


def to_convert(*answers: UpgradeAnswer, option: str = "") -> list[tuple[str, Verdict]]:
    """The release and the verdict of everything in a file that ``migrate`` would convert."""
    wanted = ConversionNeed(
        introspection=option == "--introspection", by_value=option == "--by-value"
    )
    return [
        (found.environment.spec.scikit_learn, found.cell.verdict)
        for _, found in held_by_file(answers, wanted)
    ]


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
    for option, converted in (("", usually), ("--introspection", with_introspection)):
        expected = [("1.5.2", verdict)] if converted else []
        assert to_convert(answer(verdict), option=option) == expected


def test_a_model_that_its_origin_does_not_repeat_is_not_converted() -> None:
    refused = UpgradeAnswer(model=Model(id="m", path=Path("m")), problem=Problem(message="refused"))
    for option in ("", "--introspection"):
        assert to_convert(answer(BAD, origin=Verdict.UNSTABLE), option=option) == []
        assert to_convert(refused, option=option) == []


def test_a_safe_model_is_saved_again_if_its_code_goes_into_the_file() -> None:
    assert to_convert(answer(SAFE), option="--by-value") == [("1.5.2", SAFE)]
    assert to_convert(answer(Verdict.UNAVAILABLE), option="--by-value") == []


def test_a_file_of_several_models_is_converted_as_a_whole_the_worst_first() -> None:
    assert to_convert(answer(SAFE), answer(BAD)) == [("1.5.2", BAD), ("1.5.2", SAFE)]
    assert to_convert(answer(SAFE), answer(SAFE)) == []
    assert to_convert(answer(BAD), answer(Verdict.UNAVAILABLE)) == []


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
    found = beside(model, subject, "joblib")  # type: ignore[arg-type]
    assert found == tmp_path / expected


def test_introspection_is_an_option_of_migrate() -> None:
    for more, expected in (([], False), (["--introspection"], True)):
        parsed = parse(["migrate", "m.joblib", "--to", "scikit-learn==1.5.2", *more])
        assert isinstance(parsed, MigrateArguments)
        assert parsed.introspection is expected
