"""The file of known causes is read strictly, and its statements are verified."""

from __future__ import annotations

from pathlib import Path

import pytest
from packaging.version import Version

from matrix import causes
from matrix.causes.causes_file import FILE
from matrix.errors import ConfigError
from matrix.model import Direction

CAUSE = """
[[cause]]
id = "trees-1.3"
title = "Trees"
explanation = "One. Two."
advice = "Do."
package = "scikit-learn"
since = "1.3.0"
links = ["https://example.org/"]
example = { pipeline = "tree", writer = "sklearn-1.2", reader = "sklearn-1.3" }
[[cause.signature]]
group = "fails"
message = "node array"
"""


def read(tmp_path: Path, text: str) -> tuple[causes.KnownCause, ...]:
    path = tmp_path / "causes.toml"
    path.write_text(text, encoding="utf-8")
    return causes.read(path)


def test_a_cause_is_read_as_it_is_said(tmp_path: Path) -> None:
    (found,) = read(tmp_path, CAUSE + 'direction = "upgrade"\nwriter = ["NumPy<2"]\n')
    assert (found.id, found.release) == ("trees-1.3", "scikit-learn 1.3.0")
    (signature,) = found.signatures
    assert signature.direction is Direction.UPGRADE
    assert [str(one) for one in signature.writer] == ["numpy<2"]
    assert found.example.format == "joblib"


def test_a_cause_may_name_the_releases_that_save_its_files_again(tmp_path: Path) -> None:
    (plain,) = read(tmp_path, CAUSE)
    assert (plain.migrate, plain.bridges) == (False, ())
    text = CAUSE.replace(
        "[[cause.signature]]", 'migrate = true\nbridges = ["1.2.2"]\n[[cause.signature]]'
    )
    (found,) = read(tmp_path, text)
    assert (found.migrate, found.bridges) == (True, ("1.2.2",))


def test_a_cause_may_name_what_converts_its_files(tmp_path: Path) -> None:
    text = CAUSE.replace(
        "[[cause.signature]]", 'conversions = ["tree-layout-1.3"]\n[[cause.signature]]'
    )
    (found,) = read(tmp_path, text)
    assert found.conversions == ("tree-layout-1.3",)


MISTAKES = [
    ('id = "trees-1.3"', 'id = "Trees 1.3"', "id must be lowercase words"),
    ('id = "trees-1.3"', "", "cause[0].id: is missing"),
    ('title = "Trees"', 'title = ""', "cause.trees-1.3.title: must not be empty"),
    ('since = "1.3.0"', "", "must be set together"),
    ('since = "1.3.0"', 'since = "1.3.0"\nmigrate = "yes"', "migrate: must be true or false"),
    ('since = "1.3.0"', 'since = "1.3.0"\nbridges = ["old"]', "is not a version"),
    ('since = "1.3.0"', 'since = "soon"', "is not a version"),
    ("https://example.org/", "see there", "https://"),
    ('group = "fails"', "", "needs a group"),
    ('group = "fails"', 'group = "breaks"', "one of changes, fails"),
    ('message = "node array"', "", "matches too much"),
    ('message = "node array"', 'message = "("', "not a regular expression"),
    (
        'message = "node array"',
        'massage = "node array"',
        "signature[0].massage: unknown",
    ),
    ('message = "node array"', 'message = "x"\nwriter = ["numpy"]', "a package with versions"),
    ('message = "node array"', 'message = "x"\nwriter = ["numpy=2"]', "cause.trees-1.3"),
    (
        'message = "node array"',
        'message = "x"\nstages = "load"',
        "stages: must be a list",
    ),
    (
        'message = "node array"',
        'message = "x"\nshare = 2.0',
        "share: must be above 0.0",
    ),
    (
        'reader = "sklearn-1.3"',
        'raeder = "sklearn-1.3"',
        "example.raeder: unknown key",
    ),
    ('advice = "Do."', 'advise = "Do."', "cause[0].advise: unknown key"),
    ("[[cause]]", "[[because]]", "only [[cause]] tables"),
    ('title = "Trees"', "title = Trees", "is not a file of causes"),
]


@pytest.mark.parametrize(("right", "wrong", "said"), MISTAKES)
def test_a_mistake_is_an_error_with_its_place(
    tmp_path: Path, right: str, wrong: str, said: str
) -> None:
    assert right in CAUSE
    with pytest.raises(ConfigError) as raised:
        read(tmp_path, CAUSE.replace(right, wrong, 1))
    assert said in str(raised.value)
    assert "causes.toml" in str(raised.value)


def test_every_regular_expression_of_the_file_is_one() -> None:
    """Commands compile them later, when they are used."""
    strict, later = causes.read(FILE), causes.known()
    assert [one.id for one in strict] == [one.id for one in later]
    for one, other in zip(strict, later, strict=True):
        for checked, used in zip(one.signatures, other.signatures, strict=True):
            assert getattr(checked.message, "pattern", "") == getattr(used.message, "pattern", "")


def test_two_causes_of_one_id_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"duplicate id trees-1\.3"):
        read(tmp_path, CAUSE + CAUSE)


def test_a_direction_without_a_release_is_an_error(tmp_path: Path) -> None:
    text = CAUSE.replace('package = "scikit-learn"\nsince = "1.3.0"\n', "")
    read(tmp_path, text)
    with pytest.raises(ConfigError, match="needs a release"):
        read(tmp_path, text + 'direction = "upgrade"\n')


# --------------------------------------------------------------------------- our own file


KEEP_LESS = {"onnx", "pmml", "keras", "keras-h5", "keras-weights"}
"""Formats that leave out something of the model."""


@pytest.mark.parametrize("cause", causes.known(), ids=lambda cause: cause.id)
def test_a_known_cause_is_reported_in_full(cause: causes.KnownCause) -> None:
    assert 1 <= cause.explanation.count(". ") <= 3, "about two sentences"
    assert cause.links
    assert not cause.id.startswith(causes.PREFIX)
    if cause.since:
        line = ".".join(cause.since.split(".")[:2])
        assert cause.id.endswith(f"-{line}"), "the id names the release"
        assert Version(cause.since).release[:2] == Version(line).release


def test_what_a_silent_change_claims_is_bounded() -> None:
    """It lies at a release, a format that keeps less, or an attribute that no file keeps, and names
    what has it."""
    for cause in causes.known():
        for signature in cause.signatures:
            if signature.group.value == "silently changes":
                lost_at_home = all(stage.endswith("_") for stage in signature.stages)
                keeps_less = bool(signature.formats) and set(signature.formats) <= KEEP_LESS
                assert cause.since or lost_at_home or keeps_less, cause.id
                noted = signature.message or signature.table
                assert signature.estimators or noted, cause.id
                assert signature.stages or noted, cause.id
