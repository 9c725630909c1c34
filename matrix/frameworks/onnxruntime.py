"""onnxruntime; it runs ONNX models, without the library that trained them."""

from __future__ import annotations

from matrix.frameworks.framework import Framework

FRAMEWORK = Framework(
    name="onnxruntime",
    modules=("onnxruntime",),
    # The rows of a reference pipeline may be a table or a sparse matrix.
    needs={"": ("numpy", "pandas", "scipy")},
    runs=("onnx",),
)
