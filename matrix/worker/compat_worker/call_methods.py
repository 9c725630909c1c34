"""Call output methods of a model and record what each returns."""

from typing import Any, Callable, Dict, Iterable

from compat_worker import content, output_methods
from compat_worker.observe import SeenWarnings, record_outcome

Keep = Callable[[Any], str]
"""Stores the parts of a content; returns its digest."""
CallOutcome = Dict[str, Any]


def call_all(
    model: Any, names: Iterable[str], rows: Any, seen: SeenWarnings, keep: Keep
) -> Dict[str, CallOutcome]:
    """Call several methods.

    Args:
        model: a fitted estimator.
        names: keys of ``output_methods.CALLS``, ``repr`` or ``get_params``.
        rows: what the methods are called with.
        seen: records warnings, with the method as stage.
        keep: stores a content and returns its digest.

    Returns:
        By method: ``{"digest": …}``, ``{"absent": …}`` or ``{"raised": …}``. ``"whole": False``
        beside a digest means that the value has parts that are not plain data.
    """
    return {name: call_one(model, name, rows, seen, keep) for name in names}


def call_one(model: Any, name: str, rows: Any, seen: SeenWarnings, keep: Keep) -> CallOutcome:
    """The outcome of one method; see :func:`call_all`."""

    def run() -> CallOutcome:
        with seen.during(name):
            if name == "repr":
                repr(model)
                return {"digest": ""}
            if name == "get_params":
                if hasattr(model, "get_params"):
                    model.get_params()
                return {"digest": ""}
            try:
                value = output_methods.call(model, name, rows)
            except output_methods.NoSuchMethod as absent:
                return {"absent": str(absent)[:500]}
            parts = content.encoded_parts(value)
            found: CallOutcome = {"digest": keep(parts)}
            if not content.is_complete(parts[0]):
                found["whole"] = False
            return found

    return record_outcome(run)
