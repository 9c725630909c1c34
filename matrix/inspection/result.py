"""What is known of a saved file that nobody has loaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

MB = 1024 * 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class InspectionLimits:
    """How much a file may cost before it is refused."""

    file: int = 16 * 1024 * MB
    """Bytes on disk."""
    unpacked: int = 4 * 1024 * MB
    """Bytes that a compressed file may become."""
    operations: int = 50_000_000
    """Instructions of the pickle."""
    memory: int = 2 * 1024 * MB
    """Bytes that the process that reads may use, where the system can limit them."""
    seconds: float = 120.0
    """How long that process may take."""
    answer: int = 16 * MB
    """Bytes of its answer."""


@dataclass(frozen=True, order=True, slots=True)
class Name:
    """Something that is looked up while loading: ``getattr(module, qualname)``."""

    module: str
    qualname: str

    def __str__(self) -> str:
        return f"{self.module}.{self.qualname}"


@dataclass(frozen=True, order=True, slots=True)
class Note:
    """Something odd about a file."""

    code: str
    """For programs, such as ``python-2``; see ``docs/inspect.md`` for all of them."""
    text: str
    """For people."""


@dataclass(frozen=True, order=True, slots=True)
class Code:
    """A name in the file that stands for code rather than data."""

    name: str
    why: str
    """``script``, ``inside``, ``called``, ``function`` or ``package``; see :data:`WHY`."""


WHY: Mapping[str, str] = {
    "script": "defined in the script or notebook that saved it",
    "inside": "code that the file itself holds",
    "called": "called while loading",
    "function": "a function that the model refers to",
    "package": "of a package beside scikit-learn, or the user's own",
}
"""What the reasons of :class:`Code` mean."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelNode:
    """An estimator, or what else stands at the top of a file; every text in it is short."""

    name: str = ""
    """Of the step or attribute that holds it; the root has none."""
    kind: str
    """Its class, with the module."""
    version: str = ""
    """The scikit-learn that saved it, if the state says so."""
    count: int = 1
    """How many of this class stand there; the first is what is shown."""
    columns: str = ""
    """Those that a ``ColumnTransformer`` gives it."""
    params: Mapping[str, str] = field(default_factory=dict)
    """Parameters of the constructor."""
    fitted: Mapping[str, str] = field(default_factory=dict)
    """All other attributes: ``float64 (100, 4)``, ``dict of 3``, ``'str'``."""
    children: tuple[ModelNode, ...] = ()
    """Estimators inside."""
    hidden: int = 0
    """Attributes and children that were left out, because there are too many."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Inspection:
    """All that a saved file tells without being loaded."""

    path: Path
    size: int
    """In bytes."""
    sha256: str
    container: str
    """``skops``; ``joblib`` if only joblib loads it (arrays in the stream, or compressed); else
    ``pickle``."""
    compression: str = ""
    """``zlib``, ``gzip``, ``bz2``, ``xz``, ``lzma`` or ``lz4``; empty if there is none."""
    protocol: int
    """Of the pickle, the highest that is declared or needed; of a skops file, its own."""
    joblib: str = ""
    """Which joblib wrote it, as far as the layout of its arrays tells."""
    numpy: str = ""
    """``1`` or ``2``, by the names of numpy's modules; empty if no name tells."""
    python: str = ""
    """The lowest Python that can load it, such as ``3.8``."""
    versions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Of packages, as the states of objects tell: parts of a model may differ."""
    modules: tuple[str, ...] = ()
    """Top-level modules beside the standard library that must be there to load it."""
    names: tuple[Name, ...] = ()
    """Everything that is looked up while loading, as it is looked up by Python 3."""
    code: tuple[Code, ...] = ()
    """Names that stand for more than plain data."""
    notes: tuple[Note, ...] = ()
    """What is odd."""
    root: ModelNode
