"""The options of the command line that say where models come from and where they may go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from matrix.catalog.requirements import EnvironmentRequest, read_request
from matrix.catalog.split_requirements import split_requirements
from matrix.errors import UsageError
from matrix.frameworks import BY_NAME


@dataclass(frozen=True, kw_only=True)
class UpgradeRequest:
    """The origin and the targets that the user requests."""

    origin: EnvironmentRequest | None = None
    """None reads it from each file."""
    targets: tuple[EnvironmentRequest, ...] = ()
    """Empty for every line of scikit-learn up to the newest."""
    further: tuple[str, ...] = ()
    """Requirements of every environment."""
    as_of: str = "today"
    """The date that requested targets are resolved as of."""
    as_of_named: bool = False
    """Whether the user named that date."""
    rollback: bool = False
    """Whether to check also the lines older than the origin."""

    @classmethod
    def read(
        cls,
        *,
        origins: Sequence[str],
        targets: Sequence[str],
        further: Sequence[str],
        as_of: str | None,
        rollback: bool,
    ) -> UpgradeRequest:
        """Read the options of the command line.

        Args:
            origins: requirements and files that describe the origin together.
            targets: each describes one environment in the same form: requirements and files,
                separated by spaces or commas.
            further, as_of, rollback: as in the class; ``as_of`` None is today.

        Raises:
            UsageError: one of them is not valid.
        """
        origin = read_request(_split(origins)) if origins else None
        requested = tuple(read_request(split_requirements(text)) for text in targets)
        for request in (origin, *requested):
            _refuse_without_library(request)
        return cls(
            origin=origin,
            targets=requested,
            further=read_request(_split(further)).others if further else (),
            as_of=as_of or "today",
            as_of_named=as_of is not None,
            rollback=rollback,
        )


def _refuse_without_library(request: EnvironmentRequest | None) -> None:
    """Refuse a file that names no library of models, before anything is built.

    Raises:
        UsageError: it is one.
    """
    if request is not None and request.file and not has_library(request):
        raise UsageError(
            f"{request.source}: scikit-learn is not in it, and no other library of models",
            advice="Add it, or give a lock that names all packages (pip freeze, uv pip compile).",
        )


def has_library(request: EnvironmentRequest) -> bool:
    """Whether a request names scikit-learn or another library of models."""
    names = {canonicalize_name(Requirement(text).name) for text in request.others}
    return request.scikit_learn is not None or not names.isdisjoint(BY_NAME)


def _split(texts: Sequence[str]) -> list[str]:
    return [part for text in texts for part in split_requirements(text)]
