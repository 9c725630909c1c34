"""The provenance of a migrated file, as a document beside it; both are written together."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path

from matrix import __version__
from matrix.atomic_write import draft
from matrix.errors import UsageError
from matrix.judge.own_tables import INTROSPECTION
from matrix.model import Artifact, Cell, Environment, Returned
from matrix.model.codec import Json, to_json
from matrix.remedies.manual_steps import by_hand
from matrix.remedies.remedy import Remedy, ResaveStep, Subject

SCHEMA_VERSION = 1
ENDING = ".provenance.json"


def provenance(
    subject: Subject,
    remedy: Remedy,
    rows: Mapping[str, int],
    source: Path,
    target: Path,
    methods: Sequence[str] = (),
) -> Json:
    """Describe how a migrated file was made and verified.

    Args:
        subject: the original.
        remedy: the remedy that made the file.
        rows: how many rows outputs were compared on, by the id of the model.
        source: the path of the original.
        target: the path of the migrated file.
        methods: the only methods that were compared; empty for every method.
    """
    assert remedy.file is not None
    assert remedy.cell is not None
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": f"compat-matrix {__version__}",
        "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "way": remedy.kind.value,
        "said": remedy.words,
        "source": _artifact(subject.file.artifact) | {"name": source.name},
        "migrated": _artifact(remedy.file.artifact) | {"name": target.name},
        "from": _environment(subject.writer),
        "steps": [_step(step) for step in remedy.file.steps],
        "to": _environment(remedy.reader or subject.reader),
        "rows": _rows(subject, rows),
        "compared": compared_methods(subject, remedy.cell, methods),
        **({"only_methods": list(methods)} if methods else {}),
        "verdict": remedy.cell.verdict.value,
        "by_hand": by_hand(
            remedy.file, source.name, target.name, saved_as=subject.artifact.format
        ).splitlines(),
        **_parts(subject, remedy, rows, methods),
    }


def _rows(subject: Subject, rows: Mapping[str, int]) -> Json:
    return {"sha256": subject.saving.rows, "n": rows[subject.pipeline.id]}


def _parts(
    subject: Subject, remedy: Remedy, rows: Mapping[str, int], methods: Sequence[str]
) -> Json:
    """What a file with several models holds, and how each of it compared."""
    if not remedy.parts:
        return {}
    found = zip((subject, *subject.others), remedy.parts, strict=True)
    return {
        "parts": [
            {
                "part": name_of_part(one),
                "rows": _rows(one, rows),
                "compared": compared_methods(one, cell, methods),
                "verdict": cell.verdict.value,
            }
            for one, cell in found
        ]
    }


def name_of_part(subject: Subject) -> str:
    """How messages call a part of a file: ``["model"]``."""
    return subject.pipeline.id.rpartition(" → ")[2]


def _artifact(artifact: Artifact) -> Json:
    return {"sha256": artifact.sha256, "size": artifact.size, "format": artifact.format}


def _step(step: ResaveStep) -> Json:
    return {
        "environment": _environment(step.environment),
        "gave": step.cell.verdict.value,
        "set": [to_json(fix) for fix in step.fixes],
        "converted": [to_json(one) for one in step.converted],
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


def compared_methods(subject: Subject, cell: Cell, methods: Sequence[str] = ()) -> dict[str, str]:
    """The verdict of each method that returned something from the original.

    Args:
        subject: the original.
        cell: of the new file.
        methods: the only methods that were compared; empty for every method.
    """
    return {
        name: cell.outputs[name].verdict.value if name in cell.outputs else "identical"
        for name, outcome in subject.saving.outputs.items()
        if (isinstance(outcome, Returned) or name in INTROSPECTION)
        and (not methods or name in methods)
    }


def refuse_existing(target: Path, *, force: bool) -> None:
    """Refuse to overwrite a file, unless forced.

    Raises:
        UsageError: the file exists, or its folder does not.
    """
    for path in (target, beside(target)):
        if path.is_dir() or (not force and (path.exists() or path.is_symlink())):
            raise UsageError(
                f"{path} exists already",
                advice="Choose another file with --output FILE, or overwrite it with --force.",
            )
    if not target.parent.is_dir():
        raise UsageError(f"--output {target}: the folder does not exist")


def beside(target: Path) -> Path:
    """The path of the document of a migrated file."""
    return target.with_name(target.name + ENDING)


def write(artifact: Path, document: Json, target: Path, *, force: bool) -> None:
    """Write the file and its document, each whole or not at all; the document first.

    Args:
        artifact: the file in the store.
        document: its provenance; the copy must have the digest in it.
        target: the path to write.
        force: whether an existing file may be overwritten.

    Raises:
        UsageError: a file exists there meanwhile.
        OSError: it cannot be written.
    """
    with draft(target) as copy, draft(target) as text:
        shutil.copyfile(artifact, copy)
        if hashlib.sha256(copy.read_bytes()).hexdigest() != document["migrated"]["sha256"]:
            raise OSError(f"{artifact} has changed")
        text.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
        refuse_existing(target, force=force)
        text.replace(beside(target))
        copy.replace(target)
