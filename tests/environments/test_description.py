"""What an environment says of itself; what may be the machine's doing is not held against it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from matrix.environments import building
from matrix.environments.building import describe
from matrix.environments.reasons import UnavailableError, UnavailableReason


@pytest.fixture
def interpreter(tmp_path: Path) -> Path:
    """One that finds modules in ``tmp_path``."""
    python = tmp_path / "python"
    python.write_text(
        f"#!{sys.executable}\nimport sys, runpy\nsys.path.insert(0, {str(tmp_path)!r})\n"
    )
    with python.open("a") as file:
        file.write("sys.argv = sys.argv[2:]\nrunpy.run_path(sys.argv[0], run_name='__main__')\n")
    python.chmod(0o700)
    return python


@pytest.mark.skipif(sys.platform == "win32", reason="scripts that say their interpreter")
@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("raise AttributeError('numpy has no float')", UnavailableReason.NO_IMPORT),
        ("raise MemoryError", UnavailableReason.NO_ANSWER),
        ("raise OSError(28, 'No space left on device')", UnavailableReason.NO_ANSWER),
        ("import os; os.kill(os.getpid(), 9)", UnavailableReason.NO_ANSWER),
    ],
)
def test_only_what_an_import_says_of_itself_is_final(
    tmp_path: Path, interpreter: Path, body: str, why: UnavailableReason
) -> None:
    (tmp_path / "planted_module.py").write_text(body)
    with pytest.raises(UnavailableError) as caught:
        describe(interpreter, ["planted_module"])
    assert caught.value.why is why
    assert (why in building._FINAL) is (why is UnavailableReason.NO_IMPORT)
