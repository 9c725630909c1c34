"""How fast the HTML report opens and filters in a browser: ``benchmarks/page.py [CHROMIUM]``.

Needs Playwright and a Chromium. Times are those of the page itself (``performance.now``): from the
beginning of the navigation, or from the change of a filter, until the second frame after it, when
what was drawn has been painted.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import tempfile
from pathlib import Path
from typing import Any

from made_up import so_many_cells
from playwright.sync_api import sync_playwright

from matrix.report import ReportOutput
from matrix.report.json import read_json

ROUNDS = 7
PAINTED = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
OPEN = f"""async () => {{
  while (!("ready" in document.body.dataset)) await {PAINTED};
  await {PAINTED};
  return performance.now();
}}"""
FILTER = f"""async ([name, value]) => {{
  const control = document.querySelector(`[name="${{name}}"]`);
  const started = performance.now();
  control.value = value;
  control.dispatchEvent(new Event("input", {{ bubbles: true }}));
  await {PAINTED};
  return performance.now() - started;
}}"""
FILTERS = [("pipeline", "forest"), ("verdict", "bad"), ("pipeline", ""), ("verdict", "")]


def measured(browser: Any, path: Path) -> tuple[list[float], list[float]]:
    """Milliseconds to open the page and to filter it, for each repetition."""
    opened, filtered = [], []
    for _ in range(ROUNDS):
        page = browser.new_page(viewport={"width": 1600, "height": 1000})
        page.goto(path.as_uri())
        opened.append(page.evaluate(OPEN))
        filtered += [page.evaluate(FILTER, [name, value]) for name, value in FILTERS]
        page.close()
    return opened, filtered


def main() -> None:
    """Print medians, with maxima in brackets."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("browser", nargs="?", default=shutil.which("chromium"))
    parser.add_argument("--cells", type=int, default=25_000, help="made-up ones")
    parser.add_argument("--result", type=Path, help="a JSON result to take the cells from instead")
    arguments = parser.parse_args()
    matrix = read_json(arguments.result) if arguments.result else so_many_cells(arguments.cells)
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        path = Path(folder) / "page.html"
        ReportOutput("html", path).write(matrix)
        total = matrix.counts.total()
        print(f"{total:,} cells, {path.stat().st_size / 1e6:.1f} MB, {ROUNDS} rounds")
        browser = playwright.chromium.launch(
            executable_path=arguments.browser, args=["--no-sandbox"] if root else []
        )
        for what, times in zip(("open", "filter"), measured(browser, path), strict=True):
            print(f"{what:6} {statistics.median(times):5.0f} ms ({max(times):.0f})")
        browser.close()


if __name__ == "__main__":
    main()
