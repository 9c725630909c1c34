"""The fields that every answer has: its contents, its warnings and its duration."""

import time
from typing import Any, Callable, Dict, Iterable

from compat_worker import content, name_guard
from compat_worker.journal import Journal
from compat_worker.observe import SeenWarnings
from compat_worker.user_error import UserError

Piece = Dict[str, Any]
"""One piece of a request, as the orchestrator wrote it."""
Answer = Dict[str, Any]
"""What the journal says of a piece."""


class KeptContents:
    """The contents that an answer refers to, each written once.

    Args:
        journal: where contents are written.
        known: digests of contents that the orchestrator already has; these are not written.
    """

    def __init__(self, journal: Journal, known: Iterable[str] = ()) -> None:
        self.places: Dict[str, Dict[str, Any]] = {}
        self._journal = journal
        self._known = frozenset(known)

    def keep(self, data: Any) -> str:
        """Write a content, or its parts, unless it is known or written; return its digest."""
        name = content.digest(data)
        if name not in self.places and name not in self._known:
            parts = data if isinstance(data, list) else [data]
            self.places[name] = self._journal.keep(name, parts)
        return name


def complete_answer(work: Callable[[], Answer], seen: SeenWarnings, kept: KeptContents) -> Answer:
    """Do one piece and return its answer.

    Args:
        work: does the piece and returns the fields of its task.
        seen: records the warnings of ``work``.
        kept: stores the contents of ``work``.
    """
    started = time.process_time()
    try:
        answer = work()
    except UserError as mistake:
        answer = {"mistake": str(mistake)}
    except name_guard.NameRefused as refused:
        answer = name_guard.refused_answer(refused)
    answer["contents"] = list(kept.places.values())
    answer["warnings"] = seen.warnings
    answer["seconds"] = time.process_time() - started
    return answer
