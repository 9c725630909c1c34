"""Propose an origin for a file that does not say which release of scikit-learn saved it.

The project of the file may say it: its requirements pin the release. Otherwise a release is
proposed that works with the numpy of the file. The user decides: nothing is loaded before.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from matrix.inspection import Inspection
from matrix.upgrade.nearest_release import OLDEST
from matrix.upgrade.needed_packages import needed_packages
from matrix.upgrade.own_code import project_folders
from matrix.upgrade.project_requirements import texts_of

_RELEASES = {"1": "1.2.2", "2": "1.5.2"}
"""By major version of numpy, a release that works with it."""
_LATER = {"2": "1.8.0"}
"""The same for files with nothing of scikit-learn in them: of its day, prophet, statsmodels and
pmdarima work with numpy 2 too."""
_PIN = re.compile(r"\s*([A-Za-z0-9][\w.-]*)\s*==\s*([\w.+!-]+)\s*(?:[;#].*)?")
_WITH = "--with "
_NUMPY_2 = Version("1.4.2")
"""The first release that works with numpy 2."""


def has_origin(inspection: Inspection) -> bool:
    """Whether a file shows which release saved it, of scikit-learn or of another known library."""
    dated = any(one.dating for one in needed_packages(inspection))
    return bool(inspection.versions.get("scikit-learn")) or dated


def proposed_origin(inspection: Inspection, file: Path, packages: Iterable[str] = ()) -> str:
    """Return what to write after ``--from``: requirements, separated by spaces.

    Args:
        inspection: of a file that has no origin of its own.
        file: where it lies; the requirements of its project are read.
        packages: further distributions that it needs; those that the project pins are added.
    """
    needed = needed_packages(inspection)
    if inspection.root.kind.startswith("sklearn.") and not needed:
        return f"scikit-learn=={OLDEST}"  # older releases did not write their version
    pins = _pins(file)
    release = pins.get("scikit-learn", "")
    if not release or not _fits(Version(release), inspection.numpy):
        release = _RELEASES.get(inspection.numpy, _RELEASES["1"])
        if inspection.modules and "sklearn" not in inspection.modules:
            release = _LATER.get(inspection.numpy, release)
    others = []
    for one in needed:
        pin = pins.get(one.name, "")
        known = pin and SpecifierSet(one.bounds).contains(pin, prereleases=True)
        others.append(f"{one.name}=={pin}" if known else one.name)
    others += [f"{one}=={pins[one]}" for one in packages if one in pins]
    return " ".join([f"scikit-learn=={release}", *others])


def origin_option(inspection: Inspection, file: Path, options: Iterable[str] = ()) -> str:
    """Return the whole option ``--from`` for a file without an origin; empty if it has one.

    Args:
        inspection, file: as in :func:`proposed_origin`.
        options: of the same line; versions of the packages in ``--with`` are proposed too.
    """
    if has_origin(inspection):
        return ""
    packages = [one[len(_WITH) :] for one in options if one.startswith(_WITH)]
    text = proposed_origin(inspection, file, packages)
    return f'--from "{text}"' if " " in text else f"--from {text}"


def _fits(release: Version, numpy: str) -> bool:
    """Whether an environment can have a release, and the release can read arrays of that numpy."""
    return release >= Version(OLDEST) and (numpy != "2" or release >= _NUMPY_2)


def _pins(file: Path) -> Mapping[str, str]:
    """The exact versions in the requirements nearest to a file that pin scikit-learn."""
    for folder in project_folders(file):
        for text in texts_of(folder):
            found = dict(filter(None, map(_pin, text.splitlines())))
            if "scikit-learn" in found:
                return found
    return {}


def _pin(line: str) -> tuple[str, str] | None:
    found = _PIN.fullmatch(line)
    if found is None:
        return None
    try:
        return str(canonicalize_name(found[1])), str(Version(found[2]))
    except InvalidVersion:
        return None
