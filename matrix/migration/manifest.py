"""The manifest of a folder of migrated models: written after each model, read to resume."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from matrix import __version__
from matrix.atomic_write import draft
from matrix.errors import UsageError
from matrix.inspection.file_access import size_and_sha256
from matrix.model import MigratedModel, MigrationManifest, MigrationOutcome
from matrix.model.codec import READ_ERRORS, from_json, to_json

NAME = "manifest.json"
DAY = "day"
"""The part of a request that says when it was resolved, if that was left to the day of the run. On
another day everything is checked again, and replaces what was written."""
SCHEMA_VERSION = 1

SEARCH = "search"
"""The part of a request that says how a conversion is searched for; with another one everything is
checked again too."""

_FINISHED = frozenset(
    {MigrationOutcome.CONVERTED, MigrationOutcome.COPIED, MigrationOutcome.NOT_CONVERTED}
)
"""Outcomes that stand for unchanged files; others cost no search."""


@dataclass(frozen=True, kw_only=True)
class ManifestFile:
    """The manifest in a folder, and what an earlier run recorded there.

    Args:
        folder: of the new files; need not exist.
        request: what was requested.
        methods: the only methods to compare; empty for every method.
        earlier: by source, what an earlier run recorded for the same request.
        same_day: whether that was resolved for the same day.
    """

    folder: Path
    request: Mapping[str, str]
    methods: tuple[str, ...]
    earlier: Mapping[str, MigratedModel]
    same_day: bool = True

    @classmethod
    def open(
        cls, folder: Path, request: Mapping[str, str], methods: Sequence[str], *, force: bool
    ) -> ManifestFile:
        """Read the manifest in a folder, if there is one.

        Raises:
            UsageError: the folder holds something else, or models for another request.
        """
        found = _read(folder)
        earlier = {}
        same_day = found is not None and dict(found.request) == dict(request)
        if found is not None and _without_day(found.request) == _without_day(request):
            earlier = {one.source: one for one in found.models}
        elif not force:
            _refuse(folder, found)
        return cls(
            folder=folder,
            request=request,
            methods=tuple(methods),
            earlier=earlier,
            same_day=same_day,
        )

    def reusable(self, source: str, sha256: str) -> MigratedModel | None:
        """What an earlier run recorded for an unchanged file whose new file is unchanged too."""
        found = self.earlier.get(source) if self.same_day else None
        if found is None or not sha256 or found.sha256 != sha256 or found.outcome not in _FINISHED:
            return None
        if found.file and digest_of(self.folder / found.file) != found.file_sha256:
            return None
        return found

    def may_write(self, file: str, sha256: str) -> bool:
        """Whether a new file replaces nothing but what a run wrote under that name.

        Args:
            file: relative to the folder.
            sha256: of the new file. A run that was killed may have written it and not recorded it.
        """
        place = self.folder / file
        if not place.exists() and not place.is_symlink():
            return True
        recorded = {one.file: one.file_sha256 for one in self.earlier.values() if one.file}
        return digest_of(place) in {recorded.get(file, ""), sha256} - {""}

    def write(
        self, models: Iterable[MigratedModel], target: Mapping[str, str], *, complete: bool
    ) -> Path:
        """Write the manifest whole or not at all, and return its path.

        Raises:
            OSError: it cannot be written.
        """
        document = MigrationManifest(
            schema_version=SCHEMA_VERSION,
            tool=f"compat-matrix {__version__}",
            date=datetime.now(timezone.utc).isoformat(timespec="seconds"),
            request=dict(self.request),
            target=dict(target),
            methods=self.methods,
            complete=complete,
            models=tuple(models),
        )
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / NAME
        with draft(path) as text:
            text.write_text(json.dumps(to_json(document), indent=2) + "\n", encoding="utf-8")
            text.replace(path)
        return path


def _without_day(request: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in request.items() if name not in (DAY, SEARCH)}


def digest_of(path: Path) -> str:
    """The SHA-256 of a regular file; empty if it is none or cannot be read."""
    if path.is_symlink() or not path.is_file():
        return ""
    try:
        with path.open("rb") as stream:
            return size_and_sha256(stream)[1]
    except OSError:
        return ""


def _read(folder: Path) -> MigrationManifest | None:
    """The manifest in a folder; None if there is none that can be read."""
    try:
        text = (folder / NAME).read_text(encoding="utf-8")
        found = from_json(json.loads(text), MigrationManifest)
    except (OSError, *READ_ERRORS):
        return None
    return found if found.schema_version == SCHEMA_VERSION else None


def _refuse(folder: Path, found: MigrationManifest | None) -> None:
    """Refuse a folder with something else in it."""
    if folder.exists() and not folder.is_dir():
        raise UsageError(
            f"{folder} is a file, and several models need a folder",
            advice="Name a folder: --output FOLDER",
        )
    if not folder.is_dir() or not any(folder.iterdir()):
        return
    what = "holds models of another request" if found else "exists already, without a manifest"
    raise UsageError(
        f"{folder} {what}",
        advice="Name another folder with --output FOLDER, or write into this one with --force.",
    )
