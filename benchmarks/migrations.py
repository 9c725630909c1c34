"""Compare ``migrate`` with sklearn-migrator: its 21 estimators, every method, one table.

For each model: what plain loading in the target gives, what sklearn-migrator makes of it (JSON in
the origin, rebuilt in the target), and what ``migrate`` writes. ``migrate/models.py`` trains, and
judges all three in the target with the same code, without this package. sklearn-migrator is
installed to a temporary folder and nowhere else.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from matrix.catalog import read_or_default
from matrix.catalog.requirements import read_request, spec_of
from matrix.environments import prepare
from matrix.environments.uv import find_uv

THEIRS = "sklearn-migrator==1.0.0"
NEWEST = "1.9.1"
"""The newest release of scikit-learn on 2026-11-29."""
ORIGINS, TARGETS = ("1.3.2", "0.24.2"), ("1.7.2", NEWEST)
SCRIPT = Path(__file__).parent / "migrate" / "models.py"
OUTCOMES = ("right", "repr fails", "wrong", "fails", "refused")
"""``fails``: an error on loading or in a method; ``refused``: no file, and it says so."""

Row = dict[str, Any]


def measure(arguments: argparse.Namespace) -> list[Row]:
    """Compare on all pairs of releases, or on the first alone.

    Args:
        arguments: ``full`` for every pair and variant; ``pair``, other pairs; ``keep``, a folder to
            work in, or None.
    """
    pairs = arguments.pair or [(ORIGINS[0], NEWEST)]
    if arguments.full and not arguments.pair:
        pairs = [(origin, target) for origin in ORIGINS for target in TARGETS]
    with contextlib.ExitStack() as stack:
        folder = arguments.keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        theirs = folder / "sklearn-migrator"
        subprocess.run(
            [find_uv(), "pip", "install", "--quiet", "--no-deps", "--target", theirs, THEIRS],
            check=True,
        )
        return [
            row
            for origin, target in pairs
            for row in _pair(_Pair.of(origin, target, folder, theirs), full=arguments.full)
        ]


@dataclass(frozen=True, kw_only=True)
class _Pair:
    """Models on the way from one release to another."""

    origin: str
    target: str
    folder: Path
    """Has the models of the origin, and what they gave there."""
    theirs: Path
    pythons: dict[str, Path]
    """The interpreters by release."""

    @classmethod
    def of(cls, origin: str, target: str, folder: Path, theirs: Path) -> _Pair:
        models = folder / f"from-{origin}"
        models.mkdir(parents=True, exist_ok=True)
        pythons = {release: _interpreter(release) for release in (origin, target)}
        return cls(origin=origin, target=target, folder=models, theirs=theirs, pythons=pythons)

    def run(self, release: str, task: str, *more: str | Path, theirs: bool = False) -> Any:
        """What ``models.py`` says in an environment, and how long it took."""
        environ = {**os.environ, "PYTHONPATH": str(self.theirs) if theirs else ""}
        command = [self.pythons[release], "-W", "ignore", SCRIPT, task, self.folder, *more]
        done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{task} in {release}: {done.stderr}")
        return json.loads(done.stdout) if done.stdout else None


def _interpreter(release: str) -> Path:
    """The interpreter of the environment that ``migrate`` uses, built if it is missing."""
    spec = spec_of(read_request([f"scikit-learn=={release}"]), as_of="release", common=())
    (made,) = prepare(replace(read_or_default(), specs=(spec,)), remember=False)
    if made.info is None:
        raise SystemExit(f"scikit-learn {release} is not available: {made.reason}")
    return made.info.executable


def _pair(pair: _Pair, *, full: bool) -> list[Row]:
    pair.run(pair.origin, "train", *([] if full else ["first"]))
    plain = pair.run(pair.target, "plain")
    started = time.monotonic()
    theirs = pair.run(pair.origin, "serialize", theirs=True)
    theirs |= pair.run(pair.target, "deserialize", theirs=True)
    seconds = (time.monotonic() - started) / max(1, len(theirs))
    ours = _ours(pair)
    return [
        {
            "model": name,
            "from": pair.origin,
            "to": pair.target,
            "plain": plain[name],
            "theirs": theirs[name],
            "theirs_seconds": round(seconds, 2),
            **ours[name],
        }
        for name in sorted(plain)
    ]


def _ours(pair: _Pair) -> dict[str, Row]:
    """What the command writes, judged in the target."""
    new = pair.folder.with_name(f"{pair.folder.name}-to-{pair.target}")
    command = [sys.executable, "-m", "matrix", "migrate", pair.folder / "models", "--output", new]
    command += ["--to", f"scikit-learn=={pair.target}", "--as-of", "release"]
    subprocess.run([*command, "--introspection", "--copy-safe"], check=False)
    manifest = json.loads((new / "manifest.json").read_text(encoding="utf-8"))
    said = {Path(one["source"]).stem: one for one in manifest["models"]}
    files = {name: str(new / one["file"]) for name, one in said.items() if one["file"]}
    listing = pair.folder / "ours.json"
    listing.write_text(json.dumps(files), encoding="utf-8")
    judged = pair.run(pair.target, "ours", listing)
    return {
        name: {
            "ours": judged.get(name, ["refused", one["why"]]),
            "how": one["how"] or one["outcome"],
            "tried": one["tried"],
            "seconds": one["seconds"],
        }
        for name, one in said.items()
    }


def show_table(rows: list[Row]) -> None:
    """Print a line for each model, and the counts."""
    table = Table(title=f"migrate and {THEIRS}: every method compared")
    for heading in ("from", "to", "model", "plain loading", "theirs", "migrate", "seconds", "how"):
        table.add_column(heading, justify="right" if heading == "seconds" else "left")
    for row in rows:
        words = [row[key][0] for key in ("plain", "theirs", "ours")]
        table.add_row(
            row["from"], row["to"], row["model"], *words, f"{row['seconds']:.1f}", row["how"]
        )
    console = Console(width=200)
    console.print(table)
    for key in ("plain", "theirs", "ours"):
        counts = Counter(row[key][0] for row in rows)
        parts = [f"{counts[one]} {one}" for one in OUTCOMES if counts[one]]
        console.print(f"{key}: {', '.join(parts)}, of {len(rows)}", highlight=False)
    for row in rows:
        behind = row["theirs"][0] == "right" != row["ours"][0]
        if behind or row["ours"][0] in ("wrong", "fails"):
            console.print(f"! {row['model']} {row['from']} → {row['to']}: {row['ours']}")


def as_markdown(rows: list[Row]) -> str:
    """The table for a document: a line for each model, then the counts."""
    lines = ["| from | to | model | plain loading | theirs | migrate | seconds | how |"]
    lines.append("| --- | --- | --- | --- | --- | --- | ---: | --- |")
    for row in rows:
        words = [row[key][0] for key in ("plain", "theirs", "ours")]
        how = row["how"] if row["ours"][0] == "right" else row["ours"][1]
        seconds = f"{row['seconds']:.0f}"
        cells = [row["from"], row["to"], row["model"], *words, seconds, how.replace("|", "/")]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def as_summary(rows: list[Row]) -> str:
    """A line for each estimator: of how many models everything is right, in each of three ways."""
    pairs = list(dict.fromkeys((row["from"], row["to"]) for row in rows))
    head = [f"{origin} → {target}" for origin, target in pairs]
    lines = [f"| estimator (models) | {' | '.join(head)} |", f"| --- |{' --- |' * len(pairs)}"]
    kinds = sorted({row["model"].partition("-")[0] for row in rows})
    for kind in kinds:
        groups = [
            [row for row in rows if (row["from"], row["to"]) == pair and _is_of(row, kind)]
            for pair in pairs
        ]
        cells = [" / ".join(_right(group, key) for key in _WAYS) for group in groups]
        lines.append(f"| {kind} ({len(groups[0])}) | {' | '.join(cells)} |")
    totals = [[row for row in rows if (row["from"], row["to"]) == pair] for pair in pairs]
    cells = [" / ".join(_right(group, key) for key in _WAYS) for group in totals]
    lines.append(f"| all ({len(totals[0])}) | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


_WAYS = ("plain", "theirs", "ours")


def _is_of(row: Row, kind: str) -> bool:
    return str(row["model"]).partition("-")[0] == kind


def _right(rows: list[Row], key: str) -> str:
    """How many are right, and how many predict differently without an error."""
    right = sum(row[key][0] == "right" for row in rows)
    wrong = sum(row[key][0] == "wrong" for row in rows)
    return f"{right}{f' ({wrong} wrong)' if wrong else ''}"
