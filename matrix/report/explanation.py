"""All evidence for one cell as lines of text, and how to reproduce it by hand."""

from __future__ import annotations

import itertools
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path

from matrix.model import Cell, ClassifierScores, Environment, OutputDifference, Scores
from matrix.report.format_outcomes import HEADS, FormatOutcome, in_one_line, table_rows
from matrix.report.score_words import overall
from matrix.report.verdict_words import MEANINGS, group_word
from matrix.safe_text import plain
from matrix.worker.compat_worker.formats import READABLE


def evidence(
    cell: Cell,
    writer: Environment,
    reader: Environment,
    file: Path | None,
    formats: Sequence[FormatOutcome] = (),
) -> list[str]:
    """Return the recorded evidence for a cell, the verdict first.

    Args:
        cell: the cell to explain.
        writer, reader: its environments.
        file: the saved model file; None if it is not available.
        formats: what happened to the pipeline in each format of the run.
    """
    return [
        *_answer(cell, writer, reader),
        *(["", *ways_to_save(formats)] if formats else []),
        *_outputs(cell),
        *_scores(cell),
        *_exception(cell),
        *_warnings(cell),
        *_packages(writer, reader),
        *_by_hand(reader, file, cell),
    ]


def _answer(cell: Cell, writer: Environment, reader: Environment) -> Iterator[str]:
    word = group_word(cell.verdict)
    yield f"{word.symbol} {cell.pipeline} ({cell.format}): {cell.verdict.value}"
    yield f"  saved by {writer.spec.label}, loaded by {reader.spec.label}"
    yield f"  {MEANINGS[cell.verdict]}"
    if cell.stage:
        silently = ", without an error or warning" if cell.silent else ""
        yield f"  decided by: {plain(cell.stage)}{silently}"
    if cell.reason:
        yield f"  {plain(cell.reason)}"
    if cell.retrained:
        yield f"  {plain(cell.retrained)}"


def ways_to_save(formats: Sequence[FormatOutcome]) -> Iterator[str]:
    """Yield how far each format carries a pipeline, as a table; there is at least one."""
    yield "Which way to save would have survived"
    yield from textwrap.wrap(
        in_one_line(formats), _WIDTH, initial_indent="  ", subsequent_indent="  "
    )
    rows = [HEADS, *table_rows(formats)]
    if len({row[_OUTPUTS] for row in rows[1:]}) == 1:  # they say nothing of the formats
        rows = [(*row[:_OUTPUTS], *row[_OUTPUTS + 1 :]) for row in rows]
    cells = [
        [textwrap.wrap(text, _CELL, break_on_hyphens=False) or [""] for text in row] for row in rows
    ]
    widths = [max(len(text) for row in cells for text in row[at]) for at in range(len(rows[0]))]
    for row in cells:
        for texts in itertools.zip_longest(*row, fillvalue=""):
            line = "  ".join(f"{text:<{width}}" for text, width in zip(texts, widths, strict=True))
            yield f"    {line}".rstrip()


_WIDTH = 80
"""Columns of a terminal, at least."""
_CELL = 26
"""Columns of a cell of a table; longer texts have several lines."""
_OUTPUTS = HEADS.index("outputs")


def _outputs(cell: Cell) -> Iterator[str]:
    if not cell.outputs:
        return
    yield ""
    yield f"Outputs that differ ({cell.n_identical} others are identical)"
    for method, difference in cell.outputs.items():
        yield f"  {plain(method)}: {difference.verdict.value}{_size(difference)}"


def _size(difference: OutputDifference) -> str:
    parts = []
    if difference.n_changed:
        parts.append(f"{difference.n_changed} of {difference.n} rows")
    if difference.max_abs:
        relative = f" ({difference.max_rel:.3g} relative)" if difference.max_rel else ""
        parts.append(f"by up to {difference.max_abs:.6g}{relative}")
    if difference.note:
        parts.append(plain(difference.note))
    return f", {', '.join(parts)}" if parts else ""


def _scores(cell: Cell) -> Iterator[str]:
    if cell.before is None or cell.after is None:
        return
    yield ""
    yield "Scores against the true values"
    for when, scores in (("before", cell.before), ("after", cell.after)):
        yield f"  {when}: {_score(scores)}"
        if isinstance(scores, ClassifierScores):
            for row in scores.classes:
                yield (
                    f"    {plain(row.label)}: precision {row.precision:.3f}, "
                    f"recall {row.recall:.3f}, F1 {row.f1:.3f}, {row.support} rows"
                )
            yield f"    confusion matrix (rows true, columns predicted): {scores.confusion}"


def _score(scores: Scores) -> str:
    if isinstance(scores, ClassifierScores):
        return ", ".join(f"{one.name} {one.before}" for one in overall(scores, scores))
    return (
        f"R² {scores.r2:.3f}, mean absolute error {scores.mean_absolute_error:.4g}, "
        f"largest error {scores.max_error:.4g}"
    )


def _exception(cell: Cell) -> Iterator[str]:
    if cell.exception is None:
        return
    yield ""
    yield f"{plain(cell.exception.type)}: {plain(cell.exception.message, 1000)}"
    for line in cell.exception.traceback.splitlines():
        yield f"  {plain(line, 200)}" if line.strip() else ""


def _warnings(cell: Cell) -> Iterator[str]:
    if not cell.warnings:
        return
    yield ""
    yield "Warnings"
    for warning in cell.warnings:
        yield f"  {plain(warning.stage)}: {plain(warning.category)}: {plain(warning.message, 160)}"


def _packages(writer: Environment, reader: Environment) -> Iterator[str]:
    if writer.info is None or reader.info is None:
        return
    yield ""
    yield f"Packages ({writer.spec.label} → {reader.spec.label})"
    yield f"  python {_change(writer.info.python, reader.info.python)}"
    for name in sorted({*writer.info.packages, *reader.info.packages}):
        before = writer.info.packages.get(name, "none")
        after = reader.info.packages.get(name, "none")
        if before != after:
            yield f"  {name} {_change(before, after)}"


def _change(before: str, after: str) -> str:
    return before if before == after else f"{before} → {after}"


def _by_hand(reader: Environment, file: Path | None, cell: Cell) -> Iterator[str]:
    if file is None or reader.info is None:
        return
    chosen = READABLE[cell.format]
    further = chosen.load_package or chosen.imports
    yield ""
    yield "Reproduce by hand"
    yield f"  {reader.info.executable}"
    yield f"  >>> path = {str(file)!r}"
    known = "sys" if chosen.methods else "sys, joblib, pickle"
    yield f"  >>> import {known}" + (f", {further}" if further else "")
    yield "  >>> sys.path.append(FOLDER)  # with the pipelines' own classes, if they have any"
    yield f"  >>> model = {chosen.load_line.format(path='path')}"
