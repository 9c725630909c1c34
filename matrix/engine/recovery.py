"""Recover the answers that workers had finished when a run was killed.

A worker writes each answer to its journal before it goes on, and the journal stays in place until
the next run has read it. A kill at any moment therefore loses no finished answer. Damaged answers
are left out, and computed again.
"""

from __future__ import annotations

import json
from pathlib import Path

from matrix.executors.worker_process import Answered, finished
from matrix.store import Store


def recover(store: Store) -> int:
    """Store every finished answer in the folders of killed workers, and remove the folders.

    Returns:
        The number of recovered answers.
    """
    recovered = sum(_recover(store, folder) for folder in store.left_behind())
    store.commit()
    store.clear_scratch()
    return recovered


def _recover(store: Store, folder: Path) -> int:
    try:
        request = json.loads((folder / "request.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return 0  # the run was killed before the request was complete
    keys = {piece["id"]: piece["key"] for piece in request["pieces"] if "key" in piece}
    recovered = 0
    for answered in finished(folder):
        key = keys.get(answered.piece)
        if key is not None and store.answer(key) is None and _has_files(store, answered):
            store.keep(key, answered.answer, answered.contents)
            recovered += 1
    return recovered


def _has_files(store: Store, answered: Answered) -> bool:
    """Whether every file of an answer is undamaged, in the worker's folder or in the store."""
    return all(
        store.is_whole(Path(entry["path"]), entry["sha256"])
        or store.has_artifact(entry["sha256"], name)
        for name, entry in answered.answer.get("artifacts", {}).items()
        if "path" in entry
    )
