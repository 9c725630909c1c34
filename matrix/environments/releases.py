"""Which release of scikit-learn is meant: the last patch of a line, the newest of all."""

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

ANY_PYTHON = "3.99"
"""Asked for in place of a Python: no release has a Python that is too new."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Release:
    """A release of scikit-learn."""

    version: str
    """Exact: ``1.3.2``, ``0.22.2.post1``."""
    uploaded: date | None
    """When it came out; None if the registry does not tell."""

    @property
    def line(self) -> str:
        """The version up to its minor part: ``1.3``."""
        release = Version(self.version).release
        return ".".join(str(part) for part in (*release, 0)[:2])


def requirement(scikit_learn: str) -> str:
    """Return the requirement for what EnvSpec says: a line, a release, ``latest``, a specifier."""
    if scikit_learn in checks.NEWEST:
        return "scikit-learn"
    if not scikit_learn[:1].isdigit():
        return f"scikit-learn{scikit_learn}"
    is_line = len(Version(scikit_learn).release) == 2 and scikit_learn.count(".") == 1
    return f"scikit-learn=={scikit_learn}{'.*' if is_line else ''}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Registry:
    """What the registry says of scikit-learn, asked anew by every run."""

    uv: Uv
    interpreters: tuple[Interpreter, ...]
    """Newest first; at least one."""

    def releases(
        self, wanted: Iterable[str], pool: Executor
    ) -> dict[str, Release | UnavailableError]:
        """Return the release that each wish means, or why there is none.

        Lines are resolved in one call, told apart by a marker that is true of no machine, and exact
        releases in another: fifteen calls would take a second of a warm run. In one call uv would
        take 1.9.0 for the line 1.9 too, wherever somebody else asks for 1.9.0. If one of them does
        not exist, that call fails as a whole, and each is resolved alone.
        """
        wishes = list(dict.fromkeys(wanted))
        pinned = [wish for wish in wishes if wish[:1].isdigit()]
        others = [wish for wish in wishes if not wish[:1].isdigit()]
        lines = [wish for wish in pinned if requirement(wish).endswith(".*")]
        exact = [wish for wish in pinned if wish not in lines]
        together = [pool.submit(self._together, group) for group in (lines, exact)]
        alone = {wish: pool.submit(self.release, wish) for wish in others}
        found: dict[str, Release | UnavailableError] = {}
        for group in together:
            found.update(group.result() or {})
        rest = [wish for wish in pinned if wish not in found]
        alone.update({wish: pool.submit(self.release, wish) for wish in rest})
        for wish, answer in alone.items():
            try:
                found[wish] = answer.result()
            except UnavailableError as error:
                found[wish] = error
        return found

    def release(self, wish: str) -> Release:
        """Return the release that one wish means; raises UnavailableError."""
        asked = [requirement(wish)]
        try:
            packages = self.uv.describe(
                asked,
                interpreter=self._any,
                python=ANY_PYTHON,
                pre_releases=wish == "pre-release",
            )
        except UnavailableError as error:
            packages = self._from_wheels(asked, error)
        return _release(packages[0])

    def lines_since(self, newest: Release, last: str, pool: Executor) -> list[Release]:
        """Return the newest release of each line after ``last``, up to the newest, oldest first.

        Args:
            newest: the newest release of all.
            last: the last line that is known: ``1.9``.
            pool: to ask in.
        """
        lines = [newest]
        while Version(lines[0].line) > Version(last):
            found = self.releases([f"<{lines[0].line}"], pool)
            before = next(iter(found.values()))
            if isinstance(before, UnavailableError) or Version(before.line) <= Version(last):
                break
            lines.insert(0, before)
        return lines

    @property
    def _any(self) -> Path:
        return self.interpreters[0].path

    def _together(self, wishes: Sequence[str]) -> dict[str, Release] | None:
        """Ask for many at once; None if that cannot be answered."""
        if len(wishes) < 2:
            return None
        asked = [f"{requirement(wish)} ; platform_version == '{wish}'" for wish in wishes]
        try:
            packages = self.uv.describe(asked, interpreter=self._any, python=ANY_PYTHON)
        except UnavailableError:
            return None
        found = {}
        for package in packages:
            marker = str(package.get("marker", ""))
            for wish in wishes:
                if f"== '{wish}'" in marker:
                    found[wish] = _release(package)
        return found

    def _from_wheels(
        self, asked: Sequence[str], error: UnavailableError
    ) -> list[Mapping[str, Any]]:
        """Ask for each Python here: a registry of our own may have wheels alone."""
        if error.why in {UnavailableReason.OUT_OF_REACH, UnavailableReason.NOT_CACHED}:
            raise error
        for python in dict.fromkeys(i.minor for i in self.interpreters):
            try:
                return self.uv.describe(
                    asked, interpreter=self._any, python=python, universal=False
                )
            except UnavailableError:
                continue
        raise error


def _release(package: Any) -> Release:
    files = [package.get("sdist") or {}, *package.get("wheels", [])]
    times = [file["upload-time"] for file in files if isinstance(file.get("upload-time"), datetime)]
    return Release(version=package["version"], uploaded=times[0].date() if times else None)
