"""Remove a folder whatever is in it: one that a hostile program could write to."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
from pathlib import Path


def remove(folder: Path) -> None:
    """Remove a folder and all in it, following no link, however deep and closed its folders are.

    What the system does not let go is left.
    """
    with contextlib.suppress(RecursionError):
        shutil.rmtree(folder, ignore_errors=True)
    if folder.is_symlink() or not folder.exists():
        return
    with contextlib.suppress(OSError):
        _flatten(folder)
    shutil.rmtree(folder, ignore_errors=True)


def _flatten(folder: Path) -> None:
    """Bring all folders up to the first level, one by one, so that none is too deep to reach."""
    numbers = itertools.count()
    waiting = [folder / entry.name for entry in os.scandir(folder) if _is_folder(entry)]
    while waiting:
        inner = waiting.pop()
        inner.chmod(0o700)
        for entry in list(os.scandir(inner)):
            if _is_folder(entry):
                (inner / entry.name).chmod(0o700)  # a folder that is closed cannot be moved
                place = folder / f".removing-{next(numbers)}-{os.getpid()}"
                (inner / entry.name).rename(place)
                waiting.append(place)
            else:
                (inner / entry.name).unlink()
        inner.rmdir()


def _is_folder(entry: os.DirEntry[str]) -> bool:
    return entry.is_dir(follow_symlinks=False)
