"""The data of traces and diagnoses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from matrix.model import Ending, Failure, Outcome, OutputDifference

NamePath = tuple[str, ...]
"""Path of names from the model to an estimator inside it; empty for the model."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Attribute:
    """An attribute of an estimator."""

    type: str
    """Full name of its class, without ``builtins``."""
    dtype: str = ""
    shape: tuple[int, ...] | None = None
    shown: str = ""
    """The value as a short text; for arrays, the smallest and the largest number."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TracedPart:
    """An estimator in the model, as loaded."""

    path: NamePath
    kind: str
    """Full name of its class."""
    attributes: Mapping[str, Attribute]


@dataclass(frozen=True, kw_only=True, slots=True)
class TracedClass:
    """A class in an environment."""

    parameters: Mapping[str, str]
    """Constructor parameters: by name the default as text, empty without one."""
    uses: frozenset[str] = frozenset()
    """Attributes that its code needs."""
    asks: frozenset[str] = frozenset()
    """Attributes that its code reads only if they exist."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TracedValue:
    """The input or the output of a call."""

    digest: str
    """Digest of its content; empty if it has none."""
    kept: bool = True
    """Whether the content was stored."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TracedCall:
    """One call of an output method of a part."""

    part: TracedPart
    method: str
    depth: int
    """Number of enclosing recorded calls."""
    given: TracedValue
    ended: TracedValue | Failure


@dataclass(frozen=True, kw_only=True, slots=True)
class Trace:
    """The estimators in a file as one environment loads it, and the calls of one method."""

    method: str = ""
    """The traced method; empty if none was traced."""
    parts: tuple[TracedPart, ...] = ()
    """The estimators, the model first, outer ones before inner ones."""
    parts_left_out: int = 0
    kinds: Mapping[str, TracedClass] = field(default_factory=dict)
    calls: tuple[TracedCall, ...] = ()
    """In the order in which they ended."""
    calls_left_out: int = 0
    outcome: Outcome | None = None
    """Outcome of the method while it was traced."""
    untraced: Outcome | None = None
    """Outcome of the method on a fresh load without tracing."""
    load: Failure | None = None
    """What loading raised; None if it loaded."""
    unavailable: str = ""
    """Why the environment cannot trace the file; empty if it can."""
    ending: Ending = Ending.FINISHED
    reason: str = ""
    """Reason of an ending other than ``finished``."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Divergence:
    """The first step that diverges in the reader although its input is equal."""

    path: NamePath
    kind: str
    method: str
    difference: OutputDifference | None = None
    """How its output differs; None if it raises."""
    failure: Failure | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class StateChange:
    """An attribute that differs between two sides."""

    path: NamePath
    kind: str
    name: str
    before: Attribute | None
    """As the writer loads it, or as the file has it; None if it does not exist."""
    after: Attribute | None
    """As the reader loads it, or as the native model has it; None if it does not exist."""
    read: bool = False
    """Whether the reader's code reads it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Orphan:
    """A parameter that the file has and the reader's class no longer has."""

    path: NamePath
    kind: str
    name: str
    value: str
    by_default: bool = False
    """Whether its value is the default of the writer's class."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Missing:
    """A parameter or attribute that the reader's class uses and the file lacks."""

    path: NamePath
    kind: str
    name: str
    parameter: bool
    """True for a parameter, False for an attribute."""
    default: str = ""
    """Default of a parameter in the reader."""
    needed: bool = True
    """Whether an output method needs it; else the code reads it only if it exists or, for a
    parameter, only to display or clone the estimator."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Holder:
    """An attribute or estimator in the file whose class a load failure names."""

    path: NamePath
    kind: str
    name: str
    """The attribute; empty if it is the estimator itself."""
    type: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Diagnosis:
    """The first step that diverges in a reader, and the differences in the state of the file."""

    first: Divergence | None = None
    states: tuple[StateChange, ...] = ()
    """Differences between the file in the writer and in the reader."""
    own: tuple[StateChange, ...] = ()
    """Differences between the file and the same pipeline trained in the reader."""
    orphans: tuple[Orphan, ...] = ()
    missing: tuple[Missing, ...] = ()
    unread: tuple[StateChange, ...] = ()
    """Attributes that the writer's code reads and the reader's code does not."""
    holders: tuple[Holder, ...] = ()
    notes: tuple[str, ...] = ()
    """What could not be traced, and other remarks, in words."""
