"""Derive the origin of a model from its file: the environment that most likely saved it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from packaging.version import InvalidVersion, Version

from matrix.catalog import checks
from matrix.catalog.requirements import ANY, EnvironmentRequest, spec_of
from matrix.errors import UsageError
from matrix.model import EnvSpec

_WINDOW = timedelta(days=21)
"""A file was saved with the packages of some weeks after a release."""
_FIRSTS: Mapping[str, Mapping[str, tuple[date, str]]] = {
    "joblib": {">=1.2": (date(2022, 9, 16), "1.1.3")},
    "numpy": {
        ">=1.17": (date(2019, 7, 26), "0.21.3"),
        ">=1.24": (date(2022, 12, 18), "1.2.0"),
        ">=2": (date(2024, 6, 16), "1.5.1"),
    },
    "scipy": {
        ">=1.8": (date(2022, 2, 5), "1.1.0"),
        ">=1.11": (date(2023, 6, 25), "1.3.0"),
    },
    "pandas": {
        ">=1.3": (date(2021, 7, 2), "1.0.0"),
        ">=1.4": (date(2022, 1, 22), "1.1.0"),
        ">=2.1": (date(2023, 8, 30), "1.3.1"),
        ">=3": (date(2026, 1, 21), "1.9.0"),
    },
}
"""By package and lower bound, the day of the first release within it, and the first scikit-learn
whose environment as of its release has it. See :mod:`matrix.inspection.stack_bounds`."""
_LASTS: Mapping[str, Mapping[str, str]] = {
    "numpy": {"<2": "1.4.0"},
    "pandas": {"<2": "1.3.0"},
}
"""By package and upper bound, the first scikit-learn whose environment may exceed it."""
_WORKS_WITH = {("numpy", ">=1.24"): "1.0.0", ("numpy", ">=2"): "1.4.2"}
"""By package and lower bound, the first scikit-learn that works with it."""
_NEEDS_PYTHON_3_8 = Version("1.1")


def origin_spec(
    scikit_learn: str,
    *,
    bounds: Mapping[str, str] | None = None,
    python: str = "",
    common: Sequence[str] = (),
) -> EnvSpec:
    """Return the environment that most likely saved a model's file.

    Its other packages are resolved as of the release of scikit-learn. If the file shows a newer
    package, it was saved after that one: all packages are resolved as of three weeks after it.

    Args:
        scikit_learn: the exact version in the file: ``1.2.2``.
        bounds: by package, a specifier of those that write such a file: ``{"numpy": ">=2"}``.
        python: the lowest version that can read the file: ``3.8``; empty if all can.
        common: the requirements of every environment in the configuration.

    Raises:
        UsageError: no registry has that version.
    """
    version = _released(scikit_learn)
    others, day = packages_for(version, bounds or {})
    request = EnvironmentRequest(
        scikit_learn=checks.in_full(version),
        python=readable_by(version, python),
        others=others,
        source=f"scikit-learn {scikit_learn}",
    )
    return spec_of(request, as_of=day, common=common)


def packages_for(version: Version, bounds: Mapping[str, str]) -> tuple[tuple[str, ...], str]:
    """Return the requirements of an environment that has the packages which a file shows.

    A bound that this scikit-learn does not work with is left out.

    Args:
        version: of scikit-learn in that environment.
        bounds: by package, a specifier of those that write such a file.

    Returns:
        The requirements that matter, and ``as_of`` of an EnvSpec.
    """
    others, days = [], []
    for package, specifier in sorted(bounds.items()):
        if specifier.startswith("=="):
            others.append(f"{package}{specifier}")
            continue
        lower, _, upper = specifier.partition(",") if specifier[0] == ">" else ("", "", specifier)
        if version < Version(_WORKS_WITH.get((package, lower), "0")):
            continue
        first = _FIRSTS.get(package, {}).get(lower)
        if first is not None and version < Version(first[1]):
            days.append(first[0] + _WINDOW)
        elif lower != ">=2" or package != "numpy":
            lower = ""  # its environment has it anyway
        last = _LASTS.get(package, {}).get(upper)
        if last is None or version < Version(last):
            upper = ""
        if lower or upper:
            others.append(f"{package}{','.join(filter(None, (lower, upper)))}")
    return tuple(others), max(days).isoformat() if days else "release"


def readers_for(version: Version, bounds: Mapping[str, str]) -> tuple[tuple[str, ...], str]:
    """Return the same for an environment that is to read the file: upper bounds do not matter."""
    lower = {package: specifier.partition(",")[0] for package, specifier in bounds.items()}
    kept = {package: text for package, text in lower.items() if text.startswith((">", "=="))}
    return packages_for(version, kept)


def framework_origin(
    framework: str,
    version: str,
    *,
    scikit_learn: str = ANY,
    numpy: str = "",
    python: str = "",
    common: Sequence[str] = (),
) -> EnvSpec:
    """Return the environment that most likely saved a model without a version of scikit-learn.

    Its other packages, scikit-learn among them, are resolved as of the release of a framework.

    Args:
        framework: the library whose version is known: ``xgboost``.
        version: exact, or a specifier: the newest release within it.
        scikit_learn: as in EnvSpec.
        numpy, python, common: as in :func:`origin_spec`.
    """
    request = EnvironmentRequest(
        scikit_learn=scikit_learn,
        framework=framework,
        framework_version=version,
        python=f">={python}" if python and Version(python) > Version("3.7") else None,
        others=("numpy<2",) if numpy == "1" else ("numpy>=2",) if numpy == "2" else (),
        source=f"{framework} {version}",
    )
    return spec_of(request, as_of="release", common=common)


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
