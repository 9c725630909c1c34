"""The configuration as a whole."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from matrix.catalog import (
    Catalog,
    default,
    find,
    read,
    read_or_default,
    toml,
    with_reference_pipelines,
)
from matrix.catalog.config_reader import read_document
from matrix.errors import ConfigError, MatrixError, UsageError
from matrix.model import Tolerance

Configured = Callable[..., Catalog]
SETS = '[tool.matrix.sets.default]\nscikit-learn = ["1.3"]\n'


def test_a_file_of_its_own_has_the_same_keys(configured: Configured, tmp_path: Path) -> None:
    """In a file that is not pyproject.toml the keys may stand at the top."""
    catalog = configured('[sets.default]\nscikit-learn = ["1.3"]', "matrix.toml")
    assert [spec.id for spec in catalog.specs] == ["sklearn-1.3"]
    assert catalog.state == tmp_path / ".matrix"
    assert catalog.root == tmp_path


def test_settings_and_their_defaults(configured: Configured) -> None:
    """Missing settings have defaults; tolerances may differ by pipeline and method."""
    catalog = configured(
        """
        [tool.matrix]
        download-python = "never"
        release-window-days = 30
        [tool.matrix.limits]
        seconds = 5
        [tool.matrix.tolerances]
        rtol = 1e-5
        overrides = [{ pipelines = "gaussian*", methods = "*_std", atol = 0.1 }]
        """
        + SETS
    )
    assert not catalog.download_python
    assert catalog.release_window_days == 30
    assert (catalog.limits.seconds, catalog.limits.memory_mb) == (5, 4096)
    assert catalog.tolerances.of("ridge", "predict") == Tolerance(rtol=1e-5)
    assert catalog.tolerances.of("gaussian_a", "predict_std") == Tolerance(rtol=1e-5, atol=0.1)


def test_names_are_trusted_file_by_file(configured: Configured) -> None:
    one, other = "0" * 64, "1" * 64
    catalog = configured(
        f"""
        [[tool.matrix.trust]]
        sha256 = "{one}"
        names = ["churn_lib.Ours", "churn_lib:Ours.Inner"]
        [[tool.matrix.trust]]
        sha256 = "{one}"
        names = ["churn_lib.Other"]
        """
        + SETS
    )
    assert catalog.trust.of(one) == {"churn_lib.Ours", "churn_lib:Ours.Inner", "churn_lib.Other"}
    assert catalog.trust.of(other) == frozenset()


@pytest.mark.parametrize(
    ("text", "path", "problem"),
    [
        ("[tool.matrix]\npipelnes = []", "pipelnes", "unknown key"),
        ('[[tool.matrix.trust]]\nnames = ["a.B"]', "trust[0].sha256", "is not there"),
        (f'[[tool.matrix.trust]]\nsha256 = "{"0" * 64}"', "trust[0].names", "is not there"),
        ('[[tool.matrix.trust]]\nsha256 = "abc"\nnames = []', "trust[0].sha256", "not a SHA-256"),
        (
            f'[[tool.matrix.trust]]\nsha256 = "{"0" * 64}"\nnames = ["a.B", "a.*"]',
            "trust[0].names[1]",
            "not an exact name",
        ),
        ('[tool.matrix]\npipelines = "fixtures"', "pipelines", "must be a list, not a string"),
        ('[tool.matrix]\npipelines = ["nowhere"]', "pipelines[0]", "there is no folder"),
        ('[tool.matrix]\nrequirements = ["-r x"]', "requirements[0]", "is an option"),
        ('[tool.matrix]\nrequirements = ["pandas=="]', "requirements[0]", "is not a requirement"),
        ('[tool.matrix]\nrequirements = ["python>3"]', "requirements[0]", "chosen by the sets"),
        ('[tool.matrix]\nstate = "pyproject.toml"', "state", "is not a folder"),
        ('[tool.matrix]\ndownload-python = "yes"', "download-python", 'must be "auto"'),
        ("[tool.matrix]\nrelease-window-days = -1", "release-window-days", "between 0"),
        ("[tool.matrix.formats]\npikle = []", "formats.pikle", "unknown key"),
        ("[tool.matrix.limits]\nseconds = inf", "limits.seconds", "finite"),
        ("[tool.matrix.tolerances]\nrtol = true", "tolerances.rtol", "not a boolean"),
        ("[tool]\nmatrix = 3", "", "must be a table, not an integer"),
    ],
)
def test_mistakes_are_reported_with_their_path(
    configured: Configured, text: str, path: str, problem: str
) -> None:
    """The message names the path of the key."""
    with pytest.raises(ConfigError) as caught:
        configured(f"{text}\n{SETS if 'matrix = 3' not in text else ''}")
    assert caught.value.path == f"tool.matrix.{path}".rstrip(".")
    assert problem in str(caught.value)


def test_an_unknown_key_is_refused_with_the_most_similar_name(configured: Configured) -> None:
    """A slip of the finger gets its correction."""
    with pytest.raises(ConfigError) as caught:
        configured(f"[tool.matrix]\npipelnes = []\n{SETS}")
    assert caught.value.advice == 'did you mean "pipelines"?'


def test_an_invalid_configuration_file_is_refused(tmp_path: Path) -> None:
    """No file, a folder, no TOML, no UTF-8: each its own message."""
    (tmp_path / "a.toml").write_bytes(b"x = ")
    (tmp_path / "b.toml").write_bytes(b"x = '\xff'")
    (tmp_path / "pyproject.toml").write_text("[project]")
    for name, problem in {
        "none.toml": "cannot be read: No such file",
        ".": "cannot be read",
        "a.toml": "is not TOML",
        "b.toml": "is not UTF-8",
        "pyproject.toml": "tool.matrix: is not there",
    }.items():
        with pytest.raises(ConfigError, match=problem):
            read(tmp_path / name)


def test_the_nearest_configuration_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a named file, parent folders are searched; if none has one, that is an error."""
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "a/pyproject.toml").write_text("[project]")
    monkeypatch.chdir(tmp_path / "a/b")
    assert find(tmp_path / "a/b") is None
    with pytest.raises(UsageError, match="--config FILE"):
        read()
    (tmp_path / "pyproject.toml").write_text(SETS)
    assert read().source == tmp_path / "pyproject.toml"
    assert default(tmp_path).specs == ()


@pytest.mark.parametrize("content", [b"x = [", b"x = '\xff'"])
def test_a_broken_file_on_the_way_is_refused(
    content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may have had the settings; commands that need none refuse it too."""
    (tmp_path / "a").mkdir()
    (tmp_path / "pyproject.toml").write_bytes(content)
    monkeypatch.chdir(tmp_path / "a")
    for reader in (read, read_or_default, with_reference_pipelines):
        with pytest.raises(ConfigError, match=r"pyproject\.toml: is not") as caught:
            reader()
        assert "--isolated" in caught.value.advice
    assert read_or_default(search=False).source is None


def test_an_unknown_set_is_refused_with_the_names_there_are(configured: Configured) -> None:
    """A slip in --set gets its correction."""
    with pytest.raises(UsageError, match="did you mean 'default'"):
        configured(SETS, set_name="defualt")


OURS: dict[str, Any] = toml.loads(
    (Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8")
)["tool"]["matrix"]
_texts = st.sampled_from(
    [
        "1.3",
        "latest",
        "newest",
        "3.9",
        "default",
        "sklearn-1.3",
        "today",
        ">=1",
        "tag:x",
        "*",
        "-r x",
    ]
)
_values = st.recursive(
    _texts | st.text(max_size=5) | st.integers() | st.floats() | st.booleans() | st.dates(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(_texts | st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=8,
)


def _changed(node: Any, draw: st.DataObject) -> Any:
    """Return a configuration in which one value is replaced."""
    if not isinstance(node, (dict, list)) or not node or draw.draw(st.integers(0, 5)) == 0:
        return draw.draw(_values)
    if isinstance(node, list):
        at = draw.draw(st.integers(0, len(node) - 1))
        return [*node[:at], _changed(node[at], draw), *node[at + 1 :]]
    key = draw.draw(st.sampled_from(sorted(node)))
    name = draw.draw(st.sampled_from([key, key, key, key[:-1], "numpy", "like", "python"]))
    return {**{k: v for k, v in node.items() if k != key}, name: _changed(node[key], draw)}


@settings(max_examples=300, deadline=None)
@given(draw=st.data())
def test_any_configuration_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, draw: st.DataObject
) -> None:
    """Whatever is made of a configuration, there is a catalog or an error of ours."""
    source = tmp_path_factory.getbasetemp() / "pyproject.toml"
    (source.parent / "fixtures").mkdir(exist_ok=True)
    document = _changed(OURS, draw)
    try:
        catalog = read_document(source, "tool.matrix", document, with_pipelines=False)
    except MatrixError as error:
        event(type(error).__name__)
    else:
        event("a catalog")
        assert isinstance(catalog, Catalog)


def test_environments_may_be_made_up_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a configuration a folder stands for itself; with one, its settings hold."""
    monkeypatch.chdir(tmp_path)
    assert read_or_default() == default(tmp_path)
    file = tmp_path / "pyproject.toml"
    file.write_text('[tool.matrix]\nrequirements = ["pandas"]\nrelease-window-days = 7\n')
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    catalog = read_or_default()
    assert (catalog.root, catalog.source) == (tmp_path, file)
    assert (catalog.requirements, catalog.release_window_days) == (("pandas",), 7)
    assert catalog.specs == ()
    file.write_text("[tool.matrix]\nstaet = 1\n")
    with pytest.raises(ConfigError, match="staet: unknown key"):
        read_or_default()
