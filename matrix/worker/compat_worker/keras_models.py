"""Models of Keras: what is observed of them, and how they are saved and loaded.

A :class:`KerasModel` has methods for three questions: what the model predicts (``predict``), what
its loss is (``evaluate_loss``), and whether its training can go on (``training_state``,
``training_step``). ``layer_weights`` and ``layer_summary`` say what it consists of.

Rows are a dictionary: ``inputs`` (an array, or a list or dictionary of arrays) and ``targets``
(likewise, or None). Rows of another type are inputs without targets.
"""

import hashlib
import os
import shutil
import sys
import tempfile
from typing import Any, Callable, Dict, List, Optional, Tuple

import numpy as np

from compat_worker.output_methods import NoSuchMethod

SEED = 0
BATCH = 32
EPOCHS = 2


def adapted(
    model: Any,
    again: Optional[Callable[[], Any]] = None,
    code: Optional[Tuple[str, str]] = None,
) -> Any:
    """The object; a model of Keras becomes a :class:`KerasModel`.

    Args:
        model: any object.
        again: loads the file once more; None for a model that was not loaded.
        code: the module and the function that made it, if it is that of a reference pipeline.
    """
    keras = sys.modules.get("keras")
    kind = getattr(keras, "Model", None)
    if kind is None or not isinstance(model, kind):
        return model
    return KerasModel(model, again, code)


def code_of(model: Any) -> Optional[Tuple[str, str]]:
    """The module and the function that made a model; None if they are unknown."""
    return model.code if is_keras(model) else None


def is_keras(model: Any) -> bool:
    """Whether a model is one of Keras."""
    return isinstance(model, KerasModel)


class KerasModel:
    """A model of Keras, with what is observed of it as methods.

    Args:
        model: of Keras.
        again: loads the file once more; None for a model that was not loaded.
        code: the module and the function that made it, if it is that of a reference pipeline.
    """

    __slots__ = ("again", "code", "model")  # so that nobody looks for estimators inside

    def __init__(
        self,
        model: Any,
        again: Optional[Callable[[], Any]] = None,
        code: Optional[Tuple[str, str]] = None,
    ) -> None:
        self.model = model
        self.again = again
        self.code = code

    def __deepcopy__(self, memo: Any) -> "KerasModel":
        """Itself: its methods leave it as it is."""
        return self

    def __repr__(self) -> str:
        return "<{}>".format(self.class_names()[0])

    def class_names(self) -> List[str]:
        """The full names of its class and of the classes of its layers, each once."""
        found: Dict[str, None] = {}
        for one in [self.model] + list(layers(self.model)):
            found["{}.{}".format(_public_module(type(one)), type(one).__name__)] = None
        return list(found)

    def fit(self, X: Any, y: Any) -> None:
        """Train a compiled model for some steps; seeds and the order of rows are fixed."""
        _seed()
        X = _with_texts(X)
        if _is_compiled(self.model):
            self.model.fit(X, y, batch_size=BATCH, epochs=EPOCHS, shuffle=False, verbose=0)
        else:
            self.model(_first(X, 2))

    # ------------------------------------------------------------------ the same predictions

    def predict(self, rows: Any) -> Any:
        """The outputs for the inputs, in the structure in which the model returns them."""
        _seed()
        inputs, _ = split(rows)
        return _outputs(self.model, self.model.predict(inputs, batch_size=BATCH, verbose=0))

    # ------------------------------------------------------------------ the same loss

    def evaluate_loss(self, rows: Any) -> Any:
        """The loss and the metrics by name.

        Raises:
            NoSuchMethod: it is not compiled, or the rows have no targets.
        """
        inputs, targets = self._trainable(rows)
        _seed()
        found = self.model.evaluate(inputs, targets, batch_size=BATCH, verbose=0, return_dict=True)
        return {str(name): _outputs(self.model, value) for name, value in found.items()}

    # ------------------------------------------------------------------ the same training

    def training_state(self, rows: Any = None) -> Any:
        """The optimizer: its class, its step, its rate of learning and all of its variables.

        Raises:
            NoSuchMethod: the model is not compiled.
        """
        optimizer = self._optimizer()
        values = [np.asarray(one) for one in _variables(optimizer)]
        return {
            "optimizer": type(optimizer).__name__,
            "steps": int(np.asarray(optimizer.iterations)),
            "learning rate": _single(_rate(optimizer)),
            "variables": len(values),
            "values": _sorted([_plain(one) for one in values]),
        }

    def training_step(self, rows: Any) -> Any:
        """The loss of one further step of training, and the predictions after it.

        The step is done by one more load of the file, so that this model stays as it is. Dropout
        and noise are switched off: a release of the backend may draw other random numbers.

        Raises:
            NoSuchMethod: it is not compiled, or the rows have no targets.
        """
        self._trainable(rows)
        model = self.model if self.again is None else self.again()
        _without_noise(model)
        inputs, targets = split(rows)
        _seed()
        if hasattr(model, "reset_metrics"):
            model.reset_metrics()  # its loss is the mean over all batches so far
        loss = model.train_on_batch(inputs, targets)
        first = np.asarray(loss[0] if isinstance(loss, (list, tuple)) else loss)
        after = model.predict(inputs, batch_size=BATCH, verbose=0)
        return {"loss": _outputs(model, first), "predict": _outputs(model, after)}

    def _optimizer(self) -> Any:
        if not _is_compiled(self.model) or getattr(self.model, "optimizer", None) is None:
            raise NoSuchMethod("the model is not compiled")
        return self.model.optimizer

    def _trainable(self, rows: Any) -> Any:
        """The inputs and the targets of rows; raises NoSuchMethod without them."""
        self._optimizer()
        inputs, targets = split(rows)
        if targets is None:
            raise NoSuchMethod("the rows have no targets")
        return inputs, targets

    # ------------------------------------------------------------------ what it consists of

    def layer_weights(self, rows: Any = None) -> Any:
        """All weights, in an order that does not depend on the release.

        Keras 2 has the words of a vocabulary among them, which are left out.
        """
        found = [np.asarray(one) for one in self.model.get_weights()]
        return _sorted([_plain(one) for one in found if one.dtype != object])

    def layer_summary(self, rows: Any = None) -> Any:
        """A line for each layer: its class, its data type and whether it is trained.

        Names are left out: a layer without a configuration gets a new one in every load.
        """
        return [
            "{} {}{}".format(
                type(one).__name__,
                getattr(one, "compute_dtype", ""),
                "" if one.trainable else " frozen",
            )
            for one in layers(self.model)
        ]


def split(rows: Any) -> Any:
    """The inputs, with texts as TensorFlow takes them, and the targets, which may be None."""
    if _has_targets(rows):
        return _with_texts(rows["inputs"]), rows["targets"]
    return _with_texts(rows), None


def _has_targets(rows: Any) -> bool:
    return isinstance(rows, dict) and set(rows) == {"inputs", "targets"}


def _with_texts(inputs: Any) -> Any:
    """Inputs in which arrays of texts are tensors: Keras takes no texts of numpy."""
    if isinstance(inputs, dict):
        return {name: _with_texts(one) for name, one in inputs.items()}
    if isinstance(inputs, (list, tuple)):
        return [_with_texts(one) for one in inputs]
    if getattr(getattr(inputs, "dtype", None), "kind", "") != "U":
        return inputs
    try:
        import tensorflow
    except ImportError:
        return inputs
    return tensorflow.constant(inputs)


def count(rows: Any) -> int:
    """The number of rows in inputs or in rows with targets."""
    inputs = rows["inputs"] if _has_targets(rows) else rows
    while isinstance(inputs, (dict, list, tuple)):
        inputs = next(iter(inputs.values())) if isinstance(inputs, dict) else inputs[0]
    return len(inputs)


def save(model: Any, path: str) -> None:
    """Save a model of Keras to a file; the ending decides about the format."""
    if not is_keras(model):
        raise TypeError("this format saves models of Keras alone")
    model.model.save(path)


def load(path: str) -> Any:
    """Load a model of Keras, without the code that is inside the file."""
    import keras

    from compat_worker import keras_files

    objects = keras_files.user_objects(path)

    def again() -> Any:
        # Keras 3.0 opens the file for writing, and this one is not to be written.
        with tempfile.TemporaryDirectory() as folder:
            copied = os.path.join(folder, os.path.basename(path))
            shutil.copyfile(path, copied)
            return keras.models.load_model(copied, custom_objects=objects or None)

    return adapted(again(), again)


# ------------------------------------------------------------------------------------- helpers


def _seed() -> None:
    import keras

    keras.utils.set_random_seed(SEED)


def is_compiled(model: Any) -> bool:
    """Whether a :class:`KerasModel` has an optimizer and a loss."""
    return _is_compiled(model.model)


def _is_compiled(model: Any) -> bool:
    return bool(getattr(model, "compiled", getattr(model, "_is_compiled", False)))


def _variables(optimizer: Any) -> Any:
    found = optimizer.variables
    # Keras 2 keeps the rate of the last step of a schedule, and computes it anew.
    derived = getattr(optimizer, "_current_learning_rate", None)
    return [one for one in (found() if callable(found) else found) if one is not derived]


def layers(model: Any) -> List[Any]:
    """All layers, also those of models inside, each once."""
    found = []  # type: List[Any]
    for one in getattr(model, "layers", []):
        found.append(one)
        found.extend(layers(one))
    return found


def _public_module(kind: type) -> str:
    """The module in which users find a class: ``keras.layers``, not ``keras.src.layers.core``."""
    module = kind.__module__
    if module.split(".")[0] != "keras":
        return module
    for public in ("keras.layers", "keras"):
        found = sys.modules.get(public)
        if getattr(found, kind.__name__, None) is kind:
            return public
    return module


def _without_noise(model: Any) -> None:
    """Switch off what draws random numbers in training."""
    found = False
    for one in layers(model):
        for name in _NOISE:
            if isinstance(getattr(one, name, None), float) and getattr(one, name):
                setattr(one, name, 0.0)
                found = True
    if found and hasattr(model, "make_train_function"):
        model.make_train_function(force=True)  # it was compiled with the noise


_NOISE = ("rate", "stddev", "dropout", "recurrent_dropout")

_NARROW = ("float16", "bfloat16")


def _precision(model: Any) -> str:
    """``float16`` or ``bfloat16`` if a layer computes in it, else empty."""
    used = {str(getattr(one, "compute_dtype", "")) for one in layers(model)}
    return next((name for name in reversed(_NARROW) if name in used), "")


def _outputs(model: Any, value: Any) -> Any:
    """Outputs as plain arrays; the data type says in which precision they were computed."""
    if isinstance(value, dict):
        return {str(key): _outputs(model, one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_outputs(model, one) for one in value]
    array = np.asarray(value)
    if array.dtype == np.float64 and not isinstance(value, np.ndarray):
        array = array.astype(np.float32)  # Keras computes in single precision
    found = _plain(array)
    precision = _precision(model)
    if precision and isinstance(found, np.ndarray) and found.dtype.kind == "f":
        single = found.astype(np.float32)
        return {"bfloat16": single} if precision == "bfloat16" else single.astype(np.float16)
    return found


def _plain(array: Any) -> Any:
    """The array; of bfloat16, which numpy does not know, a dictionary that names it."""
    if str(array.dtype) == "bfloat16":
        return {"bfloat16": array.astype(np.float32)}
    return array


def _rate(optimizer: Any) -> Any:
    """The rate of learning at the current step, also where Keras 2 keeps that of the last one."""
    import keras

    own = getattr(optimizer, "_learning_rate", None)
    if isinstance(own, keras.optimizers.schedules.LearningRateSchedule):
        return own(optimizer.iterations)
    return optimizer.learning_rate


def _single(value: Any) -> Any:
    """A rate of learning; a schedule has none of its own."""
    try:
        return np.asarray(value, dtype=np.float32)
    except (TypeError, ValueError):
        return type(value).__name__


def _sorted(arrays: List[Any]) -> List[Any]:
    """Arrays in an order that depends on nothing but their shapes and values."""

    def key(one: Any) -> Any:
        array = one["bfloat16"] if isinstance(one, dict) else one
        data = np.ascontiguousarray(array).tobytes()
        return array.shape, str(array.dtype), hashlib.sha256(data).hexdigest()

    return sorted(arrays, key=key)


def _first(X: Any, n: int) -> Any:
    if isinstance(X, dict):
        return {key: one[:n] for key, one in X.items()}
    if isinstance(X, (list, tuple)):
        return [one[:n] for one in X]
    return X[:n]
