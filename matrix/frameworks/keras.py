"""Keras 3, whose numbers are computed by a backend, and the Keras of TensorFlow before it.

``.keras`` is a zip archive of JSON and HDF5, and ``.h5`` holds JSON in attributes; both name the
version of Keras that saved them. Keras 3 runs on JAX, TensorFlow or PyTorch: an environment
without one of them gets JAX. Which one runs is decided by ``KERAS_BACKEND``, never by the settings
in the home folder of the user.
"""

from __future__ import annotations

from matrix.frameworks.framework import Framework, NativeFormat

_COMPILED_ONCE = {
    "JAX_COMPILATION_CACHE_DIR": "{folder}/jax",
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
}
"""A model is loaded several times in a process: what was compiled for one load is kept for the
next, in a folder of that process alone."""

FRAMEWORK = Framework(
    name="keras",
    modules=("keras",),
    needs={
        "<3": ("tensorflow-cpu",),
        ">=3": ("jax[cpu]",),
        # Keras 3.0 imports packaging, and its metadata do not declare it.
        ">=3,<3.1": ("packaging",),
    },
    alternatives=(frozenset({"jax", "tensorflow", "tensorflow-cpu", "torch"}),),
    imports=True,
    leads=True,
    backends=(
        ("jax", {"KERAS_BACKEND": "jax", **_COMPILED_ONCE}),
        ("tensorflow", {"KERAS_BACKEND": "tensorflow"}),
        ("tensorflow-cpu", {"KERAS_BACKEND": "tensorflow"}),
        ("torch", {"KERAS_BACKEND": "torch"}),
    ),
    native=frozenset({("keras.saving", "load_model")}),
    formats=(
        NativeFormat(name="keras", suffixes=(".keras",), words="a Keras model"),
        NativeFormat(name="keras-h5", suffixes=(".h5", ".hdf5"), words="a Keras model in HDF5"),
    ),
)
