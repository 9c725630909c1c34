"""Collects what the files of a run cost, as its evaluations arrive."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median_low

from matrix.engine.evaluate import Evaluation
from matrix.model import Artifact, FormatCost
from matrix.model.format_costs import quicker


@dataclass(slots=True)
class _Cost:
    sizes: dict[str, int] = field(default_factory=dict)
    """By writer."""
    save: float | None = None
    load: float | None = None


@dataclass(frozen=True, slots=True)
class FormatCosts:
    """Sizes and quickest times by pipeline and format."""

    _seen: dict[tuple[str, str], _Cost] = field(default_factory=dict)

    def add(self, evaluation: Evaluation) -> None:
        """Count the file of an evaluation, and its load if it was loaded."""
        saving, name = evaluation.saving, evaluation.cell.format
        artifact = saving.artifacts.get(name)
        if not isinstance(artifact, Artifact) or artifact.seconds is None:
            return
        seen = self._seen.setdefault((saving.pipeline, name), _Cost())
        if artifact.writer not in seen.sizes:
            seen.sizes[artifact.writer] = artifact.size
            seen.save = quicker(seen.save, artifact.seconds)
        if evaluation.observation is not None:
            seen.load = quicker(seen.load, evaluation.observation.load_seconds)

    def all(self) -> tuple[FormatCost, ...]:
        """Return what was counted, in the order of pipelines and formats."""
        return tuple(
            FormatCost(
                pipeline=pipeline,
                format=name,
                size=median_low(seen.sizes.values()),
                save_seconds=seen.save or 0.0,
                load_seconds=seen.load,
            )
            for (pipeline, name), seen in sorted(self._seen.items())
        )
