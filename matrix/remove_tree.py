"""Remove a folder that a hostile program could write to."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
from pathlib import Path


def remove(folder: Path) -> None:
    """Remove a folder with its contents, however deep, and whatever the permissions of its folders.

    No link is followed. What the system refuses to remove stays.
    """
    with contextlib.suppress(RecursionError):
        shutil.rmtree(folder, ignore_errors=True)
    if folder.is_symlink() or not folder.exists():
        return
    with contextlib.suppress(OSError):
        _flatten(folder)
    shutil.rmtree(folder, ignore_errors=True)


def _flatten(folder: Path) -> None:
    """Move every nested folder to the first level, so that no path is too long."""
    numbers = itertools.count()
    waiting = [folder / entry.name for entry in os.scandir(folder) if _is_folder(entry)]
    while waiting:
        inner = waiting.pop()
        inner.chmod(0o700)
        for entry in list(os.scandir(inner)):
            if _is_folder(entry):
                (inner / entry.name).chmod(0o700)  # a folder without permissions cannot be moved
                place = folder / f".removing-{next(numbers)}-{os.getpid()}"
                (inner / entry.name).rename(place)
                waiting.append(place)
            else:
                (inner / entry.name).unlink()
        inner.rmdir()


def _is_folder(entry: os.DirEntry[str]) -> bool:
    return entry.is_dir(follow_symlinks=False)
