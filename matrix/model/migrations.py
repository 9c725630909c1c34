"""What became of the models of a folder that were migrated together."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field


class MigrationOutcome(str, enum.Enum):
    """What became of one file, or would become of it."""

    CONVERTED = "converted"
    """A new file is written: every compared output is the same."""
    COPIED = "copied"
    """It is safe as it is, and a copy is written."""
    SAFE = "safe"
    """It is safe as it is, and nothing is written."""
    LIMITED = "limited"
    """It predicts the same as it is, and only ``repr`` or ``get_params`` fails; nothing is written
    unless such models are to be converted too."""
    TO_CONVERT = "to convert"
    """It is not safe as it is; a dry run converts nothing."""
    NOT_CONVERTED = "not converted"
    """No conversion that was tried keeps its outputs."""
    UNKNOWN = "unknown"
    """It cannot be checked."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MigratedModel:
    """One file of a folder, and what became of it."""

    source: str
    """As the user names it."""
    outcome: MigrationOutcome
    sha256: str = ""
    """Of the original; empty if it cannot be read."""
    file: str = ""
    """The new file, relative to the folder of the manifest; empty if there is none."""
    file_sha256: str = ""
    how: str = ""
    """The conversion in one line."""
    before: Mapping[str, str] = field(default_factory=dict)
    """The verdict of each output of the original in the target that is not identical there."""
    verdict_before: str = ""
    """Of the original in the target; empty if unknown."""
    compared: Mapping[str, str] = field(default_factory=dict)
    """The verdict of each compared output of the new file."""
    differences: Mapping[str, float] = field(default_factory=dict)
    """The largest difference of each compared output that is not identical, relative to the larger
    of the two numbers."""
    verdict: str = ""
    """Of the new file in the target; empty if there is none."""
    rows: int = 0
    """How many rows the outputs were compared on."""
    why: str = ""
    """Why there is no new file; empty if there is one, or none is needed."""
    tried: tuple[str, ...] = ()
    """What was tried without success, in words."""
    script: str = ""
    """A script beside the manifest that does the conversion, or trains the model again."""
    seconds: float = 0.0
    """How long the search took, without the first check."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MigrationManifest:
    """What became of every model of a folder."""

    schema_version: int
    tool: str
    """Name and version."""
    date: str
    """When it was written, in ISO 8601."""
    request: Mapping[str, str]
    """What was requested, as typed; a model that is unchanged is not converted again for the same
    request."""
    target: Mapping[str, str]
    """The packages of the target with their versions; empty as long as it is not known."""
    methods: tuple[str, ...]
    """The only methods that were compared; empty for every method."""
    complete: bool
    """False if the search was interrupted."""
    models: tuple[MigratedModel, ...]
