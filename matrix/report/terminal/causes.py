"""The section of causes: what did it, how much of it, and since when."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from matrix.report.cause_text import share_known, since, unknown_left
from matrix.report.sentences import counted
from matrix.report.summary import Caused, Summary
from matrix.report.terminal.style import TerminalStyle

_MOST_CAUSES = 8


def causes(
    voice: TerminalStyle, summary: Summary, *, everything: bool
) -> Iterator[tuple[str, list[Text]]]:
    """The section, if any cell has a cause; known ones first, those of the most cells."""
    if not summary.causes:
        return
    known = summary.known_causes()
    kept = known if everything else known[:_MOST_CAUSES]
    lines = [line for caused in kept for line in _lines(voice, caused)]
    hidden = known[len(kept) :]
    if hidden:
        cells = counted(sum(one.cells for one in hidden), "cell")
        lines.append(
            voice.faint(f"… and {counted(len(hidden), 'cause')} more ({cells}): report --all")
        )
    left = unknown_left(summary)
    if left:
        lines += voice.paragraph(left)
    lines += voice.paragraph("what to do: explain PIPELINE WRITER READER, or docs/causes.md")
    yield f"Causes ({share_known(summary)})", lines


def _lines(voice: TerminalStyle, caused: Caused) -> Iterator[Text]:
    cause = caused.known
    if cause is None:
        return
    count = Text(f"{caused.cells:>7,}  ", style="bold")
    yield Text.assemble(count, voice.fit(cause.title, voice.width - count.cell_len))
    more = [cause.id, since(cause), counted(len(caused.pipelines), "pipeline")]
    yield voice.faint(", ".join(more), indent=count.cell_len)
