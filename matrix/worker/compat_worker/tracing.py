"""Load an artifact, describe every estimator in it, and record the calls of one method."""

from typing import Any, Dict, List, Tuple

from compat_worker import attribute_states, bundle_parts, code_reading, loader_guard
from compat_worker.answer import Answer, KeptContents, Piece, complete_answer
from compat_worker.call_methods import Keep, call_one
from compat_worker.call_recorder import CallRecorder
from compat_worker.formats import READABLE
from compat_worker.journal import Journal
from compat_worker.loading import check_readable, read_rows
from compat_worker.observe import SeenWarnings, failure
from compat_worker.parts import OUTPUT_METHODS, ModelPart, parts_of

MAX_CLASSES = 100
"""Classes that are described, at most."""

MAX_ATTRIBUTES = 6000
"""Attributes that are described for all estimators together, at most."""


_SKLEARN_HOOKS = ["__sklearn_tags__", "__sklearn_is_fitted__", "_more_tags", "_get_tags"]
"""Methods that scikit-learn itself calls when an output method is called."""


def trace(piece: Piece, journal: Journal) -> Answer:
    """The answer to one piece of a ``trace`` request, as ``worker.py`` describes it."""
    seen = SeenWarnings(journal.stage)
    kept = KeptContents(journal)
    return complete_answer(lambda: _trace(piece, seen, kept.keep), seen, kept)


def _trace(piece: Piece, seen: SeenWarnings, keep: Keep) -> Answer:
    chosen, method = READABLE[piece["format"]], piece["method"]
    missing = chosen.why_not_loaded()
    if missing is not None:
        return {"unavailable": missing}
    rows = None
    if method:
        rows, why = _rows(piece)
        if why:
            return {"unavailable": why}
    check_readable(piece["path"])

    def fresh() -> Any:
        with seen.during("load"), loader_guard.guarded(piece.get("allowed")):
            loaded = chosen.load(piece["path"])
        return bundle_parts.take(loaded, piece.get("part"))

    try:
        model = fresh()
        parts, left_out = parts_of(model)
    except (Exception, SystemExit) as error:
        return {"raised": failure(error)}
    answer = _describe_parts(parts, left_out)
    answer.update({"outcome": None, "untraced": None, "calls": [], "calls_left_out": 0})
    if method:
        recorder = CallRecorder(parts, keep)
        with recorder.recording():
            answer["outcome"] = call_one(model, method, rows, seen, keep)
        answer["calls"], answer["calls_left_out"] = recorder.calls, recorder.left_out
        try:
            answer["untraced"] = call_one(fresh(), method, rows, seen, keep)
        except (Exception, SystemExit) as error:
            answer["untraced"] = {"raised": failure(error)}
    return answer


def _rows(piece: Piece) -> Tuple[Any, str]:
    """The rows, or None and why they cannot be read in this environment."""
    check_readable(piece["rows"])
    try:
        return read_rows(piece["rows"]), ""
    except Exception as error:
        return None, "the rows cannot be read in this environment: {}".format(error)


def _describe_parts(parts: List[ModelPart], left_out: int) -> Answer:
    """The ``parts`` with their attributes, and their ``classes`` in this environment."""
    described: List[Dict[str, Any]] = []
    classes: Dict[str, Dict[str, Any]] = {}
    remaining = MAX_ATTRIBUTES
    for part in parts:
        kind = type(part.thing)
        name = attribute_states.type_name(kind)
        held = attribute_states.describe_attributes(part.thing)
        held = {attribute: held[attribute] for attribute in list(held)[:remaining]}
        remaining -= len(held)
        path = [attribute_states.shorten(one) for one in part.path]
        described.append({"path": path, "class": name, "attributes": held})
        if name not in classes and len(classes) < MAX_CLASSES:
            classes[name] = _describe_class(kind)
    return {"parts": described, "parts_left_out": left_out, "classes": classes}


def _describe_class(kind: type) -> Dict[str, Any]:
    takes = any("get_params" in vars(one) for one in kind.__mro__)
    found: Dict[str, Any] = {
        "parameters": attribute_states.parameter_defaults(kind) if takes else {}
    }
    try:
        found.update(
            code_reading.attributes_read(kind, OUTPUT_METHODS + _SKLEARN_HOOKS, found["parameters"])
        )
    except Exception:  # a class whose source cannot be read
        found.update({"uses": [], "asks": []})
    return found
