"""JSON for an endpoint badge of shields.io: a label, a message and a colour.

The message counts unknown cells separately, because the format has no other place for them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TextIO

from matrix.model import Detection, Group, Matrix
from matrix.report.notice import tally
from matrix.report.verdict_words import GROUP_WORDS
from matrix.safe_text import without_commands

_UNKNOWN, _SAFE = "lightgrey", "brightgreen"
_COLOURS = (
    (Group.FAILS, "red"),
    (Group.CHANGES, "orange"),
    (Group.LIMITED, "yellow"),
    (Group.UNKNOWN, _UNKNOWN),
    (Group.LOADS, _SAFE),
)
"""The first group that has any cells gives the colour; green only if every cell is safe."""


def write_badge(matrix: Matrix, stream: TextIO) -> None:
    """Write the badge as one JSON object."""
    if matrix.answers:
        label, groups = "saved models", _count_models(matrix)
    else:
        label, groups = "scikit-learn compatibility", tally(matrix).groups()
    message, colour = _message_and_colour(matrix, groups)
    badge = {"schemaVersion": 1, "label": label, "message": message, "color": colour}
    stream.write(without_commands(json.dumps(badge)) + "\n")


def _count_models(matrix: Matrix) -> Mapping[Group, int]:
    return {group: sum(a.group is group for a in matrix.answers) for group in Group}


def _message_and_colour(matrix: Matrix, groups: Mapping[Group, int]) -> tuple[str, str]:
    """Return both; never green if the run was interrupted or its self-check missed a fault."""
    parts = [f"{n:,} {GROUP_WORDS[group].label}" for group, n in groups.items() if n]
    missed = Detection.MISSED in matrix.self_check.values()
    if missed:
        parts.append("planted fault missed")
    if matrix.interrupted:
        parts.append("interrupted")
    colour = next((colour for group, colour in _COLOURS if groups[group]), _UNKNOWN)
    if missed or (matrix.interrupted and colour == _SAFE):
        colour = _UNKNOWN
    return ", ".join(parts) or "nothing was run", colour
