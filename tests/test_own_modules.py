"""Files of the user's in the current folder that are called like modules of ours."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from matrix import __version__
from matrix.sessions import module_command

ROOT = Path(__file__).parents[1]
MARKER = "from pathlib import Path; Path('imported').write_text(__name__)"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("matrix", "tomllib", "tomli", "rich", "numpy", "nox", "argparse", "json"):
        (tmp_path / f"{name}.py").write_text(MARKER)
    return tmp_path


@pytest.mark.parametrize(
    "command",
    [
        [str(Path(sys.executable).with_name("compat-matrix"))],
        module_command(sys.executable, "matrix"),
    ],
    ids=["the installed command", "a nox session"],
)
def test_no_file_of_the_current_folder_is_imported(folder: Path, command: list[str]) -> None:
    done = subprocess.run(
        [*command, "--version"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert (done.returncode, __version__ in done.stdout) == (0, True), done.stderr
    assert not (folder / "imported").exists()


def test_a_nox_session_passes_arguments_and_exit_codes_on(folder: Path) -> None:
    command = [*module_command(sys.executable, "matrix"), "inspect", "no such file"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "no such file" in done.stderr
    assert not (folder / "imported").exists()


def test_nothing_documented_or_run_in_ci_takes_modules_from_the_current_folder() -> None:
    files = [ROOT / "README.md", ROOT / "action.yml", ROOT / ".pre-commit-hooks.yaml"]
    files += [*ROOT.glob("docs/**/*.md"), *ROOT.glob(".github/**/*.yml")]
    files += [path for path in ROOT.glob("matrix/**/*") if path.suffix in {".py", ".js", ".html"}]
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in files
        for line in path.read_text("utf-8").splitlines()
        if re.search(r'python -m matrix(?!\.)|"-m", "matrix"', line)
    ]
    explained = ("Do not run `python -m matrix`", "Python looks for modules")
    found = [line for line in found if not any(text in line for text in explained)]
    assert not found
