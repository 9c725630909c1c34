"""What an environment reports of a file that it loaded and saved again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from matrix.model.observations import Artifact, Ending, Failure


@dataclass(frozen=True, kw_only=True, slots=True)
class Fix:
    """Something to set in a model before it is saved again."""

    path: tuple[str | int, ...]
    """Where: a text is an attribute or the key of a dict, a number a position; empty for the model
    itself: ``("steps", 1, 1)``."""
    name: str
    """Of the attribute."""
    value: object = None
    """Plain JSON."""
    of: str = ""
    """Another attribute of the same thing that it is taken from, in place of a value: ``scale_``,
    or ``_idf_diag.diagonal()``."""
    named: bool = False
    """The path is the names by which a diagnosis leads to a part: ``("ridge",)``."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Resaving:
    """What an environment reports of a file that it loaded and saved again."""

    ending: Ending = Ending.FINISHED
    problem: str = ""
    """Why there is no file, in words, where nothing was raised; empty if there is one."""
    stage: str = ""
    """Where it was raised: ``load`` or ``fix``; else empty."""
    failure: Failure | None = None
    artifacts: Mapping[str, Artifact | Failure | str] = field(default_factory=dict)
    """By format, as in a Saving."""
    lacking: tuple[Fix, ...] = ()
    """What the classes of the model take there, and it has not, at their default."""
