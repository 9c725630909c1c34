"""Describe the reference that the origin recorded for a model: problems, rows and notes."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator

from matrix.errors import Exit
from matrix.frameworks.distributions import distribution_of
from matrix.model import Absent, Ending, Environment, Failure, ModelReference, Returned
from matrix.upgrade.answer import ADD_OPTIONS, Model, Problem, RowCounts
from matrix.upgrade.needed_packages import leading
from matrix.worker.compat_worker.machine_failures import DISK_FULL_WORDS
from matrix.worker.compat_worker.user_error import (
    BOOLEAN,
    GIVE_TYPES,
    NEEDS_DATA_WORDS,
    NOT_FITTED_WORDS,
)


def _types_to_give(mistake: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """A mistake without the types at its end, and these as an option that can be pasted.

    A worker process, in which a model was loaded, wrote the mistake: only types are taken of it.
    """
    message, given, text = mistake.partition(GIVE_TYPES)
    try:
        types = json.loads(text) if given else None
    except ValueError:
        types = None
    if not isinstance(types, dict) or not all(isinstance(one, str) for one in types.values()):
        return mistake, ()
    if not set(types.values()) <= {BOOLEAN}:
        return mistake, ()
    option = f"--dtypes {shlex.quote(json.dumps(types, ensure_ascii=False))}"
    return message, ((ADD_OPTIONS, option),)


_SHOWN = frozenset({"repr", "get_params", "classes_", "feature_names_in_", "n_features_in_"})
"""Outputs that do not depend on the rows."""


def problem_of(reference: ModelReference, origin: Environment, model: Model) -> Problem | None:
    """The reason why targets cannot be compared with a reference; None if they can."""
    if NOT_FITTED_WORDS in reference.mistake:
        return Problem(
            message=reference.mistake,
            advice="It was saved before fit, so there is nothing to compare: save it after fit.",
        )
    if NEEDS_DATA_WORDS in reference.mistake:
        return _needs_data(reference.mistake)
    if reference.mistake:
        message, paste = _types_to_give(reference.mistake)
        width = "columns; the model" in message
        return Problem(
            message=message,
            advice="Name the column with the true answers: --target NAME." if width else "",
            exit_code=Exit.CANNOT_TELL if model.part else Exit.USAGE,
            paste=paste,
            options=tuple(line for _, line in paste),
        )
    saving, here = reference.saving, f"in its origin ({origin.spec.label})"
    if saving.ending is not Ending.FINISHED:
        if saving.ending is Ending.NOT_RUN and DISK_FULL_WORDS in saving.reason:
            return Problem(
                message=f"it was not loaded {here}: {saving.reason}",
                advice="Make room on the disk of the results and of temporary files, then run the "
                "same command again.",
            )
        how = {Ending.CRASHED: "it kills the interpreter", Ending.TIMED_OUT: "it does not end"}
        return Problem(
            message=f"{how.get(saving.ending, 'it was not loaded')} {here}: {saving.reason}"
        )
    if saving.failure is not None:
        stages = {"load": "it does not load", "rows": "rows cannot be made for it"}
        failed = stages.get(saving.stage, f"it fails in {saving.stage}")
        if saving.failure.type.endswith(_SCRIPT_FAILED):
            message = f"{failed} {here}: {saving.failure.message}"
            return Problem(message=message, advice=_advice_for_script(saving.failure.message))
        message = f"{failed} {here}: {saving.failure.type}: {saving.failure.message}"
        advice = _advice(model, saving.failure.type, saving.failure.message)
        return Problem(message=message, advice=advice)
    returned = {m for m, outcome in saving.outputs.items() if isinstance(outcome, Returned)}
    if not returned - _SHOWN:
        return Problem(message=f"none of its methods returns anything {here}")
    return None


def _needs_data(mistake: str) -> Problem:
    """A model whose code reads data of nltk; only the name of a word's characters is repeated."""
    name = re.sub(r"[^A-Za-z0-9_.-]", "", mistake.partition(NEEDS_DATA_WORDS)[2])[:60]
    return Problem(
        message=f"{NEEDS_DATA_WORDS}{name}",
        advice="Download them, or name the folder that has them with --path; it must be called "
        "nltk_data.",
        paste=(
            ("Download them:", f"python -m nltk.downloader -d nltk_data {name}"),
            ("Then add to this command:", "--path nltk_data"),
        ),
    )


_SCRIPT_FAILED = ".OwnScriptError"
"""The end of the class of what ``compat_worker/own_script.py`` raises."""


def _advice_for_script(message: str) -> str:
    """What to do if a statement of the script of ``--main`` fails."""
    if "ModuleNotFoundError" in message:
        return "Add the package with --with REQ, or the folder of your own code with --path DIR."
    return (
        "The model needs that line of the script. If the line reads files or trains, move what the "
        "model needs to a module of its own, or name a copy of the script in which it does not."
    )


_HERE = frozenset({"sklearn", "numpy", "scipy", "joblib", "pandas", "threadpoolctl"})


_OTHER_ORIGIN = (
    "If another environment saved it, name that one: --from scikit-learn==1.2.2, or --from LOCK."
)


_MISSING = re.compile(r"No module named '([A-Za-z_]\w*)")


_PYTHON_2 = "joblib pickle generated with python 2"
"""What joblib says of arrays that Python 2 saved."""
_TOO_OLD_JOBLIB = ".MisreadArrayError"
"""The end of the class of what ``compat_worker/loader_guard.py`` raises."""


def _advice(model: Model, error: str, message: str) -> str:
    """What to do if a model does not load in its origin."""
    led_by = leading(model.inspection)
    if led_by is not None and led_by.framework.runs:
        return f"If it needs another release, name that one: --from {led_by.name}==VERSION."
    if led_by is not None:
        return f"If another release saved it, name that one: --from {led_by.name}==3.4.1."
    if error.endswith(_TOO_OLD_JOBLIB):
        return "The joblib there is too old for the arrays of this file: add --with joblib==1.2.0."
    if _PYTHON_2 in message:
        return (
            "joblib reads the arrays of such a file in Python 2 alone: save it again there with "
            "pickle.dump(model, file, protocol=2), and check that, or train the model again."
        )
    if error not in ("ModuleNotFoundError", "ImportError", "AttributeError"):
        return _OTHER_ORIGIN
    missing = _MISSING.match(message)
    if missing and missing[1] not in _HERE:
        package = distribution_of(missing[1])
        if package:
            return f"It needs {missing[1]}: add --with {package}."
        return (
            f"It needs {missing[1]}: add its package with --with REQ, or the folder of your own "
            "code with --path DIR."
        )
    modules = () if model.inspection is None else model.inspection.modules
    further = [module for module in modules if module not in _HERE]
    if not further:
        return _OTHER_ORIGIN
    return (
        f"It needs {', '.join(further)}: add the package with --with REQ, a lock that contains it "
        "with --from FILE, or the folder of your own code with --path DIR."
    )


def rows_of(reference: ModelReference) -> RowCounts:
    """The rows that outputs are compared on."""
    return RowCounts(
        made=reference.made,
        n=reference.n_rows,
        digest=reference.saving.rows,
        evidence=reference.saving.evidence,
    )


def notes_of(reference: ModelReference) -> tuple[str, ...]:
    """Notes about rows left out, expected outputs, and outputs that differ between loads."""
    return tuple(_notes(reference))


def _notes(reference: ModelReference) -> Iterator[str]:
    if "values" in reference.saving.outputs:
        yield "it has no output method: what it holds was compared"
    if "forecast" in reference.saving.outputs:
        yield TIME_SERIES
    yield from _of_training(reference)
    if reference.dropped:
        kinds = ", ".join(f"{count:,} {kind}" for kind, count in reference.dropped.items())
        yield f"rows left out, because the model does not accept them: {kinds}"
    if reference.unfit:
        yield f"rows were made for it, because the given ones do not fit: {reference.unfit}"
    if reference.fewer is not None:
        of, count, most = reference.fewer
        why = "takes {:,} features" if of == "features" else "returns {:,} numbers for each row"
        yield f"at most {most:,} rows of each kind were made, because the model {why.format(count)}"
    for method, rows in reference.expected.items():
        if rows is None:
            yield f"the expected outputs of {method} have another shape than those of the origin"
        elif rows:
            yield f"in the origin, {method} differs from the expected outputs in {rows:,} rows"
    for method in reference.repeats:
        yield f"two loads in the origin disagree in {method}"


TIME_SERIES = (
    "it is a fitted time series: its forecast of the next steps and its values for the series in "
    "it were compared, without rows"
)
"""The note about a model that takes no rows."""
NOT_COMPILED = "it was saved without an optimizer: only predictions and weights were compared"
"""The note about a model of Keras whose loss and training cannot be compared."""
NOT_TRAINABLE = (
    "its training cannot go on, already in the release that saved it: .h5 keeps no optimizer, "
    "and .keras does"
)
"""The note about one whose next step of training fails in its origin."""
NO_TARGETS = "no targets fit its loss, so it was not compared: --data FILE.npz has them as array y"
"""The note about one whose loss cannot be computed."""


def _of_training(reference: ModelReference) -> Iterator[str]:
    """Notes about a model of Keras of which the training cannot be compared."""
    outputs = reference.saving.outputs
    if isinstance(outputs.get("training_state"), Absent):
        yield NOT_COMPILED
    elif isinstance(outputs.get("training_step"), Absent):
        yield NO_TARGETS
    elif isinstance(outputs.get("training_step"), Failure):
        yield NOT_TRAINABLE
