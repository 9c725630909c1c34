"""What is said where packages do not even import together."""

from __future__ import annotations

from pathlib import Path

import pytest

from matrix.environments.import_advice import remedy
from matrix.model import EnvSpec, Interpreter, Lock

PYTHON = Interpreter(path=Path("python"), version="3.10.13")


@pytest.mark.parametrize(
    ("pins", "as_of", "words"),
    [
        (
            {"scikit-learn": "1.2.2", "numpy": "2.2.6"},
            "today",
            'scikit-learn 1.2.2 was made before numpy 2: require "numpy<2",'
            " or resolve it as of its release",
        ),
        (
            {"scikit-learn": "1.2.2", "numpy": "2.2.6"},
            "release",
            'scikit-learn 1.2.2 was made before numpy 2: require "numpy<2"',
        ),
        (
            {"scikit-learn": "1.4.2", "numpy": "2.2.6"},
            "today",
            "its packages do not go together: resolve it as of its release",
        ),
        (
            {"scikit-learn": "1.2.2"},
            "release",
            "its packages do not go together: require other versions of them",
        ),
        (
            {"scikit-learn": "1.4.0", "keras": "3.0.4"},
            "release",
            'keras 3.0.4 imports packaging, and its metadata do not say so: require "packaging"',
        ),
        (
            {"scikit-learn": "1.4.0", "keras": "3.0.4", "packaging": "23.2"},
            "release",
            "its packages do not go together: require other versions of them",
        ),
    ],
)
def test_the_remedy_names_the_two_and_the_way_out(
    pins: dict[str, str], as_of: str, words: str
) -> None:
    """The usual case is named: an old release with the numpy of today."""
    spec = EnvSpec(id="a", label="a", scikit_learn=pins["scikit-learn"], as_of=as_of)
    lock = Lock(interpreter=PYTHON, pins=pins, as_of=None)
    assert remedy(spec, lock) == words
