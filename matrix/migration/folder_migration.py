"""Migrate many files into one folder, with a manifest that a later run resumes from."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from matrix.atomic_write import draft, replacing
from matrix.errors import MatrixError
from matrix.migration.converter import Converter
from matrix.migration.manifest import ManifestFile, digest_of
from matrix.migration.model_files import FileKey, ModelFile
from matrix.migration.new_file import ending_of, write_new_file
from matrix.migration.to_convert import ConversionNeed, HeldModel, held_by_file, known_target
from matrix.model import Cell, EnvInfo, MigratedModel, MigrationOutcome
from matrix.remedies import Remedies, Remedy, RemedyKind, Subject
from matrix.remedies.provenance import compared_methods
from matrix.report.cause_text import known_cause
from matrix.report.model_answers import headline
from matrix.store import Store
from matrix.upgrade.answer import UpgradeAnswer

_PAUSE = 1.0
"""Seconds between two times that the manifest is written: it has all files each time."""
_RETRAIN = "retrain"
"""The folder of scripts for models that cannot be converted."""
OnMigrated = Callable[[MigratedModel], None]
"""Called with each file as soon as it is decided."""


@dataclass(frozen=True, kw_only=True)
class FolderOptions:
    """How many files are migrated."""

    wanted: ConversionNeed
    roots: tuple[Path, ...]
    """The folders that the user named: paths below them stay."""
    copy_safe: bool = False
    """Whether models that are safe as they are get a copy."""
    dry_run: bool = False
    """Whether nothing is converted and nothing is written."""
    force: bool = False
    """Whether files are overwritten that no earlier run wrote."""


@dataclass(kw_only=True)
class FolderMigration:
    """Files on their way into a folder.

    Args:
        converter: finds conversions.
        store: has the converted files.
        manifest: of the folder.
        options: how.
        on_model: called with each file as soon as it is decided.
    """

    converter: Converter
    store: Store
    manifest: ManifestFile
    options: FolderOptions
    on_model: OnMigrated
    models: dict[str, MigratedModel] = field(default_factory=dict)
    """By source, those that are decided."""
    target: dict[str, str] = field(default_factory=dict)
    """The packages of the target."""
    interrupted: bool = False
    _written: float = -_PAUSE
    """When the manifest was written last."""
    _complete: bool = False

    def kept(self, files: Sequence[ModelFile]) -> list[ModelFile]:
        """Take over what an earlier run recorded of unchanged files; return the other files."""
        rest = []
        for one in files:
            found = self.manifest.reusable(one.source, one.sha256)
            if found is None or self.options.dry_run:
                rest.append(one)
            else:
                self._decided(found)
        return rest

    def run(
        self, files: Sequence[ModelFile], answers: Mapping[FileKey, Sequence[UpgradeAnswer]]
    ) -> None:
        """Decide all files: those that need no search first. An interruption ends it.

        Args:
            files: to decide.
            answers: for the models in each.
        """
        waiting: list[tuple[ModelFile, list[HeldModel]]] = []
        try:
            for one in files:
                held = held_by_file(answers.get(one.key, ()), self.options.wanted)
                if held:
                    waiting.append((one, held))
                else:
                    self._decided(self._without(one, answers.get(one.key, ())))
            for one, held in waiting:
                self._decided(
                    self._dry(one, held) if self.options.dry_run else self._new(one, held)
                )
        except KeyboardInterrupt:
            self.interrupted = True
        self._complete = not self.interrupted
        self.write()

    def write(self) -> None:
        """Write the manifest, unless nothing is to be written."""
        self._written = time.monotonic()
        if self.options.dry_run:
            return
        # As long as files are undecided, what an earlier run wrote for them is still theirs.
        earlier = {} if self._complete else self.manifest.earlier
        models = sorted({**earlier, **self.models}.values(), key=lambda one: one.source)
        self.manifest.write(models, self.target, complete=self._complete)

    def _decided(self, model: MigratedModel) -> None:
        self.models[model.source] = model
        if time.monotonic() - self._written > _PAUSE:
            self.write()
        self.on_model(model)

    # ----------------------------------------------------------------- without a search

    def _without(self, one: ModelFile, answers: Sequence[UpgradeAnswer]) -> MigratedModel:
        """A file that needs no conversion, or about which something is unknown."""
        plain = MigratedModel(
            source=one.source, sha256=one.sha256, outcome=MigrationOutcome.UNKNOWN
        )
        targets = [known_target(answer) for answer in answers]
        if not targets or None in targets:
            unknown = [answer for answer, at in zip(answers, targets, strict=True) if at is None]
            return replace(plain, why="; ".join(map(headline, unknown)) or "it was not checked")
        known = [at for at in targets if at is not None]
        worst = max((at.cell for at in known), key=lambda cell: cell.verdict.severity)
        self._note_target(known[0].environment.info)
        safe = replace(
            plain,
            outcome=MigrationOutcome.SAFE if worst.verdict.safe else MigrationOutcome.LIMITED,
            verdict_before=worst.verdict.value,
            before=_verdicts(worst),
            rows=sum(answer.rows.n for answer in answers),
        )
        wanted = self.options.copy_safe and not self.options.dry_run
        if not wanted or safe.outcome is MigrationOutcome.LIMITED:
            return safe
        return self._copied(one, safe)

    def _copied(self, one: ModelFile, safe: MigratedModel) -> MigratedModel:
        path, packed_as = one.key
        if not packed_as and digest_of(path) != one.sha256:
            return replace(safe, why="it is not copied: it has several files, or changed meanwhile")
        file = one.place(self.options.roots)
        if not (self.options.force or self.manifest.may_write(file, one.sha256)):
            return replace(safe, why=f"it is not copied: {file} exists already")
        source = self.store.artifact(one.sha256, one.models[0].format)
        target = self.manifest.folder / file
        target.parent.mkdir(parents=True, exist_ok=True)
        with draft(target) as copy:
            shutil.copyfile(source, copy)
            copy.replace(target)
        return replace(
            safe,
            outcome=MigrationOutcome.COPIED,
            file=file,
            file_sha256=digest_of(target),
            verdict=safe.verdict_before,
        )

    # ----------------------------------------------------------------- with a search

    def _dry(self, one: ModelFile, held: Sequence[HeldModel]) -> MigratedModel:
        """What a file is before any search."""
        known = known_cause(held[0][1].cell)
        what = "" if known is None else f"{known.title} ({known.id})"
        return replace(
            self._before(one, held), outcome=MigrationOutcome.TO_CONVERT, why=what, seconds=0.0
        )

    def _before(self, one: ModelFile, held: Sequence[HeldModel]) -> MigratedModel:
        _, target = held[0]
        self._note_target(target.environment.info)
        return MigratedModel(
            source=one.source,
            sha256=one.sha256,
            outcome=MigrationOutcome.NOT_CONVERTED,
            before=_verdicts(target.cell),
            verdict_before=target.cell.verdict.value,
            rows=sum(answer.rows.n for answer, _ in held),
        )

    def _new(self, one: ModelFile, held: Sequence[HeldModel]) -> MigratedModel:
        """Search for a conversion of a file, and write the new file."""
        started = time.monotonic()
        before = self._before(one, held)
        try:
            subject, remedies = self.converter.find(held)
            if remedies.interrupted:
                raise KeyboardInterrupt
            made = self._made(one, held, before, subject, remedies)
        except MatrixError as error:
            made = replace(before, outcome=MigrationOutcome.UNKNOWN, why=error.message)
        return replace(made, seconds=round(time.monotonic() - started, 1))

    def _made(
        self,
        one: ModelFile,
        held: Sequence[HeldModel],
        before: MigratedModel,
        subject: Subject,
        remedies: Remedies,
    ) -> MigratedModel:
        if not remedies.files:
            why = _why_not(remedies)
            script = self._retraining(one, subject, why)
            return replace(before, why=why, tried=remedies.tried, script=script)
        remedy = remedies.files[0]
        assert remedy.file is not None
        model = held[0][0].model
        ending = ending_of(model, subject.artifact.format, remedy.file.artifact.format)
        file = one.place(self.options.roots, ending)
        if not (self.options.force or self.manifest.may_write(file, remedy.file.artifact.sha256)):
            return replace(before, why=f"{self.manifest.folder / file} exists already: --force")
        place = self.manifest.folder / file
        place.parent.mkdir(parents=True, exist_ok=True)
        rows = {answer.model.id: answer.rows.n for answer, _ in held}
        methods = self.manifest.methods
        write_new_file(self.store, model, subject, remedy, rows, place, methods=methods, force=True)
        new = replace(
            before,
            outcome=MigrationOutcome.CONVERTED,
            file=file,
            file_sha256=remedy.file.artifact.sha256,
            tried=remedies.tried,
        )
        return _with_result(new, subject, remedy, methods)

    def _retraining(self, one: ModelFile, subject: Subject, why: str) -> str:
        """Write what retraining needs; return its path in the folder, empty if it is unknown."""
        place = one.place(self.options.roots)
        text = self.converter.retraining(subject, Path(place).name, why)
        if not text:
            return ""
        file = f"{_RETRAIN}/{place}.py"
        with replacing(self.manifest.folder / file) as stream:
            stream.write(text)
        return file

    def _note_target(self, info: EnvInfo | None) -> None:
        if info is not None and not self.target:
            self.target.update(sorted(info.packages.items()))


def _with_result(
    model: MigratedModel, subject: Subject, remedy: Remedy, methods: Sequence[str]
) -> MigratedModel:
    """A converted model, with how it was made and how its outputs compare."""
    cell = remedy.cell
    assert cell is not None
    return replace(
        model,
        how=remedy.words,
        verdict=cell.verdict.value,
        compared=compared_methods(subject, cell, methods),
        differences={
            name: one.max_rel for name, one in cell.outputs.items() if one.max_rel is not None
        },
    )


def _verdicts(cell: Cell) -> dict[str, str]:
    """The verdict of each output that is not identical, or of the stage where all failed."""
    found = {name: one.verdict.value for name, one in cell.outputs.items()}
    if not found and cell.stage and not cell.verdict.predicts_same:
        return {cell.stage: cell.verdict.value}
    return found


def _why_not(remedies: Remedies) -> str:
    """Why there is no new file, in one line."""
    words = [one.words for one in remedies.found if one.kind is not RemedyKind.RETRAIN]
    if remedies.first_bad is not None:
        words.append(remedies.first_bad.words)
    if remedies.closest is not None:
        words.append(remedies.closest.words)
    return "; ".join([*words, "no conversion that was tried keeps its outputs: train it again"])
