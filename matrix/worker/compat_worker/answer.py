"""What every answer has beside its own: its contents, its warnings, and how long it took."""

import time
from typing import Any, Callable, Dict, Iterable

from compat_worker import content, name_guard
from compat_worker.journal import Journal
from compat_worker.observe import SeenWarnings
from compat_worker.user_error import UserError

Answer = Dict[str, Any]


class KeptContents:
    """The contents that an answer speaks of, each written once.

    Args:
        journal: where to.
        known: digests of what is there already, and is not written.
    """

    def __init__(self, journal: Journal, known: Iterable[str] = ()) -> None:
        self.places: Dict[str, Dict[str, Any]] = {}
        self._journal = journal
        self._known = frozenset(known)

    def keep(self, data: bytes) -> str:
        """Write a content, if it is not there; return its digest."""
        name = content.digest(data)
        if name not in self.places and name not in self._known:
            self.places[name] = self._journal.keep(data)
        return name


def complete_answer(work: Callable[[], Answer], seen: SeenWarnings, kept: KeptContents) -> Answer:
    """The whole answer to one piece.

    Args:
        work: does it, and returns what is its own.
        seen: what ``work`` takes warnings down with.
        kept: what ``work`` keeps contents with.
    """
    started = time.perf_counter()
    try:
        answer = work()
    except UserError as mistake:
        answer = {"mistake": str(mistake)}
    except name_guard.NameRefused as refused:
        answer = name_guard.refused_answer(refused)
    answer["contents"] = list(kept.places.values())
    answer["warnings"] = seen.warnings
    answer["seconds"] = time.perf_counter() - started
    return answer
