"""Reference pipelines, as their files declare them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True, slots=True)
class Pipeline:
    """One reference pipeline, as its file declares it; nothing of it has been run."""

    id: str
    """The name of the function that builds it."""
    file: Path
    """The Python file that holds the function."""
    line: int
    """Where in the file, counted from 1."""
    doc: str
    """The first line of the function's docstring."""
    tags: tuple[str, ...] = ()
    formats: tuple[str, ...] = ("joblib",)
    """The ways to save that it is crossed with."""
    digest: str = ""
    """Of the code it is made from: it changes when, and only when, the pipeline's code does."""
