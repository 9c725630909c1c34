"""Build one environment of the store from its lock.

A virtualenv is made and filled with exactly the pins. Then its interpreter reports what is in it;
an environment that is not what its lock says is refused.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name
from packaging.version import Version

from matrix import frameworks
from matrix.environments.bytecode import share_bytecode
from matrix.environments.environment_store import EnvironmentStore, environment_key
from matrix.environments.reasons import UnavailableError, UnavailableReason, first_line, understand
from matrix.environments.records import (
    BuildRequest,
    Record,
    lock_digest,
    metadata_folders,
    read_record,
    write_record,
)
from matrix.environments.uv import Uv
from matrix.environments.uv_settings import clean_environ
from matrix.errors import StoreError
from matrix.frameworks import FRAMEWORKS
from matrix.model import EnvInfo, Lock

_DESCRIBE = Path(__file__).parents[1] / "worker" / "describe.py"
_IMPORTED = {
    "numpy": "numpy",
    "scipy": "scipy",
    "joblib": "joblib",
    "pandas": "pandas",
    "scikit-learn": "sklearn",
    "onnxruntime": "onnxruntime",
    "jpmml-evaluator": "jpmml_evaluator",
}
"""What is imported once, of what is installed: module by package. Libraries whose record says so
are imported too."""
_PATIENCE = 600.0
_FINAL = frozenset({UnavailableReason.NO_IMPORT})
"""Reasons that building the same lock again would not change."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Description:
    """What the interpreter in an environment reported."""

    info: EnvInfo
    site: Path


def build(request: BuildRequest, log: Callable[[str], object]) -> Record:
    """Build an environment in the store, unless it is there already.

    Args:
        request: has a lock.
        log: called with a line of text for each step.

    Returns:
        The record beside the environment; it has the reason if the environment cannot be used.

    Raises:
        StoreError: the store cannot be written.
    """
    lock = request.lock
    if lock is None:
        raise ValueError(f"{request.id} is not resolved")
    store = EnvironmentStore(request.envs)
    key = environment_key(lock)
    try:
        with store.build_lock(key):
            record = store.current(lock)
            if record is not None:
                log(f"{request.id}: unchanged")
                return record
            changed = read_record(store.record_file(key))
            if changed is not None and changed.info is not None and store.in_use(key):
                record = _in_use(changed, lock, store.environment(key))
            else:
                store.discard(key)
                record = _built(request, lock, store, log)
            write_record(store.record_file(key), lock, record)
            (store.environment(key) / "last-used").touch()
            return record
    except OSError as error:
        raise StoreError(f"{store.folder}: {error.strerror or error}") from error


def _in_use(changed: Record, lock: Lock, folder: Path) -> Record:
    """Record that an environment must be built again, and cannot be: others load models in it."""
    reason = (
        f"{folder} was changed after it was built, and another run uses it. "
        "End that run, then start this one again."
    )
    return replace(changed, digest=lock_digest(lock), reason=reason, why=UnavailableReason.OTHER)


def _built(
    request: BuildRequest, lock: Lock, store: EnvironmentStore, log: Callable[[str], object]
) -> Record:
    """Make a virtualenv with the pins of a lock; return its record, or one with the reason."""
    uv = Uv(sources=request.sources, offline=request.offline)
    key = environment_key(lock)
    location = store.virtualenv(key)
    try:
        log(f"{request.id}: creating it on Python {lock.interpreter.version}")
        location.parent.mkdir(parents=True, exist_ok=True)
        interpreter = str(lock.interpreter.path)
        _done(uv.run("venv", "--python", interpreter, str(location)), lock)
        log(f"{request.id}: installing {', '.join(lock.requirements)}")
        python = _python_of(location)
        install(uv, python, lock)
        shared = share_bytecode(store, key, python, lock)
        log(f"{request.id}: {shared:,} files of bytecode are shared with other environments")
        return _described(python, lock)
    except UnavailableError as error:
        return Record(
            digest=lock_digest(lock), reason=str(error), why=error.why, final=error.why in _FINAL
        )


def _described(python: Path, lock: Lock) -> Record:
    """Ask an environment what is in it, and refuse another answer than the lock."""
    imported = [_IMPORTED[name] for name in _IMPORTED if name in lock.pins]
    imported += [one.modules[0] for one in FRAMEWORKS if one.imports and one.name in lock.pins]
    found = describe(python, imported, frameworks.variables(lock.pins))
    compare(lock, found.info)
    return Record(
        digest=lock_digest(lock),
        info=found.info,
        site=found.site,
        installed=metadata_folders(found.site),
    )


def install(uv: Uv, python: Path, lock: Lock) -> None:
    """Make an environment hold exactly the pins of a lock, from wheels; raises UnavailableError."""
    with tempfile.TemporaryDirectory(prefix="compat-matrix-") as folder:
        file = Path(folder) / "requirements.txt"
        file.write_text("\n".join(lock.requirements) + "\n", encoding="utf-8")
        _done(
            uv.run("pip", "sync", "--python", str(python), "--only-binary", ":all:", str(file)),
            lock,
        )


def describe(
    python: Path, modules: list[str], variables: Mapping[str, str] | None = None
) -> Description:
    """Ask an environment what it is.

    Args:
        python: its interpreter.
        modules: what to import once.
        variables: environment variables of the libraries in it.

    Raises:
        UnavailableError: one of them cannot be imported, or the interpreter does not come back.
    """
    given = variables or {}
    with tempfile.TemporaryDirectory(prefix="compat-matrix-") as folder:
        out = Path(folder) / "description.json"
        try:
            done = subprocess.run(
                [python, "-I", _DESCRIBE, out, *modules],
                capture_output=True,
                text=True,
                errors="replace",
                stdin=subprocess.DEVNULL,
                # The settings of the user's home folder do not count.
                env={
                    **clean_environ(),
                    "KERAS_HOME": folder,
                    **{name: text.format(folder=folder) for name, text in given.items()},
                },
                timeout=_PATIENCE,
                check=False,
            )
        except subprocess.TimeoutExpired:
            detail = f"importing {', '.join(modules)} took more than {_PATIENCE:.0f} seconds"
            raise UnavailableError(UnavailableReason.NO_ANSWER, detail) from None
        except OSError as error:
            raise UnavailableError(UnavailableReason.OTHER, f"{python}: {error.strerror}") from None
        if done.returncode:
            raise UnavailableError(
                UnavailableReason.NO_ANSWER, _ended(done.returncode, done.stderr)
            )
        return _found(json.loads(out.read_text(encoding="utf-8")))


def compare(lock: Lock, info: EnvInfo) -> None:
    """Refuse an environment that is not what its lock says.

    Raises:
        UnavailableError: with every difference.
    """
    differences = []
    if info.python.rstrip("+") != lock.interpreter.version:
        differences.append(f"Python {info.python} instead of {lock.interpreter.version}")
    for name in sorted({*lock.pins, *info.packages}):
        pinned, installed = lock.pins.get(name), info.packages.get(name)
        if installed is None:
            differences.append(f"{name} {pinned} is not installed")
        elif pinned is None:
            differences.append(f"{name} {installed} is not in the lock")
        elif Version(pinned) != Version(installed):
            differences.append(f"{name} {installed} instead of {pinned}")
    if differences:
        raise UnavailableError(UnavailableReason.DIFFERS, "; ".join(differences))


def _found(report: Mapping[str, Any]) -> Description:
    failure = report["failure"]
    if failure is not None:
        message = " ".join(failure["message"].split())
        detail = f"import {failure['name']} raised {failure['type']}: {message}"
        raise UnavailableError(UnavailableReason.NO_IMPORT, detail)
    info = EnvInfo(
        python=report["python"],
        platform=report["platform"],
        executable=Path(report["executable"]),
        packages={canonicalize_name(name): v for name, v in report["packages"].items()},
        blas=report["blas"],
    )
    return Description(info=info, site=Path(report["site"]))


def _done(done: subprocess.CompletedProcess[str], lock: Lock) -> None:
    if done.returncode:
        raise understand(done.stderr, lock.interpreter.version)


def _ended(code: int, stderr: str) -> str:
    """Say how an interpreter that did not finish ended."""
    if code < 0:
        return f"the interpreter was killed by {signal.Signals(-code).name}"
    lines = stderr.strip().splitlines()
    return f"exit code {code}: {first_line(lines[-1]) if lines else 'nothing was said'}"


def _python_of(location: Path) -> Path:
    return location / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
