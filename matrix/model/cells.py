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
    """The SHA-256 of the loaded file; empty if there is none."""
    stage: str = ""
    """What decided the verdict: ``load``, or the worst method; empty if everything is identical."""
    reason: str = ""
    """For ``input-changed``, and a failure with the reader's own table: how the tables differ. For
    a verdict without an exception: the signal, the limit, what is not available."""
    exception: Failure | None = None
    warnings: tuple[WarningSeen, ...] = ()
    silent: bool = False
    """It predicts differently without an error, and with only the version warning."""
    outputs: Mapping[str, OutputDifference] = field(default_factory=dict)
    """By method, without identical ones."""
    n_identical: int = 0
    """The number of identical methods."""
    before: Scores | None = None
    """The writer's scores against the truth: of an upgrade check wherever it is known, of reference
    pipelines where ``predict`` or what it ranks changed."""
    after: Scores | None = None
    """The reader's."""
    retrained: str = ""
    """For a changed cell: what the same pipeline predicts when trained in the reader, as text."""
    cause: str | None = None
    """The id of the cause, known or not, of a cell that is not safe; None if undetermined."""
    cached: bool = False

    @property
    def key(self) -> CellKey:
        """What identifies the cell in its matrix."""
        return self.pipeline, self.format, self.writer, self.reader

    def verdict_of(self, method: str) -> Verdict:
        """The verdict of one method that was compared; the cell's own if none was."""
        found = self.outputs.get(method)
        if found is not None:
            return found.verdict
        return Verdict.IDENTICAL if self.outputs or self.verdict.predicts_same else self.verdict

    @property
    def warning_categories(self) -> tuple[str, ...]:
        """The classes of the warnings, each once."""
        return tuple(dict.fromkeys(warning.category for warning in self.warnings))
