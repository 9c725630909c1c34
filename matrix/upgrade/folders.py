"""Find the models in the given files and folders: by content, whatever their names."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from matrix.errors import Exit, NotAModelError
from matrix.inspection import refusals
from matrix.inspection.file_access import open_regular
from matrix.inspection.file_kinds import HEAD, certainly_other
from matrix.inspection.result import Inspection
from matrix.model import PassedOver
from matrix.upgrade.answer import Model, Problem
from matrix.upgrade.model_folders import MLFLOW, ModelFolder, read_folder

ENDINGS = frozenset({".pkl", ".pickle", ".pk", ".p", ".joblib", ".jbl", ".sav", ".skops", ".dill"})
"""Endings that promise a model: such a file is unanswered if its content is something else."""
_DATA = frozenset({"builtins", "collections", "copyreg", "datetime", "_codecs", "decimal"})
_DATA |= {"numpy", "pandas", "scipy.sparse", "joblib", "uuid", "pathlib"}
"""Packages and modules whose objects are data, and no models."""


ARROW = " → "
"""Between an archive and what is in it."""


@dataclass(slots=True)
class FoundFiles:
    """The files to look into, and the rest of the given folders."""

    files: dict[Path, bool] = field(default_factory=dict)
    """Each with whether the file itself was given; otherwise a folder was."""
    folders: dict[Path, None] = field(default_factory=dict)
    """The given folders, each once."""
    failed: dict[Path, Problem] = field(default_factory=dict)
    """What cannot be read in them."""
    passed_over: list[PassedOver] = field(default_factory=list)
    described: dict[Path, ModelFolder] = field(default_factory=dict)
    """Folders that are a model; the file of each is among ``files``."""

    def pass_over(self, path: Path, what: str) -> None:
        """Record that a path is not checked."""
        self.passed_over.append(PassedOver(path=str(path), what=what))


def find(paths: Iterable[Path], recorded: Collection[Path] = ()) -> FoundFiles:
    """Find the files to look into: the given ones, and those in folders that may be models.

    Args:
        paths: files and folders; the file ``MLmodel`` stands for its folder.
        recorded: the absolute paths of files with a recorded digest: such a file in a folder counts
            as given, whatever it holds now.

    Hidden folders, virtual environments and files that are certainly no models are passed over. A
    link to a folder is followed only into a part of the given folder that is passed over
    otherwise. Whatever cannot be read is in ``failed``.
    """
    found = FoundFiles()
    for given in paths:
        path = given.parent if given.name == MLFLOW and given.is_file() else given
        if not os.path.isdir(path):  # noqa: PTH112  (Path.is_dir may raise PermissionError)
            found.files[path] = True
        elif path not in found.folders:
            found.folders[path] = None
            _Walk(path, found, frozenset(recorded)).run()
    return found


@dataclass(slots=True)
class _Walk:
    """The walk through one given folder."""

    root: Path
    found: FoundFiles
    recorded: frozenset[Path]
    seen: set[Path] = field(default_factory=set)
    """Folders that were walked, without links in their paths."""
    waiting: list[Path] = field(default_factory=list)
    """Folders to walk; the last is the next. No recursion: folders may be nested deeply."""
    links: list[Path] = field(default_factory=list)
    """Links to folders: they are looked at last, when it is known what was walked."""

    def run(self) -> None:
        self.waiting.append(self.root)
        while self.waiting or self.links:
            if self.waiting:
                self._folder(self.waiting.pop())
            else:
                self._linked_folder(self.links.pop(0))

    def _folder(self, folder: Path) -> None:
        real = folder.resolve()
        if real in self.seen:
            return
        self.seen.add(real)
        try:
            with os.scandir(folder) as entries:
                names = sorted(entry.name for entry in entries)
        except OSError as error:
            self._fail(folder, f"the folder cannot be read: {error.strerror}")
            return
        if "pyvenv.cfg" in names and folder != self.root:
            self.found.pass_over(folder, "a virtual environment")
            return
        if self._described(folder, names):
            return
        below = len(self.waiting)
        for name in names:
            self._entry(folder / name)
        self.waiting[below:] = reversed(self.waiting[below:])

    def _described(self, folder: Path, names: list[str]) -> bool:
        """Whether a folder says which file in it is its model; its other files are parts of it."""
        found = read_folder(folder, names)
        if found is None:
            return False
        if isinstance(found, Problem):
            self.found.failed.setdefault(
                folder, replace(found, message=f"{folder}: {found.message}")
            )
        else:
            self.found.described[folder] = found
            self.found.files[found.file] = True
        return True

    def _entry(self, path: Path) -> None:
        try:
            is_folder, is_link = path.is_dir(), path.is_symlink()
            path.stat()
        except OSError as error:
            link = "a link that leads nowhere" if path.is_symlink() else "it cannot be read"
            self._fail(path, f"{link}: {error.strerror}")
            return
        if is_folder and is_link:
            self.links.append(path)
        elif is_folder and path.name.startswith("."):
            self.found.pass_over(path, "a hidden folder")
        elif is_folder:
            self.waiting.append(path)
        else:
            self._file(path)

    def _linked_folder(self, link: Path) -> None:
        real, root = link.resolve(), self.root.resolve()
        if real in self.seen:
            self.found.pass_over(link, "a link to a folder that was searched")
        elif real.is_relative_to(root):
            self.waiting.append(link)
        else:
            why = "a link to a folder outside, which was not searched"
            self._fail(link, why, f"Name that folder too: {real}")

    def _file(self, path: Path) -> None:
        if Path(os.path.abspath(path)) in self.recorded:  # noqa: PTH100  (links stay what they are)
            self.found.files[path] = True
            return
        try:
            what = _other(path)
        except NotAModelError as error:
            self._fail(path, error.problem, error.advice)
            return
        if what and not promises_model(path):
            self.found.pass_over(path, what)
        else:
            self.found.files.setdefault(path, False)

    def _fail(self, path: Path, why: str, advice: str = "") -> None:
        problem = Problem(message=f"{path}: {why}", advice=advice)
        self.found.failed.setdefault(path, problem)


def _other(path: Path) -> str:
    """What a file is, if it is certainly no model; empty if it may be one."""
    with open_regular(path) as file:  # data may be larger than any model
        head = file.read(HEAD)
    return certainly_other(head) if head else "an empty file"


def promises_model(path: Path) -> bool:
    """Whether a file has the name of a model, such as ``churn.pkl.gz``."""
    return any(ending.lower() in ENDINGS for ending in path.suffixes)


def sort_out(
    models: Sequence[Model], found: FoundFiles
) -> tuple[list[Model], tuple[PassedOver, ...]]:
    """Part what was taken in: the models to answer, and what was passed over.

    A file from a folder is passed over if its content proved to be no model. What could not be
    read, and a given folder without any model, is a model with a problem.

    Args:
        models: one for each of ``found.files``, in that order.
        found: what the paths led to.
    """
    passed, kept = list(found.passed_over), []
    for model, given in zip(models, found.files.values(), strict=True):
        what = "" if given else _not_a_model(model)
        if what:
            passed.append(PassedOver(path=model.id, what=what))
        else:
            kept.append(model)
    for path, problem in found.failed.items():
        kept.append(Model(id=str(path), path=path, problem=problem))
    for folder in found.folders:
        inside = f"{folder}{ARROW}"
        if not any(one.path.is_relative_to(folder) or one.id.startswith(inside) for one in kept):
            kept.append(_empty(folder))
    return kept, tuple(sorted(passed, key=lambda one: one.path))


def _empty(folder: Path) -> Model:
    advice = "Name the file of the model, or another folder."
    message = f"{folder} contains no saved model"
    problem = Problem(message=message, advice=advice, exit_code=Exit.USAGE)
    return Model(id=str(folder), path=folder, problem=problem)


def _not_a_model(model: Model) -> str:
    """What a file from a folder is, if it is certainly no model; empty if it may be one."""
    if model.problem is not None:
        return "" if promises_model(Path(model.id)) else model.problem.other
    if model.inspection is not None and is_data(model.inspection):
        return f"pickled data ({model.inspection.root.kind})"
    return ""


def is_data(inspection: Inspection) -> bool:
    """Whether a pickle has only objects of packages that have no models.

    A pickle that the gate refuses is never data: it calls ``builtins.eval``, for example.
    """
    if refusals(inspection):
        return False
    modules = (name.module.split(".") for name in inspection.names)
    return all(parts[0] in _DATA or ".".join(parts[:2]) in _DATA for parts in modules)
