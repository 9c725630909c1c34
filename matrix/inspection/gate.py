"""The gate before any load: what a file looks up is on the list or trusted by name, or it waits.

Exact names only. A prefix lets in what a package re-exports (``numpy.memmap`` opens files), and a
name with dots reaches through a module to another (``sklearn.datasets._base`` to ``os.mkdir``).
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from matrix.inspection.result import Inspection, Name

_FOLDER = Path(__file__).parent / "allowed"
GENERATED = _FOLDER / "scikit-learn.txt"
"""Classes of scikit-learn: written by ``nox -s allowed``."""
REVIEWED = _FOLDER / "reviewed.txt"
"""All else: written by people, each with the reason why it is harmless."""

_NOTES: Mapping[str, str] = {
    "companion-files": "it loads other files, which nobody has looked into",
    "extension-codes": "it refers to names by number, so that nobody can say what they are",
    "frame-left": "it can be read in two ways",
    "made-callable": "it calls what another call has returned",
    "out-of-band": "parts of it lie elsewhere",
    "passed-on": "it hides how an array or a dtype is made",
    "persistent-ids": "parts of it lie elsewhere",
    "sets-class": "it gives an object another class",
    "skops-part": "it makes things in a way in which skops does not write them",
    "sets-global": "it changes a class or a function itself",
    "unknown-dtype": "it holds a dtype that is not known here",
}
"""Notes of an inspection with which nothing more can be said of what loading does."""

_TRUSTABLE = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*[.:][^\W\d]\w*(\.[^\W\d]\w*)*")


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """Why a file must not be loaded."""

    what: str
    """The name that it looks up, or the code of the note."""
    why: str
    trust: str = ""
    """What lets it in, after ``--trust``; empty if nothing does."""


def refusals(inspection: Inspection, trusted: frozenset[str] = frozenset()) -> tuple[Refusal, ...]:
    """Everything for which a file must not be loaded; nothing if it may be.

    Args:
        inspection: what is in it.
        trusted: names that the user lets in, each as :func:`spelled`.
    """
    noted = (
        Refusal(what=note.code, why=_NOTES[note.code])
        for note in inspection.notes
        if note.code in _NOTES
    )
    return (*noted, *(_refusal(name) for name in _strange(inspection, trusted)))


def _strange(inspection: Inspection, trusted: frozenset[str]) -> Iterator[Name]:
    known = allowed()
    for name in inspection.names:
        if name not in known and spelled(name) not in trusted:
            yield name


def spelled(name: Name) -> str:
    """A name as it is written to trust it.

    A name with dots inside its module (a class in a class) is told apart by a colon, so that
    nobody reaches through a module by accident: ``churn_lib.Ours``, ``churn_lib:Ours.Inner``.
    """
    between = ":" if "." in name.qualname else "."
    return f"{name.module}{between}{name.qualname}"


def _refusal(name: Name) -> Refusal:
    text = spelled(name)
    return Refusal(what=text, why=_why(name), trust=text if _TRUSTABLE.fullmatch(text) else "")


def _why(name: Name) -> str:
    top = name.module.partition(".")[0]
    if name.module == "__main__":
        return "defined in the script that saved it, which no other program has"
    if "." in name.qualname:
        return "reaches through one thing to another"
    if top in sys.stdlib_module_names:
        return "of Python itself: models do without it, attacks do not"
    if top in ("sklearn", "numpy", "scipy", "joblib"):
        return f"of {top}, and nothing that its own models need"
    return "code that is not scikit-learn's"


@cache
def allowed() -> frozenset[Name]:
    """The names that are let in without asking."""
    return read_list(GENERATED) | read_list(REVIEWED)


def read_list(path: Path) -> frozenset[Name]:
    """The names in a file of them: a module and a name in it a line; ``#`` begins a comment."""
    lines = (line.partition("#")[0].split() for line in path.read_text("utf-8").splitlines())
    return frozenset(Name(module, qualname) for module, qualname in filter(None, lines))
