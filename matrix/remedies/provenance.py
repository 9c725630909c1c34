"""How a migrated file came about, as a document beside it, and both written at once."""

from __future__ import annotations

import hashlib
import json
import shutil
from datetime import datetime, timezone
from pathlib import Path

from matrix import __version__
from matrix.atomic_write import draft
from matrix.errors import UsageError
from matrix.judge.cells import INTROSPECTION
from matrix.model import Artifact, Cell, Environment, Returned
from matrix.model.codec import Json, to_json
from matrix.remedies.manual_steps import by_hand
from matrix.remedies.remedy import Remedy, ResaveStep, Subject

SCHEMA_VERSION = 1
ENDING = ".provenance.json"


def provenance(subject: Subject, way: Remedy, n_rows: int, source: Path, target: Path) -> Json:
    """All that a file stands on.

    Args:
        subject: the original.
        way: ends with the file.
        n_rows: how many rows it was compared on.
        source: the original.
        target: where the file is to be.
    """
    assert way.file is not None
    assert way.cell is not None
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": f"compat-matrix {__version__}",
        "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "way": way.way.value,
        "said": way.words,
        "source": _artifact(subject.file.artifact) | {"name": source.name},
        "migrated": _artifact(way.file.artifact) | {"name": target.name},
        "from": _environment(subject.writer),
        "steps": [_step(step) for step in way.file.steps],
        "to": _environment(way.reader or subject.reader),
        "rows": {"sha256": subject.saving.rows, "n": n_rows},
        "compared": _compared(subject, way.cell),
        "verdict": way.cell.verdict.value,
        "by_hand": by_hand(
            way.file, source.name, target.name, saved_as=subject.artifact.format
        ).splitlines(),
    }


def _artifact(artifact: Artifact) -> Json:
    return {"sha256": artifact.sha256, "size": artifact.size, "format": artifact.format}


def _step(step: ResaveStep) -> Json:
    return {
        "environment": _environment(step.environment),
        "gave": step.cell.verdict.value,
        "set": [to_json(fix) for fix in step.fixes],
        "saved": _artifact(step.artifact),
    }


def _environment(environment: Environment) -> Json:
    assert environment.info is not None
    return {
        "id": environment.id,
        "python": environment.info.python,
        "platform": environment.info.platform,
        "packages": dict(sorted(environment.info.packages.items())),
    }


def _compared(subject: Subject, cell: Cell) -> dict[str, str]:
    """By method that the original returned something from, the verdict."""
    return {
        name: cell.outputs[name].verdict.value if name in cell.outputs else "identical"
        for name, outcome in subject.saving.outputs.items()
        if isinstance(outcome, Returned) or name in INTROSPECTION
    }


def refuse_existing(target: Path, *, force: bool) -> None:
    """See that nothing is overwritten that nobody said may be.

    Raises:
        UsageError: there is something, or the folder is not there.
    """
    for path in (target, beside(target)):
        if path.is_dir() or (not force and (path.exists() or path.is_symlink())):
            raise UsageError(
                f"{path} is there already",
                advice="Name another file with --output FILE, or overwrite it with --force.",
            )
    if not target.parent.is_dir():
        raise UsageError(f"--output {target}: there is no such folder")


def beside(target: Path) -> Path:
    """Where the document of a migrated file is."""
    return target.with_name(target.name + ENDING)


def write(artifact: Path, document: Json, target: Path, *, force: bool) -> None:
    """Write the file and its document, each whole or not at all; the document first.

    Args:
        artifact: the file in the store.
        document: says its digest, which the copy must have.
        target: where to.
        force: whether what is there may be overwritten.

    Raises:
        UsageError: something is there meanwhile.
        OSError: it cannot be written.
    """
    with draft(target) as copy, draft(target) as said:
        shutil.copyfile(artifact, copy)
        if hashlib.sha256(copy.read_bytes()).hexdigest() != document["migrated"]["sha256"]:
            raise OSError(f"{artifact} is not what it was any more")
        said.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
        refuse_existing(target, force=force)
        said.replace(beside(target))
        copy.replace(target)
