"""What names that pass only in exact calls may be given. Both gates read these lists.

The orchestrator imports this module too, so it imports nothing of the worker.
"""

import os
import re
import sys
from typing import FrozenSet

TEXT_METHODS = frozenset(
    {"capitalize", "casefold", "isalnum", "isalpha", "isdigit", "islower", "isnumeric", "isspace"}
    | {"isupper", "lower", "lstrip", "rsplit", "rstrip", "split", "splitlines", "strip"}
    | {"swapcase", "title", "upper"}
)
"""Methods of ``str`` that return text, a list of texts or a boolean, whatever they are given."""
PATTERN_METHODS = frozenset({"findall", "fullmatch", "match", "search", "split"})
"""Methods of a compiled pattern that only search in a text."""
DISTRIBUTION_METHODS = frozenset({"_entropy"})
"""The method of a distribution that scipy keeps in its state."""
DILL = "dill._dill"
"""The module with the helpers that dill writes into a file."""
DILL_ARRAY = (DILL, "_create_array")
"""Makes an array with numpy's function, and gives it its state."""
DILL_TYPE = (DILL, "_load_type")
"""Looks up a type of Python by its name."""
DILL_TYPES = frozenset(
    {"bool", "bytearray", "bytes", "complex", "dict", "float", "frozenset", "int", "list", "object"}
    | {"range", "set", "slice", "str", "tuple"}
)
"""Types that create a value from their arguments; a file may look them up without dill too."""
ARRAY_MAKERS = ("numpy.core.multiarray", "numpy._core.multiarray")
"""Modules with the function ``_reconstruct`` of numpy, which makes an array without a state."""

_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_SHAPES = r"(?:" + _NAME + r", )*"
_LOCATION = r"loc=0(?:, scale=1)?"
_OUT = r"loc(?:, scale)?"
TEMPLATE = re.compile(
    r"\ndef _parse_args\(self, {shapes} ?{location}\):\n"
    r"    return \({shapes}\), {out}(?:, 1)?\n"
    r"\ndef _parse_args_rvs\(self, {shapes} ?{location}, size=None\):\n"
    r"    return self\._argcheck_rvs\({shapes} ?{out}(?:, 1)?, size=size\)\n"
    r"\ndef _parse_args_stats\(self, {shapes} ?{location}, moments='mv'\):\n"
    r"    return \({shapes}\), {out}(?:, 1)?, moments\n".format(
        shapes=_SHAPES, location=_LOCATION, out=_OUT
    )
)
"""The source text that scipy makes from the names of a distribution's parameters, and runs."""

PACKAGES = frozenset(
    {"catboost", "category_encoders", "feature_engine", "hdbscan", "imblearn", "interpret"}
    | {"lightgbm", "mlxtend", "pynndescent", "skrub", "sklearn_pandas", "sktime", "statsmodels"}
    | {"tslearn", "umap", "xgboost"}
)
"""Top-level modules of packages whose classes no file may call, only create empty objects of."""

_NO_OWNERS = PACKAGES | {
    "_loss",
    "builtins",
    "dill",
    "joblib",
    "numpy",
    "pandas",
    "scipy",
    "sklearn",
}


def may_own_method(module: str, method: str) -> bool:
    """Whether a file may refer to a method of an object, by the module of the object's class.

    Only public methods of classes that the user trusts: no list has these. A method of a listed
    class may read or write files, as ``Booster.save_model`` of xgboost does.

    Args:
        module: of the class.
        method: its name.
    """
    top = module.partition(".")[0]
    known = top in _NO_OWNERS or top in _standard_modules()
    return not known and method.isidentifier() and not method.startswith("_")


def _standard_modules() -> FrozenSet[str]:
    """The top-level modules of the standard library; before Python 3.10 those of its folder."""
    listed = getattr(sys, "stdlib_module_names", frozenset())
    if listed:
        return frozenset(listed)
    files = os.listdir(os.path.dirname(os.__file__))
    return frozenset(sys.builtin_module_names) | {name.partition(".")[0] for name in files}
