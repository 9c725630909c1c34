"""Pack a model of joblib before 0.10 together with the files of its arrays, which lie beside it."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from matrix.errors import NoSuchFileError, NotAModelError
from matrix.inspection.copying import PrivateCopy, copy_private
from matrix.inspection.result import MB, Inspection, InspectionLimits
from matrix.inspection.subprocess_inspect import inspect_in_subprocess
from matrix.worker.compat_worker import packed_files

_CHUNK = 1024 * 1024


def inspect_with_files(
    path: Path,
    copy: PrivateCopy,
    folder: Path,
    limits: InspectionLimits | None = None,
    recorded: Mapping[str, str] | None = None,
) -> tuple[Inspection, PrivateCopy]:
    """Inspect a model; with the files beside it, if it has arrays in such.

    Args:
        path, copy, folder, limits, recorded: as in :func:`pack`; ``copy`` is removed if it is
            replaced by a packed one.

    Returns:
        The inspection, and the copy to load: the same one, or the packed one.

    Raises:
        NotAModelError, StoreError: as :func:`pack` does, and for what cannot be read.
    """
    found = inspect_in_subprocess(path, limits, copy=copy.path)
    if not found.companions:
        return found, copy
    packed = pack(path, copy, found.companions, folder, limits, recorded)
    return inspect_in_subprocess(path, limits, copy=packed.path, packed=True), packed


def pack(
    path: Path,
    model: PrivateCopy,
    names: Sequence[str],
    folder: Path,
    limits: InspectionLimits | None = None,
    recorded: Mapping[str, str] | None = None,
) -> PrivateCopy:
    """Copy the files beside a model, and write them and the model into one private file.

    Args:
        path: of the model; the files are looked up in its folder.
        model: a private copy of it, which is removed.
        names: of the files, as the model has them.
        folder: where copies go; only this process writes there.
        limits: ``limits.file`` is the largest size of all together.
        recorded: by name, the SHA-256 that the files must have; None if none is recorded.

    Raises:
        NotAModelError: a file is missing, cannot be read, is not the recorded one, or all together
            are too large.
        StoreError: a copy cannot be written.
    """
    allowed = limits or InspectionLimits()
    copies: list[tuple[str, PrivateCopy]] = []
    try:
        for name in names:
            copies.append((name, _copy(path, name, folder, allowed, recorded)))
        return _write([*copies, (packed_files.MODEL, model)], path, folder, allowed)
    finally:
        for _, copy in (*copies, ("", model)):
            copy.path.unlink(missing_ok=True)


def _copy(
    path: Path,
    name: str,
    folder: Path,
    limits: InspectionLimits,
    recorded: Mapping[str, str] | None,
) -> PrivateCopy:
    try:
        copy = copy_private(path.parent / name, folder, limits)
    except NoSuchFileError:
        raise NotAModelError(
            path,
            f"has its arrays in separate files, and {name} is not beside it",
            advice="joblib before 0.10 wrote several files: put all of them into one folder, under "
            f"their names ({path.name}_01.npy, …).",
        ) from None
    if recorded is not None and recorded.get(name) != copy.sha256:
        copy.path.unlink(missing_ok=True)
        raise NotAModelError(
            path,
            f"has an array in {name}, whose SHA-256 is {copy.sha256} and not recorded",
            advice=f"Record it too: sha256sum {path.name}*",
        )
    return copy


def _write(
    contents: Sequence[tuple[str, PrivateCopy]],
    path: Path,
    folder: Path,
    limits: InspectionLimits,
) -> PrivateCopy:
    index = [(name, copy.path.stat().st_size) for name, copy in contents]
    total = sum(size for _, size in index)
    if total > limits.file:
        raise NotAModelError(
            path,
            f"and the files beside it have {total / MB:,.0f} MB, more than "
            f"{limits.file / MB:,.0f} MB, the limit for a model",
            advice=limits.setting,
        )
    descriptor, name = tempfile.mkstemp(dir=folder)
    packed = Path(name)
    with os.fdopen(descriptor, "wb") as target:
        packed_files.write_head(target, index)
        for _, copy in contents:
            with copy.path.open("rb") as source:
                while chunk := source.read(_CHUNK):
                    target.write(chunk)
    packed.chmod(0o400)
    digest = hashlib.sha256()
    with packed.open("rb") as written:
        while chunk := written.read(_CHUNK):
            digest.update(chunk)
    return PrivateCopy(path=packed, sha256=digest.hexdigest())
