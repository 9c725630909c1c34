"""Packages of conda: their addresses, specifications and names on the Python registry.

Environments are built from the Python registry. A package of conda may have another name there, or
another project may have its name. So only packages whose name is known are taken; the others are
named in a note.
"""

from __future__ import annotations

import platform
import re
import sys
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from matrix.catalog.locks.pins import normalized
from matrix.catalog.model_packages import MODEL_PACKAGES
from matrix.catalog.requirement_set import RequirementSet, parsed
from matrix.catalog.source_file import SourceFile
from matrix.errors import UsageError

_RENAMED = {
    "py-xgboost": "xgboost",
    "py-xgboost-cpu": "xgboost",
    "py-xgboost-gpu": "xgboost",
    "pytorch": "torch",
    "pytorch-cpu": "torch",
    "pytorch-gpu": "torch",
    "tensorflow-base": "tensorflow",
    "py-opencv": "opencv-python-headless",
    "opencv": "opencv-python-headless",
    "pyarrow-core": "pyarrow",
    "polars-default": "polars",
    "dask-core": "dask",
}
"""Names of conda, and the names of the same on the Python registry."""
_ENDINGS = (".conda", ".tar.bz2")
_SPEC = re.compile(
    r"(?:[^\s\[\]=<>!~]+::)?(?P<name>[A-Za-z0-9_.\-]+)\s*(?P<version>[^\[]*?)\s*(?P<more>\[.*\])?"
)
_VERSION_KEY = re.compile(r"version\s*=\s*(['\"]?)(?P<version>[^'\"\]]+)\1")
_SHOWN = 6


@dataclass(frozen=True, slots=True)
class CondaPackage:
    """A package in a file of conda."""

    name: str
    """Of conda, in lower case."""
    specifier: str
    """In the syntax of PEP 440; empty for any version."""


def of_address(address: str) -> CondaPackage | None:
    """Return the package at an address, which ends with ``name-version-build.conda``.

    A name may have hyphens, so the text is split from the right.

    Returns:
        None if the address has another form.
    """
    try:
        name = unquote(urlsplit(address).path).rpartition("/")[2]
    except ValueError:
        return None
    ending = next((one for one in _ENDINGS if name.endswith(one)), None)
    parts = name.removesuffix(ending or "").rsplit("-", 2)
    if ending is None or len(parts) != 3 or not all(parts):
        return None
    return CondaPackage(parts[0].lower(), f"=={parts[1]}")


def of_spec(text: str) -> CondaPackage:
    """Return the package of a specification: ``conda-forge::numpy=1.26``, ``scipy >=1.10,<2``.

    Raises:
        ValueError: it is not a specification, or has alternatives.
    """
    found = _SPEC.fullmatch(text.split(" #")[0].strip())
    if found is None:
        raise ValueError("is not a specification of conda")
    version = found["version"]
    named = _VERSION_KEY.search(found["more"] or "")
    if named:
        version = named["version"]
    return CondaPackage(found["name"].lower(), _specifier(version.strip()))


def _specifier(text: str) -> str:
    """Translate the version of a specification, with or without a build."""
    if "|" in text:
        raise ValueError("has alternatives (|), which are not supported")
    if not text or text[0] not in "=<>!~":  # "numpy 1.26.4 py311_0" is exact
        version = text.split(" ")[0]
        return _exact_or_wild(version) if version not in {"", "*"} else ""
    if text.startswith("=") and not text.startswith("=="):
        version, has_build, _ = text[1:].strip().replace(" ", "=").partition("=")
        if version in {"", "*"}:
            return ""
        return _exact_or_wild(version) if has_build else f"=={version.removesuffix('.*')}.*"
    parts = [part.strip() for part in text.replace(" ", "").split(",")]
    if parts[0].startswith("==") and "=" in parts[0][2:]:
        parts[0] = parts[0].rpartition("=")[0]
    return ",".join(_part(part) for part in parts)


def _part(part: str) -> str:
    if part[:1] in "<>!~" or part.startswith("=="):
        return part.removesuffix(".*") if part[:1] in "<>" else part
    if part.startswith("="):
        return f"=={part[1:].removesuffix('.*')}.*"
    return _exact_or_wild(part)


def _exact_or_wild(version: str) -> str:
    if version.endswith("*"):
        return f"=={version.removesuffix('*').removesuffix('.')}.*"
    return f"=={version}"


def subdir() -> str:
    """Return the name that conda has for this platform: ``linux-64``."""
    machine = platform.machine().lower()
    arm = machine in {"arm64", "aarch64"}
    if sys.platform == "darwin":
        return "osx-arm64" if arm else "osx-64"
    if sys.platform == "win32":
        return "win-arm64" if arm else "win-64"
    return "linux-aarch64" if arm else "linux-64"


def chosen_platform(file: SourceFile, platforms: Collection[str]) -> tuple[str, tuple[str, ...]]:
    """Return this platform if a lock has it, else its first one, and the note about that.

    Args:
        file: the lock, for the note.
        platforms: those of the lock; the result is empty if there is none.
    """
    here = subdir()
    if here in platforms:
        return here, ()
    first = next(iter(platforms), "")
    return first, (f"{file}: has no {here}; {first} was taken",)


def as_requirements(file: SourceFile, packages: Iterable[CondaPackage]) -> RequirementSet:
    """Turn packages of conda into requirements of the Python registry.

    Args:
        file: that names them, for messages.
        packages: one name may be there several times.

    Returns:
        The packages that bear on models; Python as the one to use; a note that names the others.

    Raises:
        UsageError: the version of one that is taken cannot be read.
    """
    requirements, left = [], []
    python = ""
    for package in packages:
        if package.name == "python":
            python = package.specifier
            continue
        name = normalized(_RENAMED.get(package.name, package.name))
        if name not in MODEL_PACKAGES:
            left.append(package.name)
            continue
        specifier = _exact(name, _valid(file, package))
        requirements.append(parsed(f"{name}{specifier}", str(file), "an entry"))
    unique = tuple(dict.fromkeys(requirements))
    made, pythons = _python(file, python)
    return RequirementSet(
        requirements=unique,
        made_with=made,
        made_with_by="python in the file" if made else "",
        pythons=pythons,
        notes=_note(file, left),
    )


def _valid(file: SourceFile, package: CondaPackage) -> str:
    try:
        return str(SpecifierSet(package.specifier))
    except InvalidSpecifier:
        raise UsageError(
            f"{file}: the version of {package.name[:60]} is not one of the Python registry",
            advice="Export what is installed: pip list --format=freeze > requirements.txt",
        ) from None


def _exact(name: str, specifier: str) -> str:
    """Return ``==1.26.4`` for ``==1.26.4.*``: a pin, which may be newer than scikit-learn.

    scikit-learn itself has releases such as 1.4.1.post1, which only the range contains.
    """
    whole = re.fullmatch(r"(==\d+\.\d+\.\d+)\.\*", specifier)
    return whole[1] if whole and name != "scikit-learn" else specifier


def _python(file: SourceFile, specifier: str) -> tuple[str, str]:
    """Return the minor version that is pinned, or else the specifier."""
    found = re.fullmatch(r"==(\d+\.\d+)(\.[\d*]+)*", specifier)
    if found:
        return found[1], ""
    if re.fullmatch(r"==\d+\.\*|", specifier):
        return "", ""
    return "", _valid(file, CondaPackage("python", specifier))


def _note(file: SourceFile, left: list[str]) -> tuple[str, ...]:
    names = list(dict.fromkeys(left))
    if not names:
        return ()
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return (
        f"{file}: packages of conda that models are not known to need are left out: "
        f"{', '.join(names[:_SHOWN])}{more}",
    )
