"""Environments in which the libraries beside scikit-learn move: all else stays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from packaging.version import Version

from matrix.environments import history
from matrix.environments.reasons import UnavailableError
from matrix.errors import CannotTellError
from matrix.model import EnvSpec, Lock
from matrix.upgrade.answer import Model, PackageLadder
from matrix.upgrade.environment_builds import EnvironmentBuilds
from matrix.upgrade.model_requirements import holding, name_of
from matrix.upgrade.needed_packages import leading, needed_packages, with_requirements
from matrix.upgrade.package_ladders import is_impossible, moved
from matrix.upgrade.upgrade_request import UpgradeRequest


class MovedLibraries:
    """Makes the environments in which one library or several have other releases.

    Args:
        builds: builds environments.
        request: of the user.
    """

    def __init__(self, builds: EnvironmentBuilds, request: UpgradeRequest) -> None:
        self._builds = builds
        self._request = request

    def ladders(self, model: Model, origin: EnvSpec) -> tuple[PackageLadder, ...]:
        """For each known library that a model needs, its lines after the version of the origin.

        The environments are built, because a line may not go with the scikit-learn of the origin.

        Raises:
            CannotTellError: the origin is not available, or the registry cannot be read.
        """
        if self._request.targets or leading(model.inspection) is not None:
            return ()
        pins = self._builds.lock(origin).pins if needed_packages(model.inspection) else {}
        names = [one.name for one in needed_packages(model.inspection) if one.name in pins]
        return tuple(self._ladder(model, origin, name, pins[name]) for name in names)

    def _ladder(self, model: Model, origin: EnvSpec, package: str, version: str) -> PackageLadder:
        try:
            releases = history.newest_of_lines(version, self._builds.registry, package=package)
        except UnavailableError as error:
            raise CannotTellError(str(error)) from error
        specs = self.moved(model, origin, package, releases)
        return PackageLadder(
            package=package,
            targets=tuple(spec for spec in specs.values() if spec is not None),
            impossible=tuple(release for release, spec in specs.items() if spec is None),
        )

    def moved(
        self, model: Model, origin: EnvSpec, package: str, releases: Sequence[str]
    ) -> dict[str, EnvSpec | None]:
        """The environment of the origin with other releases of a package, by release.

        None if a release cannot be installed beside the scikit-learn of the origin.
        """
        lock = self._builds.lock(origin)
        python = "" if model.inspection is None else model.inspection.python
        found: dict[str, EnvSpec | None] = {}
        due = list(releases)
        for strict in (True, False):
            specs = {
                one: holding(
                    moved(origin, lock, [f"{package}=={one}"], python=python, strict=strict),
                    model,
                    (),
                )
                for one in due
            }
            made = self._builds.prepare(specs.values())
            impossible = [one for one in due if is_impossible(made[specs[one].id])]
            found.update((one, None if one in impossible else specs[one]) for one in due)
            for one in impossible:
                self._builds.forget(specs[one])
            due = impossible
        return {release: found[release] for release in releases}

    def with_newer(self, model: Model, target: EnvSpec) -> EnvSpec | None:
        """A target with newer releases of the libraries that it holds; None if it holds none."""
        names = {one.name for one in needed_packages(model.inspection)}
        held = [t for t in target.requirements if name_of(t) in names and "==" in t]
        if not held:
            return None
        kept = tuple(text for text in target.requirements if text not in held)
        bare = replace(target, label=_bare_label(target), requirements=kept)
        return with_requirements(bare, [text.replace("==", ">") for text in held])

    def companions(
        self, origin: EnvSpec, target: EnvSpec, newer: Sequence[Mapping[str, str]]
    ) -> Iterator[EnvSpec]:
        """Yield a target with newer libraries, and with the line of numpy that the origin has.

        Args:
            origin: where the model comes from.
            target: a bad one; its environment was built.
            newer: each has specifiers of other versions of libraries, by name.
        """
        lock = self._builds.lock(target)
        for versions in newer:
            changed = [f"{name}{specifier}" for name, specifier in versions.items()]
            yield moved(target, lock, changed, python="", strict=True)
        here, there = (_major(self._builds.lock(spec), "numpy") for spec in (origin, target))
        if here != there:
            yield replace(
                target,
                id=f"{target.id}-numpy{here}",
                label=f"{target.label} numpy{here}",
                constraints=(*target.constraints, f"numpy<{here + 1}"),
            )


def _major(lock: Lock, package: str) -> int:
    return Version(lock.pins.get(package, "0")).major


def _bare_label(spec: EnvSpec) -> str:
    """The label of an environment without the libraries that it holds."""
    day = f" {spec.as_of}" if spec.label.endswith(f" {spec.as_of}") else ""
    return spec.label.partition(" ")[0] + day
