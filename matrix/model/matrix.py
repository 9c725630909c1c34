"""All cells of a run, and what they were computed from."""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from matrix.model.answers import JointAnswer, ModelAnswer, PassedOver
from matrix.model.cells import Cell
from matrix.model.comparison import Comparison
from matrix.model.environments import Environment
from matrix.model.evidence import Evidence
from matrix.model.explanations import Explanation
from matrix.model.format_costs import FormatCost
from matrix.model.pipelines import Pipeline
from matrix.model.scores import SCORE_MARGIN
from matrix.model.verdicts import Verdict


class Detection(str, enum.Enum):
    """Whether a planted fault was found."""

    DETECTED = "detected"
    MISSED = "missed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Shard:
    """Which part of a plan a result is: the cells of some readers."""

    index: int
    """Counted from 1."""
    count: int
    plan: str = ""
    """Digest of the whole plan; equal for all shards of one plan."""
    readers: tuple[str, ...] = ()
    """The ids of the environments that load in it; empty for every n-th one."""

    def __str__(self) -> str:
        return f"{self.index}/{self.count}"

    def has(self, position: int, environment: str) -> bool:
        """Whether a reader belongs to the shard.

        Args:
            position: of the reader among all environments, counted from 0.
            environment: its id.
        """
        if self.readers:
            return environment in self.readers
        return position % self.count == self.index - 1


@dataclass(frozen=True, kw_only=True)
class Matrix:
    """All cells with their verdicts, and the environments and pipelines they come from.

    ``cells`` can be iterated any number of times and may be read from disk: reports iterate over
    it and do not keep a list.
    """

    started: datetime
    finished: datetime
    environments: tuple[Environment, ...]
    """In the order of the configuration, ready ones and unavailable ones."""
    pipelines: tuple[Pipeline, ...]
    cells: Iterable[Cell]
    self_check: Mapping[str, Detection] = field(default_factory=dict)
    evidence: Mapping[str, Evidence] = field(default_factory=dict)
    """How much the rows of each pipeline would notice, by its id, measured in the newest
    environment that saved it; without those that could not be measured."""
    format_costs: tuple[FormatCost, ...] = ()
    """By pipeline and format, in this order; empty for an upgrade check."""
    interrupted: bool = False
    answers: tuple[ModelAnswer, ...] = ()
    """For an upgrade check, one for each model; empty for reference pipelines."""
    joint: JointAnswer | None = None
    """The answer for all of these together; None for reference pipelines."""
    passed_over: tuple[PassedOver, ...] = ()
    """Of an upgrade check of folders: what was not checked, because it is not a model."""
    lock_change: str = ""
    """Of ``pr``: the lock that the check is about, and what of it changed, in words."""
    whole: bool = True
    """False if only some environments, pipelines or formats of the set were selected."""
    shard: Shard | None = None
    """The part of the run; None if it has the cells of all readers."""
    comparison: Comparison | None = None
    """With a baseline; None if there was none."""
    score_margin: float = SCORE_MARGIN
    """A score that moved by more counts as changed."""
    stories: tuple[Explanation, ...] = ()
    """The explanations that ``explain`` has added."""

    @property
    def unanswered(self) -> tuple[ModelAnswer, ...]:
        """The answers of models that could not be checked: no cell shows them."""
        return tuple(answer for answer in self.answers if answer.problem)

    @property
    def formats(self) -> frozenset[str]:
        """The formats that pipelines are saved in, or that the user's models have."""
        return frozenset(name for pipeline in self.pipelines for name in pipeline.formats)

    @cached_property
    def counts(self) -> Counter[Verdict]:
        """How many cells have each verdict."""
        return Counter(cell.verdict for cell in self.cells)
