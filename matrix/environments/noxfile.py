"""The noxfile that the engine calls: the sessions that build environments, and nothing else."""

import sys
from pathlib import Path

import nox

sys.path.insert(0, str(Path(__file__).parents[2]))  # where the package is that this lies in

from matrix import sessions

nox.needs_version = ">=2026.8"
nox.options.default_venv_backend = "uv"

sessions.environments()
