"""What is in a saved file, on a terminal: the answer in a line, then what it needs, then a tree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TextIO

from rich.text import Text

from matrix.inspection import WHY, Inspection, ModelNode, refusals
from matrix.report.terminal import console_for
from matrix.report.terminal.style import INDENT, TerminalStyle, listed

_NAMES = 10
"""Names that keep a file from being loaded."""
_LINES = 2
"""Lines of parameters, and of what was fitted, under each estimator."""
_NARROWEST = 20
"""Columns that the text beside a deep branch has at least, where the terminal has them."""


def show_inspection(
    inspection: Inspection,
    *,
    file: TextIO | None = None,
    width: int | None = None,
    everything: bool = False,
) -> None:
    """Print what is in a file.

    Args:
        inspection: what to print.
        file: where to; standard output if not given.
        width: in columns; that of the terminal, or 80, if not given.
        everything: leave no parameter and no attribute out.
    """
    console = console_for(file, width, None)
    voice = TerminalStyle.of(console)
    for line in _lines(voice, inspection, _LINES if not everything else None):
        console.print(line, no_wrap=True, crop=True, overflow="crop")


def _lines(voice: TerminalStyle, inspection: Inspection, lines: int | None) -> Iterator[Text]:
    for text in voice.fold(answer(inspection), voice.width):
        yield Text(text, style="bold")
    for text in (how_saved(inspection), _needed(inspection)):
        yield from voice.paragraph(text)
    yield from voice.paragraph(f"SHA-256 {inspection.sha256}")
    yield from voice.paragraph(_admission(inspection))
    if inspection.code:
        yield Text()
        yield voice.title("Not plain data")
        for code in inspection.code:
            for text in voice.fold(f"{code.name}: {WHY[code.why]}", voice.width - INDENT):
                yield Text(" " * INDENT + text)
    if inspection.notes:
        yield Text()
        yield voice.title("What is odd")
        for note in inspection.notes:
            yield from voice.paragraph(note.text)
    yield Text()
    yield voice.title("What is in it")
    yield from _branch(voice, inspection.root, lines, " " * INDENT, " " * INDENT)


def answer(inspection: Inspection) -> str:
    """What it is, and which versions saved it."""
    kind = _last(inspection.root.kind)
    saved = " and ".join(
        f"{package} {', '.join(versions)}" for package, versions in inspection.versions.items()
    )
    numpy = f"numpy {inspection.numpy}" if inspection.numpy else ""
    by = " with ".join(part for part in (saved, numpy) if part)
    told = f"saved by {by}" if by else "which does not say what saved it"
    return f"{inspection.path}: {kind}, {told}"


def how_saved(inspection: Inspection) -> str:
    """The container, the compressor, the protocol and the size."""
    parts = [inspection.container]
    if inspection.joblib:
        parts.append(f"joblib {inspection.joblib}")
    parts.append(f"compressed with {inspection.compression}" if inspection.compression else "")
    kind = "its" if inspection.container == "skops" else "pickle"
    parts += [f"{kind} protocol {inspection.protocol}", f"{inspection.size:,} bytes"]
    if inspection.joblib:
        del parts[0]
    return ", ".join(part for part in parts if part)


def _needed(inspection: Inspection) -> str:
    python = f"Python {inspection.python} or newer" if inspection.python else ""
    needed = [part for part in (python, *inspection.modules) if part]
    return f"to load it needs: {', '.join(needed) or 'nothing beside Python'}"


def _admission(inspection: Inspection) -> str:
    """Whether `upgrade` would load it, and what keeps it from that."""
    refused = refusals(inspection)
    if not refused:
        return "it would be loaded: it looks up nothing but what scikit-learn's own models do"
    names = _some([one.what for one in refused])
    return f"it would be refused, and not loaded: {names}"


def _some(words: list[str]) -> str:
    """Words in a row, the first of them where there are many."""
    more = f", {len(words) - _NAMES} more" if len(words) > _NAMES else ""
    return ", ".join(words[:_NAMES]) + more


def _branch(
    voice: TerminalStyle, node: ModelNode, lines: int | None, first: str, rest: str
) -> Iterator[Text]:
    """A node and all under it; ``first`` and ``rest`` are what its lines begin with."""
    named = voice.fit(_headline(node), max(voice.width - len(first), 1))
    yield Text(first).append(named, style="bold")
    bar = ("│ " if voice.unicode else "| ") if node.children else "  "
    for group in (node.params, node.fitted):
        yield from _attributes(voice, group.items(), lines, rest + bar)
    if node.hidden:
        yield voice.faint(f"{node.hidden:,} more are not shown", len(rest) + len(bar))
    for child in node.children:
        last = child is node.children[-1]
        tee, through = _guides(voice, last=last)
        yield from _branch(voice, child, lines, rest + tee, rest + through)


def _guides(voice: TerminalStyle, *, last: bool) -> tuple[str, str]:
    if voice.unicode:
        return ("└─ ", "   ") if last else ("├─ ", "│  ")
    return ("`- ", "   ") if last else ("|- ", "|  ")


def _headline(node: ModelNode) -> str:
    kind = _last(node.kind)
    many = f"{node.count:,} × " if node.count > 1 else ""
    columns = f" on {node.columns}" if node.columns else ""
    named = f"{node.name}: " if node.name else ""
    return f"{named}{many}{kind}{columns}"


def _attributes(
    voice: TerminalStyle, pairs: Iterable[tuple[str, str]], lines: int | None, start: str
) -> Iterator[Text]:
    texts = [f"{name}={text}" if name else text for name, text in pairs]
    if not texts:
        return
    width = max(voice.width - len(start), min(_NARROWEST, voice.width))
    for text in listed(voice, texts, width, lines):
        yield Text(start + text, style="dim")


def _last(kind: str) -> str:
    """The name of a class without its module."""
    return kind.rpartition(".")[2] or kind
