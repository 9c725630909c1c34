"""The distributions that install modules of libraries without a record."""

from __future__ import annotations

from packaging.utils import canonicalize_name

_OTHERS = {
    "PIL": "pillow",
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python-headless",
    "dateutil": "python-dateutil",
    "Levenshtein": "levenshtein",
    "skimage": "scikit-image",
    "sklearn_extra": "scikit-learn-extra",
    "skmultilearn": "scikit-multilearn",
    "skopt": "scikit-optimize",
    "sksurv": "scikit-survival",
    "yaml": "pyyaml",
}
"""By top-level module, the distribution, where its name is another."""


def distribution_of(module: str) -> str:
    """Return the normalized name of the distribution that most likely has a top-level module."""
    return _OTHERS.get(module) or str(canonicalize_name(module))
