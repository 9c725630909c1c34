"""Read ``environment.yml`` of conda: specifications, and requirements of pip nested in them."""

from __future__ import annotations

from matrix.catalog.locks.conda_packages import CondaPackage, as_requirements, of_spec
from matrix.catalog.locks.parse_file import read_yaml
from matrix.catalog.requirement_files import read_line
from matrix.catalog.requirement_set import RequirementSet, joined
from matrix.catalog.source_file import SourceFile
from matrix.catalog.toml_table import TomlTable
from matrix.errors import UsageError


def read(file: SourceFile, python: str = "") -> RequirementSet:
    """Read the dependencies.

    Args:
        file: the environment.
        python: is not used.

    Raises:
        UsageError: the file is not such an environment.
    """
    document = read_yaml(file)
    if "dependencies" not in document:
        raise document.error("dependencies", "is missing")
    content = document.raw("dependencies")
    if not isinstance(content, list):
        raise document.error("dependencies", "must be a list")
    packages: list[CondaPackage] = []
    of_pip: list[RequirementSet] = []
    for number, entry in enumerate(content):
        if isinstance(entry, str):
            packages.append(_package(document, number, entry))
        elif isinstance(entry, dict):
            table = TomlTable(str(file), f"dependencies[{number}]", entry)
            of_pip += [read_line(file, 0, line.strip()) for line in table.texts("pip")]
        else:
            raise document.error("dependencies", "must hold texts and mappings")
    return joined([as_requirements(file, packages), *of_pip])


def _package(document: TomlTable, number: int, text: str) -> CondaPackage:
    try:
        return of_spec(text)
    except ValueError as error:
        raise UsageError(f"{document.source}: dependencies[{number}] {error}") from None
