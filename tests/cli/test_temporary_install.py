"""Where this tool was run without being installed, an answer says how its lines are run."""

from __future__ import annotations

from pathlib import Path

import pytest

from matrix.cli.temporary_install import advice


@pytest.mark.parametrize(
    "folder", ["/home/a/.cache/uv/archive-v0/x1Y2", "/home/a/.cache/uv/environments-v2/7c"]
)
def test_a_tool_that_uvx_runs_names_the_line_with_what_it_was_run_from(folder: str) -> None:
    said = advice(Path(folder), "/home/a/my wheels/tool.whl")
    assert "\n  uvx --from '/home/a/my wheels/tool.whl' compat-matrix\n" in said
    assert said.endswith("\n  uv tool install '/home/a/my wheels/tool.whl'")


def test_a_tool_that_pipx_runs_names_its_line() -> None:
    said = advice(Path("/home/a/.cache/pipx/0f3a"), "sklearn-compat-matrix")
    assert "\n  pipx run --spec sklearn-compat-matrix compat-matrix\n" in said
    assert said.endswith("\n  pipx install sklearn-compat-matrix")


@pytest.mark.parametrize(
    "folder",
    [
        "/home/a/.local/share/uv/tools/sklearn-compat-matrix",
        "/home/a/.local/share/pipx/venvs/sklearn-compat-matrix",
        "/home/a/project/.venv",
        "/usr",
    ],
)
def test_a_tool_that_is_installed_to_stay_says_nothing(folder: str) -> None:
    assert advice(Path(folder), "sklearn-compat-matrix") == ""
