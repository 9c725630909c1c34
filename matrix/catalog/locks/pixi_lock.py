"""Read ``pixi.lock``: the default environment for one platform."""

from __future__ import annotations

import re
from collections.abc import Iterator

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    parse_sdist_filename,
    parse_wheel_filename,
)

from matrix.catalog.locks.conda_packages import (
    CondaPackage,
    as_requirements,
    chosen_platform,
    of_address,
)
from matrix.catalog.locks.parse_file import CUT_SHORT, read_yaml, refuse_version
from matrix.catalog.locks.pins import Pin, location_note, normalized, requirement
from matrix.catalog.requirement_set import RequirementSet, joined
from matrix.catalog.source_file import SourceFile
from matrix.catalog.toml_table import TomlTable
from matrix.errors import UsageError

_KNOWN = {"4", "5", "6", "7"}


def read(file: SourceFile, python: str = "") -> RequirementSet:
    """Read the packages of the environment ``default``, or of the first one.

    Args:
        file: the lock.
        python: is not used.

    Raises:
        UsageError: the file is not such a lock.
    """
    document = read_yaml(file)
    version = document.text("version")
    if version not in _KNOWN:
        raise refuse_version(file, version or "unknown", "4 to 7", "pixi list --explicit")
    environments = document.table("environments")
    name = "default" if "default" in environments else next(iter(environments), "")
    if not name:
        raise UsageError(f"{file}: has no environment", advice=CUT_SHORT)
    platforms = environments.table(name).table("packages")
    chosen, notes = chosen_platform(file, list(platforms))
    if not chosen:
        raise UsageError(
            f"{file}: its environment {name[:40]} is for no platform", advice=CUT_SHORT
        )
    entries = platforms.tables(chosen)
    conda = [_conda(file, entry) for entry in entries if "conda" in entry]
    parts = [
        RequirementSet(notes=(*_about_others(file, environments, name), *notes)),
        as_requirements(file, conda),
        *_of_pypi(file, document, entries),
    ]
    return joined(parts)


def _about_others(file: SourceFile, environments: TomlTable, name: str) -> Iterator[str]:
    others = [one for one in environments if one != name]
    if others:
        yield f"{file}: the environment {name} was taken, not {', '.join(others)}"


def _conda(file: SourceFile, entry: TomlTable) -> CondaPackage:
    package = of_address(entry.required("conda"))
    if package is None:
        raise entry.error("conda", "is not the address of a package", advice=CUT_SHORT)
    return package


def _of_pypi(
    file: SourceFile, document: TomlTable, entries: list[TomlTable]
) -> Iterator[RequirementSet]:
    """Yield the packages of the Python registry; their records have name and version."""
    records: dict[str, TomlTable] = {}
    for table in document.tables("packages"):
        address = table.text("pypi") or (table.text("url") if table.text("kind") == "pypi" else "")
        records[address or table.text("path")] = table
    for entry in entries:
        if "pypi" not in entry:
            continue
        address = entry.required("pypi")
        record = records.get(address)
        if record is None:
            raise entry.error("pypi", "has no record in packages", advice=CUT_SHORT)
        pin = _pin(address, record)
        if pin.version:
            yield RequirementSet(requirements=(requirement(file, pin),))
        else:
            yield RequirementSet(notes=(location_note(str(file), pin.name),))


def _pin(address: str, record: TomlTable) -> Pin:
    """Return the package at an address; without a version if it is no file of the registry."""
    in_address = _in_address(address)
    name = normalized(record.text("name")) or (in_address.name if in_address else "a package")
    if in_address is None or not re.match(r"https?://", address):
        return Pin(name, "")
    return Pin(name, record.text("version") or in_address.version)


def _in_address(address: str) -> Pin | None:
    name = address.partition("#")[0].rpartition("/")[2]
    try:
        if name.endswith(".whl"):
            distribution, version, _, _ = parse_wheel_filename(name)
        else:
            distribution, version = parse_sdist_filename(name)
    except (InvalidWheelFilename, InvalidSdistFilename):
        return None
    return Pin(str(distribution), str(version))
