"""The ways to save. A further one is a line in :data:`FORMATS`.

The orchestrator reads the names and endings from here too, so nothing is imported at the top.
"""

from typing import Any, Callable, Dict, NamedTuple, Optional


class Format(NamedTuple):
    """A way to save."""

    ending: str
    """Of the file's name."""
    meaning: str
    """In words, for people."""
    save: Callable[[Any, str], None]
    """Takes an object and a path."""
    load: Callable[[str], Any]
    """Takes a path."""
    missing: Callable[[], Optional[str]]
    """Why it is not to be had here, in words; None if it is."""
    package: str = ""
    """What an environment must hold to save and to load it, beside scikit-learn; often nothing."""


def _save_joblib(model: Any, path: str) -> None:
    import joblib

    joblib.dump(model, path)


def _save_joblib_zlib(model: Any, path: str) -> None:
    import joblib

    joblib.dump(model, path, compress=("zlib", 3))


def _load_joblib(path: str) -> Any:
    import joblib

    return joblib.load(path)


def _save_pickle(protocol: int) -> Callable[[Any, str], None]:
    def save(model: Any, path: str) -> None:
        import pickle

        with open(path, "wb") as file:
            pickle.dump(model, file, protocol=protocol)

    return save


def _save_any(model: Any, path: str) -> None:
    import pickle

    with open(path, "wb") as file:
        pickle.dump(model, file)


def _load_pickle(path: str) -> Any:
    import pickle

    with open(path, "rb") as file:
        return pickle.load(file)


def _save_skops(model: Any, path: str) -> None:
    import skops.io

    skops.io.dump(model, path)


def _load_skops(path: str) -> Any:
    """All that skops does not trust of itself is trusted, but for what :mod:`guard` keeps out."""
    import skops.io

    from compat_worker import name_guard

    wanted = skops.io.get_untrusted_types(file=path)
    name_guard.check_names(wanted)
    return skops.io.load(path, trusted=wanted)


def _missing_skops() -> Optional[str]:
    """It is imported here, before anybody listens for warnings: they would not be the model's."""
    try:
        import skops.io  # noqa: F401
    except ImportError:
        return "skops is not installed here: add it to the requirements"
    return None


def _missing_protocol(protocol: int) -> Callable[[], Optional[str]]:
    def missing() -> Optional[str]:
        import pickle
        import sys

        if protocol <= pickle.HIGHEST_PROTOCOL:
            return None
        return "Python {}.{} has no pickle protocol {}".format(
            sys.version_info[0], sys.version_info[1], protocol
        )

    return missing


def _nothing() -> Optional[str]:
    return None


def _pickle(protocol: int) -> Format:
    return Format(
        ending=".pkl",
        meaning="pickle.dump, protocol {}".format(protocol),
        save=_save_pickle(protocol),
        load=_load_pickle,
        missing=_missing_protocol(protocol),
    )


FORMATS: Dict[str, Format] = {
    "joblib": Format(".joblib", "joblib.dump", _save_joblib, _load_joblib, _nothing),
    "joblib-zlib": Format(
        ".joblib.z", 'joblib.dump, compress=("zlib", 3)', _save_joblib_zlib, _load_joblib, _nothing
    ),
    "pickle": Format(
        ".pkl", "pickle.dump, the protocol of its Python", _save_any, _load_pickle, _nothing
    ),
    "pickle-2": _pickle(2),
    "pickle-4": _pickle(4),
    "pickle-5": _pickle(5),
    "skops": Format(".skops", "skops.io.dump", _save_skops, _load_skops, _missing_skops, "skops"),
}
