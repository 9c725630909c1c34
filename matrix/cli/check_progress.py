"""Shows the progress of a check of models: first answers, and how far the bisection is."""

from __future__ import annotations

from dataclasses import replace

from matrix.report import model_answers as words
from matrix.report.progress import Progress
from matrix.upgrade.answer import UpgradeAnswer

_BISECTING = "bisecting"


class CheckProgress:
    """Takes what a check of models reports while it runs.

    Args:
        progress: where to show it.
    """

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._left = 0
        self._shown: dict[str, str] = {}

    def newest(self, answer: UpgradeAnswer) -> None:
        """Show the answer for the newest release: ``changes predict with scikit-learn 1.9.1``."""
        # Without a range, which would speak of the releases between too.
        self._show(replace(answer, range=None, packages=()), "; now the releases between")

    def answered(self, answer: UpgradeAnswer) -> None:
        """Show the answer for all targets."""
        self._show(answer, "")

    def bisecting(self, left: int) -> None:
        """Show how many releases the search for the first bad one must still try."""
        if left > self._left:
            self._progress.more(_BISECTING, left - self._left)
        elif left < self._left:
            self._progress.advance(self._left - left, stage=_BISECTING)
        self._left = left

    def _show(self, answer: UpgradeAnswer, more: str) -> None:
        headline = words.headline(answer)
        if self._shown.get(answer.model.id) != headline:
            self._shown[answer.model.id] = headline
            self._progress.answered(f"{answer.model.id}: {headline}{more}")
