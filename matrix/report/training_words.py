"""Answer for models of Keras apart: predictions, loss, and whether the training can go on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matrix.model import Cell, Group, TrainingAnswer, Verdict
from matrix.report.verdict_words import KERAS_FORMATS
from matrix.upgrade.references import NO_TARGETS, NOT_COMPILED, NOT_TRAINABLE

_WORDS: Mapping[str, str] = {
    "same_predictions": "predicts the same",
    "same_loss": "same loss",
    "training_state_kept": "state of training kept",
    "same_next_step": "same next step of training",
}
"""By field of the answer, the question."""


def training_answer(
    cell: Cell, format_name: str, notes: Sequence[str] = ()
) -> TrainingAnswer | None:
    """Return the answers for a model of Keras in one environment.

    Args:
        cell: of the model in one environment.
        format_name: the format of its file.
        notes: about its reference: what was not compared has no answer.

    Returns:
        None for another format, and if the outputs were not compared.
    """
    if format_name not in KERAS_FORMATS or not _was_compared(cell):
        return None
    compiled = NOT_COMPILED not in notes
    trainable = compiled and NOT_TRAINABLE not in notes
    targets = compiled and NO_TARGETS not in notes
    return TrainingAnswer(
        same_predictions=_is_same(cell, "predict"),
        same_loss=_is_same(cell, "evaluate_loss") if targets else None,
        training_state_kept=_is_same(cell, "training_state") if trainable else None,
        same_next_step=_is_same(cell, "training_step") if trainable and targets else None,
    )


def _was_compared(cell: Cell) -> bool:
    """Whether every output was called; one may have failed."""
    compared = (Group.LOADS, Group.LIMITED, Group.CHANGES)
    return cell.verdict.group in compared or cell.verdict is Verdict.USE_FAILED


def training_text(found: TrainingAnswer | None) -> str:
    """Return ``predicts the same: yes; same loss: no``; empty without an answer."""
    values = {} if found is None else {name: getattr(found, name) for name in _WORDS}
    return "; ".join(
        f"{_WORDS[name]}: {'yes' if value else 'no'}"
        for name, value in values.items()
        if value is not None
    )


def _is_same(cell: Cell, output: str) -> bool:
    found = cell.outputs.get(output)
    return found is None or found.verdict.safe
