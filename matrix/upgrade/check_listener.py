"""What a check of models reports while it runs."""

from __future__ import annotations

from typing import Protocol

from matrix.upgrade.answer import UpgradeAnswer


class CheckListener(Protocol):
    """Shows how far a check of models is."""

    def newest(self, answer: UpgradeAnswer) -> None:
        """Take the answer for the newest release alone, before the releases between are checked."""

    def answered(self, answer: UpgradeAnswer) -> None:
        """Take the answer for all targets, before the search for the first bad release."""

    def bisecting(self, left: int) -> None:
        """Take the number of releases that the search must still try; it may be called often."""


class NoListener:
    """Shows nothing."""

    def newest(self, answer: UpgradeAnswer) -> None:
        """Do nothing."""

    def answered(self, answer: UpgradeAnswer) -> None:
        """Do nothing."""

    def bisecting(self, left: int) -> None:
        """Do nothing."""
