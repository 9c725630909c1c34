"""What is in a saved file, without loading it: nothing in it is imported, called or trusted.

:func:`inspect_apart` is what commands use: a process of its own reads the file, under limits.
"""

from matrix.inspection.apart import inspect_apart
from matrix.inspection.copying import Copy, copied
from matrix.inspection.gate import Refusal, refusals
from matrix.inspection.inspecting import inspect
from matrix.inspection.nouns import WHY, Code, Inspection, Limits, Name, Node, Note

__all__ = [
    "WHY",
    "Code",
    "Copy",
    "Inspection",
    "Limits",
    "Name",
    "Node",
    "Note",
    "Refusal",
    "copied",
    "inspect",
    "inspect_apart",
    "refusals",
]
