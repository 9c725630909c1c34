"""Write the file that a conversion made, with its provenance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from matrix.errors import CannotTellError
from matrix.model.codec import Json
from matrix.remedies import Remedy, Subject
from matrix.remedies.provenance import provenance, write
from matrix.store import Store
from matrix.upgrade.answer import Model
from matrix.worker.compat_worker.formats import FORMATS


def write_new_file(
    store: Store,
    model: Model,
    subject: Subject,
    remedy: Remedy,
    rows: Mapping[str, int],
    place: Path,
    *,
    methods: Sequence[str],
    force: bool,
) -> Json:
    """Write the file of a remedy and its provenance.

    Args:
        store: has the file.
        model: the first one in the original.
        subject: the original.
        remedy: has a file.
        rows: how many rows outputs were compared on, by the id of the model.
        place: the path to write.
        methods: the only methods that were compared; empty for every method.
        force: whether an existing file may be overwritten.

    Returns:
        The provenance.

    Raises:
        CannotTellError: the file in the store is damaged.
    """
    assert remedy.file is not None
    artifact = remedy.file.artifact
    source = Path(model.packed_as or model.path)
    document = provenance(subject, remedy, rows, source, place, methods)
    if not store.has_artifact(artifact.sha256, artifact.format):
        raise CannotTellError(
            "the converted file in the store is damaged", advice="Run the same command again."
        )
    write(store.artifact(artifact.sha256, artifact.format), document, place, force=force)
    return document


def beside(model: Model, subject: Subject, format_name: str) -> Path:
    """The default name of a migrated file: beside the model, or the archive or folder of it."""
    assert subject.reader.info is not None
    release = subject.reader.info.packages["scikit-learn"]
    stem = model.path.stem
    if model.packed_as:
        stem = model.path.name if model.path.is_dir() else stem.removesuffix(".tar")
    ending = ending_of(model, subject.artifact.format, format_name)
    return model.path.with_name(f"{stem}.sklearn-{release}{ending}")


def ending_of(model: Model, before: str, after: str) -> str:
    """How the name of a new file ends: as that of the original, if its format stays."""
    same = before == after
    return Path(model.packed_as or model.path).suffix if same else FORMATS[after].ending
