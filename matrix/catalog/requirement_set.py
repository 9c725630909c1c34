"""What a requirements file or lock says, before it is known what of it concerns scikit-learn."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from packaging.requirements import Requirement

from matrix.catalog import checks
from matrix.errors import UsageError
from matrix.model import FileLine


@dataclass(frozen=True, kw_only=True, slots=True)
class RequirementSet:
    """What one file, or a few requirements, say."""

    requirements: tuple[Requirement, ...] = ()
    """In order, with their markers; ``python`` may be among them."""
    constraints: tuple[Requirement, ...] = ()
    """What holds for a package if something else brings it."""
    made_with: str = ""
    """The Python that a lock says it was made with."""
    pythons: str = ""
    """Specifier of the Pythons that a lock is for."""
    notes: tuple[str, ...] = ()
    """What was left aside, in words."""
    place: FileLine | None = None
    """The line that names scikit-learn; None if no line does."""


def joined(parts: Iterable[RequirementSet]) -> RequirementSet:
    """Return what several say together; the last lock that names its Python wins."""
    said = RequirementSet()
    for part in parts:
        said = RequirementSet(
            requirements=said.requirements + part.requirements,
            constraints=said.constraints + part.constraints,
            made_with=part.made_with or said.made_with,
            pythons=",".join(filter(None, (said.pythons, part.pythons))),
            notes=said.notes + part.notes,
            place=said.place or part.place,
        )
    return said


def parsed(text: str, where: str = "") -> Requirement:
    """Return a requirement that names a version, not a place.

    Raises:
        UsageError: it is something else, with where it stands.
    """
    try:
        return Requirement(checks.requirement(text))
    except ValueError as error:
        problem = f"{where}: {error}" if where else str(error)
        raise UsageError(problem, advice='write a requirement such as "numpy<2"') from None
