"""Answer for models of Keras apart: predictions, loss, and whether the training can go on."""

from __future__ import annotations

from matrix.model import Cell, Group

_QUESTIONS = (
    ("predicts the same", ("predict",)),
    ("same loss", ("evaluate_loss",)),
    ("state of training kept", ("training_state",)),
    ("same next step of training", ("training_step",)),
)
"""Each question with the outputs that answer it, as the worker names them."""
_OBSERVED = (Group.LOADS, Group.LIMITED, Group.CHANGES)
"""Groups of verdicts of which every output was compared."""


def training_answers(cell: Cell, format_name: str) -> str:
    """Return the answers for a model of Keras, such as ``predicts the same: yes; same loss: no``.

    Args:
        cell: of the model in one environment.
        format_name: the format of its file.

    Returns:
        Empty for another format, and if the outputs were not compared.
    """
    if format_name not in ("keras", "keras-h5") or cell.verdict.group not in _OBSERVED:
        return ""
    return "; ".join(
        f"{question}: {'yes' if _is_same(cell, outputs) else 'no'}"
        for question, outputs in _QUESTIONS
    )


def _is_same(cell: Cell, outputs: tuple[str, ...]) -> bool:
    found = (cell.outputs.get(name) for name in outputs)
    return all(one is None or one.verdict.safe for one in found)
