"""The origin of a model as its folder states it, where that agrees with the file of the model.

What the file shows counts more. Versions in the folder are constraints: they hold for packages that
the environment has anyway, and install nothing.
"""

from __future__ import annotations

from dataclasses import replace

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from matrix.catalog import checks
from matrix.frameworks import needed_for
from matrix.inspection import Inspection
from matrix.model import EnvSpec
from matrix.store import keys
from matrix.upgrade.answer import Model, StatedOrigin


def with_stated(spec: EnvSpec, release: str, model: Model) -> EnvSpec:
    """The origin with the Python and the versions that the folder of the model states.

    Args:
        spec: the origin, as the file shows it.
        release: of scikit-learn, as the file shows it.
        model: the model; without a folder the origin stays as it is.
    """
    stated = model.stated
    if not stated.source or disagreement(model, release):
        return spec
    pins = tuple(pin for pin in stated.pins if _fits(pin, spec, model))
    python = stated.python if _reads(stated.python, model) else ""
    if not pins and not python:
        return spec
    return replace(
        spec,
        id=f"{spec.id}-as-{keys.of(pins, python)[:8]}",
        python=checks.python(python) if python else spec.python,
        constraints=(*spec.constraints, *pins),
    )


def with_stated_versions(inspection: Inspection, stated: StatedOrigin) -> Inspection:
    """The inspection with versions that the file itself does not show, and its folder states.

    Args:
        inspection: of the file.
        stated: by the folder; a version outside of the bounds that the file shows is left out.
    """
    pins = {one.name: _version_of(one) for one in map(Requirement, stated.pins)}
    found = dict(inspection.versions)
    if not found.get("scikit-learn") and stated.scikit_learn:
        found["scikit-learn"] = (stated.scikit_learn,)
    for framework in needed_for(inspection.modules):
        pin = pins.get(framework.name, "")
        bounds = SpecifierSet(inspection.bounds.get(framework.name, ""))
        if pin and not found.get(framework.name) and bounds.contains(pin, prereleases=True):
            found[framework.name] = (pin,)
    return replace(inspection, versions=found)


def _version_of(requirement: Requirement) -> str:
    """The version in a requirement for one exact version."""
    (version,) = (one.version for one in requirement.specifier)
    return version


def disagreement(model: Model, release: str) -> str:
    """What the folder states otherwise than the file, in words; empty if they agree."""
    stated = model.stated
    if not stated.scikit_learn or _version(stated.scikit_learn) == _version(release):
        return ""
    return (
        f"{stated.source} says scikit-learn {stated.scikit_learn}, and the file was saved by "
        f"{release}: {stated.source} is not used"
    )


def note_of(model: Model, release: str) -> str:
    """What of the origin the folder states, in words; empty without a folder."""
    stated = model.stated
    if not stated.source:
        return ""
    python = f"Python {stated.python}, and " if stated.python else ""
    return disagreement(model, release) or (
        f"its origin has {python}packages in the versions of {stated.source}"
    )


def _fits(pin: str, spec: EnvSpec, model: Model) -> bool:
    """Whether a version does not contradict what is known from the file."""
    requirement = Requirement(pin)
    name = canonicalize_name(requirement.name)
    assert model.inspection is not None
    version = _version_of(requirement)
    if name == "numpy" and model.inspection.numpy not in ("", version.partition(".")[0]):
        return False
    required = [one for one in map(Requirement, spec.requirements) if one.marker is None]
    return all(
        one.specifier.contains(version, prereleases=True)
        for one in required
        if canonicalize_name(one.name) == name
    )


def _reads(python: str, model: Model) -> bool:
    assert model.inspection is not None
    lowest = model.inspection.python
    return bool(python) and (not lowest or Version(python) >= Version(lowest))


def _version(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None
