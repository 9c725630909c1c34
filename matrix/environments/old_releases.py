"""Requirements that scikit-learn's oldest releases leave out, or that uv cannot read."""

from __future__ import annotations

from collections.abc import Sequence

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from matrix.model import EnvSpec

_WITH_DEPENDENCIES = Version("0.21")
"""Earlier releases do not declare what they need, and bring a joblib of their own."""
_NEEDED = ("numpy", "scipy", "joblib")
"""joblib loads the files; releases before 0.21 import only their own copy of it."""
_READABLE_PANDAS = "pandas==0.25.3"
"""The metadata of earlier pandas cannot be read by uv; this one supports the same Pythons."""
_NUMPY_FOR_PANDAS = "numpy==1.13.3"
"""The oldest numpy that this pandas accepts."""
_WITH_THAT_NUMPY = Version("0.19.1")
"""The first release of scikit-learn after that numpy."""
_WITH_READABLE_PANDAS = (Version("0.20.4"), Version("0.21.3"))
"""The first releases after pandas 0.25.0, of two lines: both appeared on the same day."""


def complete(spec: EnvSpec, version: str) -> tuple[str, ...]:
    """Return the requirements of an environment, with those that an old release leaves out.

    A requirement of the user stays as it is. A bare ``pandas`` becomes the oldest pandas that uv
    can read, if the release is older than that.

    Args:
        spec: the requested environment.
        version: its scikit-learn, exact.
    """
    release = Version(version)
    requirements = list(spec.requirements)
    if release < _WITH_DEPENDENCIES:
        requirements += _missing(_NEEDED, spec)
    if spec.as_of != "release" or "pandas" not in requirements or not _before_pandas(release):
        return tuple(requirements)
    requirements[requirements.index("pandas")] = _READABLE_PANDAS
    if release < _WITH_THAT_NUMPY and "numpy" in requirements:
        requirements[requirements.index("numpy")] = _NUMPY_FOR_PANDAS
    return tuple(requirements)


def _missing(packages: Sequence[str], spec: EnvSpec) -> list[str]:
    named = {canonicalize_name(Requirement(text).name) for text in spec.requirements}
    return [package for package in packages if package not in named]


def _before_pandas(release: Version) -> bool:
    first, second = _WITH_READABLE_PANDAS
    return release < first or Version("0.21") <= release < second
