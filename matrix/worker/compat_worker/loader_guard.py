"""Prevent actions of a user's file that the guard of names does not see.

- ``_ufunc_reconstruct`` of numpy imports a module and looks up a name in it, without audit events.
  Inside :func:`guarded` it returns only ufuncs of numpy and scipy.special.
- joblib 1.2 and later aligns the bytes of arrays. An older joblib does not skip the padding, so
  that it executes the end of an array as pickle opcodes, which were not inspected. Inside
  :func:`guarded` such an array ends the load.
- joblib before 0.10 names a file with an array. Inside :func:`guarded` it lies beside the model.
- Some names are harmless only in some calls, see :mod:`compat_worker.exact_calls`.
- scikit-learn before 0.21 has a joblib of its own, whose array wrappers no other joblib reads: it
  would execute the bytes of the array. Inside :func:`guarded` both are one class.
- Before the load, what the file looks up in ``__main__`` is defined, if the user named the script
  (:mod:`compat_worker.own_script`).
- A mapper of sklearn-pandas calls a part of its state if a feature has four parts. Inside
  :func:`guarded` it does not.
- A vectorizer with ``input="filename"`` opens each document as a file. Rows are made of words in
  the model, so that the model would choose files to read. From the load on it opens none.
"""

import contextlib
import importlib
import os
from typing import Any, Callable, Iterator, List, Optional, Sequence, Set, Tuple

from compat_worker import own_script
from compat_worker.exact_calls import only_exact_calls
from compat_worker.name_guard import NameRefused, allow_only

_UFUNC_MODULES = ("numpy.core", "numpy._core")
_OWN_JOBLIB = "sklearn.externals.joblib.numpy_pickle"
_ARRAY_MODULE = "joblib.numpy_pickle"
_OLD_WRAPPERS = ("NDArrayWrapper", "ZNDArrayWrapper")
"""Those of joblib before 0.10, which name a file beside the model."""
_WRAPPERS = ("NumpyArrayWrapper",) + _OLD_WRAPPERS
_MAPPER_MODULE = "sklearn_pandas.dataframe_mapper"
_TEXT_MODULES = ("sklearn.feature_extraction.text",)


class MisreadArrayError(ValueError):
    """The installed joblib would misread an array of the file."""


class FileNamedByRowError(ValueError):
    """A model would read a file that one of its rows names."""


@contextlib.contextmanager
def guarded(names: Optional[Sequence[Sequence[str]]]) -> Iterator[None]:
    """Guard the load of a user's file inside this block.

    Args:
        names: pairs of a module and a name in it that the file may look up; None for a file that
            the run has saved itself, which is not guarded.

    Raises:
        NameRefused: the file looked up another name.
        MisreadArrayError: the installed joblib would misread an array of the file.
        OwnScriptError: the script of the user failed.
    """
    if names is None:
        yield
        return
    own_script.define_for(names)
    modules = {module for module, _ in names}
    for module in _imported(_TEXT_MODULES, modules):
        module.open = _open_no_file  # for good: the model is used after it is loaded
    replaced = _share_array_wrapper(modules)
    replaced += _replace_ufunc_reconstruct(modules) + _replace_array_reader(modules)
    replaced += _replace_feature_builder(modules)
    try:
        # The first imports modules of its own, which may look up other names than the file.
        with only_exact_calls(names), allow_only(names):
            yield
    finally:
        for owner, name, original in reversed(replaced):
            setattr(owner, name, original)


_Replaced = List[Tuple[Any, str, Any]]
"""Owners, names, and the originals to restore."""


def _replace(owner: Any, name: str, make: Callable[[Any], Any]) -> _Replaced:
    original = None if owner is None else getattr(owner, name, None)
    if original is None:
        return []
    setattr(owner, name, make(original))
    return [(owner, name, original)]


def _imported(known: Sequence[str], modules: Set[str]) -> Iterator[Any]:
    """Import those of the known modules in which a file looks up names."""
    for name in known:
        if name in modules:
            with contextlib.suppress(ImportError):
                yield importlib.import_module(name)


def _replace_ufunc_reconstruct(modules: Set[str]) -> _Replaced:
    replaced: _Replaced = []
    for module in _imported(_UFUNC_MODULES, modules):
        replaced += _replace(module, "_ufunc_reconstruct", _ufuncs_only)
    return replaced


def _ufuncs_only(original: Callable[[str, str], Any]) -> Callable[[str, str], Any]:
    def _ufunc_reconstruct(module: str, name: str) -> Any:
        import numpy

        if type(module) is not str or type(name) is not str or not _holds_ufuncs(module):
            raise NameRefused(str(module), str(name))
        found = original(module, name)
        if not isinstance(found, numpy.ufunc):
            raise NameRefused(module, name)
        return found

    return _ufunc_reconstruct


def _replace_feature_builder(modules: Set[str]) -> _Replaced:
    replaced: _Replaced = []
    for module in _imported((_MAPPER_MODULE,), modules):
        replaced += _replace(module, "_build_feature", _calls_nothing)
    return replaced


def _calls_nothing(original: Callable[..., Any]) -> Callable[..., Any]:
    def _build_feature(*parts: Any) -> Any:
        if len(parts) > 3:  # the fourth is what it calls the first with
            raise NameRefused(_MAPPER_MODULE, "DataFrameMapper")
        return original(*parts)

    return _build_feature


def _holds_ufuncs(module: str) -> bool:
    return module == "numpy" or module.startswith(("numpy.core.", "numpy._core.", "scipy.special"))


def _share_array_wrapper(modules: Set[str]) -> _Replaced:
    replaced: _Replaced = []
    for module in _imported((_OWN_JOBLIB,), modules):
        import joblib.numpy_pickle

        for name in _WRAPPERS:
            shared = getattr(joblib.numpy_pickle, name, None)
            if shared is not None:
                replaced += _replace(module, name, lambda _, shared=shared: shared)
    return replaced


def _open_no_file(*_: Any, **__: Any) -> Any:
    raise FileNamedByRowError(
        'its vectorizer reads files that its rows name (input="filename" or input="file"), and a '
        'user\'s model may not choose files: set input="content" before it is saved'
    )


def _replace_array_reader(modules: Set[str]) -> _Replaced:
    replaced: _Replaced = []
    if _OWN_JOBLIB in modules:  # its wrappers are those of joblib, see above
        modules = modules | {_ARRAY_MODULE}
    for module in _imported((_ARRAY_MODULE,), modules):
        if not hasattr(module, "NUMPY_ARRAY_ALIGNMENT_BYTES"):  # else it reads the padding itself
            replaced += _replace(module.NumpyArrayWrapper, "read", _unaligned_only)
        for name in _OLD_WRAPPERS:
            replaced += _replace(getattr(module, name, None), "read", _beside_only)
    return replaced


def _beside_only(original: Callable[..., Any]) -> Callable[..., Any]:
    def read(self: Any, unpickler: Any) -> Any:
        if type(self.filename) is not str or os.path.basename(self.filename) != self.filename:
            raise NameRefused("numpy", "load")
        return original(self, unpickler)

    return read


def _unaligned_only(original: Callable[..., Any]) -> Callable[..., Any]:
    def read(self: Any, unpickler: Any) -> Any:
        if getattr(self, "numpy_array_alignment_bytes", None) is not None:
            import joblib

            raise MisreadArrayError(
                "joblib {} misreads the arrays of this file, which joblib 1.2 or newer has "
                "aligned: install joblib>=1.2".format(joblib.__version__)
            )
        return original(self, unpickler)

    return read
