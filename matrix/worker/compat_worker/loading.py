"""Load an artifact and take down all that its methods return."""

import time
from typing import Any, Callable, Dict, List, Set

from compat_worker import content, methods
from compat_worker.formats import FORMATS
from compat_worker.journal import Journal
from compat_worker.observing import Seen, failure
from compat_worker.using import Outcome, use, use_one

Piece = Dict[str, Any]
Answer = Dict[str, Any]


def load(piece: Piece, journal: Journal) -> Answer:
    """The answer to one piece of a ``load`` request, as ``worker.py`` describes it."""
    started = time.perf_counter()
    seen = Seen()
    kept = {}  # type: Dict[str, Dict[str, Any]]
    known = set(piece["known"].values())  # type: Set[str]

    def keep(data: bytes) -> str:
        name = content.digest(data)
        if name not in kept and name not in known:
            kept[name] = journal.keep(data)
        return name

    answer = _load(piece, seen, keep)
    answer["contents"] = list(kept.values())
    answer["warnings"] = seen.warnings
    answer["seconds"] = time.perf_counter() - started
    return answer


def _load(piece: Piece, seen: Seen, keep: Callable[[bytes], str]) -> Answer:
    chosen = FORMATS[piece["format"]]
    missing = chosen.missing()
    if missing is not None:
        return {"unavailable": missing}
    try:
        rows = _rows(piece["rows"])
    except Exception as error:
        return {"unavailable": "the rows cannot be had here: {}".format(error)}

    def fresh() -> Any:
        with seen.during("load"):
            return chosen.load(piece["path"])

    try:
        model = fresh()
    except (Exception, SystemExit) as error:
        return {"raised": failure(error)}
    names = ["repr", "get_params"] + _names(model, piece)
    return _twice(fresh, model, names, piece["known"], rows, seen, keep)


def _names(model: Any, piece: Piece) -> List[str]:
    """Every method that the writer recorded, and any that came."""
    recorded = [name for name in methods.CALLS if name in piece["known"]]
    if piece["only"]:
        return recorded
    had = set(methods.names(model))
    return [name for name in methods.CALLS if name in had or name in piece["known"]]


def _twice(
    fresh: Callable[[], Any],
    model: Any,
    names: List[str],
    known: Dict[str, str],
    rows: Any,
    seen: Seen,
    keep: Callable[[bytes], str],
) -> Answer:
    """Every method on two fresh loads, in both orders; what is not as recorded, on loads alone.

    A model may carry a state that a call moves on, and may hold memory that was never written to.
    Where both orders agree with the record neither can be; any other outcome is taken again, twice,
    each time from a load of its own, and those are what is told.
    """
    first = use(model, names, rows, seen, keep)
    second = use(fresh(), list(reversed(names)), rows, seen, keep)
    repeats = {}  # type: Dict[str, Outcome]
    for name in names:
        as_recorded = first[name].get("digest") == known.get(name, "")
        if as_recorded and _same(first[name], second[name]):
            continue
        first[name] = use_one(fresh(), name, rows, seen, keep)
        again = use_one(fresh(), name, rows, seen, keep)
        if not _same(first[name], again):
            repeats[name] = again
    return {"outputs": first, "repeats": repeats}


def _same(one: Outcome, other: Outcome) -> bool:
    if "raised" in one and "raised" in other:
        return bool(one["raised"]["type"] == other["raised"]["type"])
    return one == other


_ROWS = {}  # type: Dict[str, Any]
_ROWS_KEPT = 200


def _rows(path: str) -> Any:
    """The rows of a content file, checked: what a model is given here is what the writer gave.

    Raises:
        ValueError: this environment cannot hold the rows as they were (pandas 3 turns None in a
            column of texts into NaN, say), so that a difference would not be the model's.
    """
    if path not in _ROWS:
        with open(path, "rb") as file:
            data = file.read()
        rows = content.decode(data)
        if content.encode(rows) != data:
            raise ValueError("they are not the same rows once read in this environment")
        if len(_ROWS) >= _ROWS_KEPT:
            _ROWS.clear()
        _ROWS[path] = rows
    return _ROWS[path]
