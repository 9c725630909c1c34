"""Turn the values of ``--from`` and ``--to`` into a request, and a request into an EnvSpec.

A value may be a requirement, a requirements file or a lock, or several of them. Nothing is
downloaded. Texts that begin with ``-`` or contain a line break are refused, because they would
reach the command line of uv.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from matrix.catalog import checks, environment_names, git, runtimes
from matrix.catalog.locks.registry import looks_like_file, read_lock
from matrix.catalog.release_choice import choose
from matrix.catalog.requirement_set import RequirementSet, joined, parsed
from matrix.catalog.source_file import DiskFile, SourceFile
from matrix.errors import UsageError
from matrix.model import EnvSpec, FileLine
from matrix.model.environments import SCIKIT_LEARN

_LONGEST_ID = 80
ANY = ">=0"
"""The newest scikit-learn that is compatible with the other requirements; ``latest`` is the newest
of all."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EnvironmentRequest:
    """An environment as the user requests it."""

    scikit_learn: str | None = None
    """As in EnvSpec; None if not requested."""
    python: str | None = None
    """``3.13``, ``3.13.1`` or a specifier; None if not requested."""
    others: tuple[str, ...] = ()
    """Further requirements, in the syntax of PEP 508, with markers."""
    constraints: tuple[str, ...] = ()
    """Versions of packages, if another requirement installs them; in the syntax of PEP 508."""
    framework: str = SCIKIT_LEARN
    """As in EnvSpec."""
    framework_version: str = ""
    """As in EnvSpec."""
    source: str = ""
    """The user's text, for messages: ``requirements.txt``."""
    file: str = ""
    """The name of the first file; empty if there was none."""
    notes: tuple[str, ...] = ()
    """Ignored lines and assumptions, in words."""
    place: FileLine | None = None
    """The line that requires scikit-learn; None if no file does."""
    day: str = ""
    """The day of a runtime, or of a revision that has ranges, as in EnvSpec: what is not pinned is
    resolved as of it. Empty for files of today."""


def read_request(texts: Sequence[str], *, folder: Path | None = None) -> EnvironmentRequest:
    """Combine requirements and files into one request.

    Args:
        texts: each a requirement (``numpy<2``, ``python==3.12``), a version of scikit-learn
            (``1.5``: the last patch of that line), ``latest``, a file, or a runtime by its name
            (``sagemaker:1.4-2``).
        folder: the folder of relative paths; None for the current one.

    Raises:
        UsageError: a text is not valid, a file does not exist, or two texts contradict each other.
    """
    given, files, named = RequirementSet(), [], []
    for text in texts:
        file = _file(text, folder or Path())
        runtime = runtimes.find(text) if file is None else None
        if file is not None:
            files.append(file)
        elif runtime is not None:
            named.append(runtime)
        else:
            given = joined([given, RequirementSet(requirements=(_typed(text),))])
    python = _one_python(given.requirements)
    parts = [*(one.requirements() for one in named), *(read_lock(file, python) for file in files)]
    shown = [*(one.name for one in named), *map(_shown, files)]
    everything = joined([*parts, given])
    found = _request(everything, source=" ".join(texts), file=shown[0] if shown else "")
    if named and not files:
        return replace(found, day=max(one.as_of for one in named))
    return _dated(found, [file.day for file in files])


def read_lock_request(file: SourceFile, python: str = "") -> EnvironmentRequest:
    """Turn one file into a request.

    Args:
        file: a requirements file, a lock or another file that says what is installed.
        python: the Python to read it for, such as ``3.11``; empty for the one that it names, or
            the newest that it is for.

    Raises:
        UsageError: the file cannot be read, or is not for this Python.
    """
    named = (Requirement(f"python=={python}"),) if python else ()
    everything = joined([read_lock(file, python), RequirementSet(requirements=named)])
    return _dated(_request(everything, source=str(file), file=_shown(file)), [file.day])


def _dated(request: EnvironmentRequest, days: Sequence[str]) -> EnvironmentRequest:
    """A request with the day of its revision or runtime, if something in it is a range."""
    day = max(days, default="")
    if not day or "" in days or is_exact(request):
        return request
    note = f"{request.file}: ranges are resolved as of {day}, the day of its commit"
    return replace(request, day=day, notes=(*request.notes, note))


def is_exact(request: EnvironmentRequest) -> bool:
    """Whether a request names one version of scikit-learn and of each other package."""
    release = request.scikit_learn
    return (release is None or is_release(release)) and all(map(is_pin, request.others))


def is_release(scikit_learn: str) -> bool:
    """Whether the scikit-learn of a request is one release: not a line, a range or ``latest``.

    ``==1.4.1.*`` is one too: conda's way to name 1.4.1.post1.
    """
    if re.fullmatch(r"==\d+\.\d+\.\d+\.\*", scikit_learn):
        return True
    return scikit_learn[:1].isdigit() and scikit_learn.count(".") >= 2


def is_pin(requirement: str) -> bool:
    """Whether a requirement, in the syntax of PEP 508, allows one version."""
    specifiers = Requirement(requirement).specifier
    return any(
        one.operator == "===" or (one.operator == "==" and not one.version.endswith(".*"))
        for one in specifiers
    )


def _shown(file: SourceFile) -> str:
    """Return the name of a file for labels; a file of a revision has it too."""
    return str(file) if isinstance(file, git.GitFile) else file.name


def spec_of(request: EnvironmentRequest, *, as_of: str, common: Sequence[str] = ()) -> EnvSpec:
    """Turn a request into the specification of an environment.

    Args:
        request: of the user; it names scikit-learn, or has an empty text for an environment
            without it.
        as_of: as in EnvSpec: ``release``, ``today`` or a date.
        common: the requirements of every environment in the configuration. They are not added to a
            request that has a file, because a file lists everything.

    Raises:
        UsageError: the request does not name scikit-learn.
    """
    if request.scikit_learn is None:
        raise UsageError(
            f"{request.source}: scikit-learn is not in it",
            advice="add it, or give a lock that names all packages (pip freeze, uv pip compile)",
        )
    named = {_package(text) for text in request.others} | {request.framework}
    shared = [] if request.file else [text for text in common if _package(text) not in named]
    id_, label = _id_and_label(request, request.scikit_learn, as_of)
    return EnvSpec(
        id=id_,
        label=label,
        scikit_learn=_on_the_day(request.scikit_learn, as_of),
        python=request.python or "newest",
        requirements=(*shared, *request.others),
        constraints=request.constraints,
        as_of=as_of,
        framework=request.framework,
        framework_version=request.framework_version,
        place=request.place,
    )


def _on_the_day(scikit_learn: str, as_of: str) -> str:
    """Turn a line or ``latest`` into a specifier if the day is past.

    The resolver then chooses from the releases that existed on that day.
    """
    if as_of in {"release", "today"}:
        return scikit_learn
    if scikit_learn == "latest":
        return ANY
    is_line = scikit_learn[:1].isdigit() and len(Version(scikit_learn).release) == 2
    return f"=={scikit_learn}.*" if is_line else scikit_learn


def _id_and_label(request: EnvironmentRequest, scikit_learn: str, as_of: str) -> tuple[str, str]:
    """Return the id and the label: in the form of the configuration, or with a digest."""
    content = [scikit_learn, request.python, sorted(request.others), sorted(request.constraints)]
    if request.framework_version:
        content += [request.framework, request.framework_version]
    digest = hashlib.sha256(json.dumps(content).encode()).hexdigest()[:8]
    if request.file:
        return environment_names.of_file(request.file, digest, as_of)
    requirements = [Requirement(text) for text in request.others]
    packages = {str(canonicalize_name(r.name)): str(r.specifier) for r in requirements}
    release = "any" if scikit_learn in (ANY, "") else scikit_learn
    if request.framework_version:
        packages = {"": f"-sklearn-{release}", **packages} if release != "any" else packages
        release = request.framework_version
    parts = (release, request.python or "newest", packages, as_of, request.framework)
    id_ = environment_names.environment_id(*parts)
    label = environment_names.environment_label(*parts)
    plain = len(packages) == len(requirements) and not any(
        r.marker or r.extras for r in requirements
    )
    if plain and not request.constraints and len(id_) <= _LONGEST_ID:
        return id_, label
    return environment_names.of_many(release, digest, as_of, request.framework), label


# ------------------------------------------------------------------------ the user's texts


def _file(text: str, folder: Path) -> SourceFile | None:
    """Return the file that a text names; None if the text is a requirement."""
    if not text.strip() or not text.isprintable():
        raise UsageError(f"{text!r} is neither a requirement nor a file")
    path = folder / text
    if looks_like_file(text) and not re.search(r"[<>=!~;:]", text):
        return DiskFile.named(path)
    try:
        if path.is_file() and (re.search(r"[\\/]", text) or looks_like_file(text)):
            return DiskFile.named(path)
    except (OSError, ValueError):
        return None
    named = git.split(text)
    if named is None or not looks_like_file(named[1]):
        return None
    return git.GitFile.named(*named, folder)


def _typed(text: str) -> Requirement:
    """Parse a requirement of the command line; a version alone is one of scikit-learn."""
    text = text.strip()
    if text == "latest":
        return Requirement("scikit-learn")
    try:
        version = Version(text)
    except ValueError:
        return parsed(text)
    wild = ".*" if len(version.release) == 2 and text.count(".") == 1 else ""
    return parsed(f"scikit-learn=={text.removeprefix('v')}{wild}")


# ------------------------------------------------------------------------ the request


def _request(texts: RequirementSet, *, source: str, file: str) -> EnvironmentRequest:
    for requirement in (*texts.requirements, *texts.constraints):
        if canonicalize_name(requirement.name) == "sklearn":
            raise UsageError(f"{requirement}: the package is called scikit-learn")
    pythons = _of(texts.requirements, "python")
    learn = _of(texts.requirements, "scikit-learn")
    constrained = _of(texts.constraints, "scikit-learn")
    others = [r for r in texts.requirements if r not in (*pythons, *learn)]
    explicit = _one_python(pythons)
    entries = [*learn, *constrained] if learn else []
    choice = choose(entries, explicit or texts.made_with, texts.pythons, source)
    notes = [*texts.notes, choice.note]
    if texts.made_with and not explicit:
        by = f"from {texts.made_with_by}" if texts.made_with_by else "which it was made with"
        notes.append(f"Python {texts.made_with}, {by}; python==… says otherwise")
    alone = not others and not choice.python
    return EnvironmentRequest(
        scikit_learn=_as_spec(choice.scikit_learn, alone=alone) if learn else None,
        python=_python_of(choice.python) if choice.python else None,
        others=_texts(others),
        constraints=_texts(r for r in texts.constraints if r not in constrained),
        source=source,
        file=file,
        notes=tuple(filter(None, notes)),
        place=texts.place,
    )


def _as_spec(specifier: SpecifierSet, *, alone: bool) -> str:
    """Return the scikit-learn of an EnvSpec: a release, a line, ``latest`` or a specifier.

    Args:
        specifier: of scikit-learn.
        alone: whether there are no other requirements, and no Python.

    Raises:
        UsageError: no version can satisfy the specifier.
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
    """Return the required Python in the form of EnvSpec; empty if none is required.

    Raises:
        UsageError: two requirements contradict each other, or one is not valid.
    """
    found = list(dict.fromkeys(_python_of(str(r.specifier)) for r in _of(requirements, "python")))
    if len(found) > 1:
        raise UsageError(
            f"python is required as {' and as '.join(found)}", advice="Name one Python."
        )
    return found[0] if found else ""


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
