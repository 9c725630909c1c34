"""Arbitrary text gives an answer or one clear message, never a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from packaging.requirements import Requirement

from matrix.catalog.locks.pins import Pin, for_pythons
from matrix.catalog.requirements import read_request
from matrix.catalog.source_file import DiskFile
from matrix.errors import UsageError

FILES = Path(__file__).parent / "files"
KINDS = {
    "uv.lock": "uv/uv.lock",
    "poetry.lock": "poetry/poetry.lock",
    "pdm.lock": "pdm/pdm.lock",
    "Pipfile.lock": "pipenv/Pipfile.lock",
    "pixi.lock": "conda/pixi.lock",
    "pyproject.toml": "poetry/pyproject.toml",
    "environment.yml": "conda/environment.yml",
    "conda-lock.yml": "conda/conda-lock.yml",
    "explicit.txt": "conda/explicit.txt",
    "Dockerfile": "docker/Dockerfile",
}
PARTS = ["version = 1\n", "[[package]]\n", "- ", ": ", "= {", "[", "{", "@EXPLICIT\n"]
SETTINGS = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def message_of(file: Path, content: str) -> str:
    """The message about a file; empty if it is read."""
    file.write_text(content, encoding="utf-8", errors="surrogatepass")
    try:
        read_request([str(file)])
    except UsageError as error:
        return error.message
    return ""


@pytest.mark.parametrize("name", KINDS)
@given(text=st.lists(st.sampled_from(PARTS) | st.text(max_size=30), max_size=8).map("".join))
@SETTINGS
def test_any_text(tmp_path: Path, name: str, text: str) -> None:
    assert "\n" not in message_of(tmp_path / name, text)


@pytest.mark.parametrize("name", KINDS)
@given(data=st.data())
@SETTINGS
def test_a_lock_with_a_part_cut_out_or_replaced(
    tmp_path: Path, name: str, data: st.DataObject
) -> None:
    """Truncation is a part cut out at the end."""
    text = (FILES / KINDS[name]).read_text("utf-8")
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.just(len(text)) | st.integers(start, min(len(text), start + 40)))
    put = data.draw(st.sampled_from(["", "[]", "{}", "1", '"x"', "\n", "null", "\ud800", "="]))
    altered = text[:start] + put + text[end:]
    assert "\n" not in message_of(tmp_path / name, altered)


@given(
    pins=st.dictionaries(
        st.sampled_from(["numpy", "scipy", "joblib"]),
        st.dictionaries(st.integers(6, 30), st.sampled_from(["1.0", "2.1.3", "3.0rc1"])),
        max_size=3,
    ),
    first=st.integers(6, 20),
    count=st.integers(1, 11),
)
@SETTINGS
def test_versions_by_python_come_back_from_their_markers(
    pins: dict[str, dict[int, str]], first: int, count: int
) -> None:
    """What is pinned for each Python is what the markers choose for it."""
    minors = range(first, first + count)

    def pinned(python: str) -> list[Pin]:
        minor = int(python.split(".")[1])
        return [Pin(name, by[minor]) for name, by in pins.items() if minor in by]

    file = DiskFile.named(Path("uv.lock"))
    found = for_pythons(file, f">=3.{first},<3.{first + count}", pinned)
    for minor in minors:
        environment = {"python_version": f"3.{minor}", "python_full_version": f"3.{minor}.4"}
        chosen = {
            (one.name, str(one.specifier))
            for one in map(Requirement, map(str, found))
            if one.marker is None or one.marker.evaluate(environment)
        }
        assert chosen == {(pin.name, f"=={pin.version}") for pin in pinned(f"3.{minor}")}
