"""Pythons that uv can fetch, where one is missing here and fetching is allowed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from packaging.version import Version

from matrix.environments import interpreters
from matrix.environments.reasons import UnavailableError, UnavailableReason, first_line
from matrix.environments.uv import Uv
from matrix.model import Interpreter


def downloadable(uv: Uv, request: str) -> list[str]:
    """Return the minor versions that uv could download for a request, best first: ``3.9``."""
    found: dict[str, str] = {}
    for version in sorted(_listed(uv), key=Version, reverse=True):
        named = request not in {"newest", "oldest"}
        if Version(version) < interpreters.OLDEST or Version(version).is_prerelease:
            continue
        if not named or interpreters.fits(version, request):
            found.setdefault(".".join(version.split(".")[:2]), version)
    minors = list(found)
    return minors[::-1] if request == "oldest" else minors


def install(uv: Uv, python: str, *, needed_by: UnavailableError) -> Interpreter:
    """Fetch a Python.

    Args:
        uv: how to call uv.
        python: the minor version.
        needed_by: why it is needed, for the message if it is not available.

    Raises:
        UnavailableError: it is not available.
    """
    done = uv.run("python", "install", "--no-bin", python)
    if done.returncode:
        detail = f"{needed_by}; Python {python} cannot be downloaded: {first_line(done.stderr)}"
        raise UnavailableError(UnavailableReason.NO_INTERPRETER, detail)
    found = uv.run("python", "find", "--managed-python", "--no-project", python)
    path = Path(found.stdout.strip())
    version = uv.run("python", "find", "--managed-python", "--no-project", "--show-version", python)
    if found.returncode or version.returncode:
        raise UnavailableError(
            UnavailableReason.NO_INTERPRETER, first_line(found.stderr or version.stderr)
        )
    return Interpreter(path=path, version=version.stdout.strip())


def _listed(uv: Uv) -> Iterator[str]:
    done = uv.run("python", "list", "--only-downloads", "--all-versions", "--output-format", "json")
    try:
        entries = json.loads(done.stdout)
    except ValueError:
        return
    for entry in entries:
        if entry.get("implementation") == "cpython" and entry.get("variant") == "default":
            yield entry["version"]
