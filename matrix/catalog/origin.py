"""Derive the origin of a model from its file: the environment that most likely saved it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from packaging.version import InvalidVersion, Version

from matrix.catalog import checks
from matrix.catalog.requirements import EnvironmentRequest, spec_of
from matrix.errors import UsageError
from matrix.model import EnvSpec

AFTER_NUMPY_2 = date(2024, 7, 7)
"""Three weeks after the release of numpy 2.0.0: the usual release window."""
_FIRST_AFTER_NUMPY_2 = Version("1.5.1")
"""The first scikit-learn released after numpy 2.0.0."""
_NEEDS_PYTHON_3_8 = Version("1.1")


def origin_spec(
    scikit_learn: str, *, numpy: str = "", python: str = "", common: Sequence[str] = ()
) -> EnvSpec:
    """Return the environment that most likely saved a model's file.

    Its other packages are resolved as of the release of scikit-learn. A file with numpy 2 was saved
    after the release of numpy 2.0: with an older scikit-learn, the packages are resolved as of
    three weeks after that release.

    Args:
        scikit_learn: the exact version in the file: ``1.2.2``.
        numpy: ``1`` or ``2``, from the names of numpy's modules in the file; empty if unknown.
        python: the lowest version that can read the file: ``3.8``; empty if all can.
        common: the requirements of every environment in the configuration.

    Raises:
        UsageError: no registry has that version.
    """
    version = _released(scikit_learn)
    day = "release"
    others: tuple[str, ...] = ()
    if numpy == "2":
        others = ("numpy>=2",)
        day = AFTER_NUMPY_2.isoformat() if version < _FIRST_AFTER_NUMPY_2 else day
    elif numpy == "1" and version >= Version("1.4"):
        others = ("numpy<2",)  # older releases require it themselves
    request = EnvironmentRequest(
        scikit_learn=checks.in_full(version),
        python=readable_by(version, python),
        others=others,
        source=f"scikit-learn {scikit_learn}",
    )
    return spec_of(request, as_of=day, common=common)


def readable_by(version: Version, python: str) -> str | None:
    """Return the specifier of the Pythons that can read a file.

    Args:
        version: of scikit-learn in the environment that reads.
        python: the lowest version that can read the file; empty if all can.

    Returns:
        A specifier such as ``>=3.8``; None if every Python of that scikit-learn can read the file.
    """
    if not python or Version(python) < Version("3.7"):
        return None
    if Version(python) <= Version("3.8") and version >= _NEEDS_PYTHON_3_8:
        return None
    return f">={python}"


def _released(text: str) -> Version:
    try:
        version = Version(text)
    except InvalidVersion:
        raise UsageError(
            f"{text!r} is not a version of scikit-learn",
            advice="Name the origin with --from scikit-learn==…",
        ) from None
    if version.is_devrelease:
        raise UsageError(
            f"scikit-learn {text} is a development version, which no registry has",
            advice="Name the nearest release with --from scikit-learn==…",
        )
    return version
