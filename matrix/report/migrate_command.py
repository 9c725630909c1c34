"""The command that converts a model, where the cause of its verdict says that this works."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from matrix.report.cause_text import known_cause
from matrix.upgrade.answer import Target, UpgradeAnswer

INTRODUCTION = "migrate converts it, and writes the new file only if every output is the same:"


def migrate_command(answer: UpgradeAnswer, target: Target, options: Sequence[str]) -> str:
    """Return the command that converts a model for a target, as it can be pasted.

    Args:
        answer: of the model.
        target: one of its targets.
        options: that the command needs too, as a shell takes them.

    Returns:
        Empty if the cause is unknown, or nothing converts such files.
    """
    cause = known_cause(target.cell)
    if cause is None or not cause.migrate:
        return ""
    to = target.requested or f"{target.package}=={target.release}"
    day = ["--as-of", "release"] if not target.requested else []
    words = ["compat-matrix", "migrate", str(answer.model.path), "--to", to, *day]
    return " ".join([shlex.join(words), *options])
