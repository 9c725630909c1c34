"""What the worker writes while it works: a line as each piece begins and one as it ends.

When the interpreter dies, the piece that began and did not end is the one that killed it, and all
that ended before is kept.
"""

import json
import os
from typing import Any, Dict

from compat_worker import content, machine_failures


class Journal:
    """Two files in a folder that are only ever appended to.

    What cannot be written to them ends the worker as a failure of the machine.

    ``journal.jsonl`` holds a JSON object a line, ``contents.bin`` the contents they speak of.

    Args:
        folder: that they are in.
        stages: whether to write a line for each stage too.
    """

    def __init__(self, folder: str, stages: bool = False) -> None:
        self._stages = stages
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
        self._lines = os.open(os.path.join(folder, "journal.jsonl"), flags, 0o600)
        self._contents = os.open(os.path.join(folder, "contents.bin"), flags, 0o600)
        self._position = os.fstat(self._contents).st_size

    def line(self, **fields: Any) -> None:
        """Write one line; it is with the operating system when this returns."""
        text = json.dumps(fields, separators=(",", ":"), ensure_ascii=True)
        _write(self._lines, text.encode("ascii") + b"\n")

    def stage(self, name: str) -> None:
        """Write what is about to be done, if that is wanted."""
        if self._stages:
            self.line(at=name)

    def keep(self, data: bytes) -> Dict[str, Any]:
        """Write a content; return where it is, for the line that will speak of it."""
        place = {"digest": content.digest(data), "offset": self._position, "size": len(data)}
        _write(self._contents, data)
        self._position += len(data)
        return place


def _write(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while len(view):
        try:
            view = view[os.write(descriptor, view) :]
        except OSError as error:
            raise machine_failures.MachineFailedError from error
