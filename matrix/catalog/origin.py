"""The environment that a model's file tells of: what it was most likely saved in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from packaging.version import InvalidVersion, Version

from matrix.catalog import checks
from matrix.catalog.requirements import EnvironmentRequest, spec_of
from matrix.errors import UsageError
from matrix.model import EnvSpec

AFTER_NUMPY_2 = date(2024, 7, 7)
"""Three weeks after numpy 2.0.0 came out, the window of every release."""
_HAD_NUMPY_2 = Version("1.5.1")
"""The first scikit-learn that came out after numpy 2.0.0."""
_NEEDS_PYTHON_3_8 = Version("1.1")


def origin_spec(
    scikit_learn: str, *, numpy: str = "", python: str = "", common: Sequence[str] = ()
) -> EnvSpec:
    """Return the environment that the versions in a model's file tell of.

    That release as of its release; a file with numpy 2 in it was saved after numpy 2.0 came out, so
    of an older scikit-learn the environment is as of three weeks after that day.

    Args:
        scikit_learn: the version in the file, exact: ``1.2.2``.
        numpy: ``1`` or ``2`` by the names of its modules; empty if it does not tell.
        python: the lowest that can read the file: ``3.8``; empty if any can.
        common: what every environment of the configuration holds.

    Raises:
        UsageError: no registry has that version.
    """
    version = _released(scikit_learn)
    day = "release"
    others: tuple[str, ...] = ()
    if numpy == "2":
        others = ("numpy>=2",)
        day = AFTER_NUMPY_2.isoformat() if version < _HAD_NUMPY_2 else day
    elif numpy == "1" and version >= Version("1.4"):
        others = ("numpy<2",)  # those before had no other
    wish = EnvironmentRequest(
        scikit_learn=checks.in_full(version),
        python=readable_by(version, python),
        others=others,
        source=f"scikit-learn {scikit_learn}",
    )
    return spec_of(wish, as_of=day, common=common)


def readable_by(version: Version, python: str) -> str | None:
    """Return which Pythons of an environment can read a file; None where all that it has can.

    Args:
        version: of scikit-learn in that environment.
        python: the lowest that can read the file; empty if any can.
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
