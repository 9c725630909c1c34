"""Where models come from and where they may go, as it was typed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from packaging.version import Version

from matrix.catalog import default
from matrix.catalog.origin import readers_for
from matrix.errors import CannotTellError, UsageError
from matrix.inspection import Inspection, ModelNode
from matrix.inspection.portable import PortableModel
from matrix.model import Environment, EnvSpec, UnavailableReason
from matrix.upgrade.answer import Model
from matrix.upgrade.environment_builds import EnvironmentBuilds
from matrix.upgrade.origins import Origins
from matrix.upgrade.upgrade_request import UpgradeRequest


def model(
    *versions: str,
    numpy: str = "",
    modules: Sequence[str] = (),
    others: Mapping[str, str] | None = None,
    bounds: Mapping[str, str] | None = None,
) -> Model:
    inspection = Inspection(
        path=Path("m"),
        size=1,
        sha256="00",
        container="joblib",
        protocol=4,
        numpy=numpy,
        modules=tuple(modules),
        versions={
            **({"scikit-learn": versions} if versions else {}),
            **{name: (version,) for name, version in (others or {}).items()},
        },
        bounds=bounds or {},
        root=ModelNode(kind="sklearn.svm.SVC"),
    )
    return Model(id="m", path=Path("m"), inspection=inspection)


def places(
    *, origins: Sequence[str] = (), targets: Sequence[str] = (), further: Sequence[str] = ()
) -> Origins:
    wishes = UpgradeRequest.read(
        origins=origins, targets=targets, further=further, as_of=None, rollback=False
    )
    return Origins(default(Path()), wishes, lambda _: None)


def origin(of: Model, *said: str) -> EnvSpec:
    return places(origins=said).origin(of)


def test_the_file_tells_where_a_model_comes_from() -> None:
    spec = origin(model("1.2.2"))
    assert (spec.scikit_learn, spec.as_of) == ("1.2.2", "release")


def test_of_several_versions_in_a_file_the_newest_counts() -> None:
    assert origin(model("1.10.0", "1.2.2", "1.9.1")).scikit_learn == "1.10.0"


def test_what_is_said_outweighs_the_file() -> None:
    assert origin(model("1.2.2"), "scikit-learn==1.1.3").scikit_learn == "1.1.3"


def test_what_is_said_of_other_packages_leaves_the_release_of_the_file() -> None:
    spec = origin(model("1.2.2"), "numpy==1.23.5", "python==3.10")
    assert (spec.scikit_learn, spec.python) == ("1.2.2", "3.10")
    assert "numpy==1.23.5" in spec.requirements


def test_a_file_that_tells_nothing_needs_a_word_of_the_user() -> None:
    with pytest.raises(UsageError, match="does not contain the version of scikit-learn"):
        origin(model())


def test_a_file_of_the_oldest_releases_is_answered_with_the_nearest_one() -> None:
    """Releases before 0.18 wrote no version into a model."""
    with pytest.raises(UsageError) as error:
        origin(model())
    assert error.value.advice.endswith("--from scikit-learn==0.18.2")


@pytest.mark.parametrize(
    ("version", "words", "nearest"),
    [
        ("0.17.1", "older than 0.18.2", "0.18.2"),
        ("1.6.dev0", "a development version", "1.6.1"),
    ],
)
def test_a_release_that_no_environment_can_have_names_the_nearest_one(
    version: str, words: str, nearest: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("matrix.upgrade.release_advice.nearest_release", lambda *_, **__: nearest)
    monkeypatch.setattr(EnvironmentBuilds, "registry", None)
    with pytest.raises(UsageError, match=words) as error:
        origin(model(version))
    assert error.value.advice.endswith(f"--from scikit-learn=={nearest}")


def test_a_target_that_cannot_be_installed_names_the_nearest_release(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("matrix.upgrade.release_advice.nearest_release", lambda *_, **__: "0.18.2")
    monkeypatch.setattr(EnvironmentBuilds, "registry", None)
    found = places(targets=["scikit-learn==0.17.1"])
    (spec,) = found.targets(model("1.2.2"), found.origin(model("1.2.2")))
    missing = Environment(spec=spec, reason="no wheel", why=UnavailableReason.NO_WHEEL)
    (note,) = found.target_notes([missing])
    assert note.endswith("can be used is 0.18.2: --to scikit-learn==0.18.2")
    assert not list(found.target_notes([replace(missing, why=UnavailableReason.NO_ANSWER)]))


def test_a_release_that_the_user_names_has_the_packages_that_the_file_shows() -> None:
    plain = model("1.0.2")
    assert plain.inspection is not None
    aligned = replace(plain, inspection=replace(plain.inspection, bounds={"joblib": ">=1.2"}))
    assert "joblib>=1.2" in origin(aligned, "scikit-learn==1.0.2").requirements
    named = origin(aligned, "scikit-learn==1.0.2", "joblib==1.3.2").requirements
    assert named == ("pandas", "joblib==1.3.2")


def test_a_file_of_skops_is_read_by_the_skops_that_wrote_it() -> None:
    """skops as of scikit-learn 1.1.2 had no reader yet."""
    plain = model("1.1.2")
    assert plain.inspection is not None
    bounds = {"skops": "==0.9.0"}
    written = replace(plain, inspection=replace(plain.inspection, bounds=bounds))
    assert "skops==0.9.0" in places().origin(written).requirements
    assert readers_for(Version("1.1.2"), bounds) == (("skops==0.9.0",), "release")


def target(text: str) -> EnvSpec:
    found = places(targets=[text])
    (spec,) = found.targets(model("1.2.2"), found.origin(model("1.2.2")))
    return spec


def test_requirements_that_belong_together_have_spaces_between_them() -> None:
    spec = target("scikit-learn >=1.5, <1.7 numpy<2 python==3.12")
    assert spec.python == "3.12"
    assert "numpy<2" in spec.requirements
    assert spec.as_of == "today"


def test_a_bump_of_python_alone_keeps_the_release() -> None:
    spec = target("python==3.11")
    assert (spec.scikit_learn, spec.python) == ("1.2.2", "3.11")


def test_a_file_may_have_spaces_in_its_name(tmp_path: Path) -> None:
    file = tmp_path / "new versions.txt"
    file.write_text("scikit-learn==1.5.2\n")
    assert target(str(file)).scikit_learn == "1.5.2"


def test_a_file_without_scikit_learn_is_a_mistake(tmp_path: Path) -> None:
    file = tmp_path / "new.txt"
    file.write_text("numpy==1.26.4\n")
    with pytest.raises(UsageError, match="scikit-learn is not in it"):
        target(str(file))


def test_what_a_file_of_skops_needs_is_in_its_own_environments_alone() -> None:
    """An environment that cannot have it is still where other models come from."""
    plain = model("1.2.2")
    assert plain.inspection is not None
    packed = replace(plain, inspection=replace(plain.inspection, container="skops"))
    found = places(targets=["1.5"])
    own = found.origin(packed)
    assert (own.id, own.requirements[-1]) == (f"{origin(plain).id}-with-skops", "skops")
    assert "skops" in found.targets(packed, own)[0].requirements
    assert "skops" not in found.origin(plain).requirements
    named = places(targets=["1.5 skops==0.13.0"])
    assert named.targets(packed, own)[0].requirements.count("skops==0.13.0") == 1
    assert "skops" not in named.targets(packed, own)[0].requirements


def test_a_file_compressed_with_lz4_needs_that_package() -> None:
    plain = model("1.2.2")
    assert plain.inspection is not None
    packed = replace(plain, inspection=replace(plain.inspection, compression="lz4"))
    assert "lz4" in places().origin(packed).requirements
    assert "lz4" not in places().origin(plain).requirements


def test_the_packages_that_a_file_shows_are_in_its_origin() -> None:
    """scikit-learn 1.0.2 had joblib 1.1, which cannot read arrays that joblib 1.2 aligned."""
    plain = model("1.0.2")
    assert plain.inspection is not None
    aligned = replace(plain, inspection=replace(plain.inspection, bounds={"joblib": ">=1.2"}))
    spec = places().origin(aligned)
    assert (spec.scikit_learn, spec.as_of) == ("1.0.2", "2022-10-07")
    assert "joblib>=1.2" in spec.requirements


def test_further_packages_are_in_every_environment() -> None:
    found = places(targets=["1.5"], further=["xgboost<3"])
    here = found.origin(model("1.2.2"))
    (there,) = found.targets(model("1.2.2"), here)
    assert "xgboost<3" in here.requirements
    assert "xgboost<3" in there.requirements


def test_pandas_is_there_where_it_is_needed_and_once() -> None:
    """What the user says of it outweighs the bare name."""
    wishes = UpgradeRequest.read(
        origins=(), targets=(), further=["pandas==2.2.2"], as_of=None, rollback=False
    )
    without = replace(wishes, further=())

    def common(wishes: UpgradeRequest, *, pandas: bool) -> tuple[str, ...]:
        return Origins(default(Path()), wishes, lambda _: None, pandas=pandas).common

    assert common(without, pandas=True) == ("pandas",)
    assert common(without, pandas=False) == ()
    assert common(wishes, pandas=True) == common(wishes, pandas=False) == ("pandas==2.2.2",)


def test_a_known_package_comes_by_itself_at_the_version_of_the_file() -> None:
    spec = origin(model("1.3.2", modules=["sklearn", "xgboost"], others={"xgboost": "2.0.3"}))
    assert spec.requirements[-1] == "xgboost==2.0.3"
    assert (spec.id, spec.label) == ("sklearn-1.3.2-xgboost2.0.3", "1.3.2 xgboost2.0.3")


def test_without_a_version_a_known_package_is_as_of_the_release() -> None:
    """Or within its bounds."""
    spec = origin(model("1.3.2", modules=["imblearn"]))
    assert (spec.requirements[-1], spec.as_of) == ("imbalanced-learn", "release")
    spec = origin(model("0.24.2", modules=["lightgbm"], bounds={"lightgbm": ">=2.3,<4"}))
    assert (spec.requirements[-1], spec.as_of) == ("lightgbm>=2.3,<4", "release")


def test_what_the_user_says_of_a_known_package_outweighs_the_file() -> None:
    """A bare name says nothing of its version."""
    file = model("1.3.2", modules=["xgboost"], others={"xgboost": "2.0.3"})
    assert "xgboost==1.7.6" in origin(file, "scikit-learn==1.3.2", "xgboost==1.7.6").requirements
    found = places(further=["xgboost"]).origin(file)
    assert [text for text in found.requirements if "xgboost" in text] == ["xgboost==2.0.3"]


def test_a_file_without_scikit_learn_comes_from_the_time_of_another_library() -> None:
    """With the scikit-learn that fits."""
    spec = origin(model(modules=["xgboost"], others={"xgboost": "1.4.2"}))
    assert (spec.dated_by, spec.scikit_learn) == (("xgboost", "1.4.2"), ">=0")
    assert (spec.as_of, spec.requirements) == ("release", ("pandas",))
    named = origin(model(modules=["xgboost"]), "xgboost==1.4.2", "numpy==1.20.3")
    assert (named.dated_by, named.scikit_learn) == (("xgboost", "1.4.2"), ">=0")


def test_a_file_that_names_a_package_without_any_version_needs_a_word_about_both() -> None:
    with pytest.raises(UsageError) as raised:
        origin(model(modules=["imblearn"]))
    assert '--from "scikit-learn==1.2.2 imbalanced-learn"' in raised.value.advice


KERAS = model(modules=["keras"], others={"keras": "3.0.4"})


class Newest:
    """A registry that knows the newest release alone."""

    def release(self, request: str, package: str) -> SimpleNamespace:
        assert (request, package) == ("latest", "keras")
        return SimpleNamespace(version="3.15.1")


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ((), "3.15.1"),
        (("keras",), "3.15.1"),
        (("scikit-learn==1.9.1",), "3.15.1"),
        (("keras==3.4.1",), "3.4.1"),
        (("keras>=3.4,<3.6",), "<3.6,>=3.4"),
    ],
)
def test_a_model_of_keras_comes_from_its_release_and_goes_to_another_or_the_newest(
    said: tuple[str, ...], version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The environment has the name that it is built with."""
    monkeypatch.setattr(EnvironmentBuilds, "registry", Newest())
    assert origin(KERAS).dated_by == ("keras", "3.0.4")
    assert origin(KERAS, "keras==3.1.0").dated_by == ("keras", "3.1.0")
    given = places(targets=said)
    (target,) = given.targets(KERAS, given.origin(KERAS))
    assert target.dated_by == ("keras", version)
    assert target.as_of == "release"


def test_a_pipeline_of_scikit_learn_with_keras_in_it_moves_with_scikit_learn() -> None:
    mixed = model("1.2.2", modules=["keras"], others={"keras": "3.0.4"})
    assert origin(mixed).dated_by[0] == "scikit-learn"


def onnx(producer: str = "pytorch", version: str = "2.1") -> Model:
    """A model of which a runtime must support IR version 8 and the opset 17."""
    found = model(modules=["onnxruntime"], bounds={"onnxruntime": ">=1.12"})
    assert found.inspection is not None
    shown = PortableModel(producer=producer, producer_version=version, version="8")
    inspection = replace(found.inspection, container="onnx", portable=shown)
    return replace(found, inspection=inspection)


def test_a_converted_model_comes_from_the_first_runtime_that_runs_it() -> None:
    spec = origin(onnx())
    assert (spec.dated_by, spec.scikit_learn) == (("onnxruntime", "1.12"), "")
    assert origin(onnx(), "onnxruntime==1.20.1").dated_by == ("onnxruntime", "1.20.1")
    assert origin(onnx(), "scikit-learn==1.5.2").dated_by == ("onnxruntime", "1.12")
    assert not origin(onnx(version="no version", producer="skl2onnx")).requirements


def test_a_converted_model_goes_to_releases_of_its_runtime_without_scikit_learn() -> None:
    given = places(targets=["onnxruntime==1.20.1", "onnxruntime==1.17.3 numpy==1.26.4"])
    first, second = given.targets(onnx(), given.origin(onnx()))
    assert (first.dated_by, first.requirements) == (("onnxruntime", "1.20.1"), ())
    assert (second.scikit_learn, second.requirements) == ("", ("numpy==1.26.4",))
    assert given.text(second) == "onnxruntime==1.17.3 numpy==1.26.4"
    other = places(targets=["scikit-learn==1.5.2"])
    with pytest.raises(CannotTellError, match="onnxruntime is not in it") as raised:
        other.targets(onnx(), given.origin(onnx()))
    assert "--to onnxruntime==" in raised.value.advice
