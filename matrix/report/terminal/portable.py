"""A model in ONNX or PMML on a terminal: what wrote it, what a runtime must support, its inputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rich.text import Text

from matrix.frameworks import RUNTIMES
from matrix.inspection import Inspection
from matrix.inspection.portable import PortableModel
from matrix.report.terminal.style import INDENT, TerminalStyle

_SHOWN = 20
"""Inputs, outputs and operators, unless all are shown."""


def portable_lines(
    terminal: TerminalStyle, inspection: Inspection, found: PortableModel, *, everything: bool
) -> Iterator[Text]:
    """Yield the lines of an inspection.

    Args:
        terminal: where it is shown.
        inspection: of the file.
        found: what it shows.
        everything: show all inputs, outputs and operators.
    """
    for text in terminal.wrap(
        f"{inspection.path}: {inspection.root.kind}, {_origin(found)}", terminal.width
    ):
        yield Text(text, style="bold")
    for text in _needed(inspection, found):
        yield from terminal.paragraph(text)
    yield from terminal.paragraph(f"SHA-256 {inspection.sha256}")
    runtime = next(one.name for one in RUNTIMES.values() if inspection.container in one.runs)
    yield from terminal.paragraph(
        f"upgrade compares predict and predict_proba in releases of {runtime}: the scikit-learn "
        "object and its other methods are not in it"
    )
    if found.external:
        yield from terminal.paragraph(
            f"It is not complete: a runtime also reads {', '.join(found.external)}"
        )
    most = None if everything else _SHOWN
    operators = {name: f"{count:,}" for name, count in found.operators.items()}
    for title, entries in (
        ("Inputs", found.inputs),
        ("Outputs", found.outputs),
        ("Operators" if inspection.container == "onnx" else "Models", operators),
    ):
        yield Text()
        yield terminal.title(title)
        yield from _entries(terminal, entries, most)
    if found.left_out:
        yield terminal.faint(f"{found.left_out:,} more were not read", INDENT)


def _origin(found: PortableModel) -> str:
    by = " ".join(part for part in (found.producer, found.producer_version) if part)
    return f"written by {by or 'an unknown program'}"


def _needed(inspection: Inspection, found: PortableModel) -> Iterator[str]:
    """Yield the version of the file, and what runs it."""
    if inspection.container == "pmml":
        yield f"PMML {found.version or 'of unknown version'}, {inspection.size:,} bytes"
        yield "needed to run it: an evaluator of PMML, such as jpmml-evaluator with Java"
        return
    opsets = ", ".join(f"{domain} {version}" for domain, version in found.opsets.items())
    yield f"IR version {found.version}, opsets {opsets or 'unknown'}, {inspection.size:,} bytes"
    yield f"needed to run it: onnxruntime{inspection.bounds.get('onnxruntime', '')}"


def _entries(
    terminal: TerminalStyle, entries: Mapping[str, str], most: int | None
) -> Iterator[Text]:
    shown = list(entries.items())[:most]
    for name, text in shown:
        line = terminal.fit(f"{name}: {text}", max(terminal.width - INDENT, 1))
        yield Text(" " * INDENT + line)
    if len(entries) > len(shown):
        yield terminal.faint(f"{len(entries) - len(shown):,} more: --all shows them", INDENT)
