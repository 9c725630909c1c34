"""Refuse packages and releases that do not exist, before anything is built."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from matrix.catalog.requirements import ANY, EnvironmentRequest
from matrix.environments.reasons import UnavailableError
from matrix.environments.releases import ANY_PYTHON, Registry, requirement
from matrix.errors import UsageError
from matrix.frameworks import BY_NAME
from matrix.model import UnavailableReason
from matrix.model.environments import SCIKIT_LEARN
from matrix.upgrade.upgrade_request import UpgradeRequest

_COMMON = (SCIKIT_LEARN, "numpy", "scipy", "pandas", "joblib", "threadpoolctl")
_NO_REGISTRY = (UnavailableReason.OUT_OF_REACH, UnavailableReason.NOT_CACHED)


@dataclass(frozen=True, slots=True)
class _Typed:
    """A package that the user names on the command line, and the releases that may be taken."""

    option: str
    package: str
    version: str
    """A release, a line or a specifier, as :func:`matrix.environments.releases.requirement`
    takes it."""

    @property
    def text(self) -> str:
        return requirement(self.version, self.package)


def refuse_unknown(request: UpgradeRequest, registry: Callable[[], Registry]) -> None:
    """Refuse what the registry does not have; one call of uv if there is nothing to refuse.

    What files name is not looked up: it existed when the file was made. Without a registry nothing
    is refused.

    Args:
        request: of the user.
        registry: opens the registry; called only if something was typed.

    Raises:
        UsageError: a package or a release does not exist; the advice names one that does.
    """
    typed = list(dict.fromkeys(_typed(request)))
    if not typed:
        return
    opened = registry()
    together = [f"{one.text} ; platform_version == '{n}'" for n, one in enumerate(typed)]
    try:
        opened.uv.describe(together, interpreter=opened.interpreters[0].path, python=ANY_PYTHON)
    except UnavailableError as error:
        if error.why not in _NO_REGISTRY:
            for one in typed:
                _refuse(one, opened)


def _typed(request: UpgradeRequest) -> Iterator[_Typed]:
    if request.origin is not None:
        yield from _of("--from", request.origin)
    for target in request.targets:
        yield from _of("--to", target)
    for text in request.further:
        yield from _named("--with", text)


def _of(option: str, request: EnvironmentRequest) -> Iterator[_Typed]:
    if request.file:
        return
    if request.scikit_learn not in (None, ANY, "latest", "pre-release"):
        yield _Typed(option, SCIKIT_LEARN, request.scikit_learn or "")
    for text in request.others:
        yield from _named(option, text)


def _named(option: str, text: str) -> Iterator[_Typed]:
    parsed = Requirement(text)
    if parsed.url is None and parsed.marker is None:
        version = str(parsed.specifier) or "latest"
        yield _Typed(option, str(canonicalize_name(parsed.name)), version)


def _refuse(typed: _Typed, registry: Registry) -> None:
    """Refuse one package or release, unless the registry has it or does not answer."""
    if _found(registry, typed.version, typed.package) is not None:
        return
    newest = _found(registry, "latest", typed.package)
    if newest is None:
        close = difflib.get_close_matches(typed.package, {*_COMMON, *BY_NAME}, n=1, cutoff=0.75)
        meant = f"Did you mean {typed.text.replace(typed.package, close[0])}?" if close else ""
        raise UsageError(
            f"{typed.option} {typed.text}: there is no package {typed.package}", advice=meant
        )
    nearest = (_line(registry, typed) or newest) if typed.version[:1].isdigit() else newest
    raise UsageError(
        f"{typed.option} {typed.text}: there is no such release; the newest one is {newest}",
        advice=f"The nearest release is: {typed.option} {typed.package}=={nearest}",
    )


def _line(registry: Registry, typed: _Typed) -> str | None:
    """The newest release of the line of a release that does not exist."""
    version = Version(typed.version)
    return _found(registry, f"{version.major}.{version.minor}", typed.package)


def _found(registry: Registry, version: str, package: str) -> str | None:
    """The release for a request; empty if the registry does not answer, None if there is none."""
    try:
        return registry.release(version, package).version
    except UnavailableError as error:
        return None if error.why is UnavailableReason.NO_VERSION else ""
