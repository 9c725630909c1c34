"""Save a file in another format in the writer's environment, and load it in the reader's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from packaging.requirements import Requirement

from matrix.frameworks import FRAMEWORKS
from matrix.model import Cell, Environment
from matrix.remedies.environment_factory import version_of, with_package
from matrix.remedies.experiment import Experiment
from matrix.remedies.remedy import CandidateFile, Subject
from matrix.worker.compat_worker.formats import FORMATS

_PICKLES = ("pickle-4", "joblib", "pickle-2")
"""Formats with the same content as any pickle: tried only if a file does not load at all."""
_PACKAGED = tuple(
    name
    for name, one in FORMATS.items()
    if one.package and not one.pickles and not one.methods and not one.needs_code
)
"""Formats that need a package in both environments; they hold less than a pickle."""
_LIBRARIES = frozenset(one.name for one in FRAMEWORKS)
"""Libraries whose own formats hold nothing but their own models."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Export:
    """A file in another format."""

    file: CandidateFile
    cell: Cell
    """Its cell in the reader's environment."""
    reader: Environment
    """The requested reader, with one more package if the format needs it."""
    package: str = ""
    """The package that was added: ``skops 0.13.0``."""


def find_export(
    experiment: Experiment, subject: Subject, cell: Cell
) -> tuple[Export | None, tuple[str, ...]]:
    """Find another format in which the file is safe in the reader's environment.

    Args:
        experiment: loads and saves files.
        subject: the file.
        cell: its cell in the reader's environment.

    Returns:
        The first safe file, if any; and in words the formats that were tried without success.
    """
    tried: list[str] = []
    for name in other_formats(subject, cell):
        if name in _PACKAGED:
            found = _with_package(experiment, subject, name, FORMATS[name].package)
        else:
            found = _saved(experiment, subject, name, subject.writer, subject.reader)
        if isinstance(found, str):
            tried.append(f"as {name}: {found}")
        elif found.cell.verdict.safe:
            return found, tuple(tried)
        else:
            tried.append(f"as {name}: still {found.cell.verdict.value}")
    return None, tuple(tried)


def other_formats(subject: Subject, cell: Cell) -> Iterator[str]:
    """Other formats, those that need nothing first."""
    own = subject.artifact.format
    unread = cell.stage == "load" or own in _PACKAGED
    if unread:
        yield from (name for name in _PICKLES if name != own)
    for name in _PACKAGED:
        if name != own and (unread or _is_of_library(name)) and _may_hold(subject, name):
            yield name


def _is_of_library(name: str) -> bool:
    """Whether a format is that of a library; others hold the same attributes as a pickle."""
    return FORMATS[name].package in _LIBRARIES


def _may_hold(subject: Subject, name: str) -> bool:
    """Whether a format may hold the model: that of a library only where the origin has it."""
    package = FORMATS[name].package
    return package not in _LIBRARIES or bool(version_of(subject.writer, package))


def _with_package(
    experiment: Experiment, subject: Subject, name: str, package: str
) -> Export | str:
    """The file in a format that needs a package, which is added if an environment lacks it."""
    reader = holding(experiment, subject.reader, package)
    if not reader.ready:
        return f"{package} is not available in the target: {reader.reason}"
    # An older version need not read what a newer one writes.
    version = version_of(reader, package)
    writer = holding(experiment, subject.writer, f"{package}<={version}")
    if not writer.ready:
        return f"{package} {version} or older is not available in the origin: {writer.reason}"
    there = version_of(subject.reader, package)
    needed = "" if there else f"{package} {version}"
    return _saved(experiment, subject, name, writer, reader, needed)


def holding(experiment: Experiment, environment: Environment, requirement: str) -> Environment:
    """An environment as it is if it meets a requirement, or else with that package added."""
    required = Requirement(requirement)
    version = version_of(environment, required.name)
    if version and required.specifier.contains(version, prereleases=True):
        return environment
    (made,) = experiment.factory.prepare([with_package(environment, requirement)])
    return made


def _saved(
    experiment: Experiment,
    subject: Subject,
    name: str,
    writer: Environment,
    reader: Environment,
    package: str = "",
) -> Export | str:
    """The file in a format, loaded in the reader's environment; or why there is none."""
    before = experiment.cell(subject, subject.file, writer)
    file = experiment.step(subject, subject.file, writer, before, format_name=name)
    if isinstance(file, str):
        return file
    end = experiment.cell(subject, file, reader)
    return Export(file=file, cell=end, reader=reader, package=package)
