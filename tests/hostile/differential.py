"""Compare the names that the gate sees in files with those that real loaders look up."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from matrix.errors import NotAModelError
from matrix.inspection import InspectionLimits, inspect, refusals
from matrix.inspection.allowed_lists import allowed_names
from matrix.inspection.gate import trust_name

LOADER = Path(__file__).with_name("real_loader.py")
WORKER = Path(__file__).parents[2] / "matrix" / "worker"
LIMITS = InspectionLimits(operations=200_000, unpacked=4 * 1024**2)


@dataclass(frozen=True, kw_only=True)
class Admitted:
    """A file that the gate would admit, if all its names were trusted."""

    path: Path
    kind: str
    """``joblib`` or ``pickle``: what loads it."""
    names: frozenset[tuple[str, str]]
    """The names that the gate saw in it."""


def admitted(files: Iterable[bytes], folder: Path) -> list[Admitted]:
    """Write files to a folder, and return those that the gate admits with all names trusted."""
    found = []
    for number, data in enumerate(files):
        path = folder / f"file{number}"
        path.write_bytes(data)
        try:
            seen = inspect(path, LIMITS)
        except NotAModelError:
            path.unlink()
            continue
        if refusals(seen, frozenset(trust_name(name) for name in seen.names)):
            path.unlink()
            continue
        names = frozenset((name.module, name.qualname) for name in seen.names)
        found.append(Admitted(path=path, kind=seen.container, names=names))
    return found


def unseen(
    python: Path | str, files: Sequence[Admitted], *, kinds: Sequence[str] = ("joblib", "pickle")
) -> tuple[list[str], int]:
    """Load files in an environment, and compare.

    Args:
        python: the interpreter of the environment.
        files: to load; nothing in them that does anything is resolved.
        kinds: files of these kinds; ``python`` loads pickles with the unpickler in Python.

    Returns:
        A line for each file in which a name was looked up that the gate did not see, and how many
        files were loaded to their end.
    """
    asked = [(one, _kind(one, kinds)) for one in files]
    request = {
        "files": [(str(one.path), kind) for one, kind in asked if kind],
        "allowed": sorted((name.module, name.qualname) for name in allowed_names()),
    }
    done = subprocess.run(
        [python, LOADER, WORKER],
        input=json.dumps(request),
        capture_output=True,
        text=True,
        check=True,
    )
    known = {str(one.path): one.names for one in files}
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(request["files"]), done.stderr
    wrong = []
    for answer in answers:
        more = {tuple(name) for name in answer["names"]} - known[answer["path"]]
        if more:
            wrong.append(f"{answer['path']}: {sorted(more)}")
    return wrong, sum(answer["ended"] == "loaded" for answer in answers)


def _kind(one: Admitted, kinds: Sequence[str]) -> str:
    if one.kind == "pickle" and "python" in kinds:
        return "python"
    return one.kind if one.kind in kinds else ""
