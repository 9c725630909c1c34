"""Find the release of a library for a request: the last patch of a line, the newest of all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from packaging.version import Version

from matrix.catalog import checks
from matrix.environments.reasons import UnavailableError, UnavailableReason
from matrix.environments.uv import Uv
from matrix.model import Interpreter
from matrix.model.environments import SCIKIT_LEARN

ANY_PYTHON = "3.99"
"""A Python that no release excludes, so that uv chooses among all releases."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Release:
    """A release of scikit-learn or of another library."""

    version: str
    """Exact: ``1.3.2``, ``0.22.2.post1``."""
    uploaded: date | None
    """The day of its upload; None if the registry does not provide it."""

    @property
    def line(self) -> str:
        """The version up to its minor part: ``1.3``."""
        release = Version(self.version).release
        return ".".join(str(part) for part in (*release, 0)[:2])


def requirement(version: str, package: str = SCIKIT_LEARN) -> str:
    """Return the requirement for the ``scikit_learn`` or ``framework_version`` of an EnvSpec.

    Args:
        version: a line, a release, ``latest``, ``pre-release`` or a specifier.
        package: the one of that version.
    """
    if version in checks.NEWEST:
        return package
    if not version[:1].isdigit():
        return f"{package}{version}"
    is_line = len(Version(version).release) == 2 and version.count(".") == 1
    return f"{package}=={version}{'.*' if is_line else ''}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Registry:
    """The releases of scikit-learn and other libraries in the registry; every run looks them up."""

    uv: Uv
    interpreters: tuple[Interpreter, ...]
    """Newest first; at least one."""

    def releases(
        self, requested: Iterable[str], pool: Executor, *, package: str = SCIKIT_LEARN
    ) -> dict[str, Release | UnavailableError]:
        """Find the release of a package for each request, or the reason why there is none.

        Lines are resolved in one call, distinguished by a marker that holds on no machine. Exact
        releases are resolved in another: fifteen calls would take a second of a warm run. In one
        call uv would take 1.9.0 for the line 1.9 too, if another request is 1.9.0. If one of them
        does not exist, that call fails as a whole, and each is resolved alone.
        """
        requests = list(dict.fromkeys(requested))
        pinned = [request for request in requests if request[:1].isdigit()]
        others = [request for request in requests if not request[:1].isdigit()]
        lines = [request for request in pinned if requirement(request).endswith(".*")]
        exact = [request for request in pinned if request not in lines]
        together = [pool.submit(self._together, group, package) for group in (lines, exact)]
        alone = {request: pool.submit(self.release, request, package) for request in others}
        found: dict[str, Release | UnavailableError] = {}
        for group in together:
            found.update(group.result() or {})
        rest = [request for request in pinned if request not in found]
        alone.update({request: pool.submit(self.release, request, package) for request in rest})
        for request, answer in alone.items():
            try:
                found[request] = answer.result()
            except UnavailableError as error:
                found[request] = error
        return found

    def release(self, request: str, package: str = SCIKIT_LEARN) -> Release:
        """Find the release of a package for one request.

        Raises:
            UnavailableError: no release matches, or the registry does not answer.
        """
        requirements = [requirement(request, package)]
        try:
            packages = self.uv.describe(
                requirements,
                interpreter=self._any,
                python=ANY_PYTHON,
                pre_releases=request == "pre-release",
            )
        except UnavailableError as error:
            packages = self._from_wheels(requirements, error)
        return _release(packages[0])

    def lines_after(
        self, newest: Release, last: str, pool: Executor, *, package: str = SCIKIT_LEARN
    ) -> list[Release]:
        """Return the newest release of each line after ``last``, up to the newest, oldest first.

        Args:
            newest: the newest release of all.
            last: the last line that is known: ``1.9``.
            pool: runs the calls of uv.
            package: the one that these are releases of.
        """
        lines = [newest]
        while Version(lines[0].line) > Version(last):
            found = self.releases([f"<{lines[0].line}"], pool, package=package)
            before = next(iter(found.values()))
            if isinstance(before, UnavailableError) or Version(before.line) <= Version(last):
                break
            lines.insert(0, before)
        return lines

    @property
    def _any(self) -> Path:
        return self.interpreters[0].path

    def _together(self, requests: Sequence[str], package: str) -> dict[str, Release] | None:
        """Find the releases for several requests in one call; None if the call fails."""
        if len(requests) < 2:
            return None
        requirements = [
            f"{requirement(request, package)} ; platform_version == '{request}'"
            for request in requests
        ]
        try:
            packages = self.uv.describe(requirements, interpreter=self._any, python=ANY_PYTHON)
        except UnavailableError:
            return None
        found = {}
        for one in packages:
            marker = str(one.get("marker", ""))
            for request in requests:
                if f"== '{request}'" in marker:
                    found[request] = _release(one)
        return found

    def _from_wheels(
        self, requirements: Sequence[str], error: UnavailableError
    ) -> list[Mapping[str, Any]]:
        """Resolve for each Python of this machine: a private registry may have only wheels.

        Raises:
            UnavailableError: the given error, if no Python has a release.
        """
        if error.why in {UnavailableReason.OUT_OF_REACH, UnavailableReason.NOT_CACHED}:
            raise error
        for python in dict.fromkeys(i.minor for i in self.interpreters):
            try:
                return self.uv.describe(
                    requirements, interpreter=self._any, python=python, universal=False
                )
            except UnavailableError:
                continue
        raise error


def _release(package: Any) -> Release:
    files = [package.get("sdist") or {}, *package.get("wheels", [])]
    times = [file["upload-time"] for file in files if isinstance(file.get("upload-time"), datetime)]
    return Release(version=package["version"], uploaded=times[0].date() if times else None)
