"""Write the journal: a line as each piece begins and a line as it ends.

If the interpreter dies, the piece without a ``done`` line caused it, and the answers before it are
not lost.
"""

import json
import os
from typing import Any, Dict, List

from compat_worker import machine_failures


class Journal:
    """The append-only files ``journal.jsonl`` and ``contents.bin`` in a folder.

    A failure to write ends the worker as a failure of the machine.

    Args:
        folder: where the files are.
        stages: whether to write a line for each stage too.
    """

    def __init__(self, folder: str, stages: bool = False) -> None:
        self._stages = stages
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
        self._lines = os.open(os.path.join(folder, "journal.jsonl"), flags, 0o600)
        self._contents = os.open(os.path.join(folder, "contents.bin"), flags, 0o600)
        self._position = os.fstat(self._contents).st_size

    def line(self, **fields: Any) -> None:
        """Write one JSON object as a line; the operating system has it when this returns.

        Raises:
            MachineFailedError: it cannot be written.
        """
        text = json.dumps(fields, separators=(",", ":"), ensure_ascii=True)
        _write(self._lines, text.encode("ascii") + b"\n")

    def stage(self, name: str) -> None:
        """Write the name of the stage that begins, if the request has ``stages``."""
        if self._stages:
            self.line(at=name)

    def keep(self, digest: str, parts: List[Any]) -> Dict[str, Any]:
        """Write the parts of a content; return ``digest``, ``offset`` and ``size``."""
        size = sum(len(part) for part in parts)
        place = {"digest": digest, "offset": self._position, "size": size}
        for part in parts:
            _write(self._contents, part)
        self._position += size
        return place


def _write(descriptor: int, data: Any) -> None:
    view = memoryview(data)
    while len(view):
        try:
            view = view[os.write(descriptor, view) :]
        except OSError as error:
            raise machine_failures.MachineFailedError from error
