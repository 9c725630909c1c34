"""Sets of environments: axes, rules and explicit environments."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from matrix.catalog import Catalog, read
from matrix.errors import ConfigError, UsageError

Configured = Callable[..., Catalog]


def ids(catalog: Catalog) -> list[str]:
    return [spec.id for spec in catalog.specs]


def test_axes_are_multiplied_and_named_once(configured: Configured) -> None:
    """Every combination is there; what is not varied is not in its name."""
    catalog = configured(
        """
        [tool.matrix.sets.default]
        scikit-learn = ["1.3", "1.3.0"]
        python = ["newest", "3.9"]
        joblib = ["1.2.0", ">=1.3"]
        """
    )
    assert ids(catalog) == [
        "sklearn-1.3-joblib1.2.0",
        "sklearn-1.3-joblibge1.3",
        "sklearn-1.3-py3.9-joblib1.2.0",
        "sklearn-1.3-py3.9-joblibge1.3",
        "sklearn-1.3.0-joblib1.2.0",
        "sklearn-1.3.0-joblibge1.3",
        "sklearn-1.3.0-py3.9-joblib1.2.0",
        "sklearn-1.3.0-py3.9-joblibge1.3",
    ]
    assert catalog.specs[0].requirements == ("joblib==1.2.0",)
    assert catalog.specs[0].label == "1.3 joblib1.2"


def test_rules_exclude_include_and_extend(configured: Configured) -> None:
    """Exclude names combinations by glob, include adds some, another set starts from all that."""
    text = """
        [tool.matrix]
        requirements = ["pandas", "numpy<3"]
        [tool.matrix.sets.default]
        scikit-learn = ["0.24", "1.3", "latest"]
        python = ["newest", "3.9"]
        exclude = [{ scikit-learn = ["1.*", "latest"], python = "3.9", reason = "enough" }]
        include = [{ scikit-learn = "1.3", python = ["oldest"] }]
        [tool.matrix.sets.more]
        extends = "default"
        scikit-learn = ["0.24", "1.5"]
        environments = [
          { like = "sklearn-1.5", numpy = "1.26.4" },
          { like = "sklearn-1.5-numpy1.26.4", requirements = ["python==3.11", "scipy"] },
          { name = "prod", scikit-learn = "1.2.0", as-of = 2024-05-31 },
        ]
        """
    default = configured(text)
    assert ids(default) == [
        "sklearn-0.24",
        "sklearn-0.24-py3.9",
        "sklearn-1.3",
        "sklearn-latest",
        "sklearn-1.3-oldest",
    ]
    more = configured(text, set_name="more")
    assert ids(more) == [
        *ids(default),
        "sklearn-1.5",
        "sklearn-1.5-numpy1.26.4",
        "sklearn-1.5-py3.11-numpy1.26.4",
        "prod",
    ]
    numpy, python, prod = more.specs[-3:]
    assert numpy.requirements == ("pandas", "numpy==1.26.4")
    assert numpy.like == "sklearn-1.5"
    assert python.requirements == ("pandas", "numpy==1.26.4", "scipy")
    assert python.python == "3.11"
    assert (prod.as_of, prod.label) == ("2024-05-31", "prod")


def test_selection_is_by_glob_over_ids(configured: Configured) -> None:
    """A glob without a match is refused with the known names, unless latest may match it."""
    text = '[tool.matrix.sets.default]\nscikit-learn = ["1.3", "1.4"]\n'
    assert ids(configured(text, select=["*-1.4"])) == ["sklearn-1.4"]
    with pytest.raises(UsageError, match=r"no environment matches 'sklearn-1.7'") as caught:
        configured(text, select=["sklearn-1.7"])
    assert "environments: sklearn-1.3, sklearn-1.4" in caught.value.advice
    with_latest = text.replace('"1.4"', '"latest"')
    assert ids(configured(with_latest, select=["sklearn-1.7"])) == ["sklearn-latest"]
    assert [s.id for s in configured(with_latest, select=["*1.3"]).known] == [
        "sklearn-1.3",
        "sklearn-latest",
    ]


@pytest.mark.parametrize(
    ("text", "path", "problem"),
    [
        ('scikit-lern = ["1.3"]', ".scikit-lern", "unknown key"),
        ('enviroments = []\nscikit-learn = ["1.3"]', ".enviroments", "unknown key"),
        ('scikit-learn = ["1.3", "1.3"]', ".scikit-learn", "is there twice"),
        ("scikit-learn = [1.3]", ".scikit-learn[0]", "must be a string, not a number"),
        ('scikit-learn = ["new"]', ".scikit-learn", "'new' is not a version"),
        ('scikit-learn = ["1"]', ".scikit-learn", "'1' is not a release line"),
        ('python = ["3.9"]', ".python", "without scikit-learn"),
        ('scikit-learn = ["1.3"]\npython = ["3"]', ".python", "'3' is not a Python version"),
        ('scikit-learn = ["1.3"]\n"-x" = ["3"]', ".-x", "unknown key"),
        ('extends = "base"', ".extends", "there is no set 'base'"),
        ('extends = "default"', ".extends", "in a circle"),
        (
            'scikit-learn = ["1.3"]\nexclude = [{ python = "newest" }]',
            ".exclude[0].reason",
            "needs its reason",
        ),
        (
            'scikit-learn = ["1.3"]\nexclude = [{ python = "3.6", reason = "old" }]',
            ".exclude[0]",
            "excludes no environment",
        ),
        ("include = [{ scikit-learn = [] }]", ".include[0]", "includes nothing"),
        ('environments = [{ like = "x" }]', ".environments[0].like", "no environment 'x'"),
        ('environments = [{ python = "3.9" }]', ".environments[0]", 'needs "scikit-learn"'),
        (
            'environments = [{ scikit-learn = "1.3" }, { scikit-learn = "1.3" }]',
            ".environments[1]",
            "is there twice",
        ),
        (
            'environments = [{ scikit-learn = "1.3", requirements = ["--index-url x"] }]',
            ".environments[0].requirements[0]",
            "is an option",
        ),
        (
            'environments = [{ scikit-learn = "1.3", requirements = ["a\\nb"] }]',
            ".environments[0].requirements[0]",
            "line break",
        ),
        (
            'environments = [{ scikit-learn = "1.3", requirements = ["a @ https://x/a.whl"] }]',
            ".environments[0].requirements[0]",
            "names a location",
        ),
        (
            'environments = [{ scikit-learn = "1.3", requirements = ["scikit-learn<2"] }]',
            ".environments[0].requirements[0]",
            "a key of its own",
        ),
        (
            'environments = [{ scikit-learn = "1.3", as-of = "soon" }]',
            ".environments[0].as-of",
            "'soon' is not a date",
        ),
        (
            'environments = [{ scikit-learn = "1.3", name = "a/b" }]',
            ".environments[0].name",
            "is not a valid name",
        ),
    ],
)
def test_mistakes_are_reported_with_their_path(
    configured: Configured, text: str, path: str, problem: str
) -> None:
    """The message names the file and the path of the key; the exit code is 2."""
    with pytest.raises(ConfigError) as caught:
        configured(f"[tool.matrix.sets.default]\n{text}\n")
    assert caught.value.path == f"tool.matrix.sets.default{path}"
    assert problem in caught.value.problem
    assert "pyproject.toml" in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_set_that_is_not_selected_is_checked_too(configured: Configured) -> None:
    """A mistake does not wait for the day it is used."""
    with pytest.raises(ConfigError, match=r"tool\.matrix\.sets\.full\.pyton"):
        configured('[tool.matrix.sets.default]\n[tool.matrix.sets.full]\npyton = ["3.9"]')


def test_our_own_sets() -> None:
    """The default set has sixteen environments once latest is a listed line; full has more."""
    file = Path(__file__).parents[2] / "pyproject.toml"
    default = [s for s in read(file, with_pipelines=False).specs if s.scikit_learn != "latest"]
    assert len(default) == 16
    full = read(file, set_name="full", with_pipelines=False)
    assert {spec.id for spec in default} < {spec.id for spec in full.specs}
    assert len({spec.label for spec in full.specs}) == len(full.specs)


@pytest.mark.parametrize(
    "said",
    ['python = "3.12"', 'requirements = ["python==3.12"]', 'requirements = ["python==3.12.*"]'],
)
def test_python_may_be_a_requirement(configured: Configured, said: str) -> None:
    """It is equal to the key, in the environment and in its id."""
    keys = f"scikit-learn = '1.5', {said}"
    (spec,) = configured(f"[tool.matrix.sets.default]\nenvironments = [{{ {keys} }}]").specs
    assert (spec.id, spec.python, spec.requirements) == ("sklearn-1.5-py3.12", "3.12", ())


def test_python_may_be_a_key_or_a_requirement_but_not_in_contradiction(
    configured: Configured,
) -> None:
    """Both may be set if they are equal."""
    text = """
        [tool.matrix.sets.default]
        environments = [{ scikit-learn = "1.5", python = "3.12", requirements = ["%s"] }]
        """
    assert configured(text % "python==3.12").specs[0].python == "3.12"
    with pytest.raises(ConfigError, match=r"python is 3\.12 by its key, and 3\.13 by"):
        configured(text % "python==3.13")
    with pytest.raises(ConfigError, match=r"requirements\[1\]: python is 3.12, and 3.13 here"):
        configured(text % 'python==3.12", "python==3.13')


def test_what_a_set_requires_is_in_its_environments_and_in_no_others(
    configured: Configured,
) -> None:
    """A requirement of a set replaces the one that it inherits, and one of all sets."""
    text = """
        [tool.matrix]
        requirements = ["numpy<3"]
        [tool.matrix.sets.default]
        scikit-learn = ["1.3"]
        requirements = ["pandas<2", "scipy"]
        [tool.matrix.sets.more]
        extends = "default"
        scikit-learn = ["1.5"]
        requirements = ["pandas<3"]
        [tool.matrix.sets.bare]
        scikit-learn = ["1.3"]
    """
    more = configured(text, set_name="more")
    assert more.requirements == ("numpy<3", "scipy", "pandas<3")
    assert {spec.requirements for spec in more.specs} == {more.requirements}
    assert configured(text).specs[0].requirements == ("numpy<3", "pandas<2", "scipy")
    bare = configured(text, set_name="bare")
    assert (bare.requirements, bare.specs[0].requirements) == (("numpy<3",), ("numpy<3",))


def test_a_set_requires_packages_alone(configured: Configured) -> None:
    text = '[tool.matrix.sets.default]\nscikit-learn = ["1.3"]\nrequirements = ["python>3"]'
    with pytest.raises(ConfigError, match=r"default\.requirements\[0\].*chosen by the sets"):
        configured(text)


def test_an_axis_of_a_framework_makes_environments_with_the_scikit_learn_that_fits(
    configured: Configured,
) -> None:
    text = """
        [tool.matrix.sets.default]
        xgboost = ["1.7", "2.0.3", "latest"]
        """
    first, second, third = configured(text).specs
    assert (first.id, first.label) == ("xgboost-1.7", "xgboost 1.7")
    assert (first.dated_by, first.scikit_learn) == (("xgboost", "1.7"), ">=0")
    assert (second.id, second.dated_by) == ("xgboost-2.0.3", ("xgboost", "2.0.3"))
    assert (third.id, third.dated_by) == ("xgboost-latest", ("xgboost", "latest"))


def test_a_framework_beside_scikit_learn_is_a_package(configured: Configured) -> None:
    text = """
        [tool.matrix.sets.default]
        scikit-learn = ["1.5"]
        xgboost = ["2.1", "latest"]
        """
    specs = configured(text).specs
    assert [spec.dated_by for spec in specs] == 2 * [("scikit-learn", "1.5")]
    assert [spec.requirements for spec in specs] == [("xgboost==2.1.*",), ("xgboost",)]


def test_an_environment_may_name_a_framework(configured: Configured) -> None:
    """One like it may have another version, or a scikit-learn of its own."""
    text = """
        [tool.matrix.sets.default]
        environments = [
            { xgboost = "1.4.2", python = "3.8" },
            { like = "xgboost-1.4.2-py3.8", xgboost = "1.5.0" },
        ]
        """
    first, second = configured(text).specs
    assert (first.dated_by, first.scikit_learn) == (("xgboost", "1.4.2"), ">=0")
    assert (second.dated_by, second.python) == (("xgboost", "1.5.0"), "3.8")


def test_other_packages_make_no_environment(configured: Configured) -> None:
    with pytest.raises(ConfigError, match="an axis without scikit-learn makes no environment"):
        configured('[tool.matrix.sets.default]\nnumpy = ["1.26"]')


def test_a_runtime_has_environments_of_its_own_without_scikit_learn(
    configured: Configured,
) -> None:
    """What the others require may need scikit-learn, so a runtime takes none of it."""
    catalog = configured(
        """
        [tool.matrix]
        requirements = ["pandas"]
        [tool.matrix.sets.default]
        scikit-learn = ["1.3", "1.5"]
        onnxruntime = ["1.10", "1.20"]
        python = ["3.9"]
        skl2onnx = ["1.16.0"]
        environments = [{ name = "own", onnxruntime = "1.14", requirements = ["pandas<2"] }]
        """
    )
    assert {spec.id: (spec.scikit_learn, spec.requirements) for spec in catalog.specs} == {
        "sklearn-1.3-py3.9-skl2onnx1.16.0": ("1.3", ("pandas", "skl2onnx==1.16.0")),
        "sklearn-1.5-py3.9-skl2onnx1.16.0": ("1.5", ("pandas", "skl2onnx==1.16.0")),
        "onnxruntime-1.10-py3.9": ("", ()),
        "onnxruntime-1.20-py3.9": ("", ()),
        "own": ("", ("pandas<2",)),
    }
