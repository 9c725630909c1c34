"""The known libraries beside scikit-learn that a model needs, and their versions in its file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from matrix.catalog import checks, environment_names
from matrix.frameworks import Framework, needed_for
from matrix.inspection import Inspection
from matrix.model import EnvSpec


@dataclass(frozen=True, kw_only=True, slots=True)
class NeededPackage:
    """A known library that an environment needs to load a model."""

    framework: Framework
    version: str = ""
    """The exact version that saved the model; empty if its file does not have it."""
    bounds: str = ""
    """A specifier of the versions that may have saved it; empty if unknown."""

    @property
    def name(self) -> str:
        """The normalized name of its distribution."""
        return self.framework.name

    @property
    def requirement(self) -> str:
        """What the environment that saved the model has, in the syntax of PEP 508."""
        return self.framework.requirement(self.version, self.bounds)

    @property
    def dating(self) -> str:
        """Its version as an EnvSpec takes it, to resolve an environment as of it; may be empty."""
        return checks.in_full(Version(self.version)) if self.version else self.bounds


def needed_packages(inspection: Inspection | None) -> tuple[NeededPackage, ...]:
    """Return the known libraries that a file needs beside scikit-learn.

    Args:
        inspection: of the file; None if it is unknown.
    """
    if inspection is None:
        return ()
    return tuple(_needed(one, inspection) for one in needed_for(inspection.modules))


def leading(inspection: Inspection | None) -> NeededPackage | None:
    """Return the library whose releases a model is moved between; None if it is scikit-learn."""
    needed = needed_packages(inspection)
    if inspection is None or "scikit-learn" in inspection.versions:
        return None
    return next((one for one in needed if one.framework.leads), None)


def runtime_of(inspection: Inspection | None) -> NeededPackage | None:
    """Return the runtime that runs a converted model; None for a model that is no such."""
    return next((one for one in needed_packages(inspection) if one.framework.runs), None)


def _needed(framework: Framework, inspection: Inspection) -> NeededPackage:
    """A library; of several versions in a file the newest counts, as for scikit-learn."""
    versions = inspection.versions.get(framework.name, ())
    version = max(versions, key=Version, default="")
    bounds = "" if version else inspection.bounds.get(framework.name, "")
    return NeededPackage(framework=framework, version=version, bounds=bounds)


def with_requirements(spec: EnvSpec, requirements: Sequence[str]) -> EnvSpec:
    """Return an environment with further requirements, which its id and its label show.

    Packages that it requires at a version keep it; a bare name is replaced.

    Args:
        spec: the environment.
        requirements: in the syntax of PEP 508.
    """
    named = {_name(text) for text in spec.requirements if text.strip() != _name(text)}
    new = [text for text in requirements if _name(text) not in (*named, spec.framework)]
    if not new:
        return spec
    packages = {_name(text): str(Requirement(text).specifier) for text in new}
    id_, label = environment_names.extended(spec.id, spec.label, packages, spec.as_of)
    kept = tuple(text for text in spec.requirements if _name(text) not in packages)
    return replace(spec, id=id_, label=label, requirements=(*kept, *new))


def _name(requirement: str) -> str:
    return str(canonicalize_name(Requirement(requirement).name))
