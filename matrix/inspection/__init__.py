"""What is in a saved file, without loading it: nothing in it is imported, called or trusted.

:func:`inspect_apart` is what commands use: a process of its own reads the file, under limits.
"""

from matrix.inspection.copying import PrivateCopy, copied
from matrix.inspection.gate import Refusal, refusals
from matrix.inspection.inspect_file import inspect
from matrix.inspection.result import WHY, Code, Inspection, InspectionLimits, ModelNode, Name, Note
from matrix.inspection.subprocess_inspect import inspect_apart

__all__ = [
    "WHY",
    "Code",
    "Inspection",
    "InspectionLimits",
    "ModelNode",
    "Name",
    "Note",
    "PrivateCopy",
    "Refusal",
    "copied",
    "inspect",
    "inspect_apart",
    "refusals",
]
