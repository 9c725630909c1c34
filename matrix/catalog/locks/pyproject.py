"""Read the version ranges in ``pyproject.toml``; they are resolved like a requirements file."""

from __future__ import annotations

from collections.abc import Iterator

from packaging.requirements import Requirement

from matrix.catalog.locks import poetry_constraints
from matrix.catalog.locks.parse_file import read_toml
from matrix.catalog.locks.pins import location_note, normalized
from matrix.catalog.requirement_files import read_line, read_requirements
from matrix.catalog.requirement_set import RequirementSet, joined, parsed
from matrix.catalog.source_file import SourceFile
from matrix.catalog.toml_table import TomlTable
from matrix.errors import UsageError

_LOCKS = ("uv.lock", "poetry.lock", "pdm.lock", "pylock.toml")
_PLACES = ("git", "path", "url", "file")


def read(file: SourceFile, python: str = "") -> RequirementSet:
    """Read the dependencies of the project, with the groups that are installed by default.

    These are ``[project] dependencies``, the table of Poetry with its groups that are not
    optional, and the groups in ``[tool.uv] default-groups``.

    Args:
        file: the ``pyproject.toml``.
        python: is not used: each requirement keeps its marker.

    Raises:
        UsageError: the file is not valid.
    """
    document = read_toml(file)
    poetry = document.table("tool").table("poetry")
    if "project" not in document and "dependencies" not in poetry:
        return RequirementSet(notes=(f"{file}: names no dependencies",))
    found = joined([_project(file, document), *_of_poetry(file, poetry), _groups(file, document)])
    lock = next((name for name in _LOCKS if file.beside(name).exists()), "")
    if not lock:
        return found
    note = f"{file}: has ranges, which are resolved anew; {lock} beside it has the versions"
    return joined([found, RequirementSet(notes=(note,))])


def _project(file: SourceFile, document: TomlTable) -> RequirementSet:
    project = document.table("project")
    parts = [_line(file, document, line) for line in project.texts("dependencies")]
    if "dependencies" in project.texts("dynamic"):
        parts += _dynamic(file, document)
    pythons = project.text("requires-python").replace(" ", "")
    return joined([RequirementSet(pythons=pythons), *parts])


def _dynamic(file: SourceFile, document: TomlTable) -> Iterator[RequirementSet]:
    """Read the requirements files that setuptools takes the dependencies from."""
    setuptools = document.table("tool").table("setuptools").table("dynamic")
    names = setuptools.table("dependencies").text_or_texts("file")
    if not names:
        yield RequirementSet(notes=(f"{file}: its dependencies are dynamic and left out",))
    for name in names:
        yield read_requirements(file.beside(name, str(file)))


def _groups(file: SourceFile, document: TomlTable) -> RequirementSet:
    """Read the groups of PEP 735 that are installed by default."""
    groups = document.table("dependency-groups")
    settings = document.table("tool").table("uv")
    if "default-groups" not in settings:
        names: tuple[str, ...] = ()
    elif settings.raw("default-groups") == "all":
        names = tuple(groups)
    else:
        names = settings.texts("default-groups")
    lines = [line for name in names for line in _lines(file, groups, name, ())]
    return joined(_line(file, document, line) for line in lines)


def _line(file: SourceFile, document: TomlTable, line: str) -> RequirementSet:
    """Read a requirement; one that uv takes from a location is left out."""
    found = read_line(file, 0, line)
    sources = document.table("tool").table("uv").table("sources").value
    located = {
        normalized(name)
        for name, source in sources.items()
        for each in (source if isinstance(source, list) else [source])
        if isinstance(each, dict) and any(key in each for key in (*_PLACES, "workspace"))
    }
    if not any(normalized(one.name) in located for one in found.requirements):
        return found
    return RequirementSet(notes=(location_note(str(file), found.requirements[0].name),))


def _lines(file: SourceFile, groups: TomlTable, name: str, above: tuple[str, ...]) -> Iterator[str]:
    if name not in groups or name in above:
        raise UsageError(f"{file}: a dependency group is missing or includes itself")
    content = groups.raw(name)
    if not isinstance(content, list):
        raise groups.error(name, "must be a list")
    for each in content:
        if isinstance(each, dict):
            included = TomlTable(groups.source, groups.at(name), each).required("include-group")
            yield from _lines(file, groups, included, (*above, name))
        elif isinstance(each, str):
            yield each
        else:
            raise groups.error(name, "must hold strings and tables")


# ------------------------------------------------------------------------ Poetry


def _of_poetry(file: SourceFile, poetry: TomlTable) -> Iterator[RequirementSet]:
    yield _poetry_table(file, poetry.table("dependencies"))
    groups = poetry.table("group")
    for name in groups:
        group = groups.table(name)
        if group.value.get("optional") is not True:
            yield _poetry_table(file, group.table("dependencies"))
    yield _poetry_table(file, poetry.table("dev-dependencies"))


def _poetry_table(file: SourceFile, table: TomlTable) -> RequirementSet:
    found = []
    for name in table:
        value = table.raw(name)
        for each in value if isinstance(value, list) else [value]:
            entry = {"version": each} if isinstance(each, str) else each
            found.append(_poetry_entry(file, name, TomlTable(table.source, table.at(name), entry)))
    return joined(found)


def _poetry_entry(file: SourceFile, name: str, entry: TomlTable) -> RequirementSet:
    version = _constraint(entry, "version")
    if name.lower() == "python":
        return RequirementSet(pythons=version)
    if entry.value.get("optional") is True:
        return RequirementSet()
    if any(key in entry for key in _PLACES):
        return RequirementSet(notes=(location_note(str(file), name),))
    return RequirementSet(requirements=(_requirement(file, name, version, entry),))


def _requirement(file: SourceFile, name: str, version: str, entry: TomlTable) -> Requirement:
    pythons = _constraint(entry, "python")
    markers = [f"python_full_version {_marker(part)}" for part in pythons.split(",") if part]
    if entry.text("markers"):
        markers.append(f"({entry.text('markers')})")
    extras = ",".join(entry.texts("extras"))
    text = f"{name}[{extras}]{version}" if extras else f"{name}{version}"
    if markers:
        text += f" ; {' and '.join(markers)}"
    return parsed(text, str(file), "an entry")


def _marker(part: str) -> str:
    operator = part.rstrip("0123456789.*abcrpostdev")
    return f"{operator} '{part[len(operator) :]}'"


def _constraint(entry: TomlTable, key: str) -> str:
    try:
        return poetry_constraints.specifier(entry.text(key))
    except ValueError as error:
        alternatives = "alternatives" in str(error)
        problem = str(error) if alternatives else "is not a constraint that is read"
        raise entry.error(
            key, problem, advice="Name the lock, or write one range such as >=1.2,<2."
        ) from None
