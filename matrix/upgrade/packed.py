"""Models in archives and in folders that describe them: each gets the name that the user knows.

An archive is unpacked to a folder that only this process writes to. Archives in archives are not
unpacked.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from matrix.catalog import WorkerLimits
from matrix.errors import CannotTellError, MatrixError, UsageError
from matrix.inspection.archives import is_archive, unpack
from matrix.inspection.copying import digest_of
from matrix.inspection.result import InspectionLimits
from matrix.model import PassedOver
from matrix.remove_tree import remove
from matrix.store import Store
from matrix.upgrade.answer import ExampleRows, Model, Problem
from matrix.upgrade.folders import ARROW, FoundFiles, find
from matrix.upgrade.intake import changed, most_bytes
from matrix.upgrade.model_folders import ModelFolder
from matrix.upgrade.stated_origins import with_stated_versions


@dataclass(frozen=True, kw_only=True, slots=True)
class PackedFile:
    """How the user knows a file that was found in an archive, or that a folder describes."""

    id: str
    place: Path
    """The archive or the folder."""
    folder: ModelFolder | None = None
    archive: str = ""
    """The archive that it is in; empty for a folder."""
    unpacked: Path | None = None
    """The folder that the archive was unpacked to."""


def open_packed(
    found: FoundFiles,
    scratch: Callable[[], Path],
    recorded: Mapping[Path, str],
    *,
    most_mb: int = WorkerLimits().model_mb,
) -> dict[Path, PackedFile]:
    """Replace archives by what is in them.

    Args:
        found: is changed: the files of an archive stand in its place.
        scratch: makes an empty folder, for unpacked files.
        recorded: by absolute path, the SHA-256 that a file must have.
        most_mb: the size of a model in MB from which it is refused.

    Returns:
        By path, the files in archives and the models of folders.
    """
    limits = most_bytes(most_mb)
    packed = _described(found)
    files: dict[Path, bool] = {}
    for path, given in found.files.items():
        inner = _unpacked(path, scratch, recorded, limits)
        if inner is None:
            files[path] = given
        elif isinstance(inner, Problem):
            found.failed[path] = inner
        else:
            _add(inner, path, files, found, packed, given=given)
    found.files = files
    return packed


def _described(found: FoundFiles) -> dict[Path, PackedFile]:
    return {
        one.file: PackedFile(id=str(folder), place=folder, folder=one)
        for folder, one in found.described.items()
    }


def _unpacked(
    path: Path,
    scratch: Callable[[], Path],
    recorded: Mapping[Path, str],
    limits: InspectionLimits,
) -> Path | Problem | None:
    """The folder of an unpacked archive; None if the file is none."""
    try:
        if not is_archive(path):
            return None
        expected = recorded.get(Path(os.path.abspath(path)))  # noqa: PTH100  (links stay)
        if expected is not None and (here := digest_of(path)) != expected:
            return changed(here, expected)
        folder = scratch()
        unpack(path, folder, limits)
    except MatrixError as error:
        # What is no file, or cannot be read, is reported where files are taken in.
        return Problem.of(error) if path.is_file() else None
    return folder


def _add(
    folder: Path,
    archive: Path,
    files: dict[Path, bool],
    found: FoundFiles,
    packed: dict[Path, PackedFile],
    *,
    given: bool,
) -> None:
    """Add what is in an unpacked archive."""
    inner = find([folder])

    def name(path: Path) -> str:
        inside = path.relative_to(folder).as_posix()
        return str(archive) if inside == "." else f"{archive}{ARROW}{inside}"

    described = {one.file: (place, one) for place, one in inner.described.items()}
    for path, known in inner.files.items():
        place, described_by = described.get(path, (path, None))
        files[path] = known and (given or described_by is not None)
        packed[path] = PackedFile(
            id=name(place),
            place=archive,
            folder=described_by,
            archive=str(archive),
            unpacked=folder,
        )
    for path, problem in inner.failed.items():
        message = problem.message.replace(str(path), name(path))
        found.failed[Path(name(path))] = replace(problem, message=message)
    for one in inner.passed_over:
        found.passed_over.append(PassedOver(path=name(Path(one.path)), what=one.what))
    found.folders.setdefault(archive, None)


def only_file(path: Path, scratch: Callable[[], Path]) -> tuple[Path, str]:
    """The file to inspect for a path, and the name that the user knows.

    Args:
        path: a file; or an archive or a folder that is one model.
        scratch: makes an empty folder, for unpacked files.

    Raises:
        UsageError: an archive has several models, or none.
        CannotTellError: it cannot be read.
    """
    found = FoundFiles(files={path: True}) if path.is_file() else find([path])
    if not path.is_file() and path not in (*found.described, *found.failed):
        return path, str(path)  # what it is instead is reported where it is read
    packed = open_packed(found, scratch, {})
    problem = next(iter(found.failed.values()), None)
    if not found.files and problem is not None:
        raise CannotTellError(problem.message, advice=problem.advice)
    if len(found.files) != 1:
        names = ", ".join(packed[one].id for one in list(found.files)[:_SHOWN])
        raise UsageError(
            f"{path} contains {len(found.files)} files that may be models"
            + (f": {names}" if names else ""),
            advice="Unpack it, and name one of them.",
        )
    (file,) = found.files
    if file not in packed:
        return file, str(path)
    return file, packed[file].archive or packed[file].id


def remove_unpacked(packed: Mapping[Path, PackedFile]) -> None:
    """Remove the unpacked files of archives, once they were taken in."""
    for folder in {one.unpacked for one in packed.values()}:
        if folder is not None:
            remove(folder)


_SHOWN = 10


def named(models: Iterable[Model], packed: Mapping[Path, PackedFile], store: Store) -> list[Model]:
    """The models with the names that the user knows, and with what their folders say.

    Args:
        models: as they were taken in; their paths are those of the files.
        packed: of :func:`open_packed`.
        store: gets the example rows, in a scratch folder.
    """
    return [_named(model, packed.get(model.path), store) for model in models]


def _named(model: Model, packed: PackedFile | None, store: Store) -> Model:
    if packed is None:
        return model
    path, problem, inspection = model.path, model.problem, model.inspection
    if problem is not None:
        problem = replace(problem, message=problem.message.replace(str(path), packed.id))
    if inspection is not None:
        inspection = replace(inspection, path=packed.place)
    model = replace(
        model,
        id=packed.id,
        path=packed.place,
        packed_as=path.name,
        problem=problem,
        inspection=inspection,
    )
    return model if packed.folder is None else _described_model(model, packed.folder, store)


def _described_model(model: Model, folder: ModelFolder, store: Store) -> Model:
    found = model.inspection
    return replace(
        model,
        inspection=None if found is None else with_stated_versions(found, folder.origin),
        notes=(*model.notes, f"it is {folder.kind}: the model in it is {folder.file.name}"),
        stated=folder.origin,
        types=folder.types,
        example=None if folder.example is None else _written(folder.example, store.scratch()),
    )


def _written(example: ExampleRows, folder: Path) -> Path | None:
    """The file with the example rows; None if they are neither a table nor numbers."""
    if example.columns:
        file = folder / "input_example.csv"
        with file.open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows([example.columns, *example.rows])
        return file
    try:
        array = np.array(example.rows, dtype=np.float64)
    except (TypeError, ValueError):
        return None
    file = folder / "input_example.npy"
    np.save(file, array, allow_pickle=False)
    return file


def alone(models: Sequence[Model], packed: Mapping[Path, PackedFile]) -> list[Model]:
    """The models, with the name of the archive for one that is alone in it."""
    archive_of = {one.id: one.archive for one in packed.values() if one.archive}
    counts: dict[str, int] = {}
    for model in models:
        if model.id in archive_of:
            counts[archive_of[model.id]] = counts.get(archive_of[model.id], 0) + 1
    return [
        replace(model, id=archive_of[model.id])
        if counts.get(archive_of.get(model.id, "")) == 1
        else model
        for model in models
    ]
