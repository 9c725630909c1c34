"""Load an artifact and record what its output methods return."""

import time
from typing import Any, Callable, Dict, List

from compat_worker import (
    bundle_parts,
    content,
    loader_guard,
    machine_failures,
    output_methods,
    own_table,
)
from compat_worker.answer import Answer, KeptContents, Piece, complete_answer
from compat_worker.call_methods import CallOutcome, call_all
from compat_worker.formats import READABLE
from compat_worker.journal import Journal
from compat_worker.observe import SeenWarnings, failure


def load(piece: Piece, journal: Journal) -> Answer:
    """The answer to one piece of a ``load`` request, as ``worker.py`` describes it."""
    seen = SeenWarnings(journal.stage)
    known = list(piece["known"].values()) + list(piece["own"].values())
    kept = KeptContents(journal, known=known)
    return complete_answer(lambda: _load(piece, journal, seen, kept.keep), seen, kept)


def _load(piece: Piece, journal: Journal, seen: SeenWarnings, keep: Callable[[Any], str]) -> Answer:
    chosen = READABLE[piece["format"]]
    missing = chosen.why_not_loaded()
    if missing is not None:
        return {"unavailable": missing}
    source = piece.get("source")
    for path in (piece["path"], piece["rows"]) + ((source,) if source else ()):
        check_readable(path)
    try:
        rows = read_rows(piece["rows"])
    except Exception as error:
        machine_failures.raise_if_machine_failed(error)
        return {"unavailable": "the rows cannot be read in this environment: {}".format(error)}

    took = []  # type: List[float]

    def fresh() -> Any:
        with seen.during("load"), loader_guard.guarded(piece.get("allowed")):
            started = time.process_time()
            loaded = chosen.load(piece["path"])
            took.append(time.process_time() - started)
        return bundle_parts.take(loaded, piece.get("part"), as_data="values" in piece["known"])

    try:
        model = fresh()
    except (Exception, SystemExit) as error:
        if chosen.needs_code and isinstance(error, ImportError):
            return {"unavailable": "not available in this environment: {}".format(error)}
        return {"raised": failure(error)}
    if chosen.methods:
        names = [name for name in chosen.methods if name in piece["known"]]
        found = call_on_fresh_loads(fresh, [model], names, piece["known"], rows, seen, keep)
        return dict(found, load_seconds=min(took))
    shown = call_all(model, ["repr", "get_params"], rows, seen, keep)
    names = _methods_to_call(model, piece)
    loaded = [model]
    del model
    answer = call_on_fresh_loads(fresh, loaded, names, piece["known"], rows, seen, keep)
    answer["outputs"].update(shown)

    def call(own_rows: Any, own_seen: SeenWarnings) -> Dict[str, CallOutcome]:
        own = piece["own"]
        found = call_on_fresh_loads(fresh, [fresh()], names, own, own_rows, own_seen, keep)
        return dict(found["outputs"])

    made_of = None if source is None else _read_bytes(source)
    answer.update(own_table.outcomes(rows, call, journal.stage, made_of))
    answer["load_seconds"] = min(took)  # the first load may import modules
    return answer


def _read_bytes(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def check_readable(path: str) -> None:
    """Raise MachineFailedError if a file of the run cannot be opened; versions do not matter."""
    try:
        with open(path, "rb"):
            pass
    except OSError as error:
        raise machine_failures.MachineFailedError from error


def _methods_to_call(model: Any, piece: Piece) -> List[str]:
    """The methods that the writer recorded and, unless ``only``, all others that the model has."""
    recorded = [name for name in output_methods.CALLS if name in piece["known"]]
    if piece["only"]:
        return recorded
    had = set(output_methods.available(model))
    return [name for name in output_methods.CALLS if name in had or name in piece["known"]]


def call_on_fresh_loads(
    fresh: Callable[[], Any],
    loaded: List[Any],
    names: List[str],
    known: Dict[str, str],
    rows: Any,
    seen: SeenWarnings,
    keep: Callable[[Any], str],
) -> Answer:
    """Call every method on two fresh loads, in both orders.

    A call may change the state of a model (a random state, say), and a model may read uninitialized
    memory. If both calls of a method agree with the reference output or raise the same exception,
    neither happened. Otherwise the method is called on fresh loads of its own, and their outcome
    is the one recorded.

    Args:
        fresh: loads the artifact again.
        loaded: one fresh load, which is taken out of the list: it is given up before the next one,
            so that there is one large model in memory at a time.
        names: the methods.
        known: by method, the digest of the reference output.
        rows: what the methods are called with.
        seen: records warnings.
        keep: stores a content and returns its digest.

    Returns:
        ``outputs`` by method; ``repeats``, the second outcome of methods that are not repeatable.
    """
    first = call_all(loaded[0], names, rows, seen, keep)
    loaded.clear()
    second = _call_on_fresh_load(fresh, list(reversed(names)), rows, seen, keep)
    repeats: Dict[str, CallOutcome] = {}
    for name in names:
        again = second[name]
        repeated = _same_outcome(first[name], again)
        if repeated and ("digest" not in again or again["digest"] == known.get(name)):
            continue
        first.update(_call_on_fresh_load(fresh, [name], rows, seen, keep))
        if not repeated:
            again = _call_on_fresh_load(fresh, [name], rows, seen, keep)[name]
        if not _same_outcome(first[name], again):
            repeats[name] = again
    return {"outputs": first, "repeats": repeats}


def _call_on_fresh_load(
    fresh: Callable[[], Any],
    names: List[str],
    rows: Any,
    seen: SeenWarnings,
    keep: Callable[[Any], str],
) -> Dict[str, CallOutcome]:
    """Outcomes on one more fresh load; if that load fails, its failure is every outcome."""
    try:
        model = fresh()
    except (Exception, SystemExit) as error:
        return {name: {"raised": failure(error)} for name in names}
    return call_all(model, names, rows, seen, keep)


def _same_outcome(one: CallOutcome, other: CallOutcome) -> bool:
    if "raised" in one and "raised" in other:
        return bool(one["raised"]["type"] == other["raised"]["type"])
    return one == other


_CACHED_ROWS: Dict[str, Any] = {}
_MAX_CACHED_ROWS = 200


def read_rows(path: str) -> Any:
    """The rows of a content file; they are equal to the rows that the writer used.

    Raises:
        ValueError: this environment cannot represent the rows (pandas 3 turns None in a column of
            strings into NaN, for example), so a difference would not be due to the model.
    """
    if path not in _CACHED_ROWS:
        with open(path, "rb") as file:
            data = file.read()
        rows = content.decode(data)
        if content.encode(rows) != data:
            raise ValueError("they change when they are read in this environment")
        if len(_CACHED_ROWS) >= _MAX_CACHED_ROWS:
            _CACHED_ROWS.clear()
        _CACHED_ROWS[path] = rows
    return _CACHED_ROWS[path]
