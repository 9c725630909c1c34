"""Arguments and exit codes."""

from matrix.cli.main import main

__all__ = ["main"]
