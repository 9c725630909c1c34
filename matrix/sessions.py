"""Nox sessions for a project that wants the matrix: ``import matrix.sessions`` in its noxfile.

    import matrix.sessions

    matrix.sessions.add()

gives it a session for each command, ``matrix`` for ``run``, and a session ``env-<id>`` for each
environment. Nothing is imported here that nox itself does not bring along.
"""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import nox

from matrix import catalog
from matrix.environments.building import build
from matrix.environments.records import (
    VARIABLE,
    BuildRequest,
    read_wanted,
    spec_digest,
    wanted_file,
)
from matrix.environments.resolve import resolve
from matrix.errors import MatrixError

Asks = Callable[[nox.Session], None]

COMMANDS = {
    "matrix": ("run", "Save in one environment, load in all the others: -- [OPTION]..."),
    "upgrade": ("upgrade", "Is it safe to bump, for your own models? -- MODEL... [OPTION]..."),
    "migrate": ("migrate", "A model that works elsewhere: -- MODEL --to REQ [OPTION]..."),
    "inspect": ("inspect", "What is in a saved file, without loading it: -- MODEL"),
    "plan": ("plan", "What a run would do, and about how long: -- [OPTION]..."),
    "report": ("report", "The last results again: -- [--all] [--output FORMAT:PATH]..."),
    "explain": ("explain", "All that is known of one cell: -- PIPELINE WRITER READER"),
    "baseline": ("baseline", "Write down what is known and accepted: -- update [OPTION]..."),
    "diff": ("diff", "What differs between two results: -- OLD NEW"),
    "merge": ("merge", "Put the results of several machines together: -- FILE..."),
}
"""The sessions that ask, by name: the command of the engine, and what ``nox -l`` says of it."""


def add(interpreter: Callable[[nox.Session], str] | None = None) -> None:
    """Register all sessions: those that ask, and those that build.

    Args:
        interpreter: gives an interpreter that has this package, installed in the session's own
            virtualenv; without it the sessions run in that of nox itself, which has it.
    """
    for name, (command, said) in COMMANDS.items():
        backend = "none" if interpreter is None else None
        register = nox.session(name=name, venv_backend=backend, default=False)
        register(_asks(command, said, interpreter))
    environments()


def _asks(command: str, said: str, interpreter: Callable[[nox.Session], str] | None) -> Asks:
    def session(session: nox.Session) -> None:
        run_engine(session, interpreter(session) if interpreter else sys.executable, command)

    session.__doc__ = said
    return session


def run_engine(session: nox.Session, python: str, command: str) -> None:
    """Run a command of the engine with what follows ``--``.

    Its exit code becomes that of nox, which would otherwise make 1 of all that are not 0.

    Args:
        session: whose arguments and folder to use.
        python: an interpreter that has this package.
        command: ``run``, say.
    """
    session.log(f"python -m matrix {shlex.join([command, *session.posargs])}")
    environ = {key: value for key, value in session.env.items() if value is not None}
    process = subprocess.Popen(
        [python, "-m", "matrix", command, *session.posargs],
        cwd=session.invoked_from,
        env={**os.environ, **environ},
    )
    while True:
        try:
            code = process.wait()
            break
        except KeyboardInterrupt:  # it had the same Ctrl-C, and puts things in order first
            continue
    if code:
        sys.exit(code)


def install_project(session: nox.Session, folder: Path, groups: Sequence[str] = ()) -> str:
    """Install a project, editable, with some of its dependency groups; nothing if that stands.

    Args:
        session: into whose virtualenv.
        folder: of the project, with its ``pyproject.toml``.
        groups: names in ``[dependency-groups]``.

    Returns:
        The interpreter of the virtualenv.
    """
    _install(session, folder, ["-e", str(folder)], groups)
    return str(Path(session.bin) / ("python.exe" if sys.platform == "win32" else "python"))


def install_groups(session: nox.Session, folder: Path, groups: Sequence[str]) -> None:
    """Install dependency groups of a project without the project; nothing if that stands."""
    _install(session, folder, [], groups)


def _install(
    session: nox.Session, folder: Path, arguments: list[str], groups: Sequence[str]
) -> None:
    document = nox.project.load_toml(folder / "pyproject.toml")
    wanted = [*arguments, *nox.project.dependency_groups(document, *groups)]
    said = [wanted, document["project"], document["build-system"]]
    digest = hashlib.sha256(json.dumps(said).encode()).hexdigest()
    stamp = Path(session.virtualenv.location) / "installed.sha256"
    if stamp.exists() and stamp.read_text() == digest:
        session.log("what it needs is installed, and unchanged")
        return
    session.install(*wanted)
    stamp.write_text(digest)


def environments() -> None:
    """Register a session ``env-<id>`` for each environment that is known.

    Known are those that the engine wrote down, with their locks, and those that the configuration
    names, which are resolved when they are built.
    """
    named = os.environ.get(VARIABLE)
    if named is not None:
        known = {wanted.id: wanted for wanted in read_wanted(Path(named))}
    else:
        known = _configured()
    for wanted in known.values():
        _register(wanted)


def _configured() -> dict[str, BuildRequest]:
    """Return the environments of the configuration here, resolved as far as they were before."""
    try:
        found = catalog.read(with_pipelines=False)
    except MatrixError:
        return {}  # the engine tells what is wrong with it, better than a traceback of nox
    asked = {spec.id: spec_digest(spec) for spec in found.specs}
    known = {
        spec.id: BuildRequest(id=spec.id, label=spec.label, root=found.root, state=found.state)
        for spec in found.specs
    }
    for wanted in read_wanted(wanted_file(found.state)):
        if asked.get(wanted.id, wanted.asked) == wanted.asked:
            known[wanted.id] = wanted
    return known


def _register(wanted: BuildRequest) -> None:
    session = nox.session(
        name=f"env-{wanted.id}",
        python=None if wanted.lock is None else str(wanted.lock.interpreter.path),
        venv_backend="uv",
        reuse_venv=True,
        default=False,
        allow_parallel=True,
    )
    session(_session(wanted))


def _session(wanted: BuildRequest) -> Asks:
    def run(session: nox.Session) -> None:
        try:
            known = wanted if wanted.lock is not None else _resolved(wanted)
            record = build(known, Path(session.virtualenv.location).absolute(), session.log)
        except MatrixError as error:
            session.error(str(error))
        if record.reason:
            session.error(f"{wanted.id} is unavailable: {record.reason}")

    run.__doc__ = _summary(wanted)
    return run


def _summary(wanted: BuildRequest) -> str:
    if wanted.lock is None:
        return f"{wanted.label}: not resolved yet"
    pins, python = wanted.lock.pins, wanted.lock.interpreter.version
    names = [name for name in ("scikit-learn", "numpy", "joblib") if name in pins]
    return ", ".join([f"Python {python}", *(f"{name} {pins[name]}" for name in names)])


def _resolved(wanted: BuildRequest) -> BuildRequest:
    """Resolve an environment that is built without a run before it."""
    found = catalog.read(select=[wanted.id], with_pipelines=False)
    specs = tuple(spec for spec in found.specs if spec.id == wanted.id)
    result = resolve(replace(found, specs=specs, select=()))
    if not result or result[0].lock is None:
        reason = result[0].reason if result else "it is no longer in the configuration"
        raise MatrixError(f"{wanted.id} is unavailable: {reason}")
    return BuildRequest(
        id=wanted.id,
        label=wanted.label,
        root=wanted.root,
        state=wanted.state,
        lock=result[0].lock,
    )
