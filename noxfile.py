"""Everything there is to run here: nox -l lists it, nox -s NAME runs it, -- passes arguments on.

A project that has this package installed gets the matrix and the environments with two
lines in its own noxfile: ``import matrix.sessions`` and ``matrix.sessions.add()``.
"""

from __future__ import annotations

import os
import secrets
import sys
import time
from collections.abc import Callable
from pathlib import Path

import nox
from nox.command import CommandFailed

sys.path.insert(0, str(Path(__file__).parent))  # the package is used from here, not installed

from matrix import sessions

HERE = Path(__file__).parent

nox.needs_version = ">=2026.8"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.reuse_venv = "yes"
nox.options.sessions = ["lint", "typecheck", "docs", "tests"]


# Processes share the tests (tests/conftest.py says which stay together). Integration tests wait for
# others during a seventh of their time: one process more than there are cores fills the gaps.
PYTEST = ("python", "-m", "pytest", "-n", str((os.cpu_count() or 1) + 1), "--durations=20")


@nox.session
def tests(session: nox.Session) -> None:
    """Quick tests and real environments: nox -s tests -- [PYTEST OPTION]..."""
    sessions.install_project(session, HERE, groups=["test"])
    session.run(*PYTEST, *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Style and formatting of all that is here, and the security of workflows."""
    sessions.install_groups(session, HERE, ["lint"])
    session.run("ruff", "check", *session.posargs)
    session.run("ruff", "format", "--check")
    session.run("zizmor", "--offline", "--quiet", ".github", "action.yml")


@nox.session
def typecheck(session: nox.Session) -> None:
    """Types, strictly."""
    sessions.install_project(session, HERE, groups=["typecheck"])
    session.run("mypy", *session.posargs)


@nox.session
def benchmark(session: nox.Session) -> None:
    """Time and memory against floors and goals: nox -s benchmark -- [--only folder|runs|…]"""
    sessions.install_project(session, HERE)
    session.run("python", "benchmarks/benchmark.py", *session.posargs)


@nox.session
def evidence(session: nox.Session) -> None:
    """Measure how much made rows notice: the tables of docs/evidence.md."""
    session.install("scikit-learn", "pandas", "xgboost", "lightgbm")
    session.run("python", "benchmarks/evidence.py", *session.posargs)


@nox.session
def allowed(session: nox.Session) -> None:
    """Write the list of names that models may look up: nox -s allowed -- [--full] [GLOB]..."""
    python = sessions.install_project(session, HERE)
    session.run(python, "tools/allowed.py", *session.posargs, external=True)


@nox.session(name="allowed-packages")
def allowed_packages(session: nox.Session) -> None:
    """The same for packages beside scikit-learn: -- [MODULE]... [GLOB OF RELEASES]..."""
    python = sessions.install_project(session, HERE)
    session.run(python, "tools/allowed_packages.py", *session.posargs, external=True)


@nox.session
def admitted(session: nox.Session) -> None:
    """Count the clean files that the gate admits: nox -s admitted -- [--full] [RELEASE]..."""
    python = sessions.install_project(session, HERE)
    session.run(python, "tools/admitted.py", *session.posargs, external=True)


@nox.session
def causes(session: nox.Session) -> None:
    """Write docs/causes.md from the file of known causes: nox -s causes"""
    python = sessions.install_project(session, HERE)
    session.run(python, "tools/causes.py", external=True)


@nox.session
def commands(session: nox.Session) -> None:
    """Write docs/commands.md from the command line parser: nox -s commands"""
    python = sessions.install_project(session, HERE)
    session.run(python, "tools/commands.py", external=True)


@nox.session
def docs(session: nox.Session) -> None:
    """The documentation site, where a warning is an error: nox -s docs -- [MKDOCS OPTION]..."""
    sessions.install_groups(session, HERE, ["docs"])
    quiet = {"NO_MKDOCS_2_WARNING": "1"}  # a notice of the theme's end of life in 2027
    session.run("mkdocs", "build", "--strict", *session.posargs, env=quiet)


@nox.session(name="second-opinion")
def second_opinion(session: nox.Session) -> None:
    """Cells of the last run again, by a plain script: nox -s second-opinion -- [N] [--seed N]"""
    python = sessions.install_project(session, HERE)
    session.run(python, "tools/second_opinion/second_opinion.py", *session.posargs, external=True)


@nox.session
def fuzz(session: nox.Session) -> None:
    """300 altered copies of each model in each way of saving, 2,000 made files: -- [SEED]"""
    sessions.install_project(session, HERE, groups=["test"])
    _fuzz(session, session.posargs[0] if session.posargs else "1")


def _fuzz(session: nox.Session, seed: str) -> None:
    session.run(
        *(*PYTEST, "-q", "tests/hostile/test_mutants.py", "tests/hostile/test_differential.py"),
        *("tests/integration/test_hostile.py", "tests/integration/test_differential.py"),
        *("-k", "mutant or damaged or differential", "-m", "nightly or not nightly"),
        env={
            "DIFFERENTIAL": "2000",
            "MUTANTS": "300",
            "MUTANTS_LOADED": "25",
            "MUTANTS_SEED": seed,
        },
    )


@nox.session
def mutation(session: nox.Session) -> None:
    """Change lines of the judge, keys, gate and resolver: nox -s mutation -- [MUTANT GLOB]..."""
    sessions.install_project(session, HERE, groups=["test", "mutation"])
    _mutation(session, *session.posargs)


def _mutation(session: nox.Session, *globs: str) -> None:
    # A mutant that ends its process or never returns is no failure of this session.
    session.run("mutmut", "run", *globs, success_codes=[0, 1])
    session.run("python", "tools/mutation_score.py")


@nox.session
def nightly(session: nox.Session) -> None:
    """All that takes too long for each change, and a summary: nox -s nightly"""
    sessions.install_project(session, HERE, groups=["test", "mutation"])
    seed = str(secrets.randbelow(2**32))
    parts: dict[str, Callable[[], object]] = {
        "tests marked nightly": lambda: session.run(*PYTEST, "-m", "nightly"),
        f"fuzz -- {seed}": lambda: _fuzz(session, seed),
        "admitted": lambda: session.run("python", "tools/admitted.py"),
        "mutation": lambda: _mutation(session),
    }
    lines = [_part(session, name, part) for name, part in parts.items()]
    session.log("summary of the night:")
    for _, line in lines:
        session.log(line)
    if not all(passed for passed, _ in lines):
        session.error("a part failed")


def _part(session: nox.Session, name: str, part: Callable[[], object]) -> tuple[bool, str]:
    """Run a part of the night to its end, whatever becomes of it; and a line about it."""
    started = time.monotonic()
    try:
        part()
    except CommandFailed:
        passed = False
    else:
        passed = True
    seconds = time.monotonic() - started
    return passed, f"{'passed' if passed else 'FAILED'}  {seconds:6.0f} s  {name}"


# matrix, upgrade, report, explain and the other commands, and env-<id> for each environment
sessions.add(lambda session: sessions.install_project(session, HERE))
