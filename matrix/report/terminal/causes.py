"""The section of causes: what changed, since which release, and in how many cells."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from matrix.report.cause_text import share_known, since, without_known_cause
from matrix.report.sentences import counted
from matrix.report.summary import Caused, Summary
from matrix.report.terminal.style import TerminalStyle

_MOST_CAUSES = 8
_ADVICE = "what to do: compat-matrix explain PIPELINE WRITER READER, or docs/causes.md"


def causes(
    terminal: TerminalStyle, summary: Summary, *, everything: bool
) -> Iterator[tuple[str, list[Text]]]:
    """Yield the section if any cell has a cause; the causes with the most cells first."""
    if not summary.causes:
        return
    known = summary.known_causes()
    shown = known if everything else known[:_MOST_CAUSES]
    lines = [line for caused in shown for line in _lines(terminal, caused)]
    hidden = known[len(shown) :]
    if hidden:
        cells = counted(sum(one.cells for one in hidden), "cell")
        lines.append(terminal.more(len(hidden), "cause", cells))
    rest = without_known_cause(summary)
    if rest:
        lines += terminal.paragraph(rest)
    lines += terminal.paragraph(_ADVICE)
    yield f"Causes ({share_known(summary)})", lines


def _lines(terminal: TerminalStyle, caused: Caused) -> Iterator[Text]:
    cause = caused.known
    if cause is None:
        return
    count = Text(f"{caused.cells:>7,}  ", style="bold")
    yield Text.assemble(count, terminal.fit(cause.title, terminal.width - count.cell_len))
    more = [cause.id, since(cause), counted(len(caused.pipelines), "pipeline")]
    yield terminal.faint(", ".join(more), indent=count.cell_len)
