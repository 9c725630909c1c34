"""Call every output method of a model and take down what each returns."""

from typing import Any, Callable, Dict, Iterable

from compat_worker import content, methods
from compat_worker.observing import Seen, outcome

Keep = Callable[[bytes], str]
Outcome = Dict[str, Any]


def use(model: Any, names: Iterable[str], rows: Any, seen: Seen, keep: Keep) -> Dict[str, Outcome]:
    """By method: ``{"digest": …}``, ``{"absent": …}`` or ``{"raised": …}``.

    A digest with ``"whole": False`` does not speak for all of the value.
    """
    return {name: use_one(model, name, rows, seen, keep) for name in names}


def use_one(model: Any, name: str, rows: Any, seen: Seen, keep: Keep) -> Outcome:
    """The outcome of one method."""

    def run() -> Outcome:
        with seen.during(name):
            if name == "repr":
                repr(model)
                return {"digest": ""}
            if name == "get_params":
                if hasattr(model, "get_params"):
                    model.get_params()
                return {"digest": ""}
            try:
                value = methods.call(model, name, rows)
            except methods.Absent as absent:
                return {"absent": str(absent)[:500]}
            data = content.encode(value)
            found: Outcome = {"digest": keep(data)}
            if not content.is_whole(data):
                found["whole"] = False
            return found

    return outcome(run)
