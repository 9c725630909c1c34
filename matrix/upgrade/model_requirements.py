"""What an environment needs to load one model: its packages, their bounds and its release."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from matrix.catalog.requirements import EnvironmentRequest
from matrix.model import EnvSpec
from matrix.upgrade.answer import Model
from matrix.upgrade.needed_packages import with_requirements
from matrix.worker.compat_worker.formats import READABLE


def needed_by(model: Model) -> tuple[str, ...]:
    """The packages that an environment needs to load the format of a model."""
    chosen = READABLE.get(model.format)
    format_package = "" if chosen is None else chosen.load_package or chosen.package
    compressed = "" if model.inspection is None else model.inspection.compression
    return tuple(filter(None, (format_package, "lz4" if compressed == "lz4" else "")))


def name_of(requirement: str) -> str:
    """The normalized name of the package in a requirement."""
    return str(canonicalize_name(Requirement(requirement).name))


def release_of(model: Model) -> str:
    """The release that saved a model, as its file or its folder says; empty if unknown."""
    assert model.inspection is not None
    return max(model.inspection.versions.get("scikit-learn", ()), key=Version, default="")


def holding(spec: EnvSpec, model: Model, requirements: Sequence[str]) -> EnvSpec:
    """An environment with the packages that a model and its format need.

    Args:
        spec: the environment.
        model: the one to load there.
        requirements: for the known libraries that it needs.
    """
    spec = with_requirements(spec, requirements)
    named = {canonicalize_name(Requirement(text).name) for text in spec.requirements}
    needed = [package for package in needed_by(model) if package not in named]
    if not needed:
        return spec
    id_ = "-with-".join([spec.id, *needed])
    return replace(spec, id=id_, requirements=(*spec.requirements, *needed))


def with_bounds(
    requested: EnvironmentRequest,
    release: str,
    model: Model,
    choose: Callable[[Version, Mapping[str, str]], tuple[tuple[str, ...], str]],
) -> tuple[EnvironmentRequest, str]:
    """A request with the packages that a file shows, and the day to resolve it as of.

    Args:
        requested: what it requires of a package stays as it is.
        release: of scikit-learn in it.
        model: whose file it is.
        choose: which of the packages.
    """
    named = {name_of(text) for text in requested.others}
    bounds = {} if model.inspection is None else model.inspection.bounds
    others, day = choose(Version(release), {n: t for n, t in bounds.items() if n not in named})
    return replace(requested, others=(*requested.others, *others)), day


def version_in(requirement: str) -> str:
    """The version that a requirement names, as an EnvSpec takes it."""
    specifier = Requirement(requirement).specifier
    exact = [one.version for one in specifier if one.operator == "=="]
    if len(exact) == len(specifier) == 1 and not exact[0].endswith(".*"):
        return exact[0]
    return str(specifier) or "latest"
