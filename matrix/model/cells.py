"""Cells: the judged results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from matrix.model.differences import OutputDifference
from matrix.model.observations import Failure, WarningSeen
from matrix.model.scores import Scores
from matrix.model.verdicts import Verdict

CellKey = tuple[str, str, str, str]
"""Pipeline, format, writer and reader: what identifies a cell in its matrix."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """One pipeline in one format, saved by the writer and loaded by the reader, judged."""

    pipeline: str
    format: str
    writer: str
    """The id of the environment that saved."""
    reader: str
    """The id of the environment that loaded."""
    verdict: Verdict
    artifact: str = ""
    """The sha256 of the file that was loaded; empty if there is none."""
    stage: str = ""
    """Where the verdict was decided: ``load``, or the worst method; empty if all is identical."""
    reason: str = ""
    """For a verdict without an exception: the signal, the limit, what is not to be had."""
    exception: Failure | None = None
    warnings: tuple[WarningSeen, ...] = ()
    silent: bool = False
    """It changes, and nothing was raised and no warning came but the version-mismatch one."""
    outputs: Mapping[str, OutputDifference] = field(default_factory=dict)
    """By method; only those that are not identical."""
    n_identical: int = 0
    """How many further methods were identical."""
    before: Scores | None = None
    """The writer's scores against the truth, for a changed ``predict``."""
    after: Scores | None = None
    """The reader's."""
    retrained: str = ""
    """For a changed cell: what the same pipeline, trained in the reader, predicts, in words."""
    cause: str | None = None
    """The id of what it comes from, known or not, if it is not safe and that can be told."""
    cached: bool = False

    @property
    def key(self) -> CellKey:
        """What identifies the cell in its matrix."""
        return self.pipeline, self.format, self.writer, self.reader

    @property
    def warning_categories(self) -> tuple[str, ...]:
        """The classes of the warnings, each once."""
        return tuple(dict.fromkeys(warning.category for warning in self.warnings))
