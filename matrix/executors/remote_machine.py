"""Run a portable request on this machine: build its environment, start a worker, pack the answers.

This runs on a machine of a cluster. Nothing here knows which engine has sent the request.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from matrix import environments
from matrix.catalog import Catalog
from matrix.environments import Resolved
from matrix.environments.environment_store import EnvironmentStore
from matrix.environments.interpreters import find
from matrix.errors import MatrixError
from matrix.executors.executor import RunHooks
from matrix.executors.jobs import Job
from matrix.executors.local import LocalExecutor
from matrix.executors.portable import localized, with_origins
from matrix.model import EnvInfo, Environment, codec
from matrix.model.codec import Json
from matrix.remove_tree import remove
from matrix.store import keys
from matrix.store.worker_answers import WorkerAnswer

_preparing = threading.Lock()
_prepared: dict[str, Environment | str] = {}
"""The environments of this process by lock, or why they cannot be used here."""


def run_portable(
    body: Json,
    files: Mapping[str, bytes],
    folder: Path,
    on_turn: Callable[[tuple[str, ...]], None] = lambda _: None,
) -> Json:
    """Run a request.

    Args:
        body, files: of a :class:`~matrix.executors.portable.PortableRequest`.
        folder: for files of this and later requests.
        on_turn: called often; an exception ends the worker.

    Returns:
        ``answers``, each with the number of a piece, its answer, contents by digest, and saved
        files by format; and ``started``, the seconds that the interpreter took. Or ``refused``, the
        reason why this machine cannot run requests of this kind. Or ``failed``, the reason why this
        request failed here, and may not fail elsewhere.
    """
    if body["code_digest"] != keys.worker():
        return {"refused": "it has another version of sklearn-compat-matrix"}
    try:
        environment = _environment(codec.from_json(body["environment"], Environment))
        if isinstance(environment, str):
            return {"refused": environment}
        return _run(body, files, environment, folder, on_turn)
    except (MatrixError, OSError, ValueError) as error:
        return {"failed": str(error)}


def _run(
    body: Json,
    files: Mapping[str, bytes],
    environment: Environment,
    folder: Path,
    on_turn: Callable[[tuple[str, ...]], None],
) -> Json:
    found = localized(body, files, environment, folder)
    answers: list[list[Any]] = []
    started: list[float] = []
    scratch = Path(tempfile.mkdtemp(dir=folder))
    for piece in found.request.pieces:
        if found.request.task == "save":
            piece["folder"] = str(scratch / str(piece["id"]))

    def on_answer(number: int, answer: WorkerAnswer, contents: Mapping[str, bytes]) -> None:
        saved = {
            name: Path(entry.pop("path")).read_bytes()
            for name, entry in answer.get("artifacts", {}).items()
            if "path" in entry
        }
        answers.append([number, with_origins(answer, found.origins), dict(contents), saved])

    job = Job(
        label=environment.spec.label,
        request=found.request,
        on_answer=on_answer,
        on_start=started.append,
        alone=found.alone,
    )
    hooks = RunHooks(scratch=lambda: Path(tempfile.mkdtemp(dir=scratch)), on_turn=on_turn)
    try:
        LocalExecutor(slots=1).run(iter([job]), hooks)
    finally:
        remove(scratch)
    return {"answers": answers, "started": started[0] if started else None}


def _environment(asked: Environment) -> Environment | str:
    """The environment as it is built on this machine, or why it cannot be used."""
    assert asked.lock is not None
    key = keys.of(codec.to_json(asked.lock), asked.id)
    with _preparing:
        if key not in _prepared:
            _prepared[key] = _prepare(asked)
        return _prepared[key]


def _prepare(asked: Environment) -> Environment | str:
    """Build an environment in the store of this machine."""
    assert asked.lock is not None
    assert asked.info is not None
    catalog = Catalog(root=Path.cwd(), state=Path.cwd())
    version = asked.lock.interpreter.version
    interpreter = next(
        (
            one
            for one in find(EnvironmentStore.of(catalog).interpreters_file)
            if one.version == version
        ),
        None,
    )
    if interpreter is None:
        return f"it has no Python {version}, which {asked.id} needs"
    lock = replace(asked.lock, interpreter=interpreter)
    (built,) = environments.build(
        catalog, [Resolved(spec=asked.spec, lock=lock)], jobs=1, remember=False
    )
    if built.info is None or not built.ready:
        return f"{asked.id} cannot be built there: {built.reason}"
    difference = differs(asked.info, built.info)
    return f"{asked.id} is another one there: {difference}" if difference else built


def differs(asked: EnvInfo, found: EnvInfo) -> str:
    """How an environment differs in what results depend on; empty if it does not.

    The version of the system may differ: only the system and the processor count.
    """
    pairs = {
        "Python": (asked.python, found.python),
        "the platform": (platform_kind(asked.platform), platform_kind(found.platform)),
        "linear algebra": (asked.blas, found.blas),
    }
    for name, (ours, theirs) in pairs.items():
        if ours != theirs:
            return f"{name} is {theirs or 'unknown'} instead of {ours or 'unknown'}"
    if dict(asked.packages) != dict(found.packages):
        return "it holds other packages"
    return ""


_PROCESSORS = frozenset({"x86_64", "AMD64", "i686", "aarch64", "arm64", "ppc64le", "s390x"})


def platform_kind(platform: str) -> str:
    """System, processor and C library of a name that ``platform.platform()`` gives."""
    library = [word for word in platform.split("-") if word.startswith(("glibc", "musl"))]
    return " ".join([system_of(platform), *library])


def system_of(platform: str) -> str:
    """System and processor of a name that ``platform.platform()`` gives."""
    words = platform.split("-")
    return " ".join([words[0], *(word for word in words[1:] if word in _PROCESSORS)])
