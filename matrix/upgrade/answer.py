"""The question about a model, and its answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from matrix.errors import (
    Exit,
    MatrixError,
    MissingOptionError,
    NoSuchFileError,
    NotAModelError,
)
from matrix.inspection import Inspection
from matrix.model import (
    SCORE_MARGIN,
    Cell,
    Environment,
    EnvSpec,
    Evidence,
    FilePart,
    PassedOver,
    RowChange,
)
from matrix.model.environments import SCIKIT_LEARN
from matrix.sandbox.kinds import Sandbox

ADD_OPTIONS = "Add to this command:"
"""What to do with a line of options."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """Why a model has no answer."""

    message: str
    """The problem, in words."""
    advice: str = ""
    """What to do about it; each line is a paragraph."""
    exit_code: Exit = Exit.CANNOT_TELL
    """``USAGE`` if the request is wrong: no such file, or data that do not fit the model."""
    other: str = ""
    """What the file is, if it is certainly no model; empty if it may be one."""
    paste: tuple[tuple[str, str], ...] = ()
    """Lines that can be pasted whole, each with what to do with it."""
    options: tuple[str, ...] = ()
    """Options that answer it, each with its value; the line of several models has them all."""

    @classmethod
    def of(cls, error: MatrixError) -> Problem:
        """The problem that an error describes; only a missing file is a mistake of usage."""
        if isinstance(error, MissingOptionError):
            return cls(
                message=error.message,
                advice=f"{error.why}.",
                paste=((ADD_OPTIONS, error.option),),
                options=(error.option,),
            )
        usage = isinstance(error, NoSuchFileError)
        code = Exit.USAGE if usage else Exit.CANNOT_TELL
        other = error.other if isinstance(error, NotAModelError) else ""
        return cls(message=error.message, advice=error.advice, exit_code=code, other=other)


@dataclass(frozen=True, kw_only=True, slots=True)
class StatedOrigin:
    """The environment that saved a model, as the folder of the model says it."""

    scikit_learn: str = ""
    """The exact version; empty if unknown."""
    python: str = ""
    """The line of Python, such as ``3.11``; empty if unknown."""
    pins: tuple[str, ...] = ()
    """Exact versions of other packages. They hold where a package is installed anyway."""
    source: str = ""
    """The file that says so: ``requirements.txt``."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ExampleRows:
    """The rows that the folder of a model has as an example of its input."""

    columns: tuple[str, ...]
    """Their names; empty for an array without names."""
    rows: tuple[tuple[str | float | bool | None, ...], ...]
    """Each with one value for each column."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Model:
    """One saved model of the user's, as its file shows it; nothing of it has been run."""

    id: str
    """Its path, as given by the user."""
    path: Path
    inspection: Inspection | None = None
    """The content of its file; None if unknown."""
    problem: Problem | None = None
    notes: tuple[str, ...] = ()
    """Notes about the file itself."""
    part: FilePart = ()
    """Where in the file it is; empty if it is the object in the file."""
    part_kind: str = ""
    """The full name of its class, if it is a part of a file."""
    optional: bool = False
    """Whether it is left out of the answer where it does not work in its origin."""
    packed_as: str = ""
    """The name of its file in the archive or folder that ``path`` is; empty if ``path`` is it."""
    stated: StatedOrigin = StatedOrigin()
    """What its folder says about its origin."""
    types: Mapping[str, str] = field(default_factory=dict)
    """By column, the type that its folder says, as ``--dtypes`` takes it."""
    example: Path | None = None
    """A file of the rows that its folder has as an example, to use if the user gives none."""
    inside: tuple[Model, ...] = ()
    """The models in an object of the user's own class, checked if that is no model itself."""

    @property
    def format(self) -> str:
        """The format that loads it; empty if unknown."""
        return "" if self.inspection is None else self.inspection.container


@dataclass(frozen=True, kw_only=True, slots=True)
class Fallback:
    """A target that was also tried as of its release."""

    today: Environment
    """As the user requested it: its packages do not work together."""
    released: str
    """The id of the environment that was resolved as of the release."""
    replaced: bool
    """Whether only that one is a target, because the other cannot be imported."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PackageLadder:
    """The releases of a library beside scikit-learn to try, while all else stays."""

    package: str
    targets: tuple[EnvSpec, ...]
    impossible: tuple[str, ...] = ()
    """Releases that cannot be installed beside the scikit-learn of the origin, ascending."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Companion:
    """A bad target again with other packages, which show what is responsible."""

    target: str
    """The id of the environment of the bad target."""
    spec: EnvSpec


@dataclass(frozen=True, kw_only=True, slots=True)
class UpgradeQuestion:
    """A model, its origin, and its targets."""

    model: Model
    origin: EnvSpec
    targets: tuple[EnvSpec, ...]
    lines: tuple[EnvSpec, ...] = ()
    """All lines of scikit-learn from which ``targets`` are chosen, in the order of the answer;
    empty if none is left out."""
    fallbacks: tuple[Fallback, ...] = ()
    ladders: tuple[PackageLadder, ...] = ()
    companions: tuple[Companion, ...] = ()
    newer: tuple[EnvSpec, ...] = ()
    """Releases of scikit-learn, with newer libraries than the origin has, which cannot be installed
    there."""

    @property
    def waiting(self) -> tuple[EnvSpec, ...]:
        """The lines that are not run, unless others make it necessary."""
        return tuple(one for one in self.lines if one not in self.targets)

    @property
    def specs(self) -> tuple[EnvSpec, ...]:
        """The origin, and every environment to try, each once."""
        ladders = (spec for ladder in self.ladders for spec in ladder.targets)
        companions = (one.spec for one in self.companions)
        return tuple(
            dict.fromkeys((self.origin, *self.targets, *ladders, *companions, *self.newer))
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class RowCounts:
    """The rows that the outputs of a model are compared on."""

    made: Mapping[str, int] = field(default_factory=dict)
    """The number of rows by kind, in the order of the rows."""
    n: int = 0
    """The number of all rows."""
    digest: str = ""
    """The digest of their content in the store."""
    evidence: Evidence | None = None
    """How much they would notice; None if that was not measured."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """The result for a model in one environment."""

    environment: Environment
    cell: Cell
    worst: tuple[RowChange, ...] = ()
    """The rows of the deciding method that changed most, the worst first."""
    package: str = SCIKIT_LEARN
    """The package whose releases are tried; all others stay."""
    requested: str = ""
    """The text after ``--to``, if the user requested it; empty for a release of a ladder."""

    @property
    def release(self) -> str:
        """The release of that package there."""
        return release_of(self.environment, self.package)


@dataclass(frozen=True, kw_only=True, slots=True)
class LinesNotRun:
    """Lines of scikit-learn between two releases in which the same is wrong."""

    lines: tuple[str, ...]
    """Ascending: ``1.5``, ``1.6``. Nothing is known of them."""
    below: Target
    """The last release below them that was run."""
    above: Target
    """The first release above them that was run."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SafeRange:
    """The range of releases in which a model is safe, according to those that were run."""

    run: tuple[str, ...]
    """The safe releases that were run, without a bad or unknown one between, ascending."""
    first_bad: Target | None = None
    """The first target above the range that is bad or unknown."""
    last_bad: Target | None = None
    """The last such target below the range."""
    origin: str = ""
    """The release that saved the model; one of ``run``."""
    limited: tuple[Target, ...] = ()
    """Those of ``run`` with the same predictions where only ``repr`` or ``get_params`` fails."""
    exact: bool = False
    """Whether no release lies between the highest safe one and the first bad one."""
    package: str = SCIKIT_LEARN
    """The package whose releases these are."""
    held: tuple[str, ...] = ()
    """Requirements of the packages that stayed, and that the range depends on."""

    @property
    def safe(self) -> tuple[str, ...]:
        """Those of ``run`` where nothing fails, ascending."""
        limited = {target.release for target in self.limited}
        return tuple(release for release in self.run if release not in limited)

    @property
    def around(self) -> tuple[str, ...]:
        """The consecutive ones of ``safe`` around the origin; empty if the origin is limited."""
        safe, around = set(self.safe), list[str]()
        for release in self.run:
            if release in safe:
                around.append(release)
            elif self.origin in around:
                break
            else:
                around = []
        return tuple(around) if self.origin in around else ()

    @property
    def highest(self) -> str:
        """The highest safe release."""
        return self.run[-1]

    @property
    def pin(self) -> str:
        """The requirements to pin, such as ``scikit-learn>=1.3.2,<1.8 xgboost==2.0.3``."""
        return " ".join([self._own_pin, *self.held])

    @property
    def _own_pin(self) -> str:
        upper = f"<={self.highest}"
        if self.exact and self.first_bad is not None:
            upper = f"<{short_bound(self.first_bad.release)}"
        elif self.run[0] == self.highest:
            return f"{self.package}=={self.highest}"
        return f"{self.package}>={self.run[0]},{upper}"


@dataclass(frozen=True, kw_only=True, slots=True)
class PackageAnswer:
    """What is known of a model with other releases of a library beside scikit-learn."""

    package: str
    targets: tuple[Target, ...]
    """The origin comes first."""
    range: SafeRange | None = None
    impossible: tuple[str, ...] = ()
    """Releases that cannot be installed beside the scikit-learn of the origin, ascending."""


@dataclass(frozen=True, kw_only=True, slots=True)
class UpgradeAnswer:
    """All that is known of one model."""

    model: Model
    origin: Environment | None = None
    problem: Problem | None = None
    rows: RowCounts = RowCounts()
    targets: tuple[Target, ...] = ()
    """In the order of the question; the origin comes first."""
    not_run: tuple[LinesNotRun, ...] = ()
    """The lines between the targets that were left out."""
    range: SafeRange | None = None
    """None if the targets are not consecutive releases, or the origin itself is not safe."""
    packages: tuple[PackageAnswer, ...] = ()
    """For each known library that the model needs, if no targets were requested."""
    newer: tuple[Target, ...] = ()
    """Releases of scikit-learn, with newer libraries than the origin has, which cannot be installed
    there."""
    companions: Mapping[str, tuple[Target, ...]] = field(default_factory=dict)
    """By the id of the environment of a bad target, the same with newer libraries, or with the
    line of numpy that the origin has."""
    notes: tuple[str, ...] = ()
    sandbox: Sandbox | None = None
    """The sandbox in which the model was loaded; None if it was not loaded."""
    first_gate_only: str = ""
    """Where only the inspection guarded a load, and why; empty if the second gate worked too."""

    @property
    def every_target(self) -> tuple[Target, ...]:
        """The results in all environments, each once; the origin comes first."""
        further = (target for one in self.packages for target in one.targets[1:])
        return (*self.targets, *self.newer, *further)


@dataclass(frozen=True, kw_only=True, slots=True)
class UpgradeResult:
    """The answers of one upgrade check."""

    started: datetime
    finished: datetime
    environments: tuple[Environment, ...]
    answers: tuple[UpgradeAnswer, ...]
    interrupted: bool = False
    """Whether it was ended early; what was not checked is unknown."""
    passed_over: tuple[PassedOver, ...] = ()
    """What was not checked in the given folders, because it is not a model."""
    score_margin: float = SCORE_MARGIN
    """A score that moved by more counts as changed."""
    options: tuple[str, ...] = ()
    """The options that ``migrate`` needs too for these models, as a shell takes them."""


def release_of(environment: Environment, package: str = SCIKIT_LEARN) -> str:
    """The release of a package in an environment, as exactly as it is known; empty if not."""
    if environment.info is not None:
        return environment.info.packages.get(package, "")
    if environment.lock is not None:
        return environment.lock.pins.get(package, "")
    if package != SCIKIT_LEARN:
        named = (Requirement(text) for text in environment.spec.requirements)
        found = next((one for one in named if canonicalize_name(one.name) == package), None)
        return "" if found is None else str(found.specifier).removeprefix("==")
    requested = environment.spec.scikit_learn
    return requested if requested[:1].isdigit() else ""


def short_bound(release: str) -> str:
    """A release as an upper bound: its line where it is the first of it."""
    return release.removesuffix(".0") if release.count(".") == 2 else release
