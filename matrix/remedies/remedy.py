"""What a way out is looked for, and what one is."""

from __future__ import annotations

import enum
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from matrix.engine.inputs import CellInputs
from matrix.errors import CannotTellError
from matrix.model import Artifact, Cell, Environment, Fix, Pipeline, Saving


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """A saved file that is to go from one environment to another, and what is known of it."""

    pipeline: Pipeline
    """What it is called, and the code that its classes may need."""
    saving: Saving
    """What it gives where it comes from, and on which rows: all is compared with that."""
    artifact: Artifact
    writer: Environment
    """Where it comes from."""
    reader: Environment
    """Where it is to go."""
    allowed: tuple[tuple[str, str], ...] | None = None
    """All that the file may look up; None for a file that the run has saved itself."""
    trusted: frozenset[str] = frozenset()
    """Names that the user lets in, beside those that every model may look up."""
    native: Saving | None = None
    """What the reader reports of the same pipeline, trained there; None if unknown."""

    @classmethod
    def of(cls, cell_inputs: CellInputs) -> Subject:
        """The file of a cell of a run.

        Raises:
            CannotTellError: the cell has no file.
        """
        if cell_inputs.artifact is None:
            raise CannotTellError(
                f"{cell_inputs.cell.pipeline} was not saved: there is no file to ask"
            )
        return cls(
            pipeline=cell_inputs.pipeline,
            saving=cell_inputs.saving,
            artifact=cell_inputs.artifact,
            writer=cell_inputs.writer,
            reader=cell_inputs.reader,
            native=cell_inputs.native,
        )

    @property
    def file(self) -> CandidateFile:
        """The file as it is."""
        return CandidateFile(artifact=self.artifact, allowed=self.allowed)


@dataclass(frozen=True, kw_only=True, slots=True)
class ResaveStep:
    """A file was loaded somewhere, what it gave was compared, and it was saved again."""

    environment: Environment
    cell: Cell
    """What was loaded there against what was recorded where it comes from."""
    artifact: Artifact
    """What was saved there."""
    fixes: tuple[Fix, ...] = ()
    """What was set before that."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CandidateFile:
    """A file, and how it came about."""

    artifact: Artifact
    allowed: tuple[tuple[str, str], ...] | None = None
    """As in a Subject."""
    steps: tuple[ResaveStep, ...] = ()
    """From the original to this one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FirstBad:
    """Between which two releases of a package a file stops being safe."""

    package: str
    last_good: str
    first_bad: str
    gap: tuple[str, ...] = ()
    """Releases between the two that could not be asked."""
    exact: bool
    """It is known that nothing else lies between the two."""
    back: bool
    """The bad one is the lower: the file goes to an older release."""
    held: bool = True
    """All else was held; False: each release was asked as its users had it, with other packages."""
    run: Mapping[str, Cell] = field(default_factory=dict)
    """What was run between the ends, ascending by release."""
    environments: Mapping[str, Environment] = field(default_factory=dict)
    """Where, by release; the last good one is among them, if it is not where the file is from."""

    @property
    def words(self) -> str:
        """What was found, in a line, and which releases were run."""
        said = f"first bad: {self.package} {self.first_bad}; {self.last_good} is the last good one"
        if self.back:
            said = f"bad from {self.package} {self.first_bad} down; {self.last_good} is still good"
        if not self.held:
            said += ", each with the packages of its day"
        if self.gap:
            said += f"; between them nobody can tell of {', '.join(self.gap)}"
        elif not self.exact:
            said += "; what lies between them was not run"
        if self.run:
            said += f" (run: {', '.join(self.run)})"
        return said

    @property
    def requirement(self) -> str:
        """What keeps a file safe: ``scikit-learn<1.5`` or ``<=1.4.2``; as far as is known."""
        if self.back:
            return f"{self.package}>={self.last_good}"
        if self.exact and not self.gap:
            return f"{self.package}<{self.first_bad.removesuffix('.0')}"
        return f"{self.package}<={self.last_good}"


class RemedyKind(str, enum.Enum):
    """Kinds of ways out, from cheap to dear."""

    PIN = "pin"
    FIX = "set what is missing"
    EXPORT = "save in another format"
    ROUTE = "save again on the way"
    RETRAIN = "retrain"


@dataclass(frozen=True, kw_only=True, slots=True)
class Remedy:
    """A way out that was run, and compared."""

    way: RemedyKind
    words: str
    """In a line."""
    cell: Cell | None = None
    """The proof: what the file gives in the end, where it is to go; of a pin, at the pin. None for
    ``retrain``, which nobody has run."""
    file: CandidateFile | None = None
    """What is loaded there in the end; None where that is the file as it is, or there is none."""
    reader: Environment | None = None
    """Where the file was loaded in the end; None for the reader that was asked for, as it is."""
    requirement: str = ""
    """Of a pin, what to write: ``scikit-learn<1.5``."""
    by_hand: str = ""
    """How to do the same without this tool; lines of Python and of a shell."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Remedies:
    """All ways out that were found of one file, from cheap to dear."""

    found: tuple[Remedy, ...]
    tried: tuple[str, ...] = ()
    """What was tried and leads nowhere, in words."""
    first_bad: FirstBad | None = None
    """Since when the file is bad; None if that was not looked for, or cannot be told."""

    @property
    def files(self) -> tuple[Remedy, ...]:
        """Those that end with a file that can be loaded where it is to go."""
        return tuple(way for way in self.found if way.file is not None)


@dataclass(kw_only=True)
class Budget:
    """How much may be tried."""

    environments: int = 12
    """So many may be asked as bridges."""
    hops: int = 3
    """So many times a file may be saved again."""
    seconds: float = 900.0
    """Nothing new is begun after that."""
    started: float = field(default_factory=time.monotonic)

    @property
    def over(self) -> bool:
        return time.monotonic() - self.started > self.seconds
