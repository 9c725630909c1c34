"""What to do where packages were found and installed, and do not even import together."""

from __future__ import annotations

from packaging.version import Version

from matrix.model import EnvSpec, Lock

NUMPY_2 = Version("1.4.2")
"""The first scikit-learn whose wheels were made for numpy 2."""


def remedy(spec: EnvSpec, lock: Lock) -> str:
    """Say which packages do not go together, and what to do.

    Args:
        spec: the requested environment.
        lock: what it became.
    """
    scikit_learn, numpy = lock.pins.get("scikit-learn"), lock.pins.get("numpy")
    steps = []
    what = "its packages do not go together"
    if scikit_learn and numpy and Version(numpy).major >= 2 and Version(scikit_learn) < NUMPY_2:
        what = f"scikit-learn {scikit_learn} was made before numpy {Version(numpy).major}"
        steps.append('require "numpy<2"')
    keras = lock.pins.get("keras")
    if keras and Version("3") <= Version(keras) < Version("3.1") and "packaging" not in lock.pins:
        what = f"keras {keras} imports packaging, and its metadata do not say so"
        steps.append('require "packaging"')
    if spec.as_of != "release":
        steps.append("resolve it as of its release")
    advice = ", or ".join(steps) or "require other versions of them"
    return f"{what}: {advice}"
