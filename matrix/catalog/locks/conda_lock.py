"""Read ``conda-lock.yml``: the main packages for one platform."""

from __future__ import annotations

from matrix.catalog.locks.conda_packages import CondaPackage, as_requirements, chosen_platform
from matrix.catalog.locks.parse_file import read_yaml, refuse_version
from matrix.catalog.requirement_set import RequirementSet, joined, parsed
from matrix.catalog.source_file import SourceFile
from matrix.catalog.toml_table import TomlTable

EXPORT = "conda-lock render --kind explicit"


def read(file: SourceFile, python: str = "") -> RequirementSet:
    """Read the locked packages, for this platform if the lock has it.

    Args:
        file: the lock.
        python: is not used.

    Raises:
        UsageError: the file is not such a lock.
    """
    document = read_yaml(file)
    version = document.text("version")
    if version != "1":
        raise refuse_version(file, version or "unknown", "1", EXPORT)
    if "package" not in document:
        raise document.error("package", "is missing")
    entries = document.tables("package")
    platforms = list(dict.fromkeys(entry.required("platform") for entry in entries))
    chosen, notes = chosen_platform(file, platforms)
    taken = [one for one in entries if one.text("platform") == chosen and _is_main(one)]
    conda = [_package(one) for one in taken if one.required("manager") == "conda"]
    of_pip = tuple(
        parsed(f"{one.required('name')}=={one.required('version')}", str(file), "an entry")
        for one in taken
        if one.text("manager") == "pip"
    )
    if len(taken) < sum(one.text("platform") == chosen for one in entries):
        notes += (f"{file}: only the category main was taken",)
    return joined([as_requirements(file, conda), RequirementSet(requirements=of_pip, notes=notes)])


def _is_main(entry: TomlTable) -> bool:
    """Whether an entry is installed by default; newer locks have a list of categories."""
    if "categories" in entry:
        return "main" in entry.texts("categories")
    return entry.text("category", "main") == "main" and entry.text("optional") != "true"


def _package(entry: TomlTable) -> CondaPackage:
    return CondaPackage(entry.required("name").lower(), f"=={entry.required('version')}")
