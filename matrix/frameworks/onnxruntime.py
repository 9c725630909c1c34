"""onnxruntime; it runs ONNX models, without the library that trained them.

A file states its IR version and the opset of each domain of operators; a release of onnxruntime
refuses a file with a newer one. The table was measured with one-node models in the last patch of
each line.
"""

from __future__ import annotations

from collections.abc import Mapping

from matrix.frameworks.framework import Framework

_FIRSTS = (
    # Line, newest IR version, newest opset of ai.onnx, newest opset of ai.onnx.ml.
    ("1.10", 8, 15, 2),
    ("1.12", 8, 17, 3),
    ("1.14", 8, 18, 3),
    ("1.15", 9, 18, 3),
    ("1.16", 9, 19, 3),
    ("1.17", 9, 20, 4),
    ("1.18", 10, 21, 5),
    ("1.21", 10, 22, 5),
    ("1.23", 11, 23, 5),
    ("1.24", 13, 25, 5),
    ("1.25", 13, 26, 5),
    ("1.32", 14, 28, 5),
)
"""The lines that run more than the line before."""


def releases_for(version: str, opsets: Mapping[str, int]) -> str:
    """Return a specifier of the releases that run a file.

    Args:
        version: the IR version.
        opsets: by domain, the version of its operators.
    """
    ir = int(version) if version.isdecimal() else 0
    default, learning = opsets.get("ai.onnx", 0), opsets.get("ai.onnx.ml", 0)
    first = next(
        (
            line
            for line, *most in _FIRSTS
            if ir <= most[0] and default <= most[1] and learning <= most[2]
        ),
        _FIRSTS[-1][0],
    )
    return f">={first}"


FRAMEWORK = Framework(
    name="onnxruntime",
    modules=("onnxruntime",),
    # The rows of a reference pipeline may be a table or a sparse matrix.
    needs={"": ("numpy", "pandas", "scipy")},
    runs=("onnx",),
    leads=True,
    releases_for=releases_for,
    writers={"skl2onnx": "skl2onnx", "OnnxMLTools": "onnxmltools", "tf2onnx": "tf2onnx"},
    native=frozenset({("onnxruntime", "InferenceSession")}),
)
