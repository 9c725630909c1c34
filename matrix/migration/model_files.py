"""The files of a migration, and where their new files go in the folder of all of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from matrix.errors import UsageError
from matrix.upgrade.answer import Model, UpgradeAnswer

FileKey = tuple[Path, str]


@dataclass(frozen=True, kw_only=True)
class ModelFile:
    """A file with all models in it."""

    models: tuple[Model, ...]

    @property
    def key(self) -> FileKey:
        """What identifies it."""
        return key_of(self.models[0])

    @property
    def source(self) -> str:
        """How the user names it: an archive or a folder with the name of the file in it."""
        path, packed_as = self.key
        return f"{path.as_posix()}/{packed_as}" if packed_as else path.as_posix()

    @property
    def sha256(self) -> str:
        """Of its content; empty if it could not be read."""
        inspection = self.models[0].inspection
        return "" if inspection is None else inspection.sha256

    def place(self, roots: Iterable[Path], ending: str = "") -> str:
        """The path of its new file in the folder of all new files.

        Args:
            roots: the folders that the user named: paths below them stay.
            ending: of the new file; empty for that of the original.
        """
        path, packed_as = self.key
        below = next((path.relative_to(one) for one in roots if path.is_relative_to(one)), None)
        place = PurePosixPath((below or Path(path.name)).as_posix())
        if place == PurePosixPath():  # the folder that was named is a model
            place = PurePosixPath(path.name)
        if packed_as:
            place = place / packed_as
        return str(place.with_suffix(ending) if ending else place)


def key_of(model: Model) -> FileKey:
    """What identifies the file of a model."""
    return model.path, model.packed_as


def files_of(models: Iterable[Model]) -> list[ModelFile]:
    """The files of models, each once, in the same order."""
    groups: dict[FileKey, list[Model]] = {}
    for model in models:
        groups.setdefault(key_of(model), []).append(model)
    return [ModelFile(models=tuple(group)) for group in groups.values()]


def is_batch(given: Sequence[Path], files: Sequence[ModelFile]) -> bool:
    """Whether new files go into a folder: several files, or a folder of them was named."""
    return (
        len(given) > 1 or len(files) > 1 or any(path.is_dir() for path, _ in _apart(given, files))
    )


def _apart(given: Sequence[Path], files: Sequence[ModelFile]) -> list[FileKey]:
    """The given paths, without those that are a model themselves: an archive, or its folder."""
    paths = {one.key[0] for one in files}
    return [(path, "") for path in given if path not in paths]


def refuse_twice(files: Sequence[ModelFile], roots: Sequence[Path]) -> None:
    """Refuse files whose new files would have the same name.

    Raises:
        UsageError: there are such files.
    """
    seen: dict[str, str] = {}
    for one in files:
        place = one.place(roots)
        if place in seen:
            raise UsageError(
                f"the new files of {seen[place]} and {one.source} would both be {place}",
                advice="Convert them in two commands, with another --output each.",
            )
        seen[place] = one.source


def refuse_inside(folder: Path, given: Sequence[Path]) -> None:
    """Refuse a folder of new files in a folder of models: the next run would convert them again.

    Raises:
        UsageError: it is inside one.
    """
    for one in given:
        if one.is_dir() and folder.resolve().is_relative_to(one.resolve()):
            raise UsageError(
                f"--output {folder} lies in {one}, whose models are converted",
                advice="Name a folder beside it: --output FOLDER",
            )


def answers_by_file(
    answers: Iterable[UpgradeAnswer],
) -> dict[FileKey, list[UpgradeAnswer]]:
    """The answers for the models of each file."""
    found: dict[FileKey, list[UpgradeAnswer]] = {}
    for answer in answers:
        found.setdefault(key_of(answer.model), []).append(answer)
    return found
