"""Saving in another format where a file comes from, for it to be loaded where it goes."""

from __future__ import annotations

from matrix.model import Artifact, Cell, Failure
from matrix.wayout.inquiry import Inquiry
from matrix.wayout.nouns import File, Subject
from matrix.worker.compat_worker.formats import FORMATS

_ALIKE = frozenset({"joblib", "joblib-zlib", "pickle", "pickle-2", "pickle-4", "pickle-5"})
"""Formats that hold the same: what loads from one gives what it gives from the others."""
_OFFERED = ("skops", "onnx")
"""Formats that hold less than a pickle, and so depend on less."""


def find_export(
    inquiry: Inquiry, subject: Subject, cell: Cell
) -> tuple[tuple[File, Cell] | None, tuple[str, ...]]:
    """The file in another format that is safe where it goes, if any; and what leads nowhere.

    A pickle of another protocol is tried only where the file does not load.

    Args:
        inquiry: asks.
        subject: the file.
        cell: what it gives where it is to go.
    """
    tried = [f"{name} is not offered: this tool does not save it" for name in _missing()]
    other = [name for name in FORMATS if name not in _ALIKE]
    if cell.stage == "load":
        other += [name for name in ("pickle-4", "joblib", "pickle-2") if name in FORMATS]
    formats = [name for name in other if name != subject.artifact.format]
    if not formats:
        return None, tuple(tried)
    home = inquiry.cell(subject, subject.file, subject.writer)
    saved = inquiry.resaved(subject, subject.file, subject.writer, formats)
    for name in formats:
        entry = saved.artifacts.get(name)
        if not isinstance(entry, Artifact):
            why = f"{entry.type}: {entry.message}" if isinstance(entry, Failure) else entry
            tried.append(f"as {name}: {why or saved.problem or 'it cannot be saved again'}")
            continue
        file = inquiry.step(subject, subject.file, subject.writer, home, format_name=name)
        if isinstance(file, str):
            tried.append(f"as {name}: {file}")
            continue
        end = inquiry.cell(subject, file, subject.reader)
        if end.verdict.safe:
            return (file, end), tuple(tried)
        tried.append(f"as {name}: still {end.verdict.value}")
    return None, tuple(tried)


def _missing() -> list[str]:
    return [name for name in _OFFERED if name not in FORMATS]
