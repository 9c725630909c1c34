"""The file that remedies are searched for, and the remedies found."""

from __future__ import annotations

import enum
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from matrix.engine.inputs import CellInputs
from matrix.errors import CannotTellError
from matrix.model import AppliedConversion, Artifact, Cell, Environment, Fix, Pipeline, Saving


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """A saved file that another environment is to load, and what is known of it."""

    pipeline: Pipeline
    """Its name, and the code that its classes may need."""
    saving: Saving
    """The reference: the outputs that the writer recorded, and their rows."""
    artifact: Artifact
    writer: Environment
    """The environment that saved it."""
    reader: Environment
    """The environment that is to load it."""
    allowed: tuple[tuple[str, str], ...] | None = None
    """All names that the file may look up; None for a file that the run has saved itself."""
    trusted: frozenset[str] = frozenset()
    """Names that the user trusts, beside those that every model may look up."""
    native: Saving | None = None
    """The outputs of the same pipeline trained in the reader; None if unknown."""
    others: tuple[Subject, ...] = ()
    """What else the same file holds, and must be the same too: other models, and plain data."""

    @classmethod
    def of(cls, inputs: CellInputs) -> Subject:
        """The file of a cell of a run.

        Raises:
            CannotTellError: the cell has no file.
        """
        if inputs.artifact is None:
            raise CannotTellError(f"{inputs.cell.pipeline} was not saved: there is no file to load")
        return cls(
            pipeline=inputs.pipeline,
            saving=inputs.saving,
            artifact=inputs.artifact,
            writer=inputs.writer,
            reader=inputs.reader,
            native=inputs.native,
        )

    @property
    def file(self) -> CandidateFile:
        """The file as it is."""
        return CandidateFile(artifact=self.artifact, allowed=self.allowed)


@dataclass(frozen=True, kw_only=True, slots=True)
class ResaveStep:
    """A file was loaded in an environment, compared with the reference, and saved again there."""

    environment: Environment
    cell: Cell
    """The comparison of the loaded file with the reference."""
    artifact: Artifact
    """The file that was saved there."""
    fixes: tuple[Fix, ...] = ()
    """What was set before saving."""
    converted: tuple[AppliedConversion, ...] = ()
    """What was converted after it was loaded."""
    stand_ins: bool = False
    """Whether it was loaded with stand-ins for what the release of the environment lacks; they may
    be all that it needed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CandidateFile:
    """A file, and the steps that made it."""

    artifact: Artifact
    allowed: tuple[tuple[str, str], ...] | None = None
    """As in a Subject."""
    steps: tuple[ResaveStep, ...] = ()
    """From the original to this one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FirstBad:
    """The two releases of a package between which a file stops being safe."""

    package: str
    last_good: str
    first_bad: str
    gap: tuple[str, ...] = ()
    """Releases between the two that could not be tested."""
    exact: bool
    """Whether all releases between the two are known."""
    back: bool
    """The bad one is the lower: the reader has an older release than the writer."""
    held: bool = True
    """Whether all other packages stayed fixed; False: each release had the packages of its time."""
    run: Mapping[str, Cell] = field(default_factory=dict)
    """The cells of the releases that were run between the ends, ascending by release."""
    environments: Mapping[str, Environment] = field(default_factory=dict)
    """Their environments, by release; with the last good one, if it is not the writer."""

    @property
    def words(self) -> str:
        """The result in one line, with the releases that were run."""
        text = f"first bad: {self.package} {self.first_bad}; {self.last_good} is the last good one"
        if self.back:
            text = f"bad from {self.package} {self.first_bad} down; {self.last_good} is still good"
        if not self.held:
            text += ", each with the packages of its time"
        if self.gap:
            text += f"; unknown between them: {', '.join(self.gap)}"
        elif not self.exact:
            text += "; releases between them were not run"
        if self.run:
            text += f" (run: {', '.join(self.run)})"
        return text

    @property
    def requirement(self) -> str:
        """The requirement that keeps a file safe: ``scikit-learn<1.5`` or ``<=1.4.2``."""
        if self.back:
            return f"{self.package}>={self.last_good}"
        if self.exact and not self.gap:
            return f"{self.package}<{self.first_bad.removesuffix('.0')}"
        return f"{self.package}<={self.last_good}"


class RemedyKind(str, enum.Enum):
    """Kinds of remedies, cheapest first."""

    PIN = "pin"
    CONVERSION = "convert the fitted state"
    FIX = "set what is missing"
    EXPORT = "save in another format"
    ROUTE = "save again on the way"
    BY_VALUE = "save with its own code inside"
    RETRAIN = "retrain"


@dataclass(frozen=True, kw_only=True, slots=True)
class Remedy:
    """A remedy that was run, and verified."""

    kind: RemedyKind
    words: str
    """In one line."""
    cell: Cell | None = None
    """The verification: the cell of the final file in the target, or of the file at a pin. None for
    ``retrain``, which is not run."""
    parts: tuple[Cell, ...] = ()
    """Of a file with several models the cell of each part, in the order of the subject and its
    others; ``cell`` is the worst. Empty for a file with one model."""
    file: CandidateFile | None = None
    """The file to load in the target; None if that is the original, or there is none."""
    reader: Environment | None = None
    """The environment that loaded the file; None for the requested reader as it is."""
    requirement: str = ""
    """The requirement of a pin: ``scikit-learn<1.5``."""
    by_hand: str = ""
    """How to do the same without this tool, as lines of Python and of a shell."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PartialConversion:
    """A conversion that keeps some outputs, and changes others."""

    file: CandidateFile
    cell: Cell
    """Of the file in the target."""
    same: tuple[str, ...]
    """The methods whose outputs are the same."""
    different: tuple[str, ...]
    """The other methods that returned something in the origin."""

    @property
    def words(self) -> str:
        """What is the same and what is not, with the option that accepts it."""
        kept = ",".join(self.same)
        what = [f"{name} ({self.cell.verdict_of(name).value})" for name in self.different]
        return (
            f"closest: {how_made(self.file)}: {', '.join(self.same)} the same as before, not "
            f"{', '.join(what)}; to need no more than these, add --methods {kept}"
        )


def how_made(file: CandidateFile) -> str:
    """The steps of a file in words."""
    if not file.steps:
        return "the file as it is"
    steps = []
    for step in file.steps:
        names = dict.fromkeys(fix.name for fix in step.fixes)
        what = f" with {', '.join(names)} set" if names else ""
        how = "converted" if step.stand_ins else "saved again"
        steps.append(f"{how} in {step.environment.spec.label}{what}")
    return ", then ".join(steps)


@dataclass(frozen=True, kw_only=True, slots=True)
class Remedies:
    """All remedies that were found for one file, cheapest first."""

    found: tuple[Remedy, ...]
    tried: tuple[str, ...] = ()
    """What was tried without success, in words."""
    first_bad: FirstBad | None = None
    """The first bad release; None if it was not searched for, or is unknown."""
    closest: PartialConversion | None = None
    """Of a search without a file: the conversion that keeps most outputs; None if none does."""
    interrupted: bool = False
    """Whether the user ended the search: these are the remedies so far."""

    @property
    def files(self) -> tuple[Remedy, ...]:
        """The remedies with a file that can be loaded in the target."""
        return tuple(remedy for remedy in self.found if remedy.file is not None)


NOT_IN_TIME = "not tried in the time for this search"


@dataclass(kw_only=True)
class Budget:
    """How much may be tried."""

    environments: int = 12
    """How many environments may serve as bridges."""
    hops: int = 3
    """How many times a file may be saved again."""
    seconds: float = 900.0
    """Nothing new starts after this time."""
    started: float = field(default_factory=time.monotonic)

    @property
    def over(self) -> bool:
        return self.left <= 0

    @property
    def left(self) -> float:
        """The seconds that are left."""
        return self.seconds - (time.monotonic() - self.started)

    def step(self, share: float) -> Budget:
        """The budget of one step: at most a share of all seconds, and no more than are left."""
        return Budget(
            environments=self.environments,
            hops=self.hops,
            seconds=min(share * self.seconds, self.left),
        )
