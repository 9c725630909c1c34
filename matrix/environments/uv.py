"""uv, the only one who talks to the registry: it knows the user's index settings."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

from matrix.catalog import toml
from matrix.environments.reasons import UnavailableError, UnavailableReason, understand
from matrix.errors import CannotTellError

_FOREIGN = (
    "VIRTUAL_ENV",
    "CONDA_PREFIX",
    "PYTHONHOME",
    "PYTHONPATH",
    "PYTHONDONTWRITEBYTECODE",
    "UV_PYTHON",
    "UV_SYSTEM_PYTHON",
    "UV_PROJECT_ENVIRONMENT",
    "UV_COMPILE_BYTECODE",
    "__PYVENV_LAUNCHER__",
)
"""Set by a virtualenv or session around us; it concerns that one, not those that we make."""


def clean_environ() -> dict[str, str]:
    """Return the process environment without what belongs to the virtualenv around us."""
    return {key: value for key, value in os.environ.items() if key not in _FOREIGN}


def uv_settings(folder: Path) -> str:
    """Return uv's own settings for a folder: those in the nearest file that has any.

    Args:
        folder: where uv runs; it looks there, and then in the folders above.
    """
    for parent in (folder, *folder.parents):
        with contextlib.suppress(OSError, ValueError):
            return (parent / "uv.toml").read_text(encoding="utf-8")
        with contextlib.suppress(OSError, ValueError):
            document = toml.loads((parent / "pyproject.toml").read_text(encoding="utf-8"))
            tool = document.get("tool")
            if isinstance(tool, dict) and "uv" in tool:
                return json.dumps(tool["uv"], sort_keys=True, default=str)
    return ""


@cache
def find_uv() -> str:
    """Return the uv program: the one beside this interpreter, else one on PATH.

    Raises:
        CannotTellError: there is none.
    """
    beside = shutil.which("uv", path=str(Path(sys.executable).parent))
    found = beside or _packaged_uv() or shutil.which("uv")
    if not found:
        raise CannotTellError("uv is not installed", advice='python -m pip install "nox[uv]"')
    return found


def _packaged_uv() -> str | None:
    try:
        from uv import find_uv_bin

        return str(find_uv_bin())
    except (ImportError, FileNotFoundError):
        return None


@dataclass(frozen=True, kw_only=True, slots=True)
class Uv:
    """How uv is to be called."""

    folder: Path
    """Where it runs: the settings of the project there are used."""
    offline: bool = False
    """Whether only its cache may be used."""

    def run(
        self, *arguments: str, stdin: str = "", timeout: float | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run uv and return what became of it, whatever that is."""
        command = [find_uv(), *arguments, "--no-progress", "--color", "never"]
        return subprocess.run(
            [*command, "--offline"] if self.offline else command,
            input=stdin,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            cwd=self.folder,
            env=clean_environ(),
            timeout=timeout,
            check=False,
        )

    def compile(
        self,
        requirements: Sequence[str],
        *,
        interpreter: Path,
        python: str,
        as_of: date | None,
        constraints: Path | None = None,
        exempt: Sequence[str] = (),
    ) -> dict[str, str]:
        """Resolve requirements to exact pins, wheels only.

        Args:
            requirements: in the syntax of PEP 508; they go by standard input, never as options.
            interpreter: any that works; its version may differ from ``python``.
            python: the version to resolve for.
            as_of: the last day whose uploads count; None is today.
            constraints: a requirements file that holds versions without asking for packages.
            exempt: packages that ``as_of`` does not concern.

        Raises:
            UnavailableError: with the reason in words.
        """
        options = ["--python-version", python, "--only-binary", ":all:", "--prerelease", "explicit"]
        options += ["--no-header", "--no-annotate", "-q"]
        if constraints is not None:
            options += ["--constraints", str(constraints)]
        if as_of is not None:
            options += ["--exclude-newer", f"{as_of + timedelta(days=1)}T00:00:00Z"]
            later = f"{date.today() + timedelta(days=1)}T00:00:00Z"
            for package in exempt:
                options += ["--exclude-newer-package", f"{package}={later}"]
        return _pins(self._compiled(requirements, interpreter, python, options))

    def describe(
        self,
        requirements: Sequence[str],
        *,
        interpreter: Path,
        python: str,
        universal: bool = True,
        pre_releases: bool = False,
    ) -> list[Mapping[str, Any]]:
        """Return what the registry says of requirements themselves, whatever they depend on.

        Args:
            requirements: of one package, with markers that distinguish them.
            interpreter: any that works.
            python: the version to ask for.
            universal: every version from that one on, and source distributions too.
            pre_releases: whether release candidates count, although there are final releases.

        Returns:
            The ``packages`` of a lock in the format of PEP 751.

        Raises:
            UnavailableError: one of them is not available.
        """
        options = ["--python-version", python, "--no-deps", "--format", "pylock.toml", "-q"]
        options += ["--prerelease", "allow" if pre_releases else "explicit"]
        options += ["--universal"] if universal else ["--only-binary", ":all:"]
        text = self._compiled(requirements, interpreter, python, options)
        packages: list[Mapping[str, Any]] = toml.loads(text).get("packages", [])
        return packages

    def _compiled(
        self, requirements: Sequence[str], interpreter: Path, python: str, options: Sequence[str]
    ) -> str:
        for text in requirements:
            if text.startswith("-") or not text.isprintable():
                raise UnavailableError(UnavailableReason.OTHER, f"{text!r} is not a requirement")
        command = ("pip", "compile", "--python", str(interpreter), *options, "-")
        done = self.run(*command, stdin="\n".join(requirements))
        if done.returncode:
            raise understand(done.stderr, python)
        return done.stdout


def _pins(text: str) -> dict[str, str]:
    """Read the lines ``name==version`` of a compiled requirements file."""
    pins = {}
    for line in text.splitlines():
        name, equals, version = line.partition("==")
        if equals and not line.startswith(("#", "-")):
            pins[str(canonicalize_name(name.strip()))] = version.partition(";")[0].strip()
    return pins
