"""Sentences about the outcome of a migration."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from matrix.model import Cell, Group, MigratedModel, MigrationOutcome, PassedOver
from matrix.remedies import Remedies, RemedyKind, Subject
from matrix.remedies.provenance import beside, name_of_part
from matrix.remedies.remedy import NOT_IN_TIME
from matrix.remedies.script import short_lines
from matrix.report.model_answers import group_of, headline
from matrix.report.sentences import counted
from matrix.upgrade.answer import UpgradeAnswer

_TRIED = 12


def already(answer: UpgradeAnswer, methods: Sequence[str] = ()) -> Iterator[str]:
    """Yield the lines for a model that needs no migration.

    Args:
        answer: for the model.
        methods: the only methods that were compared; empty for every method.
    """
    if methods:
        yield (
            f"{answer.model.id}: {' and '.join(methods)} the same; no other method was compared "
            "(--methods), and nothing is written"
        )
        return
    yield f"{answer.model.id}: {headline(answer)}: no migration needed, nothing written"
    if group_of(answer) is Group.LIMITED:
        yield "to convert it so that it can also be printed, add --introspection"


def migrated(
    rows: Mapping[str, int],
    subject: Subject,
    remedies: Remedies,
    target: Path,
    methods: Sequence[str] = (),
) -> Iterator[str]:
    """Yield the lines for a model that the first remedy with a file migrated.

    Args:
        rows: how many rows outputs were compared on, by the id of the model.
        subject: the original.
        remedies: with a file.
        target: the path of the new file.
        methods: the only methods that were compared; empty for every method.
    """
    remedy = remedies.files[0]
    assert remedy.cell is not None
    to, what = subject.reader.spec.label, "predicts"
    if methods:
        what = f"{' and '.join(_of_model(methods, subject))} give"
    yield f"{target}: {what} in {to} what the original {'gave' if methods else 'predicted'} before"
    yield remedy.words
    if not remedy.parts:
        yield _compared(rows[subject.pipeline.id], remedy.cell, methods)
    for one, cell in zip((subject, *subject.others), remedy.parts, strict=bool(remedy.parts)):
        n_rows = rows[one.pipeline.id]
        compared = _compared(n_rows, cell, methods) if _has_rows(one) else _as_data(cell)
        yield f"{name_of_part(one)}: {compared}"
    yield f"provenance: {beside(target)}"


def in_python(subject: Subject, remedies: Remedies, source: Path, target: Path) -> list[str]:
    """The conversion as lines of Python to read, ready for a shell that shows them whole."""
    file = remedies.files[0].file
    assert file is not None
    whole = "" if not any(step.stand_ins for step in file.steps) else " (to run it: --script FILE)"
    lines = (f"    {line}".rstrip() for line in short_lines(subject, file, source, target))
    return [f"  in Python{whole}:", *lines]


def _has_rows(subject: Subject) -> bool:
    return {"values", "forecast"}.isdisjoint(subject.saving.outputs)


def _of_model(methods: Sequence[str], subject: Subject) -> list[str]:
    return [name for name in methods if name in subject.saving.outputs]


def _compared(n_rows: int, cell: Cell, methods: Sequence[str]) -> str:
    what = f"only {' and '.join(methods)} (--methods)" if methods else "every method"
    return f"{what} compared on {n_rows:,} rows: {cell.verdict.value}"


def _as_data(cell: Cell) -> str:
    return f"compared without rows: {cell.verdict.value}"


def no_remedy(answer: UpgradeAnswer, subject: Subject, remedies: Remedies) -> Iterator[str]:
    """Yield the lines for a model that cannot be migrated."""
    to = subject.reader.spec.label
    if remedies.interrupted:
        yield f"{answer.model.id}: the search for a conversion to {to} was interrupted"
        yield remedies.closest.words if remedies.closest else "nothing that keeps outputs so far"
        return
    yield f"{answer.model.id}: no verified conversion to {to} keeps its predictions"
    for remedy in remedies.found:
        yield remedy.words
    if not any(remedy.kind is RemedyKind.RETRAIN for remedy in remedies.found):
        yield "nothing was written"
    if remedies.first_bad is not None:
        yield remedies.first_bad.words
    if remedies.closest is not None:
        yield remedies.closest.words
    for line in remedies.tried[:_TRIED]:
        yield f"tried: {line}"
    if len(remedies.tried) > _TRIED:
        yield f"tried: {len(remedies.tried) - _TRIED} more"
    if not remedies.interrupted:
        yield "to train it again with the same parameters, add --script train_again.py"
    if any(line.endswith(NOT_IN_TIME) for line in remedies.tried):
        yield "to search longer, add --minutes 15"


# --------------------------------------------------------------------------- several models

_GROUPS = {
    MigrationOutcome.CONVERTED: Group.LOADS,
    MigrationOutcome.COPIED: Group.LOADS,
    MigrationOutcome.SAFE: Group.LOADS,
    MigrationOutcome.LIMITED: Group.LIMITED,
    MigrationOutcome.TO_CONVERT: Group.CHANGES,
    MigrationOutcome.NOT_CONVERTED: Group.FAILS,
    MigrationOutcome.UNKNOWN: Group.UNKNOWN,
}


def many(
    models: Sequence[MigratedModel],
    n_files: int,
    n_kept: int,
    passed_over: Sequence[PassedOver],
    manifest: Path | None,
    methods: Sequence[str] = (),
) -> Iterator[tuple[Group | None, str]]:
    """Yield the lines for a folder of models: each with its group, or None for a plain one.

    Args:
        models: those that are decided.
        n_files: how many there are.
        n_kept: how many of them an earlier run decided.
        passed_over: what is in the given folders and is no model.
        manifest: the path of the manifest; None if nothing was written.
        methods: the only methods that were compared; empty for every method.
    """
    for one in models:
        yield _GROUPS[one.outcome], in_one_line(one)
    counts = Counter(one.outcome for one in models)
    parts = [f"{counts[outcome]:,} {_COUNTED[outcome]}" for outcome in _COUNTED if counts[outcome]]
    yield None, f"{counted(n_files, 'file')}: {', '.join(parts) or 'nothing decided'}"
    if methods:
        yield None, f"only {' and '.join(methods)} compared (--methods): the same means no more"
    if n_kept:
        yield None, f"{counted(n_kept, 'file')} unchanged since an earlier run: not done again"
    if n_files > len(models):
        rest = n_files - len(models)
        yield None, f"{counted(rest, 'file')} not decided: the same command goes on with the rest"
    if counts[MigrationOutcome.SAFE] and manifest is not None:
        yield None, "models that are safe as they are were left where they are (--copy-safe copies)"
    if counts[MigrationOutcome.LIMITED]:
        yield None, "to convert models that only cannot be printed or copied, add --introspection"
    if passed_over:
        yield None, f"{len(passed_over):,} passed over, because they are no models"
    if manifest is not None:
        yield None, f"what was done to each: {manifest}"


_COUNTED = {
    MigrationOutcome.CONVERTED: "converted",
    MigrationOutcome.COPIED: "safe as they are and copied",
    MigrationOutcome.SAFE: "safe as they are",
    MigrationOutcome.LIMITED: "predict the same but cannot be printed",
    MigrationOutcome.TO_CONVERT: "to convert",
    MigrationOutcome.NOT_CONVERTED: "not converted",
    MigrationOutcome.UNKNOWN: "unknown",
}


def in_one_line(model: MigratedModel) -> str:
    """What became of one model of a folder, in one line."""
    return f"{model.source}: {_WORDS[model.outcome](model)}"


def _converted(model: MigratedModel) -> str:
    return f"converted to {model.file}: {model.how}"


def _copied(model: MigratedModel) -> str:
    return f"safe as it is ({model.verdict_before}), copied to {model.file}"


def _left(model: MigratedModel) -> str:
    return "; ".join(filter(None, [f"safe as it is ({model.verdict_before})", model.why]))


def _limited(model: MigratedModel) -> str:
    return f"predicts the same as it is, but fails in {' and '.join(model.before)}"


def _to_convert(model: MigratedModel) -> str:
    changed = ", ".join(model.before) or "load"
    cause = f": {model.why}" if model.why else "; no cause is known, so a conversion is searched"
    return f"would be converted ({model.verdict_before} in {changed}){cause}"


def _not_converted(model: MigratedModel) -> str:
    script = f"; its parameters: {model.script}" if model.script else ""
    return f"not converted ({model.verdict_before}): {model.why}{script}"


def _unknown(model: MigratedModel) -> str:
    return model.why if model.why.startswith("unknown") else f"unknown: {model.why}"


_WORDS = {
    MigrationOutcome.CONVERTED: _converted,
    MigrationOutcome.COPIED: _copied,
    MigrationOutcome.SAFE: _left,
    MigrationOutcome.LIMITED: _limited,
    MigrationOutcome.TO_CONVERT: _to_convert,
    MigrationOutcome.NOT_CONVERTED: _not_converted,
    MigrationOutcome.UNKNOWN: _unknown,
}
