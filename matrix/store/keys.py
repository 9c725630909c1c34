"""What a result depends on, as one digest: the same key means that the same would come out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from matrix.model import Artifact, EnvInfo, Fix, Pipeline, Saving

WORKER = Path(__file__).parent.parent / "worker"
JUDGE = Path(__file__).parent.parent / "judge"
CAUSES = Path(__file__).parent.parent / "causes"


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


@cache
def causes() -> str:
    """Of the known causes and how they are found: a change gives cells other causes."""
    return _code(CAUSES, "*.py", "*.toml")


def _code(folder: Path, *globs: str) -> str:
    files = sorted(file for glob in globs or ("*.py",) for file in folder.rglob(glob))
    return of([(file.relative_to(folder).as_posix(), file.read_text("utf-8")) for file in files])


def environment(info: EnvInfo) -> str:
    """Of all that was found in an environment: its packages, interpreter, platform and BLAS."""
    return of(info.python, info.platform, dict(info.packages), info.blas)


def saving(pipeline: Pipeline, environment_key: str) -> str:
    """Of a piece of saving."""
    return of("save", pipeline.id, pipeline.digest, pipeline.formats, environment_key, worker())


def loaded(pipeline: Pipeline, artifact: Artifact, saved: Saving) -> str:
    """Of what is loaded, whoever reads it: the file's bytes, the rows, what was recorded.

    The pipeline's code counts too, since its classes are imported from there.
    """
    return of(
        artifact.sha256,
        artifact.format,
        saved.rows,
        {name: getattr(outcome, "digest", None) for name, outcome in saved.outputs.items()},
        saved.only,
        pipeline.digest,
        worker(),
    )


def loading(loaded_key: str, environment_key: str) -> str:
    """Of a piece of loading: what is loaded, and the reader."""
    return of("load", loaded_key, environment_key)


def tracing(loaded_key: str, method: str, environment_key: str) -> str:
    """Of a look inside what is loaded, following a method."""
    return of("trace", loaded_key, method, environment_key)


def resaving(
    pipeline: Pipeline,
    artifact: Artifact,
    formats: Sequence[str],
    mends: Sequence[Fix],
    environment_key: str,
) -> str:
    """Of a file that is loaded and saved again."""
    return of(
        "resave",
        artifact.sha256,
        artifact.format,
        list(formats),
        [[list(mend.path), mend.name, mend.value, mend.of] for mend in mends],
        pipeline.digest,
        environment_key,
        worker(),
    )
