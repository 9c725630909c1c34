"""Known runtimes by name: ``sagemaker:1.4-2`` stands for the packages that it has.

``runtimes.toml`` beside this file has them, each with its source and the day of that source.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from packaging.requirements import Requirement

from matrix.catalog import toml
from matrix.catalog.requirement_set import RequirementSet
from matrix.errors import UsageError

_NAME = re.compile(r"(?P<family>[a-z][a-z-]+)(:(?P<version>[\w.-]*))?", re.I)


@dataclass(frozen=True, kw_only=True, slots=True)
class Runtime:
    """A runtime whose packages are published."""

    name: str
    """``sagemaker:1.4-2``."""
    title: str
    """Its full name: ``Amazon SageMaker scikit-learn container 1.4-2``."""
    source: str
    """The address of the list that the versions were read from."""
    date: str
    """The day of that list, as ``2026-04-17``."""
    as_of: str
    """What the list does not pin is resolved as of this, as in EnvSpec: mostly that day."""
    python: str
    """Its Python, such as ``3.10``; empty if the list does not say."""
    packages: tuple[str, ...]
    """In the syntax of PEP 508; only those that models are known to need."""

    def requirements(self) -> RequirementSet:
        """Return its packages as those of a lock."""
        return RequirementSet(
            requirements=tuple(map(Requirement, self.packages)),
            made_with=self.python,
            made_with_by=self.name if self.python else "",
            notes=(f"{self.name} is {self.title}, with versions of {self.date} ({self.source})",),
        )


@lru_cache(maxsize=1)
def known() -> tuple[Runtime, ...]:
    """Return all runtimes: those of one family together, in the order of the file."""
    text = files("matrix.catalog").joinpath("runtimes.toml").read_text("utf-8")
    return tuple(
        Runtime(
            name=one["name"],
            title=one["title"],
            source=one["source"],
            date=one["date"].isoformat(),
            as_of=one.get("as-of", one["date"].isoformat()),
            python=one.get("python", ""),
            packages=tuple(one["packages"]),
        )
        for one in toml.loads(text)["runtime"]
    )


def find(text: str) -> Runtime | None:
    """Return the runtime that a text names; None if the text does not have the form of a name.

    Raises:
        UsageError: it has that form, and no runtime is called so; the advice lists those that are.
    """
    found = _NAME.fullmatch(text.strip())
    if found is None:
        return None
    name = text.strip().lower()
    by_name = {one.name: one for one in known()}
    families = {one.partition(":")[0] for one in by_name}
    if name in by_name:
        return by_name[name]
    family = found["family"].lower()
    if found["version"] is None and family not in families:
        return None  # a package, such as numpy
    raise UsageError(f"{text}: no runtime is called that", advice=_advice(name, family, by_name))


def _advice(name: str, family: str, names: dict[str, Runtime]) -> str:
    families = list(dict.fromkeys(one.partition(":")[0] for one in names))
    near = difflib.get_close_matches(family, families, n=1)
    listed = [one for one in names if one.startswith(f"{near[0]}:")] if near else list(names)
    meant = difflib.get_close_matches(name, listed, n=1, cutoff=0.75)
    lines = [f"Did you mean {meant[0]}?"] if meant else []
    lines.append(f"Known: {', '.join(listed)}")
    lines.append("Or name its packages: pip list --format=freeze > requirements.txt")
    return "\n  ".join(lines)
