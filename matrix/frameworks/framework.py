"""What is known about one library whose estimators are saved in models."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name


@dataclass(frozen=True, kw_only=True, slots=True)
class Excerpt:
    """The two ends of a long text or of bytes in a file; both are all of it if it is short."""

    head: bytes
    """At least the first 16 bytes."""
    tail: bytes
    """Empty if the text is long and begins with no mark of a framework."""


@dataclass(frozen=True, kw_only=True, slots=True)
class VersionHint:
    """What a file says about the version of a library that wrote it; nothing if all is empty."""

    exact: str = ""
    """The version itself: ``2.0.3``."""
    bounds: str = ""
    """A specifier, if the version itself is unknown: ``>=4``."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NativeFormat:
    """A format in which the library itself saves models; it needs no pickle."""

    name: str
    """The name of the format in reports: ``xgboost-ubj``."""
    suffixes: tuple[str, ...]
    """Endings of such files, in lower case: ``.ubj``."""
    words: str
    """What such a file is, with its article: ``an xgboost model (UBJSON)``."""


@dataclass(frozen=True, kw_only=True, eq=False, slots=True)
class Framework:
    """One library; each module of :mod:`matrix.frameworks` has one."""

    name: str
    """The normalized name of its distribution: ``imbalanced-learn``."""
    modules: tuple[str, ...]
    """Top-level modules that only this distribution has: ``imblearn``."""
    brings: tuple[str, ...] = ()
    """Top-level modules that its files may name, and that its dependencies install."""
    needs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By specifier of its own version (empty for all), further requirements of an environment that
    its metadata do not have: ``{"<2": ("setuptools<70",)}``."""
    alternatives: tuple[frozenset[str], ...] = ()
    """Groups of packages of which an environment needs one: ``needs`` adds none of a group to an
    environment that has another."""
    imports: bool = False
    """Whether an environment with it is refused if it cannot be imported there."""
    backends: tuple[tuple[str, Mapping[str, str]], ...] = ()
    """Packages that compute its numbers, in the order of preference, each with the environment
    variables of a process that uses it. The first that an environment has counts.
    ``{folder}`` in a value stands for a folder of that process alone."""
    leads: bool = False
    """Whether models are moved from release to release of it, instead of scikit-learn's."""
    handles: tuple[str, ...] = ()
    """Attributes that hold a model as its native code writes it, as text or bytes."""
    marks: tuple[bytes, ...] = ()
    """The first bytes of such a model."""
    read_version: Callable[[Excerpt], VersionHint] | None = None
    """Reads the version from such a model; None if no model of it has one."""
    native: frozenset[tuple[str, str]] = frozenset()
    """Admitted classes, by module and name, whose state its native code parses. A file with one of
    them is loaded in a sandbox only."""
    formats: tuple[NativeFormat, ...] = ()
    runs: tuple[str, ...] = ()
    """Keys of ``FORMATS`` in the worker that it loads without scikit-learn: it is a runtime. Its
    environments have no scikit-learn, load only these formats and save nothing."""
    releases_for: Callable[[str, Mapping[str, int]], str] | None = None
    """Of a runtime: from the version of the form of a file, and the opsets in it, a specifier of
    the releases that run the file; None if all run every file."""
    writers: Mapping[str, str] = field(default_factory=dict)
    """Of a runtime: by what a file says wrote it, the distribution whose release dates the file."""

    @property
    def allowed_list(self) -> str:
        """The file of admitted names in ``matrix/inspection/allowed``; it need not exist."""
        return f"{self.name}.txt"

    def requirement(self, version: str = "", bounds: str = "") -> str:
        """Return the requirement for this library, in the syntax of PEP 508.

        Args:
            version: the exact version; empty if unknown or any.
            bounds: a specifier, if the version is unknown.
        """
        return f"{self.name}=={version}" if version else f"{self.name}{bounds}"

    def further(self, pins: Mapping[str, str]) -> tuple[str, ...]:
        """Return what else an environment needs for it, in the syntax of PEP 508.

        Args:
            pins: the versions in the environment, by normalized name; its own is among them.
        """
        needed = (
            requirement
            for specifier, requirements in self.needs.items()
            if SpecifierSet(specifier).contains(pins[self.name], prereleases=True)
            for requirement in requirements
        )
        return tuple(text for text in needed if not self._is_there(text, pins))

    def _is_there(self, requirement: str, pins: Mapping[str, str]) -> bool:
        """Whether an environment has a required package, or one that does instead."""
        name = canonicalize_name(Requirement(requirement).name)
        instead = (group for group in self.alternatives if name in group)
        return any(one in pins for one in {name}.union(*instead))

    def variables(self, packages: Iterable[str]) -> Mapping[str, str]:
        """Return the environment variables of processes in an environment with these packages."""
        there = frozenset(packages)
        return next((found for name, found in self.backends if name in there), {})
