"""A file that names no release gets one proposed, in the same line as everything else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from matrix.catalog import Trust
from matrix.inspection import Inspection
from matrix.inspection.result import ModelNode, Name
from matrix.upgrade.admission import admit
from matrix.upgrade.answer import Model
from matrix.upgrade.proposed_origin import has_origin, origin_option


def inspection(file: Path, **known: object) -> Inspection:
    plain = Inspection(
        path=file,
        size=1,
        sha256="0" * 64,
        container="pickle",
        protocol=4,
        root=ModelNode(kind="a.B"),
    )
    return replace(plain, **known)  # type: ignore[arg-type]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / "models").mkdir()
    return tmp_path / "models" / "m.pkl"


@pytest.mark.parametrize(
    ("numpy", "release"), [("", "1.2.2"), ("1", "1.2.2"), ("2", "1.5.2")], ids=str
)
def test_the_release_works_with_the_numpy_of_the_file(file: Path, numpy: str, release: str) -> None:
    assert origin_option(inspection(file, numpy=numpy), file) == f"--from scikit-learn=={release}"


def test_with_numpy_2_a_file_of_another_library_gets_a_release_of_its_time(file: Path) -> None:
    """prophet 1.1.5, of the day of scikit-learn 1.5.2, does not import with numpy 2."""
    found = inspection(file, numpy="2", modules=("numpy", "pandas", "prophet"))
    assert origin_option(found, file) == '--from "scikit-learn==1.8.0 prophet"'
    found = inspection(file, numpy="2", modules=("numpy", "sklearn", "hdbscan"))
    assert "scikit-learn==1.5.2" in origin_option(found, file)


def test_the_requirements_of_the_project_decide(file: Path) -> None:
    pins = (
        "flask==2.0\nscikit_learn == 1.3.0  # as trained\ncategory-encoders==2.6.1\nrequests>=2\n"
    )
    (file.parent.parent / "requirements.txt").write_text(pins)
    found = inspection(file, modules=("category_encoders",))
    assert origin_option(found, file) == '--from "scikit-learn==1.3.0 category-encoders==2.6.1"'


@pytest.mark.parametrize("pin", ["1.2.2", "0.15.1", "zero"])
def test_a_pin_that_cannot_have_saved_the_file_is_not_proposed(file: Path, pin: str) -> None:
    (file.parent / "requirements.txt").write_text(f"scikit-learn=={pin}\n")
    assert origin_option(inspection(file, numpy="2"), file) == "--from scikit-learn==1.5.2"


def test_a_file_with_a_version_gets_no_proposal(file: Path) -> None:
    known = inspection(file, versions={"scikit-learn": ("1.4.2",)})
    assert has_origin(known)
    assert origin_option(known, file) == ""


def test_names_to_trust_and_the_origin_are_in_one_line(file: Path) -> None:
    found = inspection(file, names=(Name("gensim.models", "W"),), modules=("gensim",))
    model = Model(id="m", path=file, inspection=found)
    (answer,) = admit([model], Trust())
    assert answer.problem is not None
    line = "--with gensim --trust gensim.models.W --from scikit-learn==1.2.2"
    assert answer.problem.paste[0] == ("Add to this command:", line)
    (again,) = admit([model], Trust(), origin=True)
    assert again.problem is not None
    assert "--from" not in again.problem.paste[0][1]


def test_what_the_project_pins_of_further_packages_is_proposed_too(file: Path) -> None:
    pins = "scikit-learn==1.6.0\ngensim==4.3.3\nnltk==3.9\n"
    (file.parent / "requirements.txt").write_text(pins)
    line = origin_option(inspection(file), file, ["--with gensim", "--trust gensim.models.W"])
    assert line == '--from "scikit-learn==1.6.0 gensim==4.3.3"'
