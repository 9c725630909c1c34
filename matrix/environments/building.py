"""Building one environment from its lock: what a session ``env-<id>`` does.

Nox has made the virtualenv; here it is filled with exactly the pins, asked what it is, and refused
unless that is what was wanted.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name
from packaging.version import Version

from matrix.environments.reasons import UnavailableError, UnavailableReason, first_line, understand
from matrix.environments.records import (
    BuildRequest,
    Record,
    lock_digest,
    metadata_folders,
    read_record,
    record_file,
    write_record,
)
from matrix.environments.uv import Uv, clean_environ
from matrix.model import EnvInfo, Lock

_DESCRIBE = Path(__file__).parents[1] / "worker" / "describe.py"
_IMPORTED = {
    "numpy": "numpy",
    "scipy": "scipy",
    "joblib": "joblib",
    "pandas": "pandas",
    "scikit-learn": "sklearn",
}
"""What is imported once, of what is installed: module by package."""
_PATIENCE = 600.0
_FINAL = frozenset({UnavailableReason.NO_IMPORT})
"""Reasons that building the same lock again would not change."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Description:
    """What the interpreter in an environment reported."""

    info: EnvInfo
    site: Path


def build(wanted: BuildRequest, location: Path, log: Callable[[str], object]) -> Record:
    """Bring a virtualenv to what its lock says, and write the record of it.

    Args:
        wanted: what to build; it is resolved.
        location: the virtualenv, which may be empty, of another Python, or up to date.
        log: told of each step, in words.

    Returns:
        The record that was written; it has the reason if the environment cannot be used.
    """
    lock = wanted.lock
    if lock is None:
        raise ValueError(f"{wanted.id} is not resolved")
    file = record_file(wanted.state, wanted.id)
    record = read_record(file)
    if record is not None and record.is_current(lock) and _within(record, location):
        log(f"{wanted.id}: unchanged")
        return record
    file.unlink(missing_ok=True)
    try:
        record = _built(wanted, lock, location, log)
    except UnavailableError as error:
        record = Record(
            digest=lock_digest(lock), reason=str(error), why=error.why, final=error.why in _FINAL
        )
    write_record(file, lock, record)
    return record


def _within(record: Record, location: Path) -> bool:
    return record.info is not None and record.info.executable.is_relative_to(location)


def _built(
    wanted: BuildRequest, lock: Lock, location: Path, log: Callable[[str], object]
) -> Record:
    uv = Uv(folder=wanted.root, offline=wanted.offline)
    if not _stands_on(location, lock):
        log(f"{wanted.id}: creating it anew on Python {lock.interpreter.version}")
        _create(uv, location, lock)
    log(f"{wanted.id}: installing {', '.join(lock.requirements)}")
    try:
        return _filled(uv, location, lock)
    except UnavailableError as error:
        if error.why not in {UnavailableReason.DIFFERS, UnavailableReason.OTHER}:
            raise
        # Something was done to it by hand that installing does not mend: once more, from nothing.
        log(f"{wanted.id}: {error}; creating it anew")
        _create(uv, location, lock)
        return _filled(uv, location, lock)


def _create(uv: Uv, location: Path, lock: Lock) -> None:
    interpreter = str(lock.interpreter.path)
    _done(uv.run("venv", "--clear", "--python", interpreter, str(location)), lock)


def _filled(uv: Uv, location: Path, lock: Lock) -> Record:
    """Install the pins, ask the environment what it is, and refuse another answer than the lock."""
    python = _python_of(location)
    install(uv, python, lock)
    found = describe(python, [_IMPORTED[name] for name in _IMPORTED if name in lock.pins])
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


def describe(python: Path, modules: list[str]) -> Description:
    """Ask an environment what it is.

    Args:
        python: its interpreter.
        modules: what to import once.

    Raises:
        UnavailableError: one of them cannot be imported, or the interpreter does not come back.
    """
    with tempfile.TemporaryDirectory(prefix="compat-matrix-") as folder:
        out = Path(folder) / "description.json"
        try:
            done = subprocess.run(
                [python, "-I", _DESCRIBE, out, *modules],
                capture_output=True,
                text=True,
                errors="replace",
                stdin=subprocess.DEVNULL,
                env=clean_environ(),
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
        asked, installed = lock.pins.get(name), info.packages.get(name)
        if installed is None:
            differences.append(f"{name} {asked} is not installed")
        elif asked is None:
            differences.append(f"{name} {installed} was not asked for")
        elif Version(asked) != Version(installed):
            differences.append(f"{name} {installed} instead of {asked}")
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


def _stands_on(location: Path, lock: Lock) -> bool:
    """Tell whether a virtualenv is one of the interpreter that the lock names."""
    try:
        text = (location / "pyvenv.cfg").read_text(encoding="utf-8")
    except OSError:
        return False
    pairs = (line.partition("=") for line in text.splitlines())
    config = {key.strip(): value.strip() for key, _, value in pairs}
    version = config.get("version_info", config.get("version", ""))
    home = Path(config.get("home", ""))
    same_home = home.resolve() == lock.interpreter.path.resolve().parent or home == (
        lock.interpreter.path.parent
    )
    return _python_of(location).exists() and same_home and version == lock.interpreter.version
