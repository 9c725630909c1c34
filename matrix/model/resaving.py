"""What an environment reports of a file that it loaded and saved again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from matrix.model.observations import Artifact, Ending, Failure, FilePart


@dataclass(frozen=True, kw_only=True, slots=True)
class Fix:
    """An attribute to set in a model before it is saved again."""

    path: tuple[str | int, ...]
    """The path to the object: a string is an attribute or a key, an integer a position, such as
    ``("steps", 1, 1)``; empty for the model itself."""
    name: str
    """The name of the attribute."""
    value: object = None
    """Plain JSON."""
    of: str = ""
    """Instead of a value: the attribute of the same object to copy, such as ``scale_`` or
    ``_idf_diag.diagonal()``."""
    named: bool = False
    """The path has the step names of a diagnosis: ``("ridge",)``."""
    part: FilePart = ()
    """Where in a file with several models the one is that the path starts from."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AppliedConversion:
    """A change of the fitted state that a release made while it loaded a file of another one."""

    name: str
    """Its name in ``matrix/worker/compat_worker/conversions``, or ``name=value`` of a parameter."""
    places: int
    """In how many objects of the model."""
    meaning: str = ""
    """In words; empty for a parameter."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Resaving:
    """What an environment reports of a file that it loaded and saved again."""

    ending: Ending = Ending.FINISHED
    problem: str = ""
    """Why there is no file although nothing was raised, for people; empty if there is one."""
    stage: str = ""
    """Where it was raised: ``load`` or ``fix``; else empty."""
    failure: Failure | None = None
    artifacts: Mapping[str, Artifact | Failure | str] = field(default_factory=dict)
    """By format, as in a Saving."""
    lacking: tuple[Fix, ...] = ()
    """Parameters that the classes in this environment have and the model lacks, with their
    defaults."""
    converted: tuple[AppliedConversion, ...] = ()
    """What was converted; empty unless that was requested."""
