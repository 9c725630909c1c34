"""Reference pipelines, as their files declare them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True, slots=True)
class Pipeline:
    """One reference pipeline, as its file declares it; none of its code has run."""

    id: str
    """The name of the function that builds it."""
    file: Path
    """The Python file that holds the function."""
    line: int
    """The line of the function, counted from 1."""
    doc: str
    """The first line of the function's docstring."""
    tags: tuple[str, ...] = ()
    formats: tuple[str, ...] = ("joblib",)
    """The formats that it is saved in."""
    digest: str = ""
    """Of the code of the pipeline: it changes when, and only when, that code does."""
