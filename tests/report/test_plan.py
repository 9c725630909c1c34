"""A plan is one line, then a table by environment."""

from __future__ import annotations

import io
from pathlib import Path

from matrix.engine.plan import EnvironmentWork, Plan, Work
from matrix.model import EnvInfo, Environment, EnvSpec
from matrix.report.terminal.plan import show_plan

INFO = EnvInfo(python="3.12.1", platform="linux", executable=Path("python"), packages={})


def share(
    label: str, *, saves: Work, loads: Work, ready: bool = True, reason: str = ""
) -> EnvironmentWork:
    spec = EnvSpec(id=f"sklearn-{label}", label=label, scikit_learn=label)
    environment = Environment(spec=spec, info=INFO if ready else None, reason=reason)
    return EnvironmentWork(environment=environment, saves=saves, loads=loads)


def said(*shares: EnvironmentWork, seconds: float | None = 75.0, width: int = 80) -> list[str]:
    stream = io.StringIO()
    show_plan(Plan(shares=shares, seconds=seconds), file=stream, width=width)
    return stream.getvalue().splitlines()


DONE = share("1.3", saves=Work(kept=10), loads=Work(kept=30))
SOME = share("1.4", saves=Work(due=2, kept=8), loads=Work(due=1200, kept=24))
NEW = share("1.5", saves=Work(due=10), loads=Work(due=30), ready=False)


def test_the_answer_comes_first() -> None:
    first, second, *_ = said(DONE, SOME, NEW, width=160)
    assert first == (
        "A run would build 1 environment and do 12 saves and 1,230 loads: about 1 min 15 s."
    )
    assert second == "Reused from earlier runs: 18 saves and 54 loads."


def test_only_environments_with_something_to_do_are_listed() -> None:
    text = said(DONE, SOME, NEW, width=160)
    assert not any(line.strip().startswith("1.3") for line in text)
    assert [line.split() for line in text[-2:]] == [
        ["1.4", "2", "8", "1,200", "24"],
        ["1.5,", "to", "build", "10", "0", "30", "0"],
    ]


def test_where_nothing_is_to_be_done_that_is_the_answer() -> None:
    text = said(DONE)
    assert text[0].startswith("A run would do nothing")
    assert len(text) == 2


def test_what_is_unavailable_is_named_with_its_reason() -> None:
    gone = share("9.9", saves=Work(), loads=Work(), ready=False, reason="no such release")
    assert "9.9 is unavailable: no such release" in said(DONE, gone)


def test_without_a_history_the_time_is_unknown() -> None:
    assert "time unknown" in " ".join(said(SOME, seconds=None))


def test_a_narrow_terminal_shows_every_number() -> None:
    for width in (60, 80, 160):
        for line in said(SOME, NEW, width=width):
            assert len(line) <= width
        assert any("1,200" in line for line in said(SOME, NEW, width=width))
