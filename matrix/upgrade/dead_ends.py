"""Say of files that no option makes loadable what they are, and what can be done instead.

Each text is chosen by names of modules in the file. Nothing of the file is loaded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from matrix.frameworks.distributions import WITHOUT_WHEELS
from matrix.inspection import Inspection


@dataclass(frozen=True, kw_only=True, slots=True)
class DeadEnd:
    """Why a file has no answer, in words for people."""

    what: str
    """What it is or has; a clause after "it"."""
    advice: str
    """What can be done."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _DeadEndKind:
    pattern: re.Pattern[str]
    """Matches the full name of something that the file looks up."""
    end: DeadEnd


def _kind(pattern: str, what: str, advice: str) -> _DeadEndKind:
    return _DeadEndKind(pattern=re.compile(pattern), end=DeadEnd(what=what, advice=advice))


_REMOVED = (
    _kind(
        r"statsmodels\.tsa\.arima_model\.",
        "is of the ARIMA that statsmodels 0.13 removed (statsmodels.tsa.arima_model): no later "
        "release loads it, and no earlier one has wheels for a Python of scikit-learn 1.3 or newer",
        "Fit it again with statsmodels.tsa.arima.model.ARIMA, on the same series and with the same "
        "order, and save that.",
    ),
    _kind(
        r"theano\.",
        "has variables of Theano, whose last release is of 2020 and has no wheel",
        "Save the numbers alone where it was trained (get_value() of each shared variable, then "
        "numpy.savez), and make the model again from them.",
    ),
    _kind(
        r"fbprophet\.",
        "is a model of fbprophet, the old name of prophet, which has no wheel",
        "Fit it again with prophet: later releases do not read its pickles.",
    ),
)
"""Files that need what no environment can have."""
_TOKENIZER = _kind(
    r"(?:keras|keras_preprocessing|tensorflow)\.(?:.*\.)?text\.Tokenizer$",
    "is a Tokenizer of Keras, which Keras 3 keeps only as legacy code, and no model",
    "Save it with tokenizer.to_json(), which needs no pickle; tokenizer_from_json reads it.",
)
_UNREADABLE = (
    _kind(
        r"gluonts\.",
        "is a forecaster of gluonts with a network in it, which a pickle holds in bytes that "
        "nothing can inspect",
        "Save it with predictor.serialize(FOLDER): that folder is read by later releases.",
    ),
    _kind(
        r"shap\.",
        "is an explainer of shap with functions that numba compiled, in bytes that nothing can "
        "inspect",
        "Save the model that it explains and the background rows, and make the explainer again "
        "from them: shap.Explainer(model, rows).",
    ),
    _kind(
        r"(?:umap|pynndescent)\.",
        "is of UMAP with functions that numba compiled, in bytes that nothing can inspect: another "
        "numba may not run them either",
        "Save the rows that it was fitted on, and fit it again with the same random_state; save a "
        "scaler or classifier beside it in a file of its own, and check that.",
    ),
    _kind(
        r"numba\.",
        "has functions that numba compiled, in bytes that nothing can inspect",
        "Save what is of scikit-learn in a file without them, and check that.",
    ),
    _TOKENIZER,
    _kind(
        r"(?:keras|scikeras)\.",
        "has a model of Keras in a pickle: a program in bytes that nothing can inspect",
        'Save it with model.save("model.keras"), and check that file; save what is of '
        "scikit-learn in a file without it.",
    ),
    _kind(
        r"tensorflow\.",
        "has a model of TensorFlow in a pickle: a program in bytes that nothing can inspect",
        'Save it with model.save("model.keras"), and check that file; save what is of '
        "scikit-learn in a file without it.",
    ),
    _kind(
        r"torch\.",
        "has a model of PyTorch in a pickle: a program in bytes that nothing can inspect",
        "Save it with torch.save(model.state_dict(), …); save what is of scikit-learn in a file "
        "without it, and check that.",
    ),
)
"""Files with names that no option admits."""


def dead_end(found: Inspection, *, trustable: bool) -> DeadEnd | None:
    """Return why no option answers a file; None if one may, or if it is of no known kind.

    Args:
        found: an inspection of a file that is refused.
        trustable: whether the user may admit everything that was refused.
    """
    kinds = (*_REMOVED, _TOKENIZER) if trustable else (*_REMOVED, *_UNREADABLE)
    names = [str(name) for name in found.names]
    for kind in kinds:
        if any(kind.pattern.match(name) for name in names):
            return kind.end
    return _without_wheel(found)


def _without_wheel(found: Inspection) -> DeadEnd | None:
    needed = [module for module in found.modules if module in WITHOUT_WHEELS]
    if not needed:
        return None
    return DeadEnd(
        what=f"needs {needed[0]}, {NO_WHEEL}",
        advice="Save what is of scikit-learn in a file without it, and check that.",
    )


NO_WHEEL = "which is published without wheels, and environments here run no code to build packages"
"""What is true of the packages in ``WITHOUT_WHEELS``."""


def told(found: Inspection) -> str:
    """Return the versions that a file shows, as a sentence; empty if it shows none."""
    parts = list(_told(found))
    return f"The file shows {', '.join(parts)}." if parts else ""


def _told(found: Inspection) -> Iterator[str]:
    for package, versions in sorted(found.versions.items()):
        yield f"{package} {' and '.join(versions)}"
    for package, bounds in sorted(found.bounds.items()):
        if package not in found.versions:
            yield f"{package}{bounds}"
    if found.numpy and "numpy" not in (*found.versions, *found.bounds):
        yield f"numpy {found.numpy}"
    if found.python:
        yield f"Python {found.python} or newer"
