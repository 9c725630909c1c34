"""A live display of the progress on a terminal."""

from __future__ import annotations

import time
from types import TracebackType
from typing import TextIO

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from matrix import model
from matrix.report.progress import Clock, Progress, Stage, duration, rough
from matrix.report.terminal.style import TerminalStyle, row

_BAR = 20


class LiveProgress(Progress):
    """One line per stage, updated several times a second; the last state stays on the screen."""

    def __init__(
        self, stream: TextIO, clock: Clock = time.monotonic, console: Console | None = None
    ) -> None:
        super().__init__(clock)
        self._console = console or Console(file=stream, markup=False, emoji=False, highlight=False)
        self._live = Live(
            console=self._console,
            get_renderable=self.render,
            refresh_per_second=8,
            redirect_stdout=False,
            redirect_stderr=False,
        )

    def __enter__(self) -> Progress:
        self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        super().__exit__(kind, error, traceback)
        self._live.stop()

    def render(self) -> RenderableType:
        """Return the current lines."""
        terminal = TerminalStyle.of(self._console)
        with self._lock:
            lines = [self._line(terminal, stage) for stage in self.stages.values()]
            if self.seconds_left is not None and any(s.ended is None for s in self.stages.values()):
                lines.append(terminal.faint(f"about {rough(self.seconds_left)} left"))
        return Group(*lines)

    def _noted(self, text: str) -> None:
        terminal = TerminalStyle.of(self._console)
        for line in terminal.paragraph(text, indent=0):
            self._console.print(line)

    def _line(self, terminal: TerminalStyle, stage: Stage) -> Text:
        """Return ``saving ━━━━━━────── 412 of 1,200  3 failed  41 s  forest in 1.2``."""
        ended = stage.ended is not None
        widest = max(Text(known.name).cell_len for known in self.stages.values())
        line = row([terminal.fit(stage.name, widest), _bar(terminal, stage)], [widest, _BAR])
        done = f"{stage.done:,}" if stage.total is None else f"{stage.done:,} of {stage.total:,}"
        line.append(f"  {done}")
        if stage.failed:
            line.append(f"  {stage.failed:,} failed", style=terminal.style(model.Group.FAILS))
        line.append(f"  {duration(stage.seconds(self._clock()))}", style="dim")
        left = stage.seconds_left(self._clock()) if self.seconds_left is None else None
        if left is not None:
            line.append(f"  about {rough(left)} left", style="dim")
        if stage.under_way and not ended:
            room = terminal.width - line.cell_len - 3
            line.append("  " + terminal.fit(stage.under_way, max(room, 0)), style="dim")
        line.truncate(terminal.width)
        return line


def _bar(terminal: TerminalStyle, stage: Stage) -> Text:
    full, empty = ("━", "─") if terminal.unicode else ("#", ".")
    share = min(stage.done / stage.total, 1.0) if stage.total else float(stage.ended is not None)
    length = int(share * _BAR)
    style = "green" if stage.complete else "cyan"
    return Text.assemble((full * length, style), (empty * (_BAR - length), "dim"))
