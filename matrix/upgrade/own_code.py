"""Find the user's own code that a model needs: its script, and modules beside it.

Only names of files and of definitions are looked at. Nothing is imported or run, and a message that
names a file uses none of it.
"""

from __future__ import annotations

import itertools
import os
import re
import shlex
import sys
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.utils import canonicalize_name

from matrix.errors import UsageError
from matrix.frameworks import BY_MODULE, FRAMEWORKS, come_with
from matrix.frameworks.distributions import distribution_of
from matrix.inspection import Refusal
from matrix.upgrade.answer import ADD_OPTIONS
from matrix.upgrade.own_imports import (
    columns_taken,
    definitions_of,
    imported_by_modules,
    imported_by_script,
)
from matrix.upgrade.own_script import is_module, source_of
from matrix.upgrade.project_requirements import required_by
from matrix.user_files import read_bounded

NO_TRUST = "This file cannot be trusted by name. Save the model again where it was trained."
"""What to do about a file that no option admits."""
_MARKS = (".git", "pyproject.toml", "setup.py", "setup.cfg")
"""Files and folders that only the top folder of a project has."""
_MOST_LEVELS = 12
_INSIDE = ("src", "lib", "code")
"""Folders of a project that its modules may be in; MLflow keeps them in ``code``."""
_SCRIPTS = (".py", ".ipynb")
_MOST_SCRIPTS = 200
_LARGEST = 4 * 1024 * 1024
_MOST_READ = 64 * 1024 * 1024
"""Bytes of scripts that are searched for definitions."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _OwnCodeNeeds:
    """The user's own code that a model needs, and the packages that the code imports."""

    script: Path | None
    """The script that defines what it looks up in ``__main__``, if it was found."""
    folders: list[Path]
    """Those of its modules that the user did not name yet."""
    packages: list[str]
    """Distributions that it imports, sorted."""
    unknown: list[str]
    """Modules that it imports and no list has, sorted."""


def options(
    refused: Sequence[Refusal],
    model: Path,
    *,
    paths: Sequence[Path] = (),
    script: Path | None,
    present: Collection[str] = (),
) -> str:
    """The options of :func:`option_list` as one line that can be pasted."""
    return " ".join(option_list(refused, model, paths=paths, script=script, present=present))


def option_list(
    refused: Sequence[Refusal],
    model: Path,
    *,
    paths: Sequence[Path] = (),
    script: Path | None,
    present: Collection[str] = (),
) -> tuple[str, ...]:
    """The options that give a model the code that it needs, each with its value.

    Args:
        refused: why it is not loaded; each reason is about a name that the user can provide.
        model: its file.
        paths: folders that the user named already.
        script: the script that the user named already.
        present: top-level modules that the file names, whose libraries come by themselves.
    """
    names = [one.trust for one in refused if one.trust]
    code = _code(refused, model, paths, script, present)
    found: list[str] = []
    if scripted(refused):
        found.append(f"--main {'FILE' if code.script is None else shown(code.script)}")
    found += [f"--path {shown(one)}" for one in code.folders]
    missing = _missing_modules(names, model, paths)
    required = required_by(project_folders(model))
    packages = {_package(one, required) for one in missing}
    found += ["--path DIR"] if "" in packages else []
    packages = (packages | set(code.packages)) - {""}
    if "nltk" in packages:
        found += [f"--path {shown(one)}" for one in _nltk_data(model)]
    found += [f"--with {shlex.quote(package)}" for package in sorted(packages)]
    found += [f"--trust {shlex.quote(name)}" for name in names]
    return tuple(found)


_NLTK_DATA = "nltk_data"


def _nltk_data(model: Path) -> list[Path]:
    """The folder with data of nltk, in the project or where its downloader puts it, if it exists.

    It is offered to code that imports nltk, which reads words and tokenizers from it.
    """
    given = os.environ.get("NLTK_DATA", "").split(os.pathsep)
    places = [Path(one) for one in given if Path(one).name == _NLTK_DATA]
    places += [folder / _NLTK_DATA for folder in project_folders(model)]
    places.append(Path.home() / _NLTK_DATA)
    return [one for one in places if one.is_dir()][:1]


_UNKNOWN = {"--main FILE": "FILE", "--path DIR": "DIR"}
"""Options whose values are not known, with what stands for the value."""


def how_to_add(found: Sequence[str]) -> str:
    """What to do with the line of some options, which may lack a value."""
    missing = [_UNKNOWN[one] for one in found if one in _UNKNOWN]
    if not missing:
        return ADD_OPTIONS
    return f"Put the right path in place of {' and '.join(missing)}, and add to this command:"


def _code(
    refused: Sequence[Refusal],
    model: Path,
    paths: Sequence[Path],
    script: Path | None,
    present: Collection[str],
) -> _OwnCodeNeeds:
    names = [one.trust for one in refused if one.trust]
    needed = scripted(refused)
    place = None if script is not None or not needed else find_script(needed, model)
    beside = [] if place is None else [place.parent]  # --main brings it
    folders = find_folders(names, model, paths)
    if place is not None:
        folders += find_folders(_imported(place), model, [*paths, *beside, *folders])
    every = [*(one.absolute() for one in paths), *beside, *folders]
    pairs = [(_module(one), _top_name(one)) for one in names]
    own = [one for one in pairs if any(is_module(folder, one[0]) for folder in every)]
    tops = imported_by_modules(own, every)
    if place is not None:
        tops |= imported_by_script(place, [one.partition(".")[0] for one in needed], every)
    new = sorted(tops - {*_COMMON, *sys.stdlib_module_names, *present})
    required = required_by(project_folders(model))
    packages = {one: _package(one, required) for one in new}
    return _OwnCodeNeeds(
        script=place,
        folders=folders,
        packages=sorted({one for one in packages.values() if one}),
        unknown=[module for module, package in packages.items() if not package],
    )


def _package(module: str, required: Collection[str]) -> str:
    """The distribution that has a top-level module; empty if it is not known.

    Args:
        module: one that the model or the user's own code needs.
        required: packages that the requirements of the project name.
    """
    framework = BY_MODULE.get(module)
    if framework is not None:
        return framework.name
    same = canonicalize_name(module)
    return distribution_of(module) or (same if same in required else "")


def scripted(refused: Iterable[Refusal]) -> list[str]:
    """The names that the script that saved a file defines, sorted."""
    return sorted({one.script for one in refused if one.script})


def advice(
    refused: Sequence[Refusal],
    model: Path,
    *,
    paths: Sequence[Path] = (),
    script: Path | None,
    present: Collection[str] = (),
) -> str:
    """What to do about refused names, in words; arguments as for :func:`options`."""
    found = []
    needed = scripted(refused)
    if needed:
        place = find_script(needed, model)
        found.append(_about_script(needed, script, place))
        columns = [] if place is None or script else columns_taken(place, needed)
        if columns:
            more = ", …" if len(columns) > _SHOWN else ""
            found.append(
                f"This code takes columns by name ({', '.join(columns[:_SHOWN])}{more}): rows with "
                "these are made; rows of your own are better, and needed if none can be made: "
                "--data FILE."
            )
    found.append("If you know this code and the origin of the file, trust it.")
    names = [one.trust for one in refused if one.trust]
    missing = _missing_modules(names, model, paths)
    required = required_by(project_folders(model))
    unknown = [one for one in missing if not _package(one, required)]
    if unknown:
        listed = ", ".join(unknown)
        found.append(
            f"No folder of the project has {listed}: DIR is the folder that it lies in. If it is a "
            "package that you know, write --with NAME instead."
        )
    imported = _code(refused, model, paths, script, present).unknown
    if imported:
        found.append(
            f"Your code also imports {', '.join(imported)}: if the model needs it, add its package "
            "with --with NAME."
        )
    return "\n".join(found)


def _missing_modules(names: Iterable[str], model: Path, given: Sequence[Path]) -> list[str]:
    """The top-level modules that no folder has, sorted."""
    return sorted({_module(one).partition(".")[0] for one in _missing(names, model, given)})


def _missing(names: Iterable[str], model: Path, given: Sequence[Path]) -> Iterator[str]:
    """The names of modules that no folder has; those of Python and known libraries left out."""
    folders = [*(one.absolute() for one in given), *find_folders(names, model, given)]
    for name in names:
        module = _module(name)
        if _may_be_own(module) and not any(is_module(folder, module) for folder in folders):
            yield name


def _may_be_own(module: str) -> bool:
    """Whether a module is neither Python's nor one that environments get where it is needed."""
    top = module.partition(".")[0]
    return not (top in _COMMON or top in sys.stdlib_module_names or top in _KNOWN)


_KNOWN = come_with(FRAMEWORKS)
"""Top-level modules that environments get where a model needs them."""
_COMMON = frozenset({"sklearn", "_loss", "numpy", "scipy", "joblib", "pandas"})
"""Top-level modules that every environment has."""


_SHOWN = 5


def _about_script(needed: Sequence[str], given: Path | None, found: Path | None) -> str:
    more = f" and {len(needed) - _SHOWN} more" if len(needed) > _SHOWN else ""
    names = ", ".join(needed[:_SHOWN]) + more
    them = "them" if len(needed) > 1 else "it"
    if given is not None:
        return (
            f"{given} does not define {names} outside of functions and of its main block: name "
            "the script or notebook that does."
        )
    place = "FILE is the script or notebook that defines" if found is None else shown(found)
    defines = "" if found is None else " defines"
    return (
        f"{place}{defines} {names}: only what the model needs of it runs, in the sandbox. "
        f"To do without the script, move {them} to a module, and save the model again from there."
    )


def find_folders(names: Iterable[str], model: Path, given: Sequence[Path] = ()) -> list[Path]:
    """The folders that have the modules of some names, each once.

    Args:
        names: as ``--trust`` takes them.
        model: the file that looks them up: its folder, those above up to the top of its project,
            the same of the current folder, and ``src`` in each are searched; then what is in them.
        given: folders that the user named already.
    """
    found: dict[Path, None] = {}
    for module in filter(_may_be_own, dict.fromkeys(map(_module, names))):
        known = [*(folder.absolute() for folder in given), *found]
        if not any(is_module(folder, module) for folder in known):
            every = itertools.chain(project_folders(model), _folders_beside(model))
            place = next((one for one in every if is_module(one, module)), None)
            if place is not None:
                found[place] = None
    return list(found)


def _module(name: str) -> str:
    """The module of a name as ``--trust`` takes it."""
    module, colon, _ = name.partition(":")
    return module if colon else name.rpartition(".")[0]


def _top_name(name: str) -> str:
    """The top-level name in its module of a name as ``--trust`` takes it."""
    return name[len(_module(name)) + 1 :].partition(".")[0]


def find_script(names: Iterable[str], model: Path) -> Path | None:
    """The script or notebook that defines all of some names; None if there is none.

    Of several in the nearest folder it is the one that seems to save the model; else the first, if
    all define the names alike. None if they differ. If no such folder has one, folders beside are
    searched in the same way.

    Args:
        names: top-level names of ``__main__``, or nested ones.
        model: the file that looks them up; searched as in :func:`find_folders`.
    """
    wanted = {name.partition(".")[0] for name in names}
    left = _MOST_READ
    for folder in project_folders(model):
        found = []
        for path in _scripts(folder):
            left -= _size(path)
            if left < 0:
                return None
            if wanted <= _defined(path):
                found.append(path)
        if found:
            return _chosen(found, wanted, model)
    beside = _scripts_beside(model)
    found = [path for path in beside if wanted <= _defined(path)]
    return _chosen(found, wanted, model) if found else None


def _scripts_beside(model: Path) -> Iterator[Path]:
    """The scripts in other folders of a project, one level below those of :func:`project_folders`.

    Such as ``notebooks/`` beside ``models/``; at most :data:`_MOST_SCRIPTS` that are not too large.
    """
    left, count = _MOST_READ, 0
    for folder in _folders_beside(model):
        for path in _scripts(folder):
            count, left = count + 1, left - _size(path)
            if left < 0 or count > _MOST_SCRIPTS:
                return
            yield path


def _folders_beside(model: Path) -> Iterator[Path]:
    """The folders one level below those of :func:`project_folders`, each once."""
    near = list(project_folders(model))
    seen = set(near)
    for folder in near:
        for inner in _folders_in(folder):
            if inner not in seen:
                seen.add(inner)
                yield inner


_SKIPPED = frozenset({"node_modules", "site-packages", "venv", "env", "build", "dist"})
"""Folders whose scripts are not the user's own."""
_MOST_FOLDERS = 50


def _folders_in(folder: Path) -> list[Path]:
    """The folders in a folder, by name; hidden ones and links are left out."""
    try:
        with os.scandir(folder) as entries:
            names = sorted(
                one.name
                for one in entries
                if one.is_dir(follow_symlinks=False)
                and not one.name.startswith((".", "_"))
                and one.name not in _SKIPPED
            )
    except OSError:
        return []
    return [folder / name for name in names[:_MOST_FOLDERS]]


def _chosen(scripts: Sequence[Path], names: Collection[str], model: Path) -> Path | None:
    saving = [one for one in scripts if _seems_to_save(one, model)]
    if len(saving) == 1 or len(scripts) == 1:
        return (saving or scripts)[0]
    alike = {definitions_of(one, names) for one in scripts}
    return scripts[0] if len(alike) == 1 and "" not in alike else None


_SAVES = re.compile(r"\bdump\(|\bto_pickle\(")


def _seems_to_save(script: Path, model: Path) -> bool:
    """Whether a script names the file of a model, and saves something."""
    text = _text(script)
    return model.name in text and _SAVES.search(text) is not None


def _size(path: Path) -> int:
    """The size of a file in bytes; 0 if it cannot be read."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _scripts(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            names = sorted(one.name for one in entries if one.name.endswith(_SCRIPTS))
    except OSError:
        return []
    return [folder / name for name in names[:_MOST_SCRIPTS]]


_DEFINITION = re.compile(r"^(?:async +def|def|class) +([^\W\d]\w*)|^([^\W\d]\w*) *=", re.MULTILINE)
"""A definition at the beginning of a line."""


_IMPORT = re.compile(r"^(?:from|import) +([^\W\d][\w.]*)", re.MULTILINE)


def _defined(path: Path) -> set[str]:
    """The names that a file seems to define at its top level; Python does not parse it."""
    return {one[1] or one[2] for one in _DEFINITION.finditer(_text(path))}


def _imported(path: Path) -> list[str]:
    """The modules that a file seems to import at its top level, in the form of names in them."""
    return list(dict.fromkeys(f"{one[1]}:" for one in _IMPORT.finditer(_text(path))))


def _text(path: Path) -> str:
    """The code of a script or notebook; empty if it cannot be read."""
    try:
        return source_of(path, read_bounded(path, _LARGEST).decode("utf-8", "replace"))
    except (UsageError, ValueError, RecursionError):  # the file of a stranger: only a proposal
        return ""


def project_folders(model: Path) -> Iterator[Path]:
    """Yield the folders of a project that may have its code, nearest to the model first."""
    seen: set[Path] = set()
    file = model.absolute()
    for start in (file if file.is_dir() else file.parent, Path.cwd()):
        for folder in _project(start):
            for place in (folder, *(folder / name for name in _INSIDE)):
                if place not in seen:
                    seen.add(place)
                    yield place


def _project(start: Path) -> list[Path]:
    """A folder and those above it up to the top of its project; alone without a project."""
    above = [start, *start.parents][:_MOST_LEVELS]
    for number, folder in enumerate(above):
        if any(os.path.lexists(folder / mark) for mark in _MARKS):
            return above[: number + 1]
    return [start]


def shown(path: Path) -> str:
    """A path as it can be pasted: relative to the current folder if that is shorter."""
    try:
        text = os.path.relpath(path)
    except ValueError:
        text = str(path)
    return shlex.quote(text if len(text) <= len(str(path)) else str(path))
