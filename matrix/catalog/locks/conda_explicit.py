"""Read the explicit lists of conda: addresses below ``@EXPLICIT``."""

from __future__ import annotations

import re

from matrix.catalog.locks.conda_packages import CondaPackage, as_requirements, of_address
from matrix.catalog.locks.parse_file import CUT_SHORT
from matrix.catalog.requirement_files import read_line
from matrix.catalog.requirement_set import RequirementSet, joined
from matrix.catalog.source_file import SourceFile
from matrix.errors import UsageError

_PIP = re.compile(
    r"# pip (?P<name>[\w.-]+) @ \S*/[^/\s]+?-(?P<version>\d[^-/\s]*?)"
    r"(-[^/\s]*\.whl|\.tar\.gz|\.zip)"
)


def read(file: SourceFile, python: str = "") -> RequirementSet:
    """Read names and versions, which stand in the addresses only.

    Comments of conda-lock name the packages of pip: ``# pip numpy @ https://...``.

    Args:
        file: the list.
        python: is not used.

    Raises:
        UsageError: a line is not the address of a package.
    """
    packages: list[CondaPackage] = []
    of_pip: list[RequirementSet] = []
    for number, line in enumerate(file.text().splitlines(), 1):
        text = line.strip()
        pip = _PIP.match(text)
        if pip:
            of_pip.append(read_line(file, number, f"{pip['name']}=={pip['version']}"))
        elif text and not text.startswith(("#", "@EXPLICIT")):
            package = of_address(text)
            if package is None:
                raise UsageError(
                    f"{file}, line {number}: is not the address of a package of conda",
                    advice=CUT_SHORT,
                )
            packages.append(package)
    return joined([as_requirements(file, packages), *of_pip])
