"""Decide before a load whether each name that the file looks up is allowed or trusted.

Only exact names are allowed. A prefix would allow what a package re-exports (``numpy.memmap`` opens
files), and a dotted name reaches through a module to another (``sklearn.datasets._base`` to
``os.mkdir``).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from matrix.inspection.allowed_lists import (
    BY_VALUE,
    FUNCTIONS,
    allowed_names,
    created_empty,
    native_classes,
    read_list,
)
from matrix.inspection.arrays import COMPANIONS
from matrix.inspection.exact_calls import (
    DILL_ARRAY,
    DILL_TYPE,
    GETATTR,
    MEMORY,
    NAMESPACE,
    PARTIAL,
    RESTRICTED,
    VECTORIZE,
    ZONE,
)
from matrix.inspection.result import Inspection, Name

_KERAS = "keras"
"""Its own names are decided by the list alone: what is not on it runs code or opens files."""
MAIN = "__main__"
"""The module of the script or notebook that saved a file."""

_NOTES: Mapping[str, str] = {
    "changes-result": "it changes what a function returns, which may be anything",
    "companion-files": "it loads other files, which were not inspected",
    "computed-state": "it gives an object the result of a call, which may change its class",
    "extension-codes": "it refers to names by number, so the names are unknown",
    "frame-left": "different unpicklers read it differently",
    "keras-code": "it has a Lambda layer, whose code runs when the model is used",
    "keras-file": "it reads a file that its configuration names",
    "made-callable": "it calls the result of another call",
    "out-of-band": "some of its data is outside the file",
    "passed-on": "it hides how an array or a dtype is made",
    "persistent-ids": "some of its data is outside the file",
    "torch-network": "it is a network of PyTorch, whose code is not in the file",
    "torch-state": "it has the tensors of a PyTorch model, and the code is not in the file",
    "sets-class": "it changes the class of an object",
    "several-streams": "joblib hangs when it reads more than one compressed stream",
    "skops-part": "it contains a node that skops does not write",
    "sets-special": "it sets an attribute that changes how an object is read",
    "sets-global": "it changes a class or a function",
    "unknown-dtype": "it contains an unknown dtype",
}
"""Notes of an inspection that make the effects of loading unknown, with the reason."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """One reason why a file must not be loaded."""

    what: str
    """The name that the file looks up, or the code of the note."""
    why: str
    """The reason, in words."""
    trust: str = ""
    """The value for ``--trust`` that allows the name; empty if it cannot be allowed."""
    script: str = ""
    """The name in ``__main__`` that the user's script may define; empty for all other reasons."""

    @property
    def is_note(self) -> bool:
        """Whether the reason is what the file does, instead of a name that it looks up."""
        return self.what in _NOTES


def refusals_of_code(inspection: Inspection, trusted: frozenset[str]) -> tuple[Refusal, ...]:
    """All reasons why a file with code by value, which a worker process wrote, must not be loaded.

    Such a file runs the code in it, so that this is for files that the user requests to be written
    from code of theirs, and for a sandbox.

    Args:
        inspection: of the file.
        trusted: names that the user trusts, as :func:`trust_name` writes them.
    """
    listed = frozenset(trust_name(name) for name in read_list(BY_VALUE))
    return tuple(
        one for one in refusals(inspection, trusted | listed) if one.what != "made-callable"
    )


def refusals(inspection: Inspection, trusted: frozenset[str] = frozenset()) -> tuple[Refusal, ...]:
    """All reasons why a file must not be loaded; empty if it may be loaded.

    Args:
        inspection: of the file.
        trusted: names that the user trusts, as :func:`trust_name` writes them.
    """
    noted = (
        Refusal(what=note.code, why=_NOTES[note.code])
        for note in inspection.notes
        if note.code in _NOTES
    )
    if inspection.container == "torch":
        return tuple(noted)  # names do not matter: it is never loaded
    unknown = (_refusal(name) for name in _unknown_names(inspection, trusted))
    return (*noted, *unknown, *_wrong_targets(inspection, trusted))


def _unknown_names(inspection: Inspection, trusted: frozenset[str]) -> Iterator[Name]:
    known = allowed_names() | frozenset(inspection.exact)
    for name in inspection.names:
        if name in known:
            continue
        if _is_restricted(name) or trust_name(name) not in trusted:
            yield name


def native_names(inspection: Inspection) -> tuple[Name, ...]:
    """The names of a file whose state compiled code parses, which is safe in a sandbox only."""
    return tuple(name for name in inspection.names if name in native_classes())


def _is_restricted(name: Name) -> bool:
    pair = name.module, name.qualname
    trustable = name in created_empty() or pair == MEMORY
    return pair in COMPANIONS or (pair in RESTRICTED and not trustable)


def _wrong_targets(inspection: Inspection, trusted: frozenset[str]) -> Iterator[Refusal]:
    """A reason for each listed name that is bound to arguments, and is no function on the list.

    Names that are on no list have a refusal of their own.
    """
    for name in inspection.targets:
        text = trust_name(name)
        listed = name in allowed_names()
        if listed and name not in read_list(FUNCTIONS) and text not in trusted:
            yield Refusal(
                what=f"functools.partial of {text}",
                why="not a function of the list that models may bind arguments to",
                trust=text if _is_trustable(name) else "",
            )


def trust_name(name: Name) -> str:
    """A name as it is written after ``--trust``.

    A nested name is separated from its module by a colon, so that no trusted name reaches through
    a module by accident: ``churn_lib.Ours``, ``churn_lib:Ours.Inner``.
    """
    between = ":" if "." in name.qualname else "."
    return f"{name.module}{between}{name.qualname}"


def _refusal(name: Name) -> Refusal:
    text = trust_name(name)
    trustable = _is_trustable(name) and not _is_restricted(name)
    if name.module == MAIN:
        return Refusal(what=text, why=_why(name), script=name.qualname if trustable else "")
    return Refusal(what=text, why=_why(name), trust=text if trustable else "")


_MAPPED = "an array mapped from another file; load the model without mmap_mode, and save it again"
_CACHE = "a cache on disk: set memory=None in the model, and save it again"
_UNPICKLES = frozenset(
    {
        ("numba.core.serialize", "_unpickle__CustomPickled"),
        ("numba.core.serialize", "custom_rebuild"),
        ("torch.storage", "_load_from_bytes"),
    }
)
"""Functions that load a pickle inside the file, whose names the inspection does not see."""
_WHY: Mapping[tuple[str, str], str] = {
    **dict.fromkeys(_UNPICKLES, "loads a pickle in bytes of the file, which is not inspected"),
    **dict.fromkeys(COMPANIONS, "reads another file; only arrays beside a model are read"),
    GETATTR: "reaches any attribute; only methods of str and of compiled patterns are allowed",
    PARTIAL: "binds arguments to something else than a function of the list",
    NAMESPACE: "used in a way that pickle does not write from protocol 2 on",
    DILL_ARRAY: "used in a way that dill does not write for arrays of numpy",
    DILL_TYPE: "looks up a type by name; only those of plain values are allowed",
    ZONE: "used in a way that pickle does not write from protocol 2 on",
    **dict.fromkeys(VECTORIZE, "holds a function; it is allowed in distributions of scipy alone"),
    ("numpy", "memmap"): _MAPPED,
    ("numpy.core.memmap", "memmap"): _MAPPED,
    ("numpy._core.memmap", "memmap"): _MAPPED,
    ("joblib.memory", "Memory"): _CACHE,
    ("sklearn.externals.joblib.memory", "Memory"): _CACHE,
    ("joblib._store_backends", "FileSystemStoreBackend"): _CACHE,
    ("operator", "itemgetter"): "calls objects of the file; use a column transformer or a function",
    ("scikeras._saving_utils", "unpack_keras_model"): "reads a file of Keras inside of this one, "
    "which was not inspected",
    ("torch.storage", "_load_from_bytes"): "reads a file of PyTorch inside of this one, which was "
    "not inspected, and may run code",
    ("logging", "getLogger"): "changes the program that loads it; remove it, and save again",
}
"""Why some names are refused, and what to do instead."""


def _is_trustable(name: Name) -> bool:
    """Whether a name can be written after ``--trust``.

    No pattern checks it: with thousands of long names, one that tries each dot takes minutes.
    """
    parts = (*name.module.split("."), *name.qualname.split("."))
    if parts[0] == _KERAS or (name.module, name.qualname) in _UNPICKLES:
        return False
    return all(part.isidentifier() for part in parts)


_OF_KERAS = "not among the names of Keras that a configuration may refer to"
_OWN_IN_HDF5 = (
    "; HDF5 does not say which module a class of your own is from: save it as .keras instead"
)


_NOT_EMPTY = "used in a way that fitted models do not use it: called, referred to or filled"
_FORMULA = "with a formula, which statsmodels runs as source code, or used in another odd way"


def _why(name: Name) -> str:
    top = name.module.partition(".")[0]
    pair = name.module, name.qualname
    if pair in _WHY:
        return _WHY[pair]
    if name in created_empty():
        return _FORMULA if top == "statsmodels" else _NOT_EMPTY
    if name.module == MAIN:
        return "defined in the script that saved it, which no other program can import"
    if "." in name.qualname:
        return "a nested name, which may reach another module"
    if name.module.startswith("scipy.stats."):
        return "a distribution, not as pickle writes it from protocol 2 on; save best_estimator_"
    if top in sys.stdlib_module_names:
        return "from Python's standard library; models do not need it, attacks do"
    if top in ("sklearn", "_loss"):
        return (
            "from scikit-learn, but not among the names that are known to be harmless when called"
        )
    if top in ("numpy", "scipy", "joblib", "pandas"):
        return f"from {top}, but not among the names that are known to be harmless when called"
    if top == _KERAS:
        return _OF_KERAS + (_OWN_IN_HDF5 if name.module == _KERAS else "")
    return "not part of scikit-learn"
