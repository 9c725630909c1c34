"""The serialization formats. To add one, add an entry to :data:`FORMATS`.

The orchestrator reads this module too, so third-party packages are imported inside functions.
"""

import importlib
from typing import Any, Callable, Dict, NamedTuple, Optional, Tuple


class Format(NamedTuple):
    """A serialization format."""

    ending: str
    """Suffix of file names, such as ``.joblib``."""
    meaning: str
    """Description for reports and help texts."""
    save: Callable[[Any, str], None]
    """Saves an object to a path."""
    load: Callable[[str], Any]
    """Loads the object from a path."""
    missing: Callable[[], Optional[str]]
    """Why the format is not available in this environment; None if it is."""
    package: str = ""
    """The package that the format needs beside scikit-learn and joblib; empty if none."""
    pickles: bool = True
    """Whether the file is a pickle, which can run any code as it is loaded."""
    save_line: str = ""
    """The line that saves ``model`` by hand, with ``{path!r}`` for the file."""
    load_line: str = "joblib.load({path})"
    """The expression that loads the file by hand; ``{path}`` is an expression for its path."""
    imports: str = ""
    """The modules that both lines need beside joblib and pickle."""
    save_for: Optional[Callable[[Any, str, Any], None]] = None
    """Saves an object for rows like the given ones; None if files do not depend on rows."""
    methods: Tuple[str, ...] = ()
    """The only output methods that a loaded file has, if it is not the model itself."""
    precision: str = ""
    """How such methods compute, in words, if not as the model does."""
    load_package: str = ""
    """The package that loads it, if that is not ``package``."""
    missing_to_load: Optional[Callable[[], Optional[str]]] = None
    """Why files cannot be loaded in this environment, if that is not what ``missing`` says."""

    needs_code: bool = False
    """Whether a file holds less than the model, and the code of its pipeline makes the rest."""

    def why_not_loaded(self) -> Optional[str]:
        """Why files cannot be loaded in this environment; None if they can."""
        return (self.missing_to_load or self.missing)()


def _save_joblib(*compress: Any) -> Callable[[Any, str], None]:
    def save(model: Any, path: str) -> None:
        import joblib

        if compress:
            joblib.dump(model, path, compress=compress)
        else:
            joblib.dump(model, path)

    return save


def _load_joblib(path: str) -> Any:
    import joblib

    from compat_worker import packed_files

    with packed_files.unpacked(path) as file:
        return joblib.load(file)


def _load_joblib_mapped(path: str) -> Any:
    import joblib

    return joblib.load(path, mmap_mode="r")


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

    try:
        with open(path, "rb") as file:
            return pickle.load(file)
    except UnicodeDecodeError:
        # Texts and bytes of Python 2 are one type, and arrays keep their bytes in it.
        with open(path, "rb") as file:
            return pickle.load(file, encoding="latin1")


def _save_skops(model: Any, path: str) -> None:
    import skops.io

    skops.io.dump(model, path)


def _load_skops(path: str) -> Any:
    """Trust all types that the file names, after :mod:`name_guard` has checked them."""
    import skops.io

    from compat_worker import name_guard

    untrusted = skops.io.get_untrusted_types(file=path)
    name_guard.check_names(untrusted)
    return skops.io.load(path, trusted=untrusted)


def _save_cloudpickle(model: Any, path: str) -> None:
    import cloudpickle

    with open(path, "wb") as file:
        cloudpickle.dump(model, file)


def _save_cloudpickle_by_value(model: Any, path: str) -> None:
    """Save a model with the code of the user's script and modules inside."""
    import cloudpickle

    from compat_worker import own_script

    modules = own_script.own_modules()
    if modules and not hasattr(cloudpickle, "register_pickle_by_value"):
        raise RuntimeError("cloudpickle before 2.0 does not save the code of modules")
    for module in modules:
        cloudpickle.register_pickle_by_value(module)
    try:
        _save_cloudpickle(model, path)
    finally:
        for module in modules:
            cloudpickle.unregister_pickle_by_value(module)


def _save_dill(model: Any, path: str) -> None:
    import dill

    with open(path, "wb") as file:
        dill.dump(model, file)


def _load_dill(path: str) -> Any:
    import dill

    with open(path, "rb") as file:
        return dill.load(file)


def _missing_package(module: str, package: str) -> Callable[[], Optional[str]]:
    """Import it now, so that its warnings are not recorded as warnings of a model."""

    def missing() -> Optional[str]:
        try:
            importlib.import_module(module)
        except ImportError:
            return "{} is not installed in this environment: add it to the requirements".format(
                package
            )
        return None

    return missing


def _missing_java(module: str, package: str) -> Callable[[], Optional[str]]:
    def missing() -> Optional[str]:
        from compat_worker import pmml_models

        return pmml_models.missing(module, package)()

    return missing


def _missing_lz4() -> Optional[str]:
    import joblib

    if tuple(map(int, joblib.__version__.split(".")[:2])) < (0, 12):
        return "joblib {} cannot compress with lz4: 0.12 was the first".format(joblib.__version__)
    return _missing_package("lz4.frame", "lz4")()


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


def _load_xgboost(path: str) -> Any:
    import xgboost

    booster = xgboost.Booster()
    booster.load_model(path)
    return booster


def _load_lightgbm(path: str) -> Any:
    import lightgbm

    return lightgbm.Booster(model_file=path)


def _load_catboost(path: str) -> Any:
    import catboost

    return catboost.CatBoost().load_model(path)


def _save_nothing(model: Any, path: str) -> None:
    raise TypeError("files of this format are read, and not written")


def _native(ending: str, meaning: str, load: Callable[[str], Any]) -> Format:
    return Format(ending, meaning, _save_nothing, load, _always_available, pickles=False)


def _always_available() -> Optional[str]:
    return None


_UNPICKLE = "pickle.load(open({path}, 'rb'))"


def _joblib(*compress: Any, **more: Any) -> Format:
    """joblib with a way to compress: its name and level."""
    argument = ", compress={!r}".format(compress) if compress else ""
    argument = argument.replace("'", '"')
    given = {
        "ending": ".joblib.z" if compress else ".joblib",
        "meaning": "joblib.dump" + argument,
        "save": _save_joblib(*compress),
        "load": _load_joblib,
        "missing": _always_available,
        "save_line": "joblib.dump(model, {path!r}" + argument + ")",
    }  # type: Dict[str, Any]
    return Format(**dict(given, **more))


def _pickle(protocol: int) -> Format:
    return Format(
        ending=".pkl",
        meaning="pickle.dump, protocol {}".format(protocol),
        save=_save_pickle(protocol),
        load=_load_pickle,
        missing=_missing_protocol(protocol),
        save_line="pickle.dump(model, open({path!r}, 'wb'), protocol=%d)" % protocol,
        load_line=_UNPICKLE,
    )


def _converted(
    name: str,
    packages: Tuple[str, str],
    how: str,
    *,
    precision: str = "",
    needs_java: bool = False,
    **more: Any,
) -> Format:
    """A format that a runtime runs without scikit-learn, and that has two methods at most.

    Args:
        name: of the format; the module ``NAME_models`` beside this one saves and loads it.
        packages: the one that converts, and the runtime.
        how: what both do, in words.
        precision: in words, if the runtime does not compute as the model does.
        needs_java: whether both packages need Java.
    """

    def save(model: Any, path: str, rows: Any = None) -> None:
        importlib.import_module("compat_worker." + name + "_models").save(model, path, rows)

    def load(path: str) -> Any:
        return importlib.import_module("compat_worker." + name + "_models").load(path)

    converter, runtime = packages
    missing = _missing_java if needs_java else _missing_package
    compared = "two methods compared, predict and predict_proba"
    return Format(
        ending="." + name,
        meaning="{}: {}{}".format(how, compared, ", " + precision if precision else ""),
        save=save,
        load=load,
        missing=missing(converter, converter),
        package=converter,
        pickles=False,
        imports=converter,
        save_for=save,
        methods=("predict", "predict_proba"),
        precision=precision,
        load_package=runtime,
        missing_to_load=missing(runtime.replace("-", "_"), runtime),
        **more,
    )


def _save_keras(model: Any, path: str) -> None:
    from compat_worker import keras_models

    keras_models.save(model, path)


def _load_keras(path: str) -> Any:
    from compat_worker import keras_models

    return keras_models.load(path)


def _keras(ending: str, meaning: str) -> Format:
    return Format(
        ending=ending,
        meaning=meaning,
        save=_save_keras,
        load=_load_keras,
        missing=_missing_package("keras", "keras"),
        package="keras",
        pickles=False,
        save_line="model.save({path!r})",
    )


def _save_keras_weights(model: Any, path: str) -> None:
    from compat_worker import keras_weights

    keras_weights.save(model, path)


def _load_keras_weights(path: str) -> Any:
    from compat_worker import keras_weights

    return keras_weights.load(path)


def _save_keras_export(model: Any, path: str) -> None:
    from compat_worker import keras_exports

    keras_exports.save(model, path)


def _load_keras_export(path: str) -> Any:
    from compat_worker import keras_exports

    return keras_exports.load(path)


_CLOUDPICKLE = "cloudpickle.dump(model, open({path!r}, 'wb'))"

FORMATS: Dict[str, Format] = {
    "joblib": _joblib(),
    "joblib-zlib": _joblib("zlib", 3),
    "joblib-gzip": _joblib("gzip", 3),
    "joblib-lzma": _joblib("lzma", 3),
    "joblib-lz4": _joblib("lz4", 3, missing=_missing_lz4, package="lz4"),
    "joblib-mmap": _joblib(
        load=_load_joblib_mapped, meaning='joblib.dump; joblib.load with mmap_mode="r"'
    ),
    "pickle": Format(
        ".pkl",
        "pickle.dump, the protocol of its Python",
        _save_any,
        _load_pickle,
        _always_available,
        save_line="pickle.dump(model, open({path!r}, 'wb'))",
        load_line=_UNPICKLE,
    ),
    "pickle-2": _pickle(2),
    "pickle-4": _pickle(4),
    "pickle-5": _pickle(5),
    "cloudpickle": Format(
        ".pkl",
        "cloudpickle.dump; functions and classes of __main__ and lambdas are inside the file",
        _save_cloudpickle,
        _load_pickle,
        _missing_package("cloudpickle", "cloudpickle"),
        "cloudpickle",
        save_line=_CLOUDPICKLE,
        load_line=_UNPICKLE,
        imports="cloudpickle",
    ),
    "cloudpickle-value": Format(
        ".pkl",
        "cloudpickle.dump with register_pickle_by_value: own modules are inside the file too",
        _save_cloudpickle_by_value,
        _load_pickle,
        _missing_package("cloudpickle", "cloudpickle"),
        "cloudpickle",
        save_line=_CLOUDPICKLE,
        load_line=_UNPICKLE,
        imports="cloudpickle",
    ),
    "dill": Format(
        ".dill",
        "dill.dump",
        _save_dill,
        _load_dill,
        _missing_package("dill", "dill"),
        "dill",
        save_line="dill.dump(model, open({path!r}, 'wb'))",
        load_line="dill.load(open({path}, 'rb'))",
        imports="dill",
    ),
    "skops": Format(
        ".skops",
        "skops.io.dump",
        _save_skops,
        _load_skops,
        _missing_package("skops.io", "skops"),
        "skops",
        pickles=False,
        save_line="skops.io.dump(model, {path!r})",
        load_line="skops.io.load({path}, trusted=skops.io.get_untrusted_types(file={path}))",
        imports="skops.io",
    ),
    "onnx": _converted(
        "onnx",
        ("skl2onnx", "onnxruntime"),
        "skl2onnx.to_onnx; onnxruntime runs it without scikit-learn",
        precision="in single precision",
        save_line="open({path!r}, 'wb').write(skl2onnx.to_onnx(model, X).SerializeToString())",
        load_line="onnxruntime.InferenceSession({path})",
    ),
    "pmml": _converted(
        "pmml",
        ("sklearn2pmml", "jpmml-evaluator"),
        "sklearn2pmml; jpmml-evaluator runs it in Java without scikit-learn",
        needs_java=True,
        save_line="sklearn2pmml.sklearn2pmml(sklearn2pmml.make_pmml_pipeline(model), {path!r})",
        load_line="jpmml_evaluator.make_evaluator({path})",
    ),
}

FORMATS.update(
    {
        "keras": _keras(".keras", "Model.save of Keras 3, a zip archive"),
        "keras-h5": _keras(".h5", "Model.save of Keras, HDF5"),
        "keras-weights": Format(
            ending=".weights.zip",
            meaning="Model.save_weights of Keras; the code of the pipeline makes the model again",
            save=_save_keras_weights,
            load=_load_keras_weights,
            missing=_missing_package("keras", "keras"),
            package="keras",
            pickles=False,
            save_line="model.save_weights('model.weights.h5')",
            load_line="make_model().load_weights('model.weights.h5')",
            needs_code=True,
        ),
        "keras-export": Format(
            ending=".savedmodel.zip",
            meaning="Model.export of Keras, a SavedModel; TensorFlow runs it without Keras: one "
            "method compared, predict",
            save=_save_keras_export,
            load=_load_keras_export,
            missing=_missing_package("tensorflow", "tensorflow"),
            package="tensorflow",
            pickles=False,
            save_line="model.export('exported')",
            load_line="tensorflow.saved_model.load('exported')",
            imports="tensorflow",
            methods=("predict",),
        ),
    }
)

NATIVE: Dict[str, Format] = {
    "xgboost-json": _native(".json", "Booster.save_model of xgboost, JSON", _load_xgboost),
    "xgboost-ubj": _native(".ubj", "Booster.save_model of xgboost, UBJSON", _load_xgboost),
    "xgboost-binary": _native(
        ".model", "Booster.save_model of xgboost before 3.1, binary", _load_xgboost
    ),
    "lightgbm-text": _native(".txt", "Booster.save_model of LightGBM", _load_lightgbm),
    "catboost-cbm": _native(".cbm", "CatBoost.save_model", _load_catboost),
}
"""Files that these libraries write by themselves. A model in one of them is a booster, which has
other outputs than the estimator that it was taken from: such files are only read."""

READABLE: Dict[str, Format] = dict(FORMATS, **NATIVE)
"""All formats that files of users may have."""
