"""What ``--from`` and ``--to`` say becomes a wish, and a wish becomes an environment wanted.

Requirements, requirements files and locks may be given, several together. Nothing is fetched, and
nothing that begins like an option or holds a line break gets through.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from matrix.catalog import checks, environment_names
from matrix.catalog.release_choice import choose
from matrix.catalog.requirement_files import read_requirements
from matrix.catalog.requirement_set import RequirementSet, joined, parsed
from matrix.errors import UsageError
from matrix.model import EnvSpec, FileLine

_FILES = {".txt", ".in", ".lock", ".toml"}
_FOREIGN_KINDS = {".yml", ".yaml", ".json", ".cfg", ".ini"}
_FROM_ENVIRONMENT = "pip list --format=freeze > requirements.txt"
_FOREIGN = {
    "uv.lock": "uv export --format pylock.toml --output-file pylock.toml",
    "poetry.lock": "poetry export --without-hashes --output requirements.txt",
    "pdm.lock": "pdm export --without-hashes --output requirements.txt",
    "Pipfile.lock": "pipenv requirements > requirements.txt",
    "Pipfile": "pipenv requirements > requirements.txt",
    "pyproject.toml": "uv pip compile pyproject.toml --output-file requirements.txt",
}
"""What is not read, and the command that writes what is."""
_LONGEST_ID = 80
ANY = ">=0"
"""The newest scikit-learn that fits with all the rest; ``latest`` is the newest of all."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EnvironmentRequest:
    """An environment as somebody asks for it."""

    scikit_learn: str | None = None
    """As in EnvSpec; None if nothing was said."""
    python: str | None = None
    """``3.13``, ``3.13.1`` or a specifier; None if nothing was said."""
    others: tuple[str, ...] = ()
    """Further requirements, in the syntax of PEP 508, with markers."""
    constraints: tuple[str, ...] = ()
    """What holds for packages that something else brings."""
    source: str = ""
    """What was asked for, as people would name it: ``requirements.txt``."""
    file: str = ""
    """The name of the file; empty if there was none."""
    notes: tuple[str, ...] = ()
    """What was left aside or taken for granted, in words."""
    place: FileLine | None = None
    """The line that names scikit-learn, if a file does."""


def read_request(texts: Sequence[str], *, folder: Path | None = None) -> EnvironmentRequest:
    """Return what requirements and files say together.

    Args:
        texts: each a requirement (``numpy<2``, ``python==3.12``), a version of scikit-learn
            (``1.5``: the last patch of that line), ``latest``, or a file.
        folder: where relative files are looked for; by default here.

    Raises:
        UsageError: what was given cannot be understood, is not there, or contradicts itself.
    """
    given, files = RequirementSet(), []
    for text in texts:
        file = _file(text, folder or Path())
        if file is None:
            given = joined([given, RequirementSet(requirements=(_typed(text),))])
        else:
            files.append(file)
    python = _one_python(given.requirements)
    said = joined([*(_read_file(file, python) for file in files), given])
    return _wish(said, source=" ".join(texts), file=files[0].name if files else "")


def spec_of(wish: EnvironmentRequest, *, as_of: str, common: Sequence[str] = ()) -> EnvSpec:
    """Return the environment that a wish means.

    Args:
        wish: what was asked for.
        as_of: as in EnvSpec: ``release``, ``today`` or a date.
        common: what every environment of the configuration holds; a file says all by itself.

    Raises:
        UsageError: it says nothing of scikit-learn.
    """
    if wish.scikit_learn is None:
        raise UsageError(
            f"{wish.source}: scikit-learn is not in it",
            advice="add it, or give a lock that names all packages (pip freeze, uv pip compile)",
        )
    named = {_package(text) for text in wish.others}
    shared = [] if wish.file else [text for text in common if _package(text) not in named]
    id_, label = _named(wish, wish.scikit_learn, as_of)
    return EnvSpec(
        id=id_,
        label=label,
        scikit_learn=_on_the_day(wish.scikit_learn, as_of),
        python=wish.python or "newest",
        requirements=(*shared, *wish.others),
        constraints=wish.constraints,
        as_of=as_of,
        place=wish.place,
    )


def _on_the_day(scikit_learn: str, as_of: str) -> str:
    """Return what a line or ``latest`` is on a past day: what there was of it then."""
    if as_of in {"release", "today"}:
        return scikit_learn
    if scikit_learn == "latest":
        return ANY
    is_line = scikit_learn[:1].isdigit() and len(Version(scikit_learn).release) == 2
    return f"=={scikit_learn}.*" if is_line else scikit_learn


def _named(wish: EnvironmentRequest, scikit_learn: str, as_of: str) -> tuple[str, str]:
    """Return id and label: as the matrix would name it, or by the file and a digest."""
    everything = [scikit_learn, wish.python, sorted(wish.others), sorted(wish.constraints)]
    digest = hashlib.sha256(json.dumps(everything).encode()).hexdigest()[:8]
    if wish.file:
        return environment_names.of_file(wish.file, digest, as_of)
    requirements = [Requirement(text) for text in wish.others]
    packages = {str(canonicalize_name(r.name)): str(r.specifier) for r in requirements}
    release = "any" if scikit_learn == ANY else scikit_learn
    said = (release, wish.python or "newest", packages, as_of)
    id_, label = environment_names.environment_id(*said), environment_names.environment_label(*said)
    plain = len(packages) == len(requirements) and not any(
        r.marker or r.extras for r in requirements
    )
    if plain and not wish.constraints and len(id_) <= _LONGEST_ID:
        return id_, label
    return environment_names.of_many(release, digest, as_of), label


# ------------------------------------------------------------------------ what was given


def _file(text: str, folder: Path) -> Path | None:
    """Return the file that a text names; None if it is a requirement."""
    if not text.strip() or not text.isprintable():
        raise UsageError(f"{text!r} is neither a requirement nor a file")
    path = folder / text
    looks_like_one = path.suffix.lower() in _FILES | _FOREIGN_KINDS or path.name in _FOREIGN
    if looks_like_one and not re.search(r"[<>=~!;]", text):
        return path
    try:
        return path if re.search(r"[\\/]", text) and path.is_file() else None
    except (OSError, ValueError):
        return None


def _typed(text: str) -> Requirement:
    """Return a requirement that was typed; a version alone is one of scikit-learn."""
    text = text.strip()
    if text == "latest":
        return Requirement("scikit-learn")
    try:
        version = Version(text)
    except ValueError:
        return parsed(text)
    wild = ".*" if len(version.release) == 2 and text.count(".") == 1 else ""
    return parsed(f"scikit-learn=={text.removeprefix('v')}{wild}")


def _read_file(file: Path, python: str) -> RequirementSet:
    advice = _FOREIGN.get(file.name)
    if advice is None and file.suffix.lower() in _FOREIGN_KINDS:
        advice = _FROM_ENVIRONMENT
    if advice:
        raise UsageError(f"{file}: is not read", advice=f"export it: {advice}")
    if file.suffix.lower() == ".toml":
        from matrix.catalog.pylock import read_pylock  # what nox brings may not have its reader

        return read_pylock(file, python)
    return read_requirements(file)


# ------------------------------------------------------------------------ what it means


def _wish(said: RequirementSet, *, source: str, file: str) -> EnvironmentRequest:
    for requirement in (*said.requirements, *said.constraints):
        if canonicalize_name(requirement.name) == "sklearn":
            raise UsageError(f"{requirement}: the package is called scikit-learn")
    pythons_said, learn = _of(said.requirements, "python"), _of(said.requirements, "scikit-learn")
    held = _of(said.constraints, "scikit-learn")
    others = [r for r in said.requirements if r not in (*pythons_said, *learn)]
    explicit = _one_python(pythons_said)
    entries = [*learn, *held] if learn else []
    choice = choose(entries, explicit or said.made_with, said.pythons, source)
    notes = [*said.notes, choice.note]
    if said.made_with and not explicit:
        notes.append(f"Python {said.made_with}, which it was made with; python==… says otherwise")
    alone = not others and not choice.python
    return EnvironmentRequest(
        scikit_learn=_as_spec(choice.scikit_learn, alone=alone) if learn else None,
        python=_python_of(choice.python) if choice.python else None,
        others=_texts(others),
        constraints=_texts(r for r in said.constraints if r not in held),
        source=source,
        file=file,
        notes=tuple(filter(None, notes)),
        place=said.place,
    )


def _as_spec(specifier: SpecifierSet, *, alone: bool) -> str:
    """Return what EnvSpec says of scikit-learn: a release, a line, ``latest`` or a specifier.

    Raises:
        UsageError: nothing can be all of it.
    """
    for each in specifier:
        if each.operator == "===" or (each.operator == "==" and not each.version.endswith(".*")):
            try:
                version = Version(each.version)
            except InvalidVersion:
                raise UsageError(f"scikit-learn{each}: is not a version") from None
            if not specifier.contains(version, prereleases=True):
                raise UsageError(f"scikit-learn{specifier}: no version can be all of that")
            return checks.in_full(version)
    text = ",".join(sorted((str(each) for each in specifier), reverse=True))
    line = re.fullmatch(r"==(\d+\.\d+)\.\*", text)
    if line:
        return line.group(1)
    return text or ("latest" if alone else ANY)


def _one_python(requirements: Iterable[Requirement]) -> str:
    """Return the Python that requirements name, in the form of EnvSpec; empty if none does.

    Raises:
        UsageError: they contradict each other, or one cannot be understood.
    """
    said = list(dict.fromkeys(_python_of(str(r.specifier)) for r in _of(requirements, "python")))
    if len(said) > 1:
        raise UsageError(f"python is said to be {' and '.join(said)}", advice="say it once")
    return said[0] if said else ""


def _python_of(text: str) -> str:
    try:
        return checks.python(text)
    except ValueError:
        raise UsageError(
            f"python{text}: is not a Python version",
            advice='write "python==3.13" or "python==3.13.1"',
        ) from None


def _of(requirements: Iterable[Requirement], name: str) -> list[Requirement]:
    return [r for r in requirements if canonicalize_name(r.name) == name]


def _texts(requirements: Iterable[Requirement]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(r) for r in requirements))


def _package(requirement: str) -> str:
    return str(canonicalize_name(Requirement(requirement).name))
