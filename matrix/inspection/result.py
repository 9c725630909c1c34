"""The result of inspecting a saved file without loading it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from matrix.inspection.portable import PortableModel

MB = 1024 * 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class InspectionLimits:
    """Limits beyond which a file is refused."""

    file: int = 16 * 1024 * MB
    """Bytes of the file."""
    setting: str = ""
    """How to change that limit, for the message."""
    unpacked: int = 4 * 1024 * MB
    """Bytes after decompression."""
    operations: int = 50_000_000
    """Opcodes of the pickle."""
    memory: int = 2 * 1024 * MB
    """Bytes of address space of the reading process, where the system can limit it."""
    seconds: float = 120.0
    """Duration of the reading process."""
    answer: int = 16 * MB
    """Bytes of its result."""


@dataclass(frozen=True, order=True, slots=True)
class Name:
    """A name that is looked up while loading: ``qualname`` in ``module``."""

    module: str
    qualname: str

    def __str__(self) -> str:
        return f"{self.module}.{self.qualname}"


@dataclass(frozen=True, order=True, slots=True)
class Note:
    """A remarkable property of a file."""

    code: str
    """Stable identifier, such as ``python-2``; ``docs/inspect.md`` lists all of them."""
    text: str
    """The same in words."""


@dataclass(frozen=True, order=True, slots=True)
class Code:
    """A name in the file that refers to code instead of data."""

    name: str
    why: str
    """``script``, ``inside``, ``called``, ``function`` or ``package``; see :data:`WHY`."""


WHY: Mapping[str, str] = {
    "script": "defined in the script or notebook that saved it",
    "inside": "code stored in the file itself",
    "called": "called while loading",
    "function": "a function that the model refers to",
    "package": "from a package other than scikit-learn, or your own",
}
"""The values of :attr:`Code.why` in words."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelNode:
    """An estimator, or the root object of a file; all texts in it are cut to a short length."""

    name: str = ""
    """Name of the step or attribute that holds it; empty for the root."""
    kind: str
    """Full name of its class."""
    version: str = ""
    """Release of scikit-learn that saved it; empty if its state does not say."""
    count: int = 1
    """Number of estimators of this class in a list; the first is described."""
    columns: str = ""
    """Columns that a ``ColumnTransformer`` gives it."""
    params: Mapping[str, str] = field(default_factory=dict)
    """Parameters of the constructor."""
    fitted: Mapping[str, str] = field(default_factory=dict)
    """Descriptions of all other attributes: ``float64 (100, 4)``, ``dict of 3``, ``'str'``."""
    children: tuple[ModelNode, ...] = ()
    """Estimators inside."""
    hidden: int = 0
    """Number of attributes and children left out because there are too many."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One step from a container to a value in it."""

    kind: str
    """``key`` of a dictionary, ``index`` of a sequence (or a number as a key), ``attribute``."""
    name: str = ""
    """The key or attribute."""
    number: int = 0
    """The index."""

    def __str__(self) -> str:
        if self.kind == "attribute":
            return f".{self.name}"
        return f"[{self.number}]" if self.kind == "index" else f'["{self.name}"]'


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """A model in a file that holds several objects."""

    path: tuple[Step, ...]
    kind: str
    """Full name of its class."""

    def __str__(self) -> str:
        return "".join(map(str, self.path))


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnObject:
    """An object of the user's own class that holds models, and may be no model itself."""

    path: tuple[Step, ...]
    """Of the object; those of the other fields begin with it."""
    kind: str
    """Full name of its class."""
    models: tuple[Part, ...]
    values: tuple[tuple[Step, ...], ...]
    together: tuple[tuple[Part, ...], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Bundle:
    """The models in a file whose object is not certainly a model itself; empty if it is one."""

    models: tuple[Part, ...] = ()
    values: tuple[tuple[Step, ...], ...] = ()
    """The paths of everything else."""
    together: tuple[tuple[Part, ...], ...] = ()
    """Transformers and a predictor, the last, that may have been used one after another."""
    of: str = ""
    """The kind of the object that holds them: ``dict``."""
    own: tuple[OwnObject, ...] = ()
    """Those of ``models`` that are of the user's own classes, with the models in them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Inspection:
    """What is known about a saved file without loading it."""

    path: Path
    size: int
    """In bytes."""
    sha256: str
    container: str
    """``onnx``; ``pmml``; ``torch``; ``keras``; ``skops``; ``joblib`` if only joblib loads it
    (arrays in the stream, or compressed); else ``pickle``."""
    compression: str = ""
    """``zlib``, ``gzip``, ``bz2``, ``xz``, ``lzma`` or ``lz4``; empty if there is none."""
    protocol: int
    """Protocol of the pickle (the highest declared or needed), or of the skops file."""
    joblib: str = ""
    """Releases of joblib that write arrays in this layout; empty if there are no such arrays."""
    numpy: str = ""
    """Major version of numpy, from the names of its modules: ``1``, ``2``, or empty if unknown."""
    python: str = ""
    """The lowest Python that can load it, such as ``3.8``."""
    versions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By package, the versions in the states of objects; parts of a model may differ."""
    bounds: Mapping[str, str] = field(default_factory=dict)
    """By package whose version is unknown, a specifier of those that write such a file; by runtime,
    of those that run it."""
    companions: tuple[str, ...] = ()
    """Names of files beside it that joblib before 0.10 put arrays into, and that were not read."""
    modules: tuple[str, ...] = ()
    """Top-level modules outside the standard library that loading imports."""
    names: tuple[Name, ...] = ()
    """All names that Python 3 looks up while loading."""
    exact: tuple[Name, ...] = ()
    """Those of :mod:`matrix.inspection.exact_calls` that it uses only in exact calls."""
    targets: tuple[Name, ...] = ()
    """The functions that it binds arguments to with ``functools.partial``."""
    code: tuple[Code, ...] = ()
    """Names that refer to code instead of data."""
    notes: tuple[Note, ...] = ()
    columns: tuple[str, ...] = ()
    """Names of the columns that the model was fitted on; empty if the file does not show them."""
    root: ModelNode
    bundle: Bundle = Bundle()
    """The models in it, if its object is not a model."""
    portable: PortableModel | None = None
    """What a model in ONNX or PMML shows, which no pickle is; None for other files."""
