"""Repeat cells of the last run with an independent script, and report where the two disagree.

    nox -s second-opinion -- 200 [--seed 1] [--verdict labels-changed]...

Cells are drawn evenly over the verdicts, with a seed. ``plain.py`` loads each file in its writer
and its reader environment, and calls every method. The outputs of both are compared here by a short
rule. No code is shared with the worker or the judge.

Exit code 0 if all agree, 1 if some differ, 3 if there is nothing to compare.
"""

from __future__ import annotations

import argparse
import json
import random
import shlex
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from matrix import catalog
from matrix.engine import inputs, last_run
from matrix.model import Cell, Verdict
from matrix.store import Store

PLAIN = Path(__file__).with_name("plain.py")
SECONDS = 300
"""The time limit of a script; one that exceeds it, alone on a core, is assumed not to end."""
DRAWN = {
    Verdict.IDENTICAL: "same",
    Verdict.EQUIVALENT: "same",
    Verdict.INTROSPECTION_FAILED: "shows not",
    Verdict.SCORES_CHANGED: "differs",
    Verdict.LABELS_CHANGED: "differs",
    Verdict.STRUCTURE_CHANGED: "differs",
    Verdict.INPUT_CHANGED: "input differs",
    Verdict.USE_FAILED: "fails",
    Verdict.LOAD_FAILED: "fails",
    Verdict.TIMED_OUT: "fails",
    Verdict.CRASHED: "fails",
}
"""The verdicts that the script can repeat, and the answer that agrees with each."""
SHOWING = ("repr", "get_params")

Outputs = Mapping[str, list[Any]]
"""The result of each method, as printed by ``plain.py``."""
Printed = Mapping[str, Outputs | None]
"""The outputs for the rows as ``given``, and for the table that the environment makes of ``own``
plain values, or None if there is no text in it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Opinion:
    """The answer of the script for one cell."""

    cell: Cell
    answer: str
    """``same``, ``shows not``, ``differs``, ``input differs`` (the model is the same, but pandas
    makes another table), ``fails``, or ``unknown`` if there is no answer."""
    why: str
    command: str
    """The command line that repeats it in the reader environment."""

    @property
    def agrees(self) -> bool:
        return self.answer == DRAWN[self.cell.verdict]


def main() -> int:
    arguments = _arguments()
    found = catalog.read(with_pipelines=True)
    with Store(found.state) as store:
        matrix = last_run.last(store)
        cells = draw(matrix.cells, arguments.cells, arguments.seed, arguments.verdict)
        if not cells:
            print("the last run has no such cells: run `nox -s matrix` first")
            return 3
        questions = [inputs.cell_inputs(store, matrix, found.pipelines, cell) for cell in cells]
        with ThreadPoolExecutor(arguments.jobs) as pool:
            opinions = list(pool.map(lambda question: opinion(store, question), questions))
    return report(opinions)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="nox -s second-opinion --", description=__doc__)
    parser.add_argument("cells", type=int, nargs="?", default=50, help="how many cells (50)")
    parser.add_argument("--seed", type=int, default=1, help="which cells are drawn (1)")
    parser.add_argument("--jobs", type=int, default=2, help="scripts at once (2)")
    parser.add_argument("--verdict", action="append", help="draw only cells of this verdict")
    return parser.parse_args()


def draw(cells: Iterable[Cell], n: int, seed: int, verdicts: list[str] | None = None) -> list[Cell]:
    """Draw n cells evenly over the verdicts, among those that another environment loaded."""
    by_verdict: dict[Verdict, list[Cell]] = defaultdict(list)
    for cell in cells:
        loaded_elsewhere = cell.artifact and cell.writer != cell.reader
        selected = verdicts is None or cell.verdict.value in verdicts
        if cell.verdict in DRAWN and loaded_elsewhere and selected:
            by_verdict[cell.verdict].append(cell)
    chooser = random.Random(seed)  # noqa: S311
    for known in by_verdict.values():
        chooser.shuffle(known)
    drawn: list[Cell] = []
    while len(drawn) < n and any(by_verdict.values()):
        for known in by_verdict.values():
            if known and len(drawn) < n:
                drawn.append(known.pop())
    return drawn


def opinion(store: Store, question: inputs.CellInputs) -> Opinion:
    """Load the file of a cell in both environments, and compare."""
    commands = []
    for environment in (question.writer, question.reader):
        assert environment.info is not None
        assert question.artifact is not None
        commands.append(
            [
                *(str(environment.info.executable), str(PLAIN)),
                str(store.artifact(question.artifact.sha256, question.artifact.format)),
                str(store.rows_file(question.saving.rows)),
                str(store.rows_file(question.saving.source or question.saving.rows)),
                str(question.pipeline.file.parent),
            ]
        )
    before, after = (run(command) for command in commands)
    answer, why = compared(before, after)
    return Opinion(cell=question.cell, answer=answer, why=why, command=shlex.join(commands[1]))


def run(command: list[str]) -> Printed | str:
    """The outputs that the script printed; if there are none, a text with the reason."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return "does not end"
    _, found, text = done.stdout.rpartition("\n---\n")
    if done.returncode or not found:
        return f"ended with {done.returncode}: {(done.stderr.strip().splitlines() or [''])[-1]}"
    printed: Printed = json.loads(text)
    return printed


def compared(before: Printed | str, after: Printed | str) -> tuple[str, str]:
    """The answer and its reason: for the same rows, and if that is no difference, for the tables
    that each environment makes itself."""
    if isinstance(before, str):
        return "unknown", f"it does not load where it was saved: {before}"[:200]
    if isinstance(after, str):
        return "fails", after
    given = _compared(before["given"] or {}, after["given"] or {})
    own_before, own_after = (one["own"] or one["given"] or {} for one in (before, after))
    if given[0] not in ("same", "shows not") or not (before["own"] or after["own"]):
        return given
    answer, why = _compared(_without_shown(own_before), _without_shown(own_after))
    if answer == "same":
        return given
    return ("input differs" if answer == "differs" else answer), f"own tables: {why}"


def _without_shown(outputs: Outputs) -> Outputs:
    return {name: found for name, found in outputs.items() if name not in SHOWING}


def _compared(before: Outputs, after: Outputs) -> tuple[str, str]:
    """The answer and its reason: the worst over all methods that returned in the writer."""
    if "load" in before:
        return "unknown", f"it does not load where it was saved: {before}"[:200]
    if "load" in after:
        return "fails", f"load: {after['load'][1]}: {after['load'][2]}"[:200]
    failed, changed, hidden = [], [], []
    for name, (kind, *value) in before.items():
        if kind != "returned":
            continue
        now = after.get(name, ["absent"])
        if now[0] == "raised":
            (hidden if name in SHOWING else failed).append(f"{name}: {now[1]}: {now[2]}"[:200])
        elif now[0] == "absent" or not same(value[0], now[1], exact=name == "predict"):
            changed.append(name)
    if failed:
        return "fails", "; ".join(failed)
    if changed:
        return "differs", ", ".join(changed)
    return ("shows not", "; ".join(hidden)) if hidden else ("same", "")


def same(before: Any, after: Any, *, exact: bool = False) -> bool:
    """Whether two printed values are equal except for rounding."""
    if isinstance(before, list) and isinstance(after, list):
        return len(before) == len(after) and all(
            same(one, other, exact=exact) for one, other in zip(before, after, strict=True)
        )
    if not isinstance(before, dict) or not isinstance(after, dict):
        return bool(before == after)
    numbers = before["kind"] in "fc" and after["kind"] in "fc"
    if before["shape"] != after["shape"] or not numbers:
        return bool(before["shape"] == after["shape"] and before["values"] == after["values"])
    left, right = (np.array(one["values"], dtype=float) for one in (before, after))
    left, right = (one.reshape(*before["shape"], -1) for one in (left, right))
    size = np.abs(np.where(np.isfinite(left), left, 0))
    ordinary = np.median(size, axis=0, keepdims=True) if size.ndim > 1 else size
    factor = 100 if before["single"] or after["single"] else 1
    with np.errstate(invalid="ignore"):  # infinite minus infinite
        apart = np.abs(left - right)
    near = apart <= factor * (1e-6 * size + 1e-8 * ordinary + 1e-12)
    equal = (left == right) | (np.isnan(left) & np.isnan(right))
    return bool(np.all(near | equal))


def report(opinions: list[Opinion]) -> int:
    """Print the agreements by verdict and each disagreement; return the exit code."""
    counts = Counter((one.cell.verdict.value, one.agrees) for one in opinions)
    for verdict in sorted({name for name, _ in counts}):
        agree, differ = counts[verdict, True], counts[verdict, False]
        print(f"{verdict:20} {agree:4} agree {differ:4} differ")
    for one in opinions:
        if not one.agrees:
            cell = one.cell
            print(f"\n{cell.pipeline} {cell.format} {cell.writer} -> {cell.reader}")
            print(f"  the run says     {cell.verdict.value} ({cell.stage or 'all methods'})")
            print(f"  the script says  {one.answer}: {one.why}")
            print(f"  by hand          {one.command}")
    agree = sum(one.agrees for one in opinions)
    print(f"\n{agree} of {len(opinions)} agree")
    return 0 if agree == len(opinions) else 1


if __name__ == "__main__":
    sys.exit(main())
