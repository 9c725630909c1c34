"""Take in the models: copy their files, and inspect the copies without loading them."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from matrix.errors import Exit, MatrixError, UsageError
from matrix.inspection import PrivateCopy, copy_private, inspect_in_subprocess
from matrix.store import Store
from matrix.upgrade.answer import Model, Problem


def take_in(
    paths: Sequence[Path], store: Store, jobs: int, recorded: Mapping[Path, str] | None = None
) -> list[Model]:
    """Copy files to a private folder, and inspect the copies.

    Args:
        paths: of the files; each is opened once.
        store: gets the copies; environments load only these.
        jobs: how many files to inspect at once.
        recorded: by absolute path, the SHA-256 that a file must have.
    """
    folder = store.scratch()
    with ThreadPoolExecutor(jobs) as pool:
        copies = list(pool.map(lambda path: _copy(path, folder), paths))
        models = list(pool.map(_look, paths, copies))
    for model, copy in zip(models, copies, strict=True):
        if model.inspection is not None and isinstance(copy, PrivateCopy):
            store.keep_artifact(copy.path, model.format, copy.sha256)
    return [_identified(model, store, recorded or {}) for model in models]


def _copy(path: Path, folder: Path) -> PrivateCopy | Problem:
    try:
        return copy_private(path, folder)
    except MatrixError as error:
        return Problem.of(error)


def _look(path: Path, copy: PrivateCopy | Problem) -> Model:
    if isinstance(copy, Problem):
        return Model(id=str(path), path=path, problem=copy)
    try:
        inspection = inspect_in_subprocess(path, copy=copy.path)
    except MatrixError as error:
        return Model(id=str(path), path=path, problem=Problem.of(error))
    return Model(id=str(path), path=path, inspection=inspection)


def _identified(model: Model, store: Store, recorded: Mapping[Path, str]) -> Model:
    """The model, with a problem if its digest is not the recorded one, and a note if it changed.

    A damaged or replaced file is not an effect of versions.
    """
    if model.inspection is None:
        return model
    here = model.inspection.sha256
    expected = recorded.get(_place(model.path), here)
    if expected != here:
        message = f"file changed: its SHA-256 is {here}, but {expected} was recorded"
        advice = (
            "Restore the file, or, if it was trained again, record its digest anew with sha256sum."
        )
        problem = Problem(message=message, advice=advice, exit_code=Exit.UNSAFE)
        return replace(model, problem=problem)
    known = store.files.known(model.path)
    store.files.remember(model.path, here)
    if known is None or known.sha256 == here:
        return model
    note = f"not the file that was checked on {known.day} (SHA-256 {known.sha256[:12]}…)"
    return replace(model, notes=(note,))


def _place(path: Path) -> Path:
    """The absolute path; links are not resolved."""
    return Path(os.path.abspath(path))  # noqa: PTH100  (links stay what they are)


_LINE = re.compile(r"\\?([0-9a-fA-F]{64}) [ *](.+)")


def read_hashes(file: Path) -> dict[Path, str]:
    """The hashes in a file that ``sha256sum`` wrote, by absolute path.

    Args:
        file: names in it are looked up from its folder.

    Raises:
        UsageError: it cannot be read, or is not such a file.
    """
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--hashes {file} cannot be read: {error}") from error
    found = {}
    for number, line in enumerate(lines, 1):
        match = _LINE.fullmatch(line)
        if match is None:
            raise UsageError(
                f"--hashes {file}, line {number}: expected a SHA-256 and a file name",
                advice=f"Write it with: sha256sum models/* > {file}",
            )
        found[_place(file.parent / match[2])] = match[1].lower()
    return found
