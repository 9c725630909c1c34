"""Notes about the origin of a model, for the people who read the answer."""

from __future__ import annotations

from collections.abc import Iterator

from matrix.errors import MatrixError
from matrix.upgrade.answer import Model
from matrix.upgrade.environment_builds import EnvironmentBuilds
from matrix.upgrade.model_requirements import name_of, release_of
from matrix.upgrade.needed_packages import NeededPackage, needed_packages
from matrix.upgrade.origin_of_model import OriginOfModel
from matrix.upgrade.runtime_environments import RuntimeEnvironments
from matrix.upgrade.stated_origins import note_of
from matrix.upgrade.upgrade_request import UpgradeRequest


class OriginNotes:
    """Words what a user should know about the origin of a model.

    Args:
        builds: builds environments.
        request: of the user.
        origins: decides the origin.
        runtimes: decides the environments of converted models.
    """

    def __init__(
        self,
        builds: EnvironmentBuilds,
        request: UpgradeRequest,
        origins: OriginOfModel,
        runtimes: RuntimeEnvironments,
    ) -> None:
        self._runtimes = runtimes
        self._builds = builds
        self._request = request
        self._origins = origins

    def of(self, model: Model) -> tuple[str, ...]:
        """Notes about the origin and the targets of a model."""
        if model.inspection is None:
            return ()
        requests = (self._request.origin, *self._request.targets)
        catalog = self._builds.catalog
        sources = catalog.sources.words
        return (
            *model.notes,
            *self._chosen_versions(model),
            *([stated] if (stated := self._stated(model)) else []),
            *([f"packages also come from {sources} ({catalog.source})"] if sources else []),
            *(note.text for note in model.inspection.notes),
            *dict.fromkeys(
                note for requested in requests if requested is not None for note in requested.notes
            ),
        )

    def _chosen_versions(self, model: Model) -> Iterator[str]:
        """Yield a sentence for each library whose version the file does not have."""
        try:
            spec = self._origins.of(model)
        except MatrixError:
            return
        lock = None if spec.id not in self._builds.made else self._builds.made[spec.id].lock
        named = {name_of(text) for text in self._from_user}
        for one in needed_packages(model.inspection):
            version = "" if lock is None else lock.pins.get(one.name, "")
            if version and one.framework.runs and one.name not in named:
                yield self._chosen_runtime(model, one, version)
            elif version and not one.version and one.name not in named:
                within = f" (one of {one.name}{one.bounds})" if one.bounds else ""
                yield (
                    f"the file does not say which version of {one.name} saved it{within}: "
                    f"{version} was used; name another with --from {one.name}==…"
                )

    def _chosen_runtime(self, model: Model, runtime: NeededPackage, version: str) -> str:
        """Which release of a runtime counts as right, and why."""
        assert model.inspection is not None
        found = model.inspection.portable
        day = self._runtimes.day(model, runtime)
        why = f"it runs such files ({runtime.name}{runtime.bounds})" if runtime.bounds else ""
        if day and found is not None:
            why = f"the newest on {day}, weeks after the release of {found.producer} "
            why += found.producer_version
        return (
            f"no release of {runtime.name} wrote the file: what {version} returns counts as right"
            f"{f' ({why})' if why else ''}; name another with --from {runtime.name}==…"
        )

    @property
    def _from_user(self) -> tuple[str, ...]:
        """The requirements that the user named for origins."""
        origin = () if self._request.origin is None else self._request.origin.others
        return (*self._request.further, *origin)

    def _stated(self, model: Model) -> str:
        """What of the origin the folder of a model states, in words."""
        if self._request.origin is not None or not model.stated.source:
            return ""
        if not self._origins.is_without_stated(model):
            return note_of(model, release_of(model))
        return (
            f"the versions of {model.stated.source} are not available together here: its origin "
            "has packages as of the release of scikit-learn"
        )
