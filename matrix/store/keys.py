"""What a result depends on, as one digest: the same key means that the same would come out."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path

from matrix.model import Artifact, EnvInfo, Pipeline, Saving

WORKER = Path(__file__).parent.parent / "worker"
JUDGE = Path(__file__).parent.parent / "judge"


def of(*parts: object) -> str:
    """A digest of JSON-like parts."""
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


@cache
def worker() -> str:
    """Of the worker's own code: a change in what it observes makes every result a new one."""
    return _code(WORKER)


@cache
def judge() -> str:
    """Of the judge's own code: a change in what it decides makes every verdict a new one."""
    return _code(JUDGE)


def _code(folder: Path) -> str:
    files = sorted(folder.rglob("*.py"))
    return of([(file.relative_to(folder).as_posix(), file.read_text("utf-8")) for file in files])


def environment(info: EnvInfo) -> str:
    """Of all that was found in an environment: its packages, interpreter, platform and BLAS."""
    return of(info.python, info.platform, dict(info.packages), info.blas)


def saving(pipeline: Pipeline, environment_key: str) -> str:
    """Of a piece of saving."""
    return of("save", pipeline.id, pipeline.digest, pipeline.formats, environment_key, worker())


def loading(pipeline: Pipeline, artifact: Artifact, saved: Saving, environment_key: str) -> str:
    """Of a piece of loading: the file's bytes, the rows, what was recorded, and the reader.

    The pipeline's code counts too, since its classes are imported from there.
    """
    return of(
        "load",
        artifact.sha256,
        artifact.format,
        saved.rows,
        {name: getattr(outcome, "digest", None) for name, outcome in saved.outputs.items()},
        pipeline.digest,
        environment_key,
        worker(),
    )
