"""What the machine comes upon while it reads."""

from __future__ import annotations

import re

from matrix.inspection.arrays import COMPANIONS
from matrix.inspection.read_errors import TooMuchError
from matrix.inspection.result import InspectionLimits, Name, Note
from matrix.inspection.stand_ins import Dict, Global, Object

_VERSION_KEY = re.compile(r"_([A-Za-z][A-Za-z0-9]*)_version|__version__")
_VERSION = re.compile(r"\d[A-Za-z0-9.+!_-]{0,40}")
_PACKAGES = {"sklearn": "scikit-learn"}
_MOST_NAMES = 10_000
_MOST_VERSIONS = 20


class Findings:
    """Names, versions and oddities, collected in the order they come."""

    def __init__(self, limits: InspectionLimits) -> None:
        self.protocol = 0
        self.python_2 = False
        self.kept = 0
        """Bytes of longer texts that are held."""
        self.arrays = 0
        """How many of joblib's arrays lay in the stream."""
        self.joblib = ""
        self._left = limits.operations
        self._limit = limits.operations
        self._globals: dict[tuple[str, str], Global] = {}
        self._called: set[tuple[str, str]] = set()
        self._versions: dict[str, set[str]] = {}
        self._notes: dict[str, str] = {}

    def step(self, weight: int = 1) -> None:
        """One more instruction, or what costs as much as several.

        Raises:
            TooMuchError: one too many.
        """
        self._left -= weight
        if self._left < 0:
            raise TooMuchError(
                f"has more than {self._limit:,} instructions, and was not read further",
                advice="No model known here comes near that.",
            )

    def look_up(self, module: str, qualname: str) -> Global:
        """The one stand-in for a name."""
        pair = module, qualname
        found = self._globals.get(pair)
        if found is None:
            if len(self._globals) >= _MOST_NAMES:
                raise TooMuchError(f"looks up more than {_MOST_NAMES:,} names")
            found = self._globals[pair] = Global(module, qualname)
        return found

    def called(self, maker: Global) -> None:
        """Something is called, or an object made of it."""
        self._called.add(maker.pair)

    def built(self, target: Object) -> None:
        """An object has got its state: what it says of versions is taken down."""
        if not isinstance(target.maker, Global):
            return
        if target.maker.pair in COMPANIONS:
            self.joblib = "before 0.10"
            self.note("companion-files", "its arrays lie in other files beside it")
        if isinstance(target.state, Dict):
            own = target.maker.module.partition(".")[0]
            for key, value in target.state.pairs():
                self._version(own, key, value)

    def _version(self, own: str, key: object, value: object) -> None:
        if type(key) is not str or not key.endswith(("version", "__")):
            return
        match = _VERSION_KEY.fullmatch(key)
        if match:
            self.version(match[1] or own, value)

    def version(self, package: str, value: object) -> None:
        """What a file says of the version of a package; nothing if it is none."""
        if type(value) is str and _VERSION.fullmatch(value):
            known = self._versions.setdefault(_PACKAGES.get(package, package), set())
            if len(known) < _MOST_VERSIONS and len(self._versions) < _MOST_VERSIONS:
                known.add(value)

    def note(self, code: str, text: str) -> None:
        """Something odd; only the first of a kind is told."""
        self._notes.setdefault(code, text)

    @property
    def names(self) -> tuple[Name, ...]:
        """All that is looked up."""
        return tuple(sorted(Name(*pair) for pair in self._globals))

    def is_called(self, name: Name) -> bool:
        """Whether it is called, rather than only referred to."""
        return (name.module, name.qualname) in self._called

    @property
    def versions(self) -> dict[str, tuple[str, ...]]:
        """By package."""
        return {name: tuple(sorted(self._versions[name])) for name in sorted(self._versions)}

    @property
    def notes(self) -> tuple[Note, ...]:
        """In the order they came."""
        return tuple(Note(code, text) for code, text in self._notes.items())
