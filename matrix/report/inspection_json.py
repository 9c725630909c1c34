"""The contents of a saved file as JSON; ``docs/inspect.md`` documents the fields."""

from __future__ import annotations

import json
from typing import TextIO

from matrix.inspection import Inspection
from matrix.inspection.result_json import inspection_to_json
from matrix.safe_text import without_commands


def write_inspection(inspection: Inspection, stream: TextIO) -> None:
    """Write an inspection as one JSON document, in ASCII."""
    text = json.dumps(inspection_to_json(inspection), indent=1)
    stream.write(without_commands(text) + "\n")
