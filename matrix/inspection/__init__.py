"""Read a saved file without loading it: nothing in it is imported, called or trusted.

Commands use :func:`inspect_in_subprocess`, which reads the file in a process with limits.
"""

from matrix.inspection.copying import PrivateCopy, copy_private, digest_of
from matrix.inspection.gate import MAIN, Refusal, refusals, refusals_of_code
from matrix.inspection.inspect_file import inspect
from matrix.inspection.packing import inspect_with_files
from matrix.inspection.result import WHY, Code, Inspection, InspectionLimits, ModelNode, Name, Note
from matrix.inspection.subprocess_inspect import inspect_in_subprocess

__all__ = [
    "MAIN",
    "WHY",
    "Code",
    "Inspection",
    "InspectionLimits",
    "ModelNode",
    "Name",
    "Note",
    "PrivateCopy",
    "Refusal",
    "copy_private",
    "digest_of",
    "inspect",
    "inspect_in_subprocess",
    "inspect_with_files",
    "refusals",
    "refusals_of_code",
]
