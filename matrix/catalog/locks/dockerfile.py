"""Read a Dockerfile: the Python of its last stage, and what pip installs in it."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from matrix.catalog.requirement_files import read_line
from matrix.catalog.requirement_set import RequirementSet, joined
from matrix.catalog.source_file import SourceFile
from matrix.errors import UsageError

_PYTHON_IMAGE = re.compile(r"(?:\S*/)?python:(?P<version>\d+\.\d+)(?:[.\w-]*)?(?:@\S+)?")
_VARIABLE = re.compile(r"\$(?:\{(?P<braced>\w+)(?::-(?P<default>[^}]*))?\}|(?P<plain>\w+))")
_INSTRUCTION = re.compile(r"(?P<word>[A-Za-z]+)\s+(?P<rest>.*)", re.S)
_SEPARATORS = {"&&", "||", ";", "|", "&"}
_WITH_VALUE = {
    *("-i", "--index-url", "--extra-index-url", "-f", "--find-links", "--trusted-host"),
    *("-t", "--target", "--prefix", "--root", "--proxy", "--timeout", "--retries", "--cache-dir"),
    *("--python", "-p", "--progress-bar", "--log", "--platform", "--no-binary", "--only-binary"),
    *("--index-strategy", "--config-settings", "-C", "--src", "--upgrade-strategy"),
}
_FILES = {
    **dict.fromkeys(("-r", "--requirement", "--requirements"), "-r"),
    **dict.fromkeys(("-c", "--constraint", "--constraints"), "-c"),
}
_LOCK_COMMANDS = (
    (("uv", "sync"), "uv.lock"),
    (("poetry", "install"), "poetry.lock"),
    (("pdm", "sync"), "pdm.lock"),
    (("pdm", "install"), "pdm.lock"),
    (("pipenv", "sync"), "Pipfile.lock"),
    (("pipenv", "install"), "Pipfile.lock"),
    (("pixi", "install"), "pixi.lock"),
)
ReadFile = Callable[[SourceFile, str], RequirementSet]


@dataclass(slots=True)
class _ImageStage:
    python: str = ""
    commands: list[list[str]] = field(default_factory=list)
    copied: dict[str, str] = field(default_factory=dict)
    """The name in the image, and the path beside the Dockerfile."""


def read(file: SourceFile, python: str, read_file: ReadFile) -> RequirementSet:
    """Read the last stage with those that it is made from.

    Args:
        file: the Dockerfile.
        python: the requested Python; empty if none is requested.
        read_file: reads the files and locks that it installs from.

    Raises:
        UsageError: the file is not a Dockerfile, or a file that it installs from cannot be read.
    """
    stage = _last_stage(file)
    parts = [
        RequirementSet(
            made_with=stage.python, made_with_by="FROM in the Dockerfile" if stage.python else ""
        )
    ]
    for words in stage.commands:
        parts += _installed(file, stage, words, lambda one: read_file(one, python))
    return joined(parts)


def _last_stage(file: SourceFile) -> _ImageStage:
    stages: dict[str, _ImageStage] = {}
    variables: dict[str, str] = {}
    last: _ImageStage | None = None
    for word, rest in _instructions(file.text()):
        if word == "FROM":
            last = _from(_expanded(rest, variables), stages)
        elif word in {"ARG", "ENV"}:
            variables.update(_assigned(rest, variables))
        elif last is not None and word in {"COPY", "ADD"}:
            last.copied.update(_copied(rest))
        elif last is not None and word == "RUN":
            last.commands += _commands(file, _expanded(rest, variables))
    if last is None:
        raise UsageError(f"{file}: has no FROM, so it is not a Dockerfile")
    return last


def _instructions(text: str) -> Iterator[tuple[str, str]]:
    """Yield each instruction, with its lines joined and its comments removed."""
    begun = ""
    for line in text.splitlines():
        if line.lstrip().startswith("#"):
            continue
        if line.rstrip().endswith("\\"):
            begun += line.rstrip()[:-1] + " "
            continue
        found = _INSTRUCTION.fullmatch((begun + line).strip())
        begun = ""
        if found:
            yield found["word"].upper(), found["rest"]


def _expanded(text: str, variables: dict[str, str]) -> str:
    def value(found: re.Match[str]) -> str:
        name = found["braced"] or found["plain"]
        return variables.get(name) or found["default"] or found.group()

    return _VARIABLE.sub(value, text)


def _assigned(text: str, variables: dict[str, str]) -> Iterator[tuple[str, str]]:
    for part in text.split():
        name, assigned, value = part.partition("=")
        if assigned:
            yield name, _expanded(value.strip("'\""), variables)


def _from(text: str, stages: dict[str, _ImageStage]) -> _ImageStage:
    words = [word for word in text.split() if not word.startswith("--")]
    image = words[0] if words else ""
    base = stages.get(image.lower())
    found = _PYTHON_IMAGE.fullmatch(image)
    stage = _ImageStage(python=found["version"] if found else "")
    if base is not None:
        stage = _ImageStage(base.python, [*base.commands], {**base.copied})
    if len(words) == 3 and words[1].lower() == "as":
        stages[words[2].lower()] = stage
    return stage


def _copied(text: str) -> Iterator[tuple[str, str]]:
    if "--from" in text or text.lstrip().startswith("["):
        return
    *sources, target = [word for word in text.split() if not word.startswith("--")] or [""]
    for source in sources:
        yield posixpath.basename(source), source
        if len(sources) == 1:
            yield posixpath.basename(target), source


def _commands(file: SourceFile, text: str) -> Iterator[list[str]]:
    """Yield the words of each command in a line of the shell."""
    try:
        lexer = shlex.shlex(text, posix=True, punctuation_chars=";&|")
        lexer.whitespace_split = True
        words = list(lexer)
    except ValueError:
        if re.search(r"\b(pip|uv|poetry|pdm|pipenv)\b", text):
            raise UsageError(f"{file}: a RUN instruction has a quotation mark too few") from None
        return
    command: list[str] = []
    for word in [*words, "&&"]:
        if word in _SEPARATORS:
            yield command
            command = []
        elif command or not word.startswith("--"):  # options of RUN itself: --mount=...
            command.append(word)


def _installed(
    file: SourceFile,
    stage: _ImageStage,
    words: list[str],
    read_file: Callable[[SourceFile], RequirementSet],
) -> Iterator[RequirementSet]:
    """Yield what one command installs."""
    for command, lock in _LOCK_COMMANDS:
        if _contains(words, command) and file.beside(lock).exists():
            yield read_file(file.beside(lock, str(file)))
    arguments = iter(_after_pip_install(words))
    for word in arguments:
        option, has_value, value = word.partition("=")
        if word in _WITH_VALUE:
            next(arguments, "")
        elif option in _FILES and word.startswith("-"):
            name = value if has_value else next(arguments, "")
            yield _included(file, stage, name, _FILES[option], read_file)
        elif not word.startswith("-") and not word.startswith((".", "/", "$")):
            yield read_line(file, 0, word)


def _included(
    file: SourceFile,
    stage: _ImageStage,
    name: str,
    how: str,
    read_file: Callable[[SourceFile], RequirementSet],
) -> RequirementSet:
    source = stage.copied.get(posixpath.basename(name), posixpath.basename(name))
    found = read_file(_in_context(file, source.lstrip("/") or "."))
    if how == "-r":
        return found
    return RequirementSet(constraints=found.requirements + found.constraints, notes=found.notes)


def _in_context(file: SourceFile, path: str) -> SourceFile:
    """Return a file of the folder that the image is built from: of the Dockerfile, or above."""
    places = [file.beside(f"{above}{path}", str(file)) for above in ("", "../", "../../")]
    return next((place for place in places if place.exists()), places[0])


def _after_pip_install(words: list[str]) -> list[str]:
    for at, word in enumerate(words[:-1]):
        if re.fullmatch(r"(.*/)?pip[\d.]*", word) and words[at + 1] == "install":
            return words[at + 2 :]
    return []


def _contains(words: list[str], command: tuple[str, ...]) -> bool:
    return words[: len(command)] == list(command)
