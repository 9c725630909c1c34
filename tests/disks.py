"""Folders that may not be written to, and disks that are full: real ones, where they can be had."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Nothing may be written in a folder: by its permissions, or for root by a mount."""
    if os.name != "posix":
        pytest.skip("permissions of folders are of POSIX")
    if os.geteuid() == 0:
        with _mounted(["--bind", str(folder), str(folder)], folder):
            _mount(["-o", "remount,ro,bind", str(folder)])
            yield
        return
    folders = [folder, *(path for path in folder.rglob("*") if path.is_dir())]
    for path in folders:
        path.chmod(0o500)
    try:
        yield
    finally:
        for path in folders:
            path.chmod(0o700)


@contextmanager
def small_disk(folder: Path, megabytes: float) -> Iterator[None]:
    """A folder is a disk of its own, with so much room; skips where none may be mounted."""
    folder.mkdir(exist_ok=True)
    options = f"size={int(megabytes * 1024)}k"
    with _mounted(["-t", "tmpfs", "-o", options, "tmpfs", str(folder)], folder):
        yield


@contextmanager
def filled(folder: Path, *, leave: int = 0) -> Iterator[None]:
    """The disk of a folder is full, up to so many bytes."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        room = shutil.disk_usage(folder).free - leave
        while room > 0:
            room -= file.write(b"\0" * min(room, 65536))
    try:
        yield
    finally:
        ballast.unlink()


@contextmanager
def _mounted(arguments: list[str], folder: Path) -> Iterator[None]:
    _mount(arguments)
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def _mount(arguments: list[str]) -> None:
    if not sys.platform.startswith("linux") or os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root on Linux can mount a disk for a test")
    done = subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no disk can be mounted for a test here: {done.stderr.strip()}")
