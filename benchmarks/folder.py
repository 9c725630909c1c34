"""Measure the check of a folder of models against the least that does the same.

The floor is one interpreter for each environment, which imports once, loads each model twice and
calls every method on the same rows (``folder_floor.py``). Choosing rows and measuring how much they
would notice is apart: its processor time is taken from that of the check. All figures are seconds
of processor time of all processes, which depend less on other work of the machine than a clock.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
WORKER = HERE.parent / "matrix" / "worker"

ORIGIN = "1.5.2"
RELEASES = ("1.9.1", "1.8.0", "1.7.2", "1.6.1", "1.5.2", "1.4.2", "1.3.2", "1.2.2", "1.1.3")
"""Targets of a check; the first ones are taken."""

THREADS = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL", "BLIS")}


@dataclass(frozen=True, kw_only=True)
class FolderFigures:
    """Seconds of processor time."""

    models: int
    environments: int
    first: float
    """The check with nothing kept."""
    evidence: float
    """Of it, choosing rows and measuring them."""
    unchanged: float
    """The same check again."""
    floor: float

    @property
    def ratio(self) -> float:
        """The check without what is apart, against the floor."""
        return (self.first - self.evidence) / self.floor


def processor_time(command: list[str], folder: Path, accepted: tuple[int, ...] = (0,)) -> float:
    """The processor time of a command and all of its processes, in seconds.

    Args:
        command: to run.
        folder: where.
        accepted: exit codes; any other ends the benchmark.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        command,
        cwd=folder,
        env=_environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode not in accepted:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}\n{done.stderr[-2000:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _environment() -> dict[str, str]:
    """The variables of a user: bytecode is kept, and the package is this one."""
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, **THREADS, "PYTHONPATH": str(HERE.parent)}


def make_models(folder: Path, count: int) -> None:
    """Make a folder of models with the release of the origin."""
    uv = ["uv", "run", "--isolated", "--no-project", "--with", f"scikit-learn=={ORIGIN}"]
    command = [*uv, "python", str(HERE / "folder_models.py"), str(folder), str(count)]
    processor_time(command, folder.parent)


def check(models: Path, state: Path, releases: tuple[str, ...]) -> list[str]:
    """The arguments of the check."""
    targets = [f"--to=scikit-learn=={release}" for release in releases]
    return [str(models), "--state", str(state), *targets]


def measure(folder: Path, models: int, releases: int) -> FolderFigures:
    """Measure in an empty folder; environments that are missing are built first, unmeasured.

    Args:
        folder: for models and results.
        models: how many.
        releases: how many targets, beside the origin.
    """
    chosen = RELEASES[:releases]
    make_models(folder / "one", 1)
    make_models(folder / "models", models)
    upgrade = [sys.executable, "-m", "matrix", "upgrade"]
    answered = (0, 1)
    processor_time([*upgrade, *check(folder / "one", folder / "builds", chosen)], folder, answered)
    typed = check(folder / "models", folder / "state", chosen)
    first = processor_time([*upgrade, *typed], folder, answered)
    unchanged = processor_time([*upgrade, *typed], folder, answered)
    done = subprocess.run(
        [sys.executable, str(HERE / "folder_plan.py"), *typed],
        cwd=folder,
        env=_environment(),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    plan = json.loads(done.stdout)
    return FolderFigures(
        models=models,
        environments=len(plan["environments"]),
        first=first,
        evidence=plan["evidence"],
        unchanged=unchanged,
        floor=_floor(plan["environments"], folder),
    )


def _floor(plan: dict[str, list[dict[str, object]]], folder: Path) -> float:
    """The processor time of the floor in all environments."""
    seconds = 0.0
    for number, (python, pieces) in enumerate(plan.items()):
        file = folder / f"plan-{number}.json"
        file.write_text(json.dumps(pieces), encoding="utf-8")
        script = str(HERE / "folder_floor.py")
        seconds += processor_time([python, script, str(WORKER), str(file)], folder)
    return seconds
