"""Answer for models of Keras apart: predictions, loss, and whether the training can go on."""

from __future__ import annotations

from collections.abc import Sequence

from matrix.model import Cell, Group
from matrix.upgrade.references import NO_TARGETS, NOT_COMPILED, NOT_TRAINABLE

_QUESTIONS = (
    ("predicts the same", ("predict",)),
    ("same loss", ("evaluate_loss",)),
    ("state of training kept", ("training_state",)),
    ("same next step of training", ("training_step",)),
)
"""Each question with the outputs that answer it, as the worker names them."""
_OBSERVED = (Group.LOADS, Group.LIMITED, Group.CHANGES)
"""Groups of verdicts of which every output was compared."""


def training_answers(cell: Cell, format_name: str, notes: Sequence[str] = ()) -> str:
    """Return the answers for a model of Keras, such as ``predicts the same: yes; same loss: no``.

    Args:
        cell: of the model in one environment.
        format_name: the format of its file.
        notes: about its reference: what was not compared has no answer.

    Returns:
        Empty for another format, and if the outputs were not compared.
    """
    if format_name not in ("keras", "keras-h5") or cell.verdict.group not in _OBSERVED:
        return ""
    return "; ".join(
        f"{question}: {'yes' if _is_same(cell, outputs) else 'no'}"
        for question, outputs in _QUESTIONS
        if not _left_out(outputs, notes)
    )


def _left_out(outputs: tuple[str, ...], notes: Sequence[str]) -> bool:
    if NOT_COMPILED in notes:
        return outputs != ("predict",)
    if NOT_TRAINABLE in notes:
        return bool({"training_state", "training_step"} & {*outputs})
    return NO_TARGETS in notes and bool({"evaluate_loss", "training_step"} & {*outputs})


def _is_same(cell: Cell, outputs: tuple[str, ...]) -> bool:
    found = (cell.outputs.get(name) for name in outputs)
    return all(one is None or one.verdict.safe for one in found)
