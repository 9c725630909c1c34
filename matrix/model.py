"""The nouns of the house: frozen data that every room speaks in.

One idea keeps one name from the configuration to the report. Nothing here reads a file, starts a
process or knows how it is shown.
"""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from pathlib import Path

# --------------------------------------------------------------------------- environments


@dataclass(frozen=True, kw_only=True, slots=True)
class EnvSpec:
    """An environment that is wanted."""

    id: str
    """Unique, made by the catalog, never split again: ``sklearn-1.3``, ``sklearn-0.24-py3.7``."""
    label: str
    """A short name for tables: ``1.3``, ``0.24 py3.7``."""
    scikit_learn: str
    """``1.3`` (the last patch of that line), ``1.3.0`` (that release) or ``latest``."""
    python: str = "newest"
    """``newest`` or ``oldest`` on this machine that has wheels, or a version such as ``3.9``."""
    requirements: tuple[str, ...] = ()
    """Further requirements, in the syntax of PEP 508: ``pandas``, ``numpy==1.26.*``."""
    as_of: str = "release"
    """``release`` (as its users had it, a few weeks after), ``today``, or a date ``2024-05-31``."""
    like: str | None = None
    """The id of the environment that this one equals in all that is not said here."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Interpreter:
    """A Python interpreter on this machine."""

    path: Path
    version: str
    """In full: ``3.9.18``."""
    implementation: str = "cpython"

    @property
    def minor(self) -> str:
        """The version up to the minor part: ``3.9``."""
        return ".".join(self.version.split(".")[:2])


@dataclass(frozen=True, kw_only=True, slots=True)
class Lock:
    """Exact pins for one environment, and how they were found."""

    environment: str
    interpreter: Interpreter
    pins: Mapping[str, str]
    """Exact version by normalized package name."""
    as_of: date | None
    """Packages uploaded later were left aside; None is today."""

    @property
    def requirements(self) -> tuple[str, ...]:
        """The pins as lines of a requirements file, sorted."""
        return tuple(f"{name}=={version}" for name, version in sorted(self.pins.items()))


@dataclass(frozen=True, kw_only=True, slots=True)
class EnvInfo:
    """An environment that was found: what the interpreter in it reported of itself."""

    python: str
    platform: str
    executable: Path
    packages: Mapping[str, str]
    """Installed version by normalized package name."""
    blas: str = ""
    """The linear algebra library and its threading, as far as the environment tells."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Environment:
    """What became of an EnvSpec: ready, with its lock and info, or unavailable, with the reason."""

    spec: EnvSpec
    lock: Lock | None = None
    info: EnvInfo | None = None
    reason: str = ""
    """Why it is unavailable, in words; empty when ready."""

    @property
    def id(self) -> str:
        return self.spec.id

    @property
    def ready(self) -> bool:
        return self.info is not None and not self.reason


# --------------------------------------------------------------------------- pipelines


@dataclass(frozen=True, kw_only=True, slots=True)
class Pipeline:
    """One reference pipeline, as its file declares it; nothing of it has been run."""

    id: str
    """The name of the function that builds it."""
    file: Path
    """The Python file that holds the function."""
    line: int
    """Where in the file, counted from 1."""
    doc: str
    """The first line of the function's docstring."""
    tags: tuple[str, ...] = ()
    formats: tuple[str, ...] = ("joblib",)
    """The ways to save that it is crossed with."""
    digest: str = ""
    """Of the code it is made from: it changes when, and only when, the pipeline's code does."""


# --------------------------------------------------------------------------- observations


@dataclass(frozen=True, kw_only=True, slots=True)
class Failure:
    """An exception, as it was seen in the environment that raised it."""

    type: str
    """The class, with its module unless that is ``builtins``."""
    message: str
    traceback: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Returned:
    """What a method returned, by the digest of its content."""

    digest: str
    whole: bool = True
    """False if the value holds objects that are no plain data, which the digest says nothing of."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Absent:
    """The model has no such method, and says so itself."""

    message: str = ""


Outcome = Returned | Failure | Absent
"""How one call ended."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WarningSeen:
    """A warning that came while loading or using."""

    category: str
    message: str
    stage: str
    """``load``, or the name of the method."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Artifact:
    """A file that a writer saved from a pipeline in a format."""

    pipeline: str
    format: str
    writer: str
    sha256: str
    size: int
    """In bytes."""


class Ending(str, enum.Enum):
    """How a piece of work in an environment ended."""

    FINISHED = "finished"
    CRASHED = "crashed"
    """The interpreter died."""
    TIMED_OUT = "timed-out"
    """It was stopped: time or memory."""
    NOT_RUN = "not-run"


@dataclass(frozen=True, kw_only=True, slots=True)
class Saving:
    """What a writer reports of one pipeline: the reference that readers are compared with."""

    pipeline: str
    writer: str
    ending: Ending = Ending.FINISHED
    unavailable: str = ""
    """Why this environment cannot have the pipeline; empty if it can."""
    reason: str = ""
    """For an ending that is not ``finished``: the signal by name, the limit."""
    stage: str = ""
    """Where it ended early: ``build``, ``fit``, ``save``, ``rows``, ``use``; else empty."""
    failure: Failure | None = None
    """What was raised there."""
    artifacts: Mapping[str, Artifact | Failure | str] = field(default_factory=dict)
    """By format: the file, the exception that saving raised, or why the format is not to be had."""
    rows: str = ""
    """Digest of the rows that outputs are computed on."""
    truth: str = ""
    """Digest of the true answers for the first of these rows; empty without any."""
    outputs: Mapping[str, Outcome] = field(default_factory=dict)
    """By method, recorded from the fitted object, not from the file."""
    only: bool = False
    """The pipeline's file names the methods to call: readers call no others."""
    warnings: tuple[WarningSeen, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Observation:
    """What a reader reports of one artifact."""

    ending: Ending = Ending.FINISHED
    reason: str = ""
    """For an ending that is not ``finished``: the signal by name, the limit."""
    unavailable: str = ""
    """Why the reader cannot be asked: the format is not to be had there, or the rows are not."""
    load: Failure | None = None
    """What loading raised; None if it loaded."""
    outputs: Mapping[str, Outcome] = field(default_factory=dict)
    """By method, ``repr`` and ``get_params`` among them, from a fresh load."""
    repeats: Mapping[str, Outcome] = field(default_factory=dict)
    """The same from a second fresh load, where it differed from the first."""
    warnings: tuple[WarningSeen, ...] = ()
    seconds: float = 0.0
    cached: bool = False


# --------------------------------------------------------------------------- verdicts


class Group(str, enum.Enum):
    """The four answers a person needs."""

    LOADS = "loads"
    CHANGES = "silently changes"
    FAILS = "fails"
    UNKNOWN = "cannot tell"


class Verdict(str, enum.Enum):
    """What a cell's observations mean together, from best to worst within known and unknown."""

    IDENTICAL = "identical"
    EQUIVALENT = "equivalent"
    SCORES_CHANGED = "scores-changed"
    LABELS_CHANGED = "labels-changed"
    STRUCTURE_CHANGED = "structure-changed"
    UNSTABLE = "unstable"
    USE_FAILED = "use-failed"
    LOAD_FAILED = "load-failed"
    TIMED_OUT = "timed-out"
    CRASHED = "crashed"
    NOT_SAVED = "not-saved"
    UNAVAILABLE = "unavailable"
    NOT_RUN = "not-run"

    @property
    def group(self) -> Group:
        return _GROUPS[self]

    @property
    def safe(self) -> bool:
        """Only what loads and predicts the same is safe; unknown never is."""
        return self.group is Group.LOADS

    @property
    def severity(self) -> int:
        """Position in the order above; the worst of several has the highest."""
        return _SEVERITY[self]


_GROUPS = {
    Verdict.IDENTICAL: Group.LOADS,
    Verdict.EQUIVALENT: Group.LOADS,
    Verdict.SCORES_CHANGED: Group.CHANGES,
    Verdict.LABELS_CHANGED: Group.CHANGES,
    Verdict.STRUCTURE_CHANGED: Group.CHANGES,
    Verdict.UNSTABLE: Group.CHANGES,
    Verdict.USE_FAILED: Group.FAILS,
    Verdict.LOAD_FAILED: Group.FAILS,
    Verdict.TIMED_OUT: Group.FAILS,
    Verdict.CRASHED: Group.FAILS,
    Verdict.NOT_SAVED: Group.UNKNOWN,
    Verdict.UNAVAILABLE: Group.UNKNOWN,
    Verdict.NOT_RUN: Group.UNKNOWN,
}
_SEVERITY = {verdict: position for position, verdict in enumerate(Verdict)}


@dataclass(frozen=True, kw_only=True, slots=True)
class Tolerance:
    """How far two numbers may be apart and still be rounding noise.

    They are close if ``|a - b| <= rtol * max(|a|, |b|) + atol * scale``, where ``scale`` is the
    largest finite magnitude in the output before saving: ``atol`` forgives noise around zero
    without forgiving a change in an output whose numbers are all small.

    Gaussian processes, mixtures, PCA and networks drift by up to 1e-8 relative from BLAS alone,
    single precision by 1e-6; measured on real releases.
    """

    rtol: float = 1e-6
    atol: float = 1e-8
    float32_rtol: float = 1e-4
    """In place of both, where larger, for outputs of single precision."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OutputDifference:
    """How one method's output in the reader compares with the writer's."""

    verdict: Verdict
    max_abs: float | None = None
    """Largest absolute difference of two numbers; None where there are none to compare."""
    max_rel: float | None = None
    """Largest difference relative to the larger of the two."""
    n_changed: int = 0
    """Rows that differ beyond the tolerance, or in a label."""
    n: int = 0
    """Rows compared."""
    note: str = ""
    """What differs in words, where a number does not say it: ``shape (120, 3) became (120,)``."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ClassScore:
    """How well one class is found, on the rows whose truth is known."""

    label: str
    support: int
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, kw_only=True, slots=True)
class ClassifierScores:
    """A classifier's predictions against the truth."""

    accuracy: float
    classes: tuple[ClassScore, ...]
    confusion: tuple[tuple[int, ...], ...]
    """Rows are true classes, columns predicted ones, both in the order of ``classes``."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RegressorScores:
    """A regressor's predictions against the truth."""

    r2: float
    mean_absolute_error: float
    max_error: float


Scores = ClassifierScores | RegressorScores


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """One pipeline in one format, saved by the writer and loaded by the reader, judged."""

    pipeline: str
    format: str
    writer: str
    """The id of the environment that saved."""
    reader: str
    """The id of the environment that loaded."""
    verdict: Verdict
    artifact: str = ""
    """The sha256 of the file that was loaded; empty if there is none."""
    stage: str = ""
    """Where the verdict was decided: ``load``, or the worst method; empty if all is identical."""
    reason: str = ""
    """For a verdict without an exception: the signal, the limit, what is not to be had."""
    exception: Failure | None = None
    warnings: tuple[WarningSeen, ...] = ()
    silent: bool = False
    """It changes, and nothing was raised and no warning came but the version-mismatch one."""
    outputs: Mapping[str, OutputDifference] = field(default_factory=dict)
    """By method; only those that are not identical."""
    n_identical: int = 0
    """How many further methods were identical."""
    before: Scores | None = None
    """The writer's scores against the truth, for a changed ``predict``."""
    after: Scores | None = None
    """The reader's."""
    retrained: str = ""
    """For a changed cell: what the same pipeline, trained in the reader, predicts, in words."""
    cause: str | None = None
    """The id of a known cause."""
    cached: bool = False


class Detection(str, enum.Enum):
    """Whether a planted fault was found."""

    DETECTED = "detected"
    MISSED = "missed"


@dataclass(frozen=True, kw_only=True)
class Matrix:
    """All cells with their verdicts, and what they stand on.

    ``cells`` may be read any number of times, and may come from disk as it is read: reports
    iterate, and keep no list of them.
    """

    started: datetime
    finished: datetime
    environments: tuple[Environment, ...]
    """In the order of the configuration, ready ones and unavailable ones."""
    pipelines: tuple[Pipeline, ...]
    cells: Iterable[Cell]
    self_check: Mapping[str, Detection] = field(default_factory=dict)
    interrupted: bool = False

    @cached_property
    def counts(self) -> Counter[Verdict]:
        """How many cells have each verdict."""
        return Counter(cell.verdict for cell in self.cells)
