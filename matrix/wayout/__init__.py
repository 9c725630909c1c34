"""From a bad cell to whose fault it is, since when, and a way out that was tried before.

:func:`find_fault`, :func:`find_since` and :func:`ways_out` each take an :class:`Inquiry`, which
asks environments, and a :class:`Subject`: a file, what its writer recorded of it, and where it is
to go.
"""

from matrix.wayout.blame import Blame, Swap
from matrix.wayout.faults import find_fault
from matrix.wayout.grounds import Grounds
from matrix.wayout.inquiry import Inquiry
from matrix.wayout.nouns import Budget, File, Since, Step, Subject, Way, WayOut, Ways
from matrix.wayout.since import find_since
from matrix.wayout.ways import ways_by, ways_out

__all__ = [
    "Blame",
    "Budget",
    "File",
    "Grounds",
    "Inquiry",
    "Since",
    "Step",
    "Subject",
    "Swap",
    "Way",
    "WayOut",
    "Ways",
    "find_fault",
    "find_since",
    "ways_by",
    "ways_out",
]
