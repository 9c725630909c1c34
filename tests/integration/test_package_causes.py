"""Known causes of other packages and of formats, provoked in real environments of our sets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from matrix import causes
from matrix.causes import KnownCause
from matrix.model import Verdict
from matrix.processes import find_program

from .truths import ROOT, run

KEYS = ("pipeline", "format", "writer", "reader")
SAFE = {verdict.value for verdict in Verdict if verdict.safe}
OF_PACKAGES = [
    cause
    for cause in causes.known()
    if cause.example.set != "default" and (cause.example.set != "pmml" or find_program("java"))
]
"""Those of PMML need Java."""
QUICK = [
    cause for cause in OF_PACKAGES if cause.id in ("lightgbm-n-classes-4.0", "lightgbm-handle-4.0")
]
"""Two releases of LightGBM, whose wheels are small."""


def cells(folder: Path, chosen: list[KnownCause]) -> dict[tuple[str, ...], Any]:
    """By pipeline, format, writer and reader, the cells of runs that hold the examples."""
    found = {}
    for name in sorted({cause.example.set for cause in chosen}):
        examples = [cause.example for cause in chosen if cause.example.set == name]
        globs = [
            *(f"--pipelines={one.pipeline}" for one in examples),
            *(f"--select={end}" for one in examples for end in (one.writer, one.reader)),
        ]
        formats = ",".join(sorted({one.format for one in examples}))
        done = run(
            folder,
            *("run", "--config", str(ROOT / "pyproject.toml"), "--set", name, *globs),
            *("--state", str(folder / name), "--formats", formats),
            *("--output", f"json:{name}.json"),
        )
        assert (folder / f"{name}.json").exists(), done.stderr
        document = json.loads((folder / f"{name}.json").read_text())
        found.update({tuple(one[key] for key in KEYS): one for one in document["cells"]})
    return found


def check(found: dict[tuple[str, ...], Any], cause: KnownCause) -> None:
    one = cause.example
    assert found[one.pipeline, one.format, one.writer, one.reader]["cause"] == cause.id
    if not cause.since:  # no release did it
        return
    at_odds = any(signature.reader for signature in cause.signatures)  # with another package there
    for home in [one.writer] if at_odds else [one.writer, one.reader]:
        assert found[one.pipeline, one.format, home, home]["verdict"] in {*SAFE, "unavailable"}, (
            home
        )


@pytest.mark.nightly
def test_regressors_of_lightgbm_3_3_fail_in_4_0_and_boosters_of_4_0_in_3_3(tmp_path: Path) -> None:
    found = cells(tmp_path, QUICK)
    for cause in QUICK:
        check(found, cause)


@pytest.fixture(scope="module")
def every(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, ...], Any]:
    return cells(tmp_path_factory.mktemp("packages"), OF_PACKAGES)


@pytest.mark.nightly
@pytest.mark.parametrize("cause", OF_PACKAGES, ids=lambda cause: cause.id)
def test_the_example_has_the_cause(every: dict[tuple[str, ...], Any], cause: KnownCause) -> None:
    check(every, cause)
