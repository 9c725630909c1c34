"""The content of requirements files and locks, before scikit-learn and Python are chosen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from matrix.catalog import checks
from matrix.errors import UsageError
from matrix.model import FileLine


@dataclass(frozen=True, kw_only=True, slots=True)
class RequirementSet:
    """The content of a file, or of a few requirements."""

    requirements: tuple[Requirement, ...] = ()
    """In order, with their markers; ``python`` may be among them."""
    constraints: tuple[Requirement, ...] = ()
    """Versions of packages, if another requirement installs them."""
    made_with: str = ""
    """The Python that the lock was made with or is installed with; empty if unknown."""
    made_with_by: str = ""
    """What names that Python: ``.python-version``; empty for a comment of the lock itself."""
    pythons: str = ""
    """The specifier of the Pythons that a lock is for; empty for all."""
    notes: tuple[str, ...] = ()
    """Ignored lines, in words."""
    place: FileLine | None = None
    """The line that requires scikit-learn; None if no line does."""


def joined(parts: Iterable[RequirementSet]) -> RequirementSet:
    """Combine several sets; the last one with ``made_with`` wins."""
    found = list(parts)
    made = next((one for one in reversed(found) if one.made_with), RequirementSet())
    return RequirementSet(
        requirements=tuple(chain.from_iterable(one.requirements for one in found)),
        constraints=tuple(chain.from_iterable(one.constraints for one in found)),
        made_with=made.made_with,
        made_with_by=made.made_with_by,
        pythons=",".join(filter(None, (one.pythons for one in found))),
        notes=tuple(chain.from_iterable(one.notes for one in found)),
        place=next((one.place for one in found if one.place), None),
    )


def parsed(text: str, where: str = "", shown: str = "") -> Requirement:
    """Parse a requirement that names a version, not a location.

    Args:
        text: in the syntax of PEP 508.
        where: the file and the line, for messages.
        shown: what a message repeats of the text, if it comes from a file; empty for the text.

    Raises:
        UsageError: the text is not such a requirement.
    """
    try:
        return Requirement(checks.requirement(text))
    except ValueError as error:
        reason = f"{shown} is not a requirement that names a version" if shown else str(error)
        problem = f"{where}: {reason}" if where else reason
        raise UsageError(problem, advice='write a requirement such as "numpy<2"') from None


def refuse_unknown_scikit_learn(where: str, name: str) -> None:
    """Refuse a location (git, a path, an address) as the source of scikit-learn.

    Args:
        where: the file, and the line if there is one.
        name: of the package that comes from a location.

    Raises:
        UsageError: it is scikit-learn. Its release is unknown, and is not guessed.
    """
    if canonicalize_name(name) == "scikit-learn":
        raise UsageError(
            f"{where}: scikit-learn comes from a location (git, a path or an address), so its "
            "release is unknown",
            advice="Name a release instead of the file, such as scikit-learn==1.5.2, or list the "
            "versions that are installed: pip list --format=freeze > requirements.txt",
        )
