"""Rows for a user's model of Keras: made from its inputs, or read from the user's file.

Keras knows the shape and the type of each input, and nothing of its scale but what a layer of
normalization, an embedding or a vocabulary says. Targets are drawn from what the model itself
returns, so that a loss can be computed and a step of training done.
"""

from typing import Any, Dict, List, Optional

import numpy as np

from compat_worker import data_files, keras_models, machine_failures
from compat_worker.row_making import MadeRows
from compat_worker.user_error import UserError

LENGTH = 7
"""Of an axis whose length the model leaves open."""
MOST_VALUES = 20000000
"""Numbers in all inputs, at most; there are fewer rows then."""


def make(model: Any, n: int) -> MadeRows:
    """Rows of random numbers, with a fixed seed, for each input of a model.

    Args:
        model: a :class:`keras_models.KerasModel`.
        n: how many.

    Raises:
        UserError: the model does not say what its inputs are.
    """
    network = model.model
    inputs = getattr(network, "inputs", None)
    if not inputs:
        raise UserError(
            "the model does not say which inputs it takes: give some with --data FILE (.npy or "
            ".npz with an array for each input)"
        )
    shapes = [[LENGTH if axis is None else int(axis) for axis in one.shape[1:]] for one in inputs]
    each = sum(int(np.prod(shape)) for shape in shapes)
    n = max(4, min(n, MOST_VALUES // max(1, each)))
    random = np.random.RandomState(0)
    low, high = _whole_numbers(network)
    made = [
        _values(random, [n] + shape, str(one.dtype), low, high, _scale(network, shape))
        for one, shape in zip(inputs, shapes)
    ]
    rows = {"inputs": _structure(network, made), "targets": None}  # type: Dict[str, Any]
    rows["targets"] = targets(model, rows["inputs"])
    return MadeRows(rows, {"drawn at random": n}, {}, n)


def read(model: Any, path: str, kind: str, target: Optional[str]) -> MadeRows:
    """The rows of a user's ``.npy`` or ``.npz`` file.

    An ``.npz`` file has an array for each input, by the name of the input, or ``X`` for a single
    one; ``y``, or the array that ``--target`` names, are the targets.

    Raises:
        UserError: it cannot be read, or does not fit the model.
    """
    import os

    name = os.path.basename(path)
    if kind not in ("npy", "npz"):
        raise UserError("{}: a model of Keras takes arrays: give .npy or .npz".format(name))
    data_files.check_size(path)
    arrays = data_files.load_arrays(path)
    truth = None
    if isinstance(arrays, dict):
        truth = arrays.pop(target or "y", None)
        if target is not None and truth is None:
            raise UserError("{}: has no array {!r}".format(name, target))
        if not arrays:
            raise UserError("{}: has no array of inputs".format(name))
        inputs = _by_name(model.model, arrays, name)
    else:
        inputs = arrays
    n = keras_models.count(inputs)
    if n == 0:
        raise UserError("{}: the file has no rows".format(name))
    found = truth if truth is not None else targets(model, inputs)
    rows = {"inputs": inputs, "targets": found}
    return MadeRows(rows, {"from {}".format(name): n}, {}, n)


def _by_name(network: Any, arrays: Dict[str, Any], name: str) -> Any:
    if set(arrays) == {"X"}:
        return arrays["X"]
    names = [one.name.split(":")[0] for one in getattr(network, "inputs", None) or []]
    missing = [one for one in names if one not in arrays]
    if missing:
        raise UserError(
            "{}: has no array for {}; it has: {}".format(
                name, ", ".join(missing), ", ".join(sorted(arrays))
            )
        )
    return _structure(network, [arrays[one] for one in names]) if names else arrays


def _structure(network: Any, arrays: List[Any]) -> Any:
    """Inputs as the model takes them: alone, in a list, or by name."""
    if len(arrays) == 1 and not isinstance(getattr(network, "_inputs_struct", None), dict):
        return arrays[0]
    struct = getattr(network, "_inputs_struct", None)
    if isinstance(struct, dict):
        by_tensor = {id(one): array for one, array in zip(network.inputs, arrays)}
        return {key: by_tensor[id(one)] for key, one in struct.items()}
    return arrays


def targets(model: Any, inputs: Any) -> Any:
    """Targets that the loss of a model takes, near what it returns; None if there are none."""
    if not keras_models.is_compiled(model):
        return None
    outputs = model.predict(inputs)
    for made in (_classes(outputs), _near(outputs)):
        if made is None:
            continue
        try:
            model.evaluate_loss({"inputs": inputs, "targets": made})
        except Exception as error:
            machine_failures.raise_if_machine_failed(error)
            continue
        return made
    return None


def _each(outputs: Any, make: Any) -> Any:
    if isinstance(outputs, dict):
        if set(outputs) == {"bfloat16"}:
            return _each(outputs["bfloat16"], make)
        made = {key: _each(one, make) for key, one in outputs.items()}
        return None if any(one is None for one in made.values()) else made
    if isinstance(outputs, list):
        parts = [_each(one, make) for one in outputs]
        return None if any(one is None for one in parts) else parts
    return make(np.asarray(outputs))


def _classes(outputs: Any) -> Any:
    """Whole numbers for a loss that takes classes, where outputs are probabilities of several."""

    def make(array: Any) -> Any:
        single = array.astype(np.float32)
        if single.ndim < 2 or single.shape[-1] < 2 or not np.allclose(single.sum(-1), 1, atol=1e-2):
            return None
        found = single.argmax(-1)
        found[::3] = (found[::3] + 1) % single.shape[-1]  # some are wrong, so that there is a loss
        return found.astype(np.int32)

    return _each(outputs, make)


def _near(outputs: Any) -> Any:
    """Numbers near the outputs, within 0 and 1 if these are."""

    def make(array: Any) -> Any:
        single = array.astype(np.float32)
        if single.size and single.min() >= 0 and single.max() <= 1:
            return np.where(
                np.arange(single.size).reshape(single.shape) % 3 == 0, 1 - single, single
            )
        spread = float(single.std()) or 1.0
        noise = np.random.RandomState(1).standard_normal(single.shape).astype(np.float32)
        return single + np.float32(0.25 * spread) * noise

    return _each(outputs, make)


def _values(random: Any, shape: List[int], dtype: str, low: int, high: int, scale: Any) -> Any:
    if dtype == "string":
        words = np.array(["a", "the", "model", "été", "日本", "unknown"])
        flat = [" ".join(words[random.randint(0, 6, 5)]) for _ in range(int(np.prod(shape)))]
        return np.array(flat).reshape(shape)
    if dtype == "bool":
        return random.rand(*shape) < 0.5
    if "int" in dtype or high:
        whole = random.randint(low, high or 10, size=shape)
        return whole.astype(dtype if "int" in dtype else np.float32)
    values = random.standard_normal(shape)
    if scale is not None:
        values = values * scale[1] + scale[0]
    return values.astype(np.float32)


def _whole_numbers(network: Any) -> Any:
    """The range of whole numbers that embeddings take; ``(0, 0)`` without any."""
    sizes = [
        int(one.input_dim)
        for one in keras_models.layers(network)
        if type(one).__name__ == "Embedding" and getattr(one, "input_dim", None)
    ]
    return (0, min(sizes)) if sizes else (0, 0)


def _scale(network: Any, shape: List[int]) -> Any:
    """Mean and standard deviation that a layer of normalization knows for such an input."""
    for one in keras_models.layers(network):
        if type(one).__name__ != "Normalization":
            continue
        try:
            mean, variance = np.asarray(one.mean), np.asarray(one.variance)
            np.broadcast_to(mean, [1] + shape)
        except Exception as error:
            machine_failures.raise_if_machine_failed(error)
            continue
        return mean, np.sqrt(variance)
    return None
