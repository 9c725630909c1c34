"""The project's own files agree with each other."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[1]


def test_pre_commit_has_the_pinned_linter() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    pinned = {pin for pin in project["dependency-groups"]["lint"] if pin.startswith("ruff==")}
    hooks = (ROOT / ".pre-commit-config.yaml").read_text("utf-8")
    assert set(re.findall(r"ruff==[\d.]+", hooks)) == pinned


def test_ci_calls_the_test_command_of_the_readme() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    first_screen = "\n".join(readme.splitlines()[:30])
    assert 'python -m pip install "nox[uv]" && nox -s matrix' in first_screen
    assert "nox -s tests" in first_screen
    assert "\nnox -s tests\n" in (ROOT / ".ci" / "run").read_text("utf-8")


def test_links_in_the_documents_lead_somewhere() -> None:
    for document in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("fixtures/*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text("utf-8")):
            assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_every_key_of_the_configuration_is_in_its_reference() -> None:
    from matrix.catalog import config_reader, sets

    reference = (ROOT / "docs" / "configuration.md").read_text("utf-8")
    keys = {*config_reader._KEYS, *sets._SET_KEYS, *sets._ENVIRONMENT_KEYS} - {"sets", "label"}
    assert {key for key in keys if key not in reference} == set()


def test_every_note_and_reason_of_an_inspection_is_in_its_reference() -> None:
    from matrix.inspection import WHY

    reference = (ROOT / "docs" / "inspect.md").read_text("utf-8")
    sources = [path.read_text("utf-8") for path in (ROOT / "matrix" / "inspection").glob("*.py")]
    notes = {code for text in sources for code in re.findall(r'\.add_note\(\s*"([\w-]+)"', text)}
    assert len(notes) > 5
    assert {code for code in {*notes, *WHY} if f"`{code}`" not in reference} == set()


def test_every_command_has_a_session() -> None:
    """What works as ``python -m matrix COMMAND`` works as ``nox -s COMMAND`` here and elsewhere."""
    from matrix import sessions
    from matrix.cli.arguments import COMMANDS

    commands = {arguments.command for arguments in COMMANDS}
    assert len(commands) > 5
    assert {command for command, _ in sessions.COMMANDS.values()} == commands


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The build hook, without the build tool that only builds have."""
    interface = ModuleType("interface")
    interface.MetadataHookInterface = object  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "hatchling.metadata.plugin.interface", interface)
    for name in ("hatchling", "hatchling.metadata", "hatchling.metadata.plugin"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    spec = importlib.util.spec_from_file_location("readme_hook", ROOT / "tools" / "readme.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_package_names_the_repository_that_built_it_and_invents_none(hook: ModuleType) -> None:
    address = hook.repository({"GITHUB_SERVER_URL": "https://a.b", "GITHUB_REPOSITORY": "o/r"})
    assert hook.urls(address)["Issues"] == "https://a.b/o/r/issues"
    text = "see [locks](docs/locks.md), [here](#x) and [there](https://c.d)"
    assert hook.linked(text, address) == text.replace(
        "docs/locks.md", "https://a.b/o/r/blob/HEAD/docs/locks.md"
    )
    assert hook.repository({}) == ""
    assert hook.urls("") == {}
    assert hook.linked(text, "").startswith("see locks (`docs/locks.md`), [here](#x)")
