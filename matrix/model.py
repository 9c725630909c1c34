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
class FileLine:
    """A line of a file of the user's."""

    file: Path
    line: int
    """Counted from 1."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EnvSpec:
    """An environment that is wanted."""

    id: str
    """Unique, made by the catalog, never split again: ``sklearn-1.3``, ``sklearn-0.24-py3.7``."""
    label: str
    """A short name for tables: ``1.3``, ``0.24 py3.7``."""
    scikit_learn: str
    """``1.3`` (the last patch of that line), ``1.3.0`` (that release), ``latest``, ``pre-release``
    (the newest, though it be no final one), or a specifier such as ``>=1.5,<1.7``: the newest
    release that fits with all the rest."""
    python: str = "newest"
    """``newest`` or ``oldest`` on this machine that has wheels, a version such as ``3.9``, or a
    specifier."""
    requirements: tuple[str, ...] = ()
    """Further requirements, in the syntax of PEP 508: ``pandas``, ``numpy==1.26.*``."""
    constraints: tuple[str, ...] = ()
    """Requirements that ask for nothing, but hold where something else brings the package."""
    as_of: str = "release"
    """``release`` (as its users had it, a few weeks after), ``today``, or a date ``2024-05-31``."""
    like: str | None = None
    """The id of the environment that this one equals in all that is not said here."""
    place: FileLine | None = field(default=None, compare=False)
    """Where a requirements file names its scikit-learn; it is the same environment elsewhere."""


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


class UnavailableReason(str, enum.Enum):
    """Kinds of reasons why an environment is unavailable."""

    NO_VERSION = "no such version"
    NO_WHEEL = "no wheel"
    CONFLICT = "conflict"
    CONTRADICTION = "contradiction"
    """Of the requirements themselves, whatever the packages depend on and whatever the Python."""
    NO_INTERPRETER = "no interpreter"
    OUT_OF_REACH = "registry out of reach"
    NOT_CACHED = "offline"
    DIFFERS = "not what was asked for"
    NO_IMPORT = "does not import"
    NO_ANSWER = "does not answer"
    """Its interpreter was killed, or took too long: that may have been the machine's doing."""
    """Its packages were installed, and do not even import together."""
    OTHER = "cannot be built"


@dataclass(frozen=True, kw_only=True, slots=True)
class Environment:
    """What became of an EnvSpec: ready, with its lock and info, or unavailable, with the reason."""

    spec: EnvSpec
    lock: Lock | None = None
    info: EnvInfo | None = None
    reason: str = ""
    """Why it is unavailable, in words; empty when ready."""
    why: UnavailableReason | None = None
    """The kind of that reason; None when ready."""

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
    """Where it ended early: ``build``, ``fit``, ``save``, ``rows``, ``use``; of a model that was
    saved elsewhere, ``load``; else empty."""
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
    estimators: tuple[str, ...] = ()
    """Full names of the classes of the model and of the estimators in it; its own comes first."""
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


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelReference:
    """What a model that was saved elsewhere does where it comes from, and on which rows."""

    saving: Saving
    """The reference that readers are compared with; its one artifact is the model's file."""
    mistake: str = ""
    """In words for the user, what is wrong with the data, or why there are no rows; else empty."""
    made: Mapping[str, int] = field(default_factory=dict)
    """How many rows there are of each kind, in words, in the order of the rows."""
    dropped: Mapping[str, int] = field(default_factory=dict)
    """How many rows of each kind were made and left out, since the model does not take them."""
    n_rows: int = 0
    features: tuple[str, ...] | None = None
    """The names of the columns that the model was fitted on, if they had names."""
    repeats: Mapping[str, Outcome] = field(default_factory=dict)
    """Outputs of a second fresh load that differ from the first: the model is unstable itself."""
    expected: Mapping[str, int | None] = field(default_factory=dict)
    """By method, in how many rows the outputs that were given differ from what the model returns
    where it comes from; None if they have another shape. These outputs are in ``saving``."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Fix:
    """Something to set in a model before it is saved again."""

    path: tuple[str | int, ...]
    """Where: a text is an attribute or the key of a dict, a number a position; empty for the model
    itself: ``("steps", 1, 1)``."""
    name: str
    """Of the attribute."""
    value: object = None
    """Plain JSON."""
    of: str = ""
    """Another attribute of the same thing that it is taken from, in place of a value: ``scale_``,
    or ``_idf_diag.diagonal()``."""
    named: bool = False
    """The path is the names by which a diagnosis leads to a part: ``("ridge",)``."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Resaving:
    """What an environment reports of a file that it loaded and saved again."""

    ending: Ending = Ending.FINISHED
    problem: str = ""
    """Why there is no file, in words, where nothing was raised; empty if there is one."""
    stage: str = ""
    """Where it was raised: ``load`` or ``mend``; else empty."""
    failure: Failure | None = None
    artifacts: Mapping[str, Artifact | Failure | str] = field(default_factory=dict)
    """By format, as in a Saving."""
    lacking: tuple[Fix, ...] = ()
    """What the classes of the model take there, and it has not, at their default."""


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
class RowChange:
    """What one row gave before and after, in words."""

    row: int
    """Counted from 0."""
    before: str
    after: str


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
    """The id of what it comes from, known or not, if it is not safe and that can be told."""
    cached: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelAnswer:
    """What an upgrade check says of one saved model; its cells are the evidence."""

    model: str
    """The id of its pipeline."""
    sha256: str
    """Of its file; empty if that could not be read."""
    origin: str
    """The id of the environment that it comes from; empty if that is not known."""
    group: Group
    """The worst of its targets; unknown if nothing can be told."""
    answer: str
    """In a line of words."""
    problem: str = ""
    """Why nothing can be told; empty if something can."""
    pin: str = ""
    """The requirement to write; empty if none can be advised."""
    safe: tuple[str, ...] = ()
    """The releases that were run and are safe without a gap, ascending."""
    first_bad: str = ""
    """The first release above these that is not safe, or is not known to be; empty if none."""
    rows: Mapping[str, int] = field(default_factory=dict)
    """How many rows of which kind it stands on."""
    worst: Mapping[str, tuple[RowChange, ...]] = field(default_factory=dict)
    """By environment, the rows that changed most."""
    sandbox: str = ""
    """What held it while it was asked, and what that holds, in words; empty if it was not asked."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ExplanationPoint:
    """One thing that a story tells."""

    heading: str
    """In a word or two: ``Why``, ``Since``, ``Where``."""
    lines: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Explanation:
    """Why a cell is as it is, and what to do, as far as that was found out."""

    pipeline: str
    format: str
    writer: str
    reader: str
    answer: str
    """In a line."""
    points: tuple[ExplanationPoint, ...] = ()


class Detection(str, enum.Enum):
    """Whether a planted fault was found."""

    DETECTED = "detected"
    MISSED = "missed"


# --------------------------------------------------------------------------- against what is known


class Status(str, enum.Enum):
    """What a cell that is not safe, or was not, is against what was known before."""

    NEW = "new"
    """It is not safe, and was not known not to be."""
    WORSE = "worse"
    """It was known not to be safe, and is further down the list of verdicts; or it failed, and
    silently gives something else now."""
    FIXED = "fixed"
    """It was known not to be safe, and is."""
    STILL = "still"
    """It is as it was known, or less bad, or accepted."""
    GONE = "gone"
    """It was known to be bad, and cannot be told any more, or is not there."""

    @property
    def fails(self) -> bool:
        """Whether a gate is to stop at it."""
        return self in (Status.NEW, Status.WORSE)


@dataclass(frozen=True, kw_only=True, slots=True)
class PairBlock:
    """Pairs of environments: each of the writers with each of the readers."""

    writers: tuple[str, ...]
    readers: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.writers) * len(self.readers)


@dataclass(frozen=True, kw_only=True, slots=True)
class CellChange:
    """Cells of one pipeline and format that all became the same from the same."""

    status: Status
    pipeline: str
    format: str
    was: Verdict | None
    """None: it was not known, so it was safe or not there."""
    now: Verdict | None
    """None: it is not there."""
    blocks: tuple[PairBlock, ...]

    @property
    def cells(self) -> int:
        return sum(map(len, self.blocks))


@dataclass(frozen=True, kw_only=True, slots=True)
class Acceptance:
    """Cells that someone accepts as they are, until a day; each glob is over ids."""

    reason: str
    until: date
    """The last day that it holds."""
    pipelines: str = "*"
    formats: str = "*"
    writers: str = "*"
    readers: str = "*"
    verdicts: str = "*"


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """A result against what was known before it."""

    against: str
    """The file that says so."""
    full: bool
    """False where only a part was run: then what is not there is not counted as gone."""
    counts: Mapping[Status, int]
    changes: tuple[CellChange, ...] = ()
    """All but those that are still as they were; the statuses in order, then by pipeline."""
    expired: tuple[Acceptance, ...] = ()
    """Those that hold no longer; of a part, only those that would have covered a cell."""
    stale: tuple[Acceptance, ...] = ()
    """Those that cover no cell any more; only a full run can tell."""

    @property
    def fails(self) -> bool:
        return any(count for status, count in self.counts.items() if status.fails)


@dataclass(frozen=True, kw_only=True, slots=True)
class Shard:
    """Which part of a plan a result is: the cells of every n-th reader."""

    index: int
    """Counted from 1."""
    count: int
    plan: str = ""
    """Digest of the whole plan: shards of one plan have the same."""

    def __str__(self) -> str:
        return f"{self.index}/{self.count}"

    def has(self, position: int) -> bool:
        """Whether the reader at a position, counted from 0, belongs to it."""
        return position % self.count == self.index - 1


# --------------------------------------------------------------------------- matrix


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
    answers: tuple[ModelAnswer, ...] = ()
    """Of an upgrade check, one a model; empty for the matrix of reference pipelines."""
    whole: bool = True
    """False if only some environments, pipelines or formats of the set were asked for."""
    shard: Shard | None = None
    """The part that this is; None if it has the cells of all readers."""
    comparison: Comparison | None = None
    """With what was known before; None if that was not asked for."""
    stories: tuple[Explanation, ...] = ()
    """Of the cells that somebody has asked ``explain`` for."""

    @cached_property
    def counts(self) -> Counter[Verdict]:
        """How many cells have each verdict."""
        return Counter(cell.verdict for cell in self.cells)
