"""Take in what workers had finished when a run was cut off.

A kill at any moment loses no finished result: a worker writes each answer to its journal before it
goes on, and the journal stays where it is until the next run has read it. What was damaged on the
way is left out, and computed again.
"""

from __future__ import annotations

import json
from pathlib import Path

from matrix.engine.worker_process import Answered, finished
from matrix.store import Store


def recover(store: Store) -> int:
    """Keep every finished answer that was left behind, and remove the rest.

    Returns:
        How many answers were recovered.
    """
    recovered = sum(_recover(store, folder) for folder in store.left_behind())
    store.commit()
    store.clear_scratch()
    return recovered


def _recover(store: Store, folder: Path) -> int:
    try:
        request = json.loads((folder / "request.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return 0  # the run was cut off before it had written it
    keys = {piece["id"]: piece["key"] for piece in request["pieces"] if "key" in piece}
    recovered = 0
    for answered in finished(folder):
        key = keys.get(answered.piece)
        if key is not None and store.answer(key) is None and _has_files(store, answered):
            store.keep(key, answered.answer, answered.contents)
            recovered += 1
    return recovered


def _has_files(store: Store, answered: Answered) -> bool:
    """Whether every file that an answer speaks of is whole, where the worker saved it or kept."""
    return all(
        store.is_whole(Path(entry["path"]), entry["sha256"])
        or store.has_artifact(entry["sha256"], name)
        for name, entry in answered.answer.get("artifacts", {}).items()
        if "path" in entry
    )
