"""Checks of values in the configuration: versions, requirements, dates, globs.

Each function returns the value in its canonical form, or raises ValueError with a message for
people.
"""

from __future__ import annotations

import re
from datetime import date

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

NEWEST = frozenset({"latest", "pre-release"})
"""Words for the newest scikit-learn: of final releases, or of pre-releases too."""
_PYTHON_LINE = re.compile(r"\d+\.\d+(\.\d+)?")
_PACKAGE = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")


def requirement(text: str) -> str:
    """Accept a requirement in the syntax of PEP 508 that names a version, not a location."""
    one_line(text)
    if text.lstrip().startswith("-"):
        raise ValueError(f"{text!r} is an option, not a requirement")
    try:
        parsed = Requirement(text)
    except (InvalidRequirement, RecursionError) as error:
        problem = str(error).splitlines()[0]
        raise ValueError(f"{text!r} is not a requirement: {problem}") from None
    if parsed.url:
        raise ValueError(f"{text!r} names a location, not a version: only versions can be compared")
    return text.strip()


_NAME = r"[^\W\d]\w*(\.[^\W\d]\w*)*"
_IN_A_MODULE = re.compile(rf"{_NAME}[.:]{_NAME}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


def trusted_name(text: str) -> str:
    """Accept one exact name in a module: ``churn_lib.Ours``, ``churn_lib:Ours.Inner``."""
    if not _IN_A_MODULE.fullmatch(text):
        raise ValueError(
            f"{text!r} is not an exact name: write the module and the name in it, as the refusal "
            "does, such as churn_lib.Ours"
        )
    return text


def sha256(text: str) -> str:
    """Accept the SHA-256 of a file, as `inspect` shows it."""
    if not _SHA256.fullmatch(text):
        raise ValueError(f"{text!r} is not a SHA-256: it must have 64 characters, 0-9 and a-f")
    return text


def one_line(text: str) -> str:
    """Accept text without line breaks and other control characters."""
    if not text.isprintable():
        raise ValueError(f"{text!r} holds a line break or another control character")
    return text


def scikit_learn(text: str) -> str:
    """Accept ``1.3`` (a line), ``1.3.0`` (a release), ``latest`` or ``pre-release``."""
    if text in NEWEST:
        return text
    try:
        release = Version(text).release
    except InvalidVersion:
        raise ValueError(f'{text!r} is not a version: write "1.3", "1.3.0" or "latest"') from None
    if len(release) < 2:
        raise ValueError(f'{text!r} is not a release line: write "{text}.0" for the line')
    return text


def framework_version(text: str) -> str:
    """Accept what :func:`scikit_learn` accepts, or a specifier (``>=2,<3``)."""
    return scikit_learn(text) if text in NEWEST or text[:1].isdigit() else package_version(text)


def in_full(version: Version) -> str:
    """Return a release with all three parts: ``1.0`` alone would mean the line."""
    short = ".".join(str(part) for part in version.release)
    full = ".".join(str(part) for part in (*version.release, 0, 0)[: max(3, len(version.release))])
    return version.public.replace(short, full, 1)


def python(text: str) -> str:
    """Accept ``newest``, ``oldest``, ``3.9``, ``3.9.18``, or a specifier such as ``==3.13``."""
    if text in {"newest", "oldest"} or _PYTHON_LINE.fullmatch(text):
        return text
    exact = re.fullmatch(r"==\s*(\d+\.\d+(?:\.\d+)?)(?:\.\*)?", text)
    if exact:
        return exact.group(1)
    return _specifier(
        text, f'{text!r} is not a Python version: write "newest", "oldest", "3.9" or ">=3.9"'
    )


def package_version(text: str) -> str:
    """Accept a version (``1.2.0``, or ``1.26`` for its last patch) or a specifier (``>=2``)."""
    try:
        return str(Version(text))
    except InvalidVersion:
        return _specifier(text, f'{text!r} is not a version: write "1.2.0", "1.2" or ">=1.2"')


def package_requirement(name: str, version: str) -> str:
    """Return the requirement for a package at what one of the functions above accepted."""
    if version in NEWEST:
        return name
    if not version[0].isdigit():
        return f"{name}{version}"
    is_line = len(Version(version).release) < 3 and not Version(version).is_prerelease
    return f"{name}=={version}.*" if is_line else f"{name}=={version}"


def package_name(text: str) -> str:
    """Accept the name of a package, and return it normalized."""
    if not _PACKAGE.fullmatch(text):
        raise ValueError(f"{text!r} is not the name of a package")
    return str(canonicalize_name(text))


def as_of(text: str) -> str:
    """Accept ``release``, ``today`` or a date such as ``2024-05-31``."""
    if text in {"release", "today"}:
        return text
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise ValueError(
            f'{text!r} is not a date: write "release", "today" or "2024-05-31"'
        ) from None


def _specifier(text: str, otherwise: str) -> str:
    try:
        return str(SpecifierSet(one_line(text))) or _refuse(otherwise)
    except (InvalidSpecifier, ValueError):
        return _refuse(otherwise)


def _refuse(problem: str) -> str:
    raise ValueError(problem)
