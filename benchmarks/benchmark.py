"""Time the matrix against a naive implementation and against a lower bound, in one run.

    a  the obvious way: a process for every save and every load, one after the other, as a shell
       loop would; timed on a sample and extrapolated by count
    b  ours, with nothing kept
    c  ours again, unchanged
    d  the floor: the same work, one process an environment and nothing else: imports, loads, uses;
       the sum of their times divided by the cores in use

Environments are built before the clock starts. A load is what a truthful verdict needs, in all
four: two fresh loads, every method on each. Then ``folder`` checks a folder of models, ``forest``
a large one, and, without any worker, ``throughput`` takes made-up cells through the judge, the
store and every report. The table of goals is the last. Run it by ``nox -s benchmark``.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from statistics import median
from typing import Any

import all_goals
import folder
import forest
import goals
import memory
import migrations
import throughput
from rich.console import Console
from rich.table import Table

from matrix import catalog as catalogs
from matrix import environments
from matrix.engine.loading import load_job, loads, loads_due
from matrix.engine.run_context import RunContext
from matrix.engine.saving import Savings, save_job, saves_due
from matrix.executors.worker_process import Ended, Request, Worker
from matrix.model import Environment
from matrix.report.progress import Progress
from matrix.store import Store

PARTS = ("runs", "folder", "one", "forest", "cells")


def main() -> None:
    """Measure, print tables, write JSON."""
    arguments = _arguments()
    result: dict[str, Any] = {"machine": {"platform": platform.platform(), "cores": os.cpu_count()}}
    if arguments.only == "migrate":
        result["migrate"] = migrations.measure(arguments)
        migrations.show_table(result["migrate"])
        rows = result["migrate"]
        table = f"{migrations.as_summary(rows)}\n{migrations.as_markdown(rows)}"
        arguments.output.with_suffix(".md").write_text(table, encoding="utf-8")
    parts = [arguments.only] if arguments.only else PARTS
    if "runs" in parts:
        result |= _runs(arguments)
        _show(result)
    for name in ("folder", "one", "forest"):
        if name in parts:
            result[name] = _in_folder(arguments, name)
    if "cells" in parts:
        result["cells"] = throughput.measure(arguments.cells)
        throughput.show_table(result["cells"])
    if found := list(all_goals.of(result)):
        goals.show(found)
    arguments.output.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def _in_folder(arguments: argparse.Namespace, name: str) -> dict[str, Any]:
    """Measure a part that needs an empty folder."""
    with tempfile.TemporaryDirectory() as place:
        if name == "forest":
            return asdict(forest.measure(Path(place), arguments.forest_mb))
        models, releases = (1, 1) if name == "one" else (arguments.models, arguments.releases)
        return asdict(folder.measure(Path(place), models, releases))


def _runs(arguments: argparse.Namespace) -> dict[str, Any]:
    catalog = catalogs.read(arguments.config, select=arguments.select)
    ready = tuple(one for one in environments.prepare(catalog) if one.ready)
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder)
        _environments_only(catalog.state, state)
        ours = _ours(arguments, state)
        again = _ours(arguments, state)
        context = RunContext.of(
            catalog, ready, Store(state), progress=Progress(), slots=arguments.jobs, fresh=True
        )
        floor, counts = _floor(context)
        obvious = _obvious(context, arguments.sample, counts)
    return _result(arguments, ready, counts, ours, again, floor, obvious)


def _environments_only(source: Path, target: Path) -> None:
    """Copy the environments but none of the results."""
    results = shutil.ignore_patterns("results.sqlite*", "artifacts", "rows", "scratch", "*lock")
    shutil.copytree(source, target, ignore=results, dirs_exist_ok=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--config", type=Path, default=None)
    parser.add_argument("--select", action="append", default=[])
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument(
        "--sample", type=int, default=40, help="saves, and loads, of the obvious way"
    )
    parser.add_argument(
        "--only",
        choices=[*PARTS, "migrate"],
        help="one part alone; migrate, beside another tool, is measured only so",
    )
    parser.add_argument(
        "--full", action="store_true", help="migrate: every variant and pair of releases"
    )
    parser.add_argument(
        "--pair",
        type=lambda text: tuple(text.split(":")),
        action="append",
        default=[],
        metavar="FROM:TO",
        help="migrate: these releases alone, such as 0.24.2:1.9.1",
    )
    parser.add_argument(
        "--keep", type=Path, default=None, help="migrate: a folder to work in, which stays"
    )
    parser.add_argument("--models", type=int, default=30, help="folder: models")
    parser.add_argument("--releases", type=int, default=4, help="folder: targets, up to 9")
    parser.add_argument("--forest-mb", type=int, default=500, help="forest: size of the file")
    parser.add_argument("--cells", type=int, default=throughput.CELLS, help="cells: how many")
    parser.add_argument("--output", type=Path, default=None)
    found = parser.parse_args()
    name = "migrate.json" if found.only == "migrate" else "benchmark.json"
    found.output = found.output or Path(__file__).with_name(name)
    return found


# --------------------------------------------------------------------------- b, c: ours


def _ours(arguments: argparse.Namespace, state: Path) -> dict[str, float]:
    """Run the command as a user would; return its time and its peak memory."""
    command = [sys.executable, "-m", "matrix", "run", "--state", str(state)]
    command += ["--jobs", str(arguments.jobs)]
    command += [part for glob in arguments.select for part in ("--select", glob)]
    if arguments.config is not None:
        command += ["--config", str(arguments.config)]
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    peak = 0.0
    while process.poll() is None:
        peak = max(peak, memory.peak(process.pid))
        time.sleep(0.1)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    return {"seconds": time.perf_counter() - started, "peak_mib": peak}


# --------------------------------------------------------------------------- d: the floor


def _floor(context: RunContext) -> tuple[dict[str, float], dict[str, int]]:
    """Time only the workers of a run, with as many at once as in a run."""
    to_save, to_load = _saves(context), _loads(context)
    counts = {
        "saves": sum(len(request.pieces) for request in to_save),
        "loads": sum(len(request.pieces) for request in to_load),
    }
    took = list(_times([*to_save, *to_load], context))
    return {"seconds": sum(took) / context.slots, "processes": len(took)}, counts


def _saves(context: RunContext) -> list[Request]:
    """The requests to all writers."""
    return [
        save_job(context, writer, saves_due(context, writer, {}), {}).request
        for writer in context.ready
    ]


def _loads(context: RunContext) -> list[Request]:
    """The requests to all readers, for every artifact of the previous run."""
    savings: Savings = {}
    for writer in context.ready:
        saves_due(replace(context, fresh=False), writer, savings)
    every = loads(context, savings, context.pipelines)
    return [
        load_job(
            context, reader, loads_due(context, reader, every, lambda *_: None), lambda *_: None
        ).request
        for reader in context.ready
    ]


def _times(requests: list[Request], context: RunContext) -> Iterator[float]:
    """The duration of each worker, with a number of them at once."""
    waiting = list(reversed(requests))
    running: list[tuple[Worker, float]] = []
    while waiting or running:
        while waiting and len(running) < context.slots:
            worker = Worker(waiting.pop(), context.store.scratch())
            running.append((worker, time.perf_counter()))
        for worker, started in list(running):
            if any(isinstance(event, Ended) for event in worker.poll()):
                yield time.perf_counter() - started
                worker.close()
                running.remove((worker, started))
        time.sleep(0.01)


# --------------------------------------------------------------------------- a: the obvious way


def _obvious(context: RunContext, sample: int, counts: dict[str, int]) -> dict[str, float]:
    """One process per piece in sequence, on a sample drawn with a fixed seed."""
    draw = random.Random(0)
    alone = replace(context, slots=1)
    to_save, to_load = _single(_saves(context)), _single(_loads(context))
    save_times = list(_times(draw.sample(to_save, min(sample, len(to_save))), alone))
    load_times = list(_times(draw.sample(to_load, min(sample, len(to_load))), alone))
    total = counts["saves"] * _mean(save_times) + counts["loads"] * _mean(load_times)
    return {
        "seconds": total,
        "sampled_saves": len(save_times),
        "sampled_loads": len(load_times),
        "median_save_seconds": median(save_times),
        "median_load_seconds": median(load_times),
    }


def _single(requests: list[Request]) -> list[Request]:
    return [replace(request, pieces=(piece,)) for request in requests for piece in request.pieces]


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


# --------------------------------------------------------------------------- result


def _result(
    arguments: argparse.Namespace,
    ready: tuple[Environment, ...],
    counts: dict[str, int],
    ours: dict[str, float],
    again: dict[str, float],
    floor: dict[str, float],
    obvious: dict[str, float],
) -> dict[str, Any]:
    return {
        "jobs": arguments.jobs,
        "environments": [one.id for one in ready],
        "counts": counts,
        "obvious": obvious,
        "ours": ours,
        "unchanged": again,
        "floor": floor,
        "ratios": {
            "obvious / ours": obvious["seconds"] / ours["seconds"],
            "ours / floor": ours["seconds"] / floor["seconds"],
            "ours / unchanged": ours["seconds"] / again["seconds"],
        },
    }


def _show(result: dict[str, Any]) -> None:
    loads = result["counts"]["loads"]
    table = Table(
        title=f"{loads:,} loads, {result['counts']['saves']:,} saves, {result['jobs']} jobs"
    )
    for heading in ("", "seconds", "loads a second", "peak MiB"):
        table.add_column(heading, justify="left" if not heading else "right")
    names = {
        "obvious": "a  the obvious way (extrapolated)",
        "ours": "b  ours, nothing kept",
        "unchanged": "c  ours, unchanged",
        "floor": "d  the floor",
    }
    for key, name in names.items():
        seconds = result[key]["seconds"]
        peak = result[key].get("peak_mib")
        memory = f"{peak:,.0f}" if peak else ""
        table.add_row(name, f"{seconds:,.1f}", f"{loads / seconds:,.0f}", memory)
    console = Console(width=max(80, shutil.get_terminal_size().columns))
    console.print(table)
    for name, ratio in result["ratios"].items():
        console.print(f"{name}: {ratio:,.2f}", highlight=False)


if __name__ == "__main__":
    main()
