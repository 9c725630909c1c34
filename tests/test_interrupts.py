"""Ctrl-C at any moment: one line, exit code 130, no traceback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from matrix import interrupts

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals are of POSIX")

INTERRUPTED_AT_IMPORT = """
import os, signal, sys
wanted = sys.argv.pop(1)
class Interrupt:
    def find_spec(self, name, path=None, target=None):
        if name == wanted:
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Interrupt())
from matrix.entry_point import main
raise SystemExit(main())
"""
"""The tool, which gets SIGINT when it begins to import a module."""


@pytest.mark.parametrize("module", ["matrix.cli", "matrix.model", "matrix.cli.commands.inspect"])
def test_an_interrupted_import_ends_with_one_line(module: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED_AT_IMPORT, module, "inspect", "model.joblib"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "interrupted\n")


def test_an_interruption_before_there_is_a_message_ends_without_a_traceback(tmp_path: Path) -> None:
    """While the module that writes the message is imported, the signal ends the process."""
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED_AT_IMPORT, "matrix.interrupts", "inspect", "m.joblib"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, "", "")


def test_a_second_interruption_does_not_stop_what_puts_things_in_order(
    capfd: pytest.CaptureFixture[str],
) -> None:
    ended = []

    def interrupted() -> None:
        try:
            os.kill(os.getpid(), signal.SIGINT)
        finally:
            os.kill(os.getpid(), signal.SIGTERM)
            ended.append("child process")

    with interrupts.raised(), pytest.raises(KeyboardInterrupt):
        interrupted()
    assert ended == ["child process"]
    assert "ending what was started" in capfd.readouterr().err


def test_what_the_parent_ignores_stays_ignored() -> None:
    """As in a shell's job in the background."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with interrupts.raised():
            os.kill(os.getpid(), signal.SIGINT)
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
