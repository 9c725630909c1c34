"""The contents of a saved file on a terminal: a summary, what it needs, then a tree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TextIO

from rich.text import Text

from matrix.inspection import MAIN, WHY, Inspection, ModelNode, refusals
from matrix.inspection.gate import native_names
from matrix.report.terminal import console_for
from matrix.report.terminal.portable import portable_lines
from matrix.report.terminal.style import INDENT, TerminalStyle, name_lines, print_line
from matrix.upgrade import own_code
from matrix.upgrade.proposed_origin import origin_option
from matrix.worker.compat_worker.formats import READABLE

_NAMES = 10
"""Shown names that keep a file from being loaded."""
_LINES = 2
"""Lines of parameters, and of fitted attributes, under each estimator."""
_NARROWEST = 20
"""Least columns of the text beside a deep branch, if the terminal has them."""


def show_inspection(
    inspection: Inspection,
    *,
    file: TextIO | None = None,
    width: int | None = None,
    everything: bool = False,
) -> None:
    """Print the contents of a saved file.

    Args:
        inspection: of the file.
        file: where to print; by default standard output.
        width: in columns; by default that of the terminal, or 80.
        everything: print all parameters and attributes.
    """
    console = console_for(file, width, None)
    terminal = TerminalStyle.of(console)
    for line in _lines(terminal, inspection, _LINES if not everything else None):
        print_line(console, line)


def _lines(terminal: TerminalStyle, inspection: Inspection, lines: int | None) -> Iterator[Text]:
    if inspection.portable is not None:
        yield from portable_lines(
            terminal, inspection, inspection.portable, everything=lines is None
        )
        return
    for text in terminal.wrap(answer(inspection), terminal.width):
        yield Text(text, style="bold")
    for text in (how_saved(inspection), _needed(inspection)):
        yield from terminal.paragraph(text)
    yield from terminal.paragraph(f"SHA-256 {inspection.sha256}")
    yield from _admission(terminal, inspection)
    if inspection.code:
        yield Text()
        yield terminal.title("Not plain data")
        for code in inspection.code:
            for text in terminal.wrap(f"{code.name}: {WHY[code.why]}", terminal.width - INDENT):
                yield Text(" " * INDENT + text)
    if inspection.notes:
        yield Text()
        yield terminal.title("Notes")
        for note in inspection.notes:
            yield from terminal.paragraph(note.text)
    yield Text()
    yield terminal.title("Contents")
    yield from _branch(terminal, inspection.root, lines, " " * INDENT, " " * INDENT)


def answer(inspection: Inspection) -> str:
    """Return the kind of model, and the versions that saved it."""
    kind = _last(inspection.root.kind)
    saved = " and ".join(
        f"{package} {', '.join(versions)}" for package, versions in inspection.versions.items()
    )
    numpy = f"numpy {inspection.numpy}" if inspection.numpy else ""
    by = " with ".join(part for part in (saved, numpy) if part)
    origin = f"saved by {by}" if by else "saved by unknown versions"
    return f"{inspection.path}: {kind}, {origin}"


def how_saved(inspection: Inspection) -> str:
    """Return the container, the compression, the protocol and the size in bytes."""
    known = READABLE.get(inspection.container)
    if known is not None and not known.pickles and inspection.container != "skops":
        return f"{known.meaning}, {inspection.size:,} bytes"
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
    modules = ("the script that saved it" if one == MAIN else one for one in inspection.modules)
    needed = [part for part in (python, *modules) if part]
    return f"needed to load it: {', '.join(needed) or 'only Python'}"


def _admission(terminal: TerminalStyle, inspection: Inspection) -> Iterator[Text]:
    """Yield whether `upgrade` would load the file; if not, why, and the options that change it."""
    refused = refusals(inspection)
    if not refused:
        where = " in a sandbox only" if native_names(inspection) else ""
        yield from terminal.paragraph(
            f"upgrade would load it{where}: it looks up only names that are known to be harmless"
        )
        return
    names = _some([one.why if one.is_note else one.what for one in refused])
    yield from terminal.paragraph(f"upgrade would refuse to load it: {names}")
    if all(one.trust or one.script for one in refused):
        place, present = inspection.path, inspection.modules
        for text in own_code.advice(refused, place, script=None, present=present).splitlines():
            yield from terminal.paragraph(text)
        yield from terminal.paragraph("To load it all the same, add to upgrade:")
        options = own_code.option_list(refused, place, script=None, present=present)
        origin = origin_option(inspection, place, options)
        yield terminal.pasteable(" ".join(filter(None, [*options, origin])))
    else:
        yield from terminal.paragraph(own_code.NO_TRUST)


def _some(words: list[str]) -> str:
    """Return the first words, separated by commas, and the number of others."""
    more = f", {len(words) - _NAMES} more" if len(words) > _NAMES else ""
    return ", ".join(words[:_NAMES]) + more


def _branch(
    terminal: TerminalStyle, node: ModelNode, lines: int | None, first: str, rest: str
) -> Iterator[Text]:
    """Yield a node and its children; ``first`` and ``rest`` are the prefixes of its lines."""
    named = terminal.fit(_headline(node), max(terminal.width - len(first), 1))
    yield Text(first).append(named, style="bold")
    bar = ("│ " if terminal.unicode else "| ") if node.children else "  "
    for group in (node.params, node.fitted):
        yield from _attributes(terminal, group.items(), lines, rest + bar)
    if node.hidden:
        yield terminal.faint(f"{node.hidden:,} more", len(rest) + len(bar))
    for child in node.children:
        last = child is node.children[-1]
        tee, through = _guides(terminal, last=last)
        yield from _branch(terminal, child, lines, rest + tee, rest + through)


def _guides(terminal: TerminalStyle, *, last: bool) -> tuple[str, str]:
    if terminal.unicode:
        return ("└─ ", "   ") if last else ("├─ ", "│  ")
    return ("`- ", "   ") if last else ("|- ", "|  ")


def _headline(node: ModelNode) -> str:
    kind = _last(node.kind)
    many = f"{node.count:,} × " if node.count > 1 else ""
    columns = f" on {node.columns}" if node.columns else ""
    named = f"{node.name}: " if node.name else ""
    return f"{named}{many}{kind}{columns}"


def _attributes(
    terminal: TerminalStyle, pairs: Iterable[tuple[str, str]], lines: int | None, start: str
) -> Iterator[Text]:
    texts = [f"{name}={text}" if name else text for name, text in pairs]
    if not texts:
        return
    width = max(terminal.width - len(start), min(_NARROWEST, terminal.width))
    for text in name_lines(terminal, texts, width, lines):
        yield Text(start + text, style="dim")


def _last(kind: str) -> str:
    """Return the name of a class without its module."""
    return kind.rpartition(".")[2] or kind
