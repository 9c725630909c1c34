"""A badge: the JSON that an endpoint badge of shields.io is drawn from.

That format has room for a label and a message only, so the message counts what is unknown apart.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TextIO

from matrix.model import Detection, Group, Matrix
from matrix.report.notice import tally
from matrix.report.verdict_words import GROUP_WORDS

_UNKNOWN, _SAFE = "lightgrey", "brightgreen"
_COLOURS = (
    (Group.FAILS, "red"),
    (Group.CHANGES, "orange"),
    (Group.UNKNOWN, _UNKNOWN),
    (Group.LOADS, _SAFE),
)
"""The first of which there is any; green only where all is known and safe."""


def write_badge(matrix: Matrix, stream: TextIO) -> None:
    """Write one small object."""
    if matrix.answers:
        label, groups = "saved models", _of_models(matrix)
    else:
        label, groups = "scikit-learn compatibility", tally(matrix).groups()
    message, colour = _said(matrix, groups)
    badge = {"schemaVersion": 1, "label": label, "message": message, "color": colour}
    stream.write(json.dumps(badge) + "\n")


def _of_models(matrix: Matrix) -> Mapping[Group, int]:
    return {group: sum(a.group is group for a in matrix.answers) for group in Group}


def _said(matrix: Matrix, groups: Mapping[Group, int]) -> tuple[str, str]:
    """The message and its colour; green only if the run can be believed and came to its end."""
    parts = [f"{n:,} {GROUP_WORDS[group].verb}" for group, n in groups.items() if n]
    missed = Detection.MISSED in matrix.self_check.values()
    if missed:
        parts.append("planted fault missed")
    if matrix.interrupted:
        parts.append("interrupted")
    colour = next((colour for group, colour in _COLOURS if groups[group]), _UNKNOWN)
    if missed or (matrix.interrupted and colour == _SAFE):
        colour = _UNKNOWN
    return ", ".join(parts) or "nothing was run", colour
