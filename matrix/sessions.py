"""Nox sessions for a project that wants the matrix: ``import matrix.sessions`` in its noxfile.

    import matrix.sessions

    matrix.sessions.add()

gives it a session for each command, ``matrix`` for ``run``, and a session ``env-<id>`` for each
environment. Only packages that nox itself depends on are imported here.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shlex
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import nox

from matrix import catalog, own_folder
from matrix.catalog.spec_digest import spec_digest
from matrix.errors import MatrixError
from matrix.safe_text import plain

SessionFunction = Callable[[nox.Session], None]
FindInterpreter = Callable[[nox.Session], str]

COMMANDS = {
    "matrix": ("run", "Save in one environment, load in all the others: -- [OPTION]..."),
    "upgrade": ("upgrade", "Is it safe to bump, for your own models? -- MODEL... [OPTION]..."),
    "pr": ("pr", "Is it safe to merge what this branch changes in the locks? -- [OPTION]..."),
    "migrate": ("migrate", "A model that works elsewhere: -- MODEL --to REQ [OPTION]..."),
    "inspect": ("inspect", "What is in a saved file, without loading it: -- MODEL"),
    "plan": ("plan", "What a run would do, and about how long: -- [OPTION]..."),
    "report": ("report", "The last results again: -- [--all] [--output FORMAT:PATH]..."),
    "explain": ("explain", "All that is known of one cell: -- PIPELINE WRITER READER"),
    "baseline": ("baseline", "Write down what is known and accepted: -- update [OPTION]..."),
    "diff": ("diff", "What differs between two results: -- OLD NEW"),
    "cache": ("cache", "The environments on this machine: -- [prune --older-than 30d]"),
    "merge": ("merge", "Put the results of several machines together: -- FILE..."),
}
"""The sessions of commands, by name: the command of the engine, and what ``nox -l`` shows."""
BUILDER = "builder"
"""The session whose virtualenv has this package, for the sessions ``env-<id>``."""


def add(interpreter: FindInterpreter | None = None) -> None:
    """Register all sessions: those of commands, and those that build environments.

    Args:
        interpreter: gives an interpreter that has this package, installed in the session's own
            virtualenv; without it the sessions run in that of nox itself, which has it.
    """
    for name, (command, said) in COMMANDS.items():
        backend = "none" if interpreter is None else None
        register = nox.session(name=name, venv_backend=backend, default=False)
        register(_runs(command, said, interpreter))
    environments(interpreter)


def _runs(command: str, said: str, interpreter: FindInterpreter | None) -> SessionFunction:
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
    shown = plain(shlex.join([command, *session.posargs]), 4000)
    session.log(f"compat-matrix {shown}")
    environ = {key: value for key, value in session.env.items() if value is not None}
    process = subprocess.Popen(
        [*module_command(python, "matrix"), command, *session.posargs],
        cwd=session.invoked_from,
        env=_without_current_folder({**os.environ, **environ}),
    )
    with _passing_termination_on(process):
        while True:
            try:
                code = process.wait()
                break
            except KeyboardInterrupt:  # it had the same Ctrl-C, and puts things in order first
                continue
    if code:
        sys.exit(code)


@contextlib.contextmanager
def _passing_termination_on(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Send SIGTERM to a process when this one gets it, instead of leaving that one alone."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _without_current_folder(environ: dict[str, str]) -> dict[str, str]:
    """The variables without relative folders in PYTHONPATH: they mean the current folder."""
    parts = environ.get("PYTHONPATH", "").split(os.pathsep)
    kept = os.pathsep.join(part for part in parts if Path(part).is_absolute())
    others = {name: value for name, value in environ.items() if name != "PYTHONPATH"}
    return {**others, "PYTHONPATH": kept} if kept else others


def module_command(python: str, module: str) -> list[str]:
    """Return the command that runs a module, whatever files lie in the current folder.

    ``python -m`` looks for modules in the current folder first: a file ``matrix.py`` there would
    run in place of this package, and end with exit code 0.
    """
    return [python, "-c", _RUN_MODULE, module]


_RUN_MODULE = (
    "import sys; sys.path[:] = [folder for folder in sys.path if folder]; sys.argv = sys.argv[1:];"
    "import runpy; runpy.run_module(sys.argv[0], run_name='__main__', alter_sys=True)"
)


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
    requirements = [*arguments, *nox.project.dependency_groups(document, *groups)]
    said = [requirements, document["project"], document["build-system"]]
    digest = hashlib.sha256(json.dumps(said).encode()).hexdigest()
    stamp = Path(session.virtualenv.location) / "installed.sha256"
    if stamp.exists() and stamp.read_text() == digest:
        session.log("what it needs is installed, and unchanged")
        return
    session.install(*requirements)
    stamp.write_text(digest)


def environments(interpreter: FindInterpreter | None = None) -> None:
    """Register a session ``env-<id>`` for each environment that is known.

    Known are those that the last run resolved, and those that the configuration names, which are
    resolved when they are built.

    Args:
        interpreter: as in :func:`add`.
    """
    known = _known()
    if not known:
        return
    if interpreter is not None:
        nox.session(name=BUILDER, default=False)(_builder(interpreter))
    for id_, summary in known.items():
        session = nox.session(
            name=f"env-{id_}",
            venv_backend="none",
            default=False,
            allow_parallel=True,
            requires=None if interpreter is None else [BUILDER],
        )
        session(_builds(id_, summary, own=interpreter is None))


def _known() -> dict[str, str]:
    """What is to be said of each environment, by its id."""
    try:
        found = catalog.read(with_pipelines=False)
    except MatrixError:
        return {}  # the engine says what is wrong with it, better than a traceback of nox
    known = {spec.id: f"{spec.label}: not resolved yet" for spec in found.known}
    digests = {spec.id: spec_digest(spec) for spec in found.known}
    listing = found.state / "environments.json"
    if not own_folder.is_own(found.state):
        return known
    try:
        document = json.loads(listing.read_text(encoding="utf-8"))
        for each in document["environments"]:
            if digests.get(each["id"], each["spec_digest"]) == each["spec_digest"]:
                known[each["id"]] = _summary(each["lock"])
    except (OSError, ValueError, KeyError, TypeError):
        pass  # it is from another version, or there was no run yet
    return known


def _summary(lock: Mapping[str, Any]) -> str:
    pins = lock["pins"]
    names = [name for name in ("scikit-learn", "numpy", "joblib") if name in pins]
    packages = (f"{name} {pins[name]}" for name in names)
    return ", ".join([f"Python {lock['python']}", *packages])


def _builder(interpreter: FindInterpreter) -> SessionFunction:
    def session(session: nox.Session) -> None:
        _builder_file(session).write_text(interpreter(session), encoding="utf-8")

    session.__doc__ = "What the sessions env-<id> run in."
    return session


def _builder_file(session: nox.Session) -> Path:
    """The file that names the interpreter with this package, for other processes of nox too."""
    return session.cache_dir / "builder-interpreter"


def _builds(id_: str, summary: str, *, own: bool) -> SessionFunction:
    def session(session: nox.Session) -> None:
        python = sys.executable if own else _builder_file(session).read_text(encoding="utf-8")
        package = str(Path(__file__).parents[1])
        env = {"PYTHONPATH": package}
        builder = module_command(python, "matrix.environments.build_one")
        session.run(*builder, id_, env=env, external=True)

    session.__doc__ = summary
    return session
