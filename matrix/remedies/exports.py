"""Saving in another format where a file comes from, for it to be loaded where it goes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from packaging.requirements import Requirement

from matrix.model import Cell, Environment
from matrix.remedies.environment_factory import version_of, with_package
from matrix.remedies.experiment import Experiment
from matrix.remedies.remedy import CandidateFile, Subject
from matrix.worker.compat_worker.formats import FORMATS

_PICKLES = ("pickle-4", "joblib", "pickle-2")
"""Formats that hold the same as any pickle does: tried only where a file does not load at all."""
_PACKAGED = tuple(name for name, one in FORMATS.items() if one.package)
"""Formats that need a package on both sides: they hold less than a pickle, and depend on less."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Export:
    """A file in another format."""

    file: CandidateFile
    cell: Cell
    """What it gives where it goes."""
    reader: Environment
    """There: the reader that was asked for, with a package more if the format needs one."""
    package: str = ""
    """What is needed beside what is there: ``skops 0.13.0``."""


def find_export(
    experiment: Experiment, subject: Subject, cell: Cell
) -> tuple[Export | None, tuple[str, ...]]:
    """The file in another format that is safe where it goes, if any; and what leads nowhere.

    Args:
        experiment: asks.
        subject: the file.
        cell: what it gives where it is to go.
    """
    tried: list[str] = []
    for name in _formats(subject, cell):
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


def _formats(subject: Subject, cell: Cell) -> Iterator[str]:
    """Other formats, those that need nothing first."""
    own = subject.artifact.format
    if cell.stage == "load" or own in _PACKAGED:
        yield from (name for name in _PICKLES if name != own)
    yield from (name for name in _PACKAGED if name != own)


def _with_package(
    experiment: Experiment, subject: Subject, name: str, package: str
) -> Export | str:
    """The file in a format of a package, which is added where it is not there already."""
    reader = _holding(experiment, subject.reader, package)
    if not reader.ready:
        return f"{package} cannot be had where it goes: {reader.reason}"
    # What a newer one writes an older one need not read.
    version = version_of(reader, package)
    writer = _holding(experiment, subject.writer, f"{package}<={version}")
    if not writer.ready:
        return f"{package} {version} or older cannot be had where it comes from: {writer.reason}"
    there = version_of(subject.reader, package)
    needed = "" if there else f"{package} {version}"
    return _saved(experiment, subject, name, writer, reader, needed)


def _holding(experiment: Experiment, environment: Environment, requirement: str) -> Environment:
    """An environment as it is, if it holds what is required; or else with that added."""
    wanted = Requirement(requirement)
    version = version_of(environment, wanted.name)
    if version and wanted.specifier.contains(version, prereleases=True):
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
    """The file in a format, loaded where it goes; or why there is none."""
    home = experiment.cell(subject, subject.file, writer)
    file = experiment.step(subject, subject.file, writer, home, format_name=name)
    if isinstance(file, str):
        return file
    end = experiment.cell(subject, file, reader)
    return Export(file=file, cell=end, reader=reader, package=package)
