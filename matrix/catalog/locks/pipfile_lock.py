"""Read ``Pipfile.lock``: its default packages."""

from __future__ import annotations

import re

from matrix.catalog.locks.parse_file import read_json, refuse_version
from matrix.catalog.locks.pins import location_note
from matrix.catalog.requirement_set import RequirementSet, parsed
from matrix.catalog.source_file import SourceFile

EXPORT = "pipenv requirements > requirements.txt"
_PLACES = ("git", "path", "file", "editable", "hg", "svn")
_PYTHON = re.compile(r"(\d+\.\d+)(\.\d+)?")


def read(file: SourceFile, python: str = "") -> RequirementSet:
    """Read the locked packages without those for development, as ``pipenv sync`` does.

    Args:
        file: the lock.
        python: is not used: each requirement keeps its marker.

    Raises:
        UsageError: the file is not such a lock.
    """
    document = read_json(file)
    meta = document.table("_meta")
    if meta.value.get("pipfile-spec") != 6:
        raise refuse_version(file, str(meta.value.get("pipfile-spec", "unknown")), "6", EXPORT)
    if "default" not in document:
        raise document.error("default", "is missing")
    packages = document.table("default")
    requirements, notes = [], []
    for name in packages:
        entry = packages.table(name)
        if any(key in entry for key in _PLACES):
            notes.append(location_note(str(file), name))
            continue
        marker = entry.text("markers")
        text = f"{name}{entry.required('version')}" + (f" ; {marker}" if marker else "")
        requirements.append(parsed(text.replace("==*", ""), str(file), "an entry"))
    needs = meta.table("requires")
    found = _PYTHON.fullmatch(needs.text("python_version") or needs.text("python_full_version"))
    return RequirementSet(
        requirements=tuple(requirements),
        made_with=found[1] if found else "",
        made_with_by="_meta in the lock" if found else "",
        notes=tuple(notes),
    )
