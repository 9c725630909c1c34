"""Fixtures that render reports."""

from __future__ import annotations

import io

import pytest
from drawing import Draw

from matrix.model import Matrix
from matrix.report.terminal import show


class _Terminal(io.TextIOWrapper):
    """Text in an encoding, kept in memory."""

    def __init__(self, encoding: str) -> None:
        super().__init__(io.BytesIO(), encoding=encoding, newline="\n")

    def text(self) -> str:
        self.flush()
        buffer = self.buffer
        assert isinstance(buffer, io.BytesIO)
        return buffer.getvalue().decode(self.encoding)


@pytest.fixture
def draw() -> Draw:
    """Show a matrix at a width, without colour, in an encoding."""

    def drawn(
        matrix: Matrix,
        width: int = 80,
        *,
        encoding: str = "utf-8",
        everything: bool = False,
        colour: bool = False,
    ) -> str:
        terminal = _Terminal(encoding)
        show(matrix, file=terminal, width=width, colour=colour, everything=everything)
        return terminal.text()

    return drawn
