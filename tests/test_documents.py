"""README and documentation name only what exists: links, anchors, files, commands, options."""

from __future__ import annotations

import argparse
import json
import re
import runpy
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from matrix import sessions
from matrix.cli import arguments

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), ROOT / "fixtures" / "README.md"])
SOURCES = [path for path in DOCUMENTS if path.name != "CHANGELOG.md"]
"""Documents that describe what is there today; a changelog may name what has gone."""
FOLDERS = "matrix|tests|tools|benchmarks|fixtures|docs"
OPTIONS_OF_OTHERS = {
    *("--only", "--full", "--models", "--releases", "--cells"),  # benchmarks/benchmark.py
    "--python",  # uv
    "--quiet",  # uv, pip
    "--strict",  # mkdocs
    "--exclude-newer",  # uv
    "--group",  # uv
    "--nthreads",  # dask
    "--nworkers",  # dask
    "--spec",  # pipx
    "--init",  # git
    "--no-tags",  # git
    "--schemafile",  # check-jsonschema
    "--version",  # ours, but on the main parser
    "--print-completion",  # the same
}


def ids(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def without_code(text: str) -> str:
    """The text without its code blocks, where `[a](b)` and `# a` are no Markdown."""
    return re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)


def anchors(text: str) -> set[str]:
    """The anchors that GitHub and the site make of headings."""
    headings = re.findall(r"^#{1,6} (.+?)\s*$", without_code(text), flags=re.MULTILINE)
    plain = (re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower() for heading in headings)
    return {re.sub(r"[^\w\- ]", "", heading).replace(" ", "-") for heading in plain}


def links(text: str) -> Iterator[tuple[str, str]]:
    """The relative links of a document: a path, which may be empty, and an anchor."""
    for target in re.findall(r"\]\(([^)\s]+)\)", without_code(text)):
        if not re.match(r"[a-z]+:", target):
            path, _, anchor = target.partition("#")
            yield path, anchor


@pytest.mark.parametrize("document", DOCUMENTS, ids=ids)
def test_every_relative_link_leads_to_a_file_and_an_anchor(document: Path) -> None:
    for path, anchor in links(document.read_text("utf-8")):
        target = document.parent / path if path else document
        assert target.exists(), f"{document.name}: there is no {path}"
        if anchor:
            assert anchor in anchors(target.read_text("utf-8")), f"{path}: no heading #{anchor}"


@pytest.mark.parametrize("document", SOURCES, ids=ids)
def test_every_file_that_a_document_names_exists(document: Path) -> None:
    named = re.findall(rf"(?<![\w/.-])((?:{FOLDERS})/[\w./-]*\w)", document.read_text("utf-8"))
    missing = {path for path in named if "." in path and not (ROOT / path).exists()}
    assert missing == set()


@pytest.mark.parametrize("document", SOURCES, ids=ids)
def test_every_module_that_a_document_names_by_its_end_exists(document: Path) -> None:
    """Such as ``engine/protocol.py``."""
    tracked = [f"/{path.relative_to(ROOT).as_posix()}" for path in ROOT.glob("*/**/*.py")]
    named = set(re.findall(r"(?<![\w/.-])([\w/]+/\w+\.py)\b", document.read_text("utf-8")))
    assert {name for name in named if not any(one.endswith(f"/{name}") for one in tracked)} == set()


def test_the_names_of_files_are_found_in_documents() -> None:
    """The check above is not empty: the architecture alone names dozens."""
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    assert len(set(re.findall(r"(?:matrix|tests)/[\w/]+\.py", text))) > 20


def parsers() -> dict[str, argparse.ArgumentParser]:
    (commands,) = (
        action
        for action in arguments.parser()._actions
        if isinstance(action, argparse._SubParsersAction)
    )
    return dict(commands.choices)


def options(parser: argparse.ArgumentParser) -> set[str]:
    return {option for action in parser._actions for option in action.option_strings}


def command_lines(text: str) -> Iterator[tuple[str, list[str]]]:
    """What is typed in a document's examples: the command, and what follows it."""
    pattern = r"(?:nox -s (\w+) --|(?:python -m matrix|compat-matrix) ([a-z]+))((?: [^`\n#&]*)?)"
    for session, command, rest in re.findall(pattern, text):
        name = sessions.COMMANDS[session][0] if session in sessions.COMMANDS else command
        if name:
            yield name, shlex.split(rest.split(" > ")[0].replace("'", '"').replace("…", ""))


@pytest.mark.parametrize("document", SOURCES, ids=ids)
def test_every_example_uses_options_of_its_command(document: Path) -> None:
    known = parsers()
    for command, words in command_lines(document.read_text("utf-8")):
        assert command in known, f"{command} {' '.join(words)}"
        used = {word.split("=")[0] for word in words if word.startswith("--")}
        assert used <= options(known[command]), f"{command} {' '.join(words)}"


@pytest.mark.parametrize("document", SOURCES, ids=ids)
def test_every_option_that_a_document_names_exists(document: Path) -> None:
    known = set().union(*map(options, parsers().values()))
    named = set(re.findall(r"(?<![\w-])(--[a-z][a-z-]*[a-z])", document.read_text("utf-8")))
    assert named - known <= OPTIONS_OF_OTHERS


def own_sessions() -> set[str]:
    """The names of the sessions that the noxfile defines itself."""
    pattern = r"^@nox\.session(?:\(name=\"([\w-]+)\".*\))?\ndef (\w+)"
    text = (ROOT / "noxfile.py").read_text("utf-8")
    return {name or function for name, function in re.findall(pattern, text, re.MULTILINE)}


@pytest.mark.parametrize("document", SOURCES, ids=ids)
def test_every_session_that_a_document_names_exists(document: Path) -> None:
    named = set(re.findall(r"nox -s ([a-z][a-z-]*)", document.read_text("utf-8")))
    assert named <= {*own_sessions(), *sessions.COMMANDS}


def test_the_page_for_contributors_names_every_session() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    assert len(own_sessions()) > 5
    assert {name for name in own_sessions() if f"| `nox -s {name}` |" not in text} == set()


def test_the_page_of_commands_is_what_the_parser_says() -> None:
    """If it is not: nox -s commands."""
    page = (ROOT / "docs" / "commands.md").read_text("utf-8")
    assert page == runpy.run_path(str(ROOT / "tools" / "commands.py"))["documented"]()


def test_the_readme_fits_two_screens() -> None:
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) <= 100


def test_every_page_is_in_the_navigation_once() -> None:
    """The site's own check does not read the navigation of pages that are made when it is built."""
    text = (ROOT / "mkdocs.yml").read_text("utf-8")
    listed = re.findall(r": ([\w-]+\.md)$", text, flags=re.MULTILINE)
    made = set(pages_from_elsewhere().values())
    assert sorted(listed) == sorted({path.name for path in ROOT.glob("docs/*.md")} | made)


def pages_from_elsewhere() -> dict[str, str]:
    """``PAGES`` of tools/site.py, read without importing MkDocs."""
    text = (ROOT / "tools" / "site.py").read_text("utf-8")
    block = text.partition("PAGES = {")[2].partition("}")[0]
    return dict(re.findall(r'"([^"]+)": "([^"]+)"', block))


ARCHITECTURE = ROOT / "docs" / "architecture.md"


def test_the_architecture_names_every_package() -> None:
    text = ARCHITECTURE.read_text("utf-8")
    table = text.partition("## Packages")[2].partition("\n## ")[0]
    packages = {path.name for path in (ROOT / "matrix").iterdir() if path.suffix == ".py"}
    packages |= {path.parent.name for path in (ROOT / "matrix").glob("*/__init__.py")}
    packages |= {"worker"}
    packages -= {"__init__.py", "__main__.py"}
    assert {one for one in packages if f"`matrix/{one}`" not in table} == set()


def test_the_architecture_names_what_its_files_hold() -> None:
    """Each "`Name` in `file`", and each type of the data model beside its module."""
    text = ARCHITECTURE.read_text("utf-8")
    pairs = re.findall(r"`(\w+)` in\s+`((?:matrix|tests)/[\w/]+\.py)`", text)
    for names, path in re.findall(
        r"^\| ((?:`\w+`(?:, )?)+) \| `(matrix/model/\w+\.py)`", text, re.M
    ):
        pairs += [(name, path) for name in re.findall(r"\w+", names)]
    assert len(pairs) > 25
    for name, path in pairs:
        source = (ROOT / path).read_text("utf-8")
        assert re.search(rf"^(class )?{name}\b", source, re.MULTILINE), f"{name} in {path}"


def test_every_verdict_and_exit_code_has_a_line() -> None:
    from matrix.errors import Exit
    from matrix.model import Verdict

    verdicts = (ROOT / "docs" / "verdicts.md").read_text("utf-8")
    assert {one.value for one in Verdict if f"| `{one.value}` |" not in verdicts} == set()
    codes = (ROOT / "docs" / "exit-codes.md").read_text("utf-8")
    assert {int(one) for one in Exit if f"| {int(one)} |" not in codes} == set()


def test_every_field_of_the_result_has_a_line() -> None:
    schema = json.loads((ROOT / "matrix" / "report" / "schema-2.json").read_text("utf-8"))
    page = (ROOT / "docs" / "json.md").read_text("utf-8")
    fields = {*schema["properties"], *schema["$defs"]["answer"]["properties"]}
    assert {field for field in fields if f"`{field}`" not in page} == set()
