"""Run uv, which alone asks the package index, with the user's own settings of it."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

from matrix.catalog import toml
from matrix.environments.reasons import UnavailableError, UnavailableReason, understand
from matrix.environments.uv_settings import clean_environ, settings_options
from matrix.errors import CannotTellError
from matrix.model.package_sources import USER_SOURCES, PackageSources
from matrix.processes import find_program


@cache
def find_uv() -> str:
    """Return the uv program: the one beside this interpreter, else one on PATH.

    Raises:
        CannotTellError: there is none.
    """
    beside = find_program("uv", [str(Path(sys.executable).parent)])
    found = beside or _packaged_uv() or find_program("uv")
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

    sources: PackageSources = USER_SOURCES
    """Where packages come from, beside the user's own settings of uv."""
    offline: bool = False
    """Whether only its cache may be used."""

    def run(
        self, *arguments: str, stdin: str = "", timeout: float | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run uv and return what became of it, whatever that is.

        It runs in an empty folder, where it finds no settings, no lock and no ``.python-version``.
        """
        command = [find_uv(), *arguments, "--no-progress", "--color", "never"]
        if arguments[0] == "pip":
            command += self.sources.options
        if self.offline:
            command.append("--offline")
        environ = clean_environ()
        with tempfile.TemporaryDirectory(prefix="compat-matrix-") as folder:
            return subprocess.run(
                [*command, *settings_options(Path(folder))],
                input=stdin,
                capture_output=True,
                text=True,
                encoding="utf-8",
                errors="replace",
                cwd=folder,
                env={**environ, **self.sources.variables(environ)},
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
