"""A session of nox ends as its command does."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from matrix import sessions

WAITING = """
import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(130))
open("ready", "w").close()
time.sleep(60)
"""


@pytest.mark.skipif(os.name != "posix", reason="signals are of POSIX")
def test_a_session_passes_sigterm_on_and_ends_with_the_code_of_its_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise nox would end, and leave the command alone."""
    monkeypatch.setattr(sessions, "module_command", lambda python, _: [python, "-c", WAITING])
    said: list[str] = []
    session = SimpleNamespace(
        posargs=["##[error]x"], env={}, invoked_from=tmp_path, log=said.append
    )

    def terminate() -> None:
        while not (tmp_path / "ready").exists():
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGTERM)

    before = signal.getsignal(signal.SIGTERM)
    threading.Thread(target=terminate, daemon=True).start()
    with pytest.raises(SystemExit) as ended:
        sessions.run_engine(cast(Any, session), sys.executable, "upgrade")
    assert ended.value.code == 130
    assert signal.getsignal(signal.SIGTERM) == before
    assert "##[" not in said[0]
