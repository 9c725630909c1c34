"""Models with estimators of other libraries: saved, answered by ``upgrade``, and loaded by hand.

``tools/file_table.py`` writes what is found here into ``docs/files.md``.
"""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from matrix.inspection import inspect, refusals

from .projects import environ, interpreter

MAKER = Path(__file__).with_name("third_party_models.py")
SAVED_WITH = {
    "scikit-learn": "1.3.2",
    "numpy": "1.26.4",
    "scipy": "1.11.4",
    "pandas": "2.1.4",
    "xgboost": "2.0.3",
    "lightgbm": "4.3.0",
    "catboost": "1.2.2",
    "imbalanced-learn": "0.11.0",
    "category-encoders": "2.6.3",
    "feature-engine": "1.6.2",
    "skrub": "0.5.4",
    "sklearn-pandas": "2.2.0",
    "statsmodels": "0.14.0",
    "interpret-core": "0.6.1",
    "hdbscan": "0.8.39",
}
TARGET = "1.9.1"


@dataclass(frozen=True, kw_only=True)
class Found:
    """What is true of one file."""

    name: str
    read: str
    """The library and the version that the file itself shows."""
    admitted: bool
    """Whether it is loaded without ``--trust``."""
    options: tuple[str, ...]
    """The options that the answer needs; each was in a message."""
    rows: str
    """How many were made, as ``240 made``; empty without an answer."""
    verdict: str
    """With scikit-learn TARGET; the reason if there is no answer."""
    predicts: str
    """What a plain script finds in the same environment: ``same``, ``changed``, or an exception."""


@dataclass
class _Answered:
    options: list[str] = field(default_factory=list)
    answer: Mapping[str, Any] = field(default_factory=dict)
    result: Mapping[str, Any] = field(default_factory=dict)


def save(folder: Path) -> list[Path]:
    """Save all models with one environment; returns their files."""
    pins = [f"{name}=={version}" for name, version in SAVED_WITH.items()]
    python = interpreter(*pins, "joblib>=1.3", as_of="today", common=())
    subprocess.run([python, MAKER, folder], check=True)
    return sorted(folder.glob("*.joblib"))


def find(folder: Path) -> list[Found]:
    """Save all models and ask ``upgrade``; what the message offers is added once."""
    files = save(folder)
    there = {file.name: _Answered() for file in files}
    _ask(folder, there, [])
    trusted = _offered(folder)
    if trusted:
        _ask(folder, _unanswered(there), trusted)
    named = ("scikit-learn", "pandas", "skrub", "statsmodels", "interpret-core", "hdbscan")
    whole = " ".join(f"{name}=={SAVED_WITH[name]}" for name in named)
    _ask(folder, _unanswered(there), [*trusted, "--from", whole])
    return [_found(file, there[file.name]) for file in files]


def _unanswered(there: Mapping[str, _Answered]) -> dict[str, _Answered]:
    return {name: one for name, one in there.items() if one.answer.get("problem")}


def _ask(folder: Path, there: Mapping[str, _Answered], options: Sequence[str]) -> None:
    """Ask for the files, and record the answers with the options that they were asked with."""
    if not there:
        return
    command = [sys.executable, "-m", "matrix", "upgrade", *there, *options]
    command += ["--to", f"scikit-learn=={TARGET}", "--output", "json:a.json", "--jobs", "2"]
    command += ["--output", "markdown:a.md"]
    done = subprocess.run(
        command, cwd=folder, env=environ(), capture_output=True, text=True, check=False
    )
    assert (folder / "a.json").exists(), done.stderr
    (folder / "said.txt").write_text(done.stdout + done.stderr)
    result = json.loads((folder / "a.json").read_text())
    for answer in result["answers"]:
        one = there[Path(answer["model"]).name]
        one.options = [option for option in options if option.startswith("--")]
        one.answer, one.result = answer, result


def _offered(folder: Path) -> list[str]:
    """The names that the messages offer to trust, as options."""
    said = (folder / "said.txt").read_text()
    names = dict.fromkeys(re.findall(r"--trust (\S+)", said))
    return [part for name in names for part in ("--trust", name)]


def _found(file: Path, one: _Answered) -> Found:
    inspection = inspect(file)
    cell = _cell(one)
    versions = {
        name: version
        for name, (version, *_) in inspection.versions.items()
        if name in SAVED_WITH and version
    }
    kinds = one.answer["rows"]
    admitted = not refusals(inspection)  # the names to trust are those of other files then
    return Found(
        name=file.stem,
        read=", ".join(f"{name} {version}" for name, version in sorted(versions.items())),
        admitted=admitted,
        options=tuple(dict.fromkeys(o for o in one.options if not (admitted and o == "--trust"))),
        rows=f"{sum(kinds.values()):,} made" if kinds else "",
        verdict=str(cell["verdict"]) if cell else str(one.answer["problem"]).partition(":")[0],
        predicts=_by_hand(file, one, cell) if cell else "",
    )


def _cell(one: _Answered) -> Mapping[str, Any] | None:
    """The cell of the last environment: the target as resolved today, or as of its release."""
    cells = [cell for cell in one.result["cells"] if cell["pipeline"] == one.answer["model"]]
    there = [cell for cell in cells if cell["reader"] != one.answer["origin"]]
    return there[-1] if there else None


def _by_hand(file: Path, one: _Answered, cell: Mapping[str, Any]) -> str:
    """Compare what a plain script predicts in the environments of a cell."""
    before, after = (_predicted(file, one, cell[side]) for side in ("writer", "reader"))
    if isinstance(after, str):
        return after
    assert not isinstance(before, str)
    close = all(abs(a - b) <= 1e-5 * max(abs(a), 1.0) for a, b in zip(before, after, strict=True))
    return "same" if close else "changed"


def _predicted(file: Path, one: _Answered, environment: str) -> Any:
    (found,) = [each for each in one.result["environments"] if each["id"] == environment]
    command = [found["info"]["executable"], str(MAKER), str(file.parent), "predict", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return json.loads(done.stdout.strip().splitlines()[-1]) if done.stdout.strip() else "crash"


AGREEING: Mapping[str, frozenset[str]] = {
    "same": frozenset({"identical", "equivalent", "introspection-failed"}),
    "changed": frozenset({"scores-changed", "labels-changed", "input-changed"}),
}
"""By what a plain script finds, the verdicts that agree with it."""


def agrees(found: Found) -> bool:
    """Whether the verdict is what a plain script finds; a script that fails needs a failure."""
    if found.predicts in AGREEING:
        return found.verdict in AGREEING[found.predicts]
    return found.verdict in ("load-failed", "use-failed", "crashed")


_HEAD = "| saved | the file shows | admitted | option needed | rows | with scikit-learn {} |"


def table(every: Iterable[Found]) -> str:
    """The rows as a Markdown table."""
    lines = [_HEAD.format(TARGET), "| --- | --- | --- | --- | --- | --- |"]
    for one in every:
        needed = ", ".join(f"`{shlex.quote(option)}`" for option in one.options) or "none"
        cells = [
            f"`{one.name}`",
            one.read or "no version",
            "yes" if one.admitted else "no",
            needed,
            one.rows.replace(" made", "") or "-",
            one.verdict,
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)
