"""The distributions that install modules of well-known libraries without a record.

A file may be anybody's, and it chooses the names of the modules that it looks up. So no message
offers to install a distribution that only the file names: whoever wrote the file may also have
uploaded it.
"""

from __future__ import annotations

_RENAMED = {
    "PIL": "pillow",
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python-headless",
    "dateutil": "python-dateutil",
    "dotenv": "python-dotenv",
    "Levenshtein": "levenshtein",
    "skimage": "scikit-image",
    "skmultilearn": "scikit-multilearn",
    "sksurv": "scikit-survival",
    "surprise": "scikit-surprise",
    "yaml": "pyyaml",
}
"""By top-level module, the distribution, where its name is another."""
_ALIKE = frozenset(
    {
        "autograd",
        "boruta",
        "boto3",
        "botocore",
        "click",
        "dask",
        "deslib",
        "dill",
        "econml",
        "eli5",
        "emoji",
        "fairlearn",
        "fastapi",
        "flask",
        "gensim",
        "geopandas",
        "geopy",
        "hmmlearn",
        "imodels",
        "implicit",
        "keras",
        "kmodes",
        "librosa",
        "lifelines",
        "loguru",
        "lxml",
        "matplotlib",
        "mlflow",
        "mord",
        "networkx",
        "ngboost",
        "nibabel",
        "nltk",
        "numba",
        "optuna",
        "plotly",
        "pmdarima",
        "polars",
        "prince",
        "pyarrow",
        "pydantic",
        "pygam",
        "pymongo",
        "pyod",
        "rdkit",
        "regex",
        "requests",
        "rich",
        "river",
        "scikeras",
        "seaborn",
        "sentence_transformers",
        "shap",
        "shapely",
        "sklearn_crfsuite",
        "skorch",
        "spacy",
        "sqlalchemy",
        "streamlit",
        "stumpy",
        "sympy",
        "tensorflow",
        "textblob",
        "torch",
        "tqdm",
        "transformers",
        "tsfresh",
        "unidecode",
        "wandb",
        "xarray",
    }
)
"""Top-level modules whose distribution has the same name."""


WITHOUT_WHEELS = frozenset({"fbprophet", "jieba", "langdetect", "theano"})
"""Top-level modules of well-known packages that were published without any wheel."""


def distribution_of(module: str) -> str:
    """Return the normalized name of the distribution that has a top-level module.

    Args:
        module: its name: ``skimage``.

    Returns:
        ``scikit-image``; empty if the module is not known.
    """
    if module in _ALIKE:
        return module.replace("_", "-")
    return _RENAMED.get(module, "")


KNOWN = frozenset(_RENAMED.values()) | {module.replace("_", "-") for module in _ALIKE}
"""The normalized names of these distributions."""
