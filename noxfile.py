"""Everything there is to run here: nox -l lists it, nox -s NAME runs it, -- passes arguments on.

A project that has this package installed gets the matrix and the environments with two
lines in its own noxfile: ``import matrix.sessions`` and ``matrix.sessions.add()``.
"""

from __future__ import annotations

import sys
from pathlib import Path

import nox

sys.path.insert(0, str(Path(__file__).parent))  # the package is used from here, not installed

from matrix import sessions

HERE = Path(__file__).parent

nox.needs_version = ">=2026.8"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.reuse_venv = "yes"
nox.options.sessions = ["lint", "typecheck", "tests"]


@nox.session
def matrix(session: nox.Session) -> None:
    """Save in one environment, load in all the others: nox -s matrix -- [OPTION]..."""
    python = sessions.install_project(session, HERE)
    sessions.run_engine(session, python, "run")


@nox.session
def report(session: nox.Session) -> None:
    """The last results again: nox -s report -- [--all] [--output FORMAT:PATH]..."""
    python = sessions.install_project(session, HERE)
    sessions.run_engine(session, python, "report")


@nox.session
def explain(session: nox.Session) -> None:
    """All that is known of one cell: nox -s explain -- PIPELINE WRITER READER."""
    python = sessions.install_project(session, HERE)
    sessions.run_engine(session, python, "explain")


@nox.session
def tests(session: nox.Session) -> None:
    """Quick tests and real environments: nox -s tests -- [PYTEST OPTION]..."""
    sessions.install_project(session, HERE, groups=["test"])
    session.run("python", "-m", "pytest", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Style and formatting, of all that is here."""
    sessions.install_groups(session, HERE, ["lint"])
    session.run("ruff", "check", *session.posargs)
    session.run("ruff", "format", "--check")


@nox.session
def typecheck(session: nox.Session) -> None:
    """Types, strictly."""
    sessions.install_project(session, HERE, groups=["typecheck"])
    session.run("mypy", *session.posargs)


@nox.session
def benchmark(session: nox.Session) -> None:
    """The obvious way, ours, ours again and the floor, side by side: about ten minutes."""
    sessions.install_project(session, HERE)
    session.run("python", "benchmarks/benchmark.py", *session.posargs)


sessions.environments()
