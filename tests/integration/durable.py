"""What is durable in a folder of results, and whether all of it is sound."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from pathlib import Path

from matrix.engine.recovery import recover
from matrix.store import Store


def finished(state: Path) -> set[str]:
    """The keys of all answers that are durable: in the journals of workers, or committed."""
    keys = set()
    for journal in state.glob("scratch/*/journal.jsonl"):
        with contextlib.suppress(FileNotFoundError):  # a worker that is over just now
            lines = journal.read_text().split("\n")[:-1]
            pieces = json.loads((journal.parent / "request.json").read_text())["pieces"]
            key = {piece["id"]: piece.get("key") for piece in pieces}
            done = (line["done"] for line in map(json.loads, lines) if "done" in line)
            keys |= {key[number] for number in done if key.get(number)}
    if (state / "results.sqlite").exists():
        address = (state / "results.sqlite").as_uri() + "?mode=ro"
        with contextlib.closing(sqlite3.connect(address, uri=True)) as database:
            if database.execute("SELECT 1 FROM sqlite_master WHERE name = 'answers'").fetchone():
                keys |= {key for (key,) in database.execute("SELECT key FROM answers")}
    return keys


def assert_kept(state: Path, owed: set[str]) -> None:
    """Every answer is kept, whole, with all that it speaks of; and so is the database."""
    with Store(state) as store:
        assert store.set_aside is None
        recover(store)
        for key in owed:
            answer = store.answer(key)
            assert answer is not None, key
            for name, entry in answer.get("artifacts", {}).items():
                assert "sha256" not in entry or store.has_artifact(entry["sha256"], name)
            assert store.has_contents(place["digest"] for place in answer.get("contents", ()))
    with contextlib.closing(sqlite3.connect(state / "results.sqlite")) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
