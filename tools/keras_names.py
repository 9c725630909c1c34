"""Write the names of Keras that a configuration may refer to: python tools/keras_names.py.

Runs in an environment with Keras, and adds to ``matrix/inspection/allowed/keras-configuration.txt``
what that release has. Run it once for each release; a person reviews the difference. Public classes
of layers, models, initializers, regularizers, constraints, optimizers, losses, metrics and data
type policies are listed, the functions among activations, losses and metrics, and the operations
that functional models hold. Left out are those that run code or read files of the configuration.
"""

import importlib
import inspect
import pkgutil
from pathlib import Path

import keras

FILE = Path(__file__).parents[1] / "matrix/inspection/allowed/keras-configuration.txt"
HEAD = """\
# Classes and functions of Keras that the configuration of a model may name: one module and name per
# line. Written by tools/keras_names.py, reviewed by hand. They are called with the configuration,
# in a sandbox only. Left out because they run code or read files that the configuration names:
#   Lambda                        code inside the file
#   TFSMLayer, JaxLayer, FlaxLayer, TorchModuleWrapper   programs of other libraries
#   Map, Scan, Cond, WhileLoop, JVP …  operations that call functions of the configuration
#   GPTQConfig, AWQConfig         texts and programs to measure with
#   keras.saving, keras.utils, keras.config, keras.datasets   download, open files, change settings
#
# Reviewed on 29 November 2026: all 745 names were read. The sources of Keras 3.15.1,
# 3.0.4 and 2.15.0 were searched for what opens, evaluates, imports, unpickles, loads code, starts
# programs, uses the network or calls an argument, and each place that was found was read:
#   - Files: StringLookup, IntegerLookup and TextVectorization open a vocabulary that is a text; the
#     gate refuses such a text. They also read vocabulary.txt inside of the archive.
#   - Calls: Activation, wrappers, RNN, Bidirectional, TextVectorization, MeanMetricWrapper, losses,
#     schedules and MultiOptimizer call objects of the configuration, whose names must be on this
#     list too. JVP calls any function, and was removed.
#   - Code: Lambda, and in Keras 2 TFOpLambda, SlicingOpLambda and the wrappers of cells; none of
#     them is on the list. Nothing else evaluates, imports, unpickles or uses the network.
#   - Memory (Arange, Full, Repeat, Tile): the sandbox limits it.
"""
CLASSES = (
    *("layers", "initializers", "regularizers", "constraints", "optimizers", "losses", "metrics"),
    *("optimizers.schedules", "dtype_policies", "quantizers", "random"),
)
FUNCTIONS = ("activations", "losses", "metrics")
ITSELF = ("Sequential", "Model", "Variable", "DTypePolicy", "FloatDTypePolicy")
LEFT_OUT = {
    *("Lambda", "TFSMLayer", "JaxLayer", "FlaxLayer", "TorchModuleWrapper"),
    *("GPTQConfig", "AWQConfig"),
    *("AssociativeScan", "Cond", "ForiLoop", "Map", "Scan", "Switch", "VectorizedMap", "WhileLoop"),
    *("Function", "JVP"),
}
HELPERS = {"deserialize", "get", "serialize"}
MODELS = (
    ("keras.src.models.functional", "Functional"),
    ("keras.src.engine.functional", "Functional"),
    ("keras.src.engine.sequential", "Sequential"),
    ("keras.models", "Sequential"),
    ("keras.models", "Model"),
    ("keras.models", "Functional"),
    ("keras", "Functional"),
)


def public(modules, kind):
    """Public names of a kind in modules of Keras; later releases have more modules."""
    for module in modules:
        try:
            place = importlib.import_module("keras." + module)
        except ModuleNotFoundError:
            continue
        for name, value in vars(place).items():
            if kind(value) and not name.startswith("_") and name not in LEFT_OUT | HELPERS:
                yield "keras." + module, name


def operations():
    """The operations that functional models hold."""
    operation = importlib.import_module("keras.src.ops.operation").Operation
    folder = importlib.import_module("keras.src.ops")
    for one in pkgutil.iter_modules(folder.__path__):
        if one.name.endswith("_test") or one.ispkg:
            continue
        place = importlib.import_module("keras.src.ops." + one.name)
        for name, value in vars(place).items():
            own = inspect.isclass(value) and value.__module__ == place.__name__
            if own and issubclass(value, operation) and name not in LEFT_OUT | {"Operation"}:
                yield place.__name__, name


def found():
    yield from MODELS
    yield from (("keras", name) for name in ITSELF if hasattr(keras, name))
    yield from public(CLASSES, inspect.isclass)
    yield from public(FUNCTIONS, inspect.isfunction)
    yield from operations()


def main():
    known = set()
    if FILE.exists():
        lines = FILE.read_text("utf-8").splitlines()
        known = {tuple(line.split()) for line in lines if line and not line.startswith("#")}
    every = sorted(known | set(found()))
    FILE.write_text(HEAD + "".join("{} {}\n".format(*one) for one in every), encoding="utf-8")


if __name__ == "__main__":
    main()
