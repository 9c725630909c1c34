"""What of a check needs a new file: everything in a file must be known, and something bad."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matrix.model import Group
from matrix.upgrade.answer import Target, UpgradeAnswer

HeldModel = tuple[UpgradeAnswer, Target]
"""A model of a file with its target."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ConversionNeed:
    """What is converted beside models that do not predict the same."""

    introspection: bool = False
    """Also models that only ``repr`` or ``get_params`` fails of."""
    by_value: bool = False
    """Every model: its code goes into the new file."""

    def needs_file(self, target: Target) -> bool:
        """Whether a new file is needed."""
        verdict = target.cell.verdict
        good = verdict.safe if self.introspection else verdict.predicts_same
        return self.by_value or not good


def known_target(answer: UpgradeAnswer) -> Target | None:
    """The target of a model, if it is right in the origin and its verdict there is known."""
    if answer.problem is not None or not answer.targets:
        return None
    origin, *targets = answer.targets
    target = targets[-1] if targets else origin  # the last one may be as of its release
    if not origin.cell.verdict.predicts_same or target.cell.verdict.group is Group.UNKNOWN:
        return None
    return target


def held_by_file(answers: Sequence[UpgradeAnswer], wanted: ConversionNeed) -> list[HeldModel]:
    """Everything in a file with its target, the worst first.

    Args:
        answers: for everything in one file.
        wanted: what is converted.

    Returns:
        Empty if something in the file is unknown there, or no new file is needed.
    """
    found = [(answer, target) for answer in answers if (target := known_target(answer))]
    needed = any(wanted.needs_file(target) for _, target in found)
    if len(found) < len(answers) or not needed:
        return []
    return sorted(found, key=lambda one: -one[1].cell.verdict.severity)
