"""``--version``: the versions of this tool and of the programs that it runs."""

from __future__ import annotations

import argparse
import importlib.metadata
import platform
import subprocess
from typing import Any

from matrix import __version__
from matrix.errors import MatrixError


class PrintVersions(argparse.Action):
    """Shows the versions and exits."""

    def __init__(self, option_strings: list[str], dest: str, **options: Any) -> None:
        super().__init__(option_strings, argparse.SUPPRESS, nargs=0, **options)

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        print(versions())  # noqa: T201
        parser.exit()


def versions() -> str:
    """Return ``sklearn-compat-matrix 0.1.0 (nox 2026.10.20, uv 0.13.9, Python 3.13.0)``."""
    parts = ", ".join([f"nox {_nox()}", f"uv {_uv()}", f"Python {platform.python_version()}"])
    return f"sklearn-compat-matrix {__version__} ({parts})"


def _nox() -> str:
    try:
        return importlib.metadata.version("nox")
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def _uv() -> str:
    """The version of the uv that is used, which may not be the one of Python's metadata."""
    from matrix.environments.uv import find_uv

    try:
        done = subprocess.run([find_uv(), "--version"], capture_output=True, text=True, check=True)
    except (MatrixError, OSError, subprocess.CalledProcessError):
        return "not installed"
    return " ".join(done.stdout.split()[1:2]) or "of an unknown version"
