"""Every known cause is provoked in real environments: its example has it, and nothing beside it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from packaging.version import Version

from matrix import causes
from matrix.causes import KnownCause
from matrix.model import Verdict

from .truths import FEW, Result

SAFE = {verdict.value for verdict in Verdict if verdict.safe}
BAD = {verdict.value for verdict in Verdict if verdict.group.unsafe}
DEFAULT = [
    pytest.param(
        cause,
        id=cause.id,
        marks=[] if cause.example.pipeline in FEW else [pytest.mark.nightly],
    )
    for cause in causes.known()
    if cause.example.set == "default"
]
"""Those of other sets: test_package_causes.py."""
MACHINE = {"numpy-partition-2.0"}
"""Instructions of the processor decide whether these show at all."""


def example(result: Result, cause: KnownCause) -> Any:
    one = cause.example
    writer, reader = (name.removeprefix("sklearn-") for name in (one.writer, one.reader))
    return result.cell(one.pipeline, writer, reader, one.format)


@pytest.mark.parametrize("cause", DEFAULT)
def test_the_example_has_the_cause(truths: Result, cause: KnownCause) -> None:
    cell = example(truths, cause)
    if cause.id in MACHINE and cell["verdict"] in SAFE:
        pytest.skip("this processor takes equal values in the order that they had before")
    assert cell["cause"] == cause.id


@pytest.mark.parametrize("cause", DEFAULT)
def test_at_home_the_example_is_safe(truths: Result, cause: KnownCause) -> None:
    """What breaks or changes it is the way over the release, not the pipeline or the reader."""
    if not cause.since:
        pytest.skip("no release did it")
    one = cause.example
    for home in (one.writer, one.reader):
        verdict = truths.cells[one.pipeline, one.format, home, home]["verdict"]
        assert verdict in {*SAFE, "unavailable"}, home


def version(result: Result, environment: str, package: str) -> Version:
    info = result.environments[environment]["info"]
    return Version(info["python"] if package == "python" else info["packages"][package])


def test_no_cause_is_claimed_on_one_side_of_its_release(truths: Result) -> None:
    """Looked at from outside: by the versions that the result itself says."""
    known = {cause.id: cause for cause in causes.known()}
    seen = set()
    for cell in truths.document["cells"]:
        cause = known.get(cell["cause"])
        if cause is None or not cause.since:
            continue
        seen.add(cause.id)
        after = [
            version(truths, cell[end], cause.package) >= Version(cause.since)
            for end in ("writer", "reader")
        ]
        assert after[0] != after[1], (cause.id, cell["writer"], cell["reader"])
    here = {(one["pipeline"], one["format"]) for one in truths.document["cells"]}
    assert {
        cause.id
        for cause in known.values()
        if cause.since
        and cause.id not in MACHINE
        and cause.example.set == "default"
        and (cause.example.pipeline, cause.example.format) in here
    } <= seen


def test_every_bad_cell_has_a_cause_and_no_other_has(truths: Result) -> None:
    for cell in truths.document["cells"]:
        assert (cell["cause"] is not None) == (cell["verdict"] in BAD), cell["pipeline"]


def test_nine_in_ten_bad_cells_have_a_known_cause(truths: Result) -> None:
    found = [cell["cause"] for cell in truths.document["cells"] if cell["cause"] is not None]
    known = [one for one in found if not one.startswith(causes.PREFIX)]
    assert len(known) >= 0.9 * len(found)
    assert re.search(r"known for \d+\.\d % of [\d,]+ cells", " ".join(truths.output.split()))
