"""Take in the models: copy their files, and inspect the copies without loading them."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from matrix.catalog import WorkerLimits
from matrix.errors import Exit, MatrixError, UsageError
from matrix.inspection import (
    Inspection,
    PrivateCopy,
    copy_private,
    digest_of,
    inspect_in_subprocess,
    inspect_with_files,
)
from matrix.inspection.result import MB, InspectionLimits
from matrix.inspection.result_json import inspection_from_message, inspection_to_message
from matrix.inspection.torch_files import STATE
from matrix.model.codec import READ_ERRORS
from matrix.processes import find_program
from matrix.shell_words import quoted_path
from matrix.store import Store, keys
from matrix.upgrade.answer import Model, Problem
from matrix.user_files import read_bounded, refuse_system_file

_LARGE = 64 * MB
"""Size from which a file is inspected where it is before it is copied."""


def take_in(
    paths: Sequence[Path],
    store: Store,
    jobs: int,
    recorded: Mapping[Path, str] | None = None,
    *,
    most_mb: int = WorkerLimits().model_mb,
    fresh: bool = False,
    on_file: Callable[[], object] = lambda: None,
) -> list[Model]:
    """Copy files to a private folder, and inspect the copies.

    A copy that was inspected before, by its digest, is not inspected again.

    A recorded digest decides first: a file with another one is neither inspected nor loaded. A
    large file is inspected where it is before it is copied, so that what is no model takes no room.

    Args:
        paths: of the files.
        store: gets the copies; environments load only these.
        jobs: how many files to inspect at once.
        recorded: by absolute path, the SHA-256 that a file must have.
        most_mb: the size in MB from which a file is refused.
        fresh: whether to inspect each file again.
        on_file: called for each file that was inspected.
    """
    intake = _Intake(folder=store.scratch(), recorded=recorded or {}, limits=most_bytes(most_mb))
    with ThreadPoolExecutor(jobs) as pool:
        copies = list(pool.map(intake.copy, paths))
        known = [
            None if fresh else _known(path, copy, intake.limits, store)
            for path, copy in zip(paths, copies, strict=True)
        ]
        looked = []
        for one in pool.map(intake.look, paths, copies, known):
            looked.append(one)
            on_file()
    for (model, copy), read, before in zip(looked, copies, known, strict=True):
        if model.inspection is not None and copy is not None:
            store.keep_artifact(copy.path, model.format, copy.sha256)
            if copy is read and before is None:  # and was not packed with files beside the model
                key = _inspection_key(copy, intake.limits)
                store.keep_answer(key, inspection_to_message(model.inspection))
    return [_noted(model, store) for model, _ in looked]


def most_bytes(most_mb: int) -> InspectionLimits:
    """The limits for models of up to so many MB."""
    least = InspectionLimits()
    return replace(
        least,
        file=most_mb * MB,
        unpacked=max(least.unpacked, most_mb * MB),
        setting="If it is a model, allow more under [tool.matrix.limits]: model-mb = "
        f"{4 * most_mb}",
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Intake:
    folder: Path
    """Gets the copies."""
    recorded: Mapping[Path, str]
    limits: InspectionLimits

    def copy(self, path: Path) -> PrivateCopy | Problem:
        try:
            expected = self.recorded.get(_place(path))
            if path.is_file() and path.stat().st_size > _LARGE:
                if expected is not None and (here := digest_of(path)) != expected:
                    return changed(here, expected)
                inspect_in_subprocess(path, self.limits)
            copy = copy_private(path, self.folder, self.limits)
        except MatrixError as error:
            return Problem.of(error)
        except OSError as error:
            return Problem(message=f"{path} cannot be read: {error.strerror or error}")
        if expected not in (None, copy.sha256):
            copy.path.unlink()
            return changed(copy.sha256, str(expected))
        return copy

    def look(
        self, path: Path, copy: PrivateCopy | Problem, known: Inspection | None
    ) -> tuple[Model, PrivateCopy | None]:
        """The model, and the copy to load; ``known`` is what an inspection of it found before."""
        if isinstance(copy, Problem):
            return Model(id=str(path), path=path, problem=copy), None
        try:
            inspection, copy = (known, copy) if known else self._inspect(path, copy)
        except MatrixError as error:
            return Model(id=str(path), path=path, problem=Problem.of(error)), None
        if inspection.container == "pmml" and find_program("java") is None:
            return Model(id=str(path), path=path, problem=_NO_JAVA), None
        if inspection.container == "torch":
            return Model(id=str(path), path=path, problem=_without_code(inspection)), None
        return Model(id=str(path), path=path, inspection=inspection), copy

    def _inspect(self, path: Path, copy: PrivateCopy) -> tuple[Inspection, PrivateCopy]:
        return inspect_with_files(path, copy, self.folder, self.limits, self._recorded_beside(path))

    def _recorded_beside(self, path: Path) -> Mapping[str, str] | None:
        """By name, the digests of files beside a model; None if its own is not recorded."""
        place = _place(path)
        if place not in self.recorded:
            return None
        return {
            other.name: digest
            for other, digest in self.recorded.items()
            if other.parent == place.parent
        }


def _known(
    path: Path, copy: PrivateCopy | Problem, limits: InspectionLimits, store: Store
) -> Inspection | None:
    """What an inspection of a file found before; None if there was none, or it is damaged."""
    message = None if isinstance(copy, Problem) else store.answer(_inspection_key(copy, limits))
    if message is not None:
        with contextlib.suppress(*READ_ERRORS):
            return inspection_from_message(message, path)
    return None


def _inspection_key(copy: PrivateCopy, limits: InspectionLimits) -> str:
    return keys.of("inspection", copy.sha256, asdict(limits), keys.inspection())


_NO_JAVA = Problem(
    message="Java runs PMML models, and there is none on this machine",
    advice="Install a Java runtime (17 or newer), so that PATH has a program called java.",
)


def _without_code(inspection: Inspection) -> Problem:
    """A file of PyTorch has tensors, and the class that makes the network is not in it."""
    path, state = inspection.path, any(one.code == STATE for one in inspection.notes)
    count = len(inspection.root.fitted) + inspection.root.hidden
    kind = f"a state_dict of PyTorch ({count:,} tensors)" if state else "a network of PyTorch"
    return Problem(
        message=f"{path} is {kind}: the code that makes the model is not in it, so that it cannot "
        "be loaded and compared",
        advice="Compare it with your own code in both environments: "
        "model.load_state_dict(torch.load(PATH, weights_only=True)). torch.onnx.export writes a "
        "file that needs no code.\n"
        f"See what is in it: compat-matrix inspect {quoted_path(path)}",
    )


def changed(here: str, expected: str) -> Problem:
    """A damaged or replaced file is not an effect of versions."""
    return Problem(
        message=f"file changed: its SHA-256 is {here}, but {expected} was recorded",
        advice="Restore the file, or, if it was trained again, record its digest anew with "
        "sha256sum.",
        exit_code=Exit.UNSAFE,
    )


def _noted(model: Model, store: Store) -> Model:
    """The model, with a note if it is not the file that was checked before."""
    if model.inspection is None or model.path.is_relative_to(store.folder):
        return model
    here = model.inspection.sha256
    known = store.files.known(model.path)
    store.files.remember(model.path, here)
    if known is None or known.sha256 == here:
        return model
    note = f"not the file that was checked on {known.day} (SHA-256 {known.sha256[:12]}…)"
    return replace(model, notes=(note,))


def _place(path: Path) -> Path:
    """The absolute path; links are not resolved."""
    return Path(os.path.abspath(path))  # noqa: PTH100  (links stay what they are)


_LARGEST_LIST = 64 * MB
"""Of a file of hashes: half a million lines."""
_LINE = re.compile(r"\\?([0-9a-fA-F]{64}) [ *](.+)")


def read_hashes(file: Path) -> dict[Path, str]:
    """The hashes in a file that ``sha256sum`` wrote, by absolute path.

    Args:
        file: names in it are looked up from its folder.

    Raises:
        UsageError: it cannot be read, or is not such a file.
    """
    try:
        refuse_system_file(file)
        lines = read_bounded(file, _LARGEST_LIST).decode("utf-8").splitlines()
    except (UsageError, UnicodeDecodeError) as error:
        raise UsageError(f"--hashes {file} cannot be read: {error}") from error
    found = {}
    for number, line in enumerate(lines, 1):
        match = _LINE.fullmatch(line)
        if match is None:
            raise UsageError(
                f"--hashes {file}, line {number}: expected a SHA-256 and a file name",
                advice=f"Write it with: sha256sum models/* > {file}",
            )
        found[_place(file.parent / match[2])] = match[1].lower()
    return found
