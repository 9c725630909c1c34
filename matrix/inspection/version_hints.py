"""Infer versions of numpy and Python, required modules and code from the names in a file."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Sequence

from matrix.inspection.findings import Findings
from matrix.inspection.result import Code, Name
from matrix.worker.compat_worker.exact_call_lists import DILL

_KNOWN = {"sklearn", "numpy", "scipy", "joblib", "pandas"}
"""Packages whose classes are expected in a file of scikit-learn."""

_NICKNAMES = {"_loss": "sklearn"}
"""Top-level names under which scikit-learn saves some compiled classes."""

_PROTOCOL_NEEDS = {3: "3.0", 4: "3.4", 5: "3.8"}

_NEWER_MODULES = {"pathlib._local": "3.13"}
"""Modules that pickles may name, with the first Python that has them."""

_INSIDE = re.compile(r"(?:cloudpickle|dill)(?:\.|$)|types\.(?:FunctionType|CodeType)|marshal\.")
_HARMLESS = {
    "_codecs": {"encode"},
    "builtins": {
        *("bool", "bytearray", "bytes", "complex", "dict", "float", "frozenset", "int", "list"),
        *("object", "range", "set", "slice", "str", "tuple"),
    },
    "collections": {"Counter", "OrderedDict", "defaultdict", "deque"},
    "copyreg": {"__newobj__", "__newobj_ex__", "_reconstructor"},
    "datetime": {"date", "datetime", "time", "timedelta", "timezone"},
    "decimal": {"Decimal"},
    "fractions": {"Fraction"},
    "pathlib": {"Path", "PosixPath", "PurePath", "PurePosixPath", "PureWindowsPath", "WindowsPath"},
    "pathlib._local": {"PosixPath", "WindowsPath"},
    "types": {"SimpleNamespace"},
    "uuid": {"UUID"},
}
"""Names of the standard library that create only data when called."""


def _top(name: Name) -> str:
    top = name.module.partition(".")[0]
    return _NICKNAMES.get(top, top)


def numpy_major(names: Iterable[Name]) -> str:
    """Major version of the numpy that wrote these names: ``1``, ``2``, or empty if unknown."""
    modules = {name.module for name in names}
    if any(module == "numpy._core" or module.startswith("numpy._core.") for module in modules):
        return "2"
    old = any(module == "numpy.core" or module.startswith("numpy.core.") for module in modules)
    return "1" if old else ""


def lowest_python(names: Sequence[Name], protocol: int, *, python_2: bool) -> str:
    """The lowest Python that can load a file, such as ``3.8``; empty if any can."""
    young = [_NEWER_MODULES[name.module] for name in names if name.module in _NEWER_MODULES]
    return young[0] if young else "" if python_2 else _PROTOCOL_NEEDS.get(protocol, "")


def required_modules(names: Iterable[Name]) -> tuple[str, ...]:
    """The top-level modules outside the standard library."""
    tops = {_top(name) for name in names}
    return tuple(sorted(top for top in tops if top not in sys.stdlib_module_names))


def code_names(names: Iterable[Name], findings: Findings) -> tuple[Code, ...]:
    """The names that refer to code instead of data, each with the reason."""
    return tuple(sorted(_codes(names, findings)))


def _codes(names: Iterable[Name], findings: Findings) -> Iterator[Code]:
    plain = {name for name in findings.exact if name.module == DILL}
    for name in names:
        if name in plain:
            continue
        why = _why(name, called=findings.is_called(name))
        if why:
            yield Code(str(name), why)


def _why(name: Name, *, called: bool) -> str:
    top = _top(name)
    if name.module == "__main__":
        return "script"
    if _INSIDE.match(str(name)):
        return "inside"
    if top in _KNOWN:
        return "" if called or not _is_function(name) else "function"
    if top not in sys.stdlib_module_names:
        return "package"
    if name.qualname in _HARMLESS.get(name.module, ()):
        return ""
    if called:
        return "called"
    return "function" if name.qualname.rpartition(".")[2][:1].islower() else ""


_SMALL_TYPE = re.compile(
    r"(?:u?int|float|complex|bool|str|bytes|object|void|datetime|timedelta)\d*_?"
    r"|ndarray|dtype|matrix|recarray|memmap|[a-z]{3}_(?:matrix|array)"
)


def _is_function(name: Name) -> bool:
    """Whether a name is that of a public function: it begins with a lower-case letter."""
    last = name.qualname.rpartition(".")[2]
    return last[:1].islower() and _SMALL_TYPE.fullmatch(last) is None
