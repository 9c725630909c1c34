"""Collects names, versions and notes while a file is read."""

from __future__ import annotations

import re

from matrix.frameworks import BY_MODULE, Framework
from matrix.inspection.arrays import COMPANIONS
from matrix.inspection.exact_calls import RESTRICTED
from matrix.inspection.read_errors import TooMuchError
from matrix.inspection.result import InspectionLimits, Name, Note
from matrix.inspection.stand_ins import Dict, Global, Object, excerpt_of
from matrix.worker.compat_worker import packed_files

_VERSION_KEY = re.compile(r"_([A-Za-z][A-Za-z0-9]*)_version|__version__")
_VERSION = re.compile(r"\d[A-Za-z0-9.+!_-]{0,40}")
_PACKAGES = {"sklearn": "scikit-learn"}
_MOST_NAMES = 10_000
_MOST_VERSIONS = 20
_MOST_COMPANIONS = 100_000


class Findings:
    """The names, versions and notes of one file, and the count of its opcodes."""

    def __init__(self, limits: InspectionLimits) -> None:
        self.protocol = 0
        self.python_2 = False
        self.kept = 0
        """Bytes of longer strings in memory."""
        self.arrays = 0
        """Number of arrays that joblib wrote into the stream."""
        self.joblib = ""
        self.companions: set[str] = set()
        """Names of files beside it with its arrays, which were not read."""
        self._left = limits.operations
        self._limit = limits.operations
        self._globals: dict[tuple[str, str], Global] = {}
        self._called: set[tuple[str, str]] = set()
        self._unused: dict[tuple[str, str], int] = {}
        """By restricted name, how often the file got it and has not called it exactly."""
        self._misused: set[tuple[str, str]] = set()
        self._targets: set[tuple[str, str]] = set()
        self._versions: dict[str, set[str]] = {}
        self._bounds: dict[str, set[str]] = {}
        self._notes: dict[str, str] = {}

    def count(self, weight: int = 1) -> None:
        """Count an opcode, or work that costs as much as ``weight`` opcodes.

        Raises:
            TooMuchError: the limit is exceeded.
        """
        self._left -= weight
        if self._left < 0:
            raise TooMuchError(
                f"has more than {self._limit:,} opcodes, the limit; reading stopped there",
                advice="Known models have far fewer. Save a smaller model.",
            )

    def look_up(self, module: str, qualname: str) -> Global:
        """The stand-in for a name; the same one each time.

        Raises:
            TooMuchError: the file has too many names.
        """
        pair = module, qualname
        found = self._globals.get(pair)
        if found is None:
            if len(self._globals) >= _MOST_NAMES:
                raise TooMuchError(f"looks up more than {_MOST_NAMES:,} names")
            restricted = pair in RESTRICTED or pair in COMPANIONS
            found = Global(module, qualname, restricted=restricted)
            self._globals[pair] = found
        return found

    def add_get(self, name: Global) -> None:
        """Record that the file gets a restricted name, to call it or to do anything else."""
        self._unused[name.pair] = self._unused.get(name.pair, 0) + 1

    def add_exact_call(self, name: Global) -> None:
        """Record that the file calls a restricted name exactly as picklers do."""
        self._unused[name.pair] = self._unused.get(name.pair, 0) - 1

    def add_misuse(self, name: Global) -> None:
        """Record that the file uses a restricted name in another way."""
        self._misused.add(name.pair)

    def add_target(self, name: Global) -> None:
        """Record that the file binds arguments to a function, which models call later."""
        self._targets.add(name.pair)

    def add_call(self, maker: Global) -> None:
        """Record that a name is called."""
        self._called.add(maker.pair)

    def add_state(self, target: Object) -> None:
        """Record the versions in the state of an object."""
        if not isinstance(target.maker, Global):
            return
        if isinstance(target.state, Dict):
            own = target.maker.module.partition(".")[0]
            for key, value in target.state.pairs():
                self._add_version(own, key, value)
            self._add_hints(BY_MODULE.get(own), target.state)

    def _add_hints(self, framework: Framework | None, state: Dict) -> None:
        """Record what models of native code in a state say about the version that wrote them."""
        if framework is None or framework.read_version is None:
            return
        for attribute in framework.handles:
            excerpt = excerpt_of(state.get(attribute))
            if excerpt is not None:
                hint = framework.read_version(excerpt)
                self.add_version(framework.name, hint.exact)
                if hint.bounds:
                    self._bounds.setdefault(framework.name, set()).add(hint.bounds)

    def _add_version(self, own: str, key: object, value: object) -> None:
        if type(key) is not str or not key.endswith(("version", "__")):
            return
        match = _VERSION_KEY.fullmatch(key)
        if match:
            self.add_version(match[1] or own, value)

    def add_version(self, package: str, value: object) -> None:
        """Record the version of a package, if the value is one."""
        if type(value) is str and _VERSION.fullmatch(value):
            known = self._versions.setdefault(_PACKAGES.get(package, package), set())
            if len(known) < _MOST_VERSIONS and len(self._versions) < _MOST_VERSIONS:
                known.add(value)

    def add_companion(self, wrapper: Object, *, was_read: bool) -> None:
        """Record that a file beside this one has an array of it."""
        self.joblib = "before 0.10"
        if was_read and isinstance(wrapper.maker, Global):
            self.add_exact_call(wrapper.maker)
            return
        self.add_note("companion-files", "its arrays are in separate files beside it")
        name = wrapper.state.get("filename") if isinstance(wrapper.state, Dict) else None
        if packed_files.is_name(name) and len(self.companions) < _MOST_COMPANIONS:
            self.companions.add(str(name))

    def add_note(self, code: str, text: str) -> None:
        """Record a note; only the first with each code is kept."""
        self._notes.setdefault(code, text)

    @property
    def names(self) -> tuple[Name, ...]:
        """All names that the file looks up, sorted."""
        return tuple(sorted(Name(*pair) for pair in self._globals))

    @property
    def exact(self) -> tuple[Name, ...]:
        """The restricted names that the file uses only in exact calls, sorted."""
        exact = (pair for pair, unused in self._unused.items() if not unused)
        return tuple(sorted(Name(*pair) for pair in exact if pair not in self._misused))

    @property
    def targets(self) -> tuple[Name, ...]:
        """The functions that the file binds arguments to, sorted."""
        return tuple(sorted(Name(*pair) for pair in self._targets))

    def is_called(self, name: Name) -> bool:
        """Whether the file calls the name instead of only referring to it."""
        return (name.module, name.qualname) in self._called

    @property
    def versions(self) -> dict[str, tuple[str, ...]]:
        """By package, the versions found."""
        return {name: tuple(sorted(self._versions[name])) for name in sorted(self._versions)}

    @property
    def bounds(self) -> dict[str, str]:
        """By package whose version is unknown, a specifier of those that may have written it.

        Bounds that contradict each other are left out.
        """
        return {
            name: next(iter(found))
            for name, found in sorted(self._bounds.items())
            if len(found) == 1 and name not in self._versions
        }

    @property
    def notes(self) -> tuple[Note, ...]:
        """The notes in the order of their discovery."""
        return tuple(Note(code, text) for code, text in self._notes.items())
