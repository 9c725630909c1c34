"""Keys of results: digests of everything that a result depends on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from matrix.model import Artifact, EnvInfo, Fix, Outcome, Pipeline, Saving

WORKER = Path(__file__).parent.parent / "worker"
INSPECTION = Path(__file__).parent.parent / "inspection"
FRAMEWORKS = Path(__file__).parent.parent / "frameworks"
JUDGE = Path(__file__).parent.parent / "judge"
CAUSES = Path(__file__).parent.parent / "causes"


def of(*parts: object) -> str:
    """A digest of JSON-like parts."""
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


@cache
def worker() -> str:
    """Digest of the worker's code: a change makes every stored answer obsolete."""
    return _code(WORKER)


@cache
def inspection() -> str:
    """Digest of the code and the lists of the inspection: a change makes every result obsolete."""
    return of(_code(INSPECTION, "*.py", "*.txt"), _code(FRAMEWORKS))


@cache
def judge() -> str:
    """Digest of the judge's code: a change makes every verdict obsolete."""
    return _code(JUDGE)


@cache
def causes() -> str:
    """Digest of the known causes and of the code that matches them."""
    return _code(CAUSES, "*.py", "*.toml")


def _code(folder: Path, *globs: str) -> str:
    files = sorted(file for glob in globs or ("*.py",) for file in folder.rglob(glob))
    return of([(file.relative_to(folder).as_posix(), file.read_text("utf-8")) for file in files])


def environment(info: EnvInfo) -> str:
    """Key of an environment: its packages, interpreter, platform and BLAS."""
    return of(info.python, info.platform, dict(info.packages), info.blas)


def saving(pipeline: Pipeline, environment_key: str) -> str:
    """Key of a save task."""
    return of("save", pipeline.id, pipeline.digest, pipeline.formats, environment_key, worker())


def loaded(pipeline: Pipeline, artifact: Artifact, saved: Saving) -> str:
    """The part of a load task's key that all readers share: file, rows and recorded outputs.

    It includes the pipeline's code, because classes are imported from it.
    """
    return of(
        artifact.sha256,
        artifact.format,
        artifact.part,
        saved.rows,
        saved.source,
        _digests(saved.outputs),
        None if saved.own is None else _digests(saved.own.outputs),
        saved.only,
        pipeline.digest,
        worker(),
    )


def _digests(outputs: Mapping[str, Outcome]) -> dict[str, str | None]:
    return {name: getattr(outcome, "digest", None) for name, outcome in outputs.items()}


def loading(loaded_key: str, environment_key: str) -> str:
    """Key of a load task: the file, and the reader."""
    return of("load", loaded_key, environment_key)


def measuring(loaded_key: str, environment_key: str) -> str:
    """Key of an evidence task: the file with its rows, and the environment that saved it."""
    return of("evidence", loaded_key, environment_key)


def tracing(loaded_key: str, method: str, environment_key: str) -> str:
    """Key of a trace task: the file, the method, and the reader."""
    return of("trace", loaded_key, method, environment_key)


def resaving(
    pipeline: Pipeline,
    artifact: Artifact,
    formats: Sequence[str],
    fixes: Sequence[Fix],
    environment_key: str,
    rows: str = "",
    *,
    convert: bool = False,
    other_class: bool = False,
) -> str:
    """Key of a resave task."""
    return of(
        "resave",
        artifact.sha256,
        artifact.format,
        list(formats),
        [[fix.part, list(fix.path), fix.name, fix.value, fix.of] for fix in fixes],
        pipeline.digest,
        environment_key,
        rows,
        convert,
        other_class,
        worker(),
    )


def constructing(artifact: Artifact, pipeline: Pipeline, environment_key: str) -> str:
    """Key of a construct task."""
    place = [artifact.sha256, artifact.format, artifact.part]
    return of("construct", *place, pipeline.digest, environment_key, worker())
